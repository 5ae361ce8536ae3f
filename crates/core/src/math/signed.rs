//! Signed products. `_floor` rounds towards minus infinity and `_ceil` towards plus infinity, so a
//! credit is floored and a debit made larger by the same name: against the account.

use super::{
    mul_div_ceil, mul_div_floor, mul_pow10_div_ceil, mul_pow10_div_floor, ppm_mul_ceil,
    ppm_mul_floor,
};

/// `magnitude`, negated if `negative`. `None` outside of `i64`; `i64::MIN` is inside.
#[inline]
#[must_use]
pub fn with_sign(negative: bool, magnitude: u64) -> Option<i64> {
    if negative {
        0i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    }
}

/// `⌊a·b/d⌋`. `None` for `d = 0` or a result outside of `i64`.
#[inline]
#[must_use]
pub fn signed_mul_div_floor(a: i64, b: u64, d: u64) -> Option<i64> {
    let size = a.unsigned_abs();
    let magnitude = if a < 0 {
        mul_div_ceil(size, b, d)
    } else {
        mul_div_floor(size, b, d)
    };
    with_sign(a < 0, magnitude?)
}

/// `⌈a·b/d⌉`. `None` for `d = 0` or a result outside of `i64`.
#[inline]
#[must_use]
pub fn signed_mul_div_ceil(a: i64, b: u64, d: u64) -> Option<i64> {
    let size = a.unsigned_abs();
    let magnitude = if a < 0 {
        mul_div_floor(size, b, d)
    } else {
        mul_div_ceil(size, b, d)
    };
    with_sign(a < 0, magnitude?)
}

/// `⌊a·b/10^K⌋` for `K ≤ 13`. `None` for a result outside of `i64`.
#[inline]
#[must_use]
pub fn signed_mul_pow10_div_floor<const K: u32>(a: i64, b: u64) -> Option<i64> {
    let size = a.unsigned_abs();
    let magnitude = if a < 0 {
        mul_pow10_div_ceil::<K>(size, b)
    } else {
        mul_pow10_div_floor::<K>(size, b)
    };
    with_sign(a < 0, magnitude?)
}

/// `⌈a·b/10^K⌉` for `K ≤ 13`. `None` for a result outside of `i64`.
#[inline]
#[must_use]
pub fn signed_mul_pow10_div_ceil<const K: u32>(a: i64, b: u64) -> Option<i64> {
    let size = a.unsigned_abs();
    let magnitude = if a < 0 {
        mul_pow10_div_floor::<K>(size, b)
    } else {
        mul_pow10_div_ceil::<K>(size, b)
    };
    with_sign(a < 0, magnitude?)
}

/// `⌊value·ppm/10^6⌋`. `None` for a result outside of `i64`.
#[inline]
#[must_use]
pub fn signed_ppm_mul_floor(value: i64, ppm: u32) -> Option<i64> {
    let size = value.unsigned_abs();
    let magnitude = if value < 0 {
        ppm_mul_ceil(size, ppm)
    } else {
        ppm_mul_floor(size, ppm)
    };
    with_sign(value < 0, magnitude?)
}

/// `⌈value·ppm/10^6⌉`. `None` for a result outside of `i64`.
#[inline]
#[must_use]
pub fn signed_ppm_mul_ceil(value: i64, ppm: u32) -> Option<i64> {
    let size = value.unsigned_abs();
    let magnitude = if value < 0 {
        ppm_mul_floor(size, ppm)
    } else {
        ppm_mul_ceil(size, ppm)
    };
    with_sign(value < 0, magnitude?)
}
