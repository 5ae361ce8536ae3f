//! Closes the account of a proposal that is final; its rent goes back to who paid it.
//!
//! Anyone CAN. The number is never used again, so a closed proposal can't be made anew.

use anchor_lang::prelude::*;
use bulwark_core::guardian::State;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::state::{Access, ProposalState, same};

/// Accounts of `close_proposal`.
#[derive(Accounts)]
pub struct CloseProposal<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Proposal.
    #[account(mut, close = payer)]
    pub proposal: AccountLoader<'info, ProposalState>,
    /// CHECK: compared with who paid the rent.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

/// Closes the account.
pub fn close_proposal(ctx: Context<CloseProposal>) -> Result<()> {
    let proposal = ctx.accounts.proposal.read()?;
    let payer = same(&proposal.payer, ctx.accounts.payer.key);
    ensure(payer, BulwarkError::WrongAddress)?;
    let state = State::from_u8(proposal.state).or_refuse()?;
    ensure(state.is_final(), BulwarkError::ProposalOpen)
}
