//! The result as JSON. Money is USD read from the accounts, margins are ppm of notional.

use serde::Serialize;

/// Everything that `--json` writes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    pub scenario: Scenario,
    pub runs: Vec<Run>,
}

/// What was played.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    pub prices: String,
    pub from_unix: i64,
    pub until_unix: i64,
    pub bars: usize,
    pub bar_seconds: i64,
    /// Prices and sizes are per `10^unit_exp` tokens.
    pub unit_exp: u8,
    pub outages: Vec<Outage>,
    /// What isn't in the file and was modelled.
    pub modelled: Vec<&'static str>,
    pub market_class: &'static str,
    pub accounts: u32,
    pub seed: u64,
    pub liquidator_delay_seconds: i64,
    pub notional_per_account_usd: f64,
    pub insurance_usd: f64,
    pub static_initial_margin_ppm: Option<u64>,
}

/// Prices that are missing in the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outage {
    pub line: usize,
    pub from_unix: i64,
    pub seconds: i64,
}

/// One arm under one order of the extremes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    pub margins: &'static str,
    pub order: &'static str,
    pub accounts: u32,
    pub notional_usd: f64,
    pub bad_debt_usd: f64,
    pub bad_debt_bp: f64,
    pub accounts_liquidated: u32,
    pub liquidations: u64,
    pub insurance_paid_usd: f64,
    pub socialised_usd: f64,
    pub deficit_usd: f64,
    pub average_initial_margin_ppm: u64,
    pub max_initial_margin_ppm: u64,
    pub transactions: u64,
    pub transactions_failed: u64,
    pub compute_units_total: u64,
    pub conservation_error: u64,
    pub seconds: f64,
    /// Traders who gave up before they could open. For the report alone.
    #[serde(skip)]
    pub turned_away: u32,
    /// What the program refused, by name. For the report alone.
    #[serde(skip)]
    pub refusals: Vec<(String, u64)>,
}

/// UsdE6 as USD.
pub fn usd(e6: i64) -> f64 {
    e6 as f64 / 1e6
}
