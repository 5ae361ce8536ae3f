//! Parameters of feeds. Source: facts of the margin model, section 2; D5; D12 (ages).

use bulwark_state::FeedParams;

use super::rows::{of_class, rows};
use super::{Class, within};
use crate::Result;

rows! {
    /// Of a feed.
    FEED of FeedParams, bounds bounds, preset feed_preset_into;
    "feed.tau_fast": (.tau[0]), Seconds, [5_194], 1_298..=10_388, 25, SevenDays,
        "weight of the fast variance tracker (5,194 s: half-life of 1 h)";
    "feed.tau_middle": (.tau[1]), Seconds, [20_775], 5_194..=62_325, 25, SevenDays,
        "weight of the middle tracker (half-life of 4 h); longer than the fast one";
    "feed.tau_slow": (.tau[2]), Seconds, [872_541], 86_400..=3_740_000, 25, SevenDays,
        "weight of the slow tracker (half-life of 7 d); longer than the middle one";
    "feed.grid": (.grid), Seconds, [300], 60..=900, 25, SevenDays,
        "distance of committed samples";
    "feed.clamp": (.clamp_e9), RatioE9, [100_000_000], 30_000_000..=200_000_000, 25, SevenDays,
        "largest return that enters a variance";
    "feed.jump_floor": (.jump_floor_e9), RatioE9,
        [20_000_000, 20_000_000, 40_000_000, 5_000_000], 2_500_000..=100_000_000, 25, SevenDays,
        "j*: smallest 10 s or 60 s return that can be a jump";
    "feed.jump_k": (.jump_k), Thousandths, [6_000], 4_000..=16_000, 25, SevenDays,
        "k_J: multiple of σ·√Δ beyond which a return is a jump";
    "feed.conf_max": (.conf_max_ppm), Ppm, [10_000], 2_000..=50_000, 25, SevenDays,
        "confidence over price beyond which a leg is Uncertain";
    "feed.diverged": (.diverged_ppm), Ppm, [50_000], 10_000..=200_000, 25, SevenDays,
        "distance to the signed average or the second source beyond which a leg is Diverged";
    "feed.age_open": (.age_open), Seconds, [5], 2..=30, 25, SevenDays,
        "oldest print that may raise open interest";
    "feed.age_ok": (.age_ok), Seconds, [10], 5..=60, 25, SevenDays,
        "oldest print that is Ok";
    "feed.age_stale": (.age_stale), Seconds, [60], 20..=300, 25, SevenDays,
        "oldest print that is Stale; horizons of margin rules must span it";
    "feed.age_old": (.age_old), Seconds, [600], 120..=3_600, 25, SevenDays,
        "oldest print that is Old; beyond it the leg is Dead";
    "feed.age_pair": (.age_pair), Seconds, [15], 5..=60, 25, SevenDays,
        "ages of the last two prints within which a take-over uses the favourable one";
}

/// Annual volatility by class that a new feed's variances start from, e9.
pub const SEED_VOLATILITY: super::Row = super::Row {
    key: "feed.seed_volatility",
    unit: super::Unit::RatioE9,
    presets: [600_000_000, 1_000_000_000, 1_500_000_000, 30_000_000],
    min: 10_000_000,
    max: 5_000_000_000,
    step_ppm: 0,
    delay: super::Delay::SevenDays,
    about: "annual volatility that a new feed's variances start from; no change afterwards",
};

/// Annual volatility that a new feed of a class starts from, e9.
pub fn seed_volatility(class: Class) -> u64 {
    of_class(const { SEED_VOLATILITY.presets }, class)
}

/// Default parameters of a feed.
pub fn feed_preset(class: Class) -> FeedParams {
    let mut params = FeedParams::default();
    feed_preset_into(class, &mut params);
    params
}

/// Bounds, trackers rising, ages rising, the pair of prints within Stale.
/// [`crate::Error::ParameterOutOfBounds`].
pub fn check_feed(params: &FeedParams) -> Result<()> {
    let [fast, middle, slow] = params.tau;
    within(
        bounds(params)
            && fast < middle
            && middle < slow
            && params.age_open <= params.age_ok
            && params.age_ok < params.age_stale
            && params.age_stale < params.age_old
            && params.age_pair <= params.age_stale,
    )
}
