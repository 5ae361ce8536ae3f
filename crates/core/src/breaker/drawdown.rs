//! Drawdown: what insurance has paid and what was charged to gaining sides within a day, against
//! insurance as it stood before. Realised losses alone count, and nothing that flows in or out
//! (a30), so that to reach Paused costs at least all of insurance (a31).
//!
//! The sum fades over 24 h; for [`HOLDS`] after the latest loss it counts whole, so that it doesn't
//! matter when somebody looks. [`latch`] is `check`'s; every latch ends by itself.

use bulwark_state::{Compartment, Insurance};

use super::Breaker;
use crate::error::{Error, Result};
use crate::ledger::{DAY, fading_left};
use crate::math::ppm_mul_floor;
use crate::mode::{self, Act, By, SLOT_MS, end_after, running};
use crate::time::Now;

/// Shares of insurance from which the three levels stand, ppm.
pub const LEVELS_PPM: [u32; 3] = [250_000, 500_000, 1_000_000];
/// Insurance below this counts as this, UsdE6 ($1,000): else a venue without insurance would be
/// paused by a loss of one unit.
pub const LEAST_BASE: u64 = 1_000_000_000;
/// How long a latch lasts, seconds (6 h): renewed by a later look while the level stands.
pub const HOLDS: u64 = 21_600;

/// How deep the drawdown is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Below the first share.
    Calm,
    /// No new risk.
    NoNewRisk,
    /// Restricted.
    Restricted,
    /// Paused within automation's budget, then Restricted.
    Paused,
}

/// The level now.
///
/// # Errors
/// [`Error::Overflow`].
pub fn level(insurance: &Insurance, now: Now) -> Result<Level> {
    let drawdown = &insurance.drawdown;
    let since = now.unix.saturating_sub(drawdown.at).max(0).unsigned_abs();
    let lost = if since < HOLDS {
        drawdown.amount
    } else {
        fading_left(drawdown, now, DAY)?
    };
    let base = insurance.drawdown_base.max(LEAST_BASE);
    let mut level = Level::Calm;
    let deeper = [Level::NoNewRisk, Level::Restricted, Level::Paused];
    for (ppm, deep) in LEVELS_PPM.into_iter().zip(deeper) {
        if lost >= ppm_mul_floor(base, ppm).ok_or(Error::Overflow)? {
            level = deep;
        }
    }
    Ok(level)
}

/// Closes new risk, restricts or pauses a compartment as deep as the drawdown is. Says whether that
/// changed anything: a latch is renewed in its second half at the earliest.
///
/// # Errors
/// [`Error::Overflow`].
pub fn latch(compartment: &mut Compartment, insurance: &Insurance, now: Now) -> Result<bool> {
    let level = level(insurance, now)?;
    let act = Act {
        seconds: HOLDS,
        reason: Breaker::Drawdown.reason(),
        slot_ms: SLOT_MS,
    };
    let soon = now.unix.saturating_add_unsigned(HOLDS / 2);
    let mut changed = false;
    if level >= Level::NoNewRisk && compartment.no_new_risk.at <= soon {
        compartment.no_new_risk = end_after(now, HOLDS, SLOT_MS)?;
        changed = true;
    }
    if level >= Level::Restricted && compartment.mode.automatic.at <= soon {
        mode::latch(compartment, act, now)?;
        changed = true;
    }
    if level >= Level::Paused && !running(&compartment.mode.paused, now) {
        changed |= mode::pause(compartment, By::Automation, act, now)?.is_some();
    }
    Ok(changed)
}
