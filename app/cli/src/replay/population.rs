//! The traders, drawn from the seed before anything runs: every arm meets the same ones.
//!
//! As in the study behind the margin rule (facts/margin-model.md, section 3): opening uniformly in
//! time after a warm-up, long or short, leverage log-uniform from one to what initial margin allows
//! then, held log-uniform from ten minutes to three days.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Seconds of prices before the first trader, in files that are long enough.
const WARM_UP: i64 = 12 * 3_600;
/// Shortest and longest time that a position is held, seconds.
const HOLD: (u64, u64) = (600, 3 * 86_400);

/// What a trader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trader {
    /// Unix second from which he wants to open.
    pub arrives_at: i64,
    /// Long or short.
    pub long: bool,
    /// Where between one and the largest leverage he stands, on a logarithmic scale, of 2³².
    pub appetite: u32,
    /// Seconds that he holds his position.
    pub hold: i64,
    /// Number of the market that he trades.
    pub market: usize,
    /// Token that he brings as collateral, and its share of his deposit, of 2³².
    pub token: Option<(usize, u32)>,
}

/// Stream of the seed that markets and tokens are drawn from.
const STREAM: u64 = 1;

/// Unix second from which traders arrive in a file that lasts from `begin` to `end`.
pub fn warm_until(begin: i64, end: i64) -> i64 {
    begin + WARM_UP.min((end - begin) / 8)
}

/// Draws `count` traders who arrive between `from` and `until`, in order of arrival. Each trades
/// one of the markets, and brings a share of his deposit in one of the tokens, if there is any.
pub fn draw(count: u32, seed: u64, (from, until): (i64, i64), of: Listed) -> Vec<Trader> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut traders: Vec<Trader> = (0..count)
        .map(|_| Trader {
            arrives_at: rng.random_range(from..until.max(from + 1)),
            long: rng.random(),
            appetite: rng.random(),
            hold: i64::try_from(between(HOLD.0, HOLD.1, rng.random())).unwrap_or(i64::MAX),
            market: 0,
            token: None,
        })
        .collect();
    traders.sort_by_key(|trader| trader.arrives_at);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    for trader in &mut traders {
        trader.market = rng.random_range(0..of.markets.max(1));
        if of.tokens > 0 {
            trader.token = Some((rng.random_range(0..of.tokens), rng.random()));
        }
    }
    traders
}

/// How many markets and tokens there are to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    pub markets: usize,
    pub tokens: usize,
}

/// `low·(high/low)^(part/2³²)`, rounded down: log-uniform for a uniform `part`. Integers, so
/// that it is the same on every machine. `low` for a `high` below it.
pub fn between(low: u64, high: u64, part: u32) -> u64 {
    const E12: u128 = 1_000_000_000_000;
    let mut ratio = u128::from(high.max(low)) * E12 / u128::from(low.max(1));
    let mut factor = E12;
    for bit in (0..32).rev() {
        ratio = (ratio * E12).isqrt();
        if part >> bit & 1 == 1 {
            factor = factor * ratio / E12;
        }
    }
    u64::try_from(u128::from(low) * factor / E12)
        .unwrap_or(u64::MAX)
        .clamp(low, high.max(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometric_interpolation() {
        assert_eq!(between(100, 10_000, 0), 100);
        assert!(between(100, 10_000, u32::MAX).abs_diff(10_000) <= 1);
        assert!(between(100, 10_000, 1 << 31).abs_diff(1_000) <= 1);
        assert!(between(1_000_000, 16_000_000, 1 << 30).abs_diff(2_000_000) <= 1);
        assert_eq!(between(100, 50, 77), 100);
    }

    #[test]
    fn traders_come_in_order_and_hold_within_bounds() {
        let (from, until) = (1_621_036_800, 1_621_036_800 + 6 * 86_400);
        let one = Listed {
            markets: 1,
            tokens: 0,
        };
        let draw = |count, seed| draw(count, seed, (from, until), one);
        let traders = draw(5_000, 3);
        assert!(traders.is_sorted_by_key(|t| t.arrives_at));
        for trader in &traders {
            assert!((from..until).contains(&trader.arrives_at));
            assert!((600..=259_200).contains(&trader.hold));
        }
        // Uniform and log-uniform: halves within five standard deviations.
        let halves = |count: usize| assert!(count.abs_diff(2_500) < 177, "{count}");
        halves(traders.iter().filter(|t| t.long).count());
        halves(traders.iter().filter(|t| t.appetite >> 31 == 1).count());
        let middle = between(HOLD.0, HOLD.1, 1 << 31) as i64;
        halves(traders.iter().filter(|t| t.hold < middle).count());
        assert_eq!(traders, draw(5_000, 3));
        assert_ne!(traders, draw(5_000, 4));
    }

    #[test]
    fn another_market_or_token_changes_nothing_else() {
        let span = (1_000_000_000, 1_000_600_000);
        let draw = |markets, tokens| draw(2_000, 5, span, Listed { markets, tokens });
        let (plain, mixed) = (draw(1, 0), draw(3, 2));
        let same = |a: &Trader, b: &Trader| (a.arrives_at, a.hold) == (b.arrives_at, b.hold);
        assert!(plain.iter().zip(&mixed).all(|(a, b)| same(a, b)));
        assert!(plain.iter().all(|t| (t.market, t.token) == (0, None)));
        for market in 0..3 {
            let found = mixed.iter().filter(|t| t.market == market).count();
            assert!(found.abs_diff(667) < 106, "{found}");
        }
        assert!(
            mixed
                .iter()
                .all(|t| t.token.is_some_and(|(token, _)| token < 2))
        );
    }

    #[test]
    fn a_short_file_has_a_short_warm_up() {
        assert_eq!(warm_until(1_000_000_000, 1_000_003_600), 1_000_000_450);
        assert_eq!(warm_until(1_000_000_000, 1_001_000_000), 1_000_043_200);
    }
}
