//! Money that comes late (D1, D9): residual claims of those who left before get their part first,
//! the rest pays everybody again.

use bulwark_state::{Bank, Recovery};

use super::expect;
use crate::error::{Error, Result};
use crate::math::mul_div_floor;
use crate::mode::Phase;
use crate::residual;

/// What became of late money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Late {
    /// Assigned to residual claims, token units.
    pub residuals: u64,
    /// To the claims of this Recovery, token units.
    pub claims: u64,
    /// Beyond what is owed: stays in the vault.
    pub surplus: u64,
}

/// Takes `amount` that has come into a bank's vault after it was frozen: ⌊min(d, s + Res)·Res/(s +
/// Res)⌋ to residual claims, the rest to the claims on the bank, s being their shortfall; of quote
/// all of the rest to the pot, whose claims are only known once all are marked. So it doesn't
/// matter when among the marks money comes. The caller moves the money or has found it in the
/// vault, and calls [`super::assign`] afterwards.
///
/// # Errors
/// [`Error::RecoveryPhase`] before the bank is frozen, [`Error::ZeroAmount`].
pub fn late_money(recovery: &mut Recovery, bank: &mut Bank, amount: u64) -> Result<Late> {
    expect(recovery, &[Phase::Frozen, Phase::Marking, Phase::Settled])?;
    let bit = 1u32.checked_shl(bank.index.into()).ok_or(Error::BadIndex)?;
    if recovery.banks_counted & bit == 0 {
        return Err(Error::RecoveryPhase);
    }
    if amount == 0 {
        return Err(Error::ZeroAmount);
    }
    let seat = recovery
        .banks
        .get_mut(usize::from(bank.index))
        .ok_or(Error::BadIndex)?;
    let shortfall = seat.claims.saturating_sub(seat.assigned);
    let total = bank.residuals.total;
    let owed = shortfall.saturating_add(total);
    let used = amount.min(owed);
    let beyond = amount.checked_sub(used).ok_or(Error::Overflow)?;
    let mut late = Late::default();
    if used != 0 {
        late.residuals = mul_div_floor(used, total, owed).ok_or(Error::Overflow)?;
        late.claims = used.checked_sub(late.residuals).ok_or(Error::Overflow)?;
    }
    if bank.index == 0 {
        late.claims = late.claims.checked_add(beyond).ok_or(Error::Overflow)?;
    } else {
        late.surplus = beyond;
    }
    residual::assign(&mut bank.residuals, late.residuals)?;
    seat.assigned = seat
        .assigned
        .checked_add(late.claims)
        .ok_or(Error::Overflow)?;
    bank.expected = bank.expected.checked_add(amount).ok_or(Error::Overflow)?;
    Ok(late)
}
