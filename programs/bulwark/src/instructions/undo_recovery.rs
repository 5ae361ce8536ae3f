//! Takes an announced Recovery back whose cause is gone, before the freeze: live prices count
//! again, and everybody is where he was.
//!
//! Anyone CAN who shows it: no missing value by a check of each bank, a deficit within insurance
//! and fees, or a mode that has been back at Normal. Nobody CAN take back the guardian's (a20).

use anchor_lang::prelude::*;
use bulwark_core::recovery;

use super::freeze_recovery::*;
use crate::event::{self, Kind, RecoveryUndone};
use crate::state::Access;

/// Takes it back, with the accounts of `freeze_recovery`.
pub fn undo_recovery(ctx: Context<FreezeRecovery>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = leave_announced(accounts, recovery::undo)?;
    let event = {
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
