//! `a · b / 10^k`: since `10^k = 2^k · 5^k` and `5^13 < 2^32`, a shift and two 64-bit divisions are
//! exact, and cheaper than any reciprocal.

use core::num::NonZeroU64;

use super::round_up;
use super::wide::{div_by_short, non_zero, product, split, wide_mul};

/// Largest decimal exponent with the short way: `5^13 < 2^32`.
pub(crate) const SHORT: u32 = 13;

/// Largest decimal exponent of [`mul_long_pow10_floor`]: `10^13` and the short way once more.
pub(crate) const LONG: u32 = 2 * SHORT;

/// Largest decimal exponent of the functions ending in `_by`: `10^38 < 2^128`.
pub const MAX_EXPONENT: u32 = 38;

const FIVES: [NonZeroU64; SHORT as usize + 1] = {
    let mut powers = [NonZeroU64::MIN; SHORT as usize + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = non_zero(powers[at - 1].get() * 5);
        at += 1;
    }
    powers
};

/// `⌊a·b/10^K⌋` for `K ≤ 13`. `None` for a result of 2^64 or more. 62 units on SBF.
#[inline]
#[must_use]
pub fn mul_pow10_div_floor<const K: u32>(a: u64, b: u64) -> Option<u64> {
    mul_pow10_rem::<K>(a, b).map(|(quotient, _)| quotient)
}

/// `⌈a·b/10^K⌉` for `K ≤ 13`. `None` for a result of 2^64 or more.
#[inline]
#[must_use]
pub fn mul_pow10_div_ceil<const K: u32>(a: u64, b: u64) -> Option<u64> {
    let (quotient, rest) = mul_pow10_rem::<K>(a, b)?;
    round_up(quotient, rest != 0)
}

/// `⌊a·b/10^exponent⌋`, the exponent known at run time (a mint's decimals). Costs little more than
/// the constant form up to 13. `None` above [`MAX_EXPONENT`] or for a result of 2^64 or more.
#[inline]
#[must_use]
pub fn mul_pow10_div_floor_by(a: u64, b: u64, exponent: u32) -> Option<u64> {
    mul_pow10_rem_by(a, b, exponent).map(|(quotient, _)| quotient)
}

/// `⌈a·b/10^exponent⌉`. `None` above [`MAX_EXPONENT`] or for a result of 2^64 or more.
#[inline]
#[must_use]
pub fn mul_pow10_div_ceil_by(a: u64, b: u64, exponent: u32) -> Option<u64> {
    let (quotient, rest) = mul_pow10_rem_by(a, b, exponent)?;
    round_up(quotient, rest != 0)
}

/// Quotient and remainder of `a·b/10^K`; the remainder is below `10^13 < 2^44`.
#[inline]
pub(super) fn mul_pow10_rem<const K: u32>(a: u64, b: u64) -> Option<(u64, u64)> {
    const { assert!(K <= SHORT) };
    let (hi, lo) = wide_mul(a, b);
    div_pow10(hi, lo, K, const { FIVES[K as usize] })
}

/// Quotient and remainder of `a·b/10^exponent` for `exponent ≤ 13`, `None` above.
#[inline]
pub(super) fn mul_short_pow10_rem(a: u64, b: u64, exponent: u32) -> Option<(u64, u64)> {
    let five = usize::try_from(exponent)
        .ok()
        .and_then(|at| FIVES.get(at))?;
    let (hi, lo) = wide_mul(a, b);
    div_pow10(hi, lo, exponent, *five)
}

/// Quotient and remainder of `a·b/10^exponent`.
#[inline]
pub(super) fn mul_pow10_rem_by(a: u64, b: u64, exponent: u32) -> Option<(u64, u128)> {
    if exponent <= SHORT {
        let (quotient, rest) = mul_short_pow10_rem(a, b, exponent)?;
        return Some((quotient, u128::from(rest)));
    }
    let divisor = pow10(exponent)?;
    let full = product(a, b);
    let quotient = full.checked_div(divisor)?;
    // quotient·divisor <= full: nothing wraps.
    let rest = full.wrapping_sub(quotient.wrapping_mul(divisor));
    let (0, quotient) = split(quotient) else {
        return None;
    };
    Some((quotient, rest))
}

/// `(hi·2^64 + lo) / 10^k` and the remainder, for `k ≤ 13` and `five = 5^k`.
#[inline]
fn div_pow10(hi: u64, lo: u64, k: u32, five: NonZeroU64) -> Option<(u64, u64)> {
    // ⌊⌊p/2^k⌋/5^k⌋ = ⌊p/10^k⌋, and what the shift drops are the low bits of the remainder.
    let upper = hi.wrapping_shr(k);
    // A shift by 64 - 0 would be none at all, so it is split into 1 and 63 - 0.
    let lower = lo.wrapping_shr(k) | (hi << 1).wrapping_shl(k ^ 63);
    if upper >= five.get() {
        return None;
    }
    let (quotient, rest) = div_by_short(upper, lower, five);
    let dropped = lo & 1u64.wrapping_shl(k).wrapping_sub(1);
    Some((quotient, rest.wrapping_shl(k) | dropped))
}

/// `⌊a·b/10^k⌋` for `13 ≤ k ≤ 26`, in three divisions. `None` outside, and already for a quotient
/// of `2^(64−k)·5^13` and more: the caller has a longer way.
#[inline]
pub(crate) fn mul_long_pow10_floor(a: u64, b: u64, k: u64) -> Option<u64> {
    mul_long_pow10(a, b, k).map(|(quotient, _)| quotient)
}

/// `⌈a·b/10^k⌉`. `None` as for [`mul_long_pow10_floor`].
#[inline]
pub(crate) fn mul_long_pow10_ceil(a: u64, b: u64, k: u64) -> Option<u64> {
    let (quotient, inexact) = mul_long_pow10(a, b, k)?;
    round_up(quotient, inexact)
}

#[inline]
fn mul_long_pow10(a: u64, b: u64, k: u64) -> Option<(u64, bool)> {
    const FIRST: NonZeroU64 = FIVES[SHORT as usize];
    // Below 13 that wraps to a place that isn't there.
    let second = usize::try_from(k.wrapping_sub(u64::from(SHORT))).ok()?;
    let second = FIVES.get(second)?;
    let k = k as u32; // at most 26
    let (hi, lo) = wide_mul(a, b);
    // As in `div_pow10`, and ⌊⌊x/5^13⌋/5^(k−13)⌋ = ⌊x/5^k⌋.
    let upper = hi.wrapping_shr(k);
    let lower = lo.wrapping_shr(k) | (hi << 1).wrapping_shl(k ^ 63);
    if upper >= FIRST.get() {
        return None;
    }
    let (quotient, rest) = div_by_short(upper, lower, FIRST);
    let dropped = lo & 1u64.wrapping_shl(k).wrapping_sub(1);
    let inexact = rest | dropped | (quotient % *second) != 0;
    Some((quotient / *second, inexact))
}

const TENS: [NonZeroU64; SHORT as usize + 1] = {
    let mut powers = [NonZeroU64::MIN; SHORT as usize + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = non_zero(powers[at - 1].get() * 10);
        at += 1;
    }
    powers
};

/// `10^exponent` for `exponent ≤ 13`, from a table: powers of 128 bits cost a thousand units.
#[inline]
pub(super) fn short_pow10(exponent: u32) -> Option<NonZeroU64> {
    usize::try_from(exponent)
        .ok()
        .and_then(|at| TENS.get(at))
        .copied()
}

/// `10^exponent` as 128 bits, `None` above [`MAX_EXPONENT`].
#[inline]
pub(super) fn pow10(exponent: u32) -> Option<u128> {
    10u128.checked_pow(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against plain 128-bit arithmetic, over factors of every length and all exponents.
    #[test]
    fn long_exponents_are_exact_or_left_to_the_longer_way() {
        let mut state = 7u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state.rotate_left(32) >> (state >> 58)
        };
        let mut exact = 0;
        for round in 0..200_000u64 {
            let (a, b, k) = (next(), next(), 11 + round % 18);
            let (floor, ceil) = (mul_long_pow10_floor(a, b, k), mul_long_pow10_ceil(a, b, k));
            assert_eq!(floor.is_some(), ceil.is_some());
            if !(13..=26).contains(&k) {
                assert_eq!(floor, None);
                continue;
            }
            let (product, scale) = (u128::from(a) * u128::from(b), 10u128.pow(k as u32));
            if let Some(floor) = floor {
                assert_eq!(u128::from(floor), product / scale, "{a}·{b}/10^{k}");
                assert_eq!(ceil.map(u128::from), Some(product.div_ceil(scale)));
                exact += 1;
            } else {
                // Only far beyond any sum of an account.
                assert!(product >> k >= 1_220_703_125u128 << 64);
            }
        }
        assert!(exact > 100_000, "{exact} of 155,000");
    }
}
