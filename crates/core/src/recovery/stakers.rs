//! The third class of the quote pot (D9): the insurance's stakers. Their claims stand from the
//! freeze on, because nothing moves the pools in a Recovery: what a stake was worth then, its
//! shares are worth as long as it lasts. What was given to insurance is nobody's and serves the
//! classes above.

use bulwark_state::{Insurance, Key, Recovery, Stake, Wide};

use super::pot::{STAKERS, share, within};
use super::{expect, is_audit};
use crate::error::{Error, Result};
use crate::mode::Phase;
use crate::staking;

/// What all stakers together own of insurance, UsdE6: no less than all stakes are worth.
///
/// # Errors
/// [`Error::Overflow`].
pub fn staked(insurance: &Insurance) -> Result<u64> {
    let pools = insurance.earning.value.checked_add(insurance.idle.value);
    pools.ok_or(Error::Overflow)
}

/// Quote that a stake can have now, UsdE6: ⌊E·A/K⌋ of its worth E, less what it was paid.
///
/// # Errors
/// [`Error::RecoveryPhase`] while the quote pot is closed, [`Error::Overflow`].
#[inline(never)]
pub fn due_of_stake(recovery: &Recovery, insurance: &Insurance, stake: &Stake) -> Result<u64> {
    expect(recovery, &[Phase::Settled])?;
    if is_audit(recovery) {
        return Err(Error::RecoveryPhase);
    }
    let class = recovery.classes.get(STAKERS).ok_or(Error::BadIndex)?;
    let assigned = class.assigned.first().ok_or(Error::BadIndex)?;
    let claim = staking::worth(insurance, stake)?;
    let whole = share(claim, *assigned, class.claims.get())?;
    let due = whole.checked_sub(stake.recovered);
    due.ok_or(Error::InvariantBroken)
}

/// Books the payment of [`due_of_stake`], which the caller moves to the owner. Returns it.
///
/// # Errors
/// Those of [`due_of_stake`], [`Error::NothingDue`].
#[inline(never)]
pub fn pay_stake(recovery: &mut Recovery, insurance: &Insurance, stake: &mut Stake) -> Result<u64> {
    let due = due_of_stake(recovery, insurance, stake)?;
    if due == 0 {
        return Err(Error::NothingDue);
    }
    let class = recovery.classes.get_mut(STAKERS).ok_or(Error::BadIndex)?;
    let paid = class.paid.get().checked_add(due.into());
    let paid = paid.ok_or(Error::Overflow)?;
    let assigned = class.assigned.first().ok_or(Error::BadIndex)?;
    if paid > u128::from(*assigned) {
        return Err(Error::InvariantBroken);
    }
    class.paid = Wide::new(paid);
    let seat = recovery.banks.first_mut().ok_or(Error::BadIndex)?;
    seat.paid = seat.paid.checked_add(due).ok_or(Error::Overflow)?;
    within(seat)?;
    let recovered = stake.recovered.checked_add(due);
    stake.recovered = recovered.ok_or(Error::Overflow)?;
    Ok(due)
}

/// Assigns a stake to `to` in a Recovery, once and for good: whatever is still due to it is his.
/// The caller has checked that the owner signs and that the freeze is over. Shares don't change.
///
/// # Errors
/// [`Error::ClaimsAssigned`] for the second time, [`Error::BadValue`] to nobody or the owner.
pub fn assign_stake(stake: &mut Stake, to: &Key) -> Result<()> {
    if stake.assigned != 0 {
        return Err(Error::ClaimsAssigned);
    }
    if *to == Key::default() || *to == stake.owner {
        return Err(Error::BadValue);
    }
    stake.owner = *to;
    stake.assigned = 1;
    Ok(())
}
