use crate::common::layout;
use crate::{
    COLLATERAL_KINDS, CollateralLimits, Key, MAX_BANKS, MAX_FEEDS, MAX_MARKETS, OpenClock, Pegs,
    SignedWide, Wide,
};
use bytemuck::{Pod, Zeroable};

/// One-minute closes kept per feed (D9's median) and minutes kept per market (D8's gain).
pub const CLOSES: usize = 30;
/// Accepted prints kept for the 10 s and 60 s returns.
pub const PRINTS: usize = 8;
/// Entries of a market's ring of open minutes.
pub const MINUTES: usize = 32;
/// Samples of slot against clock.
pub const CLOCK_SAMPLES: usize = 16;

/// Where a price comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct OracleSource {
    /// Pyth feed id (kinds 1 and 2) or the price account's own key (kinds 3 and 4).
    pub id: Key,
    /// 0 none, 1 classic receiver, 2 pro receiver, 3 legacy push mainnet, 4 legacy push devnet.
    pub kind: u8,
    /// Reserved.
    pub reserved: [u8; 7],
}
layout!(OracleSource, 40);

/// One accepted price. All zero: none yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Print {
    /// Price, PriceE8.
    pub price: u64,
    /// Confidence, PriceE8, rounded up.
    pub conf: u64,
    /// Signed exponential average of the price, PriceE8.
    pub ema: u64,
    /// Publish time, unix seconds.
    pub publish_at: i64,
    /// Slot in which it was accepted.
    pub slot: u64,
    /// Unix second (cluster clock) at which it was accepted.
    pub seen_at: i64,
}
layout!(Print, 48);

/// A price with its publish time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Mark {
    /// Price, PriceE8.
    pub price: u64,
    /// Publish time, unix seconds.
    pub at: i64,
}
layout!(Mark, 16);

/// Bounded parameters of a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct FeedParams {
    /// Weights of the three variance trackers, seconds, rising.
    pub tau: [u32; 3],
    /// Seconds between committed samples.
    pub grid: u32,
    /// Largest return that enters a variance, e9.
    pub clamp_e9: u32,
    /// Smallest 10 s or 60 s return that can be a jump, e9.
    pub jump_floor_e9: u32,
    /// Multiple of σ·√Δ that is a jump, 1e-3.
    pub jump_k: u32,
    /// Confidence over price beyond which a leg is Uncertain, ppm.
    pub conf_max_ppm: u32,
    /// Distance to the EMA or the second source beyond which a leg is Diverged, ppm.
    pub diverged_ppm: u32,
    /// Oldest print that may raise open interest, seconds.
    pub age_open: u32,
    /// Oldest print that is Ok, seconds.
    pub age_ok: u32,
    /// Oldest print that is Stale, seconds.
    pub age_stale: u32,
    /// Oldest print that is Old, seconds; beyond it the leg is Dead.
    pub age_old: u32,
    /// Ages of the last two prints within which a take-over uses the favourable one, seconds.
    pub age_pair: u32,
    /// Reserved.
    pub reserved: [u32; 6],
}
layout!(FeedParams, 80);

/// A price feed: configuration, prints and volatility state.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Feed {
    /// First source.
    pub source: OracleSource,
    /// Optional second source, only ever compared with the first.
    pub second: OracleSource,
    /// Parameters.
    pub params: FeedParams,
    /// Newest accepted print.
    pub last: Print,
    /// The accepted print before it.
    pub previous: Print,
    /// A jump that waits for confirmation; price 0 if none.
    pub pending: Print,
    /// Newest print of the second source.
    pub second_last: Print,
    /// The last print before the compartment last closed.
    pub pre_closing: Print,
    /// Unix second of the closing that `pre_closing` belongs to.
    pub pre_closing_at: i64,
    /// Slow price: follows at 20 ppm a second.
    pub slow: u64,
    /// Last committed sample.
    pub sample: Mark,
    /// Newest publish time that was read against the sample.
    pub sample_seen_at: i64,
    /// Variances per second, e18, of the three trackers as of the last committed sample.
    pub variance: [u64; 3],
    /// Variances as last read (with the newest print, provisionally).
    pub variance_read: [u64; 3],
    /// Ring of one-minute closes; minute n lies at n modulo the ring's length.
    pub closes: [Mark; CLOSES],
    /// Ring of accepted prints at least 8 s apart, the newest before `print_next`.
    pub prints: [Mark; PRINTS],
    /// Minutes with a print, bit 0 of word 0 is `minute_newest`.
    pub minutes: [u64; 2],
    /// Newest minute of the bitmap, unix minutes.
    pub minute_newest: i64,
    /// Unix second (cluster clock) at which the jump that waits was first seen.
    pub pending_from_at: i64,
    /// Slot in which it was first seen.
    pub pending_from_slot: u64,
    /// Place of the next entry in `prints`.
    pub print_next: u8,
    /// 1 if in use.
    pub active: u8,
    /// 0, 3, 6 or 9: prices and sizes are per `10^unit_exp` tokens.
    pub unit_exp: u8,
    /// 1 if a committing print earns a reward.
    pub thin: u8,
    /// Reserved.
    pub reserved0: [u8; 4],
    /// Price stored when Recovery was announced, PriceE8; 0 if none. Until the freeze health takes
    /// the worse of it and the live price (D9).
    pub announced: u64,
    /// Unix second since when the second source has agreed with the first, 0 if it doesn't.
    pub agree_from: i64,
    /// Unix second at which they were last compared.
    pub agree_at: i64,
    /// Reserved.
    pub reserved: [u8; 72],
}
layout!(
    Feed,
    80 + 80 + 5 * 48 + 8 + 8 + 16 + 8 + 24 + 24 + 480 + 128 + 16 + 8 + 16 + 104
);

/// Bounded parameters of a margin rule (a market's margins or a bank's haircuts).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct MarginParams {
    /// Standard deviations over the horizon, 1e-3.
    pub k: u32,
    /// Smallest maintenance ratio, e9.
    pub floor_e9: u32,
    /// Largest maintenance ratio, e9.
    pub cap_e9: u32,
    /// Smallest initial ratio, e9; below `im_ratio × floor` it has no effect.
    pub initial_floor_e9: u32,
    /// Initial over maintenance, 1e-3.
    pub im_ratio: u32,
    /// Weight of the distance to the signed EMA, 1e-3.
    pub gap_w: u32,
    /// Horizon, seconds.
    pub horizon: u32,
    /// Open seconds in which applied maintenance walks to its target.
    pub ramp: u32,
    /// Seconds of calm before a target loosens.
    pub calm: u32,
    /// Time constant of loosening, seconds.
    pub loosen_tau: u32,
    /// Reserved.
    pub reserved: [u32; 6],
}
layout!(MarginParams, 64);

/// Margin targets and the applied maintenance ratio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Targets {
    /// Parameters.
    pub params: MarginParams,
    /// T_I: maintenance-scale target for new risk, e9.
    pub im: u64,
    /// Publish time at which `im` last rose.
    pub im_tight_at: i64,
    /// T_M: target for open positions, e9.
    pub mm: u64,
    /// Publish time at which `mm` last rose.
    pub mm_tight_at: i64,
    /// Applied maintenance as of `m0_open`, e9.
    pub m0: u64,
    /// Open-second clock at `m0`.
    pub m0_open: u64,
    /// Newest publish time that entered the targets.
    pub seen_at: i64,
    /// Reserved.
    pub reserved: u64,
}
layout!(Targets, 128);

/// What health needs to know of a bank.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct BoardBank {
    /// Haircut targets: weight for new risk 1 − initial, for maintenance 1 − applied.
    pub haircut: Targets,
    /// Coverage of the last refresh or check, e9.
    pub coverage_e9: u64,
    /// Price above which a unit is never valued, PriceE8; 0 for none (stablecoins: 1.0).
    pub price_cap: u64,
    /// Unix second at which the warm-up from zero began.
    pub warm_from: i64,
    /// Unix second at which it ends.
    pub warm_until: i64,
    /// Open-second clock at which closing began.
    pub closing_open: u64,
    /// Open seconds over which a closing bank's weight falls to zero.
    pub closing_ramp: u64,
    /// 10^decimals of the mint, scaled by the feed's unit: divides amount × price to UsdE6 × 100.
    pub unit: u64,
    /// Feed index.
    pub feed: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    /// 0 none, 1 active, 2 no new risk, 3 closing.
    pub status: u8,
    /// Origin class: 1 native, 2 stable, 3 liquid-stake, 4 bridged.
    pub origin: u8,
    /// Group of correlated collateral.
    pub group: u8,
    /// Feed of what a bridged token stands for; nothing for others.
    pub native_feed: u8,
    /// Reserved.
    pub reserved0: [u8; 2],
    /// Closed for new risk by the guardian until here, as in the bank.
    pub no_new_risk_until: crate::End,
    /// Reserved.
    pub reserved: [u8; 48],
}
layout!(BoardBank, 128 + 56 + 72);

/// One open minute of a market: what D8 measures a recent gain with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Minute {
    /// Open-second clock divided by 60, plus 1; 0 if empty.
    pub open_minute: u64,
    /// Price, PriceE8.
    pub price: u64,
    /// Loss index of longs.
    pub loss_long: Wide,
    /// Loss index of shorts.
    pub loss_short: Wide,
}
layout!(Minute, 48);

/// Where the breakers of a market stand: moved on by every refresh of its feed, read by whoever
/// trades. All zero: nothing has tripped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Watch {
    /// Median close of the five minutes before the print that last lay outside of the smallest
    /// band, PriceE8.
    pub reference: u64,
    /// Half width of the band around it, PriceE8.
    pub width: u64,
    /// Unix second at which the price left the band; 0 while it is inside.
    pub limit_at: i64,
    /// Unix second at which the latest halt ended, or ends without fresh prints.
    pub halted_until: i64,
    /// The band is doubled until here.
    pub doubled_until: i64,
    /// Reduce-only until here.
    pub reduce_until: i64,
    /// Sequence number of the latest trip that a refresh has found, chained into Protocol by the
    /// next `check`.
    pub sequence: u64,
    /// Latest of them that was chained.
    pub chained: u64,
    /// Unix second of the latest trip.
    pub tripped_at: i64,
    /// Copy of the market's `band.k`, 1e-3.
    pub k: u32,
    /// Copy of the market's `band.min_ppm`.
    pub min_ppm: u32,
    /// Reason code of the latest trip.
    pub reason: u32,
    /// 1 once what follows the limit state has been counted as a trip.
    pub noted: u8,
    /// 1 while the sources of the feed differ.
    pub diverged: u8,
    /// Reserved.
    pub reserved: [u8; 2],
}
layout!(Watch, 88);

/// What health needs to know of a market.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct BoardMarket {
    /// Margin targets.
    pub margin: Targets,
    /// Cumulative funding per unit of base, quote_e6 per base_e8 × 2^64; longs pay a rise.
    pub funding: SignedWide,
    /// Cumulative socialised loss of longs, quote_e6 per base_e8 × 2^64. Only grows.
    pub loss_long: Wide,
    /// Cumulative socialised loss of shorts.
    pub loss_short: Wide,
    /// Ring of open minutes; minute n lies at n modulo the ring's length.
    pub minutes: [Minute; MINUTES],
    /// Copy of open interest (longs) at the last refresh, BaseE8.
    pub open_interest: u64,
    /// Seconds closed by a halt of this market alone.
    pub clock: OpenClock,
    /// Size that the market takes without add-on, UsdE6.
    pub depth_usd: u64,
    /// Add-on per multiple of that depth, e9.
    pub size_slope_e9: u64,
    /// Concentration add-on of the market, Initial only, e9.
    pub concentration_e9: u64,
    /// Open-second clock of the last funding accrual.
    pub funding_open: u64,
    /// Feed index.
    pub feed: u8,
    /// 0 none, 1 open, 2 limit, 3 halted, 4 reduce-only, 5 settling, 6 settled.
    pub status: u8,
    /// Reserved.
    pub reserved0: [u8; 2],
    /// Largest fee of closing, ppm: part of the requirement for new risk.
    pub close_fee_ppm: u32,
    /// Price at which a settled market closed, PriceE8.
    pub settle_price: u64,
    /// Breakers.
    pub watch: Watch,
    /// Depth of the size curve before the latest change, UsdE6; 0 if there was none. Maintenance
    /// walks from the old curve to the new one in the margins' ramp.
    pub depth_before: u64,
    /// Slope of that curve, e9.
    pub size_slope_before_e9: u64,
    /// Open-second clock of the change.
    pub curve_open: u64,
    /// Unix second at which the warm-up from zero began.
    pub warm_from: i64,
    /// Unix second at which it ends: until then new risk is bounded in proportion.
    pub warm_until: i64,
    /// Open-second clock of the last charge of premium.
    pub premium_open: u64,
    /// Reserved.
    pub reserved: [u8; 32],
}
layout!(
    BoardMarket,
    128 + 48 + 32 * 48 + 8 + 24 + 32 + 8 + 8 + 88 + 40 + 40
);

/// Slot against clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct ClockSample {
    /// Slot.
    pub slot: u64,
    /// Unix second.
    pub at: i64,
}
layout!(ClockSample, 16);

/// Congestion: how slow slots and prices are against their own baselines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Congestion {
    /// Ring of samples at least 4 s apart.
    pub samples: [ClockSample; CLOCK_SAMPLES],
    /// Slow baseline of a slot, microseconds.
    pub slot_base_us: u64,
    /// Average seconds between accepted prints over all feeds, milliseconds.
    pub gap_ms: u64,
    /// Slow baseline of that gap, milliseconds.
    pub gap_base_ms: u64,
    /// Factor g of the last refresh, e9 (1 to 3).
    pub factor_e9: u64,
    /// Place of the next sample.
    pub next: u64,
    /// Unix second of the last accepted print of any feed.
    pub print_at: i64,
    /// Remainder of `slot_base_us`: what was too little to move it, microseconds × seconds.
    pub slot_rest: i64,
    /// Remainder of `gap_base_ms`, milliseconds × seconds.
    pub gap_rest: i64,
    /// Reserved.
    pub reserved: [u64; 2],
}
layout!(Congestion, 256 + 48 + 32);

/// Coverage breaker: what of leverage caps is left while insurance is below the stressed shortfall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Cover {
    /// Share of every leverage cap that is left until `until`, e9.
    pub ease_e9: u64,
    /// Unix second at which it ends.
    pub until: i64,
    /// Trips so far.
    pub sequence: u64,
    /// Latest of them that a `check` has chained.
    pub chained: u64,
}
layout!(Cover, 32);

/// The one place of prices. Only `refresh` reads oracles into it; health is Board + margin account.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Board {
    /// Compartment.
    pub compartment: Key,
    /// Number of refreshes so far.
    pub sequence: u64,
    /// Slot of the last refresh.
    pub refresh_slot: u64,
    /// Unix second of the last refresh; never goes back.
    pub refresh_at: i64,
    /// Seconds closed by a pause, copied from the compartment at each refresh.
    pub clock: OpenClock,
    /// Lenders' interest index of quote, 2^64 per unit of quote.
    pub lend_index: Wide,
    /// Debtors' interest index of quote, 2^64 per unit of quote.
    pub debt_index: Wide,
    /// Feeds in use.
    pub feed_count: u8,
    /// Banks in use.
    pub bank_count: u8,
    /// Markets in use.
    pub market_count: u8,
    /// Layout version.
    pub version: u8,
    /// Share of unrealised profit credited at Initial (ψ), ppm.
    pub profit_credit_ppm: u32,
    /// 1 once frozen by Recovery.
    pub locked: u8,
    /// Reserved.
    pub reserved0: [u8; 1],
    /// Bit n: `limits[n]` bounds something.
    pub limited: u16,
    /// Reserved.
    pub reserved1: [u8; 4],
    /// Congestion clock.
    pub congestion: Congestion,
    /// Feeds.
    pub feeds: [Feed; MAX_FEEDS],
    /// Banks.
    pub banks: [BoardBank; MAX_BANKS],
    /// Markets.
    pub markets: [BoardMarket; MAX_MARKETS],
    /// Lenders' interest index at the last `check` that found it sound.
    pub lend_seen: Wide,
    /// The same of debtors.
    pub debt_seen: Wide,
    /// Pegs of quote and of bridged tokens.
    pub pegs: Pegs,
    /// Limits of the four origin classes, then of the eight groups.
    pub limits: [CollateralLimits; COLLATERAL_KINDS],
    /// Coverage breaker.
    pub cover: Cover,
    /// Reserved.
    pub reserved: [u8; 96],
}
layout!(
    Board,
    32 + 24 + 24 + 32 + 16 + 336 + 32 * 1240 + 16 * 256 + 32 * 1960 + 32 + 64 + 12 * 24 + 128
);
