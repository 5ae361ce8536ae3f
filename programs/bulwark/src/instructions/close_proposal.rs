//! Closes the account of a proposal that is final; its rent goes back to who paid it.
//!
//! Anyone CAN. The number is never used again, so a closed proposal can't be made anew.

use anchor_lang::prelude::*;
use bulwark_core::guardian::State;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, NO_COMPARTMENT, ProposalClosed};
use crate::guard;
use crate::state::{Access, ProposalState, ProtocolState, same};

/// Accounts of `close_proposal`.
#[derive(Accounts)]
pub struct CloseProposal<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Proposal.
    #[account(mut, close = payer)]
    pub proposal: AccountLoader<'info, ProposalState>,
    /// CHECK: compared with who paid the rent.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Closes the account.
pub fn close_proposal(ctx: Context<CloseProposal>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let event = {
        let proposal = accounts.proposal.read()?;
        let mut protocol = accounts.protocol.write()?;
        let ours = same(&proposal.guardian, &protocol.guardian.into());
        ensure(ours, BulwarkError::WrongProtocol)?;
        let payer = same(&proposal.payer, accounts.payer.key);
        ensure(payer, BulwarkError::WrongAddress)?;
        let state = State::from_u8(proposal.state).or_refuse()?;
        ensure(state.is_final(), BulwarkError::ProposalOpen)?;
        let sequence = event::next_chained(&protocol)?;
        let caller = accounts.caller.key;
        let common = ProposalClosed::head(guard::now()?, caller, NO_COMPARTMENT, sequence);
        let event = ProposalClosed {
            common,
            proposal: accounts.proposal.key(),
            nonce: proposal.nonce,
        };
        event::chain(&mut protocol, &common, &event)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
