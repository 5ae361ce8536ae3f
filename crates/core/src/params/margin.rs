//! Parameters of margin rules. Source: facts of the margin model, section 2; D4.

use bulwark_state::{FeedParams, MarginParams};

use super::rows::rows;
use super::{Class, within};
use crate::Result;

/// What a horizon must span beside the Stale age of its feed, seconds (D4): the first halt, the
/// Limit state before it, the ramp of the auction after it.
pub const HALTS: u32 = 300 + 15 + 60;

rows! {
    /// Of a margin rule: a market's margins or a bank's haircuts.
    MARGIN of MarginParams, bounds bounds, preset margin_preset_into;
    "margin.k": (.k), Thousandths, [9_000], 4_000..=16_000, 25, SevenDays,
        "standard deviations over the horizon";
    "margin.floor": (.floor_e9), RatioE9, [20_000_000, 30_000_000, 60_000_000, 20_000_000],
        5_000_000..=200_000_000, 25, SevenDays,
        "smallest maintenance ratio; half of it is the critical level";
    "margin.cap": (.cap_e9), RatioE9, [300_000_000, 400_000_000, 666_700_000, 666_700_000],
        10_000_000..=666_700_000, 25, SevenDays,
        "largest maintenance ratio, at least twice the floor; at it a market is reduce-only";
    "margin.initial_floor": (.initial_floor_e9), RatioE9, [0], 0..=1_000_000_000, 25, SevenDays,
        "smallest initial ratio; has no effect below floor × im_ratio";
    "margin.im_ratio": (.im_ratio), Thousandths, [1_500], 1_200..=2_500, 25, SevenDays,
        "initial over maintenance";
    "margin.gap_w": (.gap_w), Thousandths, [1_500], 0..=2_500, 25, SevenDays,
        "weight of the distance to the signed average";
    "margin.horizon": (.horizon), Seconds, [600], 435..=3_600, 25, SevenDays,
        "time that a margin must last; spans the protocol's own halts";
    "margin.ramp": (.ramp), OpenSeconds, [1_800], 600..=7_200, 25, SevenDays,
        "time in which applied maintenance walks to its target";
    "margin.calm": (.calm), Seconds, [1_800], 600..=7_200, 25, SevenDays,
        "time without a rise before a target loosens";
    "margin.loosen_tau": (.loosen_tau), Seconds, [18_000], 9_000..=72_000, 25, SevenDays,
        "time constant of loosening (18,000 s: 20 % an hour)";
}

/// Default parameters of a margin rule.
pub fn margin_preset(class: Class) -> MarginParams {
    let mut params = MarginParams::default();
    margin_preset_into(class, &mut params);
    params
}

/// Bounds, and a cap of at least twice the floor. [`crate::Error::ParameterOutOfBounds`].
pub fn check_margin(params: &MarginParams) -> Result<()> {
    within(bounds(params) && params.cap_e9 / 2 >= params.floor_e9)
}

/// [`check_margin`], and the horizon spans the protocol's own halts and the Stale age of the feed
/// that the rule follows (a40).
pub fn check_margin_on(params: &MarginParams, feed: &FeedParams) -> Result<()> {
    check_margin(params)?;
    within(params.horizon >= feed.age_stale.saturating_add(HALTS))
}
