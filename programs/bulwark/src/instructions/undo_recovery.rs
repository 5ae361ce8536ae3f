//! Takes an announced Recovery back whose cause is gone, before the freeze: live prices count
//! again, and everybody is where he was.
//!
//! Anyone CAN who shows it: no missing value by a check of each bank, a deficit within insurance
//! and fees, or a mode that has been back at Normal. Nobody CAN take back the guardian's (a20).

use anchor_lang::prelude::*;
use bulwark_core::recovery;

use super::recovery_facts::facts;
use crate::error::OrRefuse;
use crate::event::{self, Kind, RecoveryUndone};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, InsuranceState, ProtocolState, RecoveryState,
};

/// Accounts of `undo_recovery`.
#[derive(Accounts)]
pub struct UndoRecovery<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    #[account(mut)]
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
    /// The announced Recovery.
    #[account(mut)]
    pub recovery: AccountLoader<'info, RecoveryState>,
    /// Quote bank.
    pub quote_bank: AccountLoader<'info, BankState>,
    /// Insurance.
    pub insurance: AccountLoader<'info, InsuranceState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Takes it back.
pub fn undo_recovery(ctx: Context<UndoRecovery>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.recovery(&accounts.compartment, &accounts.recovery)?;
    let event = {
        let mut compartment = accounts.compartment.write()?;
        let mut board = accounts.board.write()?;
        let mut recovery = accounts.recovery.write()?;
        facts(
            &guard,
            (&accounts.quote_bank, &accounts.insurance),
            |evidence| {
                recovery::undo(
                    &mut board,
                    &mut compartment,
                    &mut recovery,
                    evidence,
                    guard.now,
                )
                .or_refuse()
            },
        )?;
        invariant::board(&board)?;
        invariant::compartment(&compartment)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let caller = accounts.caller.key;
        let common = RecoveryUndone::head(guard.now, caller, guard.compartment, sequence);
        let event = RecoveryUndone {
            common,
            recovery: accounts.recovery.key(),
        };
        event::chain(&mut protocol, &common, &event)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
