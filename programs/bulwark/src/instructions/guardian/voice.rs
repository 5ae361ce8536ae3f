//! Approves a proposal, or objects to it.
//!
//! Live members CAN both, fresh and in person ([`crate::fresh`]), but subjects of a removal
//! neither; the veto seat CAN object, through a program too, and nothing else. Nobody else CAN.

use anchor_lang::prelude::*;
use bulwark_core::guardian::{self, Step, standing};
use bulwark_core::mode::effective_record;

use super::note_quickening;
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, NO_COMPARTMENT, ProposalAnswered};
use crate::fresh::{self, Quote};
use crate::state::{Access, GuardianState, ProposalState, ProtocolState, same};
use crate::{guard, invariant};

/// Accounts of `approve` and `object`.
#[derive(Accounts)]
pub struct Voice<'info> {
    /// The member, or to object the veto seat.
    pub member: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Guardian.
    #[account(mut)]
    pub guardian: AccountLoader<'info, GuardianState>,
    /// Proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, ProposalState>,
    /// CHECK: the address is compared: the transaction's instructions.
    pub instructions: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Approves.
pub fn approve(ctx: Context<Voice>, quote: Quote) -> Result<()> {
    fresh::check(&quote, &ctx.accounts.instructions)?;
    answer(ctx.accounts, true)
}

/// Objects.
pub fn object(ctx: Context<Voice>, quote: Quote) -> Result<()> {
    let veto = same(&ctx.accounts.guardian.read()?.veto, ctx.accounts.member.key);
    if !veto {
        fresh::check(&quote, &ctx.accounts.instructions)?;
    }
    answer(ctx.accounts, false)
}

/// State of a proposal that was lengthened, beside those of `guardian::State`.
const fn outcome(step: Step) -> u64 {
    match step {
        Step::Counted(_) => 0,
        Step::Queued(_) => 1,
        Step::Lengthened(_) => 2,
        Step::Cancelled => 3,
        Step::Void => 4,
        Step::Executed => 5,
    }
}

fn answer(accounts: &Voice, yes: bool) -> Result<()> {
    let now = guard::now()?;
    let event = {
        let mut protocol = accounts.protocol.write()?;
        let mut guardian = accounts.guardian.write()?;
        let mut proposal = accounts.proposal.write()?;
        let ours = same(&protocol.guardian, &accounts.guardian.key())
            && same(&proposal.guardian, &accounts.guardian.key());
        ensure(ours, BulwarkError::WrongProtocol)?;
        let key = accounts.member.key.as_array();
        let step = if yes {
            let mode = effective_record(&protocol.mode, now);
            guardian::approve(&mut guardian, &mut proposal, key, mode, now)
        } else {
            guardian::object(&mut guardian, &mut proposal, key, now)
        };
        let step = step.or_refuse()?;
        note_quickening(&mut protocol, &guardian, now);
        let action = guardian::action_of(&proposal).or_refuse()?;
        let sequence = event::next_chained(&protocol)?;
        let common = ProposalAnswered::head(now, accounts.member.key, NO_COMPARTMENT, sequence);
        let event = ProposalAnswered {
            common,
            proposal: accounts.proposal.key(),
            nonce: proposal.nonce,
            yes: u64::from(yes),
            approvals: u64::from(standing(&guardian, &action, &proposal.approvals)),
            objections: u64::from(standing(&guardian, &action, &proposal.objections)),
            outcome: outcome(step),
            eta_unix: proposal.eta.at,
            eta_slot: proposal.eta.slot,
        };
        event::chain(&mut protocol, &common, &event)?;
        invariant::guardian(&guardian)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
