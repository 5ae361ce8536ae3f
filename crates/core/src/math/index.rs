//! Cumulative indexes: money per unit in 1/2^64, as 128 bits. An index moves by
//! `amount·2^64/units`; an account owes `(index now − index then)·units/2^64`. Account layouts hold
//! no 128-bit integers (alignment) but two halves. Differences are plain `checked_sub`.

use core::num::NonZeroU64;

use super::wide::{div_128_by_64, join, product, split, wide_mul};
use super::{round_up, with_sign};

/// `high·2^64 + low`.
#[inline]
#[must_use]
pub const fn u128_from_halves(high: u64, low: u64) -> u128 {
    join(high, low)
}

/// `(high, low)`; inverse of [`u128_from_halves`].
#[inline]
#[must_use]
pub const fn u128_halves(value: u128) -> (u64, u64) {
    split(value)
}

/// The signed index whose two's complement bits are `high·2^64 + low`.
#[inline]
#[must_use]
pub const fn i128_from_halves(high: u64, low: u64) -> i128 {
    join(high, low).cast_signed()
}

/// `(high, low)` of the two's complement bits; inverse of [`i128_from_halves`].
#[inline]
#[must_use]
pub const fn i128_halves(value: i128) -> (u64, u64) {
    split(value.cast_unsigned())
}

/// `⌊amount·2^64/d⌋`: how far an index moves. `None` for `d = 0`.
#[inline]
#[must_use]
pub fn shift64_div_floor(amount: u64, d: u64) -> Option<u128> {
    shift64_div_rem(amount, d).map(|(quotient, _)| quotient)
}

/// `⌈amount·2^64/d⌉`: how far a charge's index moves. `None` for `d = 0`.
#[inline]
#[must_use]
pub fn shift64_div_ceil(amount: u64, d: u64) -> Option<u128> {
    let (quotient, inexact) = shift64_div_rem(amount, d)?;
    quotient.checked_add(u128::from(inexact))
}

/// `⌊amount·2^64/d⌋`, towards minus infinity. `None` for `d = 0`.
#[inline]
#[must_use]
pub fn signed_shift64_div_floor(amount: i64, d: u64) -> Option<i128> {
    let size = amount.unsigned_abs();
    let magnitude = if amount < 0 {
        shift64_div_ceil(size, d)
    } else {
        shift64_div_floor(size, d)
    };
    wide_with_sign(amount < 0, magnitude?)
}

/// `⌈amount·2^64/d⌉`, towards plus infinity. `None` for `d = 0`.
#[inline]
#[must_use]
pub fn signed_shift64_div_ceil(amount: i64, d: u64) -> Option<i128> {
    let size = amount.unsigned_abs();
    let magnitude = if amount < 0 {
        shift64_div_floor(size, d)
    } else {
        shift64_div_ceil(size, d)
    };
    wide_with_sign(amount < 0, magnitude?)
}

/// `⌊index·units/2^64⌋`: what a difference of indexes credits. `None` for 2^64 or more.
#[inline]
#[must_use]
pub fn mul_shift64_floor(index: u128, units: u64) -> Option<u64> {
    mul_shift64_rem(index, units).map(|(quotient, _)| quotient)
}

/// `⌈index·units/2^64⌉`: what a difference of indexes charges. `None` for 2^64 or more.
#[inline]
#[must_use]
pub fn mul_shift64_ceil(index: u128, units: u64) -> Option<u64> {
    let (quotient, inexact) = mul_shift64_rem(index, units)?;
    quotient.checked_add(u64::from(inexact))
}

/// `⌊index·units/2^64⌋`, towards minus infinity, both signed. `None` outside of `i64`.
#[inline]
#[must_use]
pub fn signed_mul_shift64_floor(index: i128, units: i64) -> Option<i64> {
    let negative = (index < 0) != (units < 0);
    let (index, units) = (index.unsigned_abs(), units.unsigned_abs());
    let magnitude = if negative {
        mul_shift64_ceil(index, units)
    } else {
        mul_shift64_floor(index, units)
    };
    with_sign(negative, magnitude?)
}

/// `⌈index·units/2^64⌉`, towards plus infinity, both signed. `None` outside of `i64`.
#[inline]
#[must_use]
pub fn signed_mul_shift64_ceil(index: i128, units: i64) -> Option<i64> {
    let negative = (index < 0) != (units < 0);
    let (index, units) = (index.unsigned_abs(), units.unsigned_abs());
    let magnitude = if negative {
        mul_shift64_floor(index, units)
    } else {
        mul_shift64_ceil(index, units)
    };
    with_sign(negative, magnitude?)
}

#[inline]
fn shift64_div_rem(amount: u64, d: u64) -> Option<(u128, bool)> {
    let divisor = NonZeroU64::new(d)?;
    let (low, rest) = div_128_by_64(amount % divisor, 0, divisor);
    Some((join(amount / divisor, low), rest != 0))
}

#[inline]
fn mul_shift64_rem(index: u128, units: u64) -> Option<(u64, bool)> {
    let (hi, lo) = split(index);
    halves_mul_shift64(hi, lo, units)
}

/// `⌊(hi·2^64 + lo)·units/2^64⌋` and whether anything was left over. `None` for 2^64 or more.
#[inline]
fn halves_mul_shift64(hi: u64, lo: u64, units: u64) -> Option<(u64, bool)> {
    let (carry, dropped) = wide_mul(lo, units);
    if hi == 0 {
        return Some((carry, dropped != 0));
    }
    if hi >> 20 == 0 && units >> 44 == 0 {
        // (2^20 - 1)·(2^44 - 1) has 64 bits.
        return Some((hi.wrapping_mul(units).checked_add(carry)?, dropped != 0));
    }
    // hi·units <= (2^64 - 1)^2 leaves room for one more limb.
    let (0, whole) = split(product(hi, units).wrapping_add(u128::from(carry))) else {
        return None;
    };
    Some((whole, dropped != 0))
}

/// `⌊(index − then)·units/2^64⌋`, towards minus infinity, all signed: what a signed index credits.
/// Halves as [`i128_halves`] gives them. `None` where the difference leaves 128 bits or the result
/// 64. On SBF half of what the same costs through `i128`.
#[inline]
#[must_use]
pub fn walked_mul_shift64_floor(index: (u64, u64), then: (u64, u64), units: i64) -> Option<i64> {
    let (lo, borrow) = index.1.overflowing_sub(then.1);
    // Two's complement: wraps only where the signs below say so.
    let hi = index.0.wrapping_sub(then.0).wrapping_sub(u64::from(borrow));
    if ((index.0 ^ then.0) & (index.0 ^ hi)) >> 63 != 0 {
        return None;
    }
    let falls = hi >> 63 != 0;
    let (hi, lo) = if falls {
        // The negative of −2^127 is 2^127 read without a sign: nothing is lost.
        ((!hi).wrapping_add(u64::from(lo == 0)), lo.wrapping_neg())
    } else {
        (hi, lo)
    };
    let (whole, inexact) = halves_mul_shift64(hi, lo, units.unsigned_abs())?;
    if falls == (units < 0) {
        i64::try_from(whole).ok()
    } else {
        0i64.checked_sub_unsigned(round_up(whole, inexact)?)
    }
}

/// `⌈(index − then)·units/2^64⌉` for an index that only grows. `None` where it fell, or for a
/// result of 2^64 or more.
#[inline]
#[must_use]
pub fn grown_mul_shift64_ceil(index: (u64, u64), then: (u64, u64), units: u64) -> Option<u64> {
    let (lo, borrow) = index.1.overflowing_sub(then.1);
    let hi = index
        .0
        .checked_sub(then.0)?
        .checked_sub(u64::from(borrow))?;
    let (whole, inexact) = halves_mul_shift64(hi, lo, units)?;
    round_up(whole, inexact)
}

#[inline]
fn wide_with_sign(negative: bool, magnitude: u128) -> Option<i128> {
    if negative {
        0i128.checked_sub_unsigned(magnitude)
    } else {
        i128::try_from(magnitude).ok()
    }
}
