//! Caps and refill of the buckets (D6).

use bulwark_state::{Bank, Bucket};

use super::{DAY, Flow, HOUR};
use crate::error::{Error, Result};
use crate::math::{PPM, mul_div_ceil, mul_div_floor, ppm_mul_ceil, ppm_mul_floor};
use crate::time::Now;

/// Compiled minimum of the hour's cap after the mode's factor, ppm of the base.
pub const MIN_HOUR_PPM: u32 = 2_500;
/// Compiled minimum of the day's cap after the mode's factor, ppm of the base.
pub const MIN_DAY_PPM: u32 = 25_000;
/// Largest share of a bucket that the lane of small exits may take, ppm.
pub const MAX_LANE_PPM: u32 = 100_000;

/// How a bucket fills: `refill` units per `period` seconds, up to `cap`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Largest level, units.
    pub cap: u64,
    /// Units per period; at least the cap unless the bucket is a lane.
    pub refill: u64,
    /// Seconds.
    pub period: u64,
}

/// Rates of a bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Base that they are a share of, token units.
    pub base: u64,
    /// One hour, without the lane.
    pub hour: Rate,
    /// 24 hours, without the lane.
    pub day: Rate,
    /// Lane of small exits.
    pub lane: Rate,
}

impl Rates {
    /// The slower of the two buckets, and whether that is the hour's.
    pub fn smallest(&self) -> (Rate, bool) {
        let hour = u128::from(self.hour.refill).wrapping_mul(self.day.period.into());
        let day = u128::from(self.day.refill).wrapping_mul(self.hour.period.into());
        if hour < day {
            (self.hour, true)
        } else {
            (self.day, false)
        }
    }
}

fn ratio(value: u64, ppm: u32) -> Result<u64> {
    ppm_mul_floor(value, ppm).ok_or(Error::Overflow)
}

/// Cap of a whole bucket: its share of the base over the mode's divisor, at least the minimum.
fn cap(bucket: &Bucket, base: u64, flow: &Flow, min_ppm: u32) -> Result<u64> {
    let divisor = u64::from(flow.divisor.max(1));
    Ok((ratio(base, bucket.cap_ppm)? / divisor).max(ratio(base, min_ppm)?))
}

/// Units per `period` that a quickened exit asks for at least, rounded up.
fn quick(base: u64, flow: &Flow, period: u64) -> Result<u64> {
    if flow.quick_ppm == 0 {
        return Ok(0);
    }
    let day = mul_div_ceil(base, flow.quick_ppm, PPM.into()).ok_or(Error::Overflow)?;
    mul_div_ceil(day, period, DAY).ok_or(Error::Overflow)
}

/// A bucket's period: at most `longest`, and that where none is set.
fn period(bucket: &Bucket, longest: u64) -> u64 {
    match u64::from(bucket.period) {
        0 => longest,
        period => period.min(longest),
    }
}

/// Rate of a bucket without a lane: `min_ppm` of the base at least, more while a change waits.
pub(super) fn whole(
    bucket: &Bucket,
    bases: (u64, u64),
    flow: &Flow,
    (min_ppm, longest): (u32, u64),
) -> Result<Rate> {
    let (base, quick_base) = bases;
    let period = period(bucket, longest);
    let cap = cap(bucket, base, flow, min_ppm)?;
    let refill = cap.max(quick(base.max(quick_base), flow, period)?);
    Ok(Rate {
        cap,
        refill,
        period,
    })
}

/// Rates of a bank on a base.
///
/// The lane takes its share of both buckets: it fills at that share of the day's rate, up to that
/// share of the hour's cap or to what it gathers in its own period. A quickened exit is whole
/// without it.
pub fn rates(bank: &Bank, flow: &Flow, base: u64) -> Result<Rates> {
    let bases = (base, bank.quick_base);
    let still = Flow {
        quick_ppm: 0,
        ..*flow
    };
    let share = bank.small.cap_ppm.min(MAX_LANE_PPM);
    let main = |bucket: &Bucket, limits: (u32, u64)| -> Result<(Rate, u64)> {
        let all = whole(bucket, bases, &still, limits)?;
        let lane = ratio(all.cap, share)?;
        let cap = all.cap.checked_sub(lane).ok_or(Error::Overflow)?;
        let refill = cap.max(quick(base.max(bank.quick_base), flow, all.period)?);
        Ok((Rate { cap, refill, ..all }, lane))
    };
    let (hour, lane_cap) = main(&bank.hour, (MIN_HOUR_PPM, HOUR))?;
    let (day, lane_day) = main(&bank.day, (MIN_DAY_PPM, DAY))?;
    let quickened = ppm_mul_ceil(quick(base.max(bank.quick_base), flow, day.period)?, share);
    let refill = lane_day.max(quickened.ok_or(Error::Overflow)?);
    // At most what it gathers in its own period.
    let gathers = mul_div_floor(refill, period(&bank.small, DAY), day.period.max(1));
    let lane = Rate {
        cap: lane_cap.min(gathers.ok_or(Error::Overflow)?),
        refill,
        period: day.period,
    };
    Ok(Rates {
        base,
        hour,
        day,
        lane,
    })
}

/// Whole units and remainder that `seconds` add: `(refill·Δ + remainder)/period`.
pub(super) fn gained(rate: &Rate, remainder: u64, seconds: u64) -> Result<(u128, u64)> {
    if seconds == 0 {
        return Ok((0, remainder));
    }
    if (rate.refill | remainder) >> 43 == 0 && seconds >> 20 == 0 {
        // Below 2^63 + 2^43: 64 bits hold it.
        let sum = rate.refill.wrapping_mul(seconds).wrapping_add(remainder);
        let period = rate.period.max(1);
        return Ok((u128::from(sum / period), sum % period));
    }
    let period = u128::from(rate.period.max(1));
    // Two 64-bit factors and a 64-bit rest: the sum has at most 128 bits.
    let sum = u128::from(rate.refill).wrapping_mul(seconds.into());
    let sum = sum.checked_add(remainder.into()).ok_or(Error::Overflow)?;
    let rest = u64::try_from(sum % period).map_err(|_| Error::Overflow)?;
    Ok((sum / period, rest))
}

/// Refills a bucket: ℓ = min(cap, ℓ + refill·Δ/period), keeping the remainder in units × seconds
/// (D6). A clock that went back adds nothing.
pub fn fill(bucket: &mut Bucket, rate: &Rate, now: Now) -> Result<()> {
    let elapsed = now.unix.saturating_sub(bucket.at).max(0).unsigned_abs();
    let (units, remainder) = gained(rate, bucket.remainder, elapsed)?;
    let level = units
        .checked_add(bucket.level.into())
        .ok_or(Error::Overflow)?;
    match u64::try_from(level) {
        Ok(level) if level < rate.cap => {
            bucket.level = level;
            bucket.remainder = remainder;
        }
        _ => {
            bucket.level = rate.cap;
            bucket.remainder = 0;
        }
    }
    bucket.at = bucket.at.max(now.unix);
    Ok(())
}

/// Takes from a filled bucket. `false`, and nothing taken, if it holds less.
pub fn take(bucket: &mut Bucket, amount: u64) -> bool {
    match bucket.level.checked_sub(amount) {
        Some(rest) => {
            bucket.level = rest;
            true
        }
        None => false,
    }
}

/// Empties a bucket as of now.
pub(super) fn empty(bucket: &mut Bucket, now: Now) {
    bucket.level = 0;
    bucket.remainder = 0;
    bucket.at = bucket.at.max(now.unix);
}
