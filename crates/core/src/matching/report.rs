//! What placing an order did: one record that the event is written from.

use bulwark_state::Key;

use super::limits::Class;
use crate::order::Posted;

/// Fills of one order.
pub const MAX_FILLS: usize = 12;
/// Resting orders that one order may remove in passing.
pub const MAX_REMOVED: usize = 12;

/// One fill against a resting order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    /// Margin account of the resting order.
    pub maker: Key,
    /// Sequence number of the resting order.
    pub sequence: u64,
    /// Price, PriceE8: the resting order's.
    pub price: u64,
    /// Size, BaseE8.
    pub base: u64,
    /// `⌊base·price⌋`, UsdE6: the same for both sides.
    pub notional: u64,
    /// Fee of the maker, UsdE6.
    pub maker_fee: u64,
    /// Fee of the taker, UsdE6.
    pub taker_fee: u64,
    /// Profit that the maker realised, before the fee, UsdE6.
    pub maker_realised: i64,
    /// Profit that the taker realised, before the fee, UsdE6.
    pub taker_realised: i64,
    /// The maker's own number of the order.
    pub client_id: u32,
    /// Order slot of the maker.
    pub slot: u8,
    /// What the fill did to open interest.
    pub class: Class,
}

/// Why a resting order was removed without a fill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// Its time was over.
    #[default]
    Expired = 1,
    /// Its account had voided it.
    Void = 2,
    /// It belonged to the owner of the new order.
    SelfTrade = 3,
    /// It was reduce-only with nothing to reduce.
    NotReducing = 4,
    /// Its account would not have had the margin.
    Unfillable = 5,
    /// Its time was over and its account didn't come: the account's slot is as it was.
    ExpiredUnseen = 6,
}

/// A resting order that was removed without a fill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Margin account.
    pub maker: Key,
    /// Sequence number.
    pub sequence: u64,
    /// Size that it had, BaseE8.
    pub size: u64,
    /// Order slot of the account.
    pub slot: u8,
    /// Why.
    pub reason: Reason,
}

/// Why the pass over the book ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Ended {
    /// The order was filled, or a reduce-only one had nothing left to reduce.
    Filled = 0,
    /// No resting order was good enough.
    #[default]
    NothingCrosses = 1,
    /// The account of the best resting order did not come with the instruction.
    MakerAbsent = 2,
    /// [`MAX_FILLS`] or [`MAX_REMOVED`] was reached.
    TooMany = 3,
    /// Open interest may not rise.
    InterestClosed = 4,
    /// Open interest stands at its cap.
    InterestCap = 5,
    /// The new notional of this slot stands at its cap.
    SlotCap = 6,
    /// The best price lies outside the band.
    Band = 7,
}

/// What placing an order did.
#[derive(Clone, Debug)]
pub struct Report {
    fills: [Fill; MAX_FILLS],
    fill_count: usize,
    removed: [Removed; MAX_REMOVED],
    removed_count: usize,
    /// Filled size, BaseE8.
    pub base: u64,
    /// Notional of all fills, UsdE6.
    pub notional: u64,
    /// Fees of the taker, UsdE6.
    pub fee: u64,
    /// Where the rest went, if it rests.
    pub posted: Option<Posted>,
    /// Size that was neither filled nor rests, BaseE8.
    pub cancelled: u64,
    /// Why the pass ended.
    pub ended: Ended,
    /// Something was to rest and found no place.
    pub crowded: bool,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            fills: [Fill::default(); MAX_FILLS],
            fill_count: 0,
            removed: [Removed::default(); MAX_REMOVED],
            removed_count: 0,
            base: 0,
            notional: 0,
            fee: 0,
            posted: None,
            cancelled: 0,
            ended: Ended::NothingCrosses,
            crowded: false,
        }
    }
}

impl Report {
    /// Forgets the order before, without touching the records.
    pub fn clear(&mut self) {
        self.fill_count = 0;
        self.removed_count = 0;
        self.base = 0;
        self.notional = 0;
        self.fee = 0;
        self.posted = None;
        self.cancelled = 0;
        self.ended = Ended::NothingCrosses;
        self.crowded = false;
    }

    /// The fills, in order.
    #[must_use]
    pub fn fills(&self) -> &[Fill] {
        self.fills.get(..self.fill_count).unwrap_or(&self.fills)
    }

    /// The removed orders, in order.
    #[must_use]
    pub fn removed(&self) -> &[Removed] {
        self.removed
            .get(..self.removed_count)
            .unwrap_or(&self.removed)
    }

    /// Whether neither one more fill nor one more removal must happen.
    pub(super) fn is_full(&self) -> bool {
        self.fill_count >= MAX_FILLS || self.removed_count >= MAX_REMOVED
    }

    /// Notes a fill; the caller has asked [`Self::is_full`].
    pub(super) fn filled(&mut self, fill: Fill) {
        if let Some(place) = self.fills.get_mut(self.fill_count) {
            *place = fill;
            self.fill_count += 1;
        }
    }

    /// Notes a removal; the caller has asked [`Self::is_full`].
    pub(super) fn remove(&mut self, removed: Removed) {
        if let Some(place) = self.removed.get_mut(self.removed_count) {
            *place = removed;
            self.removed_count += 1;
        }
    }
}
