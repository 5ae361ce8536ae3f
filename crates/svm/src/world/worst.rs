//! The dearest world that the limits permit: 9 banks, 8 markets, 17 feeds, accounts that hold 8
//! collaterals, 8 positions and 32 orders, with debt, losses that aren't booked yet, and ramps that
//! run. For limits of transactions and for compute units; all keys come from names.

use bulwark::instructions::{BankParameters, Which};
use bulwark_core::params::Class;

use super::{Outcome, World, ask, bid, price_e8, scaled, usdc};
use crate::launch::{self, BankPlan, FeedPlan, MarketPlan, Plan};
use crate::{Vm, tokens};

/// Collaterals of a full account, and positions.
pub const LEGS: usize = 8;
/// Makers whose orders stand at the best bid of market 0.
pub const MAKERS: [&str; 12] = [
    "maker 0", "maker 1", "maker 2", "maker 3", "maker 4", "maker 5", "maker 6", "maker 7",
    "maker 8", "maker 9", "maker 10", "maker 11",
];
/// Sells into the makers' bids. Full, with 31 orders.
pub const TAKER: &str = "taker";
/// A full account that liquidates.
pub const LIQUIDATOR: &str = "liquidator";
/// A full account that is liquidatable, not flagged.
pub const VICTIM: &str = "victim";
/// A full account that is bankrupt.
pub const BANKRUPT: &str = "bankrupt";
/// The other side of everything.
pub const HUB: &str = "hub";
/// Has lost so much that most of the quote vault is lent.
const WHALE: &str = "whale";
/// Its loss has moved the loss indexes of longs.
const BROKE_SHORT: &str = "broke short";
/// Its loss has moved those of shorts.
const BROKE_LONG: &str = "broke long";

const TOKENS: [&str; LEGS] = ["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8"];
const TOKEN_FEEDS: [&str; LEGS] = ["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8"];
const PERPS: [&str; LEGS] = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8"];
/// Price at which all positions were opened, USD.
const OPENED: f64 = 100.0;
/// Price between, USD.
const RISEN: f64 = 116.0;
/// Price now, USD.
pub const FALLEN: f64 = 84.0;
/// Price of the makers' bids in market 0.
pub const BEST_BID: f64 = 83.9;
/// Bank of the last collateral.
pub const LAST: usize = LEGS;

/// Feed of a market's price.
pub fn feed_of(market: usize) -> usize {
    1 + LEGS + market
}

/// Nine banks, eight markets, each with a feed of its own.
pub fn worst_plan() -> Plan {
    let feed = |name, class, price| FeedPlan {
        name,
        class,
        price,
        unit_exp: 0,
    };
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
    let mut feeds = vec![feed("USDC", Class::Stable, price_e8(1.0))];
    feeds.extend(TOKEN_FEEDS.map(|name| feed(name, Class::Large, price_e8(OPENED))));
    feeds.extend(PERPS.map(|name| feed(name, Class::Large, price_e8(OPENED))));
    let mut banks = vec![bank("USDC", 0, Class::Stable, 6, usdc(1_000_000.0))];
    for (name, feed) in TOKENS.into_iter().zip(1..) {
        banks.push(bank(name, feed, Class::Large, 9, scaled(10_000.0, 9)));
    }
    let markets = PERPS.into_iter().zip(9..).map(|(name, feed)| MarketPlan {
        name,
        feed,
        class: Class::Large,
        parameters: launch::market_parameters(Class::Large),
    });
    Plan {
        limits: vec![],
        fee_floor: None,
        id: 0,
        feeds,
        banks,
        markets: markets.collect(),
    }
}

impl World {
    /// The dearest world, on this ELF. Audited from here on.
    pub fn worst(elf: &[u8]) -> Self {
        let vm = Vm::with_elf(elf, false).expect("the VM starts");
        let mut world = Self::on(vm, worst_plan());
        world.audited = false;
        world.open_positions();
        world.victims_orders();
        world.pass_minutes();
        world.all_move_to(RISEN);
        world.wind_up_broke(BROKE_SHORT);
        world.pass_minutes();
        world.all_move_to(FALLEN);
        world.wind_up_broke(BROKE_LONG);
        world.lend_the_vault();
        world.everybodys_orders();
        world.widen_caps();
        world.stock = world.read_all().stock().expect("sums stay in range");
        world.audited = true;
        world.audit();
        world
    }

    /// As if listed with the largest cap of margins: after the fall T_I stands at a smaller one,
    /// and at its cap a market takes no new risk.
    fn widen_caps(&mut self) {
        self.rewrite_board(|board| {
            for market in &mut board.markets[..LEGS] {
                market.margin.params.cap_e9 = 666_700_000;
            }
        });
    }

    /// `amount` of each token.
    fn deposit_tokens(&mut self, name: &'static str, amount: f64) {
        for bank in 1..=LEGS {
            self.deposit(name, bank, scaled(amount, 9));
        }
    }

    /// `names` go long `size` in every market, or short; the hub is on the other side.
    fn open(&mut self, names: &[&'static str], size: f64, long: bool) {
        let all = size * names.len() as f64;
        for market in 0..LEGS {
            let (theirs, hubs) = if long {
                (bid(size, OPENED), ask(all, OPENED))
            } else {
                (ask(size, OPENED), bid(all, OPENED))
            };
            self.place(HUB, market, hubs.post_only());
            for name in names {
                self.place(name, market, theirs.ioc());
            }
        }
    }

    fn open_positions(&mut self) {
        // Little quote: fees make everybody a debtor, and soon most of the vault is lent.
        self.deposit_tokens(HUB, 100_000.0);
        self.fund(HUB, 100_000.0);
        self.deposit_tokens(WHALE, 50_000.0);
        for name in MAKERS.into_iter().chain([TAKER, LIQUIDATOR]) {
            self.deposit_tokens(name, 1_000.0);
        }
        self.deposit_tokens(VICTIM, 18.5);
        self.deposit_tokens(BANKRUPT, 15.5);
        for name in [BROKE_SHORT, BROKE_LONG] {
            self.deposit_tokens(name, 15.5);
        }
        let mut long = MAKERS.to_vec();
        long.extend([LIQUIDATOR, VICTIM, BANKRUPT, BROKE_LONG]);
        self.open(&long, 100.0, true);
        self.open(&[TAKER, BROKE_SHORT], 100.0, false);
        self.open(&[WHALE], 20_000.0, true);
    }

    /// 32 orders of those who can place none any more after the fall.
    fn victims_orders(&mut self) {
        for market in 0..LEGS {
            for name in [VICTIM, BANKRUPT] {
                for step in 0..4 {
                    let price = 107.0 + f64::from(step) / 10.0;
                    self.place(name, market, ask(1.0, price).post_only());
                }
            }
        }
    }

    /// Lets two minutes pass, each with a price: gains are measured against them.
    fn pass_minutes(&mut self) {
        for _ in 0..2 {
            self.advance(61);
            self.refresh_all();
        }
    }

    /// All markets' prices go to `price` and count.
    pub fn all_move_to(&mut self, price: f64) {
        let price = price_e8(price);
        for market in 0..LEGS {
            self.forget_closes(feed_of(market));
        }
        for _ in 0..12 {
            self.advance(3);
            for market in 0..LEGS {
                self.prices[feed_of(market)] = price;
            }
            self.refresh_all();
            let board = self.board();
            let counts = |market| board.feeds[feed_of(market)].last.price == price;
            if (0..LEGS).all(counts) {
                return;
            }
        }
        panic!("the price never counted");
    }

    /// The whale realises its loss: what the hub has won is lent to it.
    fn lend_the_vault(&mut self) {
        for market in 0..LEGS {
            self.place(HUB, market, bid(20_000.0, FALLEN).post_only());
            self.place(WHALE, market, ask(20_000.0, FALLEN).ioc());
            self.advance(1);
            self.refresh_all();
        }
        self.accrue().expect("interest accrues");
        self.advance(60);
        self.refresh_all();
        self.accrue().expect("interest accrues");
    }

    /// Insurance has nothing, so the others in its markets bear the loss: one loss index of every
    /// market moves.
    fn wind_up_broke(&mut self, name: &'static str) {
        self.wind_up(HUB, name, 1_000_000).expect("it is bankrupt");
        let board = self.board();
        for market in &board.markets[..LEGS] {
            let index = if name == BROKE_SHORT {
                market.loss_long
            } else {
                market.loss_short
            };
            assert_ne!(index.get(), 0, "a loss index stands still");
        }
        assert_eq!(self.bank(0).totals.deficit, 0);
    }

    /// 32 orders of everybody else, two on each side of every market; the makers' bids of market 0
    /// stand at [`BEST_BID`], and so does the first maker's of market 1.
    fn everybodys_orders(&mut self) {
        for name in MAKERS.into_iter().chain([TAKER, LIQUIDATOR]) {
            for market in 0..LEGS {
                let highest = match market {
                    0 if MAKERS.contains(&name) => BEST_BID,
                    1 if name == MAKERS[0] => BEST_BID,
                    _ => 83.0,
                };
                self.place(name, market, bid(1.0, highest).post_only());
                self.place(name, market, bid(1.0, 82.0).post_only());
                self.place(name, market, ask(1.0, 86.0).post_only());
                if !(market == 1 && name == TAKER) {
                    self.place(name, market, ask(1.0, 87.0).post_only());
                }
            }
            self.advance(1);
            self.refresh_all();
        }
    }

    /// Asserts that an account is as full as accounts can be.
    pub fn assert_full(&self, name: &str, orders: usize) {
        let account = self.account(name);
        let collaterals = account.collaterals.iter().filter(|c| c.active != 0);
        assert_eq!(collaterals.count(), LEGS, "collaterals of {name}");
        let positions = account.positions.iter().filter(|p| p.base != 0);
        assert_eq!(positions.count(), LEGS, "positions of {name}");
        let resting = account.orders.iter().filter(|o| o.size != 0);
        assert_eq!(resting.count(), orders, "orders of {name}");
    }

    /// Everything of an account in a market is cancelled.
    pub fn cancel_all(&mut self, name: &'static str, market: usize) -> Outcome {
        self.cancel(name, market, Which::All)
    }
}
