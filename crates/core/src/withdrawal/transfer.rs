//! Between accounts of one owner: nothing leaves a vault, so no bucket is asked and no claim of the
//! bank changes; and nothing is washed by it. What marks money travels with it (recent deposit,
//! recent profit), what marks an account stays with the account (residuals, tickets, flag).

use bulwark_state::{Bank, Board, Deltas, MarginAccount};

use super::account::{QUOTE, claim, claim_mut, claim_or_new, held, tidy};
use super::begin;
use crate::coverage::{move_claims, shortfall};
use crate::error::{Error, Result};
use crate::ledger::{
    add_quote, fading_add_lasting, fading_left, fading_move_brief, fading_take, fold, is_empty,
    touch_quote,
};
use crate::liquidation::same_account;
use crate::outflow::{DAY, Flow};
use crate::permits::Action;
use crate::time::Now;

/// A transfer.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<'a> {
    /// Token units, above zero.
    pub amount: u64,
    /// Balance of the bank's vault.
    pub vault: u64,
    /// Outflow of the compartment now.
    pub flow: &'a Flow,
}

/// What went along with the money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Own recent deposit, token units.
    pub recent: u64,
    /// Profit realised lately, UsdE6; of quote alone.
    pub realised: u64,
}

/// What a transfer is for its receiver: always a top-up, never a new deposit.
pub fn transfer_action(receiver: &MarginAccount, bank: u8) -> Action {
    if bank != QUOTE {
        Action::TopUp
    } else if receiver.quote < 0 {
        Action::Repay
    } else {
        Action::TopUpQuote
    }
}

/// Moves units of a bank's token, or positive quote, from one account of an owner to another one of
/// his in the same compartment. The caller has compared owners and compartments, and asks for
/// H_I ≥ 0 of a giver with positions, orders or debt after it.
///
/// The receiver's account cap and the smallest first deposit hold (a65); the lane of small exits is
/// closed to what arrived for a day, or one owner's many accounts would fill it. While the bank is
/// short a transfer repays no debt (`NotCovered`): a claim worth less than par would count in full.
///
/// # Errors
/// [`Error::ZeroAmount`], [`Error::BadValue`] for an account and itself,
/// [`Error::InsufficientBalance`], [`Error::AccountCap`], [`Error::BelowMinimumDeposit`],
/// [`Error::CollateralSlotsFull`], [`Error::NotCovered`].
pub fn transfer(
    (from, to): (&mut MarginAccount, &mut MarginAccount),
    bank: &mut Bank,
    board: Option<&Board>,
    transfer: &Transfer,
    now: Now,
) -> Result<Moved> {
    let amount = transfer.amount;
    if amount == 0 {
        return Err(Error::ZeroAmount);
    }
    if same_account(from, to) {
        return Err(Error::BadValue);
    }
    let short = shortfall(bank, transfer.vault)? != 0;
    begin(bank, transfer.vault, transfer.flow, now)?;
    let mut deltas = Deltas::default();
    if bank.index == QUOTE {
        let board = board.ok_or(Error::BadValue)?;
        touch_quote(board, from, &mut deltas)?;
        touch_quote(board, to, &mut deltas)?;
    }
    if amount > held(from, bank.index) {
        return Err(Error::InsufficientBalance);
    }
    limits(to, bank, amount)?;
    let mut moved = Moved::default();
    if bank.index == QUOTE {
        let board = board.ok_or(Error::BadValue)?;
        let repaid = to.quote.min(0).unsigned_abs().min(amount);
        if repaid != 0 && short {
            return Err(Error::NotCovered);
        }
        let change = i64::try_from(amount).map_err(|_| Error::Overflow)?;
        let back = change.checked_neg().ok_or(Error::Overflow)?;
        add_quote(board, from, back, &mut deltas, now)?;
        add_quote(board, to, change, &mut deltas, now)?;
        fold(&mut bank.totals, &mut deltas)?;
        move_claims(bank, repaid, false)?;
        moved.realised = move_profit(from, to, amount, now)?;
    }
    moved.recent = move_units((from, to), bank.index, amount, now)?;
    tidy(from, bank)?;
    tidy(to, bank)?;
    Ok(moved)
}

/// Limits of the receiver, as for a deposit from outside.
fn limits(to: &MarginAccount, bank: &Bank, amount: u64) -> Result<()> {
    let own = held(to, bank.index);
    let own = own.checked_add(amount).ok_or(Error::Overflow)?;
    if bank.index != QUOTE && own > bank.account_cap {
        return Err(Error::AccountCap);
    }
    if amount < bank.deposit_min && is_empty(to) {
        return Err(Error::BelowMinimumDeposit);
    }
    Ok(())
}

/// Moves the units of a token and the mark of a recent deposit; returns what was left of the mark.
fn move_units(
    (from, to): (&mut MarginAccount, &mut MarginAccount),
    bank: u8,
    amount: u64,
    now: Now,
) -> Result<u64> {
    let mut recent = claim(from, bank).ok_or(Error::InsufficientBalance)?.recent;
    let place = claim_or_new(to, bank)?;
    let moved = fading_move_brief(&mut recent, &mut place.recent, amount, now, DAY)?;
    place.small_exit_at = now.unix;
    if bank != QUOTE {
        place.amount = place.amount.checked_add(amount).ok_or(Error::Overflow)?;
    }
    let place = claim_mut(from, bank).ok_or(Error::InsufficientBalance)?;
    place.recent = recent;
    if bank != QUOTE {
        let rest = place.amount.checked_sub(amount);
        place.amount = rest.ok_or(Error::InsufficientBalance)?;
    }
    Ok(moved)
}

/// Profit of the last day is the first that goes (D9: it is junior wherever it lies). Rounded up:
/// no split of a sum into small ones loses a part of the mark.
fn move_profit(
    from: &mut MarginAccount,
    to: &mut MarginAccount,
    amount: u64,
    now: Now,
) -> Result<u64> {
    let left = fading_left(&from.realised, now, DAY)?;
    if left == 0 {
        return Ok(0);
    }
    let taken = fading_take(&mut from.realised, amount, now, DAY)?;
    let marked = taken.checked_add(1).ok_or(Error::Overflow)?.min(amount);
    fading_add_lasting(&mut to.realised, marked, now, DAY)?;
    Ok(marked)
}
