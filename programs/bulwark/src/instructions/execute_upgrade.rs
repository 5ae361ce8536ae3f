//! Upgrades the program as the guardian decided.
//!
//! Anyone CAN once the delay is over in both clocks and the quorum stands, once, with the very
//! buffer and the very bytes that were decided; nobody CAN before, nor with others, nor upgrade in
//! any other way: the upgrade authority is the guardian's address, which signs nothing else.

use anchor_lang::prelude::*;
use bulwark_core::guardian;

use super::council::note_quickening;
use crate::decided::executed;
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, NO_COMPARTMENT, ProposalExecuted};
use crate::state::{Access, GuardianState, ProposalState, ProtocolState, same};
use crate::upgrade::{self, LOADER, Upgrade};
use crate::{guard, invariant};

/// Accounts of `execute_upgrade`.
#[derive(Accounts)]
pub struct ExecuteUpgrade<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Guardian: the program's upgrade authority.
    #[account(mut)]
    pub guardian: AccountLoader<'info, GuardianState>,
    /// Proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, ProposalState>,
    /// CHECK: compared with the decision: key, authority, bytes.
    #[account(mut)]
    pub buffer: UncheckedAccount<'info>,
    /// CHECK: the loader compares it with the program.
    #[account(mut)]
    pub program_data: UncheckedAccount<'info>,
    /// CHECK: compared with who paid for the proposal: he gets the buffer's lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    /// CHECK: the loader compares it.
    pub rent: UncheckedAccount<'info>,
    /// CHECK: the loader compares it.
    pub clock: UncheckedAccount<'info>,
    /// CHECK: the address is compared: the upgradeable loader.
    #[account(address = LOADER)]
    pub loader: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event, and upgraded.
    #[account(mut, address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Upgrades.
pub fn execute_upgrade(ctx: Context<ExecuteUpgrade>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let now = guard::now()?;
    let bump;
    let event = {
        let mut protocol = accounts.protocol.write()?;
        let mut guardian = accounts.guardian.write()?;
        let mut proposal = accounts.proposal.write()?;
        let ours = same(&protocol.guardian, &accounts.guardian.key())
            && same(&proposal.guardian, &accounts.guardian.key());
        ensure(ours, BulwarkError::WrongProtocol)?;
        let payer = same(&proposal.payer, accounts.payer.key);
        ensure(payer, BulwarkError::WrongAddress)?;
        let action = guardian::action_of(&proposal).or_refuse()?;
        ensure(
            upgrade::buffer_of(&action).is_some(),
            BulwarkError::BadAction,
        )?;
        guardian::execute(&mut guardian, &mut proposal, now).or_refuse()?;
        upgrade::check_bytes(&accounts.buffer, &accounts.guardian.key(), &action)?;
        note_quickening(&mut protocol, &guardian, now);
        bump = guardian.bump;
        let sequence = event::next_chained(&protocol)?;
        let caller = accounts.caller.key;
        let common = ProposalExecuted::head(now, caller, NO_COMPARTMENT, sequence);
        let event = executed(common, accounts.proposal.key(), &proposal);
        event::chain(&mut protocol, &common, &event)?;
        invariant::guardian(&guardian)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit(&accounts.event_authority, &event)?;
    let call = Upgrade {
        program_data: &accounts.program_data,
        program: &accounts.program,
        buffer: &accounts.buffer,
        spill: &accounts.payer,
        rent: &accounts.rent,
        clock: &accounts.clock,
        guardian: accounts.guardian.as_ref(),
    };
    upgrade::upgrade(&call, bump)
}
