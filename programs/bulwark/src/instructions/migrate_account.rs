//! Writes a margin account as the newest layout version has it.
//!
//! Anybody CAN, for any account, in every mode. Nobody CAN change what is in it: no balance,
//! position, order, power or health number moves. The second time does nothing. Nothing waits for
//! it, either: every instruction reads accounts of older versions.

use anchor_lang::prelude::*;
use bulwark_core::migration;
use bulwark_core::permits::Action;

use crate::error::OrRefuse;
use crate::event::{self, AccountMigrated, Kind};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, CompartmentState, MarginState, ProtocolState};

/// Accounts of `migrate_account`.
#[derive(Accounts)]
pub struct MigrateAccount<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// The margin account.
    #[account(mut)]
    pub margin: AccountLoader<'info, MarginState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Migrates.
pub fn migrate_account(ctx: Context<MigrateAccount>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.margin(&accounts.margin)?;
    guard.permit(Action::Check)?;
    let event = {
        let mut margin = accounts.margin.write()?;
        let from = migration::migrate(&mut margin).or_refuse()?;
        if from == margin.version {
            return Ok(());
        }
        invariant::margin(&margin)?;
        let sequence = event::count(&mut margin.event_sequence)?;
        let caller = accounts.caller.key;
        AccountMigrated {
            common: AccountMigrated::head(guard.now, caller, guard.compartment, sequence),
            margin: accounts.margin.key(),
            from: from.into(),
            to: margin.version.into(),
        }
    };
    event::emit(&accounts.event_authority, &event)
}
