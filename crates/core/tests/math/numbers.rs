//! Numbers to try and the big integers that the answers are compared with.

use bulwark_core::math::{PPM, u128_from_halves};
use num_bigint::BigInt;
use num_traits::Pow;
use proptest::prelude::*;

/// `cases` is the least; the variable PROPTEST_CASES may ask for more.
pub fn config(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig {
        cases: cases.max(asked.cases),
        failure_persistence: None,
        ..asked
    }
}

pub fn big<T: Into<BigInt>>(value: T) -> BigInt {
    value.into()
}

pub fn pow10(exponent: u32) -> BigInt {
    big(10).pow(exponent)
}

pub fn two64() -> BigInt {
    big(1) << 64
}

/// `⌊n/d⌋` for `d > 0`, narrowed; `None` for `d = 0` or where it does not fit.
pub fn floor<T: TryFrom<BigInt>>(n: &BigInt, d: &BigInt) -> Option<T> {
    if *d == big(0) {
        return None;
    }
    let quotient = n / d;
    let below = n - &quotient * d < big(0);
    T::try_from(quotient - big(u8::from(below))).ok()
}

/// `⌈n/d⌉` for `d > 0`, narrowed.
pub fn ceil<T: TryFrom<BigInt>>(n: &BigInt, d: &BigInt) -> Option<T> {
    if *d == big(0) {
        return None;
    }
    let quotient = n / d;
    let above = n - &quotient * d > big(0);
    T::try_from(quotient + big(u8::from(above))).ok()
}

pub fn near(value: u64) -> impl Strategy<Value = u64> {
    (-2i64..=2).prop_map(move |step| value.wrapping_add_signed(step))
}

/// 64-bit values of every size, with the edges over-represented.
pub fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => any::<u64>(),
        3 => (any::<u64>(), 0u32..64).prop_map(|(value, shift)| value >> shift),
        2 => (0u32..64).prop_flat_map(|bit| near(1 << bit)),
        1 => (0u32..20).prop_flat_map(|exponent| near(10u64.pow(exponent))),
        1 => near(0),
        1 => (0u32..32, 0u32..32).prop_map(|(high, low)| (1 << (high + 32)) | ((1 << low) - 1)),
        1 => near(i64::MAX.unsigned_abs()),
    ]
}

/// Likewise with 128 bits, among them limbs that make long division guess wrong.
pub fn wide_word() -> impl Strategy<Value = u128> {
    prop_oneof![
        4 => (word(), word()).prop_map(|(high, low)| u128_from_halves(high, low)),
        2 => word().prop_map(u128::from),
        2 => (any::<u128>(), 0u32..128).prop_map(|(value, shift)| value >> shift),
        1 => (0u32..128, -1i8..=1)
            .prop_map(|(bit, step)| (1u128 << bit).wrapping_add_signed(step.into())),
    ]
}

pub fn signed() -> impl Strategy<Value = i64> {
    word().prop_map(u64::cast_signed)
}

pub fn signed_wide() -> impl Strategy<Value = i128> {
    prop_oneof![
        wide_word().prop_map(u128::cast_signed),
        signed().prop_map(i128::from)
    ]
}

pub fn ratio() -> impl Strategy<Value = u32> {
    prop_oneof![
        3 => 0..=2_000_000u32,
        1 => any::<u32>(),
        1 => (0u32..32, -1i8..=1)
            .prop_map(|(bit, step)| (1u32 << bit).wrapping_add_signed(step.into())),
        1 => Just(PPM),
    ]
}

/// Factors and a divisor, half of the time around the smallest one whose quotient fits.
pub fn fraction() -> impl Strategy<Value = (u64, u64, u64)> {
    (word(), word(), word(), any::<bool>(), -2i64..=2).prop_map(|(a, b, d, close, step)| {
        let limit = ((u128::from(a) * u128::from(b)) >> 64) as u64;
        (
            a,
            b,
            if close {
                limit.wrapping_add_signed(step)
            } else {
                d
            },
        )
    })
}

pub fn wide_fraction() -> impl Strategy<Value = (u128, u128, u128)> {
    let step = -2i128..=2;
    (wide_word(), wide_word(), wide_word(), any::<bool>(), step).prop_map(
        |(a, b, d, close, step)| {
            let limit = u128::try_from((big(a) * b) >> 128).unwrap();
            (
                a,
                b,
                if close {
                    limit.wrapping_add_signed(step)
                } else {
                    d
                },
            )
        },
    )
}

/// A signed dividend with a 64-bit factor and a divisor around the edge of the result's range.
pub fn signed_fraction() -> impl Strategy<Value = (i64, u64, u64)> {
    (signed(), word(), word(), any::<bool>(), -2i64..=2).prop_map(|(a, b, d, close, step)| {
        let limit = ((u128::from(a.unsigned_abs()) * u128::from(b)) >> 63) as u64;
        (
            a,
            b,
            if close {
                limit.wrapping_add_signed(step)
            } else {
                d
            },
        )
    })
}
