//! The price path: each bar as four prints inside its minutes, with a modelled confidence and a
//! modelled signed average.

use super::csv::Series;
use super::options::Order;
use super::refine::{Minute, minutes};

/// Seconds between the four prints of a minute.
pub const PRINT_SECONDS: i64 = 15;
/// Prints of a minute: open, the two extremes, close.
pub const PRINTS_PER_MINUTE: usize = 4;
/// Modelled confidence in calm, ppm of the price: real BTC prints have 230 to 380 in ordinary
/// hours.
const CALM_CONF_PPM: u64 = 300;
/// Share of the range of the last four prints that is added to the modelled confidence.
const CONF_OF_RANGE: u64 = 20;
/// 2^(−1/2368.4) in 1e-18: Pyth's signed average halves in 5,921 slots of 400 ms.
const EMA_DECAY_E18: u128 = 999_707_378_077_781_202;
const E18: u128 = 1_000_000_000_000_000_000;

/// One price as the oracle publishes it, PriceE8 of the series' unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    /// Publish time, unix seconds.
    pub at: i64,
    pub price: u64,
    /// Modelled.
    pub conf: u64,
    /// Modelled.
    pub ema: u64,
}

/// All prints of a series, in order.
pub struct Prints<'a> {
    series: &'a Series,
    order: Order,
    seed: u64,
    next_bar: usize,
    /// Prices of the current bar's minutes, newest last in time first in the stack.
    waiting: Vec<(i64, u64)>,
    oracle: Oracle,
}

impl<'a> Prints<'a> {
    /// The path of a series. The seed matters only where bars are longer than a minute.
    pub fn new(series: &'a Series, order: Order, seed: u64) -> Self {
        let oracle = Oracle::default();
        Self {
            series,
            order,
            seed,
            next_bar: 0,
            waiting: Vec::new(),
            oracle,
        }
    }
}

impl Iterator for Prints<'_> {
    type Item = Print;

    fn next(&mut self) -> Option<Print> {
        if self.waiting.is_empty() {
            let bar = self.series.bars.get(self.next_bar)?;
            self.next_bar += 1;
            let minutes = minutes(bar, self.series.interval, self.order, self.seed);
            self.waiting = minutes
                .iter()
                .flat_map(|m| played(m, self.order))
                .rev()
                .collect();
        }
        self.waiting
            .pop()
            .map(|(at, price)| self.oracle.publish(at, price))
    }
}

/// The four prices of a minute and their times.
fn played(minute: &Minute, order: Order) -> [(i64, u64); PRINTS_PER_MINUTE] {
    let (first, second) = order.extremes(minute.high, minute.low);
    let mut at = minute.at - PRINT_SECONDS;
    [minute.open, first, second, minute.close].map(|price| {
        at += PRINT_SECONDS;
        (at, price)
    })
}

/// The modelled part of what Pyth signs.
#[derive(Default)]
struct Oracle {
    at: i64,
    ema: u64,
    recent: [u64; PRINTS_PER_MINUTE],
}

impl Oracle {
    fn publish(&mut self, at: i64, price: u64) -> Print {
        if self.ema == 0 {
            self.ema = price;
            self.recent = [price; PRINTS_PER_MINUTE];
        }
        let kept = decay(at - self.at.min(at));
        let distance = i128::from(self.ema) - i128::from(price);
        let ema = i128::from(price) + distance * kept as i128 / E18 as i128;
        self.ema = u64::try_from(ema).unwrap_or(price).max(1);
        self.at = at;
        self.recent.rotate_left(1);
        self.recent[PRINTS_PER_MINUTE - 1] = price;
        let (low, high) = self
            .recent
            .iter()
            .fold((u64::MAX, 0), |(low, high), p| (low.min(*p), high.max(*p)));
        let calm = u128::from(price) * u128::from(CALM_CONF_PPM) / 1_000_000;
        let conf = u64::try_from(calm).unwrap_or(u64::MAX) + (high - low) / CONF_OF_RANGE;
        Print {
            at,
            price,
            conf,
            ema: self.ema,
        }
    }
}

/// Share of the distance that is left after `seconds`, in 1e-18.
fn decay(seconds: i64) -> u128 {
    let (mut left, mut power, mut kept) = (seconds.max(0), EMA_DECAY_E18, E18);
    while left > 0 {
        if left & 1 == 1 {
            kept = kept * power / E18;
        }
        power = power * power / E18;
        left >>= 1;
    }
    kept
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
