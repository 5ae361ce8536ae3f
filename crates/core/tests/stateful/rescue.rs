//! Steps of money, of liquidators, and of rare things.

use bulwark_core::health::{Measure, measured};
use bulwark_core::liquidation::not_worse;
use bulwark_core::{ledger, residual, withdrawal};

use super::exchange::State;
use super::history::{History, KEEPER, PEOPLE, Theme};

impl History {
    pub fn money(&mut self, who: usize) {
        let bank = self.dice.at(2);
        let mut amount = self.dice.size(if bank == 0 { 34 } else { 28 });
        let ticket = self.dice.at(self.exchange.is.tickets.len().max(1));
        let some = !self.exchange.is.tickets.is_empty();
        let act = self.dice.below(10);
        if act > 4 && !self.constant() {
            // As much as the margin lets go.
            let is = &self.exchange.is;
            let most = withdrawal::largest(&is.board, &is.accounts[who], bank as u8, is.now, false);
            let share = 50 + self.dice.below(51);
            amount = most.unwrap_or(0) / 100 * share;
        }
        match act {
            0..=2 => self.run("deposit", |state| state.deposit(who, bank, amount)),
            3..=6 => self.run("withdraw", |state| state.withdraw(who, bank, amount)),
            7..=8 if some => self.run("serve", |state| state.serve(ticket)),
            _ => {
                let who = self.owed(bank).unwrap_or(who);
                self.run("collect", |state| state.collect(who, bank))
            }
        };
        self.exchange.is.inv_cov(&self.exchange.was);
        // What waits counts at Maintenance until it is paid: its own ticket may flip an account.
        if act < 7 {
            self.exchange.is.inv_noflip(&self.exchange.was);
        }
    }

    /// Somebody to whose residual claim on a bank money is assigned.
    fn owed(&self, bank: usize) -> Option<usize> {
        let is = &self.exchange.is;
        let owed = |who: &usize| {
            let claim = withdrawal::claim(&is.accounts[*who], bank as u8);
            claim.is_some_and(|claim| residual::due(claim, &is.banks[bank].residuals) != Ok(0))
        };
        (0..PEOPLE).find(owed)
    }

    /// Somebody of whom this holds, in turns, else anyone.
    fn somebody(&mut self, who: usize, of: impl Fn(&State, usize) -> bool) -> usize {
        let is = &self.exchange.is;
        let mut others = (0..PEOPLE).map(|more| (who + more) % PEOPLE);
        others.find(|who| of(is, *who)).unwrap_or(who)
    }

    pub fn liquidate(&mut self, who: usize, market: usize) {
        let ill = |state: &State, who| state.standing(who).is_some_and(|health| health < 0);
        let owes = |state: &State, who: usize| state.accounts[who].quote < 0;
        let healed =
            |state: &State, who: usize| state.accounts[who].flagged_open != 0 && !ill(state, who);
        let of = self.somebody(who, ill);
        let holds = |state: &State, market| ledger::position_of(&state.accounts[of], market as u8);
        let market = match holds(&self.exchange.is, market) {
            Some(_) => market,
            None => 1 - market,
        };
        let bankrupt = ill(&self.exchange.is, of) && self.exchange.is.worth(of) < Some(0);
        let people = if self.constant() { PEOPLE } else { PEOPLE + 1 };
        let by = match self.dice.below(2) {
            0 if !self.constant() => KEEPER,
            _ => (of + 1 + self.dice.at(people - 1)) % people,
        };
        let most = self.dice.size(40);
        let act = match self.dice.below(16) {
            3..=7 if bankrupt => 10,
            act => act,
        };
        match act {
            0..=1 => {
                self.run("flag", |state| state.flag(of));
            }
            2 | 14 => {
                let who = self.somebody(who, healed);
                let done = self.run("look", |state| state.unflag(who));
                self.counted("unflag", done == Some(true));
            }
            3..=7 => self.judged("take over", of, by, |state| {
                state.take_over(of, by, market, most).map(drop)
            }),
            8..=9 => {
                let of = self.somebody(who, |state, who| ill(state, who) && owes(state, who));
                let by = if by == of { KEEPER } else { by };
                self.judged("seize", of, by, |state| state.seize(of, by, most).map(drop));
            }
            10..=11 => {
                let part = [1_000_000, 10_000 + self.dice.below(990_000) as u32][self.dice.at(2)];
                self.run("wind up", |state| state.wind_up(of, by, part));
                return;
            }
            12..=13 => self.settle(who, market),
            _ => {
                let of = self.somebody(who, owes);
                let by = if by == of { KEEPER } else { by };
                self.run("convert", |state| state.convert(of, by, most));
            }
        }
        self.exchange.is.inv_noflip(&self.exchange.was);
    }

    /// INV-LIQ around a take-over or a seizure.
    fn judged(
        &mut self,
        name: &'static str,
        of: usize,
        by: usize,
        act: impl FnOnce(&mut State) -> bulwark_core::Result<()>,
    ) {
        let (paused, now) = (self.exchange.is.paused(), self.exchange.is.now);
        let health = |state: &State, pair| {
            let measure = Measure {
                end: false,
                pair,
                paused,
            };
            measured(&state.board, &state.accounts[of], measure, now)
        };
        let spot = health(&self.exchange.is, false);
        let pair = spot.as_ref().is_ok_and(|health| !health.below_critical());
        let before = health(&self.exchange.is, pair);
        if self.run(name, act).is_none() {
            return;
        }
        let after = health(&self.exchange.is, pair).expect("judged before");
        let before = before.expect("judged before");
        assert_eq!(not_worse(&before, &after), Ok(()), "INV-LIQ of {of}");
        assert!(self.exchange.is.initial(by) >= 0, "INV-LIQ of the receiver");
    }

    /// Realising a loss is worth nothing to anyone: the account is worth what it was, and nobody
    /// else is touched.
    fn settle(&mut self, who: usize, market: usize) {
        let loses = |state: &State, who: usize| state.open_value(who, market) < 0;
        let who = self.somebody(who, loses);
        let before = self.exchange.is.worth(who);
        if self
            .run("settle", |state| state.settle(who, market))
            .is_none()
        {
            return;
        }
        let (is, was) = (&self.exchange.is, &self.exchange.was);
        assert_eq!(is.worth(who), before, "settling {who} changed its value");
        assert_eq!(is.open_value(who, market), 0, "a settled leg of {who}");
        for other in (0..is.accounts.len()).filter(|other| *other != who) {
            let bytes = |state: &State| bytemuck::bytes_of(&state.accounts[other]).to_vec();
            assert!(bytes(is) == bytes(was), "settling {who} changed {other}");
        }
    }

    pub fn odd(&mut self, who: usize, market: usize) {
        let amount = self.dice.size(30);
        let bank = self.dice.at(2);
        let robbed = self.theme == Theme::Robbed;
        let moving = !self.constant();
        match self.dice.below(13) {
            0 if moving => {
                let change = amount.cast_signed();
                self.run("donate", |state| state.move_vault(bank, change));
            }
            1 | 8 => {
                // A sweep takes stock: what is missing shows before it, not by it.
                self.run("accrue", State::accrue);
                self.run("sweep", |state| state.sweep(bank));
                self.exchange.is.inv_cov(&self.exchange.was);
            }
            2 if moving && !self.exchange.is.paused() && self.dice.below(3) == 0 => {
                let seconds = self.dice.range(1, 30);
                self.run("pause", |state| {
                    state.pause(seconds);
                    Ok(())
                });
            }
            4 => {
                self.run("withdraw all", |state| {
                    state.withdraw(who, bank, withdrawal::ALL)
                });
                self.exchange.is.inv_cov(&self.exchange.was);
            }
            5 if moving => {
                self.run("insure", |state| state.insure(amount));
            }
            6 => self.settlement(who, market),
            7 if robbed => {
                let share = self.dice.range(1, 60);
                let stolen = self.exchange.is.vaults[bank].cast_signed() / 100 * share;
                self.run("steal", |state| state.move_vault(bank, -stolen));
            }
            9 if robbed => {
                self.run("accrue", State::accrue);
                self.run("recapitalise", |state| state.recapitalise(bank, amount));
                self.exchange.is.inv_cov(&self.exchange.was);
            }
            10 => self.transfer(who, bank),
            11 => self.look(robbed),
            12 if moving => self.latch(),
            _ => {
                self.run("fold", State::fold);
            }
        }
    }

    /// Announcing is rare; what is announced is settled a week later, closed account by account.
    fn settlement(&mut self, who: usize, market: usize) {
        match self.exchange.is.markets[market].status {
            1 if (!self.constant() && !self.storm()) || self.dice.below(8) != 0 => return,
            5 => {
                // A settlement price has a quarter of an hour behind it.
                self.tick(7 * 86_400);
                (0..16).for_each(|_| self.tick(60));
            }
            _ => {}
        }
        let closes = self.exchange.is.markets[market].status == 6;
        self.run("settlement", |state| state.settlement(who, market));
        if closes {
            self.exchange.is.inv_noflip(&self.exchange.was);
        }
    }
}
