//! Deposits, withdrawals, interest, insurance.

use bulwark::{accounts, instruction};

use crate::{AccountMeta, Deployment, Instruction, Pubkey, address, build};

impl Deployment {
    /// Folds markets' deltas into the quote bank.
    pub fn fold(&self, markets: &[usize]) -> Instruction {
        let accounts = accounts::Fold {
            protocol: self.protocol,
            compartment: self.compartment,
            quote_bank: self.banks[0].bank,
        };
        let rest = markets
            .iter()
            .map(|m| AccountMeta::new(self.markets[*m].market, false));
        build(accounts, rest, instruction::Fold {})
    }

    /// Accrues quote interest and takes stock of the quote bank, over all markets.
    pub fn accrue(&self, caller: Pubkey) -> Instruction {
        let quote = self.banks[0];
        let accounts = accounts::Accrue {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            quote_bank: quote.bank,
            quote_vault: quote.vault,
            insurance: self.insurance,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let rest = self
            .markets
            .iter()
            .map(|m| AccountMeta::new(m.market, false));
        build(accounts, rest, instruction::Accrue {})
    }

    /// Gives quote to insurance.
    pub fn fund_insurance(&self, funder: Pubkey, source: Pubkey, amount: u64) -> Instruction {
        let quote = self.banks[0];
        let accounts = accounts::FundInsurance {
            funder,
            protocol: self.protocol,
            compartment: self.compartment,
            quote_bank: quote.bank,
            quote_vault: quote.vault,
            quote_mint: quote.mint,
            token_program: quote.token_program,
            source,
            insurance: self.insurance,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::FundInsurance { amount })
    }
}
