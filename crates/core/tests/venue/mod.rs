//! A small venue for tests of orders and matching: one market, quote only, accounts by number, and
//! the exact ledger recomputed after every step.
// Each test file is a binary of its own and takes what it needs of this.
#![allow(dead_code)]

use bulwark_core::book::{self, Side};
use bulwark_core::conserve::{self, Sums};
use bulwark_core::health::{self, Level};
use bulwark_core::matching::{self, Came, Makers, NORMAL_PPM, Placer, Report, Rules, Venue};
use bulwark_core::order::{self, Kind, OrderRequest};
use bulwark_core::{Error, Now, Result, ledger};
use bulwark_state::{Bank, Board, Book, Deltas, Key, MarginAccount, Market, Print};
use bytemuck::Zeroable;

/// One dollar, UsdE6.
pub const USD: i64 = 1_000_000;
/// One unit of the market, BaseE8.
pub const UNIT: u64 = 100_000_000;
/// One tick of a tenth of a dollar, PriceE8.
pub const TICK: u64 = 10_000_000;
/// A hundredth of a unit.
pub const LOT: u64 = 1_000_000;
/// Fees, ppm.
pub const MAKER_FEE: u32 = 200;
pub const TAKER_FEE: u32 = 500;

/// A price in dollars.
pub const fn usd(price: u64) -> u64 {
    price * 100_000_000
}

pub struct World {
    pub board: Box<Board>,
    pub market: Box<Market>,
    pub book: Box<Book>,
    pub bank: Box<Bank>,
    pub accounts: Vec<MarginAccount>,
    pub rules: Rules,
    pub report: Box<Report>,
    pub vault: u64,
}

/// Address of an account.
pub fn key(number: usize) -> Key {
    let mut key = [7; 32];
    key[..8].copy_from_slice(&(number as u64).to_le_bytes());
    key
}

pub fn number(key: &Key) -> usize {
    u64::from_le_bytes(key[..8].try_into().expect("eight bytes")) as usize
}

/// Lends the accounts whose bit is set.
pub struct Lender<'a> {
    pub accounts: Vec<(usize, &'a mut MarginAccount)>,
    pub present: u64,
}

impl Makers for Lender<'_> {
    fn with(
        &mut self,
        margin: &Key,
        act: &mut dyn FnMut(&mut MarginAccount) -> Result<()>,
    ) -> Result<Came> {
        let wanted = number(margin);
        let found = self
            .accounts
            .iter_mut()
            .find(|(number, _)| *number == wanted);
        match found {
            Some((_, account)) if account.owner == [0; 32] => Ok(Came::Closed),
            Some((number, account)) if self.present & (1 << *number) != 0 => {
                act(account)?;
                Ok(Came::Lent)
            }
            _ => Ok(Came::Absent),
        }
    }
}

pub fn limit(side: Side, price: u64, size: u64) -> OrderRequest {
    OrderRequest {
        side,
        kind: Kind::Limit,
        reduce_only: false,
        price,
        size,
        client_id: 0,
        expires_at: 0,
    }
}

pub fn take(side: Side, price: u64, size: u64) -> OrderRequest {
    OrderRequest {
        kind: Kind::ImmediateOrCancel,
        ..limit(side, price, size)
    }
}

impl World {
    /// A market at $100: 5 % maintenance, 10 % initial, and accounts that each have an owner of
    /// their own and hold `deposits` dollars.
    pub fn new(deposits: &[i64]) -> Self {
        let mut world = Self {
            board: Box::new(Board::zeroed()),
            market: Box::new(Market::zeroed()),
            book: Box::new(Book::zeroed()),
            bank: Box::new(Bank::zeroed()),
            accounts: Vec::new(),
            rules: Rules {
                now: Now {
                    unix: 1_000_000,
                    slot: 5_000,
                },
                open_interest_up: true,
                band: None,
                requirement_ppm: NORMAL_PPM,
            },
            report: Box::default(),
            vault: 0,
        };
        world.set_board();
        world.set_market();
        world.price(usd(100));
        for &deposit in deposits {
            world.open(deposit);
        }
        world
    }

    fn set_board(&mut self) {
        let board = &mut *self.board;
        board.profit_credit_ppm = 700_000;
        let params = &mut board.feeds[0].params;
        params.conf_max_ppm = 10_000;
        params.diverged_ppm = 50_000;
        (params.age_open, params.age_ok) = (5, 10);
        (params.age_stale, params.age_old, params.age_pair) = (60, 600, 15);
        board.feeds[0].active = 1;
        let market = &mut board.markets[0];
        market.status = 1;
        market.close_fee_ppm = TAKER_FEE;
        market.depth_usd = u64::MAX;
        let margin = &mut market.margin;
        (margin.im, margin.mm, margin.m0) = (50_000_000, 50_000_000, 50_000_000);
        margin.params.im_ratio = 2_000;
        (margin.params.floor_e9, margin.params.cap_e9) = (50_000_000, 600_000_000);
    }

    fn set_market(&mut self) {
        let market = &mut *self.market;
        (market.tick, market.lot, market.min_notional) = (TICK, LOT, 0);
        (market.maker_fee_ppm, market.taker_fee_ppm) = (MAKER_FEE, TAKER_FEE);
        market.distance_ppm = 500_000;
        market.oi_cap = 1_000_000 * UNIT;
        market.slot_notional_cap = 1_000_000_000 * USD as u64;
        market.leverage_cap = 20_000;
        market.status = 1;
    }

    /// Sets the one price: print, average and slow price agree, no confidence.
    pub fn price(&mut self, price: u64) {
        let now = self.rules.now;
        let feed = &mut self.board.feeds[0];
        feed.previous = feed.last;
        feed.last = Print {
            price,
            conf: 0,
            ema: price,
            publish_at: now.unix,
            slot: now.slot,
            seen_at: now.unix,
        };
        feed.slow = price;
    }

    /// Lets `seconds` pass; the price stays fresh.
    pub fn pass(&mut self, seconds: i64) {
        self.rules.now.unix += seconds;
        self.rules.now.slot += seconds.unsigned_abs() * 2;
        let price = self.board.feeds[0].last.price;
        self.price(price);
    }

    /// A new account with `deposit` dollars and an owner of its own.
    pub fn open(&mut self, deposit: i64) -> usize {
        let number = self.accounts.len();
        let mut account = MarginAccount::zeroed();
        account.owner = key(1_000 + number);
        self.accounts.push(account);
        self.deposit(number, deposit * USD);
        number
    }

    pub fn deposit(&mut self, number: usize, amount: i64) {
        let account = &mut self.accounts[number];
        let now = self.rules.now;
        let mut scratch = Deltas::default();
        ledger::add_quote(&self.board, account, amount, &mut scratch, now).expect("deposit");
        ledger::update_live(account, &mut scratch).expect("live");
        ledger::fold(&mut self.bank.totals, &mut scratch).expect("fold");
        self.vault = self.vault.checked_add_signed(amount).expect("vault");
    }

    /// Places an order with every account present, and checks every invariant.
    pub fn place(&mut self, who: usize, request: &OrderRequest) -> Result<()> {
        self.place_with(who, request, u64::MAX)
    }

    /// Places an order with the accounts whose bit is set in `present`. After an error everything
    /// is as before, as a transaction would leave it.
    pub fn place_with(&mut self, who: usize, request: &OrderRequest, present: u64) -> Result<()> {
        let (market, book) = (self.market.clone(), self.book.clone());
        let accounts = self.accounts.clone();
        let (mut others, mut own) = (Vec::new(), None);
        for (number, account) in self.accounts.iter_mut().enumerate() {
            if number == who {
                own = Some(account);
            } else {
                others.push((number, account));
            }
        }
        let margin = key(who);
        let mut venue = Venue {
            board: &self.board,
            market: &mut self.market,
            book: &mut self.book,
        };
        let mut placer = Placer {
            margin: &margin,
            account: own.expect("account"),
        };
        let mut makers = Lender {
            accounts: others,
            present,
        };
        let report = &mut self.report;
        let result = matching::place(
            &mut venue,
            &mut placer,
            request,
            &self.rules,
            &mut makers,
            report,
        );
        if result.is_err() {
            (self.market, self.book, self.accounts) = (market, book, accounts);
        }
        self.audit();
        result
    }

    pub fn rest(&mut self, who: usize, side: Side, price: u64, size: u64) -> u64 {
        self.place(who, &limit(side, price, size)).expect("rests");
        self.report.posted.expect("rests").sequence
    }

    pub fn base(&self, who: usize) -> i64 {
        let account = &self.accounts[who];
        ledger::position_of(account, 0).map_or(0, |at| account.positions[at].base)
    }

    /// Surplus at a level, UsdE6.
    pub fn surplus(&self, who: usize, level: Level) -> i64 {
        let account = &self.accounts[who];
        health::health(&self.board, account, level, self.rules.now, false)
            .and_then(|health| health.surplus())
            .expect("health")
    }

    /// Fills of the last order: `(maker, price, base)`.
    pub fn fills(&self) -> Vec<(usize, u64, u64)> {
        self.report
            .fills()
            .iter()
            .map(|fill| (number(&fill.maker), fill.price, fill.base))
            .collect()
    }

    /// Size reserved by slots beyond what the book holds, over all accounts.
    pub fn unpruned(&self) -> u64 {
        let account = |(number, account): (usize, &MarginAccount)| {
            order::consistent(&self.book, account, &key(number), 0, self.rules.now)
                .expect("INV-BOOK with accounts")
        };
        self.accounts.iter().enumerate().map(account).sum()
    }

    /// INV-LEDGER to the unit, counters equal to sums, INV-FUND, INV-BOOK.
    pub fn audit(&self) {
        let mut sums = Sums::ZERO;
        for account in &self.accounts {
            sums.add(&self.board, account).expect("sum");
        }
        conserve::compare(
            &sums,
            core::iter::once(&*self.bank),
            core::iter::once(&*self.market),
            |mismatch| panic!("{mismatch:?}"),
        )
        .expect("compare");
        let markets = core::iter::once(&*self.market);
        let balance = conserve::quote_balance(&self.bank, self.vault, 0, markets).expect("balance");
        assert_eq!((balance.missing(), balance.surplus()), (0, 0), "INV-LEDGER");
        assert_eq!(book::invariant(&self.book), Ok(()), "INV-BOOK");
        self.unpruned();
        let legs = self.accounts.iter().flat_map(|account| &account.positions);
        for leg in legs.filter(|leg| leg.active != 0) {
            let empty = leg.base == 0 && leg.quote == 0 && leg.orders == 0;
            assert!(!empty, "an empty position keeps its slot");
        }
    }

    pub fn fees(&self) -> i64 {
        self.market.deltas.fees
    }

    /// Sum of all that rests on a side, with the orders' makers: best first.
    pub fn resting(&self, side: Side) -> Vec<(usize, u64, u64)> {
        book::orders(&self.book, side)
            .iter()
            .rev()
            .map(|order| (number(&order.margin), order.price, order.size))
            .collect()
    }

    pub fn error(&mut self, who: usize, request: &OrderRequest, wanted: Error) {
        assert_eq!(self.place(who, request), Err(wanted));
    }
}
