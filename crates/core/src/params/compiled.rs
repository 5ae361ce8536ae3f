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

/// Figures that are compiled in, by subject.
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
    row(
        "gate.dead_favour",
        Unit::Seconds,
        crate::gate::DEAD_FAVOUR_UNTIL,
        "age at which the favour of a dead leg has faded to nothing",
    ),
    row(
        "health.size_cap",
        Unit::RatioE9,
        crate::health::SIZE_CAP_E9,
        "largest size add-on",
    ),
    row(
        "health.paused_requirement",
        Unit::Ppm,
        crate::health::PAUSED_REQUIREMENT_PPM as u64,
        "share of a requirement that liquidates while Paused",
    ),
    row(
        "funding.period",
        Unit::OpenSeconds,
        crate::funding::PERIOD,
        "time that a premium is paid over",
    ),
    row(
        "funding.gap",
        Unit::OpenSeconds,
        crate::funding::GAP_MAX,
        "most time between two samples that their premium counts for",
    ),
    row(
        "matching.least",
        Unit::RatioE9,
        crate::matching::LEAST_E9,
        "least share of its cap that a trading limit shrinks to as margins rise",
    ),
    row(
        "matching.notional_rise",
        Unit::RatioE9,
        crate::targets::FACTOR_MAX,
        "largest step up of the cap of new notional as congestion passes; margins let it grow by \
         their time constant alone",
    ),
    row(
        "matching.leverage_rise",
        Unit::RatioE9,
        crate::matching::LEVERAGE_RISE_E9,
        "largest step up of the cap of leverage as the coverage breaker ends; the same",
    ),
    row(
        "coverage.holds",
        Unit::Seconds,
        crate::staking::stress::PROOF,
        "length of the coverage breaker's latch, from the latest proof on",
    ),
    row(
        "matching.strict",
        Unit::Ppm,
        crate::matching::STRICT_PPM as u64,
        "what a receiver needs of the initial requirement outside Normal",
    ),
    row(
        "liquidation.unflag_gap",
        Unit::OpenSeconds,
        crate::liquidation::UNFLAG_GAP,
        "time between the two calls that unflag",
    ),
    row(
        "windup.min_fraction",
        Unit::Ppm,
        crate::windup::MIN_FRACTION_PPM as u64,
        "smallest fraction of an account wound up at once",
    ),
    row(
        "liquidation.cascade_ramp",
        Unit::Count,
        crate::liquidation::premium::CASCADE_RAMP,
        "what a cascade makes of the premium's ramp",
    ),
    row(
        "seize.kappa",
        Unit::Ppm,
        crate::liquidation::KAPPA_PPM as u64,
        "share of a maintenance haircut that a discount may be",
    ),
    row(
        "seize.ramp",
        Unit::OpenSeconds,
        crate::liquidation::RAMP_SECONDS,
        "time in which that discount rises",
    ),
    row(
        "loss.gain_minutes",
        Unit::Count,
        crate::loss::GAIN_MINUTES,
        "open minutes whose gain bears a loss",
    ),
    row(
        "breaker.band_window",
        Unit::Seconds,
        crate::breaker::band::WINDOW,
        "span of the price band's reference",
    ),
    row(
        "breaker.limit",
        Unit::Seconds,
        crate::breaker::band::LIMIT_SECONDS,
        "time outside of the band after which a market halts",
    ),
    row(
        "breaker.halt",
        Unit::Seconds,
        crate::breaker::band::HALT_SECONDS,
        "length of that halt",
    ),
    row(
        "breaker.after",
        Unit::Seconds,
        crate::breaker::band::AFTER_SECONDS,
        "time of the doubled band after a halt, and of reduce-only after a second trip",
    ),
    row(
        "breaker.memory",
        Unit::Seconds,
        crate::breaker::band::MEMORY_SECONDS,
        "time within which a trip is a second one",
    ),
    row(
        "breaker.oracle_halt",
        Unit::Seconds,
        crate::breaker::oracle::HALT_AFTER,
        "age beyond Dead at which a feed halts its markets",
    ),
    row(
        "breaker.depeg",
        Unit::Ppm,
        crate::breaker::depeg::DISTANCE_PPM as u64,
        "distance from the peg that counts, over ten minutes",
    ),
    row(
        "breaker.depeg_restricts",
        Unit::Seconds,
        crate::breaker::depeg::RESTRICTS,
        "what one sight of quote off its peg restricts for",
    ),
    row(
        "breaker.drawdown_no_new_risk",
        Unit::Ppm,
        crate::breaker::drawdown::LEVELS_PPM[0] as u64,
        "losses of a day over insurance from which new risk is closed",
    ),
    row(
        "breaker.drawdown_restricted",
        Unit::Ppm,
        crate::breaker::drawdown::LEVELS_PPM[1] as u64,
        "the same for Restricted",
    ),
    row(
        "breaker.drawdown_paused",
        Unit::Ppm,
        crate::breaker::drawdown::LEVELS_PPM[2] as u64,
        "the same for Paused, within automation's budget",
    ),
    row(
        "breaker.drawdown_base",
        Unit::UsdE6,
        crate::breaker::drawdown::LEAST_BASE,
        "what less insurance counts as",
    ),
    row(
        "breaker.drawdown_holds",
        Unit::Seconds,
        crate::breaker::drawdown::HOLDS,
        "length of each of these latches",
    ),
    row(
        "breaker.restart",
        Unit::Count,
        crate::breaker::restart::SLOTS,
        "slots after a restart in which new risk waits; grace: a third of it, times congestion (1 to 3)",
    ),
    row(
        "check.reward",
        Unit::UsdE6,
        crate::check::REWARD,
        "what the first latch of a broken bit pays at most",
    ),
    row(
        "check.reward_every",
        Unit::Seconds,
        crate::check::REWARD_EVERY,
        "a compartment rewards one latch in this time",
    ),
    row(
        "settlement.notice",
        Unit::Seconds,
        crate::settlement::NOTICE,
        "notice of a market's settlement that was decided",
    ),
    row(
        "settlement.short_notice",
        Unit::Seconds,
        crate::settlement::SHORT_NOTICE,
        "the same where its target is at the cap or its feed dead",
    ),
    row(
        "mode.grace",
        Unit::Seconds,
        crate::mode::GRACE.unsigned_abs(),
        "longest grace after a pause",
    ),
    row(
        "mode.grace_calm",
        Unit::Seconds,
        crate::mode::GRACE_LEAST,
        "the same without congestion; it is multiplied by the congestion factor",
    ),
    row(
        "mode.slot_time",
        Unit::Count,
        crate::mode::SLOT_MS as u64,
        "milliseconds a slot counts, but for the guardian's ends once it has set its own (200 to 400)",
    ),
    row(
        "mode.lone_restrict",
        Unit::Seconds,
        crate::mode::LONE_RESTRICT_MAX,
        "longest restriction by one guardian",
    ),
    row(
        "mode.revocation",
        Unit::Seconds,
        crate::mode::REVOCATION_MAX,
        "longest revocation of a capability",
    ),
    row(
        "guardian.tightening",
        Unit::Seconds,
        super::TIGHTENING,
        "what an instant power lasts",
    ),
    row(
        "listing.warm_up",
        Unit::Seconds,
        super::LISTING_WARM_UP as u64,
        "shortest warm-up from zero of what the guardian lists",
    ),
    row(
        "feed.agree",
        Unit::Ppm,
        crate::feed::AGREE_PPM as u64,
        "distance within which two sources agree",
    ),
    row(
        "feed.agree_for",
        Unit::Seconds,
        crate::feed::AGREE_FOR.unsigned_abs(),
        "time for which they must, watched every 300 s, before one takes the other's place",
    ),
    row(
        "outflow.min_hour",
        Unit::Ppm,
        crate::outflow::MIN_HOUR_PPM as u64,
        "smallest outflow of an hour, after every factor",
    ),
    row(
        "outflow.min_day",
        Unit::Ppm,
        crate::outflow::MIN_DAY_PPM as u64,
        "smallest outflow of a day, after every factor",
    ),
];
