//! The traders: they arrive, deposit, open at market, hold, close and take their money out.

use std::collections::BTreeSet;

use anyhow::Result;

use super::population::{Trader, between};
use super::venue::{Party, Venue};

/// Seconds between two tries of the same thing.
const RETRY: i64 = 60;
/// Seconds after which a trader who can't open gives up.
const PATIENCE: i64 = 3_600;
/// Price room of an order at market, ppm.
const ROOM_PPM: u64 = 20_000;

/// Where a trader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Wants to open from here on.
    Arriving { next: i64 },
    /// Holds his position until here.
    Holding { until: i64 },
    /// Has closed or lost his position and wants his money.
    Leaving { next: i64 },
    /// Has gone.
    Gone,
}

/// All traders and what became of them.
pub struct Traders {
    drawn: Vec<Trader>,
    phases: Vec<Phase>,
    /// Traders before this one have arrived.
    arrived: usize,
    /// Traders who are there, in order of arrival.
    present: Vec<usize>,
    /// Σ of notional opened by market, UsdE6.
    pub opened_e6: Vec<u64>,
    /// Traders who gave up before they could open, or came too late.
    pub turned_away: u32,
}

impl Traders {
    /// Nobody is there yet.
    pub fn new(drawn: Vec<Trader>, markets: usize) -> Self {
        let phases = drawn
            .iter()
            .map(|t| Phase::Arriving { next: t.arrives_at })
            .collect();
        Self {
            drawn,
            phases,
            arrived: 0,
            present: vec![],
            opened_e6: vec![0; markets],
            turned_away: 0,
        }
    }

    /// Traders who hold a position or may hold one.
    pub fn present(&self) -> &[usize] {
        &self.present
    }

    /// Traders who hold a position.
    pub fn live(&self) -> u64 {
        let held = |who: &&usize| matches!(self.phases[**who], Phase::Holding { .. });
        self.present.iter().filter(held).count() as u64
    }

    /// Markets in which somebody will trade now: there the makers quote first. Nobody quotes for
    /// those who can't open.
    pub fn due_markets(&self, venue: &Venue) -> Result<BTreeSet<usize>> {
        let now = venue.now().unix;
        let arriving = self.drawn[self.arrived..]
            .iter()
            .take_while(|trader| trader.arrives_at <= now)
            .map(|trader| trader.market);
        let opens = |who: &&usize| matches!(self.phases[**who], Phase::Arriving { .. });
        let due = self.present.iter().filter(|who| self.is_due(**who, now));
        let (opening, holding): (Vec<&usize>, Vec<&usize>) = due.partition(opens);
        let market = |who: &usize| self.drawn[*who].market;
        let mut markets: BTreeSet<usize> =
            arriving.chain(opening.into_iter().map(market)).collect();
        for closed in markets.clone() {
            if !venue.takes_new_risk(closed)? {
                markets.remove(&closed);
            }
        }
        markets.extend(holding.into_iter().map(market));
        Ok(markets)
    }

    /// The prices have ended: whoever still wants to open can't.
    pub fn end(&mut self) {
        let waiting = |phase: &&Phase| matches!(phase, Phase::Arriving { .. });
        let waiting = self.phases.iter().filter(waiting).count();
        self.turned_away += u32::try_from(waiting).unwrap_or(u32::MAX);
    }

    fn is_due(&self, who: usize, now: i64) -> bool {
        match self.phases[who] {
            Phase::Arriving { next } | Phase::Leaving { next } => next <= now,
            Phase::Holding { until } => until <= now,
            Phase::Gone => false,
        }
    }

    /// Lets everyone act who is due.
    pub fn act(&mut self, venue: &mut Venue) -> Result<()> {
        let now = venue.now().unix;
        while self
            .drawn
            .get(self.arrived)
            .is_some_and(|t| t.arrives_at <= now)
        {
            self.present.push(self.arrived);
            self.arrived += 1;
        }
        for place in 0..self.present.len() {
            let who = self.present[place];
            let lost = matches!(self.phases[who], Phase::Holding { .. })
                && venue.position(Party::Trader(who), self.drawn[who].market) == 0;
            if lost {
                self.phases[who] = Phase::Leaving { next: now };
            }
            if self.is_due(who, now) {
                self.phases[who] = self.step(venue, who, now)?;
            }
        }
        self.present.retain(|who| self.phases[*who] != Phase::Gone);
        Ok(())
    }

    fn step(&mut self, venue: &mut Venue, who: usize, now: i64) -> Result<Phase> {
        let party = Party::Trader(who);
        match self.phases[who] {
            Phase::Arriving { .. } => self.open(venue, who, now),
            Phase::Holding { until } => {
                let market = self.drawn[who].market;
                let base = venue.position(party, market);
                if venue.is_liquidatable(party)? {
                    // Only the liquidator can act on him now.
                    return Ok(Phase::Holding {
                        until: until.max(now + RETRY),
                    });
                }
                venue.at_market(party, market, -base, ROOM_PPM, true)?;
                Ok(match venue.position(party, market) {
                    0 => self.leave(venue, who, now)?,
                    _ => Phase::Holding {
                        until: until.max(now + RETRY),
                    },
                })
            }
            Phase::Leaving { .. } => self.leave(venue, who, now),
            Phase::Gone => Ok(Phase::Gone),
        }
    }

    fn open(&mut self, venue: &mut Venue, who: usize, now: i64) -> Result<Phase> {
        let Trader {
            arrives_at,
            long,
            appetite,
            hold,
            market,
            token,
        } = self.drawn[who];
        let party = Party::Trader(who);
        if venue.takes_new_risk(market)? {
            let size = venue.trader_size(market);
            let base = if long { size } else { -size };
            let (notional, least) = venue.least_deposit(market, base)?;
            // Leverage between one and notional/least, as a deposit between them.
            let leverage = between(1_000_000, notional * 1_000_000 / least.max(1), appetite);
            let deposit = (notional * 1_000_000).div_ceil(leverage).max(least);
            let (quote, token) = split(venue, deposit, token)?;
            if venue.top_up(party, quote, token)? {
                venue.at_market(party, market, base, ROOM_PPM, false)?;
            }
            if venue.position(party, market) != 0 {
                let notional = venue.entry_notional(party, market);
                self.opened_e6[market] += notional;
                return Ok(Phase::Holding { until: now + hold });
            }
        }
        if now < arrives_at + PATIENCE {
            return Ok(Phase::Arriving { next: now + RETRY });
        }
        self.turned_away += 1;
        self.leave(venue, who, now)
    }

    fn leave(&mut self, venue: &mut Venue, who: usize, now: i64) -> Result<Phase> {
        let gone = venue.withdraw_all(Party::Trader(who))?;
        Ok(if gone {
            Phase::Gone
        } else {
            Phase::Leaving { next: now + RETRY }
        })
    }
}

/// Splits a deposit into quote and units of a token that count as much, as the trader was drawn.
fn split(
    venue: &Venue,
    deposit: u64,
    token: Option<(usize, u32)>,
) -> Result<(u64, Option<(usize, u64)>)> {
    let Some((token, share)) = token else {
        return Ok((deposit, None));
    };
    let in_token = u64::try_from((u128::from(deposit) * u128::from(share)) >> 32)?;
    Ok(match venue.units_worth(token, in_token)? {
        Some(units) => (deposit - in_token, Some((token, units))),
        None => (deposit, None),
    })
}
