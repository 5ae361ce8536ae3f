//! Stressed shortfall (D10) and the coverage breaker (DESIGN section 6).
//!
//! Under stress every position moves against its account by [`STRESS`] times its maintenance margin
//! (as a dead leg's adverse bound, D12), none helping another. What an account lacks then is
//! S_i = (3·Req_M − Val_M)⁺. Anybody proves it of any account; the four largest of the last hour
//! count, and half of what all open interest lacks beyond its margins:
//! S = Σ S_i + ½·Σ_m OI_m·(stress_m − A_m)⁺.
//!
//! Nothing that a caller chooses makes S smaller: a smaller proof of an account leaves a larger one
//! of the same hour where it is, a small one pushes no larger one out. It falls with time alone.

use bulwark_state::{Board, BoardMarket, Insurance, Key, MarginAccount, Stress};

use super::ONE_E9;
use crate::breaker::Breaker;
use crate::error::{Error, Result};
use crate::health::{self, Level};
use crate::matching::LEAST_E9;
use crate::math::{mul_div_ceil, mul_div_floor, mul_pow10_div_ceil};
use crate::targets;
use crate::time::{Now, open_seconds, open_seconds_of_market};

/// The move under stress, in maintenance margins.
pub const STRESS: u64 = 3;
/// How long a proof counts, seconds (1 h).
pub const PROOF: u64 = 3_600;
/// Reason code of a trip.
pub const REASON: u16 = Breaker::Coverage.reason();
/// An account that lacks this part of insurance under stress keeps stakers in: one over it.
const AT_RISK_PART: u64 = 10;
const SETTLED: u8 = 6;

/// S_i: what an account would lack, UsdE6.
///
/// # Errors
/// Those of [`health::health`].
#[inline(never)]
pub fn shortfall(board: &Board, account: &MarginAccount, now: Now) -> Result<u64> {
    let health = health::health(board, account, Level::Maintenance, now, false)?;
    let moved = i128::from(health.requirement).wrapping_mul(STRESS.into());
    let lacks = moved.wrapping_sub(health.value.into()).max(0);
    u64::try_from(lacks).map_err(|_| Error::Overflow)
}

fn alive(entry: &Stress, now: Now) -> bool {
    let age = now.unix.saturating_sub(entry.at);
    entry.shortfall != 0 && (0..PROOF.cast_signed()).contains(&age)
}

/// Half of what a market's open interest lacks beyond its margins, UsdE6, rounded up.
#[inline(never)]
pub(super) fn of_market(board: &Board, market: &BoardMarket, now: Now) -> Result<u64> {
    if matches!(market.status, 0 | SETTLED) || market.open_interest == 0 {
        return Ok(0);
    }
    let feed = board.feeds.get(usize::from(market.feed));
    let price = feed.ok_or(Error::BadIndex)?.last.price;
    let notional = mul_pow10_div_ceil::<10>(market.open_interest, price);
    let open = open_seconds_of_market(&board.clock, &market.clock, now.unix);
    let applied = targets::maintenance(&market.margin, open);
    // Ratios are below 2^32.
    let beyond = applied.wrapping_mul(STRESS.wrapping_sub(1));
    let lacks = mul_div_ceil(notional.ok_or(Error::Overflow)?, beyond, ONE_E9);
    Ok(lacks.ok_or(Error::Overflow)?.div_ceil(2))
}

/// S: what insurance would have to pay under stress, UsdE6.
///
/// # Errors
/// [`Error::BadIndex`], [`Error::Overflow`].
#[inline(never)]
pub fn total(board: &Board, insurance: &Insurance, now: Now) -> Result<u64> {
    let mut sum = 0u64;
    for entry in insurance.stress.iter().filter(|entry| alive(entry, now)) {
        sum = sum.checked_add(entry.shortfall).ok_or(Error::Overflow)?;
    }
    let count = usize::from(board.market_count);
    for market in board.markets.iter().take(count) {
        let lacks = of_market(board, market, now)?;
        sum = sum.checked_add(lacks).ok_or(Error::Overflow)?;
    }
    Ok(sum)
}

/// Puts a proof into the list: it replaces a smaller one of the same account, else one that is
/// dead, else the smallest if that is smaller.
#[inline(never)]
fn note(list: &mut [Stress; 4], proof: Stress, now: Now) {
    let own = list
        .iter()
        .position(|entry| entry.margin == proof.margin && alive(entry, now));
    let smallest = list.iter().enumerate().min_by_key(|(_, entry)| {
        if alive(entry, now) {
            entry.shortfall
        } else {
            0
        }
    });
    let place = own.or(smallest.map(|(place, _)| place));
    if let Some(entry) = place.and_then(|place| list.get_mut(place))
        && (!alive(entry, now) || entry.shortfall < proof.shortfall)
    {
        *entry = proof;
    }
}

/// What a proof has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proved {
    /// S_i of the account, UsdE6.
    pub shortfall: u64,
    /// S with it, UsdE6.
    pub total: u64,
}

/// Proves what an account would lack, and moves the coverage breaker to what is known now: while S
/// exceeds I every leverage cap shrinks to I/S of it, at least [`LEAST_E9`], for [`PROOF`] seconds
/// from the latest proof on. Requirements stay what they are (INV-NOFLIP).
///
/// A liquidatable account that lacks a tenth of insurance keeps stakers in for as long.
///
/// # Errors
/// Those of [`shortfall`] and [`total`].
#[inline(never)]
pub fn prove(
    board: &mut Board,
    insurance: &mut Insurance,
    (key, account): (&Key, &MarginAccount),
    now: Now,
) -> Result<Proved> {
    let shortfall = shortfall(board, account, now)?;
    let proof = Stress {
        margin: *key,
        shortfall,
        at: now.unix,
    };
    note(&mut insurance.stress, proof, now);
    let until = now.unix.checked_add_unsigned(PROOF);
    let until = until.ok_or(Error::Overflow)?;
    let liquidatable = health::eligibility(board, account, now, false)?.surplus()? < 0;
    if liquidatable && shortfall >= insurance.balance / AT_RISK_PART {
        insurance.at_risk_until = insurance.at_risk_until.max(until);
    }
    let total = total(board, insurance, now)?;
    let tripped = ease_e9(board, now) < ONE_E9;
    let ease = if total <= insurance.balance {
        ONE_E9
    } else {
        let left = mul_div_floor(insurance.balance, ONE_E9, total);
        left.ok_or(Error::Overflow)?.max(LEAST_E9)
    };
    let cover = &mut board.cover;
    cover.ease_e9 = ease;
    cover.until = until;
    if ease < ONE_E9 && !tripped {
        cover.sequence = cover.sequence.checked_add(1).ok_or(Error::Overflow)?;
        insurance.auction_open = open_seconds(&board.clock, now.unix);
    }
    Ok(Proved { shortfall, total })
}

/// What of leverage caps the coverage breaker leaves now, e9: one, unless a proof of the last hour
/// found insurance short.
#[inline]
pub fn ease_e9(board: &Board, now: Now) -> u64 {
    let cover = &board.cover;
    if now.unix < cover.until {
        cover.ease_e9.clamp(LEAST_E9, ONE_E9)
    } else {
        ONE_E9
    }
}
