//! Undoing one side of a fill exactly.

use bulwark_state::{Deltas, Fading, MarginAccount, Market, OrderSlot, Position, Wide};
use core::mem::swap;

use crate::error::{Error, Result};

/// All that a fill changes of the maker's account and of the market's sums: some 350 bytes instead
/// of a copy of the account, which no frame could hold. A test compares whole accounts bit by bit.
pub(super) struct Undo {
    at: usize,
    index: usize,
    slot: OrderSlot,
    position: Position,
    quote: i64,
    interest: Wide,
    debt_at: i64,
    realised: Fading,
    live: u8,
    changes: u64,
    oi_long: u64,
    oi_short: u64,
    quote_sum: i64,
    pot: i64,
    deltas: Deltas,
}

impl Undo {
    /// Notes the state before a fill of the order in slot `at`.
    pub(super) fn take(account: &MarginAccount, at: usize, market: &Market) -> Result<Self> {
        let slot = *account.orders.get(at).ok_or(Error::NoSuchOrder)?;
        let index = usize::from(slot.position);
        Ok(Self {
            at,
            index,
            slot,
            position: *account.positions.get(index).ok_or(Error::NoPosition)?,
            quote: account.quote,
            interest: account.interest,
            debt_at: account.debt_at,
            realised: account.realised,
            live: account.live,
            changes: account.changes,
            oi_long: market.oi_long,
            oi_short: market.oi_short,
            quote_sum: market.quote_sum,
            pot: market.pot,
            deltas: market.deltas,
        })
    }

    /// Index of the position.
    pub(super) const fn position(&self) -> usize {
        self.index
    }

    /// Base before the fill, BaseE8.
    pub(super) const fn base(&self) -> i64 {
        self.position.base
    }

    /// Exchanges the noted state with the present one: once undoes the fill, twice changes nothing.
    pub(super) fn swap(&mut self, account: &mut MarginAccount, market: &mut Market) {
        if let Some(slot) = account.orders.get_mut(self.at) {
            swap(slot, &mut self.slot);
        }
        if let Some(position) = account.positions.get_mut(self.index) {
            swap(position, &mut self.position);
        }
        swap(&mut account.quote, &mut self.quote);
        swap(&mut account.interest, &mut self.interest);
        swap(&mut account.debt_at, &mut self.debt_at);
        swap(&mut account.realised, &mut self.realised);
        swap(&mut account.live, &mut self.live);
        swap(&mut account.changes, &mut self.changes);
        swap(&mut market.oi_long, &mut self.oi_long);
        swap(&mut market.oi_short, &mut self.oi_short);
        swap(&mut market.quote_sum, &mut self.quote_sum);
        swap(&mut market.pot, &mut self.pot);
        swap(&mut market.deltas, &mut self.deltas);
    }
}
