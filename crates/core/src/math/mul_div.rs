//! `a · b / d` for any divisor, exact.

use core::num::{NonZeroU64, NonZeroU128};

use super::round_up;
use super::wide::{div_128_by_64, div_256_by_128, split, wide_mul, wide_mul_u128};

/// `⌊a·b/d⌋`. `None` for `d = 0` or a result of 2^64 or more. 45 to 145 units on SBF.
#[inline]
#[must_use]
pub fn mul_div_floor(a: u64, b: u64, d: u64) -> Option<u64> {
    mul_div_rem(a, b, d).map(|(quotient, _)| quotient)
}

/// `⌈a·b/d⌉`. `None` for `d = 0` or a result of 2^64 or more.
#[inline]
#[must_use]
pub fn mul_div_ceil(a: u64, b: u64, d: u64) -> Option<u64> {
    let (quotient, rest) = mul_div_rem(a, b, d)?;
    round_up(quotient, rest != 0)
}

/// `⌊a·b/d⌋` over a 256-bit product. `None` for `d = 0` or a result of 2^128 or more.
#[must_use]
pub fn mul_div_floor_u128(a: u128, b: u128, d: u128) -> Option<u128> {
    mul_div_rem_u128(a, b, d).map(|(quotient, _)| quotient)
}

/// `⌈a·b/d⌉` over a 256-bit product. `None` for `d = 0` or a result of 2^128 or more.
#[must_use]
pub fn mul_div_ceil_u128(a: u128, b: u128, d: u128) -> Option<u128> {
    let (quotient, rest) = mul_div_rem_u128(a, b, d)?;
    quotient.checked_add(u128::from(rest != 0))
}

#[inline]
pub(super) fn mul_div_rem(a: u64, b: u64, d: u64) -> Option<(u64, u64)> {
    let divisor = NonZeroU64::new(d)?;
    let (hi, lo) = wide_mul(a, b);
    (hi < d).then(|| div_128_by_64(hi, lo, divisor))
}

#[inline]
pub(super) fn mul_div_rem_u128(a: u128, b: u128, d: u128) -> Option<(u128, u128)> {
    let divisor = NonZeroU128::new(d)?;
    let (hi, lo) = wide_mul_u128(a, b);
    (hi < d).then(|| div_256_by_128(hi, lo, divisor))
}

/// `⌈value/d⌉` narrowed to 64 bits. `None` for `d = 0` or a result of 2^64 or more.
#[inline]
pub(crate) fn div_wide_ceil(value: u128, d: u64) -> Option<u64> {
    let divisor = NonZeroU64::new(d)?;
    let (hi, lo) = split(value);
    if hi >= d {
        return None;
    }
    let (quotient, rest) = div_128_by_64(hi, lo, divisor);
    round_up(quotient, rest != 0)
}
