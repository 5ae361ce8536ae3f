//! Cumulative indexes: money per unit in 1/2^64, as 128 bits. An index moves by
//! `amount·2^64/units`; an account owes `(index now − index then)·units/2^64`. Account layouts hold
//! no 128-bit integers (alignment) but two halves. Differences are plain `checked_sub`.

use core::num::NonZeroU64;

use super::wide::{div_128_by_64, join, product, split};
use super::with_sign;

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
    let (carry, dropped) = split(product(lo, units));
    // hi·units <= (2^64 - 1)^2 leaves room for one more limb.
    let (0, whole) = split(product(hi, units).wrapping_add(u128::from(carry))) else {
        return None;
    };
    Some((whole, dropped != 0))
}

#[inline]
fn wide_with_sign(negative: bool, magnitude: u128) -> Option<i128> {
    if negative {
        0i128.checked_sub_unsigned(magnitude)
    } else {
        i128::try_from(magnitude).ok()
    }
}
