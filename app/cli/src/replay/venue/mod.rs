//! The seam between the simulation and the chain: every act is a real transaction to the deployed
//! bytecode, every figure is read from its accounts.
//!
//! The Board and the margin accounts are kept decoded and read again after each transaction that
//! writes them; health is computed from them off the chain by the code that the program runs.

mod acts;
mod ledger;
mod orders;
mod setup;

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use bulwark_client::{Deployment, Pubkey};
use bulwark_core::gate::{Cell, LegUse};
use bulwark_core::health::{self, Health, Level, Stage};
use bulwark_core::{Error, Now, gate, ledger as books, targets};
use bulwark_state::{Board, BoardMarket, Feed, MarginAccount, Market, Position};
use bulwark_svm::Vm;
use bulwark_svm::vm::address;
use solana_keypair::Keypair;

use super::makers::MAKERS;
use super::static_arm;

pub use orders::Quote;
pub use setup::Setup;

/// The one market.
pub const MARKET: u8 = 0;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    Trader(usize),
    Maker(usize),
    Liquidator,
}

/// A party's keys and its margin account as last read; all zero before it is created.
struct Seat {
    owner: Keypair,
    /// Token account.
    purse: Keypair,
    margin: Pubkey,
    account: Box<MarginAccount>,
}

/// A deployed venue.
pub struct Venue {
    vm: Vm,
    deployment: Deployment,
    /// Prices and sizes are per `10^unit_exp` tokens.
    unit_exp: u8,
    /// Price step, PriceE8.
    tick: u64,
    /// Size step, BaseE8.
    lot: u64,
    board: Box<Board>,
    now: Now,
    traders: Vec<Seat>,
    makers: Vec<Seat>,
    liquidator: Seat,
    taker_fee_ppm: u32,
    /// Largest leverage of the market, 1e-3.
    leverage_cap: u32,
    /// Best bid and ask that the makers quoted last, PriceE8.
    touch: (u64, u64),
    /// Transactions before the first print: setting up isn't counted.
    before: (u64, u64, u64),
    /// Losses that wind-ups booked, UsdE6.
    lost_e6: u64,
    /// Refusals by error code.
    refusals: BTreeMap<u32, u64>,
}

impl Venue {
    fn seat(&self, party: Party) -> &Seat {
        match party {
            Party::Trader(who) => &self.traders[who],
            Party::Maker(which) => &self.makers[which],
            Party::Liquidator => &self.liquidator,
        }
    }

    fn seat_mut(&mut self, party: Party) -> &mut Seat {
        match party {
            Party::Trader(who) => &mut self.traders[who],
            Party::Maker(which) => &mut self.makers[which],
            Party::Liquidator => &mut self.liquidator,
        }
    }

    /// Everyone who has a margin account.
    fn parties(&self) -> impl Iterator<Item = Party> + '_ {
        let traders = (0..self.traders.len()).map(Party::Trader);
        let everyone = traders
            .chain((0..MAKERS).map(Party::Maker))
            .chain([Party::Liquidator]);
        everyone.filter(|party| self.seat(*party).account.version != 0)
    }

    /// Reads again what a transaction may have changed of a party.
    fn reload(&mut self, party: Party) -> Result<()> {
        let account = self.vm.read(address(self.seat(party).margin));
        self.seat_mut(party).account = account.unwrap_or_else(bytemuck::zeroed_box);
        Ok(())
    }

    fn reload_board(&mut self) -> Result<()> {
        self.board = self
            .vm
            .read(address(self.deployment.board))
            .context("no Board")?;
        Ok(())
    }

    /// The Board, to be measured on.
    pub fn board_copy(&self) -> Box<Board> {
        self.board.clone()
    }

    fn market(&self) -> &BoardMarket {
        &self.board.markets[usize::from(MARKET)]
    }

    fn feed(&self) -> &Feed {
        &self.board.feeds[usize::from(self.market().feed)]
    }

    /// Cluster time and slot.
    pub fn now(&self) -> Now {
        self.now
    }

    /// The Board's price and its confidence, PriceE8.
    pub fn price(&self) -> (u64, u64) {
        let feed = self.feed();
        (feed.last.price, feed.last.conf)
    }

    /// Initial margin for new risk, e9.
    pub fn initial_ratio(&self) -> u64 {
        targets::initial(&self.market().margin)
    }

    /// Whether somebody may open now.
    pub fn takes_new_risk(&self) -> bool {
        let market = self.market();
        let feed = self.feed();
        let open = gate::cell(feed, LegUse::OpenInterestUp, self.now) == Cell::Yes;
        open && market.status == 1 && !targets::at_cap(&market.margin)
    }

    /// A party's position, BaseE8.
    pub fn position(&self, party: Party) -> i64 {
        self.leg(party).map_or(0, |leg| leg.base)
    }

    /// Notional that a party's position was opened with, UsdE6.
    pub fn entry_notional(&self, party: Party) -> u64 {
        self.leg(party)
            .filter(|leg| leg.base != 0)
            .map_or(0, |leg| leg.quote.unsigned_abs())
    }

    fn leg(&self, party: Party) -> Option<&Position> {
        let account = &self.seat(party).account;
        books::position_of(account, MARKET).and_then(|at| account.positions.get(at))
    }

    /// Whether the gate lets positions be taken over at today's price.
    pub fn may_liquidate(&self) -> bool {
        let feed = self.feed();
        let cell = gate::cell(feed, LegUse::Liquidate, self.now);
        !matches!(cell, Cell::Wait | Cell::No)
    }

    /// Whether an account can be liquidated now.
    pub fn is_liquidatable(&self, party: Party) -> Result<bool> {
        let account = &self.seat(party).account;
        if health::is_plain(account) {
            return Ok(false);
        }
        let health = health::eligibility(&self.board, account, self.now, false).map_err(refused)?;
        Ok(health.surplus().map_err(refused)? < 0)
    }

    /// Where an account that may be liquidatable stands.
    pub fn stage(&self, party: Party) -> Result<Stage> {
        if !self.is_liquidatable(party)? {
            return Ok(Stage::Healthy);
        }
        let account = &self.seat(party).account;
        let raw = health::raw_value(&self.board, account, self.now).map_err(refused)?;
        Ok(if raw < 0 {
            Stage::Bankrupt
        } else {
            Stage::Liquidatable
        })
    }

    /// Size of a trader's position at today's price, BaseE8, in whole lots.
    pub fn trader_size(&self) -> i64 {
        let (price, _) = self.price();
        let base = u128::from(super::config::NOTIONAL_E6) * 10_000_000_000 / u128::from(price);
        let base = u64::try_from(base).unwrap_or(u64::MAX);
        i64::try_from(self.in_lots(base)).unwrap_or(i64::MAX)
    }

    /// Notional of an opening at the makers' quote, and the smallest deposit with which an account
    /// may do it, UsdE6.
    pub fn least_deposit(&self, base: i64) -> Result<(u64, u64)> {
        let price = if base > 0 { self.touch.1 } else { self.touch.0 };
        let notional = u128::from(base.unsigned_abs()) * u128::from(price) / 10_000_000_000;
        let notional = u64::try_from(notional).context("a trader's notional")?;
        let mut account: Box<MarginAccount> = bytemuck::zeroed_box();
        let at = books::open_position(&self.board, &mut account, MARKET).map_err(refused)?;
        let leg = &mut account.positions[at];
        leg.base = base;
        leg.quote = if base > 0 {
            -(notional as i64)
        } else {
            notional as i64
        };
        let fee = notional * u64::from(self.taker_fee_ppm) / 1_000_000 + 1;
        account.quote = -i64::try_from(fee)?;
        let health = health::health(&self.board, &account, Level::Initial, self.now, false);
        let Health {
            value, requirement, ..
        } = health.map_err(refused)?;
        let mark = u128::from(base.unsigned_abs()) * u128::from(self.price().0) / 10_000_000_000;
        let by_cap = u64::try_from(mark * 1_000 / u128::from(self.leverage_cap.max(1)))?;
        let needed = i64::try_from(requirement.max(by_cap))?;
        // A thousandth more, so that rounding and interest refuse nobody.
        let least = u64::try_from(needed - value).unwrap_or(0);
        Ok((notional, least + least / 1_000 + 1))
    }

    /// Fixes the margins of the market: the static arm.
    pub fn fix_margin(&mut self, initial_ppm: u64) -> Result<()> {
        static_arm::fix(&mut self.board, usize::from(MARKET), initial_ppm);
        self.vm
            .overwrite(address(self.deployment.board), &*self.board)?;
        // The market's own limit must not stand below the margin that was asked for.
        let key = address(self.deployment.markets[usize::from(MARKET)].market);
        let mut market = self.vm.read::<Market>(key).context("no market")?;
        let asked = u32::try_from(1_000_000_000_u64.div_ceil(initial_ppm.max(1)))?;
        market.leverage_cap = market.leverage_cap.max(asked);
        self.leverage_cap = market.leverage_cap;
        self.vm.overwrite(key, &*market)
    }

    /// Transactions of the replay itself.
    pub fn transactions(&self) -> u64 {
        self.vm.sent - self.before.0
    }

    /// Those of them that the program refused.
    pub fn failed(&self) -> u64 {
        self.vm.failed - self.before.1
    }

    /// What the program refused, by name, the commonest first.
    pub fn refusals(&self) -> Vec<(String, u64)> {
        let name = |code: u32| {
            let rule = code
                .checked_sub(6_000)
                .and_then(|at| Error::ALL.get(at as usize));
            rule.map_or_else(|| format!("error {code}"), |rule| rule.name().into())
        };
        let mut refusals: Vec<_> = self
            .refusals
            .iter()
            .map(|(code, count)| (name(*code), *count))
            .collect();
        refusals.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        refusals
    }

    /// Compute units of all of them.
    pub fn compute_units(&self) -> u64 {
        self.vm.units_total - self.before.2
    }
}

fn refused(error: bulwark_core::Error) -> anyhow::Error {
    anyhow!("{}: {}", error.name(), error.message())
}
