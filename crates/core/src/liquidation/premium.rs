//! What a take-over costs the account, as pure formulas (D7). All ratios in 1e-9, rounded down: the
//! premium goes from the account to the liquidator, and no rounding may worsen the account.

use crate::error::{Error, Result};
use crate::math::{mul_div_floor, mul_pow10_div_floor, ppm_mul_floor};

/// One, in 1e-9.
pub const ONE_E9: u64 = 1_000_000_000;
/// Longest premium ramp while a cascade runs, as a multiple of the ordinary one.
pub const CASCADE_RAMP: u64 = 4;

/// What the premium and the fee of one leg or token may be, ppm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// κ: share of the margin set free that the liquidator may get.
    pub kappa_ppm: u32,
    /// π_cap: largest premium.
    pub cap_ppm: u32,
    /// Liquidation fee.
    pub fee_ppm: u32,
}

/// What a take-over costs the account per unit of notional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// π, to the liquidator.
    pub premium_e9: u64,
    /// To the fees. Shrinks with the premium, so that both together never take more of the equity
    /// than the leg's share of it.
    pub fee_e9: u64,
}

impl Price {
    /// Premium and fee together.
    pub fn total_e9(self) -> Result<u64> {
        self.premium_e9
            .checked_add(self.fee_e9)
            .ok_or(Error::Overflow)
    }
}

/// clamp(E/MM, 0, 1). A requirement of zero counts as zero (D7).
pub fn standing(equity: i64, requirement: u64) -> u64 {
    let Ok(equity) = u64::try_from(equity) else {
        return 0;
    };
    if requirement == 0 {
        return 0;
    }
    if equity >= requirement {
        return ONE_E9;
    }
    mul_div_floor(equity, ONE_E9, requirement).unwrap_or(0)
}

/// max(ramp, depth): how far the auction has gone. `waited`: open seconds since the flag, none if
/// the account isn't flagged. depth = 1 − clamp(2(E/MM − ½), 0, 1) needs no clock.
pub fn urgency(waited: Option<u64>, ramp_seconds: u64, standing: u64) -> u64 {
    let ramp = match waited {
        None => 0,
        Some(waited) if waited >= ramp_seconds => ONE_E9,
        Some(waited) => mul_div_floor(ONE_E9, waited, ramp_seconds).unwrap_or(0),
    };
    let half = ONE_E9 / 2;
    let above = standing.saturating_sub(half);
    let depth = ONE_E9.saturating_sub(above.saturating_add(above));
    ramp.max(depth)
}

/// π = min(π_cap, κ·r·standing·urgency), and the fee within half of what κ leaves:
/// min(fee, ½(1 − κ)·r·standing). `margin_e9` is r_M of the leg (for collateral 1 − w_M).
///
/// # Errors
/// [`Error::BadValue`] for κ above one, [`Error::Overflow`].
pub fn price(terms: Terms, margin_e9: u64, standing: u64, urgency: u64) -> Result<Price> {
    let left = crate::math::PPM
        .checked_sub(terms.kappa_ppm)
        .ok_or(Error::BadValue)?
        / 2;
    let share = mul_pow10_div_floor::<9>(margin_e9, standing).ok_or(Error::Overflow)?;
    let whole = ppm_mul_floor(share, terms.kappa_ppm).ok_or(Error::Overflow)?;
    let premium = mul_pow10_div_floor::<9>(whole, urgency).ok_or(Error::Overflow)?;
    let fee = ppm_mul_floor(share, left).ok_or(Error::Overflow)?;
    Ok(Price {
        premium_e9: premium.min(ppm_to_e9(terms.cap_ppm)),
        fee_e9: fee.min(ppm_to_e9(terms.fee_ppm)),
    })
}

/// Parts per million as 1e-9, exact.
pub fn ppm_to_e9(ppm: u32) -> u64 {
    // Below 2^32·10^3 < 2^42: nothing wraps.
    u64::from(ppm).wrapping_mul(1_000)
}

/// Notional that lifts H_E to zero: ⌈shortfall/(r_E − π − fee)⌉, UsdE6. None where closing this leg
/// doesn't lift it.
pub fn notional_needed(shortfall: u64, end_margin_e9: u64, cost_e9: u64) -> Option<u64> {
    let lift = end_margin_e9.checked_sub(cost_e9)?;
    crate::math::mul_div_ceil(shortfall, ONE_E9, lift)
}
