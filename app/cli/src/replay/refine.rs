//! Bars longer than a minute as MODELLED one-minute paths: every real open, high, low and close is
//! kept, what happens between them is drawn from the seed.
//!
//! The path goes from the open to the first extreme, to the second, to the close, each leg a random
//! bridge that never leaves the bar. Integers only, so that a seed means the same everywhere.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::csv::Bar;
use super::options::Order;

/// One minute of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minute {
    /// Unix second at which it begins.
    pub at: i64,
    pub open: u64,
    pub high: u64,
    pub low: u64,
    pub close: u64,
}

/// The minutes of a bar that lasts `seconds`. One of a minute is its bar.
pub fn minutes(bar: &Bar, seconds: i64, order: Order, seed: u64) -> Vec<Minute> {
    let count = usize::try_from(seconds / 60).unwrap_or(1).max(1);
    if count == 1 {
        let Bar {
            at,
            open,
            high,
            low,
            close,
            ..
        } = *bar;
        return vec![Minute {
            at,
            open,
            high,
            low,
            close,
        }];
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(bar.at.unsigned_abs());
    let (first, second) = order.extremes(bar.high, bar.low);
    let (a, b) = (rng.random_range(0..count), rng.random_range(0..count));
    let touched = (a.min(b), a.max(b));

    // Prices at the minutes' boundaries; an extreme lies in the middle of its minute.
    let step = step(bar, count);
    let whole = (bar.low, bar.high);
    let early = without(whole, second, bar.open);
    let mut walk = Walk {
        rng,
        limits: early,
        step,
    };
    let middle = |minute: usize| 2 * minute + 1;
    let mut boundaries = vec![bar.open];
    walk.bridge(&mut boundaries, (0, bar.open), (middle(touched.0), first));
    walk.limits = whole;
    walk.bridge(
        &mut boundaries,
        (middle(touched.0), first),
        (middle(touched.1), second),
    );
    walk.bridge(
        &mut boundaries,
        (middle(touched.1), second),
        (2 * count, bar.close),
    );
    boundaries.push(bar.close);

    let minute = |n: usize| {
        let (open, close) = (boundaries[n], boundaries[n + 1]);
        let (low, high) = if n < touched.0 { early } else { whole };
        let mut minute = Minute {
            at: bar.at + 60 * n as i64,
            open,
            high: open.max(close) + walk.wick(high - open.max(close)),
            low: open.min(close) - walk.wick(open.min(close) - low),
            close,
        };
        for (touched, extreme) in [(touched.0, first), (touched.1, second)] {
            if touched == n {
                minute.high = minute.high.max(extreme);
                minute.low = minute.low.min(extreme);
            }
        }
        minute
    };
    (0..count).map(minute).collect()
}

/// The bar's limits before its first extreme: the second isn't reached yet, unless it is the open.
fn without((low, high): (u64, u64), second: u64, open: u64) -> (u64, u64) {
    match second {
        _ if second == open => (low, high),
        _ if second == low => (low + 1, high),
        _ => (low, high - 1),
    }
}

/// Deviation of one minute that gives `count` of them about the bar's range: R / (1.6·√n).
fn step(bar: &Bar, count: usize) -> u64 {
    let range = u128::from(bar.high - bar.low);
    u64::try_from((range * range * 100 / (256 * count as u128)).isqrt()).unwrap_or(u64::MAX)
}

struct Walk {
    rng: ChaCha8Rng,
    limits: (u64, u64),
    step: u64,
}

impl Walk {
    /// Pushes the prices at the whole minutes strictly between two points; times in half minutes.
    fn bridge(&mut self, boundaries: &mut Vec<u64>, from: (usize, u64), to: (usize, u64)) {
        let (mut time, mut price) = from;
        for next in (time + 1..to.0).filter(|t| t % 2 == 0) {
            let (passed, left) = ((next - time) as i128, (to.0 - time) as i128);
            let straight = (i128::from(to.1) - i128::from(price)) * passed / left;
            // Variance of a bridge: σ²·passed·(left − passed)/left; times are in half minutes.
            let variance = u128::from(self.step).pow(2) * (passed * (left - passed)) as u128
                / (2 * left) as u128;
            let drawn = i128::from(price) + straight + self.noise(variance.isqrt());
            let (low, high) = self.limits;
            let drawn = drawn.clamp(i128::from(low), i128::from(high));
            price = u64::try_from(drawn).unwrap_or(low);
            time = next;
            boundaries.push(price);
        }
    }

    /// About normal with this deviation: twelve uniforms less their mean.
    fn noise(&mut self, deviation: u128) -> i128 {
        let sum: i64 = (0..12).map(|_| i64::from(self.rng.random::<u16>())).sum();
        let centred = i128::from(sum - 12 * 32_768);
        centred * i128::try_from(deviation).unwrap_or(0) / 65_536
    }

    /// How far a minute goes beyond its own open and close, at most `room`.
    fn wick(&mut self, room: u64) -> u64 {
        let most = (self.step / 2).min(room);
        self.rng.random_range(0..=most)
    }
}
