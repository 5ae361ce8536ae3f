use crate::common::layout;
use crate::{BOOK_SIDE, Key};
use bytemuck::{Pod, Zeroable};

/// A resting order. A free place is all zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Order {
    /// Limit price, PriceE8.
    pub price: u64,
    /// Sequence number in the book: earlier is better at one price.
    pub sequence: u64,
    /// Remaining size, BaseE8.
    pub size: u64,
    /// Margin account.
    pub margin: Key,
    /// Unix second after which it is void, 0 for never.
    pub expires_at: u32,
    /// Unix second at which it was placed.
    pub placed_at: u32,
    /// Order epoch of the margin account when it was placed; another one voids the order.
    pub epoch: u32,
    /// Order slot in the margin account.
    pub slot: u8,
    /// Bit 0: reduce-only.
    pub flags: u8,
    /// Reserved.
    pub reserved: [u8; 2],
}
layout!(Order, 72);

/// Bids and asks as sorted arrays; the best order lies last, so that filling it is cheap.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Book {
    /// Market.
    pub market: Key,
    /// Sequence number of the next order.
    pub next_sequence: u64,
    /// Slot of the last change.
    pub changed_slot: u64,
    /// Bids in use.
    pub bid_count: u32,
    /// Asks in use.
    pub ask_count: u32,
    /// Layout version.
    pub version: u8,
    /// Reserved.
    pub reserved: [u8; 71],
    /// Bids, best (highest, then earliest) last.
    pub bids: [Order; BOOK_SIDE],
    /// Asks, best (lowest, then earliest) last.
    pub asks: [Order; BOOK_SIDE],
}
layout!(Book, 32 + 16 + 8 + 72 + 2 * 512 * 72);
