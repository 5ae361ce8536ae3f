//! How much of a leg a take-over needs (D7, i08): the smallest number of lots that lifts the
//! account to LiquidationEnd, counting all that the transfer changes: premium and fee, the
//! confidence and the price difference that fall away with the leg, and the size add-on that
//! shrinks with it.

use bulwark_state::Board;

use super::premium::{Price, notional_needed};
use super::takeover::favouring;
use crate::error::{Error, Result};
use crate::health::leg_ratios;
use crate::math::{
    mul_div_ceil, mul_pow10_div_floor, mul_pow10_ppm_ceil, ppm_mul_ceil, signed_mul_pow10_div_floor,
};
use crate::time::Now;

/// Evaluations along the chord: one without a size add-on, five with it, rarely ten.
const CHORDS: u32 = 10;
/// Most evaluations of one search: what the chords leave is halved until it is a lot.
const STEPS: u32 = CHORDS + 64;

/// A leg that is to be taken over.
#[derive(Clone, Copy, Debug)]
pub struct Leg<'a> {
    /// Board.
    pub board: &'a Board,
    /// Market index.
    pub market: u8,
    /// Base, signed, BaseE8.
    pub base: i64,
    /// Price at which health values the leg, PriceE8.
    pub value_price: u64,
    /// Price of the requirement (unshifted), PriceE8.
    pub mark: u64,
    /// Price of the take-over, PriceE8.
    pub price: u64,
    /// Premium and fee.
    pub cost: Price,
    /// Factor of the requirement (0.8 in Paused), ppm.
    pub scale_ppm: u32,
    /// Lot, BaseE8.
    pub lot: u64,
    /// Present.
    pub now: Now,
}

impl Leg<'_> {
    /// Notional of `size` at the price of the take-over, UsdE6, rounded in favour of the account.
    pub fn notional(&self, size: u64) -> Result<u64> {
        favouring(self.base > 0, size, self.price)
    }

    /// Premium and fee on a notional, UsdE6, each rounded down.
    pub fn charges(&self, notional: u64) -> Result<(u64, u64)> {
        let part = |rate| mul_pow10_div_floor::<9>(notional, rate).ok_or(Error::Overflow);
        Ok((part(self.cost.premium_e9)?, part(self.cost.fee_e9)?))
    }

    /// By how much H_E rises if `size` is taken over, UsdE6.
    pub fn lift(&self, size: u64) -> Result<i64> {
        let change = i64::try_from(size).map_err(|_| Error::Overflow)?;
        let change = if self.base > 0 {
            change.checked_neg()
        } else {
            Some(change)
        };
        let rest = change
            .and_then(|change| self.base.checked_add(change))
            .ok_or(Error::Overflow)?;
        let notional = self.notional(size)?;
        let (premium, fee) = self.charges(notional)?;
        let quote = crate::math::with_sign(self.base < 0, notional).ok_or(Error::Overflow)?;
        let freed = self
            .requirement(self.base)?
            .checked_sub(self.requirement(rest)?);
        self.value(rest)?
            .checked_sub(self.value(self.base)?)
            .and_then(|lift| lift.checked_add(quote))
            .and_then(|lift| lift.checked_sub_unsigned(premium))
            .and_then(|lift| lift.checked_sub_unsigned(fee))
            .and_then(|lift| lift.checked_add_unsigned(freed?))
            .ok_or(Error::Overflow)
    }

    fn value(&self, base: i64) -> Result<i64> {
        signed_mul_pow10_div_floor::<10>(base, self.value_price).ok_or(Error::Overflow)
    }

    fn requirement(&self, base: i64) -> Result<u64> {
        if base == 0 {
            return Ok(0);
        }
        let ratio = leg_ratios(self.board, self.market, base, self.now)?.end;
        let ratio = u32::try_from(ratio.div_ceil(1_000)).map_err(|_| Error::Overflow)?;
        mul_pow10_ppm_ceil::<10>(base.unsigned_abs(), self.mark, ratio)
            .and_then(|required| ppm_mul_ceil(required, self.scale_ppm))
            .ok_or(Error::Overflow)
    }

    /// Size in whole lots, rounded up, at most the whole leg.
    fn lots(&self, size: u64) -> u64 {
        let whole = self.base.unsigned_abs();
        match size.div_ceil(self.lot.max(1)).checked_mul(self.lot.max(1)) {
            Some(rounded) if rounded < whole => rounded,
            _ => whole,
        }
    }

    /// min(N_j, ⌈shortfall/(r_E − π)⌉) as a size in whole lots (BaseE8), narrowed to the smallest
    /// that ends at LiquidationEnd. The whole leg where that isn't enough.
    ///
    /// `end_margin_e9`: r_E of the leg as it stands, scaled.
    pub fn size_to_end(&self, shortfall: u64, end_margin_e9: u64) -> Result<u64> {
        let whole = self.base.unsigned_abs();
        let target = i64::try_from(shortfall).map_err(|_| Error::Overflow)?;
        let first = notional_needed(shortfall, end_margin_e9, self.cost.total_e9()?)
            .and_then(|notional| mul_div_ceil(notional, 10_000_000_000, self.mark))
            .map_or(whole, |size| self.lots(size));
        let mut high = first;
        let mut high_lift = self.lift(high)?;
        if high_lift < target && high < whole {
            high = whole;
            high_lift = self.lift(whole)?;
        }
        if high_lift < target {
            return Ok(whole);
        }
        self.narrow(target, (0, 0), (high, high_lift))
    }

    /// Regula falsi (Illinois) between a size that lifts too little and one that lifts enough, then
    /// bisection, until they are a lot apart. Always returns a size that lifts enough.
    fn narrow(&self, target: i64, low: (u64, i64), high: (u64, i64)) -> Result<u64> {
        let miss = |lift: i64| lift.abs_diff(target);
        let (mut low, mut high) = ((low.0, miss(low.1)), (high.0, miss(high.1)));
        let mut moved_high = None;
        for step in 0..STEPS {
            let gap = high.0.checked_sub(low.0).ok_or(Error::Overflow)?;
            if gap <= self.lot.max(1) {
                break;
            }
            let middle = if step < CHORDS {
                self.between(low, high, gap)?
            } else {
                self.halfway(low.0, gap)?
            };
            let lift = self.lift(middle)?;
            // The same end twice: halve the weight of the other, or it never moves.
            if lift >= target {
                high = (middle, miss(lift));
                if moved_high == Some(true) {
                    low.1 = low.1.div_ceil(2);
                }
            } else {
                low = (middle, miss(lift));
                if moved_high == Some(false) {
                    high.1 = high.1.div_ceil(2);
                }
            }
            moved_high = Some(lift >= target);
        }
        Ok(high.0)
    }

    /// Half a gap above a size, in lots, strictly inside the gap.
    fn halfway(&self, low: u64, gap: u64) -> Result<u64> {
        let lot = self.lot.max(1);
        let half = (gap / 2 / lot).max(1).checked_mul(lot);
        let start = (low / lot).checked_mul(lot);
        start
            .and_then(|start| start.checked_add(half?))
            .ok_or(Error::Overflow)
    }

    /// Where the chord between two sizes meets the target, in lots, strictly between them.
    fn between(&self, low: (u64, u64), high: (u64, u64), gap: u64) -> Result<u64> {
        let sum = low.1.checked_add(high.1).ok_or(Error::Overflow)?;
        let step = mul_div_ceil(gap, low.1, sum.max(1)).ok_or(Error::Overflow)?;
        let lot = self.lot.max(1);
        let meets = low.0.checked_add(step).ok_or(Error::Overflow)?;
        // One lot below the chord: if that is enough too the search goes on, else it has ended.
        let aim = (meets / lot).checked_mul(lot).ok_or(Error::Overflow)?;
        let aim = if aim >= meets {
            aim.saturating_sub(lot)
        } else {
            aim
        };
        let least = (low.0 / lot)
            .checked_add(1)
            .and_then(|n| n.checked_mul(lot));
        Ok(aim.max(least.ok_or(Error::Overflow)?))
    }
}
