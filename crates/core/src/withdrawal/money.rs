//! New money (D1): donations found by a sweep, and recapitalisation. Residual claims get their part
//! before anyone else does (a66).

use bulwark_state::Bank;

use crate::conserve::Balance;
use crate::coverage::{check_quote, excess, lower_loss, shortfall};
use crate::error::{Error, Result};
use crate::math::mul_div_floor_u128;
use crate::residual;
use crate::time::Now;

/// Where new money went, token units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewMoney {
    /// All of it.
    pub amount: u64,
    /// Assigned to residual claims.
    pub assigned: u64,
    /// Quote: to be added to the balance of insurance.
    pub insurance: u64,
}

/// Notes money that another act of the program moved into the vault (a stake of insurance, a
/// payment in a conversion or a seizure).
pub fn expect_in(bank: &mut Bank, amount: u64) -> Result<()> {
    bank.expected = bank.expected.checked_add(amount).ok_or(Error::Overflow)?;
    Ok(())
}

/// Notes money that another act of the program moved out of the vault (leaving insurance, the
/// treasury's fees, rewards).
pub fn expect_out(bank: &mut Bank, amount: u64) -> Result<()> {
    bank.expected = bank.expected.checked_sub(amount).ok_or(Error::Overflow)?;
    Ok(())
}

/// Money in the vault that no instruction brought, token units.
pub fn donation(bank: &Bank, vault: u64) -> u64 {
    excess(vault, bank.expected)
}

/// ⌊min(d, s + Res)·Res/(s + Res)⌋.
fn assigned(amount: u64, shortfall: u64, residuals: u64) -> Result<u64> {
    let short = u128::from(shortfall).wrapping_add(residuals.into());
    if short == 0 {
        return Ok(0);
    }
    let part = u128::from(amount).min(short);
    let assigned = mul_div_floor_u128(part, residuals.into(), short).ok_or(Error::Overflow)?;
    u64::try_from(assigned).map_err(|_| Error::Overflow)
}

/// Books `amount` that comes into a bank whose vault held `vault` before it.
fn receive(bank: &mut Bank, vault: u64, amount: u64) -> Result<NewMoney> {
    if amount == 0 {
        return Err(Error::ZeroAmount);
    }
    let short = shortfall(bank, vault)?;
    let assigned = assigned(amount, short, bank.residuals.total)?;
    residual::assign(&mut bank.residuals, assigned)?;
    bank.expected = bank.expected.checked_add(amount).ok_or(Error::Overflow)?;
    Ok(NewMoney {
        amount,
        assigned,
        insurance: 0,
    })
}

/// Books `amount` of a token given to its bank (D1). `vault` is the balance before. A surplus stays
/// in the vault.
pub fn recapitalise(bank: &mut Bank, vault: u64, amount: u64) -> Result<NewMoney> {
    if bank.index == 0 {
        return Err(Error::BadIndex);
    }
    receive(bank, vault, amount)
}

/// Books what a token's vault holds unasked; `vault` is the balance now. `ZeroAmount` for nothing.
pub fn sweep(bank: &mut Bank, vault: u64) -> Result<NewMoney> {
    let amount = donation(bank, vault);
    recapitalise(
        bank,
        vault.checked_sub(amount).ok_or(Error::Overflow)?,
        amount,
    )
}

/// Books `amount` of quote given to the compartment (D1): residuals and claims share it, then it
/// fills the hole, then it is insurance's.
///
/// `vault` is the balance before; `balance` must be of before, too, from **all** markets, all
/// folded. Adds to `insurance`, and checks the bank.
pub fn recapitalise_quote(
    quote: &mut Bank,
    balance: &Balance,
    insurance: &mut u64,
    (vault, amount): (u64, u64),
    now: Now,
) -> Result<NewMoney> {
    if quote.index != 0 {
        return Err(Error::BadIndex);
    }
    let checked = check_quote(quote, balance, *insurance, vault, now)?;
    let mut money = receive(quote, vault, amount)?;
    let rest = money
        .amount
        .checked_sub(money.assigned)
        .ok_or(Error::Overflow)?;
    let hole = excess(checked.hole, rest);
    money.insurance = excess(rest, checked.hole);
    lower_loss(quote, rest.min(quote.totals.check_loss))?;
    quote.totals.check_hole = hole;
    quote.totals.deficit = quote.totals.deficit.min(hole);
    *insurance = insurance
        .checked_add(money.insurance)
        .ok_or(Error::Overflow)?;
    Ok(money)
}

/// Books what the quote vault holds unasked; `vault` and `balance` are of now.
pub fn sweep_quote(
    quote: &mut Bank,
    balance: &Balance,
    insurance: &mut u64,
    vault: u64,
    now: Now,
) -> Result<NewMoney> {
    let amount = donation(quote, vault);
    let before = vault.checked_sub(amount).ok_or(Error::Overflow)?;
    let without = Balance {
        vault: before.into(),
        ..*balance
    };
    recapitalise_quote(quote, &without, insurance, (before, amount), now)
}
