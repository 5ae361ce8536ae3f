//! What `bulwark replay` can be told.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::{scenario, times};

/// Replay a price history through the deployed bytecode.
///
/// Deploys the program into an embedded VM, lets seeded traders arrive, trade and leave, makers
/// quote, and a liquidator act after a bounded delay, while every bar is played as four prints.
/// Everything is a real transaction, and every money figure is read from the accounts.
///
/// Without prices it plays a built-in scenario: a path that is reconstructed from published highs,
/// lows and times, and labelled so.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Price file, with its symbol where the name doesn't begin with it; may be repeated.
    /// `ts_unix,open,high,low,close[,volume]`, bars of whole minutes, oldest first; or
    /// `ts_unix,close`, rounds of a price feed
    #[arg(long, value_name = "[SYMBOL=]FILE", conflicts_with_all = ["scenario", "compare"])]
    pub prices: Vec<PriceFile>,

    /// Built-in scenario
    #[arg(long, value_enum, conflicts_with = "compare")]
    pub scenario: Option<scenario::Name>,

    /// Series that accounts may also hold as collateral; may be repeated
    #[arg(long, value_name = "SYMBOL")]
    pub collateral: Vec<String>,

    /// Prices of the quote token, which stays at a dollar without: bars, or rounds of a price feed
    /// (`ts_unix,close`, each stands until the next). Off its peg, the depeg breaker restricts
    #[arg(long, value_name = "[SYMBOL=]FILE", conflicts_with = "compare")]
    pub quote: Option<PriceFile>,

    /// Trader accounts that arrive over the file
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(1..=20_000)
    )]
    pub accounts: u32,

    /// Seed of everything that is drawn: the same seed gives the same result, bit for bit
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Which extreme of a bar comes first: a file doesn't say, so both runs each arm twice
    #[arg(long, value_enum, default_value_t = Orders::Both)]
    pub order: Orders,

    /// Margins to run, in this order
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_values_t = [Margins::Dynamic, Margins::Static]
    )]
    pub margins: Vec<Margins>,

    /// Initial margin of the static arm: auto is the dynamic arm's average over the same prices
    #[arg(long, value_name = "auto|PPM", default_value = "auto")]
    pub static_margin: StaticMargin,

    /// Prints (15 s each) after which the liquidator acts on an account that can be liquidated
    #[arg(
        long,
        value_name = "PRINTS",
        default_value_t = 4,
        value_parser = clap::value_parser!(u32).range(0..=240)
    )]
    pub liquidator_delay: u32,

    /// Write the result as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write every step as CSV: price, margins, open interest, insurance, bad debt
    #[arg(long, value_name = "FILE.csv")]
    pub trace: Option<PathBuf>,

    /// Write a report into a folder: index.html, its data and a picture
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,

    /// Bytecode to play on, instead of what `cargo xtask build` made
    #[arg(long, value_name = "ELF")]
    pub program: Option<PathBuf>,

    /// Congestion of the cluster, unix seconds or RFC 3339: prints are late or lost, slots slow
    /// down, and in the middle the cluster halts and restarts
    #[arg(long, value_name = "FROM..TO")]
    pub congestion: Option<Window>,

    /// Makers withdraw their quotes when the price moves by more than the market's initial margin
    /// at rest within five minutes, and come back after fifteen without such a move
    #[arg(long)]
    pub makers_leave: bool,

    /// Acts of attackers, as docs/replay.md describes: the result has what each act returned, and
    /// what the attackers won or lost
    #[arg(long, value_name = "FILE.json")]
    pub attack: Option<PathBuf>,

    /// Compare two results of `--json` over the same scenario, and play nothing
    #[arg(long, num_args = 2, value_names = ["A.json", "B.json"])]
    pub compare: Option<Vec<PathBuf>>,

    /// Missing bars are an error instead of an outage
    #[arg(long)]
    pub strict: bool,
}

/// A span of time, unix seconds, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: i64,
    pub until: i64,
}

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((from, until)) = text.split_once("..") else {
            return Err(
                "FROM..TO is wanted, each unix seconds or like 2020-03-12T11:30:00Z".into(),
            );
        };
        let (from, until) = (times::parse(from)?, times::parse(until)?);
        if from >= until {
            return Err("it ends before it begins".into());
        }
        Ok(Self { from, until })
    }
}

/// A price file and the symbol that it was given with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceFile {
    pub symbol: Option<String>,
    pub path: PathBuf,
}

impl FromStr for PriceFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_symbol = |symbol: &str| {
            (1..=12).contains(&symbol.len()) && symbol.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let (symbol, path) = match text.split_once('=') {
            Some((symbol, path)) if is_symbol(symbol) => (Some(symbol.to_ascii_uppercase()), path),
            _ => (None, text),
        };
        if path.is_empty() {
            return Err("a file is missing: SYMBOL=FILE".into());
        }
        Ok(Self {
            symbol,
            path: path.into(),
        })
    }
}

/// The order of a bar's extremes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    HighFirst,
    LowFirst,
}

impl Order {
    /// The bar's extremes in this order.
    pub fn extremes<T>(self, high: T, low: T) -> (T, T) {
        match self {
            Self::HighFirst => (high, low),
            Self::LowFirst => (low, high),
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::HighFirst => "high-first",
            Self::LowFirst => "low-first",
        }
    }
}

/// Orders to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Orders {
    HighFirst,
    LowFirst,
    Both,
}

impl Orders {
    /// The single orders in it.
    pub fn each(self) -> &'static [Order] {
        match self {
            Self::HighFirst => &[Order::HighFirst],
            Self::LowFirst => &[Order::LowFirst],
            Self::Both => &[Order::HighFirst, Order::LowFirst],
        }
    }
}

/// An arm of the replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Margins {
    /// The program's own: from realised volatility
    Dynamic,
    /// Fixed, written into the Board: no instruction would accept such parameters
    Static,
}

impl Margins {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::Static => "static",
        }
    }
}

/// Initial margin of the static arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaticMargin {
    /// The dynamic arm's average.
    Auto,
    /// This one, ppm of notional.
    Ppm(u32),
}

impl FromStr for StaticMargin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        match text.parse() {
            Ok(ppm @ 10_000..=1_000_000) => Ok(Self::Ppm(ppm)),
            _ => Err("neither `auto` nor ppm between 10000 (1 %) and 1000000 (100 %)".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_two_ends_in_order() {
        let window: Window = "1584012600..2020-03-12T12:00:00Z".parse().unwrap();
        assert_eq!((window.from, window.until), (1_584_012_600, 1_584_014_400));
        for wrong in ["1584012600", "1584012600..1584012600", "a..b"] {
            assert!(wrong.parse::<Window>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_file_may_have_a_symbol() {
        let parsed = |text: &str| {
            let file: PriceFile = text.parse().unwrap();
            (file.symbol, file.path.display().to_string())
        };
        assert_eq!(parsed("sol=a.csv"), (Some("SOL".into()), "a.csv".into()));
        assert_eq!(parsed("b.csv"), (None, "b.csv".into()));
        assert_eq!(parsed("./x/y=z.csv"), (None, "./x/y=z.csv".into()));
        assert!("SOL=".parse::<PriceFile>().is_err());
    }
}
