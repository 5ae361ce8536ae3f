//! The guardian: proposals, approvals, restrictions.

use bulwark::fresh::Quote;
use bulwark::instructions::{ProposeArgs, RestrictArgs};
use bulwark::{accounts, instruction};
use bulwark_core::guardian::{Action, Subject, encode};
use bulwark_core::{Error, Result};
use bulwark_state::ACTION_BYTES;

use crate::{AccountMeta, Deployment, Instruction, Pubkey, address, build};

const SYSTEM: Pubkey = anchor_lang::prelude::pubkey!("11111111111111111111111111111111");
/// Sysvar with the instructions of a transaction.
const INSTRUCTIONS: Pubkey =
    anchor_lang::prelude::pubkey!("Sysvar1nstructions1111111111111111111111111");

const RENT: Pubkey = anchor_lang::prelude::pubkey!("SysvarRent111111111111111111111111111111111");
const CLOCK: Pubkey = anchor_lang::prelude::pubkey!("SysvarC1ock11111111111111111111111111111111");
const LOADER: Pubkey = bulwark::upgrade::LOADER;

fn read_only(key: &Pubkey) -> AccountMeta {
    AccountMeta::new_readonly(*key, false)
}

impl Deployment {
    /// Creates the guardian of `members` (5 to 16 wallets), with a veto seat or none.
    pub fn create_guardian(
        &self,
        creator: Pubkey,
        members: &[Pubkey],
        veto: Option<Pubkey>,
    ) -> Instruction {
        let accounts = accounts::CreateGuardian {
            creator,
            protocol: self.protocol,
            guardian: address::guardian(),
            system_program: SYSTEM,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let veto = veto.unwrap_or_default();
        let members = members.iter().map(read_only);
        build(accounts, members, instruction::CreateGuardian { veto })
    }

    /// A member, or the veto seat, says that he is there.
    pub fn heartbeat(&self, member: Pubkey) -> Instruction {
        let accounts = accounts::Heartbeat {
            member,
            protocol: self.protocol,
            guardian: address::guardian(),
            instructions: INSTRUCTIONS,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::Heartbeat {})
    }

    /// Proposes an action; `nonce` is the guardian's next. Fails for an action whose list is
    /// longer than it can be.
    pub fn propose(
        &self,
        member: Pubkey,
        nonce: u64,
        action: &Action,
        quote: Quote,
    ) -> Result<Instruction> {
        let accounts = accounts::Propose {
            member,
            protocol: self.protocol,
            guardian: address::guardian(),
            proposal: address::proposal(nonce),
            instructions: INSTRUCTIONS,
            system_program: SYSTEM,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let mut bytes = [0; ACTION_BYTES];
        let length = usize::from(encode(action, &mut bytes)?);
        let args = ProposeArgs {
            nonce,
            kind: action.kind() as u16,
            action: bytes.get(..length).ok_or(Error::BadAction)?.to_vec(),
            quote,
        };
        let mut wallets: Vec<Pubkey> = action
            .subjects()
            .iter()
            .map(|subject| Pubkey::new_from_array(subject.key))
            .collect();
        if let Action::AddMember(key) = action {
            wallets.push(Pubkey::new_from_array(*key));
        }
        let shown = self.decided(action).unwrap_or(wallets);
        let shown = shown.iter().map(read_only);
        Ok(build(accounts, shown, instruction::Propose { args }))
    }

    /// The accounts that an action on one item speaks of, in their order; `None` for other actions
    /// and for an item that this deployment doesn't have.
    pub fn decided(&self, action: &Action) -> Option<Vec<Pubkey>> {
        let subject = match *action {
            Action::SetParameters(_, subject, ..)
            | Action::Tighten(_, subject, _)
            | Action::WindDown(_, subject) => subject,
            Action::SetOracle(_, feed, ..) => Subject::Feed(feed),
            Action::Upgrade(buffer, _) | Action::IncidentUpgrade(buffer, _) => {
                return Some(vec![Pubkey::new_from_array(buffer)]);
            }
            _ => return None,
        };
        let item = match subject {
            Subject::Compartment => Some(self.insurance),
            Subject::Feed(_) => None,
            Subject::Bank(index) => Some(self.banks.get(usize::from(index))?.bank),
            Subject::Market(index) => Some(self.markets.get(usize::from(index))?.market),
        };
        let keys = [self.compartment, self.board];
        Some(keys.into_iter().chain(item).collect())
    }

    fn voice(&self, member: Pubkey, nonce: u64) -> accounts::Voice {
        accounts::Voice {
            member,
            protocol: self.protocol,
            guardian: address::guardian(),
            proposal: address::proposal(nonce),
            instructions: INSTRUCTIONS,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        }
    }

    /// Approves a proposal, if its action's hash is the one that the member means:
    /// [`action_hash`](bulwark::decided::action_hash).
    pub fn approve_proposal(
        &self,
        member: Pubkey,
        nonce: u64,
        action_hash: [u8; 32],
        quote: Quote,
    ) -> Instruction {
        build(
            self.voice(member, nonce),
            [],
            instruction::ApproveProposal { action_hash, quote },
        )
    }

    /// Objects to a proposal.
    pub fn object_to_proposal(&self, member: Pubkey, nonce: u64, quote: Quote) -> Instruction {
        build(
            self.voice(member, nonce),
            [],
            instruction::ObjectToProposal { quote },
        )
    }

    /// Carries a proposal out. `compartments`: those that it speaks of, in their order; for an
    /// action on one item [`Self::decided`].
    pub fn execute_proposal(
        &self,
        caller: Pubkey,
        nonce: u64,
        compartments: &[Pubkey],
    ) -> Instruction {
        let accounts = accounts::ExecuteProposal {
            caller,
            protocol: self.protocol,
            guardian: address::guardian(),
            proposal: address::proposal(nonce),
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let list = compartments.iter().map(|key| AccountMeta::new(*key, false));
        build(accounts, list, instruction::ExecuteProposal {})
    }

    /// Upgrades the program as proposal `nonce` decided. `payer`: who paid for the proposal; he
    /// gets what the buffer holds.
    pub fn execute_upgrade(
        &self,
        caller: Pubkey,
        nonce: u64,
        buffer: Pubkey,
        payer: Pubkey,
    ) -> Instruction {
        let accounts = accounts::ExecuteUpgrade {
            caller,
            protocol: self.protocol,
            guardian: address::guardian(),
            proposal: address::proposal(nonce),
            buffer,
            program_data: address::program_data(),
            payer,
            rent: RENT,
            clock: CLOCK,
            loader: LOADER,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::ExecuteUpgrade {})
    }

    /// Pays the fees that proposal `nonce` decided to a token account of the treasury.
    pub fn pay_treasury(&self, caller: Pubkey, nonce: u64, destination: Pubkey) -> Instruction {
        let quote = self.banks[0];
        let accounts = accounts::PayTreasury {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            guardian: address::guardian(),
            proposal: address::proposal(nonce),
            bank: quote.bank,
            insurance: self.insurance,
            vault: quote.vault,
            vault_authority: address::vault_authority(),
            mint: quote.mint,
            destination,
            token_program: quote.token_program,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, self.quote_markets(0), instruction::PayTreasury {})
    }

    /// A listing ([`Self::create_feed`], [`Self::create_bank`], [`Self::create_market`]) on the
    /// word of proposal `nonce` instead of the creator's.
    pub fn by_decision(mut listing: Instruction, nonce: u64) -> Instruction {
        let keys = [address::guardian(), address::proposal(nonce)];
        // The program's own address is passed once as itself, then for what is left out.
        let metas = listing.accounts.iter_mut();
        let absent = metas.filter(|meta| meta.pubkey == bulwark::ID).skip(1);
        for (meta, key) in absent.zip(keys) {
            *meta = AccountMeta::new(key, false);
        }
        listing
    }

    /// Ends a proposal that expired.
    pub fn expire_proposal(&self, caller: Pubkey, nonce: u64) -> Instruction {
        let accounts = accounts::ExpireProposal {
            caller,
            protocol: self.protocol,
            guardian: address::guardian(),
            proposal: address::proposal(nonce),
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::ExpireProposal {})
    }

    /// Closes the account of a final proposal; `payer` gets its rent back.
    pub fn close_proposal(&self, caller: Pubkey, nonce: u64, payer: Pubkey) -> Instruction {
        let accounts = accounts::CloseProposal {
            caller,
            protocol: self.protocol,
            proposal: address::proposal(nonce),
            payer,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::CloseProposal {})
    }

    /// One member restricts this compartment, or all, for `seconds`.
    pub fn restrict(
        &self,
        member: Pubkey,
        args: RestrictArgs,
        compartment: Option<Pubkey>,
    ) -> Instruction {
        let accounts = accounts::Restrict {
            member,
            protocol: self.protocol,
            guardian: address::guardian(),
            instructions: INSTRUCTIONS,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let list = compartment.map(|key| AccountMeta::new(key, false));
        build(accounts, list, instruction::Restrict { args })
    }
}
