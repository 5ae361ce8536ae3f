//! What `bulwark replay` can be told.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

/// Replay a price history through the deployed bytecode.
///
/// Deploys the program into an embedded VM, lets seeded traders arrive, trade and leave, makers
/// quote, and a liquidator act after a bounded delay, while every bar of the file is played as four
/// prints. Everything is a real transaction, and every money figure is read from the accounts.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Price file: `ts_unix,open,high,low,close[,volume]`, bars of whole minutes, oldest first
    #[arg(long, value_name = "FILE")]
    pub prices: PathBuf,

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

    /// Missing bars are an error instead of an outage
    #[arg(long)]
    pub strict: bool,
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
