//! Division by cases: the narrower the operands, the fewer compute units it takes.

use crate::halves::Halves;
use crate::multiply::product;

const DIGIT: u64 = 0xffff_ffff;

/// Quotient and remainder. A zero divisor, which rustc's own check keeps out, gives zeros.
#[inline(always)]
pub fn divide_unsigned(n: u128, d: u128) -> (u128, u128) {
    let (quotient, remainder) = divide(Halves::of(n), Halves::of(d));
    (quotient.join(), remainder.join())
}

/// Quotient rounded toward zero, and remainder with the sign of the dividend. `MIN / -1`, which
/// rustc's own check keeps out, wraps to `MIN`.
#[inline(always)]
pub fn divide_signed(n: i128, d: i128) -> (i128, i128) {
    let (n, d) = (Halves::of(n as u128), Halves::of(d as u128));
    let (n_negative, d_negative) = ((n.high as i64) < 0, (d.high as i64) < 0);
    let n = if n_negative { n.negated() } else { n };
    let d = if d_negative { d.negated() } else { d };
    let (quotient, remainder) = divide(n, d);
    let quotient = if n_negative == d_negative {
        quotient
    } else {
        quotient.negated()
    };
    let remainder = if n_negative {
        remainder.negated()
    } else {
        remainder
    };
    (quotient.join() as i128, remainder.join() as i128)
}

#[inline(always)]
fn divide(n: Halves, d: Halves) -> (Halves, Halves) {
    if d.high != 0 {
        return divide_by_wide(n, d);
    }
    if d.low == 0 {
        return (Halves { high: 0, low: 0 }, Halves { high: 0, low: 0 });
    }
    if n.high == 0 {
        let (quotient, remainder) = (n.low / d.low, n.low % d.low);
        return (
            Halves {
                high: 0,
                low: quotient,
            },
            Halves {
                high: 0,
                low: remainder,
            },
        );
    }
    let high = n.high / d.low;
    let rest = n.high.wrapping_sub(high.wrapping_mul(d.low));
    let (low, remainder) = if d.low <= DIGIT {
        divide_by_digit(rest, n.low, d.low)
    } else {
        let shift = leading_zeros(d.low);
        // Two shifts, because one by 64 would be none at all when `shift` is zero.
        let carried = (n.low >> 1).wrapping_shr(63 - shift);
        let (low, remainder) = divide_normalised(
            rest.wrapping_shl(shift) | carried,
            n.low.wrapping_shl(shift),
            d.low.wrapping_shl(shift),
        );
        (low, remainder.wrapping_shr(shift))
    };
    (
        Halves { high, low },
        Halves {
            high: 0,
            low: remainder,
        },
    )
}

/// `high:low / d` for a divisor of 32 bits and `high < d`: two steps of long division.
#[inline(always)]
fn divide_by_digit(high: u64, low: u64, d: u64) -> (u64, u64) {
    if d == 0 {
        return (0, 0);
    }
    let first = (high << 32) | (low >> 32);
    let q1 = first / d;
    let second = (first.wrapping_sub(q1.wrapping_mul(d)) << 32) | (low & DIGIT);
    let q0 = second / d;
    ((q1 << 32) | q0, second.wrapping_sub(q0.wrapping_mul(d)))
}

/// `high:low / d` for a divisor whose top bit is set and `high < d`: Knuth's algorithm D with two
/// digits of 32 bits (TAOCP volume 2, section 4.3.1; Hacker's Delight, `divlu`).
#[inline(always)]
fn divide_normalised(high: u64, low: u64, d: u64) -> (u64, u64) {
    let q1 = estimate(high, low >> 32, d);
    let middle = ((high << 32) | (low >> 32)).wrapping_sub(q1.wrapping_mul(d));
    let q0 = estimate(middle, low & DIGIT, d);
    let remainder = ((middle << 32) | (low & DIGIT)).wrapping_sub(q0.wrapping_mul(d));
    ((q1 << 32) | q0, remainder)
}

/// One exact digit of the quotient of `high` and the `next` digit by `d`.
#[inline(always)]
fn estimate(high: u64, next: u64, d: u64) -> u64 {
    let (d1, d0) = (d >> 32, d & DIGIT);
    if d1 == 0 {
        return 0;
    }
    let mut digit = high / d1;
    let mut rest = high.wrapping_sub(digit.wrapping_mul(d1));
    // The first guess is too large by at most two.
    while digit > DIGIT || digit.wrapping_mul(d0) > ((rest << 32) | next) {
        digit = digit.wrapping_sub(1);
        rest = rest.wrapping_add(d1);
        if rest > DIGIT {
            break;
        }
    }
    digit
}

/// Division by more than 64 bits: the quotient of the leading 64 bits is right or too large by one
/// (Hacker's Delight, section 9-5).
#[inline(always)]
fn divide_by_wide(n: Halves, d: Halves) -> (Halves, Halves) {
    if n.is_below(d) {
        return (Halves { high: 0, low: 0 }, n);
    }
    let shift = leading_zeros(d.high);
    let leading = d.high.wrapping_shl(shift) | (d.low >> 1).wrapping_shr(63 - shift);
    let halved = Halves {
        high: n.high >> 1,
        low: (n.high << 63) | (n.low >> 1),
    };
    let (estimate, _) = divide_normalised(halved.high, halved.low, leading);
    // Undoes the shift of the divisor and the halving of the dividend.
    let guess = estimate.wrapping_shr(63 - shift);
    // One less is right or too small by one, so that the product never exceeds `n`.
    let mut quotient = guess.wrapping_sub(u64::from(guess != 0));
    let mut taken = product(quotient, d.low);
    taken.high = taken.high.wrapping_add(quotient.wrapping_mul(d.high));
    let mut remainder = n.minus(taken);
    if !remainder.is_below(d) {
        quotient = quotient.wrapping_add(1);
        remainder = remainder.minus(d);
    }
    (
        Halves {
            high: 0,
            low: quotient,
        },
        remainder,
    )
}

/// By halving the field: the processor has no such instruction, and LLVM's own way takes twice as
/// many.
#[inline(always)]
fn leading_zeros(value: u64) -> u32 {
    let (mut value, mut zeros) = (value, 0);
    for width in [32, 16, 8, 4, 2, 1] {
        if value >> (64 - width) == 0 {
            zeros += width;
            value <<= width;
        }
    }
    zeros
}
