//! A whole compartment in memory: two markets with books, quote and one token, accounts, insurance,
//! a vault for each bank. An act that fails leaves everything as it was, as a transaction would.

use bulwark_core::conserve::{self, Balance, Sums};
use bulwark_core::feed::Reading;
use bulwark_core::liquidation::Circumstances;
use bulwark_core::matching::Report;
use bulwark_core::mode::{self, Mode};
use bulwark_core::outflow::Flow;
use bulwark_core::params::{self, Class};
use bulwark_core::{Now, Result, coverage, ledger, refresh, targets, volatility, withdrawal};
use bulwark_state::*;
use bytemuck::Zeroable;

pub const USD: u64 = 1_000_000;
pub const UNIT: u64 = 100_000_000;
/// Prices of market 0, of market 1 and the token, of quote.
pub const PRICES: [u64; 3] = [10_000_000_000, 2_000_000_000, 100_000_000];
pub const MARKETS: usize = 2;

/// Everything that acts may change.
#[derive(Clone)]
pub struct State {
    pub board: Box<Board>,
    pub markets: [Box<Market>; MARKETS],
    pub books: [Box<Book>; MARKETS],
    pub banks: [Box<Bank>; 2],
    pub vaults: [u64; 2],
    pub accounts: Vec<MarginAccount>,
    pub insurance: Box<Insurance>,
    pub tickets: Vec<(usize, Ticket)>,
    pub clock: OpenClock,
    pub now: Now,
    /// Its mode, and a Recovery's phase.
    pub compartment: Box<Compartment>,
    /// Paused until here, unix seconds.
    pub paused_until: i64,
    /// What must be owed beyond each vault: deficits and thefts, less residuals and gifts; below
    /// zero there is more than is owed.
    pub short: [i128; 2],
    /// In and out of each account: units by bank, deposits above zero.
    pub paid_in: Vec<[i128; 2]>,
}

pub struct Exchange {
    pub is: State,
    pub was: State,
    pub report: Box<Report>,
}

impl State {
    /// Takes another state without allocating.
    pub fn take(&mut self, other: &State) {
        *self.board = *other.board;
        for at in 0..MARKETS {
            *self.markets[at] = *other.markets[at];
            *self.books[at] = *other.books[at];
        }
        for at in 0..2 {
            *self.banks[at] = *other.banks[at];
        }
        self.accounts.clone_from(&other.accounts);
        *self.insurance = *other.insurance;
        self.tickets.clone_from(&other.tickets);
        self.paid_in.clone_from(&other.paid_in);
        (self.vaults, self.short) = (other.vaults, other.short);
        (self.clock, self.now) = (other.clock, other.now);
        *self.compartment = *other.compartment;
        self.paused_until = other.paused_until;
    }

    pub fn mode(&self) -> Mode {
        if self.now.unix < self.paused_until {
            return Mode::Paused;
        }
        mode::effective_record(&self.compartment.mode, self.now)
    }

    pub fn paused(&self) -> bool {
        self.mode() == Mode::Paused
    }

    /// Whether quote pays all of its claims.
    pub fn covered(&self) -> bool {
        let coverage = coverage::coverage(&self.banks[0], self.vaults[0]);
        coverage.and_then(|share| share.e9()) == Ok(1_000_000_000)
    }

    pub fn around(&self) -> Circumstances {
        Circumstances {
            now: self.now,
            paused: self.paused(),
            grace: false,
            receiver_scale_ppm: match self.mode() {
                Mode::Normal => 1_000_000,
                _ => 1_100_000,
            },
            uncovered: !self.covered(),
        }
    }

    pub fn flow(&self) -> Flow {
        Flow::of(self.mode())
    }

    pub fn price(&self, feed: usize) -> u64 {
        self.board.feeds[feed].last.price
    }

    /// Posts a price in the present second.
    pub fn post(&mut self, index: u8, price: u64) -> Result<()> {
        let reading = Reading {
            price,
            conf: price / 5_000,
            ema: price,
            publish_at: self.now.unix,
        };
        if refresh::begin(&mut self.board, &self.clock, self.now)? {
            refresh::feed(&mut self.board, index, &reading, None, self.now)?;
        }
        Ok(())
    }

    pub fn fold(&mut self) -> Result<()> {
        let totals = &mut self.banks[0].totals;
        for market in &mut self.markets {
            ledger::fold(totals, &mut market.deltas)?;
        }
        Ok(())
    }

    pub fn balance(&self) -> Balance {
        let markets = self.markets.iter().map(|market| &**market);
        let vault = self.vaults[0];
        conserve::quote_balance(&self.banks[0], vault, self.insurance.balance, markets)
            .expect("balance")
    }

    pub fn sums(&self) -> Sums {
        let mut sums = Sums::ZERO;
        for account in &self.accounts {
            sums.add(&self.board, account).expect("sum");
        }
        sums
    }
}

/// Address of an account.
pub fn key(number: usize) -> Key {
    let mut key = [9; 32];
    key[0] = number as u8;
    key
}

fn board() -> Box<Board> {
    let mut board = Box::new(Board::zeroed());
    params::board_preset(Class::Major, &mut board);
    (board.feed_count, board.bank_count, board.market_count) = (3, 2, 2);
    let classes = [Class::Major, Class::Large, Class::Stable];
    for (at, class) in classes.into_iter().enumerate() {
        let feed = &mut board.feeds[at];
        (feed.active, feed.params) = (1, params::feed_preset(class));
        volatility::seed(feed, params::seed_volatility(class)).expect("seed");
    }
    board
}

fn compartment() -> Box<Compartment> {
    let mut compartment = Box::new(Compartment::zeroed());
    (compartment.bank_count, compartment.market_count) = (2, MARKETS as u8);
    compartment
}

impl Exchange {
    /// `people` accounts without anything, `insurance` (UsdE6), prices published.
    pub fn new(people: usize, insurance: u64) -> Self {
        let mut is = State {
            board: board(),
            markets: [(); MARKETS].map(|()| Box::new(Market::zeroed())),
            books: [(); MARKETS].map(|()| Box::new(Book::zeroed())),
            banks: [(); 2].map(|()| Box::new(Bank::zeroed())),
            vaults: [0; 2],
            accounts: vec![MarginAccount::zeroed(); people],
            insurance: Box::new(Insurance::zeroed()),
            tickets: Vec::new(),
            clock: OpenClock::default(),
            now: Now {
                unix: 1_700_000_000,
                slot: 10_000,
            },
            compartment: compartment(),
            paused_until: 0,
            short: [0; 2],
            paid_in: vec![[0; 2]; people],
        };
        for (number, account) in is.accounts.iter_mut().enumerate() {
            account.owner = key(100 + number);
            account.order_epoch = 1;
        }
        is.list();
        is.found_insurance(insurance);
        let was = is.clone();
        Self {
            is,
            was,
            report: Box::default(),
        }
    }

    /// Runs an act; where it fails nothing has happened.
    pub fn run<T>(&mut self, act: impl FnOnce(&mut State, &mut Report) -> Result<T>) -> Result<T> {
        self.was.take(&self.is);
        let done = act(&mut self.is, &mut self.report);
        if done.is_err() {
            self.is.take(&self.was);
        }
        done
    }
}

impl State {
    fn list(&mut self) {
        for feed in 0..3 {
            self.post(feed, PRICES[feed as usize]).expect("first print");
        }
        let classes = [Class::Major, Class::Large];
        for (at, class) in classes.into_iter().enumerate() {
            let (market, seat) = (&mut *self.markets[at], &mut self.board.markets[at]);
            params::market_preset(class, market);
            params::board_market_preset(class, seat);
            (seat.watch.k, seat.watch.min_ppm) = (market.band.k, market.band.min_ppm);
            (market.index, market.feed, market.status) = (at as u8, at as u8, 1);
            (seat.feed, seat.status, seat.depth_usd) = (at as u8, 1, 20_000_000_000);
            (market.tick, market.lot) = (1_000_000, 1_000_000);
            (market.oi_cap, market.slot_notional_cap) = (1_000_000 * UNIT, 1_000_000 * USD);
            (market.funding.impact_usd, market.funding.rested) = (50 * USD, 1);
            seat.margin.params = params::margin_preset(class);
            let variance = self.board.feeds[at].variance[0];
            targets::start(&mut seat.margin, variance, self.now.unix, 0).expect("targets");
        }
        for (at, feed) in [(0usize, 2u8), (1, 1)] {
            let (bank, seat) = (&mut *self.banks[at], &mut self.board.banks[at]);
            params::bank_preset(Class::Major, bank);
            params::board_bank_preset(Class::Large, seat);
            (bank.index, bank.decimals, bank.status) = (at as u8, 6, 1);
            (bank.deposit_cap, bank.account_cap) = (1 << 60, 1 << 60);
            bank.base_floor = 1_000 * USD;
            (bank.small_exit, bank.small.cap_ppm) = (100 * USD, 100_000);
            (seat.feed, seat.decimals, seat.status) = (feed, 6, 1);
            seat.coverage_e9 = 1_000_000_000;
            seat.haircut.params = params::margin_preset(Class::Large);
            let variance = self.board.feeds[usize::from(feed)].variance[0];
            targets::start(&mut seat.haircut, variance, self.now.unix, 0).expect("haircut");
        }
        params::quote_preset(Class::Major, &mut self.banks[0].totals);
    }

    fn found_insurance(&mut self, amount: u64) {
        params::insurance_preset(Class::Major, &mut self.insurance);
        self.insurance.balance = amount;
        // Half of it was given, half is stakers' who earn.
        self.insurance.earning = StakePool {
            value: amount / 2,
            shares: Wide::new(u128::from(amount / 2) * 1_000),
            generation: 0,
        };
        self.vaults[0] += self.insurance.balance;
        withdrawal::expect_in(&mut self.banks[0], self.insurance.balance).expect("insurance");
    }
}
