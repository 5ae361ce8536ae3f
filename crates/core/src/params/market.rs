//! Parameters of markets, as they lie in the Market and on the Board. Source: D5, D7, D12.

use bulwark_state::{BoardMarket, Market};

use super::rows::rows;
use super::within;
use crate::math::mul_pow10_div_ceil;
use crate::{Error, Result};

/// Smallest price a feed lists with, PriceE8 (D2).
pub const LISTING_PRICE_MIN: u64 = 1_000_000;

rows! {
    /// Of a market, in the Market account.
    MARKET of Market, bounds bounds, preset market_preset;
    "market.oi_cap": (.oi_cap), BaseE8, [0], 0..=4_000_000_000_000_000_000, 100, InstantDown,
        "largest open interest";
    "market.slot_notional_cap": (.slot_notional_cap), UsdE6, [0], 0..=1_000_000_000_000_000, 100,
        InstantDown, "largest new notional of one slot";
    "market.leverage_cap": (.leverage_cap), Thousandths, [33_000, 22_000, 11_000, 0],
        0..=100_000, 25, InstantDown, "largest leverage";
    "market.tick": (.tick), PriceE8, [10_000_000, 1_000_000, 1_000, 1_000],
        1..=1_000_000_000_000, 900, SevenDays, "price step, at most 0.1 % of the price at listing";
    "market.lot": (.lot), BaseE8, [10_000, 1_000_000, 100_000_000, 100_000_000],
        1..=1_000_000_000_000_000, 900, SevenDays,
        "size step, worth at most the smallest notional at listing";
    "market.min_notional": (.min_notional), UsdE6, [10_000_000], 1_000_000..=1_000_000_000, 25,
        SevenDays, "smallest notional that rests";
    "market.maker_fee": (.maker_fee_ppm), Ppm, [100, 100, 200, 100], 0..=2_000, 25, SevenDays,
        "fee of a resting order's fill";
    "market.taker_fee": (.taker_fee_ppm), Ppm, [500, 500, 1_000, 500], 0..=5_000, 25, SevenDays,
        "fee of the order that takes";
    "market.liquidation_fee": (.liquidation_fee_ppm), Ppm, [1_000, 1_000, 2_000, 1_000],
        0..=10_000, 25, SevenDays, "fee of a take-over";
    "market.distance": (.distance_ppm), Ppm, [100_000, 100_000, 200_000, 50_000],
        10_000..=300_000, 25, SevenDays, "largest distance of an order from the oracle";
    "market.slot_share": (.slot_share_ppm), Ppm, [250_000], 50_000..=1_000_000, 25, SevenDays,
        "largest share of a leg taken over in one slot above the critical level";
    "market.premium_cap": (.premium_cap_ppm), Ppm, [10_000, 15_000, 30_000, 10_000],
        2_500..=100_000, 25, SevenDays, "π_cap: largest liquidation premium";
    "market.premium_min": (.premium_min_ppm), Ppm, [2_500], 0..=5_000, 25, SevenDays,
        "π_min: premium that insurance tops up to";
    "market.premium_ramp": (.premium_ramp), OpenSeconds, [60], 30..=300, 25, SevenDays,
        "time in which the premium rises";
    "market.premium_kappa": (.premium_kappa_ppm), Ppm, [500_000], 250_000..=750_000, 25, SevenDays,
        "κ: share of the maintenance ratio that a premium may be";
    "market.dust_notional": (.dust_notional), UsdE6, [50_000_000], 1_000_000..=1_000_000_000, 25,
        SevenDays, "notional that is taken over whole; at least the smallest that rests";
    "market.draws_cap": (.draws.cap_ppm), Ppm, [250_000, 250_000, 100_000, 100_000], 0..=500_000,
        25, SevenDays, "largest draw of this market on insurance in a period";
    "market.draws_period": (.draws.period), Seconds, [86_400], 86_400..=604_800, 25, SevenDays,
        "period of that draw";
    "market.cascade_cap": (.cascade.cap_ppm), Ppm, [100_000], 20_000..=500_000, 25, SevenDays,
        "share of open interest liquidated in a window beyond which the cascade breaker acts";
    "market.cascade_window": (.cascade.period), Seconds, [300], 60..=3_600, 25, SevenDays,
        "that window";
    "market.band_k": (.band.k), Thousandths, [8_000], 4_000..=20_000, 25, SevenDays,
        "multiple of σ·√W that the price band is wide";
    "market.band_min": (.band.min_ppm), Ppm, [20_000, 30_000, 60_000, 10_000], 5_000..=200_000, 25,
        SevenDays, "smallest half width of the price band";
    "market.funding_impact": (.funding.impact_usd), UsdE6, [10_000_000_000],
        1_000_000_000..=1_000_000_000_000, 25, SevenDays,
        "notional a side that the impact price is taken at";
    "market.funding_clamp": (.funding.clamp_ppm), Ppm, [5_000], 500..=20_000, 25, SevenDays,
        "largest premium in 8 h";
    "market.funding_rested": (.funding.rested), Seconds, [10], 1..=120, 25, SevenDays,
        "age from which an order counts for funding";
}

rows! {
    /// Of a market, on the Board.
    BOARD_MARKET of BoardMarket, bounds board_bounds, preset board_market_preset;
    "market.depth": (.depth_usd), UsdE6,
        [20_000_000_000_000, 5_000_000_000_000, 500_000_000_000, 500_000_000_000],
        10_000_000_000..=1_000_000_000_000_000, 25, SevenDays,
        "size of one position without an add-on";
    "market.size_slope": (.size_slope_e9), RatioE9,
        [10_000_000, 15_000_000, 30_000_000, 10_000_000],
        1_000_000..=100_000_000, 25, SevenDays, "add-on to the ratios per further multiple of it";
    "market.close_fee": (.close_fee_ppm), Ppm, [1_000, 1_000, 2_000, 1_000], 0..=10_000, 25,
        SevenDays, "fee of closing inside the initial requirement; at least the taker and the liquidation fee";
    "market.concentration": (.concentration_e9), RatioE9, [0], 0..=200_000_000, 100, SevenDays,
        "add-on to the initial ratio of a market that few hold or that is thin; maintenance has none";
}

/// Bounds, and dust of at least the smallest notional that rests.
/// [`Error::ParameterOutOfBounds`].
pub fn check_market(market: &Market) -> Result<()> {
    within(bounds(market) && market.dust_notional >= market.min_notional)
}

/// Bounds, and the fee of closing covers both fees that a closing can cost.
/// [`Error::ParameterOutOfBounds`].
pub fn check_board_market(board: &BoardMarket, market: &Market) -> Result<()> {
    let fee = market.taker_fee_ppm.max(market.liquidation_fee_ppm);
    within(board_bounds(board) && board.close_fee_ppm >= fee)
}

/// What holds of steps at the price of listing (a70): the price is large enough, a tick at most
/// 0.1 % of it, a lot worth at most the smallest notional.
pub fn check_listing(market: &Market, price: u64) -> Result<()> {
    let lot = mul_pow10_div_ceil::<10>(market.lot, price).ok_or(Error::Overflow)?;
    within(price >= LISTING_PRICE_MIN && market.tick <= price / 1_000 && lot <= market.min_notional)
}
