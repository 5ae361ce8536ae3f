//! Transfers, what `check` judges, and drawdown.

use bulwark_core::breaker::drawdown::{self, Level};
use bulwark_core::check;
use bulwark_core::mode::{Finding, Mode};
use bulwark_core::withdrawal;

use super::exchange::State;
use super::history::{History, PEOPLE};

impl History {
    /// Between two people as between two accounts of one; a receiver in debt as often as can be.
    pub fn transfer(&mut self, from: usize, bank: usize) {
        let to = (from + 1 + self.dice.at(PEOPLE - 1)) % PEOPLE;
        let is = &self.exchange.is;
        let most = withdrawal::largest(&is.board, &is.accounts[from], bank as u8, is.now, false);
        let amount = match self.dice.below(3) {
            0 => self.dice.size(34),
            _ => most.unwrap_or(0) / 100 * (1 + self.dice.below(100)),
        };
        let worth = |state: &State| Some((state.worth(from)?, state.worth(to)?));
        self.run("transfer", |state| state.transfer(from, to, bank, amount));
        let (is, was) = (&self.exchange.is, &self.exchange.was);
        is.inv_cov(was);
        is.inv_noflip(was);
        if let (Some(new), Some(old)) = (worth(is), worth(was)) {
            // Each value is rounded once a token.
            let made = (new.0 + new.1) - (old.0 + old.1);
            assert!(made.abs() <= 2, "a transfer made {made}");
        }
    }

    /// What `check` looks at: nothing is found broken, and value missing only where it was stolen.
    pub fn look(&mut self, robbed: bool) {
        let mut state = self.exchange.is.clone();
        let (flow, now) = (state.flow(), state.now);
        assert_eq!(check::board(&mut state.board, now), Finding::Sound);
        for market in &mut state.markets {
            let found = check::market(&state.board, market, true).expect("listed");
            assert_eq!(found, Finding::Sound, "market {}", market.index);
        }
        let may_lack = |found| {
            assert!(found == Finding::Sound || (robbed && found == Finding::ValueMissing));
        };
        let found = check::token(&mut state.board, &state.banks[1], state.vaults[1], true);
        may_lack(found.expect("listed"));
        let money = (state.vaults[0], state.insurance.balance);
        let (board, quote) = (&mut state.board, &mut state.banks[0]);
        let found = check::quote(board, quote, money, &mut state.markets, true, &flow, now);
        may_lack(found.bank);
        assert_eq!(found.counters, Finding::Sound, "{:?}", quote.totals);
        let deficit = quote.totals.deficit != 0;
        assert!(found.deficit == Finding::Sound || deficit || robbed);
        for account in &state.accounts {
            let found = check::account(&state.board, account, true);
            assert_eq!(found, Finding::Sound);
        }
        assert_eq!(check::budgets(&state.compartment, now), Finding::Sound);
        self.counted("check", true);
    }

    /// Drawdown: what it latches it latches once, and to pause costs more than its least base.
    pub fn latch(&mut self) {
        let latched = self.run("latch", State::latch);
        self.counted("drawdown", latched == Some(true));
        let (mode, now) = (self.exchange.is.mode(), self.exchange.is.now);
        let insurance = &self.exchange.is.insurance;
        let level = drawdown::level(insurance, now).expect("level");
        let lost = insurance.drawn_total + insurance.socialised_total;
        assert!(
            level < Level::Paused || lost >= drawdown::LEAST_BASE,
            "{lost}"
        );
        assert!(
            level == Level::Calm || lost >= drawdown::LEAST_BASE / 4,
            "{lost}"
        );
        assert!(level < Level::Restricted || mode != Mode::Normal);
        let again = self.exchange.is.clone().latch().expect("latched");
        assert!(!again, "latched twice");
    }
}
