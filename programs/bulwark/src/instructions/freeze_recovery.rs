//! Freezes an announced Recovery whose notice is over: the Board is locked at the announced prices,
//! and from here on money leaves this compartment by marks and claims alone. The others trade on.
//!
//! Anyone CAN, once the notice is over in both clocks and while the cause stands. Nobody CAN move a
//! price by it, early, late or twice.

use anchor_lang::prelude::*;
use bulwark_core::Now;
use bulwark_core::recovery::{self, Evidence, STAKERS};
use bulwark_state::{Board, Compartment, Recovery};

use super::recovery_facts::facts;
use crate::error::OrRefuse;
use crate::event::{self, Kind, RecoveryFrozen};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, InsuranceState, ProtocolState, RecoveryState,
};

/// Accounts of `freeze_recovery` and `undo_recovery`.
#[derive(Accounts)]
pub struct FreezeRecovery<'info> {
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

/// What freezing and taking back share: the accounts belong together, `act` is core's rule.
pub(super) fn leave_announced(
    accounts: &FreezeRecovery,
    act: fn(
        &mut Board,
        &mut Compartment,
        &mut Recovery,
        &Evidence,
        Now,
    ) -> bulwark_core::Result<()>,
) -> Result<Guard> {
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.recovery(&accounts.compartment, &accounts.recovery)?;
    let mut compartment = accounts.compartment.write()?;
    let mut board = accounts.board.write()?;
    let mut recovery = accounts.recovery.write()?;
    let funds = (&accounts.quote_bank, &accounts.insurance);
    facts(&guard, funds, |evidence| {
        let state = (&mut board, &mut compartment, &mut recovery);
        act(state.0, state.1, state.2, evidence, guard.now).or_refuse()
    })?;
    invariant::board(&board)?;
    invariant::compartment(&compartment)?;
    Ok(guard)
}

/// Freezes.
pub fn freeze_recovery(ctx: Context<FreezeRecovery>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = leave_announced(accounts, recovery::freeze)?;
    let event = {
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let caller = accounts.caller.key;
        let recovery = accounts.recovery.read()?;
        let common = RecoveryFrozen::head(guard.now, caller, guard.compartment, sequence);
        let event = RecoveryFrozen {
            common,
            recovery: accounts.recovery.key(),
            deadline_at: recovery.deadline_at,
            staked: recovery.classes[STAKERS].claims.lo,
            prices: recovery.prices,
        };
        event::chain(&mut protocol, &common, &event)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
