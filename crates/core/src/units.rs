//! Units of the engine as types: only sums and products that mean something exist.
//!
//! The number inside is public, because account layouts hold the bare integer. Operations return
//! `None` where the result leaves the type's range and never wrap, saturate or panic. Rounding is
//! in the name: `_floor` towards minus infinity, `_ceil` towards plus infinity.
//!
//! ```
//! use bulwark_core::units::{BaseE8, Ppm, PriceE8, UsdE6};
//! let size = BaseE8(-150_000_000); // short 1.5
//! let price = PriceE8(20_000_000_001); // $200.00000001
//! assert_eq!(size.notional_floor(price), Some(UsdE6(300_000_000)));
//! assert_eq!(size.notional_ceil(price), Some(UsdE6(300_000_001)));
//! assert_eq!(size.value_floor(price), Some(UsdE6(-300_000_001)));
//! assert_eq!(size.requirement_ceil(price, Ppm(50_000)), Some(UsdE6(15_000_001)));
//! ```
//!
//! What means nothing does not compile:
//!
//! ```compile_fail,E0308
//! use bulwark_core::units::{PriceE8, UsdE6};
//! let _ = UsdE6(1).checked_add(PriceE8(1));
//! ```
//! ```compile_fail,E0369
//! use bulwark_core::units::{PriceE8, UsdE6};
//! let _ = UsdE6(1) + PriceE8(1);
//! ```

use crate::math;

/// Money in 1e-6 USD, signed: ±$9.2 trillion.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsdE6(pub i64);

/// A price, or a distance between prices, in 1e-8 USD per whole unit: up to $184 billion. The unit
/// of a feed is 10^unit_exp tokens.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PriceE8(pub u64);

/// A position or order size in 1e-8 whole units; positive is long.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaseE8(pub i64);

/// Collateral in the native units of its mint.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenUnits(pub u64);

/// A ratio in 1e-6: margins, weights, fees.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ppm(pub u32);

/// A ratio in 1e-9, where ppm is too coarse: returns, deviations, margins while computed.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RatioE9(pub u64);

/// A variance of returns per second, in 1e-18.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VarE18(pub u64);

/// A slot of the cluster.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

/// Seconds since 1970 by the cluster's or a publisher's clock.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixSeconds(pub i64);

/// Size (1e-8) times price (1e-8) over money (1e-6).
const NOTIONAL_EXPONENT: u32 = 10;

const E9: u64 = 1_000_000_000;

/// Amounts of one kind add up. Prices and points in time do not: they move by distances.
macro_rules! sums {
    ($($unit:ident)*) => { $(
        impl $unit {
            pub const ZERO: Self = Self(0);

            #[inline]
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            #[inline]
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }
        }
    )* };
}

sums!(UsdE6 BaseE8 TokenUnits Ppm RatioE9);

fn usd(magnitude: Option<u64>) -> Option<UsdE6> {
    i64::try_from(magnitude?).ok().map(UsdE6)
}

impl UsdE6 {
    #[inline]
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// The amount without its sign, in 1e-6 USD.
    #[inline]
    pub const fn magnitude(self) -> u64 {
        self.0.unsigned_abs()
    }

    #[inline]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// `max(self, 0)`, written `(…)⁺` in the definitions.
    #[inline]
    pub fn positive_part(self) -> Self {
        self.max(Self::ZERO)
    }

    /// `⌊self·ratio⌋`: a haircut on what an account has.
    #[inline]
    pub fn ppm_floor(self, ratio: Ppm) -> Option<Self> {
        math::signed_ppm_mul_floor(self.0, ratio.0).map(Self)
    }

    /// `⌈self·ratio⌉`: a fee or requirement on an amount.
    #[inline]
    pub fn ppm_ceil(self, ratio: Ppm) -> Option<Self> {
        math::signed_ppm_mul_ceil(self.0, ratio.0).map(Self)
    }

    /// `⌊self·ratio⌋`.
    #[inline]
    pub fn ratio_floor(self, ratio: RatioE9) -> Option<Self> {
        math::signed_mul_pow10_div_floor::<9>(self.0, ratio.0).map(Self)
    }

    /// `⌈self·ratio⌉`.
    #[inline]
    pub fn ratio_ceil(self, ratio: RatioE9) -> Option<Self> {
        math::signed_mul_pow10_div_ceil::<9>(self.0, ratio.0).map(Self)
    }

    /// `⌊self·part/whole⌋`, both of one unit: the share of a leg that a reduction realises.
    #[inline]
    pub fn share_floor(self, part: u64, whole: u64) -> Option<Self> {
        math::signed_mul_div_floor(self.0, part, whole).map(Self)
    }

    /// `⌈self·part/whole⌉`, both of one unit.
    #[inline]
    pub fn share_ceil(self, part: u64, whole: u64) -> Option<Self> {
        math::signed_mul_div_ceil(self.0, part, whole).map(Self)
    }

    /// The largest size, with the sign of the amount, whose notional at `price` is at most it.
    /// `None` for price 0.
    #[inline]
    pub fn base_towards_zero(self, price: PriceE8) -> Option<BaseE8> {
        const SCALE: u64 = 10u64.pow(NOTIONAL_EXPONENT);
        let size = math::mul_div_floor(self.magnitude(), SCALE, price.0)?;
        math::with_sign(self.is_negative(), size).map(BaseE8)
    }

    /// The smallest size, with the sign of the amount, whose notional at `price` reaches it.
    /// `None` for price 0.
    #[inline]
    pub fn base_away_from_zero(self, price: PriceE8) -> Option<BaseE8> {
        const SCALE: u64 = 10u64.pow(NOTIONAL_EXPONENT);
        let size = math::mul_div_ceil(self.magnitude(), SCALE, price.0)?;
        math::with_sign(self.is_negative(), size).map(BaseE8)
    }
}

impl BaseE8 {
    #[inline]
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// The size without its side, in 1e-8 whole units.
    #[inline]
    pub const fn magnitude(self) -> u64 {
        self.0.unsigned_abs()
    }

    #[inline]
    pub const fn is_long(self) -> bool {
        self.0 > 0
    }

    #[inline]
    pub const fn is_short(self) -> bool {
        self.0 < 0
    }

    /// `⌊|b|·p⌋`, the notional N of D1.
    #[inline]
    pub fn notional_floor(self, price: PriceE8) -> Option<UsdE6> {
        usd(math::mul_pow10_div_floor::<NOTIONAL_EXPONENT>(
            self.magnitude(),
            price.0,
        ))
    }

    /// `⌈|b|·p⌉`.
    #[inline]
    pub fn notional_ceil(self, price: PriceE8) -> Option<UsdE6> {
        usd(math::mul_pow10_div_ceil::<NOTIONAL_EXPONENT>(
            self.magnitude(),
            price.0,
        ))
    }

    /// `⌊b·p⌋` with its sign: the base part of a leg's value (D2).
    #[inline]
    pub fn value_floor(self, price: PriceE8) -> Option<UsdE6> {
        math::signed_mul_pow10_div_floor::<NOTIONAL_EXPONENT>(self.0, price.0).map(UsdE6)
    }

    /// `⌈b·p⌉` with its sign.
    #[inline]
    pub fn value_ceil(self, price: PriceE8) -> Option<UsdE6> {
        math::signed_mul_pow10_div_ceil::<NOTIONAL_EXPONENT>(self.0, price.0).map(UsdE6)
    }

    /// `⌈|b|·p·r⌉`, rounded once: a margin requirement (D2).
    #[inline]
    pub fn requirement_ceil(self, price: PriceE8, margin: Ppm) -> Option<UsdE6> {
        let size = self.magnitude();
        usd(math::mul_pow10_ppm_ceil::<NOTIONAL_EXPONENT>(
            size, price.0, margin.0,
        ))
    }
}

impl TokenUnits {
    /// `⌊c·p⌋`. `exponent` = [`value_exponent`] of the mint's decimals and the feed's unit.
    #[inline]
    pub fn value_floor(self, price: PriceE8, exponent: u32) -> Option<UsdE6> {
        usd(math::mul_pow10_div_floor_by(self.0, price.0, exponent))
    }

    /// `⌈c·p⌉`.
    #[inline]
    pub fn value_ceil(self, price: PriceE8, exponent: u32) -> Option<UsdE6> {
        usd(math::mul_pow10_div_ceil_by(self.0, price.0, exponent))
    }

    /// `⌊c·p·w⌋`, rounded once: what collateral counts for (D2).
    #[inline]
    pub fn weighted_value_floor(self, price: PriceE8, exponent: u32, weight: Ppm) -> Option<UsdE6> {
        usd(math::mul_pow10_ppm_floor_by(
            self.0, price.0, exponent, weight.0,
        ))
    }

    /// `⌊self·part/whole⌋`, both of one unit: coverage, pro-rata claims.
    #[inline]
    pub fn share_floor(self, part: u64, whole: u64) -> Option<Self> {
        math::mul_div_floor(self.0, part, whole).map(Self)
    }

    /// `⌈self·part/whole⌉`, both of one unit.
    #[inline]
    pub fn share_ceil(self, part: u64, whole: u64) -> Option<Self> {
        math::mul_div_ceil(self.0, part, whole).map(Self)
    }
}

/// The decimal exponent between native units × [`PriceE8`] and [`UsdE6`]: a whole unit of the feed
/// is `10^(decimals + unit_exp)` native units. `None` above [`math::MAX_EXPONENT`].
#[inline]
pub fn value_exponent(decimals: u8, unit_exp: u8) -> Option<u32> {
    let exponent = u32::from(decimals)
        .checked_add(u32::from(unit_exp))?
        .checked_add(2)?;
    (exponent <= math::MAX_EXPONENT).then_some(exponent)
}

impl PriceE8 {
    /// The price moved up by a distance.
    #[inline]
    pub fn checked_add(self, distance: Self) -> Option<Self> {
        self.0.checked_add(distance.0).map(Self)
    }

    /// The price moved down by a distance. `None` below zero.
    #[inline]
    pub fn checked_sub(self, distance: Self) -> Option<Self> {
        self.0.checked_sub(distance.0).map(Self)
    }

    /// `(self − other)⁺`: by how much the price stands above another.
    #[inline]
    pub fn above(self, other: Self) -> Self {
        self.checked_sub(other).unwrap_or_default()
    }

    /// `|self − other|`.
    #[inline]
    pub const fn distance(self, other: Self) -> Self {
        Self(self.0.abs_diff(other.0))
    }

    /// `⌊p·ratio⌋`.
    #[inline]
    pub fn ppm_floor(self, ratio: Ppm) -> Option<Self> {
        math::ppm_mul_floor(self.0, ratio.0).map(Self)
    }

    /// `⌈p·ratio⌉`.
    #[inline]
    pub fn ppm_ceil(self, ratio: Ppm) -> Option<Self> {
        math::ppm_mul_ceil(self.0, ratio.0).map(Self)
    }

    /// `⌈|p − q| / min(p, q)⌉`, the return of D5. `None` where either is 0.
    #[inline]
    pub fn return_ceil(self, other: Self) -> Option<RatioE9> {
        math::mul_div_ceil(self.distance(other).0, E9, self.min(other).0).map(RatioE9)
    }
}

impl Ppm {
    /// 100 %.
    pub const ONE: Self = Self(math::PPM);

    /// `1 − self`. `None` above 100 %.
    #[inline]
    pub fn complement(self) -> Option<Self> {
        Self::ONE.checked_sub(self)
    }

    /// `⌊self·other⌋`.
    #[inline]
    pub fn times_floor(self, other: Self) -> Option<Self> {
        let product = math::ppm_mul_floor(u64::from(self.0), other.0)?;
        u32::try_from(product).ok().map(Self)
    }

    /// `⌈self·other⌉`.
    #[inline]
    pub fn times_ceil(self, other: Self) -> Option<Self> {
        let product = math::ppm_mul_ceil(u64::from(self.0), other.0)?;
        u32::try_from(product).ok().map(Self)
    }

    /// The same ratio in 1e-9, exact.
    #[inline]
    pub fn to_ratio(self) -> RatioE9 {
        // Below 2^32·10^3 < 2^42: nothing wraps.
        RatioE9(u64::from(self.0).wrapping_mul(1_000))
    }
}

impl RatioE9 {
    /// 100 %.
    pub const ONE: Self = Self(E9);

    /// `⌊self·other⌋`.
    #[inline]
    pub fn times_floor(self, other: Self) -> Option<Self> {
        math::mul_pow10_div_floor::<9>(self.0, other.0).map(Self)
    }

    /// `⌈self·other⌉`.
    #[inline]
    pub fn times_ceil(self, other: Self) -> Option<Self> {
        math::mul_pow10_div_ceil::<9>(self.0, other.0).map(Self)
    }

    /// Rounded down to ppm. `None` for a ratio of 4,295 or more.
    #[inline]
    pub fn to_ppm_floor(self) -> Option<Ppm> {
        u32::try_from(self.0 / 1_000).ok().map(Ppm)
    }

    /// Rounded up to ppm. `None` for a ratio of 4,295 or more.
    #[inline]
    pub fn to_ppm_ceil(self) -> Option<Ppm> {
        u32::try_from(self.0.div_ceil(1_000)).ok().map(Ppm)
    }
}

impl VarE18 {
    /// `⌈(τ·v + r²)/(τ + Δ)⌉`, the rational average of D5: `tau` and `elapsed` in seconds.
    /// `None` where both are 0 or the result leaves 64 bits.
    pub fn updated_ceil(self, tau: u64, r: RatioE9, elapsed: u64) -> Option<Self> {
        let (held_hi, held_lo) = math::wide_mul(tau, self.0);
        let (new_hi, new_lo) = math::wide_mul(r.0, r.0);
        let sum = math::u128_from_halves(held_hi, held_lo)
            .checked_add(math::u128_from_halves(new_hi, new_lo))?;
        math::div_wide_ceil(sum, tau.checked_add(elapsed)?).map(Self)
    }

    /// `⌊√(v·seconds)⌋`: the standard deviation over a span.
    pub fn deviation_floor(self, seconds: u64) -> RatioE9 {
        match math::wide_mul(self.0, seconds) {
            (0, variance) => RatioE9(math::isqrt_u64(variance)),
            (hi, lo) => RatioE9(math::isqrt_u128(math::u128_from_halves(hi, lo))),
        }
    }
}

impl Slot {
    #[inline]
    pub fn checked_add(self, slots: u64) -> Option<Self> {
        self.0.checked_add(slots).map(Self)
    }

    /// Slots from `earlier` to here. `None` where that is backwards.
    #[inline]
    pub fn checked_since(self, earlier: Self) -> Option<u64> {
        self.0.checked_sub(earlier.0)
    }

    /// Slots from `earlier` to here, 0 where that is backwards.
    #[inline]
    pub fn elapsed_since(self, earlier: Self) -> u64 {
        self.checked_since(earlier).unwrap_or_default()
    }
}

impl UnixSeconds {
    #[inline]
    pub fn checked_add(self, seconds: u64) -> Option<Self> {
        self.0.checked_add_unsigned(seconds).map(Self)
    }

    #[inline]
    pub fn checked_sub(self, seconds: u64) -> Option<Self> {
        self.0.checked_sub_unsigned(seconds).map(Self)
    }

    /// Seconds from `earlier` to here. `None` where that is backwards.
    #[inline]
    pub fn checked_since(self, earlier: Self) -> Option<u64> {
        (self >= earlier).then(|| self.0.abs_diff(earlier.0))
    }

    /// Seconds from `earlier` to here, 0 where that is backwards: a clock that runs backwards
    /// accrues nothing (INV-CLOCK).
    #[inline]
    pub fn elapsed_since(self, earlier: Self) -> u64 {
        self.checked_since(earlier).unwrap_or_default()
    }
}
