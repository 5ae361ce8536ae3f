//! Multiplication from 32-bit digits.

use crate::halves::Halves;

const DIGIT: u64 = 0xffff_ffff;

/// The low 128 bits of `a * b`, which are the same for signed and unsigned operands.
#[inline(always)]
pub fn multiply(a: u128, b: u128) -> u128 {
    let (a, b) = (Halves::of(a), Halves::of(b));
    let low = product(a.low, b.low);
    let crossed = a
        .low
        .wrapping_mul(b.high)
        .wrapping_add(a.high.wrapping_mul(b.low));
    Halves {
        high: low.high.wrapping_add(crossed),
        low: low.low,
    }
    .join()
}

/// The whole product of two 64-bit values.
#[inline(always)]
pub(crate) fn product(a: u64, b: u64) -> Halves {
    let (a1, a0) = (a >> 32, a & DIGIT);
    let (b1, b0) = (b >> 32, b & DIGIT);
    let low = a0.wrapping_mul(b0);
    // Neither sum can wrap: a product of two digits leaves room for two more digits.
    let middle = a1.wrapping_mul(b0).wrapping_add(low >> 32);
    let other = a0.wrapping_mul(b1).wrapping_add(middle & DIGIT);
    let high = a1
        .wrapping_mul(b1)
        .wrapping_add(middle >> 32)
        .wrapping_add(other >> 32);
    Halves {
        high,
        low: (other << 32) | (low & DIGIT),
    }
}
