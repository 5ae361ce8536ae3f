//! The data of a report.

mod columns;
mod drill;
mod held;
mod scenario;
mod series;
mod thin;

use serde::{Deserialize, Serialize};

pub use drill::{Drill, DrillRule, DrillStage, Drills};
pub use held::{Breaker, Held, State};
pub use scenario::{Collateral, Episode, Market, Outage, Scenario, Setting};
pub use series::{Cover, Equity, Fund, Liquidation, LiquidationKind, Point, Series};

/// Version of this layout: raised whenever a reader of the last one would misread it.
pub const FORMAT: u32 = 1;

/// Everything that a replay found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`FORMAT`] of whoever wrote it.
    pub format: u32,
    /// The program that ran: name, version, and the hash of its bytecode where known.
    pub program: String,
    /// What was played.
    pub scenario: Scenario,
    /// One for each arm and order, in the order in which they are shown.
    pub runs: Vec<Run>,
}

/// Where margins come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Margins {
    /// The program's own, from measured volatility.
    Dynamic,
    /// Fixed for the whole run.
    Static,
}

impl Margins {
    /// As it is written and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::Static => "static",
        }
    }
}

/// Which extreme of a bar is played first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    HighFirst,
    LowFirst,
}

impl Order {
    /// As it is written and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::HighFirst => "high-first",
            Self::LowFirst => "low-first",
        }
    }
}

/// One arm under one order of the extremes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    pub margins: Margins,
    pub order: Order,
    pub figures: Figures,
    /// Who paid what it cost.
    pub paid: Paid,
    /// In the order of [`Scenario::markets`].
    pub markets: Vec<MarketRun>,
    /// Insurance, bad debt and accounts over time: they belong to all markets together.
    pub funds: Series<Fund>,
    /// What insurance came to.
    #[serde(default)]
    pub cover: Covered,
    /// Insurance against what it may have to pay, over time.
    #[serde(default)]
    pub covers: Series<Cover>,
    /// Oldest first.
    pub liquidations: Series<Liquidation>,
    /// What breakers held back, in the order in which it began.
    #[serde(default)]
    pub held: Vec<Held>,
    /// Money of each trader account before and after.
    pub equity: Series<Equity>,
    /// Compute units by instruction, the dearest in all first.
    pub instructions: Vec<Instruction>,
    /// What the program refused, by the name of its error, the most frequent first.
    pub refusals: Vec<Refusal>,
}

/// The sums of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Traders who opened a position.
    pub accounts: u64,
    /// Traders who gave up before they could.
    pub turned_away: u64,
    /// Notional that traders opened, over all markets.
    pub notional_e6: i64,
    /// What accounts that were wound up could not pay.
    pub bad_debt_e6: i64,
    /// Accounts that a liquidation touched.
    pub accounts_liquidated: u64,
    /// Take-overs, seizures and wind-ups.
    pub liquidations: u64,
    pub transactions: u64,
    /// Of them, those that the program refused.
    pub transactions_failed: u64,
    pub compute_units_total: u64,
    /// By how much the ledger, recomputed from all accounts, was ever off; has to be 0.
    pub conservation_error: u64,
    /// Wall time of the run, milliseconds.
    pub milliseconds: u64,
}

/// Who paid for liquidations and losses. The first three cover bad debt; insurance also tops up
/// premiums, so that they may exceed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paid {
    /// Drawn from insurance, for losses and for premiums that an account could not bear.
    pub insurance_e6: i64,
    /// Charged to the side that gained.
    pub socialised_e6: i64,
    /// Borne by nobody yet.
    pub deficit_e6: i64,
    /// From liquidated accounts to their liquidator.
    pub premium_e6: i64,
    /// From liquidated accounts to the fees.
    pub liquidation_fee_e6: i64,
}

/// What insurance came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    /// Largest stressed shortfall.
    pub most_stress_e6: i64,
    /// Largest share of insurance that it was.
    pub most_used_ppm: u64,
    /// Paid by positions for the stress that they add.
    pub premium_e6: i64,
    /// Fees that stakers earned.
    pub fees_e6: i64,
    /// Balance at the end.
    pub insurance_e6: i64,
    /// What a stake made before the first price is worth at the end.
    pub share_ppm: u64,
}

/// What happened in one market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketRun {
    /// As in [`Scenario::markets`].
    pub symbol: String,
    /// Average of the initial margin after the warm-up; of the static arm, its fixed margin.
    pub average_initial_margin_ppm: u64,
    pub max_initial_margin_ppm: u64,
    /// Price, margins and open interest over time, oldest first.
    pub trace: Series<Point>,
}

/// Compute units of one instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// As the program calls it, for example `take_over`.
    pub name: String,
    /// Transactions that had it and were accepted.
    pub count: u64,
    pub units_total: u64,
    /// Largest of one transaction.
    pub units_max: u64,
}

/// How often the program refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    pub name: String,
    pub count: u64,
}
