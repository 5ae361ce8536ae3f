//! Fees and the treasury (D12). Maker, taker and liquidation fees collect in F of the quote bank,
//! where they bear losses beside insurance. What lies above a floor may go to the one account that
//! the Protocol has named as treasury when it was made, and nowhere else: the guardian's typed
//! action says how much (relax quorum, seven days).

use bulwark_state::Bank;

use crate::conserve::Balance;
use crate::coverage;
use crate::error::{Error, Result};
use crate::withdrawal::expect_out;

/// The most that may be paid of F now, UsdE6: what is above the floor, and no more than what the
/// vault holds beyond what residual claims and waiting tickets are owed. Nothing where a market is
/// not folded could be counted: `balance` is INV-LEDGER of now from **all** markets, all folded.
///
/// # Errors
/// [`Error::NotCovered`] while money is missing (M > 0) or a deficit stands: fees bear it first;
/// [`Error::BadIndex`] for another bank than quote's, [`Error::Overflow`].
pub fn payable(quote: &Bank, balance: &Balance, vault: u64) -> Result<u64> {
    if quote.index != 0 {
        return Err(Error::BadIndex);
    }
    let totals = &quote.totals;
    let loss = coverage::quote_loss(quote, vault)?;
    if balance.missing() != 0 || totals.deficit != 0 || totals.check_hole != 0 || loss != 0 {
        return Err(Error::NotCovered);
    }
    let fees = u64::try_from(totals.fees.max(0)).map_err(|_| Error::Overflow)?;
    let above = coverage::excess(fees, totals.fee_floor_e6.into());
    let held = coverage::excess(coverage::money(quote, vault), quote.tickets);
    Ok(above.min(held))
}

/// Books that `amount` of F left for the treasury. The caller has asked [`payable`], carried the
/// bank to now ([`crate::outflow::carry`]) and moves the coins.
///
/// # Errors
/// [`Error::ZeroAmount`]; [`Error::InsufficientBalance`] for more than is payable; those of
/// [`payable`].
pub fn pay(quote: &mut Bank, balance: &Balance, vault: u64, amount: u64) -> Result<()> {
    if amount == 0 {
        return Err(Error::ZeroAmount);
    }
    if amount > payable(quote, balance, vault)? {
        return Err(Error::InsufficientBalance);
    }
    let paid = i64::try_from(amount).map_err(|_| Error::Overflow)?;
    let fees = quote.totals.fees.checked_sub(paid);
    quote.totals.fees = fees.ok_or(Error::Overflow)?;
    // What stakers still have to be given of the fees that came stays the same.
    let shared = quote.totals.fees_shared.checked_sub(paid);
    quote.totals.fees_shared = shared.ok_or(Error::Overflow)?;
    expect_out(quote, amount)
}
