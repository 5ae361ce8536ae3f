//! A fresh venue: the program deployed, quote and one market listed with the defaults of its class,
//! makers, liquidator and insurance funded. All by transactions.

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

use super::{MARKET, Party, Seat, Venue};
use crate::replay::config;
use crate::replay::makers::MAKERS;
use crate::replay::path::now_at;

/// Seconds before the first print at which everything stands.
const LEAD: i64 = 60;
/// Name of quote, of its feed and its mint.
const QUOTE: &str = "quote";
/// Name of the market's feed.
pub(super) const ASSET: &str = "asset";
/// Numbers of the feeds.
const QUOTE_FEED: u8 = 0;
pub(super) const ASSET_FEED: u8 = 1;
/// What a trader has to bring in, UsdE6.
const PURSE_E6: u64 = 100 * config::NOTIONAL_E6;

/// What is to be set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub class: Class,
    /// Unix second of the first print.
    pub start: i64,
    /// Price of the first print, PriceE8.
    pub price: u64,
    /// Lowest price, PriceE8: the tick stays fine down to it.
    pub lowest: u64,
    pub unit_exp: u8,
    pub traders: u32,
}

impl Setup {
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

    fn plan(&self) -> Plan {
        let feed = |name, class, price, unit_exp| FeedPlan {
            name,
            class,
            price,
            unit_exp,
        };
        let quote = BankPlan {
            name: QUOTE,
            feed: QUOTE_FEED,
            class: Class::Stable,
            decimals: 6,
            program: TOKEN,
            parameters: launch::bank_parameters(Class::Stable),
        };
        let market = MarketParameters {
            oi_cap: 4_000_000_000_000_000_000,
            slot_notional_cap: 1_000_000_000_000_000,
            tick: self.tick(),
            lot: self.lot(),
            ..MarketParameters::preset(self.class)
        };
        Plan {
            id: 0,
            feeds: vec![
                feed(QUOTE, Class::Stable, 100_000_000, 0),
                feed(ASSET, self.class, self.price, self.unit_exp),
            ],
            banks: vec![quote],
            markets: vec![MarketPlan {
                name: ASSET,
                feed: ASSET_FEED,
                class: self.class,
                parameters: market,
            }],
        }
    }
}

/// The largest power of ten that is at most `most`, at least one.
fn power_of_ten(most: u64) -> u64 {
    10_u64.pow(most.max(1).ilog10())
}

impl Venue {
    /// Sets everything up.
    pub fn set_up(setup: &Setup) -> Result<Self> {
        let mut vm = Vm::deployed(false)?;
        let now = now_at(setup.start - LEAD);
        vm.set_time(now.unix, now.slot);
        launch::protocol(&mut vm)?;
        let deployment = launch::compartment(&mut vm, &setup.plan())?;
        let market = vm.read::<Market>(address(deployment.markets[usize::from(MARKET)].market));
        let market = market.context("no market")?;
        let seat = |name: String| Seat::new(&deployment, &name);
        let mut venue = Self {
            traders: (0..setup.traders)
                .map(|n| seat(format!("trader {n}")))
                .collect(),
            makers: (0..MAKERS).map(|n| seat(format!("maker {n}"))).collect(),
            liquidator: seat("liquidator".into()),
            board: vm.read(address(deployment.board)).context("no Board")?,
            vm,
            deployment,
            unit_exp: setup.unit_exp,
            tick: market.tick,
            lot: market.lot,
            taker_fee_ppm: market.taker_fee_ppm,
            leverage_cap: market.leverage_cap,
            now,
            touch: (setup.price, setup.price),
            before: (0, 0, 0),
            lost_e6: 0,
            refusals: BTreeMap::new(),
        };
        venue.fund(setup.traders.max(1))?;
        venue.before = (venue.vm.sent, venue.vm.failed, venue.vm.units_total);
        Ok(venue)
    }

    /// Money for everyone; makers, liquidator and insurance bring theirs in.
    fn fund(&mut self, traders: u32) -> Result<()> {
        let (backing, insured) = (config::backing_e6(traders), config::insurance_e6(traders));
        let donor = Seat::new(&self.deployment, "donor");
        let seats = self.traders.iter().map(|seat| (seat, PURSE_E6));
        let backed = self
            .makers
            .iter()
            .chain([&self.liquidator])
            .map(|seat| (seat, backing));
        let mint = launch::mint(QUOTE).pubkey();
        for (seat, amount) in seats.chain(backed).chain([(&donor, insured)]) {
            let owner = seat.owner.pubkey();
            self.vm.fund(owner, 10_000_000_000);
            tokens::create_token_account(&mut self.vm, &seat.purse, TOKEN, mint, owner)?;
            tokens::mint_to(&mut self.vm, TOKEN, mint, seat.purse.pubkey(), amount)?;
        }
        let (owner, purse) = (pubkey(donor.owner.pubkey()), pubkey(donor.purse.pubkey()));
        let fund = self.deployment.fund_insurance(owner, purse, insured);
        self.must(&[fund], &[&donor.owner])
            .context("fund insurance")?;
        for party in (0..MAKERS).map(Party::Maker).chain([Party::Liquidator]) {
            anyhow::ensure!(self.top_up(party, backing)?, "{party:?} has no money");
        }
        Ok(())
    }
}

impl Seat {
    fn new(deployment: &Deployment, name: &str) -> Self {
        let owner = keypair(name);
        Self {
            margin: deployment.margin(&pubkey(owner.pubkey()), 0),
            owner,
            purse: keypair(&format!("purse of {name}")),
            account: bytemuck::zeroed_box(),
        }
    }
}
