//! Recovery: entry, freeze, marks, payments.

use anchor_lang::InstructionData;
use bulwark::instructions::ProofNode;
use bulwark::{accounts, instruction};
use bulwark_core::recovery::{AUDIT, Cause};

use crate::{AccountMeta, Deployment, Instruction, Pubkey, address, build};

const SYSTEM: Pubkey = anchor_lang::prelude::pubkey!("11111111111111111111111111111111");

impl Deployment {
    /// The compartment's Recovery of an epoch.
    pub fn recovery(&self, epoch: u32) -> Pubkey {
        address::recovery(&self.compartment, epoch)
    }

    /// Notes a deficit beyond insurance and fees: the first of two sights.
    pub fn note_deficit(&self, caller: Pubkey) -> Instruction {
        let accounts = accounts::NoteDeficit {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            quote_bank: self.banks[0].bank,
            insurance: self.insurance,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::NoteDeficit {})
    }

    /// Announces a Recovery; `epoch` is the compartment's plus one. `proposal`: the guardian's, for
    /// its own announcement.
    pub fn announce_recovery(
        &self,
        caller: Pubkey,
        cause: Cause,
        epoch: u32,
        proposal: Option<u64>,
    ) -> Instruction {
        let accounts = accounts::AnnounceRecovery {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            recovery: self.recovery(epoch),
            quote_bank: self.banks[0].bank,
            insurance: self.insurance,
            guardian: proposal.map(|_| address::guardian()),
            proposal: proposal.map(address::proposal),
            system_program: SYSTEM,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let cause = cause as u8;
        build(accounts, [], instruction::AnnounceRecovery { cause, epoch })
    }

    fn announced(&self, caller: Pubkey, epoch: u32) -> accounts::FreezeRecovery {
        accounts::FreezeRecovery {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            recovery: self.recovery(epoch),
            quote_bank: self.banks[0].bank,
            insurance: self.insurance,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        }
    }

    /// Takes an announcement back whose cause is gone.
    pub fn undo_recovery(&self, caller: Pubkey, epoch: u32) -> Instruction {
        let accounts = self.announced(caller, epoch);
        build(accounts, [], instruction::UndoRecovery {})
    }

    /// Freezes an announced Recovery.
    pub fn freeze_recovery(&self, caller: Pubkey, epoch: u32) -> Instruction {
        let accounts = self.announced(caller, epoch);
        build(accounts, [], instruction::FreezeRecovery {})
    }

    /// Counts banks and markets into a frozen Recovery.
    pub fn count_recovery(
        &self,
        caller: Pubkey,
        epoch: u32,
        banks: impl IntoIterator<Item = usize>,
        markets: impl IntoIterator<Item = usize>,
    ) -> Instruction {
        let accounts = accounts::CountRecovery {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            recovery: self.recovery(epoch),
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let read_only = |key| AccountMeta::new_readonly(key, false);
        let mut rest = Vec::new();
        for bank in banks {
            rest.push(AccountMeta::new(self.banks[bank].bank, false));
            rest.push(read_only(self.banks[bank].vault));
        }
        for market in markets {
            rest.push(read_only(self.markets[market].market));
        }
        build(accounts, rest, instruction::CountRecovery {})
    }

    /// Marks margin accounts; `reward_to`: the quote token account that is paid for it.
    pub fn mark_accounts(
        &self,
        caller: Pubkey,
        epoch: u32,
        margins: &[Pubkey],
        reward_to: Option<Pubkey>,
    ) -> Instruction {
        let quote = reward_to.map(|_| self.banks[0]);
        let accounts = accounts::MarkAccounts {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            recovery: self.recovery(epoch),
            quote_bank: quote.map(|keys| keys.bank),
            quote_vault: quote.map(|keys| keys.vault),
            vault_authority: quote.map(|_| address::vault_authority()),
            quote_mint: quote.map(|keys| keys.mint),
            reward_to,
            token_program: quote.map(|keys| keys.token_program),
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let margins = margins.iter().map(|key| AccountMeta::new(*key, false));
        build(accounts, margins, instruction::MarkAccounts {})
    }

    /// Assigns what the owner's account `margin` is owed to somebody else.
    pub fn assign_claims(&self, owner: Pubkey, margin: Pubkey, to: Pubkey) -> Instruction {
        let accounts = accounts::SetDelegate {
            owner,
            protocol: self.protocol,
            compartment: self.compartment,
            margin,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::AssignClaims { to })
    }

    /// Begins an audit, and makes its record if there is none yet.
    pub fn begin_audit(&self, caller: Pubkey) -> Instruction {
        let (recovery, bump) = address::recovery_and_bump(&self.compartment, AUDIT);
        let accounts = accounts::BeginAudit {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            recovery,
            system_program: SYSTEM,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::BeginAudit { bump })
    }

    /// Closes an audit.
    pub fn close_audit(&self, caller: Pubkey) -> Instruction {
        let accounts = self.pot(caller, AUDIT);
        build(accounts, [], instruction::CloseAudit {})
    }

    fn pot(&self, caller: Pubkey, epoch: u32) -> accounts::OpenQuotePot {
        accounts::OpenQuotePot {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            recovery: self.recovery(epoch),
            event_authority: address::event_authority(),
            program: bulwark::ID,
        }
    }

    /// Opens the quote pot, or assigns what has come since.
    pub fn open_quote_pot(&self, caller: Pubkey, epoch: u32) -> Instruction {
        let accounts = self.pot(caller, epoch);
        build(accounts, [], instruction::OpenQuotePot {})
    }

    /// Pays an account what is due in one token: with the accounts of [`Self::collect_residual`],
    /// and the Recovery behind the compartment.
    pub fn claim_recovery(
        &self,
        caller: Pubkey,
        epoch: u32,
        margin: Pubkey,
        bank: usize,
        destination: Pubkey,
    ) -> Instruction {
        let mut claim = self.collect_residual(caller, margin, bank, destination);
        let recovery = AccountMeta::new(self.recovery(epoch), false);
        claim.accounts.insert(3, recovery);
        claim.data = instruction::ClaimRecovery {}.data();
        claim
    }

    /// Brings money into a Recovery; 0 books only what lies in the vault.
    pub fn add_recovery_money(
        &self,
        giver: Pubkey,
        epoch: u32,
        bank: usize,
        source: Pubkey,
        amount: u64,
    ) -> Instruction {
        let keys = self.banks[bank];
        let accounts = accounts::AddRecoveryMoney {
            giver,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            recovery: self.recovery(epoch),
            bank: keys.bank,
            vault: keys.vault,
            mint: keys.mint,
            source,
            token_program: keys.token_program,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::AddRecoveryMoney { amount })
    }

    /// Verifies a marked account's leaf against the commitment.
    pub fn verify_claim(
        &self,
        epoch: u32,
        margin: Pubkey,
        path: Vec<ProofNode>,
        smaller: Option<ProofNode>,
        larger: Vec<ProofNode>,
    ) -> Instruction {
        let accounts = accounts::VerifyClaim {
            recovery: self.recovery(epoch),
            margin,
        };
        let data = instruction::VerifyClaim {
            path,
            smaller,
            larger,
        };
        build(accounts, [], data)
    }
}
