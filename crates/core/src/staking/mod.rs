//! Stakes in insurance (D10). Insurance's balance I has three parts: the money of stakers who earn,
//! that of stakers who don't (for their first day, and while they leave), and what was given.
//! A loss falls on all three alike; what comes in by a gift, a sweep or dust belongs to the third,
//! so that nothing but a stake makes shares and nothing but fees moves their value up.
//!
//! A pool's share is worth (value + 1)/(shares + [`OFFSET`]): virtual shares that nobody owns make
//! a pool that was emptied and inflated useless to its first staker. Every rounding is against who
//! acts.

mod auction;
mod exit;
mod fees;
pub mod premium;
pub mod stress;

pub use auction::{MOST_PPM, RAMP, Sale, buy, sale};
pub use exit::{CHECKED_SLOTS, ask, frozen, lapse, leave, may_leave};
pub use fees::{mean_share_ppm, share_fees, utilisation_ppm};

use bulwark_state::{Insurance, Key, Stake, StakePool, Wide};

use crate::error::{Error, Result};
use crate::math::{mul_div_ceil, mul_div_floor_u128};
use crate::time::Now;

/// Virtual shares of a pool against one virtual unit of money.
pub const OFFSET: u128 = 1_000;
/// Smallest stake, and smallest rest of one, UsdE6 ($10).
pub const LEAST: u64 = 10_000_000;
/// A pool that a loss has left with less, UsdE6 ($1), ends: what is left goes to what was given.
pub const DUST: u64 = 1_000_000;
/// How long a stake earns nothing, seconds (24 h).
pub const YOUNG: u64 = 86_400;

const ONE_E9: u64 = 1_000_000_000;

fn wide(value: u64) -> u128 {
    value.into()
}

/// Money into a pool. Returns its shares, rounded down.
///
/// # Errors
/// [`Error::StakeTooSmall`] for less than a share is worth, [`Error::Overflow`].
#[inline(never)]
pub(crate) fn enter(pool: &mut StakePool, amount: u64) -> Result<u128> {
    let shares = pool.shares.get();
    let all = shares.checked_add(OFFSET).ok_or(Error::Overflow)?;
    let behind = wide(pool.value).checked_add(1).ok_or(Error::Overflow)?;
    let made = mul_div_floor_u128(amount.into(), all, behind).ok_or(Error::Overflow)?;
    if made == 0 {
        return Err(Error::StakeTooSmall);
    }
    pool.shares = Wide::new(shares.checked_add(made).ok_or(Error::Overflow)?);
    pool.value = pool.value.checked_add(amount).ok_or(Error::Overflow)?;
    Ok(made)
}

/// What shares of a pool are worth, UsdE6, rounded down: never more than the pool has.
///
/// # Errors
/// [`Error::Overflow`].
#[inline(never)]
pub fn value(pool: &StakePool, shares: u128) -> Result<u64> {
    let all = pool.shares.get().checked_add(OFFSET);
    let behind = wide(pool.value).checked_add(1);
    let (all, behind) = all.zip(behind).ok_or(Error::Overflow)?;
    mul_div_floor_u128(shares, behind, all)
        .and_then(|worth| u64::try_from(worth).ok())
        .ok_or(Error::Overflow)
}

/// Takes shares out of a pool. Returns what they were worth; the last ones leave nothing behind
/// that a later staker could own.
///
/// # Errors
/// [`Error::InsufficientBalance`] for more shares than there are, [`Error::Overflow`].
#[inline(never)]
pub(crate) fn exit(pool: &mut StakePool, shares: u128) -> Result<u64> {
    let worth = value(pool, shares)?;
    let left = pool.shares.get().checked_sub(shares);
    let left = left.ok_or(Error::InsufficientBalance)?;
    pool.shares = Wide::new(left);
    pool.value = if left == 0 {
        0
    } else {
        pool.value.checked_sub(worth).ok_or(Error::Overflow)?
    };
    Ok(worth)
}

/// The fewest shares of a pool that are worth `amount`; all of them where `held` are worth less.
#[inline(never)]
fn shares_for(pool: &StakePool, amount: u64, held: u128) -> Result<u128> {
    if value(pool, held)? <= amount {
        return Ok(held);
    }
    let all = pool.shares.get().checked_add(OFFSET);
    let behind = wide(pool.value).checked_add(1);
    let (all, behind) = all.zip(behind).ok_or(Error::Overflow)?;
    let needed = crate::math::mul_div_ceil_u128(amount.into(), all, behind);
    Ok(needed.ok_or(Error::Overflow)?.min(held))
}

/// A loss of `taken` out of a balance that was `before`: pools bear their parts, rounded up. A pool
/// that has less than [`DUST`] left ends.
///
/// # Errors
/// [`Error::Overflow`].
#[inline(never)]
pub(crate) fn bear(insurance: &mut Insurance, taken: u64, before: u64) -> Result<()> {
    for pool in [&mut insurance.earning, &mut insurance.idle] {
        if pool.value == 0 {
            continue;
        }
        let borne = mul_div_ceil(pool.value, taken, before).ok_or(Error::Overflow)?;
        pool.value = pool.value.saturating_sub(borne);
        if pool.value < DUST {
            let next = pool.generation.checked_add(1);
            *pool = StakePool {
                generation: next.ok_or(Error::Overflow)?,
                ..StakePool::default()
            };
        }
    }
    Ok(())
}

/// What of the balance was given and belongs to no staker, UsdE6.
///
/// # Errors
/// [`Error::InvariantBroken`] where pools hold more than there is.
pub fn given(insurance: &Insurance) -> Result<u64> {
    insurance
        .balance
        .checked_sub(insurance.earning.value)
        .and_then(|left| left.checked_sub(insurance.idle.value))
        .ok_or(Error::InvariantBroken)
}

/// Shares whose pool has ended are gone.
pub fn settle_generation(insurance: &Insurance, stake: &mut Stake) {
    if stake.earning_generation != insurance.earning.generation {
        stake.earning = Wide::default();
        stake.earning_generation = insurance.earning.generation;
    }
    if stake.idle_generation != insurance.idle.generation {
        stake.young = Wide::default();
        stake.leaving = Wide::default();
        stake.asked_at = 0;
        stake.asked_value = 0;
        stake.idle_generation = insurance.idle.generation;
    }
}

/// What a stake is worth now, all its shares together, UsdE6, rounded down. Shares of a pool that
/// has ended are worth nothing.
///
/// # Errors
/// [`Error::Overflow`].
#[inline(never)]
pub fn worth(insurance: &Insurance, stake: &Stake) -> Result<u64> {
    let earning = if stake.earning_generation == insurance.earning.generation {
        value(&insurance.earning, stake.earning.get())?
    } else {
        0
    };
    if stake.idle_generation != insurance.idle.generation {
        return Ok(earning);
    }
    let idle = stake.young.get().checked_add(stake.leaving.get());
    let idle = value(&insurance.idle, idle.ok_or(Error::Overflow)?)?;
    earning.checked_add(idle).ok_or(Error::Overflow)
}

/// Whether nothing is left in a stake.
pub fn is_empty(stake: &Stake) -> bool {
    let shares = [stake.earning, stake.young, stake.leaving];
    shares.iter().all(|shares| *shares == Wide::default())
}

/// Begins a stake that was just made.
pub fn begin(stake: &mut Stake, insurance: &Insurance, key: Key, owner: Key) {
    stake.insurance = key;
    stake.owner = owner;
    stake.earning_generation = insurance.earning.generation;
    stake.idle_generation = insurance.idle.generation;
}

/// Stakes `amount`, which has arrived in the quote vault: young shares of the idle pool, which bear
/// losses from now on and may earn after [`YOUNG`]. Older young shares wait with them, unless
/// [`ripen`] was called before.
///
/// # Errors
/// [`Error::StakeTooSmall`] below [`LEAST`], [`Error::Overflow`].
#[inline(never)]
pub fn join(insurance: &mut Insurance, stake: &mut Stake, amount: u64, now: Now) -> Result<()> {
    if amount < LEAST {
        return Err(Error::StakeTooSmall);
    }
    settle_generation(insurance, stake);
    insurance.balance = insurance
        .balance
        .checked_add(amount)
        .ok_or(Error::Overflow)?;
    let made = enter(&mut insurance.idle, amount)?;
    add_young(stake, made, now.unix)
}

fn add_young(stake: &mut Stake, shares: u128, since: i64) -> Result<()> {
    let young = stake.young.get().checked_add(shares);
    stake.young = Wide::new(young.ok_or(Error::Overflow)?);
    stake.young_at = since;
    Ok(())
}

/// Lets young shares earn once they are [`YOUNG`] old, after what asked to leave has lapsed where
/// its window is over. Returns whether anything changed.
///
/// # Errors
/// [`Error::Overflow`].
#[inline(never)]
pub fn ripen(insurance: &mut Insurance, stake: &mut Stake, now: Now) -> Result<bool> {
    settle_generation(insurance, stake);
    let lapsed = lapse(insurance, stake, now)?;
    let shares = stake.young.get();
    let age = now.unix.saturating_sub(stake.young_at);
    if shares == 0 || age < YOUNG.cast_signed() {
        return Ok(lapsed);
    }
    let mut after = *insurance;
    let worth = exit(&mut after.idle, shares)?;
    // Less than a share of the earning pool is worth stays idle.
    let made = match enter(&mut after.earning, worth) {
        Err(Error::StakeTooSmall) => return Ok(lapsed),
        made => made?,
    };
    insurance.idle = after.idle;
    insurance.earning = after.earning;
    stake.young = Wide::default();
    let earning = stake.earning.get().checked_add(made);
    stake.earning = Wide::new(earning.ok_or(Error::Overflow)?);
    Ok(true)
}
