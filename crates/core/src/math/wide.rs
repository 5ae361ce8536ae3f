//! Full products and the divisions that undo them. Every `wrapping_*` here is limb arithmetic:
//! the comment at the line proves that nothing is lost or that the loss is meant.

use core::num::{NonZeroU64, NonZeroU128};

pub(super) const LOW32: u64 = 0xffff_ffff;

/// The constant as a divisor. Zero becomes one: callers pass non-zero constants only.
pub(super) const fn non_zero(value: u64) -> NonZeroU64 {
    match NonZeroU64::new(value) {
        Some(value) => value,
        None => NonZeroU64::MIN,
    }
}

#[inline]
pub(super) const fn join(hi: u64, lo: u64) -> u128 {
    ((hi as u128) << 64) | lo as u128
}

/// `(high, low)` halves; both casts take exactly the 64 bits meant.
#[inline]
pub(super) const fn split(value: u128) -> (u64, u64) {
    ((value >> 64) as u64, value as u64)
}

/// `a · b` in full, as `(high, low)` 64-bit halves. 34 to 39 units on SBF.
#[inline]
#[must_use]
pub const fn wide_mul(a: u64, b: u64) -> (u64, u64) {
    let (a_hi, a_lo) = (a >> 32, a & LOW32);
    let (b_hi, b_lo) = (b >> 32, b & LOW32);
    // Products of two 32-bit limbs are at most (2^32 - 1)^2 and leave room for two more limbs.
    let low = a_lo.wrapping_mul(b_lo);
    let cross = a_hi.wrapping_mul(b_lo).wrapping_add(low >> 32);
    let middle = a_lo.wrapping_mul(b_hi).wrapping_add(cross & LOW32);
    let high = a_hi
        .wrapping_mul(b_hi)
        .wrapping_add(cross >> 32)
        .wrapping_add(middle >> 32);
    (high, (middle << 32) | (low & LOW32))
}

/// `a · b` in full, as `(high, low)` 128-bit halves.
#[inline]
#[must_use]
pub const fn wide_mul_u128(a: u128, b: u128) -> (u128, u128) {
    let ((a_hi, a_lo), (b_hi, b_lo)) = (split(a), split(b));
    let low = product(a_lo, b_lo);
    if a_hi | b_hi == 0 {
        return (0, low);
    }
    // As in `wide_mul`, one size up: limb products leave room for two more limbs.
    let (low_hi, low_lo) = split(low);
    let cross = product(a_hi, b_lo).wrapping_add(low_hi as u128);
    let (cross_hi, cross_lo) = split(cross);
    let middle = product(a_lo, b_hi).wrapping_add(cross_lo as u128);
    let (middle_hi, middle_lo) = split(middle);
    let high = product(a_hi, b_hi)
        .wrapping_add(cross_hi as u128)
        .wrapping_add(middle_hi as u128);
    (high, join(middle_lo, low_lo))
}

#[inline]
pub(super) const fn product(a: u64, b: u64) -> u128 {
    let (hi, lo) = wide_mul(a, b);
    join(hi, lo)
}

/// `(hi·2^64 + lo) / divisor` and the remainder, for `hi < divisor`: then the quotient has 64 bits.
#[inline]
pub(super) fn div_128_by_64(hi: u64, lo: u64, divisor: NonZeroU64) -> (u64, u64) {
    if hi == 0 {
        return (lo / divisor, lo % divisor);
    }
    if divisor.get() <= LOW32 {
        return div_by_short(hi, lo, divisor);
    }
    // Knuth's algorithm D in 32-bit digits, on a divisor shifted until its top bit is set.
    let shift = divisor.leading_zeros();
    let divisor = divisor.get().wrapping_shl(shift);
    // A shift by 64 - 0 would be none at all, so it is split into 1 and 63 - 0.
    let hi = hi.wrapping_shl(shift) | (lo >> 1).wrapping_shr(shift ^ 63);
    let lo = lo.wrapping_shl(shift);
    let (q_hi, rest) = digit(hi, lo >> 32, divisor);
    let (q_lo, rest) = digit(rest, lo & LOW32, divisor);
    ((q_hi << 32) | q_lo, rest.wrapping_shr(shift))
}

/// [`div_128_by_64`] for `hi < divisor < 2^32`: two plain divisions.
#[inline]
pub(super) fn div_by_short(hi: u64, lo: u64, divisor: NonZeroU64) -> (u64, u64) {
    // Each partial dividend is (rest < divisor < 2^32)·2^32 + digit: its quotient has 32 bits.
    let upper = (hi << 32) | (lo >> 32);
    let lower = ((upper % divisor) << 32) | (lo & LOW32);
    (
        ((upper / divisor) << 32) | (lower / divisor),
        lower % divisor,
    )
}

/// One 32-bit quotient digit of `(rest·2^32 + next) / divisor` and the new rest, for
/// `rest < divisor` and the divisor's top bit set.
#[inline]
fn digit(rest: u64, next: u64, divisor: u64) -> (u64, u64) {
    const TOP: NonZeroU64 = non_zero(1 << 31);
    // The top bit is set already; `|` tells the type so.
    let upper = TOP | (divisor >> 32);
    let lower = divisor & LOW32;
    let mut guess = rest / upper;
    let mut left = rest % upper;
    // The guess is at most two too high. It is at most 2^32 + 1, since rest < upper·2^32 + lower
    // and upper >= 2^31, so its product with lower < 2^32 has 64 bits. A guess of 2^32 or more
    // leaves left < lower, hence is above the right side too.
    while guess.wrapping_mul(lower) > (left << 32) | next {
        guess = guess.wrapping_sub(1);
        left = left.wrapping_add(upper.get());
        if left > LOW32 {
            break;
        }
    }
    // The true rest is below the divisor, so arithmetic modulo 2^64 gives it exactly.
    let rest = ((rest << 32) | next).wrapping_sub(guess.wrapping_mul(divisor));
    (guess, rest)
}

/// `(hi·2^128 + lo) / divisor` and the remainder, for `hi < divisor`: then the quotient has 128
/// bits.
pub(super) fn div_256_by_128(hi: u128, lo: u128, divisor: NonZeroU128) -> (u128, u128) {
    let (divisor_hi, divisor_lo) = split(divisor.get());
    if divisor_hi == 0 {
        // hi < divisor < 2^64: schoolbook with one digit.
        let divisor = non_zero(divisor_lo);
        let ((_, hi), (lo_hi, lo_lo)) = (split(hi), split(lo));
        let (q_hi, rest) = if hi == 0 {
            (lo_hi / divisor, lo_hi % divisor)
        } else {
            div_128_by_64(hi, lo_hi, divisor)
        };
        let (q_lo, rest) = div_128_by_64(rest, lo_lo, divisor);
        return (join(q_hi, q_lo), u128::from(rest));
    }
    if hi == 0 {
        let quotient = lo / divisor;
        // quotient·divisor <= lo: nothing wraps.
        return (
            quotient,
            lo.wrapping_sub(quotient.wrapping_mul(divisor.get())),
        );
    }
    let shift = divisor.leading_zeros();
    let divisor = divisor.get().wrapping_shl(shift);
    let hi = hi.wrapping_shl(shift) | (lo >> 1).wrapping_shr(shift ^ 127);
    let (lo_hi, lo_lo) = split(lo.wrapping_shl(shift));
    let (q_hi, rest) = wide_digit(hi, lo_hi, divisor);
    let (q_lo, rest) = wide_digit(rest, lo_lo, divisor);
    (join(q_hi, q_lo), rest.wrapping_shr(shift))
}

/// [`digit`] one size up: one 64-bit quotient digit of `(rest·2^64 + next) / divisor`.
#[inline]
fn wide_digit(rest: u128, next: u64, divisor: u128) -> (u64, u128) {
    let (rest_hi, rest_lo) = split(rest);
    let (upper, lower) = split(divisor);
    let mut guess = u64::MAX;
    // None once the rest of the guess exceeds 64 bits: then the guess is right.
    let mut left = if rest_hi < upper {
        let (quotient, left) = div_128_by_64(rest_hi, rest_lo, non_zero(upper));
        guess = quotient;
        Some(left)
    } else {
        // rest_hi = upper, since rest < divisor: the digit is 2^64 - 1 or a little less.
        rest_lo.checked_add(upper)
    };
    while let Some(known) = left {
        if product(guess, lower) <= join(known, next) {
            break;
        }
        guess = guess.wrapping_sub(1);
        left = known.checked_add(upper);
    }
    // The true rest is below the divisor, so arithmetic modulo 2^128 gives it exactly.
    let taken = u128::from(guess).wrapping_mul(divisor);
    (guess, join(rest_lo, next).wrapping_sub(taken))
}
