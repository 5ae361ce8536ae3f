use crate::common::layout;
use crate::{Fading, Key, MAX_BANKS, MAX_COLLATERALS, MAX_ORDERS, MAX_POSITIONS, SignedWide, Wide};
use bytemuck::{Pod, Zeroable};

/// What an account holds of one token (for quote: beside its signed balance).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Collateral {
    /// Units held (c_ij). For quote unused: the signed balance is `MarginAccount::quote`.
    pub amount: u64,
    /// Units in tickets that wait.
    pub pending: u64,
    /// Residual claim at `residual_factor`, units.
    pub residual: u64,
    /// Factor σ_j at the last touch of the residual.
    pub residual_factor: Wide,
    /// Generation of that residual.
    pub residual_generation: u64,
    /// Own recent deposit, fading over 24 h.
    pub recent: Fading,
    /// Unix second of the last ticket in the small-exit lane.
    pub small_exit_at: i64,
    /// 1 if in use.
    pub active: u8,
    /// Bank index.
    pub bank: u8,
    /// Reserved.
    pub reserved: [u8; 6],
    /// Paid of that residual since, units.
    pub residual_paid: u64,
    /// Reserved.
    pub reserved1: [u8; 8],
}
layout!(Collateral, 96);

/// A position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Position {
    /// Base, signed, BaseE8: long above zero.
    pub base: i64,
    /// Quote leg, signed, UsdE6.
    pub quote: i64,
    /// Funding index at the last touch.
    pub funding: SignedWide,
    /// Loss index of the position's side at the last touch.
    pub loss: Wide,
    /// Slot of the last take-over.
    pub taken_slot: u64,
    /// Base taken over in that slot, BaseE8.
    pub taken_base: u64,
    /// Base before the first take-over of that slot, BaseE8.
    pub taken_from: u64,
    /// 1 if in use.
    pub active: u8,
    /// Market index.
    pub market: u8,
    /// Open orders in this market.
    pub orders: u8,
    /// Reserved.
    pub reserved: [u8; 21],
}
layout!(Position, 96);

/// An open order as its account knows it. `size` 0: free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct OrderSlot {
    /// Limit price, PriceE8.
    pub price: u64,
    /// Remaining size, BaseE8.
    pub size: u64,
    /// Client's own number.
    pub client_id: u32,
    /// Unix second after which it is void, 0 for never.
    pub expires_at: u32,
    /// Low 32 bits of the sequence number in the book.
    pub sequence: u32,
    /// Low 16 bits of the account's order epoch when it was placed.
    pub epoch: u16,
    /// Index into `positions`.
    pub position: u8,
    /// Bit 0: reduce-only. Bit 7: ask.
    pub flags: u8,
}
layout!(OrderSlot, 32);

/// What Recovery or an audit epoch computed for an account. Never read by anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Shadow {
    /// Recovery epoch of these figures.
    pub epoch: u32,
    /// Audit epoch of these figures.
    pub audit_epoch: u32,
    /// Final quote, signed.
    pub quote: i64,
    /// Senior claim.
    pub senior: u64,
    /// Junior claim.
    pub junior: u64,
    /// Paid of both.
    pub paid: u64,
    /// Units kept per collateral slot.
    pub kept: [u64; MAX_COLLATERALS],
    /// Units paid per collateral slot.
    pub kept_paid: [u64; MAX_COLLATERALS],
    /// Leaf number in the tree.
    pub leaf: u64,
    /// Slot of the mark.
    pub slot: u64,
    /// [`MarginAccount::changes`] at the latest mark of an audit.
    pub changes: u64,
    /// Reserved.
    pub reserved: [u64; 7],
}
layout!(Shadow, 8 + 32 + 128 + 16 + 64);

/// A margin account.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct MarginAccount {
    /// Compartment.
    pub compartment: Key,
    /// Owner.
    pub owner: Key,
    /// May trade within the band and reduce, never withdraw. Zero if none.
    pub delegate: Key,
    /// x_i: signed quote balance, raw (interest since the snapshot not booked), UsdE6.
    pub quote: i64,
    /// Interest index at the snapshot: debtors' if `quote` < 0, else lenders'.
    pub interest: Wide,
    /// Unix second since when `quote` has been below zero without a break, 0 if it isn't.
    pub debt_at: i64,
    /// Quote's tickets, residual and recent deposit.
    pub quote_claims: Collateral,
    /// Collateral tokens.
    pub collaterals: [Collateral; MAX_COLLATERALS],
    /// Positions.
    pub positions: [Position; MAX_POSITIONS],
    /// Open orders.
    pub orders: [OrderSlot; MAX_ORDERS],
    /// Profit realised lately, fading over 24 h.
    pub realised: Fading,
    /// 1 + open-second clock at which the account was flagged, 0 if it isn't.
    pub flagged_open: u64,
    /// 1 + open-second clock of the first of two calls of `unflag`, 0 if none.
    pub unflag_open: u64,
    /// Unix second at which it was flagged.
    pub flagged_at: i64,
    /// Number of the next ticket of this account.
    pub ticket_next: u64,
    /// Tickets that wait.
    pub ticket_count: u64,
    /// Events so far.
    pub event_sequence: u64,
    /// Shadow of Recovery and audit.
    pub shadow: Shadow,
    /// Order epoch: raised by one, it voids every order placed before.
    pub order_epoch: u32,
    /// Number of the account for its owner.
    pub index: u16,
    /// 1 if the account counts in the live count.
    pub live: u8,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Stage that `note_stage` found last: 1 Healthy, 2 ReduceOnly, 3 Warned, 4 Liquidatable,
    /// 5 Bankrupt; 0 before anyone looked. For people: nothing on chain decides by it.
    pub stage_noted: u8,
    /// Reserved.
    pub reserved0: [u8; 6],
    /// Unix second through which the delegate may act, `i64::MAX` for good. Since version 2: in an
    /// account of version 1 the delegate may act for good whatever stands here.
    pub delegate_until: i64,
    /// Coins of the quote pot paid in Recovery, per component (quote first, then banks by index).
    pub pot_paid: [u64; MAX_BANKS],
    /// Times that balances or positions have changed, wrapping: an audit tells by it who has moved.
    pub changes: u64,
    /// Who has bought the account's claims, zero if nobody: paid instead of the owner.
    pub assignee: Key,
    /// Reserved.
    pub reserved: [u8; 72],
}
layout!(
    MarginAccount,
    96 + 8 + 16 + 8 + 9 * 96 + 8 * 96 + 32 * 32 + 16 + 48 + 248 + 8 + 256
);
