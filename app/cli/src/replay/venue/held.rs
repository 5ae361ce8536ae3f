//! What breakers and modes hold back now, read from the accounts by the code that the program asks.

use anyhow::{Context, Result};
use bulwark_client::Items;
use bulwark_core::breaker::{Breaker as Rule, band, cascade, depeg, oracle, restart};
use bulwark_core::mode::{self, Mode, running};
use bulwark_core::permits::MarketStatus;
use bulwark_core::targets;
use bulwark_report::{Breaker, State};
use bulwark_state::{Compartment, Market, Protocol};
use bulwark_svm::vm::{address, pubkey};
use solana_signer::Signer;

use super::Venue;
use crate::replay::breakers::Hold;

/// What a status is called here; nothing for an open market's.
fn state(status: MarketStatus) -> Option<State> {
    match status {
        MarketStatus::Limit => Some(State::Limit),
        MarketStatus::Halted => Some(State::Halted),
        MarketStatus::ReduceOnly => Some(State::ReduceOnly),
        _ => None,
    }
}

/// The breaker of a reason code.
fn by(reason: u32) -> Breaker {
    let is = |rule: Rule| u32::from(rule.reason()) == reason;
    match reason {
        _ if is(Rule::Depeg) => Breaker::Depeg,
        _ if is(Rule::Drawdown) => Breaker::Drawdown,
        _ if is(Rule::Invariant) => Breaker::Invariant,
        _ => Breaker::Guardian,
    }
}

impl Venue {
    /// Everything that holds a market, or the whole venue, now.
    pub fn holds_now(&self) -> Result<Vec<Hold>> {
        let mut holds = Vec::new();
        for market in 0..self.markets.len() {
            self.of_market(market, &mut holds)?;
        }
        self.of_venue(&mut holds)?;
        holds.sort_unstable();
        holds.dedup();
        Ok(holds)
    }

    fn of_market(&self, market: usize, holds: &mut Vec<Hold>) -> Result<()> {
        let key = address(self.deployment.markets[market].market);
        let stored = self.vm.read::<Market>(key).context("no market")?;
        let (entry, now) = (self.market(market), self.now);
        let mut push = |breaker, state: Option<State>| {
            holds.extend(state.map(|state| (Some(market), breaker, state)));
        };
        push(Breaker::PriceBand, state(band::status(&entry.watch, now)));
        push(
            Breaker::Oracle,
            state(oracle::status(self.feed(market), now)),
        );
        let risk = |closed: bool| closed.then_some(State::NoNewRisk);
        push(Breaker::Cascade, risk(cascade::stands(&stored, now)));
        push(Breaker::MarginCap, risk(targets::at_cap(&entry.margin)));
        Ok(())
    }

    fn of_venue(&self, holds: &mut Vec<Hold>) -> Result<()> {
        let protocol = self.vm.read::<Protocol>(address(self.deployment.protocol));
        let key = address(self.deployment.compartment);
        let compartment = self.vm.read::<Compartment>(key);
        let (protocol, compartment) = protocol.zip(compartment).context("no compartment")?;
        let now = self.now;
        let mut push = |breaker, state| holds.push((None, breaker, state));
        if depeg::restricts(&self.board, now) {
            push(Breaker::Depeg, State::Restricted);
        }
        let record = &compartment.mode;
        match mode::effective(&protocol, &compartment, now) {
            Mode::Normal => {}
            Mode::Restricted if running(&record.restricted, now) => {
                push(by(record.restricted_reason.into()), State::Restricted);
            }
            Mode::Restricted => push(Breaker::Invariant, State::Restricted),
            Mode::Paused => push(by(record.paused_reason.into()), State::Paused),
        }
        if running(&compartment.no_new_risk, now) {
            push(Breaker::Drawdown, State::NoNewRisk);
        }
        if restart::waits(self.restart_slot, now.slot) {
            push(Breaker::Restart, State::NoNewRisk);
        }
        Ok(())
    }

    /// Whether orders of a market may be matched now at all.
    pub fn matches(&self, market: usize) -> Result<bool> {
        let stops = |(of, _, state): &Hold| {
            of.is_none_or(|of| of == market) && matches!(state, State::Halted | State::Paused)
        };
        Ok(!self.holds_now()?.iter().any(stops))
    }

    /// Whether a trip waits to be chained, or a loss to be looked at.
    pub fn wants_check(&self) -> bool {
        let pegs = &self.board.pegs;
        let watches = self.board.markets[..self.markets.len()].iter();
        let mut watches = watches.map(|market| &market.watch);
        pegs.sequence > pegs.chained
            || (depeg::restricts(&self.board, self.now) && !self.checked_peg())
            || watches.any(|watch| watch.sequence > watch.chained)
    }

    /// Whether the mode record says of the peg what the Board does, to a quarter of an hour.
    fn checked_peg(&self) -> bool {
        let key = address(self.deployment.compartment);
        let compartment = self.vm.read::<Compartment>(key);
        compartment.is_some_and(|c| c.mode.automatic.at + 900 >= self.board.pegs.quote.at)
    }

    /// A keeper checks everything but margin accounts.
    pub fn check(&mut self) -> Result<()> {
        let payer = pubkey(self.vm.payer.pubkey());
        let check = self
            .deployment
            .check(payer, &Items::all(&self.deployment), None);
        self.must(&[check], &[]).context("check")?;
        self.reload_board()
    }
}
