//! The venue that a replay sets up: the defaults of the market's class, nothing tuned to a file.

use bulwark_core::params::Class;

/// Notional that each trader opens, UsdE6.
pub const NOTIONAL_E6: u64 = 10_000_000_000;
/// What each maker and the liquidator deposit, in notionals of all traders.
const BACKING: u64 = 2;
/// Share of all traders' notional that insurance is seeded with, ppm.
const INSURANCE_PPM: u64 = 10_000;

/// A class in the report.
pub fn class_name(class: Class) -> &'static str {
    match class {
        Class::Major => "major",
        Class::Large => "large",
        Class::Small => "small",
        Class::Stable => "stable",
    }
}

/// What insurance is seeded with for this many traders, UsdE6.
pub fn insurance_e6(traders: u32) -> u64 {
    NOTIONAL_E6 / 1_000_000 * INSURANCE_PPM * u64::from(traders)
}

/// What each maker and the liquidator deposit, UsdE6.
pub fn backing_e6(traders: u32) -> u64 {
    NOTIONAL_E6 * BACKING * u64::from(traders)
}
