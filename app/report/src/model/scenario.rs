//! What was played.

use serde::{Deserialize, Serialize};

/// What was played, the same for all runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Name of the built-in scenario, or of the file.
    pub name: String,
    /// Where its prices come from: `reconstructed path`, or `from FILE`.
    pub label: String,
    /// What it is about, in one or two sentences; may be empty.
    pub about: String,
    pub markets: Vec<Market>,
    /// Tokens that accounts may hold besides quote.
    pub collaterals: Vec<Collateral>,
    pub from_unix: i64,
    pub until_unix: i64,
    pub bars: u64,
    pub bar_seconds: i64,
    /// Traders who arrive, whether or not they get to open.
    pub accounts: u64,
    pub seed: u64,
    /// From seeing that an account can be liquidated to acting on it.
    pub liquidator_delay_seconds: i64,
    pub notional_per_account_e6: i64,
    /// Insurance at the start.
    pub insurance_e6: i64,
    /// Prices that are missing.
    pub outages: Vec<Outage>,
    /// What isn't in the prices and was modelled.
    pub modelled: Vec<String>,
    /// Spans that are marked on every time axis: congestion, makers gone, a restart.
    pub episodes: Vec<Episode>,
    /// Every other option that differs from its default.
    pub options: Vec<Setting>,
}

/// A perpetual market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Market {
    /// For example `BTC`.
    pub symbol: String,
    /// Class of its parameters, for example `major`.
    pub class: String,
    /// Prices are per `10^unit_exp` tokens.
    pub unit_exp: u8,
    /// Where its prices come from: a file's name or a source.
    pub prices: String,
}

/// A token that counts as collateral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collateral {
    pub symbol: String,
    /// Share of its value that counts, at the start.
    pub weight_ppm: u64,
}

/// Prices that are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// Of [`Scenario::markets`].
    pub market: usize,
    pub from_unix: i64,
    pub seconds: i64,
}

/// A span of time with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Episode {
    pub name: String,
    pub from_unix: i64,
    pub until_unix: i64,
}

/// An option as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    pub name: String,
    pub value: String,
}
