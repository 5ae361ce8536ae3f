//! Every function of `math` against big integers.

mod numbers;

use bulwark_core::math::*;
use bulwark_core::units::value_exponent;
use num_bigint::BigInt;
use numbers::*;
use proptest::prelude::*;

/// Calls `$check::<K>(arguments)` for every exponent the short way covers.
macro_rules! for_each_exponent {
    ($check:ident($($argument:expr),*)) => {
        for_each_exponent!(@ $check($($argument),*) 0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (@ $check:ident $arguments:tt $($k:literal)*) => {
        $(for_each_exponent!(# $check $k $arguments);)*
    };
    (# $check:ident $k:literal ($($argument:expr),*)) => { $check::<$k>($($argument),*)? };
}

type Checked = Result<(), TestCaseError>;

fn check_pow10<const K: u32>(a: u64, b: u64) -> Checked {
    let product = big(a) * b;
    prop_assert_eq!(mul_pow10_div_floor::<K>(a, b), floor(&product, &pow10(K)));
    prop_assert_eq!(mul_pow10_div_ceil::<K>(a, b), ceil(&product, &pow10(K)));
    let product = big(a.cast_signed()) * b;
    let a = a.cast_signed();
    prop_assert_eq!(
        signed_mul_pow10_div_floor::<K>(a, b),
        floor(&product, &pow10(K))
    );
    prop_assert_eq!(
        signed_mul_pow10_div_ceil::<K>(a, b),
        ceil(&product, &pow10(K))
    );
    Ok(())
}

fn check_pow10_ppm<const K: u32>(a: u64, b: u64, ppm: u32) -> Checked {
    let product = big(a) * b;
    let fits = floor::<u64>(&product, &pow10(K)).is_some();
    let product = product * ppm;
    let low = floor(&product, &pow10(K + 6)).filter(|_| fits);
    let high = ceil(&product, &pow10(K + 6)).filter(|_| fits);
    prop_assert_eq!(mul_pow10_ppm_floor::<K>(a, b, ppm), low);
    prop_assert_eq!(mul_pow10_ppm_ceil::<K>(a, b, ppm), high);
    Ok(())
}

proptest! {
    #![proptest_config(config(4_000))]

    #[test]
    fn wide_products(a in word(), b in word(), c in wide_word(), d in wide_word()) {
        let (hi, lo) = wide_mul(a, b);
        prop_assert_eq!((big(hi) << 64) + lo, big(a) * b);
        let (hi, lo) = wide_mul_u128(c, d);
        prop_assert_eq!((big(hi) << 128) + lo, big(c) * d);
    }

    #[test]
    fn mul_div((a, b, d) in fraction()) {
        let product = big(a) * b;
        prop_assert_eq!(mul_div_floor(a, b, d), floor(&product, &big(d)));
        prop_assert_eq!(mul_div_ceil(a, b, d), ceil(&product, &big(d)));
    }

    #[test]
    fn signed_mul_div((a, b, d) in signed_fraction()) {
        let product = big(a) * b;
        prop_assert_eq!(signed_mul_div_floor(a, b, d), floor(&product, &big(d)));
        prop_assert_eq!(signed_mul_div_ceil(a, b, d), ceil(&product, &big(d)));
    }

    #[test]
    fn pow10_constant(a in word(), b in word()) {
        for_each_exponent!(check_pow10(a, b));
    }

    /// `10^K·2^64 / b` and its neighbours: where the result leaves its range.
    #[test]
    fn pow10_at_the_edge(b in 1..=u64::MAX, bits in 63u32..=64, step in -2i64..=2) {
        fn edge<const K: u32>(b: u64, bits: u32, step: i64) -> Checked {
            let Some(a) = floor::<u64>(&(pow10(K) << bits), &big(b)) else { return Ok(()) };
            check_pow10::<K>(a.wrapping_add_signed(step), b)?;
            check_pow10::<K>(a.wrapping_add_signed(step).wrapping_neg(), b)?;
            check_pow10_ppm::<K>(a.wrapping_add_signed(step), b, PPM)
        }
        for_each_exponent!(edge(b, bits, step));
    }

    #[test]
    fn pow10_by(a in word(), b in word(), exponent in 0u32..=MAX_EXPONENT + 2) {
        let (product, scale) = (big(a) * b, pow10(exponent));
        let known = exponent <= MAX_EXPONENT;
        let low = floor(&product, &scale).filter(|_| known);
        let high = ceil(&product, &scale).filter(|_| known);
        prop_assert_eq!(mul_pow10_div_floor_by(a, b, exponent), low);
        prop_assert_eq!(mul_pow10_div_ceil_by(a, b, exponent), high);
    }

    #[test]
    fn pow10_ppm_constant(a in word(), b in word(), ppm in ratio()) {
        for_each_exponent!(check_pow10_ppm(a, b, ppm));
    }

    #[test]
    fn pow10_ppm_by(a in word(), b in word(), exponent in 0u32..=MAX_EXPONENT + 2, ppm in ratio()) {
        let product = big(a) * b;
        let fits = exponent <= MAX_EXPONENT && floor::<u64>(&product, &pow10(exponent)).is_some();
        let (product, scale) = (product * ppm, pow10(exponent + 6));
        let low = floor(&product, &scale).filter(|_| fits);
        let high = ceil(&product, &scale).filter(|_| fits);
        prop_assert_eq!(mul_pow10_ppm_floor_by(a, b, exponent, ppm), low);
        prop_assert_eq!(mul_pow10_ppm_ceil_by(a, b, exponent, ppm), high);
    }

    #[test]
    fn ppm(value in word(), ppm in ratio()) {
        let whole = big(PPM);
        let product = big(value) * ppm;
        prop_assert_eq!(ppm_mul_floor(value, ppm), floor(&product, &whole));
        prop_assert_eq!(ppm_mul_ceil(value, ppm), ceil(&product, &whole));
        let value = value.cast_signed();
        let product = big(value) * ppm;
        prop_assert_eq!(signed_ppm_mul_floor(value, ppm), floor(&product, &whole));
        prop_assert_eq!(signed_ppm_mul_ceil(value, ppm), ceil(&product, &whole));
    }

    #[test]
    fn signs(negative: bool, magnitude in word()) {
        let value = big(magnitude) * if negative { -1 } else { 1 };
        prop_assert_eq!(with_sign(negative, magnitude), i64::try_from(value).ok());
    }

    #[test]
    fn halves(value in wide_word()) {
        let (high, low) = u128_halves(value);
        prop_assert_eq!((big(high) << 64) + low, big(value));
        prop_assert_eq!(u128_from_halves(high, low), value);
        prop_assert_eq!(i128_from_halves(high, low), value.cast_signed());
        prop_assert_eq!(i128_halves(value.cast_signed()), (high, low));
    }

    #[test]
    fn index_moves(amount in word(), d in word()) {
        let (shifted, divisor) = (big(amount) << 64, big(d));
        prop_assert_eq!(shift64_div_floor(amount, d), floor(&shifted, &divisor));
        prop_assert_eq!(shift64_div_ceil(amount, d), ceil(&shifted, &divisor));
        let amount = amount.cast_signed();
        let shifted = big(amount) << 64;
        prop_assert_eq!(signed_shift64_div_floor(amount, d), floor(&shifted, &divisor));
        prop_assert_eq!(signed_shift64_div_ceil(amount, d), ceil(&shifted, &divisor));
    }

    #[test]
    fn index_charges(index in wide_word(), units in word()) {
        let product = big(index) * units;
        prop_assert_eq!(mul_shift64_floor(index, units), floor(&product, &two64()));
        prop_assert_eq!(mul_shift64_ceil(index, units), ceil(&product, &two64()));
    }

    #[test]
    fn signed_index_charges(index in signed_wide(), units in signed()) {
        let product = big(index) * units;
        prop_assert_eq!(signed_mul_shift64_floor(index, units), floor(&product, &two64()));
        prop_assert_eq!(signed_mul_shift64_ceil(index, units), ceil(&product, &two64()));
    }

    #[test]
    fn square_roots(n in word(), wide in wide_word()) {
        let exact = |n: BigInt| { let root = n.sqrt(); (root.clone() * &root == n, root) };
        let (square, root) = exact(big(n));
        prop_assert_eq!(big(isqrt_u64(n)), root.clone());
        prop_assert_eq!(big(isqrt_ceil_u64(n)), root + u8::from(!square));
        let (square, root) = exact(big(wide));
        prop_assert_eq!(big(isqrt_u128(wide)), root.clone());
        prop_assert_eq!(big(isqrt_ceil_u128(wide)), root + u8::from(!square));
    }

    /// Squares and their neighbours.
    #[test]
    fn square_roots_of_squares(root in 1..=u64::MAX) {
        let square = u128::from(root) * u128::from(root);
        prop_assert_eq!(isqrt_u128(square), root);
        prop_assert_eq!(isqrt_u128(square - 1), root - 1);
        prop_assert_eq!(isqrt_ceil_u128(square), u128::from(root));
        prop_assert_eq!(isqrt_ceil_u128(square + 1), u128::from(root) + 1);
        let root = root >> 32;
        let square = root * root;
        prop_assert_eq!(isqrt_u64(square), root);
        prop_assert_eq!(isqrt_ceil_u64(square), root);
        prop_assert_eq!(isqrt_u64(square.saturating_sub(1)), root.saturating_sub(1));
        prop_assert_eq!(isqrt_ceil_u64(square + 1), root + 1);
    }

    #[test]
    fn value_exponents(decimals in 0u8..20, unit_exp in 0u8..20) {
        let exponent = u32::from(decimals) + u32::from(unit_exp) + 2;
        let known = exponent <= MAX_EXPONENT;
        prop_assert_eq!(value_exponent(decimals, unit_exp), known.then_some(exponent));
    }
}

proptest! {
    // Long division in 64-bit digits has rare corrections: more cases.
    #![proptest_config(config(40_000))]

    #[test]
    fn mul_div_u128((a, b, d) in wide_fraction()) {
        let product = big(a) * b;
        prop_assert_eq!(mul_div_floor_u128(a, b, d), floor(&product, &big(d)));
        prop_assert_eq!(mul_div_ceil_u128(a, b, d), ceil(&product, &big(d)));
    }
}

/// Every pair and triple of the values where carries, shifts and guesses break.
#[test]
fn edges_in_all_combinations() {
    let mut edges = vec![
        0,
        1,
        2,
        3,
        5,
        10,
        1_000_000,
        u64::MAX,
        u64::MAX - 1,
        u64::MAX / 3,
    ];
    for bit in [31, 32, 33, 43, 44, 62, 63] {
        edges.extend([(1 << bit) - 1, 1 << bit, (1 << bit) + 1]);
    }
    for (&a, &b) in edges.iter().flat_map(|a| edges.iter().map(move |b| (a, b))) {
        let product = big(a) * b;
        let wide = u128_from_halves(a, b);
        let (hi, lo) = wide_mul(a, b);
        assert_eq!((big(hi) << 64) + lo, product);
        for &d in &edges {
            assert_eq!(
                mul_div_floor(a, b, d),
                floor(&product, &big(d)),
                "{a} {b} {d}"
            );
            assert_eq!(
                mul_div_ceil(a, b, d),
                ceil(&product, &big(d)),
                "{a} {b} {d}"
            );
            for c in [1, d.into(), wide, !wide, u128_from_halves(d, a)] {
                for divisor in [u128_from_halves(d, b), u128_from_halves(b, d), d.into()] {
                    let (n, divisor_big) = (big(wide) * c, big(divisor));
                    let low = mul_div_floor_u128(wide, c, divisor);
                    assert_eq!(low, floor(&n, &divisor_big), "{wide} {c} {divisor}");
                    let high = mul_div_ceil_u128(wide, c, divisor);
                    assert_eq!(high, ceil(&n, &divisor_big), "{wide} {c} {divisor}");
                }
            }
        }
    }
}

#[test]
fn bounds_of_the_short_ppm_path() {
    for value in [(1 << 44) - 1, 1 << 44, (1 << 44) + 1] {
        for ppm in [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, u32::MAX] {
            let product = big(value) * ppm;
            assert_eq!(ppm_mul_floor(value, ppm), floor(&product, &big(PPM)));
            assert_eq!(ppm_mul_ceil(value, ppm), ceil(&product, &big(PPM)));
            // The largest remainder joins the largest short product.
            for rest in [0, 1, 999_999] {
                check_pow10_ppm::<6>(value * 1_000_000 + rest, 1, ppm).unwrap();
            }
        }
    }
}

#[test]
fn rounding_directions() {
    assert_eq!(
        (mul_div_floor(7, 1, 2), mul_div_ceil(7, 1, 2)),
        (Some(3), Some(4))
    );
    assert_eq!(
        (mul_div_floor(8, 1, 2), mul_div_ceil(8, 1, 2)),
        (Some(4), Some(4))
    );
    let halves = (
        signed_mul_div_floor(-7, 1, 2),
        signed_mul_div_ceil(-7, 1, 2),
    );
    assert_eq!(halves, (Some(-4), Some(-3)));
    let ppm = (signed_ppm_mul_floor(-1, 1), signed_ppm_mul_ceil(-1, 1));
    assert_eq!(ppm, (Some(-1), Some(0)));
    let scaled = (
        signed_mul_pow10_div_floor::<8>(-1, 1),
        signed_mul_pow10_div_ceil::<8>(-1, 1),
    );
    assert_eq!(scaled, (Some(-1), Some(0)));
    assert_eq!(signed_mul_shift64_floor(-1, 1), Some(-1));
    assert_eq!(signed_mul_shift64_ceil(-1, 1), Some(0));
    assert_eq!(signed_mul_div_floor(i64::MIN, 1, 1), Some(i64::MIN));
    assert_eq!(
        signed_mul_div_floor(i64::MIN, u64::MAX, u64::MAX),
        Some(i64::MIN)
    );
    assert_eq!(mul_div_ceil(u64::MAX, u64::MAX, u64::MAX - 1), None);
    assert_eq!(mul_div_ceil(u64::MAX, 2, 2), Some(u64::MAX));
    assert_eq!(mul_div_floor(0, 0, 0), None);
}
