//! What breakers and modes held back.

use serde::{Deserialize, Serialize};

/// A span in which a breaker held a market, or the whole venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Of `Scenario::markets`; none where it is the whole venue.
    pub market: Option<usize>,
    pub breaker: Breaker,
    pub state: State,
    pub from_unix: i64,
    /// Where it ended, or where the prices did.
    pub until_unix: i64,
    /// Transactions that the program refused meanwhile, whatever for.
    pub refused: u64,
    /// Liquidations meanwhile.
    pub liquidations: u64,
}

impl Held {
    /// Length, seconds.
    pub fn seconds(&self) -> i128 {
        i128::from(self.until_unix) - i128::from(self.from_unix)
    }
}

/// What tripped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breaker {
    /// The price left the band around its five-minute reference.
    PriceBand,
    /// A feed is dead, or its sources differ.
    Oracle,
    /// Too much of a market was liquidated within a window.
    Cascade,
    /// The margin that a new position needs stands at its cap.
    MarginCap,
    /// Quote is off one dollar.
    Depeg,
    /// Insurance has paid too much of itself in a day.
    Drawdown,
    /// A check found an invariant broken.
    Invariant,
    /// The cluster has restarted.
    Restart,
    /// Somebody with the power to.
    Guardian,
}

impl Breaker {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::PriceBand => "price band",
            Self::Oracle => "oracle",
            Self::Cascade => "cascade",
            Self::MarginCap => "margin at its cap",
            Self::Depeg => "depeg",
            Self::Drawdown => "drawdown",
            Self::Invariant => "invariant",
            Self::Restart => "restart",
            Self::Guardian => "guardian",
        }
    }
}

/// What it did, the mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    NoNewRisk,
    ReduceOnly,
    Limit,
    Halted,
    Restricted,
    Paused,
}

impl State {
    pub const ALL: [Self; 6] = [
        Self::NoNewRisk,
        Self::ReduceOnly,
        Self::Limit,
        Self::Halted,
        Self::Restricted,
        Self::Paused,
    ];

    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoNewRisk => "no new risk",
            Self::ReduceOnly => "reduce only",
            Self::Limit => "limit",
            Self::Halted => "halted",
            Self::Restricted => "restricted",
            Self::Paused => "paused",
        }
    }

    /// What follows from it.
    pub fn means(self) -> &'static str {
        match self {
            Self::NoNewRisk => "open interest doesn\u{2019}t rise",
            Self::ReduceOnly => "positions only shrink or find another holder",
            Self::Limit => {
                "nothing is filled outside of the band, and open interest doesn\u{2019}t rise"
            }
            Self::Halted => "nothing is matched; orders can be cancelled, accounts liquidated",
            Self::Restricted => "no new risk anywhere; withdrawals go on",
            Self::Paused => "nothing is traded anywhere; withdrawals go on, slower",
        }
    }
}
