//! Begins an audit of a compartment in Normal: a rehearsal of Recovery that leaves a dated solvency
//! root. Prices are fixed by the rule of an announcement; counting and marking follow, by the
//! instructions of a Recovery. Makes the compartment's record of audits if there is none yet.
//!
//! Anyone CAN, in Normal, 20 hours after the one before; the first pays the record's rent. Nobody
//! CAN change an account's claim by it, or anybody's prices.

use anchor_lang::prelude::*;
use bulwark_core::recovery::{self, AUDIT};

use crate::error::OrRefuse;
use crate::event::{self, AuditBegun, Kind};
use crate::guard::Guard;
use crate::seeds;
use crate::state::{Access, BoardState, CompartmentState, ProtocolState, RecoveryState, create};

/// Accounts of `begin_audit`.
#[derive(Accounts)]
pub struct BeginAudit<'info> {
    /// Anyone; pays for the record where it has to be made.
    #[account(mut)]
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// CHECK: the compartment's record of audits; made at its address, else loaded.
    #[account(mut)]
    pub recovery: UncheckedAccount<'info>,
    /// System program.
    pub system_program: Program<'info, System>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Begins. `bump` is that of the record's address, unused where it exists.
pub fn begin_audit<'info>(ctx: Context<'info, BeginAudit<'info>>, bump: u8) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    let compartment = accounts.compartment.key();
    if accounts.recovery.data_is_empty() {
        let epoch = AUDIT.to_le_bytes();
        let seeds: [&[u8]; 4] = [seeds::RECOVERY, compartment.as_ref(), &epoch, &[bump]];
        let (caller, system) = (&accounts.caller, &accounts.system_program);
        create::<RecoveryState>(&accounts.recovery, caller, system, &seeds, |record| {
            record.compartment = compartment.to_bytes();
            record.epoch = AUDIT;
            record.bump = bump;
            Ok(())
        })?;
    }
    let info: &'info AccountInfo<'info> = &ctx.accounts.recovery;
    let record = AccountLoader::<RecoveryState>::try_from(info)?;
    guard.audit(&record)?;
    let event = {
        let mut record = record.write()?;
        recovery::begin_audit(&*accounts.board.read()?, &mut record, guard.now).or_refuse()?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let caller = accounts.caller.key;
        let common = AuditBegun::head(guard.now, caller, guard.compartment, sequence);
        let event = AuditBegun {
            common,
            recovery: accounts.recovery.key(),
            epoch: record.epoch.into(),
            prices: record.prices,
        };
        event::chain(&mut protocol, &common, &event)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
