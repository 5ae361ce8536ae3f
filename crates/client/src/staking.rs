//! Stakes in insurance, and proofs of what it may have to pay.

use bulwark::instructions::StakeAct;
use bulwark::{accounts, instruction};

use crate::{AccountMeta, Deployment, Instruction, Pubkey, address, build};

const SYSTEM: Pubkey = anchor_lang::prelude::pubkey!("11111111111111111111111111111111");

impl Deployment {
    /// The stake of an owner.
    pub fn stake_key(&self, owner: &Pubkey) -> Pubkey {
        address::stake_and_bump(&self.insurance, owner).0
    }

    /// Changes the stake of `owner`. He signs, but to earn anybody (`caller`) may. `tokens`: the
    /// quote account that pays to join, or is paid to leave.
    pub fn stake(
        &self,
        caller: Pubkey,
        owner: &Pubkey,
        act: StakeAct,
        tokens: Option<Pubkey>,
    ) -> Instruction {
        let quote = self.banks[0];
        let (stake, bump) = address::stake_and_bump(&self.insurance, owner);
        let accounts = accounts::ChangeStake {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            insurance: self.insurance,
            stake,
            quote_bank: quote.bank,
            quote_vault: quote.vault,
            vault_authority: address::vault_authority(),
            quote_mint: quote.mint,
            token_program: quote.token_program,
            tokens,
            system_program: matches!(act, StakeAct::Join(_)).then_some(SYSTEM),
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::Stake { act, bump })
    }

    /// Proves what a margin account would lack under stress.
    pub fn prove_stress(&self, caller: Pubkey, margin: Pubkey) -> Instruction {
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
        let rest = [AccountMeta::new(margin, false)];
        build(accounts, rest, instruction::ProveStress {})
    }
}
