//! Accounts out of files: as `solana account --output json` writes them, as `getAccountInfo`
//! answers, or as their bytes. What an account is says its discriminator.

use std::path::Path;

use anchor_lang::Discriminator;
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulwark::state::{
    BankState, BoardState, GuardianState, InsuranceState, MarketState, ProposalState, ProtocolState,
};
use bulwark_state::{Bank, Board, Guardian, Insurance, Market, Proposal, Protocol};
use bytemuck::Pod;
use serde_json::Value;

const TAG: usize = 8;

/// What was passed beside the proposal.
#[derive(Default)]
pub struct Accounts {
    pub protocol: Option<Box<Protocol>>,
    pub guardian: Option<Box<Guardian>>,
    pub board: Option<Box<Board>>,
    pub insurance: Option<Box<Insurance>>,
    pub market: Option<Box<Market>>,
    pub bank: Option<Box<Bank>>,
}

impl Accounts {
    /// Takes one file's account to its place.
    pub fn take(&mut self, file: &Path) -> Result<()> {
        let bytes = read(file)?;
        let tag = bytes.get(..TAG).unwrap_or(&[]);
        match tag {
            ProtocolState::DISCRIMINATOR => self.protocol = Some(layout(&bytes)?),
            GuardianState::DISCRIMINATOR => self.guardian = Some(layout(&bytes)?),
            BoardState::DISCRIMINATOR => self.board = Some(layout(&bytes)?),
            InsuranceState::DISCRIMINATOR => self.insurance = Some(layout(&bytes)?),
            MarketState::DISCRIMINATOR => self.market = Some(layout(&bytes)?),
            BankState::DISCRIMINATOR => self.bank = Some(layout(&bytes)?),
            _ => bail!("{}: no account that a proposal speaks of", file.display()),
        }
        Ok(())
    }
}

/// The proposal of a file.
pub fn proposal(file: &Path) -> Result<Box<Proposal>> {
    let bytes = read(file)?;
    let ours = bytes.starts_with(ProposalState::DISCRIMINATOR);
    anyhow::ensure!(ours, "{}: not a proposal of Bulwark", file.display());
    layout(&bytes)
}

fn layout<T: Pod>(bytes: &[u8]) -> Result<Box<T>> {
    let mut value = bytemuck::allocation::zeroed_box::<T>();
    let stored = bytes.get(TAG..TAG + size_of::<T>());
    let stored = stored.context("the account is shorter than its layout")?;
    bytemuck::bytes_of_mut(&mut *value).copy_from_slice(stored);
    Ok(value)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    if bytes.first() != Some(&b'{') {
        return Ok(bytes);
    }
    let value: Value =
        serde_json::from_slice(&bytes).with_context(|| file.display().to_string())?;
    let places = [
        "/account/data/0",
        "/result/value/data/0",
        "/value/data/0",
        "/data/0",
    ];
    let text = places
        .iter()
        .find_map(|place| value.pointer(place)?.as_str());
    let text = text.with_context(|| {
        let name = file.display();
        format!("{name}: no base64 account data (solana account ADDRESS --output json)")
    })?;
    STANDARD
        .decode(text)
        .with_context(|| file.display().to_string())
}
