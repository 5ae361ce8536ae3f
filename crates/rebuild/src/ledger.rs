//! What a history has come to so far.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark::event::is_chained;
use bulwark_core::conserve::{Balance, quote_balance};
use bulwark_core::ledger::fold;
use bulwark_core::mode::{self, Mode};
use bulwark_core::outflow::Flow;
use bulwark_core::{Now, chain, withdrawal};
use bulwark_state::{
    Bank, Board, Book, Guardian, Insurance, MarginAccount, Market, Proposal, Protocol, Recovery,
    Stake, Ticket,
};
use bytemuck::allocation::zeroed_box;

use crate::apply;
use crate::chain::head_after;
use crate::event::Raw;

/// A market and its book.
#[derive(Clone)]
pub struct Venue {
    /// Address of the market.
    pub key: Pubkey,
    /// The market, whole.
    pub market: Box<Market>,
    /// Its book, whole.
    pub book: Box<Book>,
}

/// What lies in the records of Recoveries and of audits.
#[derive(Clone, Default)]
pub struct Records {
    /// Recoveries by address, the latest last.
    pub recoveries: Vec<(Pubkey, Box<Recovery>)>,
    /// The one record of audits, once one was begun.
    pub audit: Option<(Pubkey, Box<Recovery>)>,
}

impl Records {
    /// All of them, by their addresses.
    pub fn all(&self) -> impl Iterator<Item = &(Pubkey, Box<Recovery>)> {
        self.recoveries.iter().chain(&self.audit)
    }
}

/// A compartment as its events have made it.
#[derive(Clone)]
pub struct Compartment {
    /// Address.
    pub key: Pubkey,
    /// Its own account, whole: lists, modes, bits, budgets.
    pub state: Box<bulwark_state::Compartment>,
    /// What the modes and waiting changes made of the outflow when the latest event's instruction
    /// asked.
    pub flow: Flow,
    /// Address of its Board.
    pub board_key: Pubkey,
    /// Its Board, whole.
    pub board: Box<Board>,
    /// Its insurance, whole.
    pub insurance: Box<Insurance>,
    /// Banks by index, whole.
    pub banks: Vec<(Pubkey, Box<Bank>)>,
    /// Markets by index.
    pub markets: Vec<Venue>,
    /// Margin accounts by address.
    pub margins: BTreeMap<Pubkey, Box<MarginAccount>>,
    /// Tickets by address.
    pub tickets: BTreeMap<Pubkey, Box<Ticket>>,
    /// Stakes in insurance by address.
    pub stakes: BTreeMap<Pubkey, Stake>,
    /// Its Recoveries and its audit.
    pub records: Records,
}

impl Compartment {
    /// One of which nothing is known but its address.
    #[must_use]
    pub fn new(key: Pubkey) -> Self {
        Self {
            key,
            state: zeroed_box(),
            flow: Flow::of(Mode::Normal),
            board_key: Pubkey::default(),
            board: zeroed_box(),
            insurance: zeroed_box(),
            banks: Vec::new(),
            markets: Vec::new(),
            margins: BTreeMap::new(),
            tickets: BTreeMap::new(),
            stakes: BTreeMap::new(),
            records: Records::default(),
        }
    }

    pub(crate) fn bank_at(&self, key: &Pubkey) -> Result<usize> {
        let found = self.banks.iter().position(|(of, _)| of == key);
        found.with_context(|| format!("no bank {key} was listed"))
    }

    pub(crate) fn market_at(&self, key: &Pubkey) -> Result<usize> {
        let found = self.markets.iter().position(|venue| venue.key == *key);
        found.with_context(|| format!("no market {key} was listed"))
    }

    /// Lends a margin account out of the map, so that others can be lent beside it.
    pub(crate) fn lift(&mut self, key: &Pubkey) -> Result<Box<MarginAccount>> {
        let found = self.margins.remove(key);
        found.with_context(|| format!("no margin account {key} was created"))
    }

    pub(crate) fn lay(&mut self, key: &Pubkey, account: Box<MarginAccount>) {
        self.margins.insert(*key, account);
    }

    /// What lay in a bank's vault of what was expected there, before an instruction after which it
    /// is expected to hold `after`, `came` having come in and `left` gone out. What was missing has
    /// gone by no instruction. Of a vault the program's rules ask no more than this.
    pub(crate) fn vault(&self, bank: usize, after: u64, came: u64, left: u64) -> Result<u64> {
        let (_, held) = self.banks.get(bank).context("no such bank")?;
        let before = after
            .checked_add(left)
            .and_then(|sum| sum.checked_sub(came))
            .context("its expected balance doesn't fit what moved")?;
        let is = held.expected;
        ensure!(
            before <= is,
            "its vault held {before} before, but only {is} were ever booked"
        );
        Ok(before)
    }

    /// The quote bank.
    pub(crate) fn quote(&mut self) -> Result<&mut Bank> {
        let (_, quote) = self.banks.first_mut().context("no quote bank was listed")?;
        Ok(quote)
    }

    /// Brings the quote bank up to now, then folds every market into it.
    pub(crate) fn fold_all(&mut self, vault: u64, now: Now) -> Result<()> {
        let flow = self.flow;
        withdrawal::crank(self.quote()?, vault, &flow, now).refused("the quote bank")?;
        self.fold(u64::MAX)
    }

    /// Folds markets into the quote bank, one bit each.
    pub(crate) fn fold(&mut self, markets: u64) -> Result<()> {
        let (_, quote) = self.banks.first_mut().context("no quote bank was listed")?;
        let named = |(index, _): &(usize, &mut Venue)| markets >> (index & 63) & 1 == 1;
        for (_, venue) in self.markets.iter_mut().enumerate().filter(named) {
            let deltas = &mut venue.market.deltas;
            fold(&mut quote.totals, deltas).refused("its totals")?;
        }
        Ok(())
    }

    /// The quote vault against what is owed from it.
    pub(crate) fn balance(&self, vault: u64) -> Result<Balance> {
        let (_, quote) = self.banks.first().context("no quote bank was listed")?;
        let markets = self.markets.iter().map(|venue| &*venue.market);
        quote_balance(quote, vault, self.insurance.balance, markets).refused("the ledger")
    }
}

/// Everything that a history has come to.
#[derive(Clone)]
pub struct Ledger {
    /// The Protocol, whole.
    pub protocol: Box<Protocol>,
    /// The guardian, whole.
    pub guardian: Box<Guardian>,
    /// Proposals to the guardian by address.
    pub proposals: BTreeMap<Pubkey, Box<Proposal>>,
    /// Compartments by their number.
    pub compartments: BTreeMap<u16, Compartment>,
    /// Events taken.
    pub taken: u64,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            protocol: zeroed_box(),
            guardian: zeroed_box(),
            proposals: BTreeMap::new(),
            compartments: BTreeMap::new(),
            taken: 0,
        }
    }
}

impl Ledger {
    /// Takes the next event.
    ///
    /// # Errors
    /// Why it doesn't follow from those before: the history is not whole, or not what happened. The
    /// ledger is in no defined state then.
    pub fn take(&mut self, raw: &Raw) -> Result<()> {
        let event = raw.decode()?;
        let common = *event.common();
        let now = Now {
            unix: common.unix,
            slot: common.slot,
        };
        apply::event(self, &event, now).with_context(|| {
            let (name, number) = (event.name(), common.sequence);
            format!("{name} {number} of slot {}", common.slot)
        })?;
        if is_chained(common.kind) {
            let entry = chain::Entry {
                sequence: common.sequence,
                slot: common.slot,
                kind: common.kind,
                compartment: common.compartment,
            };
            let hash = |head: &[u8; 32]| head_after(head, raw);
            chain::append(&mut self.protocol, &entry, hash).refused("its place in the chain")?;
        }
        self.taken = self.taken.saturating_add(1);
        Ok(())
    }

    /// A compartment, at what its modes and the Protocol's make of the outflow now.
    pub(crate) fn asked(&mut self, id: u16, now: Now) -> Result<&mut Compartment> {
        let found = self.compartments.get_mut(&id);
        let to = found.with_context(|| format!("compartment {id} was never created"))?;
        let mode = mode::effective(&self.protocol, &to.state, now);
        to.flow = Flow::new(mode, &self.protocol, now);
        Ok(to)
    }

    pub(crate) fn compartment(&mut self, id: u16) -> Result<&mut Compartment> {
        let found = self.compartments.get_mut(&id);
        found.with_context(|| format!("compartment {id} was never created"))
    }
}

/// Compares what an event says with what its history comes to.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, says: T, is: T) -> Result<()> {
    ensure!(says == is, "{what}: {says:?} is said, {is:?} follows");
    Ok(())
}

/// The next number of an account's own count.
pub(crate) fn counts(what: &str, count: &mut u64, says: u64) -> Result<()> {
    let due = count.saturating_add(1);
    ensure!(says <= due, "{what} {due} is missing: {says} follows");
    ensure!(says == due, "{what} {says} comes again, {due} is due");
    *count = due;
    Ok(())
}

/// A core rule's refusal of what is said to have happened.
pub(crate) trait Refused<T> {
    fn refused(self, what: &str) -> Result<T>;
}

impl<T> Refused<T> for bulwark_core::Result<T> {
    fn refused(self, what: &str) -> Result<T> {
        self.map_err(|rule| anyhow::anyhow!("{what}: {}", rule.message().trim()))
    }
}
