//! The short ways of `math` against the long ones: differences of indexes, two ratios of one
//! product, decimal scales known at run time.

use bulwark_core::math::*;
use num_bigint::BigInt;
use proptest::prelude::*;

fn floor(n: BigInt, d: BigInt) -> BigInt {
    let quotient = &n / &d;
    let below = &n - &quotient * &d < BigInt::from(0);
    quotient - BigInt::from(u8::from(below))
}

/// Words of every size.
fn wide() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0u32..128).prop_map(|(value, shift)| value >> shift)
}

fn word() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0u32..64).prop_map(|(value, shift)| value >> shift)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_signed_index_credits_the_exact_floor(
        then in wide(), step in wide(), falls: bool, negative: bool, units in word(),
    ) {
        let then = if negative { then.wrapping_neg() } else { then } as i128;
        let step = if falls { step.wrapping_neg() } else { step } as i128;
        let index = then.wrapping_add(step);
        for units in [units as i64, (units as i64).wrapping_neg()] {
            let exact = BigInt::from(index) - BigInt::from(then);
            let fits = i128::try_from(exact.clone()).is_ok();
            let expected = floor(exact * units, BigInt::from(1u128 << 64));
            let expected = i64::try_from(expected).ok().filter(|_| fits);
            let got = walked_mul_shift64_floor(i128_halves(index), i128_halves(then), units);
            prop_assert_eq!(got, expected, "{} − {} times {}", index, then, units);
        }
    }

    #[test]
    fn a_growing_index_charges_the_exact_ceiling(then in wide(), index in wide(), units in word()) {
        let exact = BigInt::from(index) - BigInt::from(then);
        let expected = (index >= then)
            .then(|| -floor(-exact * units, BigInt::from(1u128 << 64)))
            .and_then(|charge| u64::try_from(charge).ok());
        let got = grown_mul_shift64_ceil(u128_halves(index), u128_halves(then), units);
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn a_pair_is_what_two_would_be(
        a in word(), b in word(), first: u32, second in 0u32..1_000_000
    ) {
        let apart = [first, second].map(|ppm| mul_pow10_ppm_ceil::<10>(a, b, ppm));
        let pair = mul_pow10_ppm_ceil_pair::<10>(a, b, [first, second]);
        prop_assert_eq!(pair, apart[0].zip(apart[1]).map(|(first, second)| [first, second]));
    }

    #[test]
    fn run_time_scales_are_exact(a in word(), b in word(), exponent in 0u32..20, ppm in word()) {
        for ppm in [ppm as u32, ppm as u32 % 1_000_001] {
            let scale = BigInt::from(10u128.pow(exponent + 6));
            let product = BigInt::from(a) * b * ppm;
            let weighed = u64::try_from(floor(product.clone(), scale.clone())).ok();
            // Documented: the product without the ratio must fit too.
            let fits = mul_pow10_div_floor_by(a, b, exponent).is_some();
            let floored = mul_pow10_ppm_floor_by(a, b, exponent, ppm);
            prop_assert_eq!(floored, weighed.filter(|_| fits));
            let ceiled = u64::try_from(-floor(-product, scale)).ok().filter(|_| fits);
            prop_assert_eq!(mul_pow10_ppm_ceil_by(a, b, exponent, ppm), ceiled);
        }
    }
}
