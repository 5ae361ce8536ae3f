//! Ratios in parts per million.

use super::decimal::{
    mul_pow10_div_ceil, mul_pow10_div_floor, mul_pow10_rem, mul_pow10_rem_by, mul_short_pow10_rem,
    pow10, short_pow10,
};
use super::mul_div::{mul_div_rem, mul_div_rem_u128};
use super::round_up;
use super::wide::{div_128_by_64, non_zero, product, split};

/// One whole, in parts per million.
pub const PPM: u32 = 1_000_000;

const WHOLE: core::num::NonZeroU64 = non_zero(PPM as u64);

/// `⌊value·ppm/10^6⌋`. `None` for a result of 2^64 or more.
///
/// About 12 units on SBF for `value < 2^44` ($17.6 million in 1e-6) and `ppm ≤ 2^20` (104.8 %),
/// 70 beyond.
#[inline]
#[must_use]
pub fn ppm_mul_floor(value: u64, ppm: u32) -> Option<u64> {
    match short_product(value, ppm) {
        Some(product) => Some(product / WHOLE),
        None => mul_pow10_div_floor::<6>(value, u64::from(ppm)),
    }
}

/// `⌈value·ppm/10^6⌉`. `None` for a result of 2^64 or more. Costs as [`ppm_mul_floor`].
#[inline]
#[must_use]
pub fn ppm_mul_ceil(value: u64, ppm: u32) -> Option<u64> {
    match short_product(value, ppm) {
        Some(product) => round_up(product / WHOLE, product % WHOLE != 0),
        None => mul_pow10_div_ceil::<6>(value, u64::from(ppm)),
    }
}

/// The product where bounds prove that it fits: (2^44 - 1)·2^20 < 2^64.
#[inline]
fn short_product(value: u64, ppm: u32) -> Option<u64> {
    (value >> 44 == 0 && ppm <= 1 << 20).then(|| value.wrapping_mul(u64::from(ppm)))
}

/// `⌊a·b·ppm/10^(K+6)⌋` for `K ≤ 13`, rounded once: a weighted value (D2).
///
/// `None` when the result **or** `a·b/10^K` is 2^64 or more.
#[inline]
#[must_use]
pub fn mul_pow10_ppm_floor<const K: u32>(a: u64, b: u64, ppm: u32) -> Option<u64> {
    let (whole, rest) = mul_pow10_rem::<K>(a, b)?;
    let (carry, _) = weigh_rest::<K>(rest, ppm)?;
    // ⌊(m + x)/n⌋ = ⌊(m + ⌊x⌋)/n⌋ for integers m and n.
    let (quotient, _) = weigh(whole, carry, ppm)?;
    Some(quotient)
}

/// `⌈a·b·ppm/10^(K+6)⌉` for `K ≤ 13`, rounded once: a requirement (D2). Fails as the floor does.
#[inline]
#[must_use]
pub fn mul_pow10_ppm_ceil<const K: u32>(a: u64, b: u64, ppm: u32) -> Option<u64> {
    let (whole, rest) = mul_pow10_rem::<K>(a, b)?;
    let (carry, inexact) = weigh_rest::<K>(rest, ppm)?;
    let (quotient, rest) = weigh(whole, carry, ppm)?;
    round_up(quotient, inexact || rest != 0)
}

/// [`mul_pow10_ppm_ceil`] for two ratios of one product.
#[inline]
#[must_use]
pub fn mul_pow10_ppm_ceil_pair<const K: u32>(a: u64, b: u64, ppm: [u32; 2]) -> Option<[u64; 2]> {
    let (whole, rest) = mul_pow10_rem::<K>(a, b)?;
    let up = |ppm| {
        let (carry, inexact) = weigh_rest::<K>(rest, ppm)?;
        let (quotient, rest) = weigh(whole, carry, ppm)?;
        round_up(quotient, inexact || rest != 0)
    };
    let [first, second] = ppm;
    Some([up(first)?, up(second)?])
}

/// [`mul_pow10_ppm_floor`] with the exponent known at run time, up to
/// [`MAX_EXPONENT`](super::MAX_EXPONENT).
#[inline]
#[must_use]
pub fn mul_pow10_ppm_floor_by(a: u64, b: u64, exponent: u32, ppm: u32) -> Option<u64> {
    if let (Some(scale), true) = (short_pow10(exponent), ppm <= 1 << 20) {
        let (whole, rest) = mul_short_pow10_rem(a, b, exponent)?;
        // rest < 10^13 < 2^44, so the product has 64 bits.
        let carry = rest.wrapping_mul(u64::from(ppm)) / scale;
        return weigh(whole, carry, ppm).map(|(quotient, _)| quotient);
    }
    let (whole, rest) = mul_pow10_rem_by(a, b, exponent)?;
    let (carry, _) = weigh_rest_by(rest, exponent, ppm)?;
    let (quotient, _) = weigh(whole, carry, ppm)?;
    Some(quotient)
}

/// [`mul_pow10_ppm_ceil`] with the exponent known at run time.
#[inline]
#[must_use]
pub fn mul_pow10_ppm_ceil_by(a: u64, b: u64, exponent: u32, ppm: u32) -> Option<u64> {
    let (whole, rest) = mul_pow10_rem_by(a, b, exponent)?;
    let (carry, inexact) = weigh_rest_by(rest, exponent, ppm)?;
    let (quotient, rest) = weigh(whole, carry, ppm)?;
    round_up(quotient, inexact || rest != 0)
}

/// `⌊rest·ppm/10^K⌋`, below `ppm`, and whether anything was left over.
#[inline]
fn weigh_rest<const K: u32>(rest: u64, ppm: u32) -> Option<(u64, bool)> {
    if ppm <= 1 << 20 {
        // rest < 10^13 < 2^44, so the product has 64 bits.
        let weighed = rest.wrapping_mul(u64::from(ppm));
        let scale = const { non_zero(10u64.pow(K)) };
        return Some((weighed / scale, weighed % scale != 0));
    }
    mul_pow10_rem::<K>(rest, u64::from(ppm)).map(|(carry, rest)| (carry, rest != 0))
}

#[inline]
fn weigh_rest_by(rest: u128, exponent: u32, ppm: u32) -> Option<(u64, bool)> {
    let (carry, rest) = match short_pow10(exponent) {
        // rest < 10^13 < 2^44, so the product has 64 bits.
        Some(scale) if ppm <= 1 << 20 => {
            let weighed = split(rest).1.wrapping_mul(u64::from(ppm));
            return Some((weighed / scale, weighed % scale != 0));
        }
        Some(scale) => {
            let (carry, rest) = mul_div_rem(split(rest).1, u64::from(ppm), scale.get())?;
            (carry, u128::from(rest))
        }
        None => {
            let scale = pow10(exponent)?;
            let (carry, rest) = mul_div_rem_u128(rest, u128::from(ppm), scale)?;
            (split(carry).1, rest)
        }
    };
    Some((carry, rest != 0))
}

/// `(whole·ppm + carry) / 10^6` and the remainder, for `carry < ppm` or both zero.
#[inline]
fn weigh(whole: u64, carry: u64, ppm: u32) -> Option<(u64, u64)> {
    if let Some(product) = short_product(whole, ppm) {
        // product + carry <= (2^44 - 1)·2^20 + 2^20 - 1 < 2^64.
        let sum = product.wrapping_add(carry);
        return Some((sum / WHOLE, sum % WHOLE));
    }
    // The product has at most 96 bits: the sum cannot wrap.
    let (hi, lo) = split(product(whole, u64::from(ppm)).wrapping_add(u128::from(carry)));
    (hi < WHOLE.get()).then(|| div_128_by_64(hi, lo, WHOLE))
}
