//! A path of one-minute bars through anchors. MODELLED: between two anchors it is a random bridge,
//! drawn from the seed in integers, that never leaves the range of the anchors around it; what was
//! published is met to the tick.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Anchor;
use crate::replay::csv::{Bar, MINUTE};
use crate::replay::population::between;

/// First stream of the seed for scenarios; bars of files use the streams of their times.
const STREAM: u64 = 1 << 40;

/// The bars from the first anchor to the last; `number` keeps the series of one scenario apart.
pub fn minutes(anchors: &[Anchor], seed: u64, number: u64) -> Vec<Bar> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM + number);
    let mut bars = Vec::new();
    for (place, pair) in anchors.windows(2).enumerate() {
        let (from, to) = (pair[0], pair[1]);
        // An anchor that is an extreme of its neighbourhood is never exceeded next to it.
        let around = &anchors[place.saturating_sub(1)..(place + 3).min(anchors.len())];
        let low = around.iter().map(|a| a.price).min().unwrap_or(from.price);
        let high = around.iter().map(|a| a.price).max().unwrap_or(from.price);
        let walk = Walk {
            rng: &mut rng,
            limits: (low, high),
            minute_ppm: from.minute_ppm,
        };
        walk.between(from, to, &mut bars);
    }
    bars
}

struct Walk<'a> {
    rng: &'a mut ChaCha8Rng,
    limits: (u64, u64),
    minute_ppm: u64,
}

impl Walk<'_> {
    /// Pushes the bars of the minutes from one anchor to the next.
    fn between(mut self, from: Anchor, to: Anchor, bars: &mut Vec<Bar>) {
        let count = (to.at - from.at) / MINUTE;
        let mut open = from.price;
        for minute in 0..count {
            let left = i128::from(count - minute);
            let close = if left == 1 {
                to.price
            } else {
                self.step(open, to.price, left)
            };
            let (low, high) = (open.min(close), open.max(close));
            let wick = self.deviation(open) / 2;
            let above = self.rng.random_range(0..=wick.min(self.limits.1 - high));
            let below = self.rng.random_range(0..=wick.min(low - self.limits.0));
            bars.push(Bar {
                line: 0,
                at: from.at + MINUTE * minute,
                open,
                high: high + above,
                low: low - below,
                close,
            });
            open = close;
        }
    }

    /// Deviation of a minute at a price.
    fn deviation(&self, price: u64) -> u64 {
        let wide = u128::from(price) * u128::from(self.minute_ppm) / 1_000_000;
        u64::try_from(wide).unwrap_or(u64::MAX)
    }

    /// The next minute's price on the way to `to`, which is `left` minutes off. What is left goes
    /// in equal ratios, so that a fall of ninety percent is as steep at its end as at its start.
    fn step(&mut self, price: u64, to: u64, left: i128) -> u64 {
        let left_u32 = u32::try_from(left).unwrap_or(u32::MAX);
        let share = u32::MAX / left_u32.max(1);
        let straight = match price <= to {
            true => between(price, to, share),
            false => between(to, price, u32::MAX - share),
        };
        // Variance of a bridge over one of `left` minutes: σ²·(left − 1)/left.
        let deviation = i128::from(self.deviation(price));
        let shrunk = (deviation * deviation * (left - 1) / left)
            .unsigned_abs()
            .isqrt();
        let drawn = i128::from(straight) + self.noise(shrunk);
        let (low, high) = self.limits;
        u64::try_from(drawn.clamp(i128::from(low), i128::from(high))).unwrap_or(low)
    }

    /// About normal with this deviation: twelve uniforms less their mean.
    fn noise(&mut self, deviation: u128) -> i128 {
        let sum: i64 = (0..12).map(|_| i64::from(self.rng.random::<u16>())).sum();
        let centred = i128::from(sum - 12 * 32_768);
        centred * i128::try_from(deviation).unwrap_or(0) / 65_536
    }
}
