use crate::common::layout;
use crate::{Bucket, End, Key, Wide};
use bytemuck::{Pod, Zeroable};

/// What trades changed of the quote bank's totals since the last fold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Deltas {
    /// Of X⁺.
    pub positive: i64,
    /// Of X⁻.
    pub negative: i64,
    /// Of F.
    pub fees: i64,
    /// Of the interest pot.
    pub interest_pot: i64,
    /// Of the live count.
    pub live: i64,
}
layout!(Deltas, 40);

/// Parameters of the price band, whose state lies in the Board ([`crate::Watch`]), and the record
/// of what tripped in a trade or a liquidation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Band {
    /// Reserved.
    pub reserved: [u64; 5],
    /// Sequence number of the latest trip of a breaker of this market in a trade or a liquidation,
    /// chained into Protocol by the next `check`.
    pub sequence: u64,
    /// Latest of them that was chained.
    pub chained: u64,
    /// Multiple of σ·√W, 1e-3.
    pub k: u32,
    /// Smallest half width, ppm.
    pub min_ppm: u32,
    /// Reserved.
    pub reserved0: u32,
    /// Reason code of the breaker's latest trip.
    pub reason: u32,
}
layout!(Band, 72);

/// Average funding premium since the last accrual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct FundingSampler {
    /// Σ premium (ppm) × open seconds.
    pub sum: i64,
    /// Open seconds in the sum.
    pub seconds: u64,
    /// Premium at the end of the previous slot, ppm.
    pub premium_ppm: i64,
    /// Slot it belongs to.
    pub slot: u64,
    /// Open-second clock of the last sample.
    pub open: u64,
    /// Notional a side that the impact price is taken at, UsdE6.
    pub impact_usd: u64,
    /// Largest premium, ppm.
    pub clamp_ppm: u32,
    /// Age from which an order counts, seconds.
    pub rested: u32,
}
layout!(FundingSampler, 56);

/// A limit that the guardian lowered at once, and until when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Lowered {
    /// Value that holds meanwhile.
    pub value: u64,
    /// Until here.
    pub until: End,
    /// Unix seconds of the latest two: at most two in 30 days.
    pub given_at: [i64; 2],
}
layout!(Lowered, 40);

/// A perpetual market.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Market {
    /// Compartment.
    pub compartment: Key,
    /// Book.
    pub book: Key,
    /// Σ of long bases, BaseE8.
    pub oi_long: u64,
    /// Σ of short bases, BaseE8. Equal to `oi_long` after every instruction.
    pub oi_short: u64,
    /// SQ_m: Σ of quote legs, UsdE6.
    pub quote_sum: i64,
    /// pot_m: funding and loss charges collected minus paid or allocated, UsdE6.
    pub pot: i64,
    /// Changes of the quote bank's totals, to be folded.
    pub deltas: Deltas,
    /// Fills so far.
    pub fill_sequence: u64,
    /// Events so far.
    pub event_sequence: u64,
    /// Largest open interest, BaseE8. 0 means closed.
    pub oi_cap: u64,
    /// Largest new notional per slot, UsdE6. 0 means closed.
    pub slot_notional_cap: u64,
    /// New notional of `slot`.
    pub slot_notional: u64,
    /// Slot of that counter.
    pub slot: u64,
    /// Size of price steps, PriceE8.
    pub tick: u64,
    /// Size of base steps, BaseE8.
    pub lot: u64,
    /// Smallest notional that rests, UsdE6.
    pub min_notional: u64,
    /// Maker fee, ppm of notional.
    pub maker_fee_ppm: u32,
    /// Taker fee, ppm of notional.
    pub taker_fee_ppm: u32,
    /// Liquidation fee, ppm of notional.
    pub liquidation_fee_ppm: u32,
    /// Largest distance of an order from the oracle, ppm.
    pub distance_ppm: u32,
    /// Largest leverage, 1e-3. 0 means closed.
    pub leverage_cap: u32,
    /// Largest share of a leg taken over per slot above the critical level, ppm.
    pub slot_share_ppm: u32,
    /// Largest liquidation premium, ppm.
    pub premium_cap_ppm: u32,
    /// Smallest premium, topped up by insurance, ppm.
    pub premium_min_ppm: u32,
    /// Open seconds over which the premium ramps.
    pub premium_ramp: u32,
    /// Factor of the premium (κ), ppm.
    pub premium_kappa_ppm: u32,
    /// Remaining notional that counts as dust, UsdE6.
    pub dust_notional: u64,
    /// Bucket of insurance draws of this market.
    pub draws: Bucket,
    /// Liquidated notional within the cascade window.
    pub cascade: Bucket,
    /// Lowered open-interest cap.
    pub lowered_oi: Lowered,
    /// Lowered notional cap.
    pub lowered_notional: Lowered,
    /// Lowered leverage cap.
    pub lowered_leverage: Lowered,
    /// Closed for new risk by the guardian until here.
    pub closed_until: End,
    /// Price band.
    pub band: Band,
    /// Funding sampler.
    pub funding: FundingSampler,
    /// Unix second at which Settling closes the market, 0 if not announced.
    pub settle_at: i64,
    /// Number of this market in its compartment.
    pub index: u8,
    /// Feed index.
    pub feed: u8,
    /// 1 open, 2 limit, 3 halted, 4 reduce-only, 5 settling, 6 settled.
    pub status: u8,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// 1 if Settling was announced because of a cap or a dead feed.
    pub settle_short: u8,
    /// Reserved.
    pub reserved0: [u8; 2],
    /// Unix second up to which a cascade of liquidations keeps new risk out.
    pub cascade_until: i64,
    /// Loss index of longs at the last `check` that found it sound.
    pub loss_long_seen: Wide,
    /// The same of shorts.
    pub loss_short_seen: Wide,
    /// Unix seconds of the latest two closings for new risk: at most two in 30 days.
    pub closed_at: [i64; 2],
    /// Reserved.
    pub reserved: [u8; 200],
}
layout!(
    Market,
    64 + 16 + 16 + 40 + 72 + 40 + 8 + 64 + 120 + 16 + 72 + 56 + 8 + 8 + 256
);
