//! Rust client of the Bulwark program: addresses and one builder per instruction.
//!
//! [`Deployment`] knows the addresses of one compartment. Its methods return instructions; who
//! signs, sends and pays is the caller's business. Amounts are in the units of the program: tokens
//! in their smallest unit, prices PriceE8, sizes BaseE8.

pub mod address;
mod check;
mod creation;
mod guardian;
mod liquidation;
mod money;
mod recovery;
mod staking;
mod trading;
mod view;
mod winding;

pub use check::Items;
pub use trading::Closing;

pub use anchor_lang::prelude::Pubkey;
pub use anchor_lang::solana_program::instruction::{AccountMeta, Instruction};

use anchor_lang::{InstructionData, ToAccountMetas};

/// A token of a compartment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankKeys {
    /// Bank.
    pub bank: Pubkey,
    /// Vault.
    pub vault: Pubkey,
    /// Mint.
    pub mint: Pubkey,
    /// Token program.
    pub token_program: Pubkey,
}

/// A market of a compartment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketKeys {
    /// Market.
    pub market: Pubkey,
    /// Book.
    pub book: Pubkey,
}

/// Addresses of one compartment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Protocol.
    pub protocol: Pubkey,
    /// Compartment.
    pub compartment: Pubkey,
    /// Board.
    pub board: Pubkey,
    /// Insurance.
    pub insurance: Pubkey,
    /// Banks by number; 0 is quote.
    pub banks: Vec<BankKeys>,
    /// Markets by number.
    pub markets: Vec<MarketKeys>,
}

impl Deployment {
    /// A compartment without banks and markets. The Board is an account of the client's choice.
    pub fn new(compartment: u16, board: Pubkey) -> Self {
        let key = address::compartment(compartment);
        Self {
            protocol: address::protocol(),
            compartment: key,
            board,
            insurance: address::insurance(&key),
            banks: Vec::new(),
            markets: Vec::new(),
        }
    }

    /// Address of a margin account.
    pub fn margin(&self, owner: &Pubkey, index: u16) -> Pubkey {
        address::margin(&self.compartment, owner, index)
    }

    /// Everything that transactions name again and again: what a lookup table is for.
    pub fn lookup_keys(&self) -> Vec<Pubkey> {
        let mut keys = vec![
            self.protocol,
            self.compartment,
            self.board,
            self.insurance,
            address::event_authority(),
            address::vault_authority(),
            bulwark::ID,
        ];
        for bank in &self.banks {
            keys.extend([bank.bank, bank.vault, bank.mint, bank.token_program]);
        }
        for market in &self.markets {
            keys.extend([market.market, market.book]);
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// All banks, as the list that some instructions want.
    fn every_bank(&self) -> Vec<AccountMeta> {
        self.banks
            .iter()
            .map(|bank| AccountMeta::new_readonly(bank.bank, false))
            .collect()
    }
}

/// Puts an instruction together.
fn build(
    accounts: impl ToAccountMetas,
    rest: impl IntoIterator<Item = AccountMeta>,
    data: impl InstructionData,
) -> Instruction {
    let mut metas = accounts.to_account_metas(None);
    metas.extend(rest);
    Instruction {
        program_id: bulwark::ID,
        accounts: metas,
        data: data.data(),
    }
}
