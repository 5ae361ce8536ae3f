//! What markers are paid (D9): a little for each mark, out of fees above their floor. It is set
//! aside when everything is counted and what is left returns when the pot opens, so that nobody's
//! share depends on who was paid for marking.

use bulwark_state::{QuoteTotals, Recovery};

use super::MARK_REWARD;
use crate::error::{Error, Result};

/// Notes F less its floor; fees that wait in markets come on top of it.
pub(super) fn note_fees(recovery: &mut Recovery, totals: &QuoteTotals) -> Result<()> {
    let spare = totals.fees.checked_sub(totals.fee_floor_e6.into());
    add_fees(recovery, spare.ok_or(Error::Overflow)?)
}

/// Adds fees of a market that are not folded.
pub(super) fn add_fees(recovery: &mut Recovery, fees: i64) -> Result<()> {
    let sum = recovery.spare_fees.checked_add(fees);
    recovery.spare_fees = sum.ok_or(Error::Overflow)?;
    Ok(())
}

/// Sets aside what the marks may cost, once all are counted.
pub(super) fn set_aside(recovery: &mut Recovery) -> Result<()> {
    let most = recovery.live_count.checked_mul(MARK_REWARD);
    let spare = recovery.spare_fees.max(0).unsigned_abs();
    let quote = recovery.banks.first_mut().ok_or(Error::BadIndex)?;
    let aside = spare.min(most.ok_or(Error::Overflow)?).min(quote.frozen);
    let less = |of: u64| of.checked_sub(aside).ok_or(Error::InvariantBroken);
    quote.assigned = less(quote.assigned)?;
    quote.claims = less(quote.claims)?;
    quote.frozen = less(quote.frozen)?;
    recovery.rewards = aside;
    Ok(())
}

/// Gives what nobody was paid to the pot, which opens.
pub(super) fn give_back(recovery: &mut Recovery) -> Result<()> {
    let left = recovery.rewards.checked_sub(recovery.rewarded);
    let left = left.ok_or(Error::InvariantBroken)?;
    let quote = recovery.banks.first_mut().ok_or(Error::BadIndex)?;
    let more = |of: u64| of.checked_add(left).ok_or(Error::Overflow);
    quote.assigned = more(quote.assigned)?;
    quote.claims = more(quote.claims)?;
    recovery.rewards = recovery.rewarded;
    Ok(())
}

/// Books what is due for `marks` first marks, UsdE6, which the caller moves to the marker: nothing
/// once what was set aside is used up or the pot is open.
///
/// # Errors
/// [`Error::Overflow`].
pub fn reward(recovery: &mut Recovery, marks: u64) -> Result<u64> {
    let left = recovery.rewards.checked_sub(recovery.rewarded);
    let asked = marks.checked_mul(MARK_REWARD).ok_or(Error::Overflow)?;
    let due = asked.min(left.ok_or(Error::InvariantBroken)?);
    recovery.rewarded = recovery.rewarded.checked_add(due).ok_or(Error::Overflow)?;
    Ok(due)
}
