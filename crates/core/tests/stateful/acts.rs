//! What traders, liquidators and the clock do.

use bulwark_core::book::Side;
use bulwark_core::ledger::{self, QuoteMoney, utilisation_ppm};
use bulwark_core::liquidation::{self, Seized, TakenOver};
use bulwark_core::matching::{self, Came, Makers, NORMAL_PPM, Placer, Report, Rules, Venue};
use bulwark_core::mode::{Mode, running};
use bulwark_core::order::{self, OrderRequest};
use bulwark_core::settle::{self, Strain};
use bulwark_core::settlement::{self, Cause};
use bulwark_core::staking::premium;
use bulwark_core::withdrawal;
use bulwark_core::{Error, Result, breaker, coverage, funding, gate, time, windup};
use bulwark_state::{Deltas, Key, MarginAccount};

use super::exchange::{State, key};

/// Every account but the placer's.
struct Others<'a>(Vec<(Key, &'a mut MarginAccount)>);

impl Makers for Others<'_> {
    fn with(
        &mut self,
        margin: &Key,
        act: &mut dyn FnMut(&mut MarginAccount) -> Result<()>,
    ) -> Result<Came> {
        match self.0.iter_mut().find(|(key, _)| key == margin) {
            Some((_, account)) => act(account).map(|()| Came::Lent),
            None => Ok(Came::Absent),
        }
    }
}

impl State {
    /// As the program permits it: gate, status, mode.
    pub fn place(
        &mut self,
        who: usize,
        market: usize,
        request: &OrderRequest,
        report: &mut Report,
    ) -> Result<()> {
        let now = self.now;
        let status = breaker::status(&self.board, &self.markets[market], now)?;
        let feed = &self.board.feeds[market];
        let fresh = |usage| gate::cell(feed, usage, now) == gate::Cell::Yes;
        use bulwark_core::permits::MarketStatus::{Halted, Limit, Open, Settled};
        if self.paused() || matches!(status, Halted | Settled) {
            return Err(Error::ModeForbids);
        }
        let inside = breaker::band::range(&self.board.markets[market].watch);
        let rules = Rules {
            now,
            open_interest_up: status == Open
                && fresh(gate::LegUse::OpenInterestUp)
                && self.mode() == Mode::Normal
                && !running(&self.compartment.no_new_risk, now),
            band: if fresh(gate::LegUse::Reduce) {
                (status == Limit).then_some(inside)
            } else {
                Some((u64::MAX, 0))
            },
            requirement_ppm: NORMAL_PPM,
        };
        let (mut others, mut own) = (Vec::new(), None);
        for (number, account) in self.accounts.iter_mut().enumerate() {
            if number == who {
                own = Some(account);
            } else {
                others.push((key(number), account));
            }
        }
        let mut venue = Venue {
            board: &self.board,
            market: &mut self.markets[market],
            book: &mut self.books[market],
        };
        let mut placer = Placer {
            margin: &key(who),
            account: own.expect("account"),
        };
        let mut makers = Others(others);
        matching::place(
            &mut venue,
            &mut placer,
            request,
            &rules,
            &mut makers,
            report,
        )
    }

    pub fn cancel(&mut self, who: usize, market: usize, side: Option<Side>) -> Result<u32> {
        let (book, account) = (&mut self.books[market], &mut self.accounts[who]);
        order::cancel_all(book, account, &key(who), market as u8, side, self.now)
    }

    pub fn prune(&mut self, who: usize, market: usize) -> Result<()> {
        let (book, account) = (&mut self.books[market], &mut self.accounts[who]);
        order::prune(book, account, &key(who), market as u8, self.now).map(|_| ())
    }

    /// Whether a premium counted.
    pub fn sample_funding(&mut self, market: usize) -> Result<bool> {
        let (book, now) = (&self.books[market], self.now);
        let done = funding::sample(&mut self.board, &mut self.markets[market], book, now)?;
        Ok(done.counted_ppm != 0)
    }

    pub fn money(&self) -> QuoteMoney {
        QuoteMoney {
            vault: self.vaults[0],
            assigned: self.banks[0].residuals.assigned,
            tickets: self.banks[0].tickets,
            insurance: self.insurance.balance,
        }
    }

    /// Folds, accrues interest, takes stock.
    pub fn accrue(&mut self) -> Result<()> {
        let flow = self.flow();
        let (money, vault) = (self.money(), self.vaults[0]);
        withdrawal::crank(&mut self.banks[0], vault, &flow, self.now)?;
        self.fold()?;
        let totals = &mut self.banks[0].totals;
        ledger::accrue_interest(&mut self.board, totals, &money, self.now)?;
        self.charge_premium()?;
        let balance = self.balance();
        let insurance = self.insurance.balance;
        coverage::check_quote(&mut self.banks[0], &balance, insurance, vault, self.now)?;
        Ok(())
    }

    /// Charges positions the premium since the last charge. Whether it was any.
    pub fn charge_premium(&mut self) -> Result<bool> {
        let (board, insurance) = (&mut self.board, &mut *self.insurance);
        for market in &self.markets {
            premium::note(board, market)?;
        }
        let price = premium::price(board, insurance, self.now)?;
        let (mut sum, mut any) = (0, false);
        for market in &mut self.markets {
            let each = premium::charge(board, market, price.yearly_ppm, self.now)?;
            any |= each.is_some();
            sum += 2 * each.unwrap_or(0);
        }
        if any {
            let held = (&*self.banks[0], self.vaults[0]);
            premium::collect(insurance, held, sum, &price)?;
        }
        Ok(sum != 0)
    }

    pub fn flag(&mut self, who: usize) -> Result<()> {
        let paused = self.paused();
        liquidation::flag(&self.board, &mut self.accounts[who], self.now, paused)
    }

    pub fn unflag(&mut self, who: usize) -> Result<bool> {
        let paused = self.paused();
        liquidation::unflag(&self.board, &mut self.accounts[who], self.now, paused)
    }

    pub fn take_over(&mut self, of: usize, by: usize, at: usize, most: u64) -> Result<TakenOver> {
        let around = self.around();
        let [liquidatee, receiver] = self
            .accounts
            .get_disjoint_mut([of, by])
            .map_err(|_| Error::SelfLiquidation)?;
        let market = &mut self.markets[at];
        let insurance = &mut self.insurance;
        let board = &self.board;
        liquidation::take_over(
            board, market, liquidatee, receiver, insurance, most, &around,
        )
    }

    /// Folds what a bank's instruction moved, and takes what a buyer pays in.
    fn settle_in(&mut self, mut deltas: Deltas, paid: u64) -> Result<()> {
        self.vaults[0] += paid;
        withdrawal::expect_in(&mut self.banks[0], paid)?;
        ledger::fold(&mut self.banks[0].totals, &mut deltas)
    }

    /// C of quote: own claims and those of all markets.
    fn claims(&self) -> Result<i64> {
        let own = coverage::own_claims(&self.banks[0])?;
        let market = |sum, market| Ok(sum + coverage::market_claims(market)?);
        self.markets.iter().map(|one| &**one).try_fold(own, market)
    }

    /// Runs what moves quote between debts and claims, and notes what it changed of C.
    pub fn noting<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let before = self.claims()?;
        let done = act(self)?;
        let after = self.claims()?;
        coverage::note_claims(&mut self.banks[0], before, after)?;
        Ok(done)
    }

    pub fn seize(&mut self, of: usize, by: usize, most: u64) -> Result<Seized> {
        self.noting(|state| state.sell(of, by, most))
    }

    fn sell(&mut self, of: usize, by: usize, most: u64) -> Result<Seized> {
        let around = self.around();
        let mut deltas = Deltas::default();
        let [debtor, buyer] = self
            .accounts
            .get_disjoint_mut([of, by])
            .map_err(|_| Error::SelfLiquidation)?;
        let seized = liquidation::seize(&self.board, debtor, buyer, &mut deltas, 1, most, &around)?;
        self.paid_in[by][0] += i128::from(seized.transfer_in);
        self.settle_in(deltas, seized.transfer_in)?;
        Ok(seized)
    }

    pub fn convert(&mut self, of: usize, by: usize, most: u64) -> Result<Seized> {
        self.fold()?;
        self.noting(|state| state.swap(of, by, most))
    }

    pub fn swap(&mut self, of: usize, by: usize, most: u64) -> Result<Seized> {
        let around = self.around();
        let used = utilisation_ppm(&self.banks[0].totals, &self.money())?;
        let mut deltas = Deltas::default();
        let [debtor, buyer] = self
            .accounts
            .get_disjoint_mut([of, by])
            .map_err(|_| Error::SelfLiquidation)?;
        let strain = Strain {
            totals: &self.banks[0].totals,
            utilisation_ppm: used,
        };
        let board = &self.board;
        let sold = settle::convert(board, debtor, buyer, &mut deltas, 1, most, strain, &around)?;
        self.paid_in[by][0] += i128::from(sold.transfer_in);
        self.settle_in(deltas, sold.transfer_in)?;
        Ok(sold)
    }

    pub fn settle(&mut self, who: usize, market: usize) -> Result<u64> {
        self.fold()?;
        let strain = Strain {
            totals: &self.banks[0].totals,
            utilisation_ppm: utilisation_ppm(&self.banks[0].totals, &self.money())?,
        };
        let (account, market) = (&mut self.accounts[who], &mut self.markets[market]);
        settle::settle(&self.board, account, market, strain, self.now)
    }

    /// All steps of a wind-up; tickets of the account come back first. Returns the loss.
    pub fn wind_up(&mut self, of: usize, by: usize, fraction_ppm: u32) -> Result<u64> {
        let around = self.around();
        let now = self.now;
        let account = &mut self.accounts[of];
        if account.quote_claims.pending != 0 {
            withdrawal::reclaim_quote(&self.board, account, &mut self.banks[0], now)?;
        }
        withdrawal::reclaim_token(account, &mut self.banks[1])?;
        let before = self.claims()?;
        let mut deltas = Deltas::default();
        let [debtor, receiver] = self
            .accounts
            .get_disjoint_mut([of, by])
            .map_err(|_| Error::SelfLiquidation)?;
        let (board, insurance) = (&mut *self.board, &mut *self.insurance);
        let totals = &self.banks[0].totals;
        let part = fraction_ppm;
        let mut plan = windup::begin(board, debtor, receiver, &mut deltas, totals, part, &around)?;
        let legs: Vec<usize> = plan.markets().map(usize::from).collect();
        for at in &legs {
            let market = &mut self.markets[*at];
            windup::move_leg(
                &mut plan, board, market, debtor, receiver, insurance, &around,
            )?;
        }
        let sale =
            windup::sell_collateral(&mut plan, board, debtor, receiver, &mut deltas, &around)?;
        let loss = windup::close(&mut plan, board, debtor, &mut deltas, &around)?;
        let (totals, mut deficit) = (&mut self.banks[0].totals, 0);
        for at in &legs {
            let market = &mut self.markets[*at];
            let done = windup::allocate_leg(&mut plan, board, market, insurance, totals, &around)?;
            deficit += done.deficit;
        }
        if legs.is_empty() {
            let done = windup::allocate_rest(&mut plan, insurance, totals, &around)?;
            deficit += done.deficit;
        }
        let (balance, vault) = (insurance.balance, self.vaults[0]);
        coverage::note_deficit(&mut self.banks[0], deficit, balance, vault)?;
        windup::finish(&plan, board, debtor, receiver, &mut deltas, &around)?;
        self.short[0] += i128::from(deficit);
        self.paid_in[by][0] += i128::from(sale.transfer_in);
        self.settle_in(deltas, sale.transfer_in)?;
        let after = self.claims()?;
        coverage::note_claims(&mut self.banks[0], before, after)?;
        Ok(loss)
    }

    /// Pauses the compartment; the Board hears of it at the next refresh.
    pub fn pause(&mut self, seconds: i64) {
        self.paused_until = self.now.unix + seconds;
        time::close(&mut self.clock, self.now.unix, self.paused_until);
        self.board.clock = self.clock;
    }

    /// What `check` does about insurance's losses; whether it latched anything.
    pub fn latch(&mut self) -> Result<bool> {
        self.compartment.clock = self.clock;
        let latched = breaker::drawdown::latch(&mut self.compartment, &self.insurance, self.now)?;
        self.clock = self.compartment.clock;
        self.board.clock = self.clock;
        Ok(latched)
    }

    /// One step of a market's settlement: announces, settles after a week, closes a position.
    pub fn settlement(&mut self, who: usize, at: usize) -> Result<()> {
        let (board, market) = (&mut self.board, &mut self.markets[at]);
        let now = self.now;
        match market.status {
            1 => settlement::announce(board, market, Cause::Decided, now).map(|_| ()),
            5 => settlement::close(board, market, now).map(|_| ()),
            _ => {
                let (account, insurance) = (&mut self.accounts[who], &mut self.insurance);
                let (owner, venue) = ((&key(who), account), (&mut **market, &mut *self.books[at]));
                settlement::close_position(board, owner, venue, insurance, now).map(|_| ())
            }
        }
    }
}
