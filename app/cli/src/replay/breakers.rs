//! What breakers and modes held back, looked at once a step.

use anyhow::Result;
use bulwark_report::{Breaker, Held, State};

use super::venue::Venue;

/// Spans of the same that lie so close, seconds, are one.
const TOGETHER: i64 = 60;

/// What holds a market, or the whole venue (`None`), now.
pub type Hold = (Option<usize>, Breaker, State);

/// A span that hasn't ended, and what had been counted when it began.
struct Open {
    held: Held,
    failed: u64,
    liquidations: u64,
}

/// Everything that was held so far.
#[derive(Default)]
pub struct Watch {
    open: Vec<Open>,
    ended: Vec<Held>,
}

fn kind(held: &Held) -> Hold {
    (held.market, held.breaker, held.state)
}

impl Watch {
    /// Looks at a step.
    pub fn look(&mut self, venue: &Venue) -> Result<()> {
        let (holds, now) = (venue.holds_now()?, venue.now().unix);
        let counted = (venue.failed(), venue.books().liquidations.len() as u64);
        self.step(&holds, now, counted);
        Ok(())
    }

    /// `counted`: refusals and liquidations so far.
    fn step(&mut self, holds: &[Hold], now: i64, (failed, liquidations): (u64, u64)) {
        for open in &mut self.open {
            open.held.until_unix = now;
            open.held.refused = failed - open.failed;
            open.held.liquidations = liquidations - open.liquidations;
        }
        let ends = |open: &mut Open| !holds.contains(&kind(&open.held));
        let over = self.open.extract_if(.., ends);
        self.ended.extend(over.map(|open| open.held));
        for hold in holds {
            if self.open.iter().any(|open| kind(&open.held) == *hold) {
                continue;
            }
            let again = |held: &Held| kind(held) == *hold && now - held.until_unix <= TOGETHER;
            let before = self.ended.iter().rposition(again);
            let held = before.map(|at| self.ended.remove(at)).unwrap_or(Held {
                market: hold.0,
                breaker: hold.1,
                state: hold.2,
                from_unix: now,
                until_unix: now,
                refused: 0,
                liquidations: 0,
            });
            self.open.push(Open {
                failed: failed - held.refused,
                liquidations: liquidations - held.liquidations,
                held,
            });
        }
    }

    /// All spans, in the order in which they began.
    pub fn end(mut self) -> Vec<Held> {
        self.ended
            .extend(self.open.into_iter().map(|open| open.held));
        self.ended.sort_by_key(|held| held.from_unix);
        self.ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_ends_where_it_is_not_seen_and_counts_what_came_meanwhile() {
        let mut watch = Watch::default();
        let halt = (Some(0), Breaker::PriceBand, State::Halted);
        let peg = (None, Breaker::Depeg, State::Restricted);
        watch.step(&[], 0, (5, 0));
        watch.step(&[halt], 15, (5, 0));
        watch.step(&[halt, peg], 30, (7, 1));
        watch.step(&[peg], 45, (9, 1));
        watch.step(&[halt, peg], 90, (9, 2));
        watch.step(&[], 105, (9, 3));
        watch.step(&[halt], 300, (10, 3));
        let spans = watch.end();
        let of = |held: &Held| {
            let Held {
                from_unix,
                until_unix,
                refused,
                liquidations,
                ..
            } = *held;
            (kind(held), from_unix, until_unix, refused, liquidations)
        };
        let found: Vec<_> = spans.iter().map(of).collect();
        // The gap of 45 s is none, but what came in it isn't counted.
        let wanted = [
            (halt, 15, 105, 4, 2),
            (peg, 30, 105, 2, 2),
            (halt, 300, 300, 0, 0),
        ];
        assert_eq!(found, wanted);
    }
}
