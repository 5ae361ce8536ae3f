//! Accounts as they lie on chain, out of dumps.

use std::collections::BTreeMap;

use anchor_lang::Discriminator;
use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bulwark::state::{
    BankState, BoardState, BookState, CompartmentState, GuardianState, InsuranceState, MarginState,
    MarketState, ProposalState, ProtocolState, RecoveryState, StakeState, TicketState,
};
use bulwark_rebuild::{Above, Compartment, Found, Ledger, Link, differences, differences_above};
use bulwark_state::{
    Bank, Board, Book, Guardian, Insurance, MarginAccount, Market, Proposal, Protocol, Recovery,
    Stake, Ticket,
};
use bytemuck::Pod;
use bytemuck::allocation::zeroed_box;
use serde_json::Value;

/// Accounts by address.
#[derive(Clone, Debug, Default)]
pub struct Accounts(BTreeMap<Pubkey, Vec<u8>>);

/// An account's content, if its discriminator says that it is of this kind.
fn content<S: Discriminator, T: Pod>(data: &[u8]) -> Option<Box<T>> {
    let fields = data.strip_prefix(S::DISCRIMINATOR)?;
    let mut content: Box<T> = zeroed_box();
    let bytes = bytemuck::bytes_of_mut(&mut *content);
    (fields.len() == bytes.len()).then(|| bytes.copy_from_slice(fields))?;
    Some(content)
}

impl Accounts {
    /// Adds the accounts of a dump.
    ///
    /// # Errors
    /// What isn't one.
    pub fn add(&mut self, text: &str) -> Result<()> {
        if let Ok(value) = serde_json::from_str::<Value>(text) {
            return self.add_value(value.get("result").unwrap_or(&value));
        }
        for (line, number) in text.lines().zip(1..) {
            if line.trim().is_empty() {
                continue;
            }
            let value: Value =
                serde_json::from_str(line).with_context(|| format!("line {number} isn't JSON"))?;
            self.add_value(&value)
                .with_context(|| format!("line {number}"))?;
        }
        Ok(())
    }

    fn add_value(&mut self, value: &Value) -> Result<()> {
        if let Some(list) = value.as_array() {
            return list.iter().try_for_each(|entry| self.add_value(entry));
        }
        let key = value.get("pubkey").and_then(Value::as_str);
        let key: Pubkey = key.context("it has no pubkey")?.parse()?;
        let Some(data) = value.pointer("/account/data") else {
            bail!("{key} has no data");
        };
        let text = data.get(0).unwrap_or(data).as_str();
        let data = BASE64.decode(text.with_context(|| format!("data of {key} is no text"))?);
        let data = data.with_context(|| format!("data of {key} isn't base64"))?;
        self.insert(key, data);
        Ok(())
    }

    /// Adds one account.
    pub fn insert(&mut self, key: Pubkey, data: Vec<u8>) {
        self.0.insert(key, data);
    }

    pub(crate) fn all<'a, S: Discriminator, T: Pod>(
        &'a self,
    ) -> impl Iterator<Item = (&'a Pubkey, Box<T>)> {
        let of = |(key, data): (&'a Pubkey, &'a Vec<u8>)| Some((key, content::<S, T>(data)?));
        self.0.iter().filter_map(of)
    }

    /// What a Protocol among them shows of the chain.
    #[must_use]
    pub fn links(&self) -> Vec<Link> {
        let protocols = self.all::<ProtocolState, Protocol>();
        protocols
            .flat_map(|(_, protocol)| Link::shown(&protocol))
            .collect()
    }

    /// Compares every account with what its events come to; how many there were.
    ///
    /// # Errors
    /// The differences.
    pub fn compare(&self, ledger: &Ledger) -> Result<usize> {
        let mut found = Vec::new();
        let mut compared = self.compare_above(ledger, &mut found);
        for rebuilt in ledger.compartments.values() {
            compared += self.compare_one(rebuilt, &mut found);
        }
        ensure!(found.is_empty(), "{}", found.join("; "));
        Ok(compared)
    }

    fn compare_above(&self, ledger: &Ledger, found: &mut Vec<String>) -> usize {
        let mut compared = 0;
        let mut compare = |key: &Pubkey, is: Above<'_>| {
            compared += 1;
            found.extend(differences_above(ledger, key, &is));
        };
        for (at, protocol) in self.all::<ProtocolState, Protocol>() {
            compare(at, Above::Protocol(&protocol));
        }
        for (at, guardian) in self.all::<GuardianState, Guardian>() {
            compare(at, Above::Guardian(&guardian));
        }
        for (at, proposal) in self.all::<ProposalState, Proposal>() {
            compare(at, Above::Proposal(&proposal));
        }
        compared
    }

    fn compare_one(&self, rebuilt: &Compartment, found: &mut Vec<String>) -> usize {
        let key = rebuilt.key.to_bytes();
        let mut compared = 0;
        let mut compare = |key: &Pubkey, is: Found<'_>| {
            compared += 1;
            found.extend(differences(rebuilt, key, &is));
        };
        for (at, own) in self.all::<CompartmentState, bulwark_state::Compartment>() {
            if at.to_bytes() == key {
                compare(at, Found::Compartment(&own));
            }
        }
        for (at, market) in self.all::<MarketState, Market>() {
            if market.compartment == key {
                compare(at, Found::Market(&market));
            }
        }
        for (at, board) in self.all::<BoardState, Board>() {
            if board.compartment == key {
                compare(at, Found::Board(&board));
            }
        }
        for (at, margin) in self.all::<MarginState, MarginAccount>() {
            if margin.compartment == key {
                compare(at, Found::Margin(&margin));
            }
        }
        for (at, bank) in self.all::<BankState, Bank>() {
            if bank.compartment == key {
                compare(at, Found::Bank(&bank));
            }
        }
        for (at, book) in self.all::<BookState, Book>() {
            if rebuilt
                .markets
                .iter()
                .any(|venue| venue.key.to_bytes() == book.market)
            {
                compare(at, Found::Book(&book));
            }
        }
        for (at, ticket) in self.all::<TicketState, Ticket>() {
            if rebuilt
                .banks
                .iter()
                .any(|(bank, _)| bank.to_bytes() == ticket.bank)
            {
                compare(at, Found::Ticket(&ticket));
            }
        }
        for (at, insurance) in self.all::<InsuranceState, Insurance>() {
            if insurance.compartment == key {
                compare(at, Found::Insurance(&insurance));
            }
        }
        for (at, stake) in self.all::<StakeState, Stake>() {
            if stake.insurance == rebuilt.state.insurance {
                compare(at, Found::Stake(&stake));
            }
        }
        for (at, recovery) in self.all::<RecoveryState, Recovery>() {
            if recovery.compartment == key {
                compare(at, Found::Recovery(&recovery));
            }
        }
        compared
    }
}
