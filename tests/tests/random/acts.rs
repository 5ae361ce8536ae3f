//! Core's part of each act where the program does more than its one rule: what it carries on first,
//! what its tables forbid, which makers it has.

use bulwark::instructions::Which;
use bulwark_core::gate::{self, Cell, LegUse};
use bulwark_core::ledger::{self, utilisation_ppm};
use bulwark_core::matching::{self, Came, Makers, NORMAL_PPM, Placer, Report, Rules, Venue};
use bulwark_core::order::{self, OrderRequest};
use bulwark_core::permits::MarketStatus;
use bulwark_core::settle::{self, Strain};
use bulwark_core::{Error, Result, breaker, coverage, outflow, refresh, withdrawal};
use bulwark_state::{Key, MarginAccount};

use crate::exchange::{State, key};
use crate::twin::flow;

/// The makers whose accounts came along.
struct Among<'a>(Vec<(Key, &'a mut MarginAccount)>);

impl Makers for Among<'_> {
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
    /// The mean of the claims first, as everything does that folds quote.
    pub fn carried(&mut self) -> Result<()> {
        outflow::carry(&mut self.banks[0], &flow(), self.now)
    }

    fn cranked(&mut self, bank: usize) -> Result<()> {
        let vault = self.vaults[bank];
        withdrawal::crank(&mut self.banks[bank], vault, &flow(), self.now)
    }

    pub fn fold_these(&mut self, markets: &[usize]) -> Result<()> {
        self.carried()?;
        for at in markets {
            let deltas = &mut self.markets[*at].deltas;
            ledger::fold(&mut self.banks[0].totals, deltas)?;
        }
        Ok(())
    }

    /// One refresh of one feed.
    pub fn refresh(&mut self, feed: u8, reading: &bulwark_core::feed::Reading) -> Result<()> {
        use bulwark_core::feed::Accepted;
        if !refresh::begin(&mut self.board, &self.clock, self.now)? {
            return Err(Error::BoardLocked);
        }
        match refresh::feed(&mut self.board, feed, reading, None, self.now)? {
            // A transaction that changes nothing is refused.
            Accepted::Nothing(_) => Err(Error::NotNeeded),
            _ => Ok(()),
        }
    }

    /// Places with these makers, as the tables permit it in Normal.
    pub fn place_among(
        &mut self,
        who: usize,
        market: usize,
        request: &OrderRequest,
        makers: &[usize],
    ) -> Result<()> {
        let (now, feed) = (self.now, &self.board.feeds[market]);
        let status = breaker::watched(&self.board, &self.markets[market], now)?;
        if matches!(status, MarketStatus::Halted | MarketStatus::Settled) {
            return Err(Error::MarketForbids);
        }
        let cell = |usage| gate::cell(feed, usage, now);
        let forbids = |cell| !matches!(cell, Cell::Yes | Cell::InBand);
        let reduce = cell(LegUse::Reduce);
        let mark = bulwark_core::health::mark(&self.board, market as u8)?;
        let width = bulwark_core::math::ppm_mul_floor(mark, self.markets[market].band.min_ppm);
        let width = width.ok_or(Error::Overflow)?;
        let (mut low, mut high) = (0, u64::MAX);
        if status == MarketStatus::Limit {
            (low, high) = breaker::band::range(&self.board.markets[market].watch);
        }
        if reduce == Cell::InBand {
            (low, high) = (low.max(mark - width), high.min(mark + width));
        }
        let bounded = status == MarketStatus::Limit || reduce == Cell::InBand;
        let rules = Rules {
            now,
            open_interest_up: status == MarketStatus::Open
                && !forbids(cell(LegUse::OpenInterestUp)),
            band: if forbids(reduce) {
                Some((u64::MAX, 0))
            } else {
                bounded.then_some((low, high))
            },
            requirement_ppm: NORMAL_PPM,
        };
        let (mut among, mut own) = (Vec::new(), None);
        for (number, account) in self.accounts.iter_mut().enumerate() {
            if number == who {
                own = Some(account);
            } else if makers.contains(&number) {
                among.push((key(number), account));
            }
        }
        let mut venue = Venue {
            board: &self.board,
            market: &mut self.markets[market],
            book: &mut self.books[market],
        };
        let mut placer = Placer {
            margin: &key(who),
            account: own.expect("the placer is one of the people"),
        };
        let (mut among, mut report) = (Among(among), Box::<Report>::default());
        matching::place(
            &mut venue,
            &mut placer,
            request,
            &rules,
            &mut among,
            &mut report,
        )
    }

    pub fn cancel_which(&mut self, who: usize, at: usize, which: Which) -> Result<()> {
        let (book, account) = (&mut self.books[at], &mut self.accounts[who]);
        let (own, market, now) = (&key(who), at as u8, self.now);
        match which {
            Which::Slot(slot) => {
                order::cancel_slot(book, account, own, market, slot.into(), now).map(drop)
            }
            Which::Sequence(sequence) => {
                order::cancel_sequence(book, account, own, market, sequence, now).map(drop)
            }
            Which::Client(client) => {
                order::cancel_client(book, account, own, market, client, now).map(drop)
            }
            Which::All => order::cancel_all(book, account, own, market, None, now).map(drop),
        }
    }

    /// Crank, fold, interest, stock; the Board hears of quote's coverage.
    pub fn accrue_all(&mut self) -> Result<()> {
        self.accrue()?;
        let covered = coverage::coverage(&self.banks[0], self.vaults[0])?;
        self.board.banks[0].coverage_e9 = covered.e9()?;
        Ok(())
    }

    pub fn settle_one(&mut self, who: usize, market: usize) -> Result<()> {
        let strain = Strain {
            totals: &self.banks[0].totals,
            utilisation_ppm: utilisation_ppm(&self.banks[0].totals, &self.money())?,
        };
        let (account, market) = (&mut self.accounts[who], &mut self.markets[market]);
        settle::settle(&self.board, account, market, strain, self.now).map(drop)
    }

    pub fn convert_some(&mut self, of: usize, by: usize, most: u64) -> Result<()> {
        self.carried()?;
        self.noting(|state| state.swap(of, by, most)).map(drop)
    }

    pub fn seize_some(&mut self, of: usize, by: usize, most: u64) -> Result<()> {
        self.carried()?;
        self.seize(of, by, most).map(drop)
    }

    pub fn wind_up_part(&mut self, of: usize, by: usize, part: u32) -> Result<()> {
        self.carried()?;
        self.wind_up(of, by, part).map(drop)
    }

    pub fn sweep_bank(&mut self, bank: usize) -> Result<()> {
        self.cranked(bank)?;
        self.sweep(bank)
    }

    pub fn recapitalise_bank(&mut self, bank: usize, amount: u64) -> Result<()> {
        self.cranked(bank)?;
        self.recapitalise(bank, amount)
    }

    pub fn collect_due(&mut self, who: usize, bank: usize) -> Result<()> {
        self.cranked(bank)?;
        self.collect(who, bank)
    }

    /// A withdrawal; of everything it is the most that the margin lets go.
    pub fn withdraw_some(&mut self, who: usize, bank: usize, amount: u64) -> Result<()> {
        let plain = bulwark_core::health::is_plain(&self.accounts[who]);
        if !plain && amount == withdrawal::ALL {
            let account = &mut self.accounts[who];
            if bank == 0 {
                let mut deltas = bulwark_state::Deltas::default();
                ledger::touch_quote(&self.board, account, &mut deltas)?;
                ledger::fold(&mut self.banks[0].totals, &mut deltas)?;
            }
            let board = &self.board;
            let most = withdrawal::largest(board, account, bank as u8, self.now, false)?;
            if most == 0 {
                return Err(Error::BelowInitialMargin);
            }
            return self.withdraw_some(who, bank, most);
        }
        if !plain {
            self.cranked(0)?;
        }
        self.withdraw(who, bank, amount)
    }
}
