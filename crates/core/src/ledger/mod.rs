//! The signed ledger of D1: what a touch books, how a fill moves base, quote leg, balance, open
//! interest and the totals. Every function keeps INV-LEDGER to the unit; rounding goes against the
//! account, and what it leaves behind stays in a pot.
//!
//! Totals move through [`Deltas`]: a trade uses its market's, an instruction on a bank a scratch
//! that [`fold`] adds to the quote bank. Callers call [`update_live`] once an account is final.

mod fading;
mod interest;
mod trade;

pub use fading::{
    DAY, fading_add_brief, fading_add_lasting, fading_left, fading_move_brief, fading_take,
};
pub use interest::{QuoteMoney, accrue_interest, utilisation_ppm, yearly_rate_ppm};
pub use trade::{Traded, trade};

use bulwark_state::{Board, BoardMarket, Deltas, MarginAccount, Market, Position, QuoteTotals};

use crate::error::{Error, Result};
use crate::math::{
    grown_mul_shift64_ceil, mul_shift64_ceil, mul_shift64_floor, walked_mul_shift64_floor,
};
use crate::time::Now;

/// Interest that a touch would book into the quote balance, UsdE6, a credit above zero (D1).
///
/// A debtor's charge is rounded up, a lender's credit down. Fails if an index went backwards.
pub fn interest_due(board: &Board, account: &MarginAccount) -> Result<i64> {
    if account.quote == 0 {
        return Ok(0);
    }
    let debtor = account.quote < 0;
    let index = if debtor {
        board.debt_index
    } else {
        board.lend_index
    };
    if index == account.interest {
        return Ok(0);
    }
    let walked = index
        .get()
        .checked_sub(account.interest.get())
        .ok_or(Error::InvariantBroken)?;
    let size = account.quote.unsigned_abs();
    if debtor {
        let charge = mul_shift64_ceil(walked, size).ok_or(Error::Overflow)?;
        return 0i64.checked_sub_unsigned(charge).ok_or(Error::Overflow);
    }
    let credit = mul_shift64_floor(walked, size).ok_or(Error::Overflow)?;
    i64::try_from(credit).map_err(|_| Error::Overflow)
}

/// Funding and loss that a touch would book into the position's quote leg, UsdE6, a credit above
/// zero (D1, D8).
///
/// Funding is rounded down for the account whether it pays or receives, a loss charge up. Fails if
/// a loss index went backwards.
#[inline]
pub fn position_due(market: &BoardMarket, position: &Position) -> Result<i64> {
    let base = position.base;
    if base == 0 {
        return Ok(0);
    }
    let mut due = 0i64;
    if market.funding != position.funding {
        // Longs pay a rise: −b·(index − snapshot), rounded towards minus infinity.
        let (index, then) = (market.funding, position.funding);
        let units = base.checked_neg().ok_or(Error::Overflow)?;
        due = walked_mul_shift64_floor((index.hi, index.lo), (then.hi, then.lo), units)
            .ok_or(Error::Overflow)?;
    }
    let index = if base > 0 {
        market.loss_long
    } else {
        market.loss_short
    };
    if index != position.loss {
        let charge = charge((index.hi, index.lo), position, base.unsigned_abs())?;
        due = due.checked_sub_unsigned(charge).ok_or(Error::Overflow)?;
    }
    Ok(due)
}

/// ⌈(λ − λ_i)·|b|/2^64⌉.
#[inline]
fn charge(index: (u64, u64), position: &Position, size: u64) -> Result<u64> {
    let then = (position.loss.hi, position.loss.lo);
    match grown_mul_shift64_ceil(index, then, size) {
        Some(charge) => Ok(charge),
        None if index < then => Err(Error::InvariantBroken),
        None => Err(Error::Overflow),
    }
}

/// Books the interest due into the balance, and out of the interest pot (D1).
pub fn touch_quote(board: &Board, account: &mut MarginAccount, deltas: &mut Deltas) -> Result<()> {
    let due = interest_due(board, account)?;
    let after = account.quote.checked_add(due).ok_or(Error::Overflow)?;
    deltas.interest_pot = deltas
        .interest_pot
        .checked_sub(due)
        .ok_or(Error::Overflow)?;
    move_quote(account, after, deltas)?;
    account.interest = if after < 0 {
        board.debt_index
    } else {
        board.lend_index
    };
    Ok(())
}

/// [`touch_quote`], then moves the balance by `change`, UsdE6, and X⁺ and X⁻ with it (D1). Starts
/// and ends the age of a debt.
pub fn add_quote(
    board: &Board,
    account: &mut MarginAccount,
    change: i64,
    deltas: &mut Deltas,
    now: Now,
) -> Result<()> {
    let due = interest_due(board, account)?;
    deltas.interest_pot = deltas
        .interest_pot
        .checked_sub(due)
        .ok_or(Error::Overflow)?;
    let touched = account.quote.checked_add(due).ok_or(Error::Overflow)?;
    let new = touched.checked_add(change).ok_or(Error::Overflow)?;
    place_quote(board, account, new, deltas, now)
}

/// Moves a balance with nothing due to `new`.
#[inline]
fn place_quote(
    board: &Board,
    account: &mut MarginAccount,
    new: i64,
    deltas: &mut Deltas,
    now: Now,
) -> Result<()> {
    move_quote(account, new, deltas)?;
    account.interest = if new < 0 {
        board.debt_index
    } else {
        board.lend_index
    };
    if new >= 0 {
        account.debt_at = 0;
    } else if account.debt_at == 0 {
        account.debt_at = now.unix;
    }
    Ok(())
}

fn move_quote(account: &mut MarginAccount, new: i64, deltas: &mut Deltas) -> Result<()> {
    let old = account.quote;
    deltas.positive = replaced(deltas.positive, old.max(0), new.max(0))?;
    let (owed_before, owed_after) = (
        old.min(0).checked_neg().ok_or(Error::Overflow)?,
        new.min(0).checked_neg().ok_or(Error::Overflow)?,
    );
    deltas.negative = replaced(deltas.negative, owed_before, owed_after)?;
    account.quote = new;
    Ok(())
}

/// `sum − old + new`.
fn replaced(sum: i64, old: i64, new: i64) -> Result<i64> {
    sum.checked_sub(old)
        .and_then(|rest| rest.checked_add(new))
        .ok_or(Error::Overflow)
}

/// Books funding and loss due into the position's quote leg and out of the market's pot, and sets
/// its snapshots (D1, D8). Always before the base changes.
pub fn touch_position(
    board: &Board,
    account: &mut MarginAccount,
    position: usize,
    market: &mut Market,
) -> Result<()> {
    let indexes = board
        .markets
        .get(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    let position = account
        .positions
        .get_mut(position)
        .ok_or(Error::NoPosition)?;
    if position.active == 0 || position.market != market.index {
        return Err(Error::NoPosition);
    }
    let due = position_due(indexes, position)?;
    position.quote = position.quote.checked_add(due).ok_or(Error::Overflow)?;
    market.quote_sum = market.quote_sum.checked_add(due).ok_or(Error::Overflow)?;
    market.pot = market.pot.checked_sub(due).ok_or(Error::Overflow)?;
    set_snapshots(indexes, position);
    Ok(())
}

/// Sets the snapshots to the present: nothing is due.
fn set_snapshots(market: &BoardMarket, position: &mut Position) {
    position.funding = market.funding;
    position.loss = if position.base < 0 {
        market.loss_short
    } else {
        market.loss_long
    };
}

/// The slot that holds the account's position in a market.
pub fn position_of(account: &MarginAccount, market: u8) -> Option<usize> {
    account
        .positions
        .iter()
        .position(|p| p.active != 0 && p.market == market)
}

/// The slot of the account's position in a market, taking a free one where it has none.
pub fn open_position(board: &Board, account: &mut MarginAccount, market: u8) -> Result<usize> {
    if let Some(slot) = position_of(account, market) {
        return Ok(slot);
    }
    let indexes = board
        .markets
        .get(usize::from(market))
        .ok_or(Error::BadIndex)?;
    let slot = account
        .positions
        .iter()
        .position(|p| p.active == 0)
        .ok_or(Error::PositionSlotsFull)?;
    let position = account
        .positions
        .get_mut(slot)
        .ok_or(Error::PositionSlotsFull)?;
    *position = Position {
        active: 1,
        market,
        ..Position::default()
    };
    set_snapshots(indexes, position);
    Ok(slot)
}

/// Frees the slot if nothing is left in it: no base, no quote leg, no orders. Says whether it did.
pub fn release_position(account: &mut MarginAccount, position: usize) -> bool {
    let Some(position) = account.positions.get_mut(position) else {
        return false;
    };
    let empty = position.base == 0 && position.quote == 0 && position.orders == 0;
    if empty {
        *position = Position::default();
    }
    empty
}

/// Whether there is nothing in the account: no balance, ticket, residual, collateral or position.
pub fn is_empty(account: &MarginAccount) -> bool {
    account.quote == 0
        && account.ticket_count == 0
        && account.quote_claims.pending == 0
        && account.quote_claims.residual == 0
        && account
            .collaterals
            .iter()
            .all(|c| c.amount == 0 && c.pending == 0 && c.residual == 0)
        && account
            .positions
            .iter()
            .all(|p| p.base == 0 && p.quote == 0)
}

/// Brings the account's share in the live count in step with what is in it (D9), and notes that it
/// has changed: whatever changes balances or positions ends with this.
pub fn update_live(account: &mut MarginAccount, deltas: &mut Deltas) -> Result<()> {
    let live = u8::from(!is_empty(account));
    let change = i64::from(live)
        .checked_sub(i64::from(account.live))
        .ok_or(Error::Overflow)?;
    deltas.live = deltas.live.checked_add(change).ok_or(Error::Overflow)?;
    account.live = live;
    account.changes = account.changes.wrapping_add(1);
    Ok(())
}

/// Adds what trades changed to the quote bank's totals, and clears it (D1).
pub fn fold(totals: &mut QuoteTotals, deltas: &mut Deltas) -> Result<()> {
    let sum = |total: i64, delta: i64| total.checked_add(delta).ok_or(Error::Overflow);
    let positive = sum(totals.positive, deltas.positive)?;
    let negative = sum(totals.negative, deltas.negative)?;
    let fees = sum(totals.fees, deltas.fees)?;
    let interest_pot = sum(totals.interest_pot, deltas.interest_pot)?;
    let live_count = sum(totals.live_count, deltas.live)?;
    totals.positive = positive;
    totals.negative = negative;
    totals.fees = fees;
    totals.interest_pot = interest_pot;
    totals.live_count = live_count;
    *deltas = Deltas::default();
    Ok(())
}
