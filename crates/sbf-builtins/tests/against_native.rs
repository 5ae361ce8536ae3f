//! The arithmetic that the bytecode calls, against the host's own.

use bulwark_sbf_builtins::{divide_signed, divide_unsigned, multiply};
use proptest::prelude::*;

/// Values around every boundary that the algorithms branch on.
fn edges() -> Vec<u128> {
    let mut edges = vec![0];
    for bits in [1, 2, 16, 31, 32, 33, 48, 63, 64, 65, 95, 96, 97, 126, 127] {
        let power = 1_u128 << bits;
        edges.extend([
            power - 1,
            power,
            power + 1,
            power.wrapping_neg(),
            power | (power >> 1),
        ]);
    }
    edges.push(u128::MAX);
    edges
}

/// Any width is as likely as any other, and edges are frequent.
fn operand() -> impl Strategy<Value = u128> {
    prop_oneof![
        4 => (any::<u128>(), 0_u32..128).prop_map(|(value, shift)| value >> shift),
        1 => (any::<u128>(), 0_u32..128).prop_map(|(value, shift)| value << shift),
        1 => prop::sample::select(edges()),
    ]
}

fn check(a: u128, b: u128) {
    assert_eq!(multiply(a, b), a.wrapping_mul(b), "{a:#x} * {b:#x}");
    let (sa, sb) = (a as i128, b as i128);
    if b == 0 {
        assert_eq!(divide_unsigned(a, b), (0, 0));
        assert_eq!(divide_signed(sa, sb), (0, 0));
        return;
    }
    assert_eq!(divide_unsigned(a, b), (a / b, a % b), "{a:#x} / {b:#x}");
    let native = (sa.wrapping_div(sb), sa.wrapping_rem(sb));
    assert_eq!(divide_signed(sa, sb), native, "{sa} / {sb}");
}

#[test]
fn every_pair_of_edges() {
    for a in edges() {
        for b in edges() {
            check(a, b);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50_000))]

    #[test]
    fn random_pairs(a in operand(), b in operand()) {
        check(a, b);
    }

    /// Quotients next to a multiple of the divisor, where an estimate is off by one.
    #[test]
    fn next_to_a_multiple(quotient in operand(), d in operand(), offset in 0_u128..3) {
        let multiple = quotient.wrapping_mul(d);
        check(multiple.wrapping_add(offset), d);
        check(multiple.wrapping_sub(offset), d);
    }
}
