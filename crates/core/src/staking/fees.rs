//! Stakers' part of fees (D10), priced by how much of insurance is used:
//! `r(U) = r₀ + s₁·min(U, U*) + s₂·(U − U*)⁺`, U the stressed shortfall over insurance.
//!
//! Of fees that came while U went from U₀ to U₁ stakers have the mean of r over `[U₀, U₁]`, so it
//! gains nobody anything to share often or seldom, or to move U in steps. Of that the earning pool
//! has its part of the balance: what was given earns for nobody, and its part stays in F. Nor does
//! anybody earn for what nobody covers: while insurance is less than the stressed shortfall S the
//! pool has its part of S.

use bulwark_state::{Bank, Board, Insurance, Wide};

use super::stress;
use crate::error::{Error, Result};
use crate::math::{mul_div_ceil, mul_div_floor, ppm_mul_floor};
use crate::time::Now;

/// One, ppm.
const ONE: u64 = 1_000_000;

/// U now, ppm, at most one; one without any insurance against some shortfall.
///
/// # Errors
/// Those of [`stress::total`].
pub fn utilisation_ppm(board: &Board, insurance: &Insurance, now: Now) -> Result<u64> {
    used_ppm(stress::total(board, insurance, now)?, insurance)
}

/// U for a stressed shortfall of `total`, UsdE6.
pub(super) fn used_ppm(total: u64, insurance: &Insurance) -> Result<u64> {
    if total >= insurance.balance {
        return Ok(if total == 0 { 0 } else { ONE });
    }
    mul_div_ceil(total, ONE, insurance.balance).ok_or(Error::Overflow)
}

/// What of `amount` the earning pool has, `total` being the stressed shortfall: its part of the
/// balance, or of the shortfall where that is more.
pub(super) fn part_of_pool(amount: u64, total: u64, insurance: &Insurance) -> Result<u64> {
    let whole = insurance.balance.max(total);
    if whole == 0 {
        return Ok(0);
    }
    mul_div_floor(amount, insurance.earning.value, whole).ok_or(Error::Overflow)
}

/// ∫ r dU from 0 to `used` (ppm), in ppm × ppm × 2: doubled, so that it is whole.
#[inline(never)]
fn integral(insurance: &Insurance, used: u64) -> Option<u64> {
    let kink = u64::from(insurance.share_kink_ppm);
    let below = used.min(kink);
    let above = used.saturating_sub(kink);
    let flat = u64::from(insurance.share_base_ppm).checked_mul(used)?;
    // s·U² is below 2·10^6 · 10^12.
    let first = below
        .checked_mul(below)?
        .checked_add(below.checked_mul(above)?.checked_mul(2)?)?;
    let rise = u64::from(insurance.share_slope_ppm).checked_mul(first)?;
    let steep = above.checked_mul(above)?;
    let steep = u64::from(insurance.share_steep_ppm).checked_mul(steep)?;
    let rises = (rise / ONE).checked_add(steep / ONE)?;
    flat.checked_mul(2)?.checked_add(rises)
}

/// Mean of r over [U₀, U₁], in either order, ppm; r(U) where they are equal.
///
/// # Errors
/// [`Error::Overflow`] for more than one.
#[inline(never)]
pub fn mean_share_ppm(insurance: &Insurance, from: u64, to: u64) -> Result<u32> {
    // Over one ppm more r hardly differs: its slope is at most two.
    let (low, high) = (from.min(to), from.max(to));
    let high = if low == high {
        high.saturating_add(1)
    } else {
        high
    };
    let sums = integral(insurance, high).zip(integral(insurance, low));
    let (upper, lower) = sums.ok_or(Error::Overflow)?;
    let area = upper.checked_sub(lower).ok_or(Error::Overflow)?;
    let width = high.checked_sub(low).and_then(|w| w.checked_mul(2));
    let mean = width.and_then(|width| area.checked_div(width));
    let mean = mean.ok_or(Error::Overflow)?.min(ONE);
    u32::try_from(mean).map_err(|_| Error::Overflow)
}

/// Whether stakers may earn: no money is missing and no deficit stands.
#[inline(never)]
pub(super) fn sound(quote: &Bank, vault: u64) -> Result<bool> {
    let lost = crate::coverage::quote_loss(quote, vault)?;
    let totals = &quote.totals;
    Ok(totals.deficit == 0 && totals.check_hole == 0 && lost == 0)
}

/// Moves stakers' part of the fees that have come into F since the last time to the earning pool.
/// Returns it, UsdE6. F + I stays what it was (INV-LEDGER).
///
/// Nothing moves while nobody earns, and nothing is lost then: such fees are F's. While money is
/// missing or a deficit stands F bears it first, and what came waits.
///
/// # Errors
/// Those of [`utilisation_ppm`], [`Error::Overflow`].
#[inline(never)]
pub fn share_fees(
    board: &Board,
    insurance: &mut Insurance,
    quote: &mut Bank,
    vault: u64,
    now: Now,
) -> Result<u64> {
    let total = stress::total(board, insurance, now)?;
    let used = used_ppm(total, insurance)?;
    if !sound(quote, vault)? {
        return Ok(0);
    }
    let totals = &mut quote.totals;
    let come = totals.fees.checked_sub(totals.fees_shared);
    let come = u64::try_from(come.ok_or(Error::Overflow)?.max(0)).map_err(|_| Error::Overflow)?;
    let come = come.min(u64::try_from(totals.fees.max(0)).unwrap_or(0));
    let mut earned = 0;
    if insurance.earning.shares != Wide::default() && come != 0 {
        let rate = mean_share_ppm(insurance, insurance.used_ppm, used)?;
        let shared = ppm_mul_floor(come, rate).ok_or(Error::Overflow)?;
        earned = part_of_pool(shared, total, insurance)?;
    }
    let taken = i64::try_from(earned).map_err(|_| Error::Overflow)?;
    totals.fees = totals.fees.checked_sub(taken).ok_or(Error::Overflow)?;
    totals.fees_shared = totals.fees;
    let add = |sum: u64| sum.checked_add(earned).ok_or(Error::Overflow);
    insurance.balance = add(insurance.balance)?;
    insurance.earning.value = add(insurance.earning.value)?;
    insurance.earned_total = add(insurance.earned_total)?;
    insurance.used_ppm = used;
    Ok(earned)
}
