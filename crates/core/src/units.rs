//! Units, by the names that every comment uses. Layouts hold bare integers and rules compute on
//! them with [`crate::math`], whose names say how they round.
//!
//! | unit | what | range |
//! |---|---|---|
//! | `UsdE6` | money, 1e-6 USD | `i64` where it can be owed: ±$9.2 trillion |
//! | `PriceE8` | price or distance of prices, 1e-8 USD per unit of the feed | `u64`: $184 billion |
//! | `BaseE8` | size of a position or an order, 1e-8 units of the feed; positive is long | `i64` |
//! | token units | collateral in the native units of its mint | `u64` |
//! | ppm | ratio, 1e-6: weights, fees, shares | `u32` |
//! | e9 | ratio, 1e-9: returns, margins | `u64` |
//! | e18 | variance of returns per second, 1e-18 | `u64` |
//!
//! The unit of a feed is `10^unit_exp` tokens.

use crate::math;

/// The decimal exponent between native units × price in `PriceE8` and money in `UsdE6`: a unit of
/// the feed is `10^(decimals + unit_exp)` native units. `None` above [`math::MAX_EXPONENT`].
#[inline]
pub fn value_exponent(decimals: u8, unit_exp: u8) -> Option<u32> {
    let exponent = u32::from(decimals)
        .checked_add(u32::from(unit_exp))?
        .checked_add(2)?;
    (exponent <= math::MAX_EXPONENT).then_some(exponent)
}
