//! Leaving (D10): ask, wait, leave inside the window; else what was asked lapses. Paid is the
//! lesser of what the shares were worth when they asked and when they leave. From the moment they
//! ask they earn nothing, so that to ask over and over again is no free option.

use bulwark_state::{Bank, Board, Compartment, Insurance, Stake, Wide};

use super::{LEAST, ONE_E9, add_young, enter, exit, settle_generation, shares_for, value};
use crate::coverage;
use crate::error::{Error, Result};
use crate::mode::Global;
use crate::time::Now;
use crate::withdrawal::expect_out;

/// How old the self-check of every bank and of the deficit may be when somebody leaves, slots.
pub const CHECKED_SLOTS: u64 = 150;

/// Asks to leave with `amount` (UsdE6), or with everything for `u64::MAX`: earning shares first,
/// then young ones. What has asked before and not left counts as young again, from now on.
///
/// # Errors
/// [`Error::StakeTooSmall`] where less than [`LEAST`] would stay, or nothing would leave;
/// [`Error::Overflow`].
#[inline(never)]
pub fn ask(insurance: &mut Insurance, stake: &mut Stake, amount: u64, now: Now) -> Result<()> {
    settle_generation(insurance, stake);
    take_back(stake, now.unix)?;
    let earning = shares_for(&insurance.earning, amount, stake.earning.get())?;
    let moved = exit(&mut insurance.earning, earning)?;
    stake.earning = less(stake.earning, earning)?;
    let rest = amount.saturating_sub(moved);
    let young = if rest == 0 {
        0
    } else {
        shares_for(&insurance.idle, rest, stake.young.get())?
    };
    stake.young = less(stake.young, young)?;
    let entered = if moved == 0 {
        0
    } else {
        enter(&mut insurance.idle, moved)?
    };
    let leaving = young.checked_add(entered).ok_or(Error::Overflow)?;
    let stays = value(&insurance.earning, stake.earning.get())?
        .checked_add(value(&insurance.idle, stake.young.get())?)
        .ok_or(Error::Overflow)?;
    let nothing_stays = stake.earning == Wide::default() && stake.young == Wide::default();
    stake.asked_value = value(&insurance.idle, leaving)?;
    if stake.asked_value == 0 || (stays < LEAST && !nothing_stays) {
        return Err(Error::StakeTooSmall);
    }
    stake.leaving = Wide::new(leaving);
    stake.asked_at = now.unix;
    Ok(())
}

fn less(shares: Wide, taken: u128) -> Result<Wide> {
    let left = shares.get().checked_sub(taken);
    left.map(Wide::new).ok_or(Error::InsufficientBalance)
}

/// What has asked becomes young, as of `since`. Returns whether there was any.
fn take_back(stake: &mut Stake, since: i64) -> Result<bool> {
    let shares = stake.leaving.get();
    if shares == 0 {
        return Ok(false);
    }
    stake.leaving = Wide::default();
    stake.asked_at = 0;
    stake.asked_value = 0;
    add_young(stake, shares, since)?;
    Ok(true)
}

/// Unix seconds of the first moment of a stake's window, and of the first after it.
fn window(insurance: &Insurance, stake: &Stake) -> Result<(i64, i64)> {
    let opens = stake.asked_at.checked_add_unsigned(insurance.cooldown);
    let opens = opens.ok_or(Error::Overflow)?;
    let closes = opens.checked_add_unsigned(insurance.window);
    Ok((opens, closes.ok_or(Error::Overflow)?))
}

/// What asked and didn't leave inside its window is young from the window's end on. Returns whether
/// there was any.
///
/// # Errors
/// [`Error::Overflow`].
#[inline(never)]
pub fn lapse(insurance: &Insurance, stake: &mut Stake, now: Now) -> Result<bool> {
    if stake.asked_at == 0 {
        return Ok(false);
    }
    let (_, closes) = window(insurance, stake)?;
    if now.unix < closes {
        return Ok(false);
    }
    take_back(stake, closes)
}

/// Whether stakers are frozen beyond what the mode says: value is missing or a deficit stands, a
/// bank covers less than it owes, an account that could take a tenth of insurance is liquidatable.
/// Every bank and the deficit must have been checked within [`CHECKED_SLOTS`], or a loss that
/// nobody has looked at would not count (INV-SUBSET).
///
/// # Errors
/// [`Error::Unchecked`], [`Error::NotCovered`], [`Error::InsuranceAtRisk`].
#[inline(never)]
pub fn frozen(
    board: &Board,
    compartment: &Compartment,
    insurance: &Insurance,
    (quote, vault): (&Bank, u64),
    now: Now,
) -> Result<()> {
    let broken = &compartment.broken;
    let count = usize::from(compartment.bank_count);
    let checked = broken.bank_checked_slot.iter().take(count);
    let deficit = broken.global_checked_slot.get(Global::Deficit as usize);
    let oldest = checked.chain(deficit).min().ok_or(Error::BadIndex)?;
    if now.slot.saturating_sub(*oldest) > CHECKED_SLOTS {
        return Err(Error::Unchecked);
    }
    let banks = board.banks.iter().take(count);
    let mut open = banks.filter(|bank| bank.status != 0);
    let covered = open.all(|bank| bank.coverage_e9 >= ONE_E9);
    let totals = &quote.totals;
    let lost = coverage::quote_loss(quote, vault)?;
    if !covered || totals.deficit != 0 || totals.check_hole != 0 || lost != 0 {
        return Err(Error::NotCovered);
    }
    if now.unix < insurance.at_risk_until {
        return Err(Error::InsuranceAtRisk);
    }
    Ok(())
}

/// Whether a stake's window is open.
///
/// # Errors
/// [`Error::NothingAsked`], also after it; [`Error::TooEarly`] before it.
pub fn may_leave(insurance: &Insurance, stake: &Stake, now: Now) -> Result<()> {
    let gone = stake.idle_generation != insurance.idle.generation;
    if stake.asked_at == 0 || gone {
        return Err(Error::NothingAsked);
    }
    let (opens, closes) = window(insurance, stake)?;
    if now.unix < opens {
        return Err(Error::TooEarly);
    }
    if now.unix >= closes {
        return Err(Error::NothingAsked);
    }
    Ok(())
}

/// Leaves with what has asked: the lesser of its values then and now, which leaves the balance and
/// which the caller pays; what is not paid stays with the pool's others. No more is paid than the
/// quote vault holds beyond what residual claims and waiting tickets are owed. The caller has asked
/// [`frozen`].
///
/// # Errors
/// Those of [`may_leave`]; [`Error::InsufficientBalance`] while the vault holds less: try again
/// inside the window; [`Error::Overflow`].
#[inline(never)]
pub fn leave(
    insurance: &mut Insurance,
    stake: &mut Stake,
    (quote, vault): (&mut Bank, u64),
    now: Now,
) -> Result<u64> {
    may_leave(insurance, stake, now)?;
    let worth = exit(&mut insurance.idle, stake.leaving.get())?;
    let paid = worth.min(stake.asked_value);
    if paid > coverage::excess(coverage::money(quote, vault), quote.tickets) {
        return Err(Error::InsufficientBalance);
    }
    expect_out(quote, paid)?;
    // Of the last shares of a pool the difference is nobody's, like a gift.
    if insurance.idle.shares != Wide::default() {
        let kept = worth.checked_sub(paid).ok_or(Error::Overflow)?;
        let value = insurance.idle.value.checked_add(kept);
        insurance.idle.value = value.ok_or(Error::Overflow)?;
    }
    insurance.balance = insurance.balance.checked_sub(paid).ok_or(Error::Overflow)?;
    stake.leaving = Wide::default();
    stake.asked_at = 0;
    stake.asked_value = 0;
    Ok(paid)
}
