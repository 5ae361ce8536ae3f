//! Scripted acts of attackers: `--attack FILE.json`.
//!
//! A file names actors with the money that they start with, and acts with their times. It is
//! checked before anything runs: an error names the place in the file. Each act is a real
//! transaction; its result is what the program returned. docs/attack.schema.json is generated from
//! the types here.

mod script;
mod stage;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use script::{Deed, Limit, Script, Target};
pub use stage::Stage;

/// Version of the format.
pub const VERSION: u32 = 1;

/// An attack file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Version of this format: 1.
    pub version: u32,
    /// What is attempted, for people.
    #[serde(default)]
    pub about: String,
    /// Actors by name.
    pub actors: BTreeMap<String, Actor>,
    /// What they do, in order of time.
    pub acts: Vec<Act>,
}

/// Somebody with a wallet and one margin account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Quote in the wallet at the start, USD as a decimal string, at most 1,000,000,000.
    pub quote_usd: String,
}

/// One act.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// When: unix seconds or RFC 3339 in UTC, as a string. An act at the second of a print comes
    /// before it.
    pub at: String,
    /// Name of the actor.
    pub actor: String,
    /// What is done.
    #[serde(rename = "do")]
    pub what: What,
}

/// What an actor can do. Amounts, sizes and prices are decimal strings. `market` is the symbol of
/// a market, the first one by default. `of` is whose account: an actor's name, `trader N`,
/// `maker N`, or `weakest`, the trader who lies farthest below his maintenance requirement.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// Deposits from the wallet; makes the margin account if there is none.
    Deposit {
        /// Symbol of a token; quote by default.
        token: Option<String>,
        /// Whole units, or `all` of the wallet.
        amount: String,
    },
    /// Withdraws to the wallet.
    Withdraw {
        /// Symbol of a token; quote by default.
        token: Option<String>,
        /// Whole units, or `all` that the account has.
        amount: String,
    },
    /// Places an order.
    Place {
        market: Option<String>,
        side: Side,
        kind: Kind,
        /// Limit, USD per token; or `offset_ppm`.
        price: Option<String>,
        /// Limit as a distance from the Board's price, ppm, below zero for under it.
        offset_ppm: Option<i32>,
        /// Size in USD at the Board's price.
        notional_usd: String,
        #[serde(default)]
        reduce_only: bool,
    },
    /// Closes the position by an immediate-or-cancel order.
    CloseOut {
        market: Option<String>,
        /// Worst price as a distance from the Board's, ppm.
        room_ppm: u32,
    },
    /// Cancels all orders.
    Cancel { market: Option<String> },
    /// Posts a price: one that the oracle could have signed within the bar under way. The signed
    /// average is not his to choose.
    PostPrice {
        /// Symbol of a series; the first market by default.
        series: Option<String>,
        /// USD per token, within low and high of the bar; or `wick_ppm`.
        price: Option<String>,
        /// Place between the bar's low (0) and high (1000000).
        wick_ppm: Option<u32>,
    },
    /// Starts an account's liquidation clock.
    Flag { of: String },
    /// Notes an account's health.
    Unflag { of: String },
    /// Takes as much of a position over as the program gives.
    TakeOver { of: String, market: Option<String> },
    /// Buys collateral of an account that owes.
    Seize { of: String, token: String },
    /// Winds a bankrupt account up.
    WindUp { of: String },
    /// Realises an account's unrealised loss.
    Settle { of: String, market: Option<String> },
    /// Gives to insurance.
    FundInsurance { amount: String },
    /// Accrues interest and takes stock.
    Accrue,
    /// Folds the markets' totals.
    Fold,
    /// Closes the margin account.
    Close,
}

/// Side of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Bid,
    Ask,
}

/// How an order may be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Limit,
    PostOnly,
    ImmediateOrCancel,
    FillOrKill,
}

/// What an attack came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// As the file says.
    #[serde(default)]
    pub about: String,
    pub actors: Vec<OfActor>,
    pub acts: Vec<OfAct>,
}

/// What an actor has won or lost, UsdE6: wallet and margin account, tokens at the Board's last
/// price.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfActor {
    pub name: String,
    pub started_e6: i64,
    pub ended_e6: i64,
    pub profit_e6: i64,
}

/// What became of an act.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfAct {
    /// Number in the file, from 0.
    pub index: usize,
    pub at_unix: i64,
    pub actor: String,
    #[serde(rename = "do")]
    pub what: String,
    /// `ok`, or the name of the program's error.
    pub result: String,
    /// The program's error code.
    pub code: Option<u32>,
    /// Compute units, of a refused transaction too.
    pub units: u64,
}

/// Reads and checks a file.
pub fn read(path: &Path) -> Result<File> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("{shown}"))?;
    parse(&text).map_err(|why| anyhow!("{shown}: {why}"))
}

/// Checks a file's text; the error names the place.
fn parse(text: &str) -> Result<File, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let file: File = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| format!("{}: {}", error.path(), error.inner()))?;
    json.end()
        .map_err(|error| format!("after the file's end: {error}"))?;
    match file.version {
        VERSION => Ok(file),
        other => Err(format!("version: {other}, where {VERSION} is understood")),
    }
}

#[cfg(test)]
#[path = "attack_tests.rs"]
mod tests;
