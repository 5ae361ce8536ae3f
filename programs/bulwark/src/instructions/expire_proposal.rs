//! Closes a proposal that expired, so that exits slow down again.
//!
//! Anyone CAN once it has expired; nobody CAN before.

use anchor_lang::prelude::*;
use bulwark_core::guardian;

use super::council::note_quickening;
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, NO_COMPARTMENT, ProposalExpired};
use crate::state::{Access, GuardianState, ProposalState, ProtocolState, same};
use crate::{guard, invariant};

/// Accounts of `expire_proposal`.
#[derive(Accounts)]
pub struct ExpireProposal<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Guardian.
    #[account(mut)]
    pub guardian: AccountLoader<'info, GuardianState>,
    /// Proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, ProposalState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Expires the proposal.
pub fn expire_proposal(ctx: Context<ExpireProposal>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let now = guard::now()?;
    let event = {
        let mut protocol = accounts.protocol.write()?;
        let mut guardian = accounts.guardian.write()?;
        let mut proposal = accounts.proposal.write()?;
        let ours = same(&protocol.guardian, &accounts.guardian.key())
            && same(&proposal.guardian, &accounts.guardian.key());
        ensure(ours, BulwarkError::WrongProtocol)?;
        guardian::expire(&mut guardian, &mut proposal, now).or_refuse()?;
        note_quickening(&mut protocol, &guardian, now);
        let sequence = event::next_chained(&protocol)?;
        let common = ProposalExpired::head(now, accounts.caller.key, NO_COMPARTMENT, sequence);
        let event = ProposalExpired {
            common,
            proposal: accounts.proposal.key(),
            nonce: proposal.nonce,
        };
        event::chain(&mut protocol, &common, &event)?;
        invariant::guardian(&guardian)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
