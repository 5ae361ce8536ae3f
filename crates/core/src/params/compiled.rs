//! Figures of the definitions that no one can change: compiled in, listed beside the parameters.

use super::Unit;

/// A compiled figure.
#[derive(Clone, Copy, Debug)]
pub struct Compiled {
    /// Name.
    pub key: &'static str,
    /// Unit.
    pub unit: Unit,
    /// Value.
    pub value: u64,
    /// What it is.
    pub about: &'static str,
}

const fn row(key: &'static str, unit: Unit, value: u64, about: &'static str) -> Compiled {
    Compiled {
        key,
        unit,
        value,
        about,
    }
}

/// Figures of feeds, targets and congestion that are compiled in.
pub const COMPILED: &[Compiled] = &[
    row(
        "slow.rate",
        Unit::Ppm,
        crate::feed::SLOW_PPM as u64,
        "what the slow price follows in a second",
    ),
    row(
        "slow.gap",
        Unit::Seconds,
        crate::feed::SLOW_GAP_MAX,
        "longest gap between prints that it makes up for",
    ),
    row(
        "feed.future",
        Unit::Seconds,
        crate::feed::FUTURE_TOLERANCE.unsigned_abs(),
        "how far a publish time may lie ahead",
    ),
    row(
        "jump.short",
        Unit::Seconds,
        crate::feed::SPANS[0],
        "shorter span of the jump test",
    ),
    row(
        "jump.long",
        Unit::Seconds,
        crate::feed::SPANS[1],
        "longer span of the jump test",
    ),
    row(
        "jump.confirm_seconds",
        Unit::Seconds,
        crate::feed::CONFIRM_SECONDS,
        "distance of a confirming print in publish time",
    ),
    row(
        "jump.confirm_slots",
        Unit::Count,
        crate::feed::CONFIRM_SLOTS,
        "its distance in slots",
    ),
    row(
        "jump.wait_seconds",
        Unit::Seconds,
        crate::feed::WAIT_SECONDS,
        "longest wait for confirmation",
    ),
    row(
        "jump.wait_slots",
        Unit::Count,
        crate::feed::WAIT_SLOTS,
        "the same in slots; both must have passed",
    ),
    row(
        "feed.print_distance",
        Unit::Seconds,
        crate::feed::PRINT_DISTANCE,
        "distance of the prints kept for the jump test",
    ),
    row(
        "margin.witness",
        Unit::Ppm,
        800_000,
        "share of a calm period's minutes that must have had a print",
    ),
    row(
        "margin.halts",
        Unit::Seconds,
        super::margin::HALTS as u64,
        "what a horizon spans beside the Stale age: halt, Limit state, auction ramp",
    ),
    row(
        "congestion.factor",
        Unit::RatioE9,
        crate::targets::FACTOR_MAX,
        "largest congestion factor; the smallest is one",
    ),
    row(
        "congestion.window",
        Unit::Seconds,
        crate::congestion::WINDOW,
        "shortest window that slot time is measured over",
    ),
    row(
        "congestion.gap_tau",
        Unit::Seconds,
        crate::congestion::GAP_TAU,
        "weight of the average gap between prints",
    ),
    row(
        "congestion.base_tau",
        Unit::Seconds,
        crate::congestion::BASE_TAU,
        "weight of both baselines (half-life of 7 d)",
    ),
    row(
        "listing.price",
        Unit::PriceE8,
        super::market::LISTING_PRICE_MIN,
        "smallest price that a feed lists with",
    ),
];
