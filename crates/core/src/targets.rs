//! Margin targets of a market or a bank's haircut, and the applied maintenance ratio (D4).
//! Source of the rule: a rational EWMA of committed samples, two speeds, a ramp in open seconds.

use bulwark_state::Targets;

use crate::math::mul_div_floor;

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
    // walked < ramp, so the quotient is below mm and the product exists.
    let step = mul_div_floor(targets.mm, walked, ramp).unwrap_or(targets.mm);
    targets.mm.min(targets.m0.saturating_add(step))
}

/// Initial ratio for new risk before size and concentration, e9, at most one.
pub fn initial(targets: &Targets) -> u64 {
    let ratio = u64::from(targets.params.im_ratio);
    let widest = targets.im.max(targets.mm).saturating_mul(ratio).div_ceil(1_000);
    widest.max(u64::from(targets.params.initial_floor_e9)).min(1_000_000_000)
}
