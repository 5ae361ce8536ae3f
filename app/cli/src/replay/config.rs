//! The venue that a replay sets up: the defaults of the market's class, nothing tuned to a file.

use std::path::Path;

use bulwark_core::params::Class;

/// Notional that each trader opens, UsdE6.
pub const NOTIONAL_E6: u64 = 10_000_000_000;
/// What each maker and the liquidator deposit, in notionals of all traders.
const BACKING: u64 = 2;
/// Share of all traders' notional that insurance is seeded with, ppm.
const INSURANCE_PPM: u64 = 10_000;

/// The class of a file's asset, by the first word of its name; one that isn't known is small.
pub fn class_of(prices: &Path) -> Class {
    let stem = prices
        .file_stem()
        .and_then(|s| s.to_str())
        .unwrap_or_default();
    let asset = stem
        .split(|c: char| !c.is_ascii_alphanumeric())
        .next()
        .unwrap_or_default();
    match asset.to_ascii_lowercase().as_str() {
        "btc" | "eth" => Class::Major,
        "sol" => Class::Large,
        _ => Class::Small,
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_follows_the_asset() {
        for (file, class) in [
            ("/data/btc-2021-05-19-1m.csv", Class::Major),
            ("ETH_2020.csv", Class::Major),
            ("sol.csv", Class::Large),
            ("solana.csv", Class::Small),
            ("luna-2022-05-1m.csv", Class::Small),
            ("", Class::Small),
        ] {
            assert_eq!(class_of(Path::new(file)), class, "{file}");
        }
    }
}
