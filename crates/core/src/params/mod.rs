//! Bounded parameters: presets, bounds, largest step and delay of each, in one table per layout.
//!
//! The table is the only place where these figures stand; `docs/parameters.md` is written from it.
//! A limit of zero means closed, never unlimited. [`check_step`] is what a change must pass, the
//! `check_*` functions what a layout must satisfy at any time.

mod bank;
mod board;
mod change;
mod compiled;
mod coupled;
mod feed;
mod margin;
mod markdown;
mod market;
mod rows;
mod tighten;

pub use bank::{
    BANK, BOARD_BANK, INSURANCE, QUOTE, bank_preset, board_bank_preset, check_bank,
    check_board_bank, check_insurance, check_quote, insurance_preset, quote_preset,
};
pub use board::{BOARD, board_preset, check_board};
pub use change::{
    Group, SWITCH, change_bank, change_compartment, change_feed, change_insurance, change_market,
    row_of, shortest_horizon,
};
pub use compiled::{COMPILED, Compiled};
pub use coupled::{COUPLED, is_listed};
pub use feed::{FEED, SEED_VOLATILITY, check_feed, feed_preset, seed_volatility};
pub use margin::{MARGIN, check_margin, check_margin_on, margin_preset};
pub use markdown::{Figure, write_markdown};
pub use market::{
    BOARD_MARKET, MARKET, board_market_preset, check_board_market, check_listing, check_market,
    market_preset,
};
pub use tighten::{TIGHTENING, deposit_cap, tighten_bank, tighten_market};

use crate::{Error, Result};

/// Shortest warm-up of what the guardian lists, seconds (7 d): weight of a token, open-interest cap
/// of a market.
pub const LISTING_WARM_UP: u32 = 7 * 86_400;

/// What kind of coin a preset is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The two deepest coins.
    Major,
    /// Deep coins.
    Large,
    /// Small and meme coins.
    Small,
    /// Stablecoins as collateral.
    Stable,
}

impl Class {
    /// All classes, in the table's order.
    pub const ALL: [Class; 4] = [Class::Major, Class::Large, Class::Small, Class::Stable];
}

/// Unit of a parameter's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Open seconds.
    OpenSeconds,
    /// A ratio in 1e-9.
    RatioE9,
    /// A ratio in 1e-6.
    Ppm,
    /// A factor in 1e-3.
    Thousandths,
    /// USD in 1e-6.
    UsdE6,
    /// A price in 1e-8 USD.
    PriceE8,
    /// A position size in 1e-8.
    BaseE8,
    /// Smallest units of a mint.
    TokenUnits,
    /// A pure number.
    Count,
}

/// Who may change a parameter how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Both directions by the parameter quorum after 7 days.
    SevenDays,
    /// Lowering at once for at most 72 hours (D12, instant powers); everything else after 7 days.
    InstantDown,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Name: layout and field.
    pub key: &'static str,
    /// Unit of all numbers.
    pub unit: Unit,
    /// Defaults by [`Class`].
    pub presets: [u64; 4],
    /// Smallest value.
    pub min: u64,
    /// Largest value.
    pub max: u64,
    /// Largest step of one change, ppm of the value before it.
    pub step_ppm: u64,
    /// Who may change it how fast.
    pub delay: Delay,
    /// What it is.
    pub about: &'static str,
}

/// What bounds a change of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Smallest value.
    pub min: u64,
    /// Largest value.
    pub max: u64,
    /// Largest step of one change, ppm of the value before it.
    pub step_ppm: u64,
    /// Whether it may fall by any step: two guardians can lower it so far at once anyway.
    pub instant: bool,
}

impl Limit {
    /// Whether one change may take a parameter from `old` to `new`: within the bounds and at most
    /// the largest step away, rounded up. What is closed (0) may open to anything within the
    /// bounds. [`Error::ParameterOutOfBounds`].
    pub fn step(&self, old: u64, new: u64) -> Result<()> {
        let step = match (old >> 40, self.step_ppm >> 24) {
            // Most: the product stays below 2^64.
            (0, 0) => old.wrapping_mul(self.step_ppm).div_ceil(1_000_000),
            _ => crate::math::mul_div_ceil(old, self.step_ppm, 1_000_000).unwrap_or(u64::MAX),
        };
        // What may not change at all has a step of nothing.
        let step = if self.step_ppm == 0 { 0 } else { step.max(1) };
        let lowered = self.instant && new <= old;
        let near = old == 0 || lowered || old.abs_diff(new) <= step;
        within(near && (self.min..=self.max).contains(&new))
    }
}

impl Row {
    /// What bounds its change.
    pub const fn limit(&self) -> Limit {
        Limit {
            min: self.min,
            max: self.max,
            step_ppm: self.step_ppm,
            instant: matches!(self.delay, Delay::InstantDown),
        }
    }
}

/// A layout with parameters, each at its place in the layout's table.
pub trait Parameters {
    /// Limits, in the table's order.
    const LIMITS: &'static [Limit];
    /// A parameter's value; `None` behind the table's end.
    fn value(&self, place: usize) -> Option<u64>;
    /// Sets a parameter that was checked against its limit; nothing behind the table's end.
    fn put(&mut self, place: usize, value: u64);
}

fn within(holds: bool) -> Result<()> {
    if holds {
        Ok(())
    } else {
        Err(Error::ParameterOutOfBounds)
    }
}
