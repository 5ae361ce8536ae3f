//! The seam between the simulation and the chain: every act is a real transaction to the deployed
//! bytecode, every figure is read from its accounts.
//!
//! The Board and the margin accounts are kept decoded and read again after each transaction that
//! writes them; health is computed from them off the chain by the code that the program runs.

mod acts;
mod cover;
mod deeds;
mod funds;
mod held;
mod ledger;
mod orders;
mod send;
mod setup;
mod standing;

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use bulwark_client::{Deployment, Pubkey};
use bulwark_core::gate::{Cell, LegUse};
use bulwark_core::{Now, gate, ledger as books, targets, time};
use bulwark_state::{
    Board, BoardBank, BoardMarket, Feed, MarginAccount, Market, Position, Targets,
};
use bulwark_svm::Vm;
use bulwark_svm::pyth::PriceMessage;
use bulwark_svm::vm::address;
use solana_address::Address;
use solana_keypair::Keypair;

use super::cluster::Cluster;
use super::makers::MAKERS;
use super::measure::{self, Fixed};

pub use cover::Cover;
pub use ledger::{Kind, Liquidation};
pub use orders::Quote;
pub use send::Units;
pub use setup::{Listing, Setup};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    Trader(usize),
    /// Numbered through all markets: [`MAKERS`] of each.
    Maker(usize),
    Liquidator,
    /// Of an attack file.
    Actor(usize),
}

/// A party's keys and its margin account as last read; all zero before it is created.
struct Seat {
    owner: Keypair,
    /// Token accounts: of quote, then of each token where the party has one.
    purses: Vec<Keypair>,
    margin: Pubkey,
    account: Box<MarginAccount>,
    flows: Flows,
}

/// What a party brought in and took out, UsdE6 at the prices of then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    pub in_e6: i64,
    pub out_e6: i64,
}

/// A market as the replay needs to know it.
struct Listed {
    /// Feed on the Board.
    feed: u8,
    /// Price step, PriceE8.
    tick: u64,
    /// Size step, BaseE8.
    lot: u64,
    taker_fee_ppm: u32,
    /// Largest leverage, 1e-3.
    leverage_cap: u32,
    /// Best bid and ask that the makers quoted last, PriceE8.
    touch: (u64, u64),
}

/// A token that counts as collateral.
#[derive(Clone, Copy)]
struct Token {
    /// Name of its mint.
    name: &'static str,
    decimals: u8,
}

/// A price series as an oracle publishes it. Keys are made from names once: that takes longer than
/// a transaction.
#[derive(Clone, Copy)]
struct Oracle {
    /// On the Board.
    feed: u8,
    key: Address,
    /// A message of its feed, to be filled.
    message: PriceMessage,
}

/// A deployed venue.
pub struct Venue {
    vm: Vm,
    deployment: Deployment,
    cluster: Cluster,
    markets: Vec<Listed>,
    /// Token n is bank n + 1.
    tokens: Vec<Token>,
    /// By series.
    oracles: Vec<Oracle>,
    board: Box<Board>,
    now: Now,
    traders: Vec<Seat>,
    makers: Vec<Seat>,
    liquidator: Seat,
    /// Has staked half of what insurance began with.
    staker: Seat,
    /// How much, UsdE6.
    staked: u64,
    actors: Vec<Seat>,
    /// Units of each token that traders and actors start with.
    token_share: u64,
    /// Transactions before the first print: setting up isn't counted.
    before: (u64, u64, u64),
    /// Slot of the cluster's latest restart, 0 if there was none.
    restart_slot: u64,
    books: ledger::Books,
    /// Refusals by name of the error.
    refusals: BTreeMap<String, u64>,
    /// Units of accepted instructions by discriminator.
    units: BTreeMap<[u8; 8], Units>,
}

impl Venue {
    fn seat(&self, party: Party) -> &Seat {
        match party {
            Party::Trader(who) => &self.traders[who],
            Party::Maker(which) => &self.makers[which],
            Party::Liquidator => &self.liquidator,
            Party::Actor(which) => &self.actors[which],
        }
    }

    fn seat_mut(&mut self, party: Party) -> &mut Seat {
        match party {
            Party::Trader(who) => &mut self.traders[who],
            Party::Maker(which) => &mut self.makers[which],
            Party::Liquidator => &mut self.liquidator,
            Party::Actor(which) => &mut self.actors[which],
        }
    }

    /// Makers of all markets.
    pub fn makers(&self) -> impl Iterator<Item = Party> + use<> {
        (0..self.makers.len()).map(Party::Maker)
    }

    /// Makers of one market.
    pub fn makers_of(&self, market: usize) -> impl Iterator<Item = Party> + use<> {
        (market * MAKERS..(market + 1) * MAKERS).map(Party::Maker)
    }

    /// Everyone of an attack file.
    pub fn actors(&self) -> impl Iterator<Item = Party> + use<> {
        (0..self.actors.len()).map(Party::Actor)
    }

    /// Everyone who has a margin account.
    fn parties(&self) -> impl Iterator<Item = Party> + '_ {
        let traders = (0..self.traders.len()).map(Party::Trader);
        let everyone = traders
            .chain(self.makers())
            .chain([Party::Liquidator])
            .chain(self.actors());
        everyone.filter(|party| self.seat(*party).account.version != 0)
    }

    /// Reads again what a transaction may have changed of a party.
    fn reload(&mut self, party: Party) {
        let account = self.vm.read(address(self.seat(party).margin));
        self.seat_mut(party).account = account.unwrap_or_else(bytemuck::zeroed_box);
    }

    fn reload_board(&mut self) -> Result<()> {
        let key = address(self.deployment.board);
        let found = self.vm.read_into(key, &mut *self.board);
        found.then_some(()).context("no Board")
    }

    /// The Board, to be measured on.
    pub fn board_copy(&self) -> Box<Board> {
        self.board.clone()
    }

    /// Number of markets.
    pub fn market_count(&self) -> usize {
        self.markets.len()
    }

    /// Number of tokens besides quote.
    pub fn token_count(&self) -> usize {
        self.tokens.len()
    }

    fn market(&self, market: usize) -> &BoardMarket {
        &self.board.markets[market]
    }

    fn bank(&self, token: usize) -> &BoardBank {
        &self.board.banks[token + 1]
    }

    fn feed(&self, market: usize) -> &Feed {
        &self.board.feeds[usize::from(self.markets[market].feed)]
    }

    /// Cluster time and slot.
    pub fn now(&self) -> Now {
        self.now
    }

    /// The Board's price of a market and its confidence, PriceE8.
    pub fn price(&self, market: usize) -> (u64, u64) {
        let feed = self.feed(market);
        (feed.last.price, feed.last.conf)
    }

    /// Margin rule of a market.
    pub fn margin(&self, market: usize) -> &Targets {
        &self.market(market).margin
    }

    /// Haircut rule of a token.
    pub fn haircut(&self, token: usize) -> &Targets {
        &self.bank(token).haircut
    }

    /// Weights of all tokens for new risk, ppm, rounded down.
    pub fn weights(&self) -> Vec<u64> {
        let haircut = |token| targets::initial(self.haircut(token)).div_ceil(1_000);
        (0..self.tokens.len())
            .map(|token| 1_000_000 - haircut(token).min(1_000_000))
            .collect()
    }

    /// Maintenance ratio of a market that counts now, e9.
    pub fn applied(&self, market: usize) -> u64 {
        let market = self.market(market);
        let clock = &self.board.clock;
        let open = time::open_seconds_of_market(clock, &market.clock, self.now.unix);
        targets::maintenance(&market.margin, open)
    }

    /// Whether somebody may open in a market now.
    pub fn takes_new_risk(&self, market: usize) -> Result<bool> {
        let (at, feed) = (self.market(market), self.feed(market));
        let open = gate::cell(feed, LegUse::OpenInterestUp, self.now) == Cell::Yes;
        let mut holds = self.holds_now()?.into_iter();
        Ok(open && at.status == 1 && !holds.any(|(of, ..)| of.is_none_or(|of| of == market)))
    }

    /// A party's position, BaseE8.
    pub fn position(&self, party: Party, market: usize) -> i64 {
        self.leg(party, market).map_or(0, |leg| leg.base)
    }

    /// Markets in which a party has a position, the largest at today's prices first.
    pub fn legs(&self, party: Party) -> Vec<usize> {
        let notional = |market: usize| {
            let base = self.position(party, market).unsigned_abs();
            u128::from(base) * u128::from(self.price(market).0)
        };
        let mut legs: Vec<usize> = (0..self.markets.len())
            .filter(|market| self.position(party, *market) != 0)
            .collect();
        legs.sort_by_key(|market| std::cmp::Reverse(notional(*market)));
        legs
    }

    /// Notional that a party's position was opened with, UsdE6.
    pub fn entry_notional(&self, party: Party, market: usize) -> u64 {
        self.leg(party, market)
            .filter(|leg| leg.base != 0)
            .map_or(0, |leg| leg.quote.unsigned_abs())
    }

    fn leg(&self, party: Party, market: usize) -> Option<&Position> {
        let account = &self.seat(party).account;
        let index = u8::try_from(market).ok()?;
        books::position_of(account, index).and_then(|at| account.positions.get(at))
    }

    /// Units of a token that a party holds in its margin account.
    pub fn holds(&self, party: Party, token: usize) -> u64 {
        let collaterals = &self.seat(party).account.collaterals;
        let of_token =
            |c: &&bulwark_state::Collateral| c.active != 0 && usize::from(c.bank) == token + 1;
        collaterals.iter().find(of_token).map_or(0, |c| c.amount)
    }

    /// Fixes the margins of all markets and the haircuts of all tokens: the static arm.
    pub fn fix(&mut self, fixed: &Fixed) -> Result<()> {
        measure::fix(&mut self.board, fixed);
        self.vm
            .overwrite(address(self.deployment.board), &*self.board)?;
        // A market's own limit must not stand below the margin that was asked for.
        for (at, initial_ppm) in fixed.markets.iter().enumerate() {
            let key = address(self.deployment.markets[at].market);
            let mut market = self.vm.read::<Market>(key).context("no market")?;
            let asked = u32::try_from(1_000_000_000_u64.div_ceil((*initial_ppm).max(1)))?;
            market.leverage_cap = market.leverage_cap.max(asked);
            self.markets[at].leverage_cap = market.leverage_cap;
            self.vm.overwrite(key, &*market)?;
        }
        Ok(())
    }
}

fn refused(error: bulwark_core::Error) -> anyhow::Error {
    anyhow!("{}: {}", error.name(), error.message())
}
