//! The result as JSON. Money is USD read from the accounts, margins are ppm of notional.

use serde::{Deserialize, Serialize};

/// Everything that `--json` writes, and that `--compare` reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub scenario: Scenario,
    pub runs: Vec<Run>,
    #[serde(default)]
    pub performance: Option<Performance>,
}

/// What playing took, over all runs: the only part, with each run's `seconds`, that isn't the same
/// every time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// Wall time.
    pub seconds: f64,
    pub transactions: u64,
    pub transactions_per_second: f64,
    /// Largest resident memory, where the system tells.
    pub peak_memory_mib: Option<u64>,
}

/// What was played.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Files, or the scenario's label and name.
    pub prices: String,
    pub from_unix: i64,
    pub until_unix: i64,
    pub bars: usize,
    pub bar_seconds: i64,
    /// Prices and sizes are per `10^unit_exp` tokens.
    pub unit_exp: u8,
    pub outages: Vec<Outage>,
    /// What isn't in the file and was modelled.
    pub modelled: Vec<String>,
    pub market_class: String,
    pub accounts: u32,
    pub seed: u64,
    pub liquidator_delay_seconds: i64,
    pub notional_per_account_usd: f64,
    pub insurance_usd: f64,
    pub static_initial_margin_ppm: Option<u64>,
    /// `reconstructed path` for a built-in scenario, else `from FILE`.
    #[serde(default)]
    pub label: String,
    /// Built-in scenario.
    #[serde(default)]
    pub name: Option<String>,
    /// Where a built-in scenario's anchors were published.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Every series with what it is listed as.
    #[serde(default)]
    pub series: Vec<Listed>,
    #[serde(default)]
    pub congestion: Option<Span>,
    #[serde(default)]
    pub makers_leave: bool,
    /// File of scripted acts.
    #[serde(default)]
    pub attack: Option<String>,
    /// SHA-256 of the bytecode.
    #[serde(default)]
    pub program_sha256: String,
}

/// A series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    pub symbol: String,
    pub class: String,
    pub unit_exp: u8,
    pub bars: usize,
    pub market: bool,
    pub collateral: bool,
    /// Followed by the quote token's own feed.
    #[serde(default)]
    pub quote: bool,
    /// SHA-256 of the prices as they were read.
    pub prices_sha256: String,
}

/// A span of time, the end not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from_unix: i64,
    pub until_unix: i64,
}

/// Prices that are missing in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outage {
    pub line: usize,
    pub from_unix: i64,
    pub seconds: i64,
    #[serde(default)]
    pub symbol: String,
}

/// What insurance came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OfCover {
    /// Largest stressed shortfall, and the largest part of insurance that it was.
    pub most_stress_usd: f64,
    pub most_used_ppm: u64,
    /// What positions paid for cover, and what of fees stakers earned.
    pub premium_usd: f64,
    pub fees_earned_usd: f64,
    /// At the end: insurance, and what a stake is worth of what was paid in.
    pub insurance_usd: f64,
    pub share_ppm: u64,
}

/// One arm under one order of the extremes. With several markets, margins are those of the first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub margins: String,
    pub order: String,
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
    /// Traders who gave up before they could open.
    #[serde(default)]
    pub turned_away: u32,
    /// What the program refused, by name, the commonest first.
    #[serde(default)]
    pub refusals: Vec<(String, u64)>,
    /// From liquidated accounts to the liquidator.
    #[serde(default)]
    pub premiums_usd: f64,
    /// Collateral that was sold against debts, at the price paid.
    #[serde(default)]
    pub seized_usd: f64,
    /// What all traders paid in, and what they took out or have at the end.
    #[serde(default)]
    pub traders_in_usd: f64,
    #[serde(default)]
    pub traders_out_usd: f64,
    /// Insurance: its stress, its price, and what it is worth.
    #[serde(default)]
    pub cover: OfCover,
    /// Compute units by instruction, the dearest in all first.
    #[serde(default)]
    pub instructions: Vec<OfInstruction>,
    #[serde(default)]
    pub markets: Vec<OfMarket>,
    #[serde(default)]
    pub collaterals: Vec<OfToken>,
    #[serde(default)]
    pub congestion: Option<OfCongestion>,
    /// Spans in which the makers of a market were away.
    #[serde(default)]
    pub makers_away: Vec<Away>,
    /// What breakers and modes held back, in the order in which it began.
    #[serde(default)]
    pub breakers: Vec<OfBreaker>,
    #[serde(default)]
    pub attack: Option<super::attack::Outcome>,
}

/// An instruction in a run, as far as the program took it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfInstruction {
    pub name: String,
    pub count: u64,
    pub units_total: u64,
    pub units_max: u64,
}

/// A market in a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OfMarket {
    pub symbol: String,
    pub notional_usd: f64,
    pub average_initial_margin_ppm: u64,
    pub max_initial_margin_ppm: u64,
    pub liquidations: u64,
    /// Booked by wind-ups whose largest position was here.
    pub bad_debt_usd: f64,
}

/// A token in a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OfToken {
    pub symbol: String,
    /// Haircut for new risk.
    pub average_haircut_ppm: u64,
    pub max_haircut_ppm: u64,
    pub seizures: u64,
}

/// What a congestion did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfCongestion {
    pub from_unix: i64,
    pub until_unix: i64,
    /// Nothing lands from here until `restart_unix`.
    pub halt_unix: i64,
    pub restart_unix: i64,
    pub prints_delayed: u64,
    pub prints_dropped: u64,
    /// Liquidations that landed inside of it.
    pub liquidations: u64,
}

/// A span in which a breaker held a market, or the whole venue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfBreaker {
    /// None: the whole venue.
    pub symbol: Option<String>,
    pub breaker: String,
    pub state: String,
    pub from_unix: i64,
    pub until_unix: i64,
    /// Refused by the program meanwhile, whatever for.
    pub refused: u64,
    pub liquidations: u64,
}

/// A span in which makers were away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    pub symbol: String,
    pub from_unix: i64,
    pub until_unix: i64,
}

/// UsdE6 as USD.
pub fn usd(e6: i64) -> f64 {
    e6 as f64 / 1e6
}
