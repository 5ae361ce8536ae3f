//! The makers: a few well-funded accounts per market that quote both sides around the oracle's
//! price.
//!
//! Their quotes matter only when somebody trades, so they renew them just before that. Told to
//! (`--makers-leave`), they withdraw when the price has moved by more than the market's initial
//! margin at rest within five minutes, and come back once it hasn't for fifteen.

use std::collections::VecDeque;

use anyhow::Result;
use bulwark_core::params::Class;

use super::venue::{Quote, Venue};

/// Makers of a market; maker n quotes n + 1 half spreads away from the price.
pub const MAKERS: usize = 3;
/// Half spread, ppm, beside the modelled confidence.
const HALF_SPREAD_PPM: u64 = 500;
/// Each quote's size in sizes of one trader.
const SIZES: u64 = 10;
/// Seconds in which a large move makes makers leave.
const CRASH_WINDOW: i64 = 300;
/// Seconds without one after which they come back.
const CALM: i64 = 900;

/// When makers leave, and how long they were away.
struct Nerves {
    /// Move within the window that makes them leave, ppm.
    limit_ppm: u64,
    /// Prices of the window, oldest first.
    recent: VecDeque<(i64, u64)>,
    /// Unix second until which they stay away.
    away_until: i64,
    /// Spans in which they were away.
    spans: Vec<(i64, i64)>,
}

impl Nerves {
    fn of(class: Class) -> Self {
        let limit_ppm = match class {
            Class::Major | Class::Stable => 30_000,
            Class::Large => 45_000,
            Class::Small => 90_000,
        };
        Self {
            limit_ppm,
            recent: VecDeque::new(),
            away_until: i64::MIN,
            spans: vec![],
        }
    }

    /// Takes note of a price; says whether makers leave now.
    fn look(&mut self, at: i64, price: u64) -> bool {
        self.recent.push_back((at, price));
        while self
            .recent
            .front()
            .is_some_and(|(of, _)| *of < at - CRASH_WINDOW)
        {
            self.recent.pop_front();
        }
        let moved = self.recent.iter().any(|(_, before)| {
            let move_ppm = u128::from(price.abs_diff(*before)) * 1_000_000;
            move_ppm > u128::from(self.limit_ppm) * u128::from(*before)
        });
        if !moved {
            return false;
        }
        let leaves = at >= self.away_until;
        self.away_until = at + CALM;
        match self.spans.last_mut() {
            Some((_, until)) if !leaves => *until = self.away_until,
            _ => self.spans.push((at, self.away_until)),
        }
        leaves
    }
}

/// The makers of all markets.
pub struct Makers {
    /// When each market was last quoted.
    quoted_at: Vec<Option<i64>>,
    /// Per market, if they may leave.
    nerves: Option<Vec<Nerves>>,
}

impl Makers {
    /// Makers of markets of these classes.
    pub fn new(classes: &[Class], leave: bool) -> Self {
        Self {
            quoted_at: vec![None; classes.len()],
            nerves: leave.then(|| classes.iter().copied().map(Nerves::of).collect()),
        }
    }

    /// Looks at the prices: whoever leaves takes his quotes along.
    pub fn look(&mut self, venue: &mut Venue) -> Result<()> {
        for (market, nerves) in self.nerves.iter_mut().flatten().enumerate() {
            let (price, _) = venue.price(market);
            if nerves.look(venue.now().unix, price) && self.quoted_at[market].is_some() {
                venue.cancel_quotes(market)?;
            }
        }
        Ok(())
    }

    /// Spans in which the makers of any market were away, unix seconds, by market.
    pub fn away(&self) -> Vec<(usize, i64, i64)> {
        let all = self.nerves.iter().flatten().enumerate();
        all.flat_map(|(market, nerves)| {
            let spans = nerves.spans.iter();
            spans.map(move |(from, until)| (market, *from, *until))
        })
        .collect()
    }

    /// Renews all quotes of a market, unless that has been done at this step, the makers are away
    /// or nothing is matched. `least` is a size that each side of each maker must be good for.
    pub fn quote(&mut self, venue: &mut Venue, market: usize, least: u64) -> Result<()> {
        let now = venue.now().unix;
        let away = |nerves: &Vec<Nerves>| now < nerves[market].away_until;
        let stays_away = self.nerves.as_ref().is_some_and(away) || !venue.matches(market)?;
        if self.quoted_at[market] == Some(now) || stays_away {
            return Ok(());
        }
        self.quoted_at[market] = Some(now);
        let (price, conf) = venue.price(market);
        let half = price / 1_000_000 * HALF_SPREAD_PPM + conf;
        let one = venue.trader_size(market).unsigned_abs();
        let size = (one * SIZES).max(least);
        venue.cancel_quotes(market)?;
        for (away, maker) in (1..).zip(venue.makers_of(market)) {
            let away = half * away;
            let (bid, ask) = (price.saturating_sub(away), price + away);
            let quote = Quote { bid, ask, size };
            if away == half {
                venue.note_touch(market, &quote);
            }
            venue.quote(maker, market, &quote, one)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_leave_after_a_large_move_and_stay_away_until_it_is_calm() {
        let mut nerves = Nerves::of(Class::Major);
        assert!(!nerves.look(1_000, 100_000));
        assert!(!nerves.look(1_300, 97_100));
        assert!(nerves.look(1_330, 94_000));
        assert!(!nerves.look(1_345, 93_000));
        assert_eq!(nerves.spans, [(1_330, 2_245)]);
        assert!(!nerves.look(2_300, 93_000));
        assert!(nerves.look(2_360, 90_000));
        assert_eq!(nerves.spans.len(), 2);
        assert!(!Nerves::of(Class::Small).look(1_000, 1));
    }
}
