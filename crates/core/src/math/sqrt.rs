//! Integer square roots.

use super::wide::{non_zero, product};

/// `⌊√n⌋`. 79 to 135 units on SBF.
#[must_use]
pub fn isqrt_u64(n: u64) -> u64 {
    if n == 0 {
        return 0;
    }
    // Newton from a power of two at or above the root: falls strictly until it stands on the root.
    let bits = 64u32.wrapping_sub(n.leading_zeros()); // 1 to 64
    let mut root = 1u64.wrapping_shl(bits.wrapping_add(1) >> 1); // at most 2^32
    loop {
        // root is at least 1 and at most 2^32, and n/root below 2^33: the sum has 64 bits.
        let next = root.wrapping_add(n / non_zero(root)) >> 1;
        if next >= root {
            return root;
        }
        root = next;
    }
}

/// `⌈√n⌉`.
#[must_use]
pub fn isqrt_ceil_u64(n: u64) -> u64 {
    let root = isqrt_u64(n);
    // root < 2^32, so neither its square nor its successor wraps.
    root.wrapping_add(u64::from(root.wrapping_mul(root) != n))
}

/// `⌊√n⌋`, which always has 64 bits. 394 units on SBF.
#[must_use]
pub fn isqrt_u128(n: u128) -> u64 {
    // The root of a number below 2^128 is below 2^64: the cast drops nothing.
    n.isqrt() as u64
}

/// `⌈√n⌉`, at most 2^64.
#[must_use]
pub fn isqrt_ceil_u128(n: u128) -> u128 {
    let root = isqrt_u128(n);
    // root < 2^64: its successor does not wrap.
    u128::from(root).wrapping_add(u128::from(product(root, root) != n))
}
