//! The base that caps are a share of: min(now, 24-hour mean) of the claims (D6, a09).

use bulwark_state::Bank;

use super::{DAY, Flow, is_waiting};
use crate::error::{Error, Result};
use crate::time::Now;

const DAY_WIDE: u128 = DAY as u128;

/// K_j, token units: claims with waiting tickets; for quote X⁺ + T_0, folded markets only.
pub fn claims(bank: &Bank) -> Result<u64> {
    if bank.index != 0 {
        return Ok(bank.claims);
    }
    // Folding may lag behind: a total below zero owes nobody anything.
    let positive = u64::try_from(bank.totals.positive.max(0)).map_err(|_| Error::Overflow)?;
    positive.checked_add(bank.tickets).ok_or(Error::Overflow)
}

/// The 24-hour mean of the claims carried to now, and its remainder in units × seconds.
///
/// `mean' = mean + (K − mean)·Δ/24 h`, exact to a unit in 86,400 seconds, with the claims as they
/// stood since the last change.
pub fn mean(bank: &Bank, now: Now) -> Result<(u64, u64)> {
    let elapsed = now
        .unix
        .saturating_sub(bank.mean_at)
        .max(0)
        .unsigned_abs()
        .min(DAY);
    if elapsed == 0 {
        return Ok((bank.mean_claims, bank.mean_remainder));
    }
    let stays = DAY_WIDE
        .checked_sub(elapsed.into())
        .ok_or(Error::Overflow)?;
    // Below 2^64·2^17·2^17: 128 bits hold every product here.
    let sum = u128::from(bank.mean_claims).wrapping_mul(DAY_WIDE);
    let old = sum
        .wrapping_add(bank.mean_remainder.into())
        .wrapping_mul(stays)
        / DAY_WIDE;
    let new = u128::from(claims(bank)?).wrapping_mul(elapsed.into());
    let sum = old.checked_add(new).ok_or(Error::Overflow)?;
    let mean = u64::try_from(sum / DAY_WIDE).map_err(|_| Error::Overflow)?;
    let rest = u64::try_from(sum % DAY_WIDE).map_err(|_| Error::Overflow)?;
    Ok((mean, rest))
}

/// Carries the mean, and what a quickened exit is a share of: the largest claims since its quorum.
/// Must run before the bank's claims change; [`super::advance`] does. What folds markets without
/// it would make the mean of the time before see claims that only now are known (a09).
pub fn carry(bank: &mut Bank, flow: &Flow, now: Now) -> Result<()> {
    (bank.mean_claims, bank.mean_remainder) = mean(bank, now)?;
    bank.mean_at = bank.mean_at.max(now.unix);
    if flow.quick_until != 0 {
        let claims = claims(bank)?;
        // The first sight of a quickening comes before the first change since its quorum.
        let seen = if bank.quick_until == 0 {
            0
        } else {
            bank.quick_base
        };
        bank.quick_base = seen.max(claims);
    } else {
        bank.quick_base = 0;
    }
    bank.quick_until = flow.quick_until;
    Ok(())
}

/// B_j, token units: max(floor, min(K_j, mean)), while a ticket waits not below its value when
/// that was written (a68). The mean must have been carried.
pub fn base(bank: &Bank) -> Result<u64> {
    let base = bank.base_floor.max(claims(bank)?.min(bank.mean_claims));
    Ok(if is_waiting(bank) {
        base.max(bank.queue.held_base)
    } else {
        base
    })
}
