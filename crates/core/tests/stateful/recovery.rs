//! What a history ends in: Recovery of whatever is there, in two orders.

use bulwark_core::recovery::{self as rule, Cause, Evidence};
use bulwark_core::{Error, Result, ledger};
use bulwark_state::{MAX_COLLATERALS, Recovery};
use bytemuck::Zeroable;

use super::Dice;
use super::exchange::{Exchange, State};
use super::history::History;

/// A compartment in Recovery, and what was paid to each account by bank.
#[derive(Clone)]
struct Remains {
    state: State,
    recovery: Box<Recovery>,
    paid: Vec<[u64; 2]>,
}

impl Remains {
    fn evidenced<T>(&mut self, act: impl FnOnce(&mut Self, &Evidence) -> Result<T>) -> T {
        let quote = *self.state.banks[0];
        let evidence = Evidence {
            quote: &quote,
            insurance: self.state.insurance.balance,
            staked: rule::staked(&self.state.insurance).expect("it fits"),
        };
        act(self, &evidence).expect("Recovery goes on")
    }

    /// Announced by the guardian, frozen a day later, everything counted.
    fn frozen(state: State) -> Self {
        let mut all = Self {
            paid: vec![[0; 2]; state.accounts.len()],
            state,
            recovery: Box::new(Recovery::zeroed()),
        };
        all.evidenced(|all, evidence| {
            let (state, recovery) = (&mut all.state, &mut all.recovery);
            let (board, compartment) = (&mut state.board, &mut state.compartment);
            let cause = (Cause::Guardian, evidence);
            rule::announce(board, compartment, recovery, cause, state.now)
        });
        all.state.now.unix += rule::NOTICE.cast_signed();
        all.state.now.slot += rule::NOTICE * 4;
        all.evidenced(|all, evidence| {
            let (state, recovery) = (&mut all.state, &mut all.recovery);
            let (board, compartment) = (&mut state.board, &mut state.compartment);
            rule::freeze(board, compartment, recovery, evidence, state.now)
        });
        let (state, recovery) = (&mut all.state, &mut all.recovery);
        for (bank, vault) in state.banks.iter_mut().zip(state.vaults) {
            rule::freeze_bank(recovery, bank, vault).expect("bank");
        }
        for market in &state.markets {
            rule::freeze_market(recovery, market).expect("market");
        }
        let whole = rule::complete(recovery, &mut state.compartment);
        assert_eq!(whole, Ok(true), "all is counted");
        all
    }

    /// Marks, opens, pays, each in an order of the dice's.
    fn settle(mut self, dice: &mut Dice) -> Self {
        for who in self.shuffled(dice) {
            let (state, recovery) = (&mut self.state, &mut self.recovery);
            let account = &mut state.accounts[who];
            let live = !ledger::is_empty(account);
            let marked = rule::mark(&state.board, recovery, account, state.now);
            let expected = if live { None } else { Some(Error::NotNeeded) };
            assert_eq!(marked.err(), expected, "{who}");
            if dice.below(2) == 0 {
                self.collect(who);
            }
        }
        let recovery = &mut self.recovery;
        assert_eq!(recovery.marked, recovery.live_count, "everyone was counted");
        // INV-LEDGER and INV-FUND at the frozen prices: all claims are there, but for roundings,
        // which stay.
        let (frozen, marked) = (recovery.quote_frozen.get(), recovery.quote_marked.get());
        let dust = frozen - marked;
        assert!(
            (0..=LEAST_DUST).contains(&dust),
            "{frozen} frozen, {marked} marked"
        );
        let (state, compartment) = (&self.state, &mut self.state.compartment.clone());
        rule::open_pot(recovery, compartment, state.now).expect("open");
        while rule::assign(&state.board, recovery).expect("assigned") {}
        for who in self.shuffled(dice) {
            self.collect(who);
        }
        self
    }

    fn shuffled(&self, dice: &mut Dice) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.state.accounts.len()).collect();
        for place in (1..order.len()).rev() {
            order.swap(place, dice.at(place + 1));
        }
        order
    }

    /// Pays an account what is due to it now.
    fn collect(&mut self, who: usize) {
        for slot in 0..MAX_COLLATERALS {
            let account = &mut self.state.accounts[who];
            let bank = usize::from(account.collaterals[slot].bank);
            if let Ok(units) = rule::pay_token(&mut self.recovery, account, slot) {
                self.pay(who, bank, units);
            }
        }
        for bank in 0..2 {
            let account = &mut self.state.accounts[who];
            if let Ok(units) = rule::pay_pot(&mut self.recovery, account, bank) {
                self.pay(who, bank, units);
            }
        }
    }

    /// What is assigned to residual claims of those who left before stays.
    fn pay(&mut self, who: usize, bank: usize, units: u64) {
        let left = self.state.vaults[bank].checked_sub(units);
        let left = left.expect("no more is paid than there is");
        assert!(left >= self.state.banks[bank].residuals.assigned);
        self.state.vaults[bank] = left;
        self.paid[who][bank] += units;
    }
}

/// Roundings of all legs, charges and interests of some accounts, UsdE6.
const LEAST_DUST: i128 = 1_000;

impl History {
    /// INV-CLAIM of what this history has come to.
    pub fn recover(&mut self) {
        let is: &Exchange = &self.exchange;
        let remains = Remains::frozen(is.is.clone());
        let first = remains.clone().settle(&mut self.dice);
        let second = remains.settle(&mut self.dice);
        assert_eq!(first.paid, second.paid, "INV-CLAIM: in any order the same");
        self.counted("recovery", true);
    }
}
