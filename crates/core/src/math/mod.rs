//! Integer arithmetic of the engine: exact products of two factors, divided and rounded once.
//!
//! * Every rounding direction stands in the name: `_floor` towards minus infinity, `_ceil` towards
//!   plus infinity, for signed values too. The caller picks the one against the party that acts.
//! * A result that does not fit, or a zero divisor, is `None`. Nothing wraps, saturates or panics:
//!   divisors are `NonZero` inside, and `wrapping_*` stands only where the comment beside it says
//!   why nothing is lost.
//! * On SBF a 64-bit division costs one unit and an overflow-checked wide product 50 (`u64`) or
//!   177 (`u128`), so products here are built from limbs and divided exactly.
//!
//! Which to take, cheapest first: [`ppm_mul_floor`] for a ratio, [`mul_pow10_div_floor`] for a
//! decimal scale known at compile time, [`mul_pow10_div_floor_by`] for one known at run time,
//! [`mul_div_floor`] for any divisor, [`mul_div_floor_u128`] only where an operand needs 128 bits.

mod decimal;
mod index;
mod mul_div;
mod ppm;
mod signed;
mod sqrt;
mod wide;

pub use decimal::{
    MAX_EXPONENT, mul_pow10_div_ceil, mul_pow10_div_ceil_by, mul_pow10_div_floor,
    mul_pow10_div_floor_by,
};
pub use index::{
    grown_mul_shift64_ceil, i128_from_halves, i128_halves, mul_shift64_ceil, mul_shift64_floor,
    shift64_div_ceil, shift64_div_floor, signed_mul_shift64_ceil, signed_mul_shift64_floor,
    signed_shift64_div_ceil, signed_shift64_div_floor, u128_from_halves, u128_halves,
    walked_mul_shift64_floor,
};
pub use mul_div::{mul_div_ceil, mul_div_ceil_u128, mul_div_floor, mul_div_floor_u128};
pub use ppm::{
    PPM, mul_pow10_ppm_ceil, mul_pow10_ppm_ceil_by, mul_pow10_ppm_ceil_pair, mul_pow10_ppm_floor,
    mul_pow10_ppm_floor_by, ppm_mul_ceil, ppm_mul_floor,
};
pub use signed::{
    signed_mul_div_ceil, signed_mul_div_floor, signed_mul_pow10_div_ceil,
    signed_mul_pow10_div_floor, signed_ppm_mul_ceil, signed_ppm_mul_floor, with_sign,
};
pub use sqrt::{isqrt_ceil_u64, isqrt_ceil_u128, isqrt_u64, isqrt_u128};
pub use wide::{wide_mul, wide_mul_u128};

pub(crate) use decimal::{LONG, SHORT, mul_long_pow10_ceil, mul_long_pow10_floor};
pub(crate) use mul_div::div_wide_ceil;

/// A quotient and whether something was left over, rounded up.
#[inline]
fn round_up(quotient: u64, inexact: bool) -> Option<u64> {
    quotient.checked_add(u64::from(inexact))
}
