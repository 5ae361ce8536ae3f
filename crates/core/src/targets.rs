//! Margin targets of a market or a bank's haircut, and the applied maintenance ratio (D4).
//! Source of the rule: a rational EWMA of committed samples, two speeds, a ramp in open seconds.

use bulwark_state::{BoardMarket, Feed, MarginParams, Targets};

use crate::feed::{covered_minutes, distance_e9, elapsed};
use crate::math::{isqrt_u64, mul_div_floor};
use crate::volatility::READ_MAX;
use crate::{Error, Result};

/// Longest horizon, seconds: the upper bound of `horizon`.
pub const HORIZON_MAX: u64 = 3_600;
/// Largest congestion factor, e9.
pub const FACTOR_MAX: u64 = 3 * E9;
/// Largest distance to the signed average that is told apart, e9: far above every cap.
const GAP_MAX: u64 = 1_000 * E9;
const E9: u64 = 1_000_000_000;

/// What a feed measured at its newest print: enough to move any target that follows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Variances per second of the fast, middle and slow tracker, e18, as last read.
    pub variance: [u64; 3],
    /// Distance of price and signed average, e9.
    pub gap: u64,
    /// Publish time, unix seconds.
    pub at: i64,
    /// Minutes with a print, the newest in bit 0 of word 0.
    pub minutes: [u64; 2],
}

impl Measure {
    /// Of a feed whose newest print was just sampled.
    pub fn of(feed: &Feed) -> Self {
        Self {
            variance: feed.variance_read,
            gap: distance_e9(feed.last.price, feed.last.ema).min(GAP_MAX),
            at: feed.last.publish_at,
            minutes: feed.minutes,
        }
    }
}

/// Applied maintenance ratio A at open-second clock `open`, e9: walks from where it stood to the
/// target in `ramp` open seconds, and never rises in the moment of an update (INV-MARGIN).
pub fn maintenance(targets: &Targets, open: u64) -> u64 {
    if targets.mm <= targets.m0 {
        return targets.mm;
    }
    let walked = open.saturating_sub(targets.m0_open);
    let ramp = u64::from(targets.params.ramp);
    if walked >= ramp {
        return targets.mm;
    }
    // walked < ramp < 2^32, so the quotient is below mm; a ratio below 2^32 makes it a short
    // product.
    let step = if targets.mm >> 32 == 0 && ramp != 0 {
        targets.mm.wrapping_mul(walked) / ramp
    } else {
        mul_div_floor(targets.mm, walked, ramp).unwrap_or(targets.mm)
    };
    targets.mm.min(targets.m0.saturating_add(step))
}

/// Initial ratio for new risk before size and concentration, e9, at most one.
pub fn initial(targets: &Targets) -> u64 {
    let ratio = u64::from(targets.params.im_ratio);
    let target = targets.im.max(targets.mm);
    let widest = if target >> 32 == 0 {
        // Two factors below 2^32.
        target.wrapping_mul(ratio).div_ceil(1_000)
    } else {
        u64::MAX
    };
    widest
        .max(u64::from(targets.params.initial_floor_e9))
        .min(1_000_000_000)
}

/// What of a trading limit is left while T_I is above its floor, e9: the initial ratio at rest over
/// the present one, at most one. It shrinks at once with a target that rises, and grows no faster
/// than the target loosens.
pub fn ease(targets: &Targets) -> u64 {
    let floor = u64::from(targets.params.floor_e9);
    let rest = initial(&Targets {
        im: floor,
        mm: floor,
        ..*targets
    });
    // Both are at most 1e9.
    let ratio = initial(targets).max(1);
    (rest.wrapping_mul(E9) / ratio).min(E9)
}

/// Whether T_I stands at its cap: the market then is reduce-only (D4).
pub fn at_cap(targets: &Targets) -> bool {
    targets.im >= u64::from(targets.params.cap_e9)
}

/// Moves both targets with a new measurement (D4, margin-model section 1). `factor_e9` is the
/// congestion factor g (1 to 3), which lengthens the horizon of T_I alone; `open` the open-second
/// clock of the market, or of the compartment for a bank.
///
/// Applied maintenance is the same before and after, or lower (INV-MARGIN). A measurement that is
/// not newer changes nothing. [`Error::BadValue`] for stored values outside their bounds.
pub fn update(targets: &mut Targets, measure: &Measure, factor_e9: u64, open: u64) -> Result<()> {
    if measure.at <= targets.seen_at {
        return Ok(());
    }
    let [fast, middle, slow] = measure.variance;
    let params = &targets.params;
    let held = middle.max(slow);
    let new_risk = raw(params, held.max(fast), factor_e9, measure.gap)?;
    let positions = raw(params, held, E9, measure.gap)?;
    let applied = maintenance(targets, open);
    let before = targets.mm;

    let (im, im_tight_at) = moved(targets, targets.im, targets.im_tight_at, new_risk, measure);
    let (mm, mm_tight_at) = moved(targets, before, targets.mm_tight_at, positions, measure);
    (targets.im, targets.im_tight_at) = (im, im_tight_at);
    (targets.mm, targets.mm_tight_at) = (mm, mm_tight_at);
    if mm != before {
        // Under an unmoved target the walk goes on as it is, with no rounding in between.
        targets.m0 = applied.min(mm);
        targets.m0_open = open;
    }
    targets.seen_at = measure.at;
    Ok(())
}

/// Gives a new rule its targets, out of the seeded variances, with nothing to walk.
/// [`Error::BadValue`] for values outside their bounds.
pub fn start(targets: &mut Targets, variance: u64, at: i64, open: u64) -> Result<()> {
    let target = raw(&targets.params, variance, E9, 0)?;
    targets.im = target;
    targets.mm = target;
    targets.m0 = target;
    targets.im_tight_at = at;
    targets.mm_tight_at = at;
    targets.m0_open = open;
    targets.seen_at = at;
    Ok(())
}

/// Puts checked parameters in force without raising applied maintenance (INV-NOFLIP): the targets
/// step into the new bounds, the walk starts anew from where it stands, and the next measurement
/// finds the new k.
pub fn set_params(targets: &mut Targets, params: MarginParams, open: u64) {
    let applied = maintenance(targets, open);
    let (floor, cap) = (u64::from(params.floor_e9), u64::from(params.cap_e9));
    targets.im = targets.im.clamp(floor, cap);
    targets.mm = targets.mm.clamp(floor, cap);
    targets.m0 = applied.min(targets.mm);
    targets.m0_open = open;
    targets.params = params;
}

/// Share of the way, e9, that a changed size curve has walked; whole where none was changed.
#[inline]
pub fn curve_walked(seat: &BoardMarket, open: u64) -> u64 {
    let walked = open.saturating_sub(seat.curve_open);
    let ramp = u64::from(seat.margin.params.ramp);
    if seat.depth_before == 0 || walked >= ramp {
        return E9;
    }
    // walked < ramp < 2^32.
    walked.wrapping_mul(E9) / ramp
}

/// Whether maintenance still walks to a changed size curve.
pub fn curve_walks(seat: &BoardMarket, open: u64) -> bool {
    curve_walked(seat, open) < E9
}

/// `clamp(max(⌊k·√(V·horizon·g)⌋ + 1, gap·gap_w), floor, cap)` in e9.
fn raw(params: &MarginParams, variance: u64, factor_e9: u64, gap: u64) -> Result<u64> {
    let horizon = u64::from(params.horizon);
    let (floor, cap) = (u64::from(params.floor_e9), u64::from(params.cap_e9));
    let bounded = variance <= READ_MAX && horizon <= HORIZON_MAX && factor_e9 <= FACTOR_MAX;
    if !bounded || floor > cap {
        return Err(Error::BadValue);
    }
    // At most 3,600 · 3e9, and then READ_MAX · 10,800 = 7.6e18.
    let horizon = horizon.wrapping_mul(factor_e9).div_ceil(E9);
    let deviation = isqrt_u64(variance.wrapping_mul(horizon));
    // Below 2^32 and below 2^40 each, times 32-bit factors.
    let wide = deviation.wrapping_mul(u64::from(params.k)) / 1_000;
    let gap = gap
        .min(GAP_MAX)
        .wrapping_mul(u64::from(params.gap_w))
        .div_ceil(1_000);
    Ok(wide.saturating_add(1).max(gap).clamp(floor, cap))
}

/// A target and the time of its last rise after a measurement asked for `asked`: it rises at once,
/// and falls after calm, slowly, if at least 80 % of the calm period's minutes had a print.
fn moved(targets: &Targets, at: u64, tight_at: i64, asked: u64, measure: &Measure) -> (u64, i64) {
    let params = &targets.params;
    if asked > at {
        return (asked, measure.at);
    }
    let calm = u64::from(params.calm);
    if asked == at || elapsed(measure.at, tight_at) <= calm || !is_witnessed(params, measure) {
        return (at.min(u64::from(params.cap_e9)), tight_at);
    }
    let tau = u64::from(params.loosen_tau);
    let weight = tau
        .saturating_add(elapsed(measure.at, targets.seen_at))
        .max(1);
    // A target is at most a 32-bit cap.
    let loosened = at.wrapping_mul(tau).div_ceil(weight);
    (loosened.max(asked).min(u64::from(params.cap_e9)), tight_at)
}

/// Whether at least 80 % of the minutes of a calm period had a print.
fn is_witnessed(params: &MarginParams, measure: &Measure) -> bool {
    let minutes = (params.calm / 60).clamp(1, 128);
    // Both sides are below 2^10.
    covered_minutes(&measure.minutes, minutes).wrapping_mul(5) >= minutes.wrapping_mul(4)
}
