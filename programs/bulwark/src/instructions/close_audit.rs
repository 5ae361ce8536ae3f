//! Closes an audit: its root stands, and a chained event dates it, with what is owed in quote by
//! accounts that stand as they did at the audit before, and by the others.
//!
//! Anyone CAN, once all that were counted are marked, or an hour after the beginning. Nobody CAN
//! add a mark afterwards.

use anchor_lang::prelude::*;
use bulwark_core::recovery;
use bulwark_state::SignedWide;

use super::mark_accounts::root;
use super::open_quote_pot::*;
use crate::error::OrRefuse;
use crate::event::{self, AuditClosed, Kind};
use crate::guard::Guard;
use crate::state::Access;

/// A sum of an audit as an event has it.
fn told(sum: SignedWide) -> Result<i64> {
    i64::try_from(sum.get()).ok().or_refuse()
}

/// Closes.
pub fn close_audit(ctx: Context<OpenQuotePot>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.audit(&accounts.recovery)?;
    let event = {
        let mut record = accounts.recovery.write()?;
        recovery::close_audit(&mut record, guard.now).or_refuse()?;
        record.root = root(&record)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let caller = accounts.caller.key;
        let common = AuditClosed::head(guard.now, caller, guard.compartment, sequence);
        let [quote, ..] = record.banks;
        let event = AuditClosed {
            common,
            recovery: accounts.recovery.key(),
            root: Pubkey::new_from_array(record.root.hash),
            began_slot: record.announced_slot,
            began_at: record.announced_at,
            leaves: record.leaves,
            live_count: record.live_count,
            changed: record.changed,
            quote_unchanged: told(record.quote_marked)?,
            quote_changed: told(record.changed_quote)?,
            quote_owed: told(record.quote_frozen)?,
            quote_held: quote.assigned,
        };
        event::chain(&mut protocol, &common, &event)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
