//! The liquidator: one account that watches all others and acts after a bounded delay.
//!
//! Whom it acts on is decided off the chain by the same code that the program runs.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use bulwark_core::health::Stage;

use super::venue::{Party, Venue};

/// Slots after a print in which it may act again: each takes at most a share of a leg.
const SLOTS: u64 = 4;
/// Price room when it unloads what it took over, ppm.
const ROOM_PPM: u64 = 50_000;

/// What the liquidator knows.
pub struct Liquidator {
    /// Prints between seeing and acting.
    delay: u64,
    /// Since which print an account can be liquidated.
    seen: BTreeMap<Party, u64>,
    /// Accounts that were taken over, sold or wound up.
    pub accounts: BTreeSet<Party>,
    /// Take-overs, seizures and wind-ups.
    pub liquidations: u64,
}

impl Liquidator {
    /// A liquidator that acts `delay` prints after an account fell below maintenance.
    pub fn new(delay: u32) -> Self {
        let (seen, accounts) = (BTreeMap::new(), BTreeSet::new());
        Self {
            delay: u64::from(delay),
            seen,
            accounts,
            liquidations: 0,
        }
    }

    /// Looks at everyone at a print; what is returned can be acted on now.
    pub fn look(&mut self, venue: &Venue, everyone: &[Party], print: u64) -> Result<Vec<Party>> {
        let mut due = Vec::new();
        for party in everyone.iter().copied() {
            if !venue.is_liquidatable(party)? {
                self.seen.remove(&party);
                continue;
            }
            let since = *self.seen.entry(party).or_insert(print);
            if print >= since + self.delay {
                due.push(party);
            }
        }
        Ok(due)
    }

    /// Takes over, sells and winds up who is due, over a few slots, as long as it gets on.
    pub fn act(&mut self, venue: &mut Venue, mut due: Vec<Party>) -> Result<()> {
        for party in &due {
            venue.flag(*party)?;
        }
        for _ in 0..SLOTS {
            let mut left = Vec::new();
            for party in due {
                if self.act_on(venue, party)? {
                    self.liquidations += 1;
                    self.accounts.insert(party);
                    left.push(party);
                }
            }
            if left.is_empty() {
                break;
            }
            due = left;
            venue.next_slot();
        }
        Ok(())
    }

    /// The next act on an account; says whether it was possible.
    fn act_on(&self, venue: &mut Venue, party: Party) -> Result<bool> {
        let legs = venue.legs(party);
        if !legs.is_empty() && !legs.iter().any(|market| venue.may_liquidate(*market)) {
            return Ok(false);
        }
        match venue.stage(party)? {
            Stage::Bankrupt => venue.wind_up(party),
            Stage::Liquidatable => {
                for market in legs {
                    if venue.may_liquidate(market) && venue.take_over(party, market)? {
                        return Ok(true);
                    }
                }
                venue.seize(party)
            }
            _ => Ok(false),
        }
    }

    /// After the last print: acts on everyone at once, without its delay, until nothing is left
    /// that it can do at that price. So no loss stays unbooked because the file ends.
    pub fn close_out(&mut self, venue: &mut Venue, everyone: &[Party]) -> Result<()> {
        loop {
            let mut due = Vec::new();
            for party in everyone {
                if venue.is_liquidatable(*party)? {
                    due.push(*party);
                }
            }
            let before = self.liquidations;
            self.act(venue, due)?;
            self.unload(venue)?;
            if self.liquidations == before {
                return Ok(());
            }
        }
    }

    /// Closes against the makers what was taken over, where anything is matched.
    pub fn unload(&self, venue: &mut Venue) -> Result<()> {
        for market in venue.legs(Party::Liquidator) {
            if !venue.matches(market)? {
                continue;
            }
            let base = venue.position(Party::Liquidator, market);
            venue.at_market(Party::Liquidator, market, -base, ROOM_PPM, true)?;
        }
        Ok(())
    }
}
