//! A venue with people, told in verbs: `world.deposit(ALICE, USDC, usdc(1_000))`,
//! `world.price(SOL, 142.10)`. After **every** transaction the whole compartment is audited.
//!
//! The standard world has three feeds, banks USDC (quote), SOL, BTC and markets SOL, BTC. Amounts
//! of tokens are whole units given as `f64` for legibility and converted exactly once.

mod acts;
mod check;
mod comfort;
mod council;
mod ending;
mod fork;
mod history;
mod liquidation;
pub mod listing;
mod money;
mod moves;
mod recovery;
mod staking;
mod story;
mod term;
mod view;
mod winding;
pub mod worst;

use std::collections::BTreeMap;

use bulwark::error::BulwarkError;
use bulwark::instructions::BankParameters;
use bulwark_client::{Deployment, Instruction, Pubkey};
use bulwark_core::health::{self, Health, Level};
use bulwark_core::params::Class;
use bulwark_core::{Now, ledger};
use bulwark_state::{Bank, Board, Book, Compartment, Insurance, MarginAccount, Market, Position};
use bytemuck::Pod;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::audit::{Audit, Stock};
use crate::launch::{self, BankPlan, FeedPlan, MarketPlan, Plan};
use crate::vm::{Failure, Receipt, address, instruction, pubkey};
use crate::{Vm, keys, pyth, tokens};

pub use acts::{Order, ask, bid};
pub use council::{member, member_key};
pub use {history::Follower, recovery::PEOPLE};

/// Banks and feeds of the standard world.
pub const USDC: usize = 0;
/// SOL: bank 1, feed 1.
pub const SOL: usize = 1;
/// BTC: bank 2, feed 2.
pub const BTC: usize = 2;
/// Market of SOL.
pub const SOL_PERP: usize = 0;
/// Market of BTC.
pub const BTC_PERP: usize = 1;

/// What a transaction came to.
pub type Outcome = Result<Receipt, Box<Failure>>;

/// Whole quote into its smallest unit.
pub fn usdc(amount: f64) -> u64 {
    scaled(amount, 6)
}

/// A USD price into PriceE8.
pub fn price_e8(price: f64) -> u64 {
    scaled(price, 8)
}

/// A size in coins into BaseE8.
pub fn base_e8(size: f64) -> u64 {
    scaled(size, 8)
}

/// A decimal number into an integer with `decimals` places, rounded to the nearest.
pub fn scaled(amount: f64, decimals: i32) -> u64 {
    let value = (amount * 10f64.powi(decimals)).round();
    assert!((0.0..1.8e19).contains(&value), "{amount} doesn't fit");
    value as u64
}

/// A person with a margin account.
pub struct Trader {
    /// Wallet.
    pub owner: Keypair,
    /// Margin account 0.
    pub margin: Address,
    /// Token accounts by bank.
    pub tokens: Vec<Address>,
}

/// The venue and its people.
pub struct World {
    /// The VM.
    pub vm: Vm,
    /// Addresses.
    pub deployment: Deployment,
    /// What was launched.
    pub plan: Plan,
    /// Traders by name.
    pub traders: BTreeMap<&'static str, Trader>,
    /// Margin accounts beyond those of `traders`, audited too.
    pub others: Vec<Address>,
    /// Holes and surpluses that the test itself has caused.
    pub stock: Stock,
    /// Whether every transaction is followed by an audit.
    pub audited: bool,
    /// Prices per feed, PriceE8.
    pub prices: Vec<u64>,
    /// Receipt of the last transaction that succeeded.
    pub last: Option<Receipt>,
    /// The same venue rebuilt from its events, where the VM keeps a history.
    pub follower: Option<Box<Follower>>,
}

/// The standard plan.
pub fn standard_plan() -> Plan {
    let feed = |name, class, price| FeedPlan {
        name,
        class,
        price,
        unit_exp: 0,
    };
    // A base of the outflow buckets of about $100,000 from the first day on.
    let bank = |name, feed, class, decimals, base_floor| BankPlan {
        name,
        feed,
        class,
        decimals,
        program: tokens::TOKEN,
        parameters: BankParameters {
            base_floor,
            ..launch::bank_parameters(class)
        },
    };
    let market = |name, feed, class| MarketPlan {
        name,
        feed,
        class,
        parameters: launch::market_parameters(class),
    };
    Plan {
        limits: vec![],
        fee_floor: None,
        id: 0,
        feeds: vec![
            feed("USDC", Class::Stable, price_e8(1.0)),
            feed("SOL", Class::Large, price_e8(100.0)),
            feed("BTC", Class::Major, price_e8(50_000.0)),
        ],
        banks: vec![
            bank("USDC", 0, Class::Stable, 6, usdc(100_000.0)),
            bank("SOL", 1, Class::Large, 9, scaled(1_000.0, 9)),
            bank("BTC", 2, Class::Major, 8, scaled(2.0, 8)),
        ],
        markets: vec![
            market("SOL-PERP", 1, Class::Large),
            market("BTC-PERP", 2, Class::Major),
        ],
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// The standard world.
    pub fn new() -> Self {
        Self::with(standard_plan())
    }

    /// A world of one's own.
    pub fn with(plan: Plan) -> Self {
        Self::on(Vm::deployed(true).expect("the VM starts"), plan)
    }

    /// A world in a VM that is there already.
    pub fn on(mut vm: Vm, plan: Plan) -> Self {
        let there = vm
            .svm
            .get_account(&address(bulwark_client::address::protocol()));
        if there.is_none() {
            launch::protocol(&mut vm).expect("the Protocol is created");
        }
        let deployment = launch::compartment(&mut vm, &plan).expect("the compartment is launched");
        let none = vec![0; plan.banks.len()];
        let recorded = vm.history.is_some();
        let mut world = Self {
            vm,
            deployment,
            prices: plan.feeds.iter().map(|feed| feed.price).collect(),
            plan,
            traders: BTreeMap::new(),
            others: Vec::new(),
            stock: Stock {
                missing: none.clone(),
                surplus: none,
            },
            audited: true,
            last: None,
            follower: recorded.then(Box::default),
        };
        world.audit();
        world
    }

    /// Sends as it is; audits whether it succeeded or not.
    pub fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Outcome {
        let converted: Vec<_> = instructions.iter().map(instruction).collect();
        let outcome = self.vm.send(&converted, signers);
        if self.audited {
            self.audit();
        }
        if let Ok(receipt) = &outcome {
            self.last = Some(receipt.clone());
        }
        outcome
    }

    /// Reads the compartment.
    pub fn read_all(&self) -> Audit {
        let mut margins: Vec<Address> = self.traders.values().map(|t| t.margin).collect();
        margins.extend(&self.others);
        Audit::read(&self.vm, &self.deployment, &margins).expect("the compartment is readable")
    }

    /// Asserts everything that must hold between two transactions.
    pub fn audit(&mut self) {
        let audit = self.read_all();
        let problems = audit.problems().expect("sums stay in range");
        assert!(problems.is_empty(), "the audit found: {problems:#?}");
        let stock = audit.stock().expect("sums stay in range");
        assert_eq!(
            stock, self.stock,
            "INV-LEDGER: holes and surpluses, bank by bank"
        );
        self.follow();
    }

    /// The trader of a name, made at first mention: wallet, token accounts, margin account 0.
    pub fn trader(&mut self, name: &'static str) -> &Trader {
        if !self.traders.contains_key(name) {
            let owner = keys::keypair(&format!("trader {name}"));
            self.vm.fund(owner.pubkey(), 100_000_000_000);
            let mut accounts = Vec::new();
            for index in 0..self.plan.banks.len() {
                accounts.push(self.token_account(&owner, name, index));
            }
            let key = pubkey(owner.pubkey());
            let create = self
                .deployment
                .create_margin_account(key, 0, Pubkey::default());
            let margin = address(self.deployment.margin(&key, 0));
            let trader = Trader {
                owner: owner.insecure_clone(),
                margin,
                tokens: accounts,
            };
            self.traders.insert(name, trader);
            self.send(&[create], &[&owner])
                .expect("a margin account is created");
        }
        &self.traders[name]
    }

    fn token_account(&mut self, owner: &Keypair, name: &str, bank: usize) -> Address {
        let plan = self.plan.banks[bank];
        let key = keys::keypair(&format!("tokens {name} {}", plan.name));
        let mint = launch::mint(plan.name).pubkey();
        let made =
            tokens::create_token_account(&mut self.vm, &key, plan.program, mint, owner.pubkey());
        made.expect("a token account is created");
        key.pubkey()
    }

    /// Address of a trader's margin account, on the Anchor side.
    pub fn margin_key(&mut self, name: &'static str) -> Pubkey {
        pubkey(self.trader(name).margin)
    }

    /// Wallet of a trader.
    pub fn wallet(&mut self, name: &'static str) -> Keypair {
        self.trader(name).owner.insecure_clone()
    }

    /// The present.
    pub fn now(&self) -> Now {
        let clock = self.vm.clock();
        Now {
            unix: clock.unix_timestamp,
            slot: clock.slot,
        }
    }

    /// Lets `seconds` pass, with slots of 400 ms.
    pub fn advance(&mut self, seconds: i64) {
        let slots = u64::try_from(seconds).expect("time goes on") * 5 / 2;
        self.advance_apart(seconds, slots.max(1));
    }

    /// Lets clock and slots go apart.
    pub fn advance_apart(&mut self, seconds: i64, slots: u64) {
        let now = self.now();
        self.vm.set_time(now.unix + seconds, now.slot + slots);
    }

    /// A zero-copy account by address.
    pub fn read<T: Pod>(&self, key: Pubkey) -> Box<T> {
        self.vm.read(address(key)).expect("the account exists")
    }

    /// Margin account of a trader.
    pub fn account(&self, name: &str) -> Box<MarginAccount> {
        self.vm
            .read(self.traders[name].margin)
            .expect("the account exists")
    }

    /// Board.
    pub fn board(&self) -> Box<Board> {
        self.read(self.deployment.board)
    }

    /// Compartment.
    pub fn compartment(&self) -> Box<Compartment> {
        self.read(self.deployment.compartment)
    }

    /// A bank.
    pub fn bank(&self, bank: usize) -> Box<Bank> {
        self.read(self.deployment.banks[bank].bank)
    }

    /// A market.
    pub fn market(&self, market: usize) -> Box<Market> {
        self.read(self.deployment.markets[market].market)
    }

    /// A book.
    pub fn book(&self, market: usize) -> Box<Book> {
        self.read(self.deployment.markets[market].book)
    }

    /// Insurance.
    pub fn insurance(&self) -> Box<Insurance> {
        self.read(self.deployment.insurance)
    }

    /// Position of a trader in a market; all zero if none.
    pub fn position(&self, name: &str, market: usize) -> Position {
        let account = self.account(name);
        let index = u8::try_from(market).expect("a market's number fits");
        let place = ledger::position_of(&account, index);
        place.map_or_else(Position::default, |place| account.positions[place])
    }

    /// Health of a trader now, as the program computes it.
    pub fn health(&self, name: &str, level: Level) -> Health {
        health::health(&self.board(), &self.account(name), level, self.now(), false)
            .expect("health is computable")
    }

    /// What lies in a bank's vault.
    pub fn vault(&self, bank: usize) -> u64 {
        tokens::balance(&self.vm, address(self.deployment.banks[bank].vault))
    }

    /// What lies in a trader's own token account.
    pub fn tokens_of(&self, name: &str, bank: usize) -> u64 {
        tokens::balance(&self.vm, self.traders[name].tokens[bank])
    }

    /// Steals from a vault: its balance is overwritten. The hole is expected from now on.
    pub fn steal(&mut self, bank: usize, amount: u64) {
        let vault = address(self.deployment.banks[bank].vault);
        let left = tokens::balance(&self.vm, vault) - amount;
        tokens::set_balance(&mut self.vm, vault, left).expect("the vault is overwritten");
        self.stock = self.read_all().stock().expect("sums stay in range");
    }

    /// Gives to a vault by an ordinary transfer from nobody in particular.
    pub fn donate(&mut self, bank: usize, amount: u64) {
        let plan = self.plan.banks[bank];
        let mint = launch::mint(plan.name).pubkey();
        let vault = address(self.deployment.banks[bank].vault);
        tokens::mint_to(&mut self.vm, plan.program, mint, vault, amount).expect("minted");
        self.stock = self.read_all().stock().expect("sums stay in range");
    }

    /// Holes and surpluses may change by this act, as they are after it: for what books a surplus
    /// or makes a hole good.
    pub fn allow_stock_change<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let audited = std::mem::replace(&mut self.audited, false);
        let done = act(self);
        self.stock = self.read_all().stock().expect("sums stay in range");
        self.audited = audited;
        self.audit();
        done
    }

    /// Publishes a price of a feed and refreshes the Board with it.
    pub fn price(&mut self, feed: usize, price: f64) {
        self.try_price(feed, price_e8(price))
            .expect("the Board is refreshed");
    }

    /// The same in PriceE8, for prices that may be refused. Confidence is 2 bp.
    pub fn try_price(&mut self, feed: usize, price: u64) -> Outcome {
        self.publish(feed, price, price / 5_000, price);
        self.refresh(&[feed])
    }

    /// Writes the oracle account of a feed, published now.
    pub fn publish(&mut self, feed: usize, price: u64, conf: u64, ema: u64) {
        let now = self.now();
        let plan = self.plan.feeds[feed];
        let mut message = launch::message(plan.name, plan.unit_exp, price, conf, now.unix);
        message.ema_price = i64::try_from(ema).expect("fits");
        let data = pyth::price_update(&message, now.slot);
        pyth::write(
            &mut self.vm.svm,
            launch::oracle(plan.name),
            pyth::CLASSIC_RECEIVER,
            data,
        );
        self.prices[feed] = price;
    }

    /// Refreshes feeds from their oracle accounts as they are.
    pub fn refresh(&mut self, feeds: &[usize]) -> Outcome {
        let oracles: Vec<_> = feeds
            .iter()
            .map(|feed| {
                let number = u8::try_from(*feed).expect("a feed's number fits");
                (
                    number,
                    pubkey(launch::oracle(self.plan.feeds[*feed].name)),
                    None,
                )
            })
            .collect();
        let payer = pubkey(self.vm.payer.pubkey());
        let refresh = self.deployment.refresh(payer, &oracles);
        self.send(&[refresh], &[])
    }

    /// Publishes all prices again as they are, and refreshes: the Board is fresh.
    pub fn refresh_all(&mut self) {
        for feed in 0..self.prices.len() {
            let price = self.prices[feed];
            self.publish(feed, price, price / 5_000, price);
        }
        let feeds: Vec<usize> = (0..self.prices.len()).collect();
        self.refresh(&feeds).expect("the Board is refreshed");
    }
}

/// Asserts the exact error of an act.
#[track_caller]
pub fn expect_error(outcome: Outcome, error: BulwarkError) {
    match outcome {
        Ok(_) => panic!("succeeded where {error:?} was expected"),
        Err(failure) => {
            assert_eq!(
                failure.code(),
                Some(u32::from(error)),
                "{error:?} expected\n{failure}"
            );
        }
    }
}
