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
        self.change_stake(caller, owner, act, tokens, false)
    }

    /// Pays what the Recovery of an epoch owes the stake of `owner`, into a quote account of his:
    /// his associated one unless he signs. Anyone may.
    pub fn claim_stake(
        &self,
        caller: Pubkey,
        owner: &Pubkey,
        epoch: u32,
        tokens: Pubkey,
    ) -> Instruction {
        let act = StakeAct::Claim;
        let mut claim = self.change_stake(caller, owner, act, Some(tokens), false);
        let record = AccountMeta::new(self.recovery(epoch), false);
        claim.accounts.push(record);
        claim
    }

    /// Closes the stake of `owner` after the freeze of a Recovery, when nothing is due to it: what
    /// comes later is not his any more.
    pub fn close_recovered_stake(&self, owner: Pubkey, epoch: u32) -> Instruction {
        let mut close = self.change_stake(owner, &owner, StakeAct::Close, None, false);
        let record = AccountMeta::new(self.recovery(epoch), false);
        close.accounts.push(record);
        close
    }

    /// Gives the stake of `owner` to `to` after the freeze of a Recovery, once and for good. It
    /// keeps its address: claims go on naming `owner`, with a quote account of `to`.
    pub fn assign_stake(&self, owner: Pubkey, to: Pubkey, epoch: u32) -> Instruction {
        let act = StakeAct::Assign(to);
        let mut assign = self.change_stake(owner, &owner, act, None, false);
        let record = AccountMeta::new(self.recovery(epoch), false);
        assign.accounts.push(record);
        assign
    }

    /// [`Deployment::stake`] of an owner who has none yet: joins or buys, and makes it.
    pub fn first_stake(&self, owner: Pubkey, act: StakeAct, tokens: Pubkey) -> Instruction {
        self.change_stake(owner, &owner, act, Some(tokens), true)
    }

    fn change_stake(
        &self,
        caller: Pubkey,
        owner: &Pubkey,
        act: StakeAct,
        tokens: Option<Pubkey>,
        first: bool,
    ) -> Instruction {
        let quote = self.banks[0];
        let (stake, bump) = address::stake_and_bump(&self.insurance, owner);
        let accounts = accounts::ChangeStake {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            insurance: self.insurance,
            stake: (!first).then_some(stake),
            quote_bank: quote.bank,
            quote_vault: quote.vault,
            vault_authority: address::vault_authority(),
            quote_mint: quote.mint,
            token_program: quote.token_program,
            tokens,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let made = [
            AccountMeta::new(stake, false),
            AccountMeta::new_readonly(SYSTEM, false),
        ];
        let rest = made.into_iter().filter(|_| first);
        build(accounts, rest, instruction::Stake { act, bump })
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
