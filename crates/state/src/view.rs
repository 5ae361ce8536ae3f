//! What the read-only instructions return, byte for byte: a client decodes return data as these
//! structs, and what it computes itself with `bulwark-core` has the same bytes.
//!
//! The first byte is the layout's version. Fields that aren't in use are zero.

use crate::common::layout;
use crate::{MAX_COLLATERALS, MAX_POSITIONS};
use bytemuck::{Pod, Zeroable};

/// Version of the views' layouts.
pub const VIEW_VERSION: u8 = 1;

/// [`HealthView::flags`]: below the critical level: no ramp, grace or cap per slot holds.
pub const VIEW_CRITICAL: u8 = 1;
/// [`HealthView::flags`]: the liquidation clock runs.
pub const VIEW_FLAGGED: u8 = 1 << 1;
/// [`HealthView::flags`]: may be taken over now, by the price that decides it (the favourable one
/// of the last two prints, D5). Grace may still hold it.
pub const VIEW_LIQUIDATABLE: u8 = 1 << 2;
/// [`HealthView::flags`], [`MarginNotice::flags`]: measured as in mode Paused.
pub const VIEW_PAUSED: u8 = 1 << 3;
/// [`HealthView::flags`]: no position, order or debt: leaves without any check of health.
pub const VIEW_PLAIN: u8 = 1 << 4;

/// A position as health counts it. Money in UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct LegView {
    /// 1 if there is one in this slot.
    pub active: u8,
    /// Market index.
    pub market: u8,
    /// Price of the leg: 0 ok, 1 uncertain, 2 unconfirmed, 3 stale, 4 old, 5 diverged, 6 dead.
    pub severity: u8,
    /// Reserved.
    pub reserved: [u8; 5],
    /// Base, signed, BaseE8.
    pub base: i64,
    /// Newest accepted price, PriceE8.
    pub mark: u64,
    /// Price that it counts at for new risk: the worst of spot, slow price and average with the
    /// confidence against it, PriceE8.
    pub worst: u64,
    /// U_I: what it adds to the value at Initial (of a profit a part).
    pub initial_value: i64,
    /// What it adds to the requirement at Initial, open orders included.
    pub initial_requirement: u64,
    /// What it adds to the value at Maintenance.
    pub maintenance_value: i64,
    /// What it adds to the requirement at Maintenance, before what a pause spares.
    pub maintenance_requirement: u64,
}
layout!(LegView, 64);

/// Collateral as health counts it. Values in UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct CollateralView {
    /// 1 if there is one in this slot.
    pub active: u8,
    /// Bank index.
    pub bank: u8,
    /// Price of the token, as for a leg.
    pub severity: u8,
    /// Reserved.
    pub reserved: [u8; 5],
    /// Units held, without those in tickets that wait.
    pub amount: u64,
    /// What it adds to the value at Initial.
    pub initial_value: i64,
    /// What it adds to the value at Maintenance, waiting tickets included.
    pub maintenance_value: i64,
}
layout!(CollateralView, 32);

/// Health of an account at one moment. Money in UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct HealthView {
    /// [`VIEW_VERSION`].
    pub version: u8,
    /// 1 healthy, 2 reduce-only, 3 warned, 4 liquidatable, 5 bankrupt.
    pub stage: u8,
    /// `VIEW_…` bits.
    pub flags: u8,
    /// Reserved.
    pub reserved: [u8; 5],
    /// Unix second that it was computed for.
    pub unix: i64,
    /// Slot that it was computed for.
    pub slot: u64,
    /// Quote balance with the interest due.
    pub quote: i64,
    /// Quote in tickets that wait: counts below Initial.
    pub quote_pending: u64,
    /// Val_I. New risk wants at least the requirement.
    pub initial_value: i64,
    /// Req_I.
    pub initial_requirement: u64,
    /// Val_E.
    pub end_value: i64,
    /// Req_E: a liquidation stops here.
    pub end_requirement: u64,
    /// Val_M.
    pub maintenance_value: i64,
    /// Req_M: a liquidation starts below.
    pub maintenance_requirement: u64,
    /// Σ hf·N: the critical level.
    pub critical: u64,
    /// Value without haircut and confidence: bankrupt below zero.
    pub raw_value: i64,
    /// Positions, by slot of the account.
    pub legs: [LegView; MAX_POSITIONS],
    /// Collateral, by slot of the account.
    pub collaterals: [CollateralView; MAX_COLLATERALS],
}
layout!(HealthView, 8 + 16 + 16 + 64 + 8 * 64 + 8 * 32);

/// Prices of a market at which the account would be liquidatable, all other prices as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct LegNotice {
    /// 1 if there is a position in this slot.
    pub active: u8,
    /// Market index.
    pub market: u8,
    /// Reserved.
    pub reserved: [u8; 6],
    /// Newest accepted price, PriceE8.
    pub mark: u64,
    /// Price at today's thresholds, PriceE8, to a millionth; 0 for none (below a long, up to ten
    /// times the price above a short), the mark itself where it is reached.
    pub price_now: u64,
    /// The same once all thresholds have risen to their targets.
    pub price_then: u64,
}
layout!(LegNotice, 32);

/// Margin notice: what the thresholds that rise now will do to an account at today's prices. A
/// later print may move the targets; thresholds never rise faster than told by the targets of now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct MarginNotice {
    /// [`VIEW_VERSION`].
    pub version: u8,
    /// 0 the account isn't reached, 1 it is in `after_open` seconds, 2 it is liquidatable now.
    pub reached: u8,
    /// `VIEW_…` bits.
    pub flags: u8,
    /// Reserved.
    pub reserved: [u8; 5],
    /// Unix second that it was computed for.
    pub unix: i64,
    /// Slot that it was computed for.
    pub slot: u64,
    /// Open seconds until the account is liquidatable; `u64::MAX` if it isn't reached.
    pub after_open: u64,
    /// Unix second of that if trading stays open, 0 if it isn't reached.
    pub reached_at: i64,
    /// Open seconds until every threshold of the account stands at its target.
    pub rising_open: u64,
    /// H_M now, UsdE6.
    pub surplus_now: i64,
    /// H_M then, UsdE6.
    pub surplus_then: i64,
    /// Positions, by slot of the account.
    pub legs: [LegNotice; MAX_POSITIONS],
}
layout!(MarginNotice, 8 + 16 + 24 + 16 + 8 * 32);
