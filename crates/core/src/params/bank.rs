//! Parameters of banks, the quote bank, insurance and the Board. Source: D1, D2, D3, D6, D10, D12.

use bulwark_state::{Bank, BoardBank, Insurance, QuoteTotals};

use super::rows::rows;
use super::within;
use crate::Result;

rows! {
    /// Of a bank. Amounts in token units have no default: they depend on the mint's decimals.
    BANK of Bank, bounds bank_bounds, preset bank_preset;
    "bank.deposit_cap": (.deposit_cap), TokenUnits, [0], 0..=9_000_000_000_000_000_000, 100,
        InstantDown, "largest sum of claims that a deposit may reach";
    "bank.account_cap": (.account_cap), TokenUnits, [0], 0..=9_000_000_000_000_000_000, 100,
        SevenDays, "largest amount of one margin account";
    "bank.deposit_min": (.deposit_min), TokenUnits, [1], 1..=9_000_000_000_000_000_000, 900,
        SevenDays, "smallest deposit into an account that has nothing";
    "bank.base_floor": (.base_floor), TokenUnits, [1], 1..=9_000_000_000_000_000_000, 100,
        SevenDays, "smallest base of the outflow buckets";
    "bank.small_exit": (.small_exit), TokenUnits, [1], 0..=9_000_000_000_000_000_000, 100,
        SevenDays, "ticket that may use the lane of small exits ($1,000 at listing)";
    "bank.hour_cap": (.hour.cap_ppm), Ppm, [10_000], 2_500..=1_000_000, 25, SevenDays,
        "outflow of one hour, of the base";
    "bank.hour_period": (.hour.period), Seconds, [3_600], 3_600..=3_600, 0, SevenDays,
        "period of that bucket";
    "bank.day_cap": (.day.cap_ppm), Ppm, [100_000], 25_000..=1_000_000, 25, SevenDays,
        "outflow of 24 hours, of the base; at least that of an hour";
    "bank.day_period": (.day.period), Seconds, [86_400], 86_400..=86_400, 0, SevenDays,
        "period of that bucket";
    "bank.small_cap": (.small.cap_ppm), Ppm, [100_000], 20_000..=100_000, 25, SevenDays,
        "part of the outflow kept for small exits";
    "bank.small_period": (.small.period), Seconds, [86_400], 3_600..=86_400, 25, SevenDays,
        "period of that lane";
    "bank.restricted_in_cap": (.restricted_in.cap_ppm), Ppm, [10_000], 0..=10_000, 25, SevenDays,
        "new deposits in Restricted, of the 24-hour mean";
    "bank.restricted_in_period": (.restricted_in.period), Seconds, [86_400], 86_400..=86_400, 0,
        SevenDays, "period of that bucket";
}

rows! {
    /// Of a bank, on the Board.
    BOARD_BANK of BoardBank, bounds board_bank_bounds, preset board_bank_preset;
    "bank.price_cap": (.price_cap), PriceE8, [0, 0, 0, 100_000_000], 0..=1_000_000_000_000_000, 900,
        SevenDays, "price above which a unit is never valued; 0 for none";
    "bank.closing_ramp": (.closing_ramp), OpenSeconds, [604_800], 86_400..=2_592_000, 25, SevenDays,
        "time in which a closing bank's weight falls to zero";
}

rows! {
    /// Of the quote bank.
    QUOTE of QuoteTotals, bounds quote_bounds, preset quote_preset;
    "quote.rate_low": (.rate_low_ppm), Ppm, [0], 0..=100_000, 25, SevenDays,
        "yearly rate up to the first kink";
    "quote.rate_kink": (.rate_kink_ppm), Ppm, [200_000], 10_000..=1_000_000, 25, SevenDays,
        "yearly rate at the second kink";
    "quote.rate_high": (.rate_high_ppm), Ppm, [2_000_000], 200_000..=10_000_000, 25, SevenDays,
        "yearly rate at full utilisation";
    "quote.kink_low": (.kink_low_ppm), Ppm, [500_000], 200_000..=800_000, 25, SevenDays,
        "utilisation of the first kink";
    "quote.kink_high": (.kink_high_ppm), Ppm, [800_000], 400_000..=950_000, 25, SevenDays,
        "utilisation of the second kink";
    "quote.convert_age": (.convert_age), Seconds, [86_400], 3_600..=604_800, 25, SevenDays,
        "age from which a debt may be converted";
    "quote.convert_share": (.convert_share_ppm), Ppm, [500_000], 100_000..=900_000, 25, SevenDays,
        "share of the own collateral above which a debt may be converted";
    "quote.convert_discount": (.convert_discount_ppm), Ppm, [5_000], 1_000..=20_000, 25, SevenDays,
        "largest discount of a conversion";
    "quote.wind_up_premium": (.wind_up_premium_ppm), Ppm, [5_000], 0..=20_000, 25, SevenDays,
        "premium on the legs of a wind-up, from insurance";
    "quote.wind_up_discount": (.wind_up_discount_ppm), Ppm, [5_000], 0..=20_000, 25, SevenDays,
        "discount on the collateral of a wind-up";
    "quote.fee_floor": (.fee_floor_e6), UsdE6, [1_000_000_000], 0..=4_000_000_000, 25, SevenDays,
        "fees that are never paid out to the treasury";
    "quote.hour_cap": (.hour.cap_ppm), Ppm, [10_000], 2_500..=1_000_000, 25, SevenDays,
        "outflow of one hour of accounts with positions, orders or debt";
    "quote.hour_period": (.hour.period), Seconds, [3_600], 3_600..=3_600, 0, SevenDays,
        "period of that bucket";
    "quote.day_cap": (.day.cap_ppm), Ppm, [100_000], 25_000..=1_000_000, 25, SevenDays,
        "the same for 24 hours; at least that of an hour";
    "quote.day_period": (.day.period), Seconds, [86_400], 86_400..=86_400, 0, SevenDays,
        "period of that bucket";
}

rows! {
    /// Of insurance.
    INSURANCE of Insurance, bounds insurance_bounds, preset insurance_preset;
    "insurance.cooldown": (.cooldown), Seconds, [1_209_600], 604_800..=2_592_000, 25, SevenDays,
        "time between asking to leave and leaving";
    "insurance.window": (.window), Seconds, [172_800], 86_400..=604_800, 25, SevenDays,
        "time in which one who asked may leave";
    "insurance.draws_cap": (.draws.cap_ppm), Ppm, [500_000], 100_000..=1_000_000, 25, SevenDays,
        "largest draw of the compartment in a period";
    "insurance.draws_period": (.draws.period), Seconds, [86_400], 86_400..=86_400, 0, SevenDays,
        "period of that draw";
    "insurance.share_base": (.share_base_ppm), Ppm, [100_000], 0..=500_000, 25, SevenDays,
        "r₀: share of fees that stakers earn";
    "insurance.share_slope": (.share_slope_ppm), Ppm, [200_000], 0..=1_000_000, 25, SevenDays,
        "s₁: its rise with stressed shortfall over insurance, up to the kink";
    "insurance.share_steep": (.share_steep_ppm), Ppm, [600_000], 0..=2_000_000, 25, SevenDays,
        "s₂: its rise beyond the kink; at a shortfall of all insurance the share is at most one";
    "insurance.share_kink": (.share_kink_ppm), Ppm, [500_000], 100_000..=900_000, 25, SevenDays,
        "U*: that kink";
    "insurance.premium": (.premium_ppm), Ppm, [100_000], 0..=1_000_000, 100, SevenDays,
        "price of cover while all of insurance is used, a year on the stress that positions add";
}

/// Bounds, and a day's outflow of at least an hour's. [`crate::Error::ParameterOutOfBounds`].
pub fn check_bank(bank: &Bank) -> Result<()> {
    within(bank_bounds(bank) && bank.day.cap_ppm >= bank.hour.cap_ppm)
}

/// Bounds. [`crate::Error::ParameterOutOfBounds`].
pub fn check_board_bank(bank: &BoardBank) -> Result<()> {
    within(board_bank_bounds(bank))
}

/// Bounds, kinks and rates rising, a day's outflow of at least an hour's.
/// [`crate::Error::ParameterOutOfBounds`].
pub fn check_quote(quote: &QuoteTotals) -> Result<()> {
    within(
        quote_bounds(quote)
            && quote.kink_low_ppm < quote.kink_high_ppm
            && quote.rate_low_ppm <= quote.rate_kink_ppm
            && quote.rate_kink_ppm <= quote.rate_high_ppm
            && quote.day.cap_ppm >= quote.hour.cap_ppm,
    )
}

/// Bounds, and a fee share of at most one while shortfall is within insurance.
/// [`crate::Error::ParameterOutOfBounds`].
pub fn check_insurance(insurance: &Insurance) -> Result<()> {
    if !insurance_bounds(insurance) {
        return within(false);
    }
    let kink = u64::from(insurance.share_kink_ppm);
    // All factors are below 2^21.
    let slope = u64::from(insurance.share_slope_ppm).wrapping_mul(kink);
    let above = 1_000_000u64.saturating_sub(kink);
    let steep = u64::from(insurance.share_steep_ppm).wrapping_mul(above);
    let rise = slope.wrapping_add(steep).div_ceil(1_000_000);
    within(rise.wrapping_add(u64::from(insurance.share_base_ppm)) <= 1_000_000)
}
