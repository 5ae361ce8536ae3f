//! A fresh venue: the program deployed, quote, markets and tokens listed with the defaults of their
//! classes, makers, liquidator and insurance funded. All by transactions.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use bulwark::instructions::MarketParameters;
use bulwark_client::Deployment;
use bulwark_core::params::Class;
use bulwark_state::Market;
use bulwark_svm::launch::{self, BankPlan, FeedPlan, MarketPlan, Plan};
use bulwark_svm::tokens::{self, TOKEN};
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::{Vm, keys::keypair};
use solana_signer::Signer;

use super::{Flows, Listed, Oracle, Party, Seat, Token, Venue, ledger::Books};
use crate::replay::cluster::Cluster;
use crate::replay::config;
use crate::replay::instrument::MOST;
use crate::replay::makers::MAKERS;

/// Seconds before the first print at which everything stands.
const LEAD: i64 = 60;
/// Name of quote, of its feed and its mint.
const QUOTE: &str = "quote";
/// Names of the series' feeds, books and mints.
const NAMES: [&str; MOST] = [
    "asset", "asset 2", "asset 3", "asset 4", "asset 5", "asset 6", "asset 7", "asset 8",
];
/// Number of quote's feed.
const QUOTE_FEED: u8 = 0;
/// What a trader has to bring in, UsdE6.
const PURSE_E6: u64 = 100 * config::NOTIONAL_E6;
/// What all wallets have of each token, in its smallest unit.
const SUPPLY: u64 = 9_000_000_000_000_000_000;

/// A series to list.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// Feed on the Board; quote's is the first.
    pub feed: u8,
    pub class: Class,
    /// Price of the first print, PriceE8.
    pub price: u64,
    /// Lowest price, PriceE8: the tick stays fine down to it.
    pub lowest: u64,
    pub unit_exp: u8,
    pub market: bool,
    pub collateral: bool,
}

/// What is to be set up.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    pub elf: &'a [u8],
    /// Unix second of the first print.
    pub start: i64,
    pub cluster: Cluster,
    pub series: Vec<Listing>,
    pub traders: u32,
    /// Actors of an attack file: quote that they have in their wallets, UsdE6.
    pub actors: Vec<u64>,
}

impl Listing {
    /// Of its feed, book and mint.
    fn name(&self) -> &'static str {
        let place = usize::from(self.feed).checked_sub(1);
        place
            .and_then(|at| NAMES.get(at))
            .map_or(QUOTE, |name| *name)
    }

    /// Price step: at most 0.01 % of the lowest price.
    fn tick(&self) -> u64 {
        power_of_ten(self.lowest / 10_000)
    }

    /// Size step: worth about a cent at the first price, and something at the lowest.
    fn lot(&self) -> u64 {
        let cent = power_of_ten(100_000_000_000_000 / self.price.max(1));
        let worth_something = 10 * power_of_ten(10_000_000_000 / self.lowest.max(1));
        cent.max(worth_something)
    }

    /// Decimals of the token's mint: enough for its unit.
    fn decimals(&self) -> u8 {
        match (self.class, self.unit_exp) {
            (Class::Stable, _) | (_, 1..) => 6,
            _ => 9,
        }
    }

    fn market_plan(&self, name: &'static str, feed: u8) -> MarketPlan {
        let parameters = MarketParameters {
            oi_cap: 4_000_000_000_000_000_000,
            slot_notional_cap: 1_000_000_000_000_000,
            tick: self.tick(),
            lot: self.lot(),
            ..MarketParameters::preset(self.class)
        };
        MarketPlan {
            name,
            feed,
            class: self.class,
            parameters,
        }
    }
}

impl Setup<'_> {
    fn plan(&self) -> Plan {
        let feed = |name, class, price, unit_exp| FeedPlan {
            name,
            class,
            price,
            unit_exp,
        };
        let bank = |name, feed, class, decimals| BankPlan {
            name,
            feed,
            class,
            decimals,
            program: TOKEN,
            parameters: launch::bank_parameters(class),
        };
        let mut plan = Plan {
            limits: Vec::new(),
            fee_floor: None,
            id: 0,
            feeds: vec![feed(QUOTE, Class::Stable, 100_000_000, 0)],
            banks: vec![bank(QUOTE, QUOTE_FEED, Class::Stable, 6)],
            markets: vec![],
        };
        for one in &self.series {
            let (class, number, name) = (one.class, one.feed, one.name());
            if number == QUOTE_FEED {
                plan.feeds[0].price = one.price;
                continue;
            }
            plan.feeds.push(feed(name, class, one.price, one.unit_exp));
            if one.market {
                plan.markets.push(one.market_plan(name, number));
            }
            if one.collateral {
                plan.banks.push(bank(name, number, class, one.decimals()));
            }
        }
        plan
    }
}

/// The largest power of ten that is at most `most`, at least one.
fn power_of_ten(most: u64) -> u64 {
    10_u64.pow(most.max(1).ilog10())
}

impl Venue {
    /// Sets everything up.
    pub fn set_up(setup: &Setup) -> Result<Self> {
        let mut vm = Vm::with_elf(setup.elf, false)?;
        let now = setup.cluster.now_at(setup.start - LEAD);
        vm.set_time(now.unix, now.slot);
        launch::protocol(&mut vm)?;
        let plan = setup.plan();
        let deployment = launch::compartment(&mut vm, &plan)?;
        let markets = plan.markets.iter().zip(&deployment.markets);
        let listed = markets.map(|(plan, keys)| {
            let market = vm.read::<Market>(address(keys.market));
            let market = market.context("no market")?;
            Ok(Listed {
                feed: plan.feed,
                tick: market.tick,
                lot: market.lot,
                taker_fee_ppm: market.taker_fee_ppm,
                leverage_cap: market.leverage_cap,
                touch: (0, 0),
            })
        });
        let listed = listed.collect::<Result<Vec<_>>>()?;
        let banks = deployment.banks.len();
        let seat = |name: String| Seat::new(&deployment, &name, banks);
        let seats = |count: usize, what: &str| -> Vec<Seat> {
            (0..count).map(|n| seat(format!("{what} {n}"))).collect()
        };
        let token = |plan: &BankPlan| Token {
            name: plan.name,
            decimals: plan.decimals,
        };
        let oracle = |one: &Listing| Oracle {
            feed: one.feed,
            key: launch::oracle(one.name()),
            message: launch::message(one.name(), one.unit_exp, one.price, 0, setup.start),
        };
        let mut venue = Self {
            traders: seats(setup.traders as usize, "trader"),
            makers: seats(listed.len() * MAKERS, "maker"),
            liquidator: seat("liquidator".into()),
            staker: seat("staker".into()),
            staked: 0,
            actors: seats(setup.actors.len(), "actor"),
            board: vm.read(address(deployment.board)).context("no Board")?,
            tokens: plan.banks[1..].iter().map(token).collect(),
            oracles: setup.series.iter().map(oracle).collect(),
            cluster: setup.cluster,
            markets: listed,
            vm,
            deployment,
            now,
            token_share: SUPPLY / (setup.traders as usize + setup.actors.len()).max(1) as u64,
            before: (0, 0, 0),
            restart_slot: 0,
            books: Books::default(),
            refusals: BTreeMap::new(),
            units: BTreeMap::new(),
        };
        for market in 0..venue.markets.len() {
            let (price, _) = venue.price(market);
            venue.markets[market].touch = (price, price);
        }
        venue.fund(setup)?;
        venue.before = (venue.vm.sent, venue.vm.failed, venue.vm.units_total);
        venue.units.clear();
        Ok(venue)
    }

    /// Money for everyone; makers, liquidator and insurance bring theirs in.
    fn fund(&mut self, setup: &Setup) -> Result<()> {
        let count = setup.traders.max(1);
        let (backing, insured) = (config::backing_e6(count), config::insurance_e6(count));
        let donor = Seat::new(&self.deployment, "donor", 1);
        // Half of insurance is given, half is staked.
        let staked = insured / 2;
        let given = insured - staked;
        let Self {
            vm,
            traders,
            makers,
            liquidator,
            staker,
            actors,
            tokens,
            token_share,
            ..
        } = self;
        for (seat, amount) in makers
            .iter()
            .map(|seat| (seat, backing))
            // Once to deposit, once to pay where the program wants quote from outside.
            .chain([
                (&*liquidator, 2 * backing),
                (&donor, given),
                (&*staker, staked),
            ])
        {
            open_purse(vm, seat, 0, QUOTE, amount)?;
        }
        for seat in traders.iter() {
            open_purse(vm, seat, 0, QUOTE, PURSE_E6)?;
        }
        for (seat, amount) in actors.iter().zip(&setup.actors) {
            open_purse(vm, seat, 0, QUOTE, *amount)?;
        }
        for seat in traders.iter().chain(actors.iter()) {
            for (token, bank) in tokens.iter().zip(1..) {
                open_purse(vm, seat, bank, token.name, *token_share)?;
            }
        }
        let (owner, purse) = (pubkey(donor.owner.pubkey()), donor.purse(0));
        let fund = self.deployment.fund_insurance(owner, purse, given);
        self.must(&[fund], &[&donor.owner])
            .context("fund insurance")?;
        self.stake(staked)?;
        for party in self.makers().chain([Party::Liquidator]) {
            anyhow::ensure!(self.top_up(party, backing, None)?, "{party:?} has no money");
        }
        Ok(())
    }
}

/// A wallet with lamports, and a token account in it.
fn open_purse(vm: &mut Vm, seat: &Seat, bank: usize, name: &str, amount: u64) -> Result<()> {
    let (owner, purse) = (seat.owner.pubkey(), &seat.purses[bank]);
    let mint = launch::mint(name).pubkey();
    vm.fund(owner, 10_000_000_000);
    tokens::create_token_account(vm, purse, TOKEN, mint, owner)?;
    tokens::mint_to(vm, TOKEN, mint, purse.pubkey(), amount)
}

impl Seat {
    fn new(deployment: &Deployment, name: &str, banks: usize) -> Self {
        let owner = keypair(name);
        let purse = |bank: usize| match bank {
            0 => keypair(&format!("purse of {name}")),
            _ => keypair(&format!("purse {bank} of {name}")),
        };
        Self {
            margin: deployment.margin(&pubkey(owner.pubkey()), 0),
            owner,
            purses: (0..banks).map(purse).collect(),
            account: bytemuck::zeroed_box(),
            flows: Flows::default(),
        }
    }
}
