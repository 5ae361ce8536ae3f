//! A small compartment for tests of liquidation and loss: markets, banks, insurance and accounts by
//! number. What can be done in it, and the exact ledger recomputed, is in [`acts`].
// Each test file is a binary of its own and takes what it needs of this.
#![allow(dead_code, clippy::vec_box)]

mod acts;

#[allow(unused_imports)]
pub use acts::{assert_ended, assert_needed};

use bulwark_core::liquidation::Circumstances;
use bulwark_core::params::{self, Class};
use bulwark_core::{Now, ledger};
use bulwark_state::*;
use bytemuck::Zeroable;

/// One dollar, UsdE6.
pub const USD: i64 = 1_000_000;
/// One unit, BaseE8.
pub const UNIT: u64 = 100_000_000;
/// A hundredth of a unit.
pub const LOT: u64 = 1_000_000;
/// One per cent, e9.
pub const PERCENT: u64 = 10_000_000;
/// Fees, ppm.
pub const MAKER_FEE: u32 = 200;
pub const TAKER_FEE: u32 = 500;
pub const LIQUIDATION_FEE: u32 = 1_000;

/// A price in dollars.
pub const fn usd(price: u64) -> u64 {
    price * 100_000_000
}

#[derive(Clone)]
pub struct Desk {
    pub board: Box<Board>,
    pub markets: Vec<Box<Market>>,
    pub banks: Vec<Box<Bank>>,
    pub accounts: Vec<Box<MarginAccount>>,
    pub insurance: Box<Insurance>,
    pub vault: u64,
    pub around: Circumstances,
}

fn targets(maintenance: u64) -> Targets {
    let mut targets = Targets {
        im: maintenance,
        mm: maintenance,
        m0: maintenance,
        ..Targets::default()
    };
    targets.params.im_ratio = 1_500;
    targets.params.ramp = 1_800;
    targets.params.floor_e9 = maintenance as u32;
    targets.params.cap_e9 = 666_666_666;
    targets
}

impl Desk {
    /// Markets at these prices (dollars) with 4 % maintenance and 6 % initial; after quote a bank
    /// per price in `tokens` (nine decimals, 10 % and 15 % haircut, on feeds behind the markets').
    /// Insurance holds $100,000 and lets a quarter of it out per day, a tenth per market.
    pub fn new(prices: &[u64], tokens: &[u64]) -> Self {
        let now = Now {
            unix: 1_000_000_000,
            slot: 5_000,
        };
        let mut desk = Self {
            board: Box::new(Board::zeroed()),
            markets: Vec::new(),
            banks: vec![Box::new(Bank::zeroed())],
            accounts: Vec::new(),
            insurance: Box::new(Insurance::zeroed()),
            vault: 0,
            around: Circumstances {
                now,
                paused: false,
                grace: false,
                receiver_scale_ppm: 1_000_000,
                uncovered: false,
            },
        };
        desk.board.profit_credit_ppm = 700_000;
        params::quote_preset(Class::Major, &mut desk.banks[0].totals);
        for (at, price) in prices.iter().enumerate() {
            desk.add_feed(at, usd(*price));
            desk.add_market(at);
        }
        for (at, price) in tokens.iter().enumerate() {
            desk.add_feed(prices.len() + at, usd(*price));
            desk.add_bank(at + 1, prices.len() + at);
        }
        desk.insure(100_000);
        let bucket = |ppm| Bucket {
            cap_ppm: ppm,
            period: 86_400,
            ..Bucket::default()
        };
        desk.insurance.draws = bucket(250_000);
        for market in &mut desk.markets {
            market.draws = bucket(100_000);
            market.cascade = Bucket {
                cap_ppm: 1_000_000,
                period: 300,
                ..Bucket::default()
            };
        }
        desk
    }

    fn add_feed(&mut self, at: usize, price: u64) {
        let now = self.around.now;
        let feed = &mut self.board.feeds[at];
        feed.active = 1;
        let params = &mut feed.params;
        (params.conf_max_ppm, params.diverged_ppm) = (10_000, 50_000);
        (params.age_open, params.age_ok) = (5, 10);
        (params.age_stale, params.age_old, params.age_pair) = (60, 600, 15);
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

    fn add_market(&mut self, at: usize) {
        let entry = &mut self.board.markets[at];
        entry.margin = targets(4 * PERCENT);
        entry.margin.params.floor_e9 = 20_000_000;
        (entry.feed, entry.status) = (at as u8, 1);
        (entry.depth_usd, entry.close_fee_ppm) = (u64::MAX, TAKER_FEE);
        let mut market = Box::new(Market::zeroed());
        (market.index, market.feed, market.status) = (at as u8, at as u8, 1);
        (market.lot, market.tick) = (LOT, 1_000_000);
        (market.maker_fee_ppm, market.taker_fee_ppm) = (MAKER_FEE, TAKER_FEE);
        market.liquidation_fee_ppm = LIQUIDATION_FEE;
        market.slot_share_ppm = 250_000;
        (market.premium_cap_ppm, market.premium_min_ppm) = (50_000, 2_500);
        (market.premium_ramp, market.premium_kappa_ppm) = (60, 500_000);
        market.dust_notional = 50_000_000;
        self.markets.push(market);
    }

    fn add_bank(&mut self, at: usize, feed: usize) {
        self.board.banks[at] = BoardBank {
            haircut: targets(10 * PERCENT),
            coverage_e9: 1_000_000_000,
            feed: feed as u8,
            decimals: 9,
            status: 1,
            ..BoardBank::zeroed()
        };
        let mut bank = Box::new(Bank::zeroed());
        (bank.index, bank.decimals, bank.status) = (at as u8, 9, 1);
        self.banks.push(bank);
    }

    /// Pays dollars into insurance.
    pub fn insure(&mut self, dollars: i64) {
        let money = (dollars * USD) as u64;
        self.insurance.balance += money;
        self.vault += money;
    }

    /// Opens an account with a deposit in dollars; its number.
    pub fn open(&mut self, deposit: i64) -> usize {
        let mut account = Box::new(MarginAccount::zeroed());
        let number = self.accounts.len();
        account.owner[0] = number as u8 + 1;
        account.order_epoch = 1;
        self.accounts.push(account);
        self.deposit(number, deposit * USD);
        number
    }

    /// Opens accounts with these deposits in dollars.
    pub fn opens(&mut self, deposits: &[i64]) {
        for deposit in deposits {
            self.open(*deposit);
        }
    }

    pub fn deposit(&mut self, number: usize, money: i64) {
        let mut deltas = Deltas::default();
        let account = &mut self.accounts[number];
        ledger::add_quote(&self.board, account, money, &mut deltas, self.around.now).unwrap();
        ledger::update_live(account, &mut deltas).unwrap();
        self.vault = self.vault.checked_add_signed(money).unwrap();
        self.fold(deltas);
    }

    /// Deposits units of a token.
    pub fn hold(&mut self, number: usize, bank: usize, units: u64) {
        let mut deltas = Deltas::default();
        let account = &mut self.accounts[number];
        let slot = account
            .collaterals
            .iter()
            .position(|c| c.active == 0)
            .unwrap();
        account.collaterals[slot] = Collateral {
            active: 1,
            bank: bank as u8,
            amount: units,
            ..Collateral::default()
        };
        ledger::update_live(account, &mut deltas).unwrap();
        self.banks[bank].claims += units;
        self.fold(deltas);
    }

    pub fn fold(&mut self, mut deltas: Deltas) {
        ledger::fold(&mut self.banks[0].totals, &mut deltas).unwrap();
    }

    /// `buyer` buys `size` from `seller` at `price` without fees and without any check.
    pub fn trade(&mut self, buyer: usize, seller: usize, market: usize, size: u64, price: u64) {
        let notional = ((size as u128 * price as u128) / 10_000_000_000) as u64;
        for (number, change) in [(buyer, size as i64), (seller, -(size as i64))] {
            let account = &mut self.accounts[number];
            let slot = ledger::open_position(&self.board, account, market as u8).unwrap();
            let market = &mut self.markets[market];
            let (board, now) = (&self.board, self.around.now);
            ledger::trade(board, account, slot, market, change, notional, 0, now).unwrap();
            ledger::release_position(account, slot);
        }
    }

    /// Time passes; every price is republished.
    pub fn wait(&mut self, seconds: i64) {
        self.around.now.unix += seconds;
        self.around.now.slot += (seconds * 5 / 2) as u64;
        let now = self.around.now;
        for feed in self.board.feeds.iter_mut().filter(|feed| feed.active == 1) {
            feed.previous = feed.last;
            (feed.last.publish_at, feed.last.seen_at) = (now.unix, now.unix);
        }
    }

    /// Time passes until the previous print is no longer young, then the price changes.
    pub fn price(&mut self, feed: usize, price: u64) {
        self.wait(20);
        self.print(feed, price);
        self.board.feeds[feed].previous.publish_at = self.around.now.unix - 16;
    }

    /// A price on top of the one before it, in the same second.
    pub fn print(&mut self, feed: usize, price: u64) {
        let feed = &mut self.board.feeds[feed];
        feed.previous = feed.last;
        (feed.last.price, feed.last.ema, feed.slow) = (price, price, price);
    }

    /// Writes the present price and loss indexes of a market beside the present minute.
    pub fn minute(&mut self, market: usize) {
        let minute = self.around.now.unix as u64 / 60 + 1;
        let price = self.board.feeds[self.board.markets[market].feed as usize]
            .last
            .price;
        let entry = &mut self.board.markets[market];
        entry.minutes[minute as usize % MINUTES] = Minute {
            open_minute: minute,
            price,
            loss_long: entry.loss_long,
            loss_short: entry.loss_short,
        };
    }
}
