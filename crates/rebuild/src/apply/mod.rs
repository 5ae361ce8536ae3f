//! What each event does to the ledger, one file per theme.

mod board;
mod check;
mod council;
mod liquidation;
mod listing;
mod modes;
mod money;
mod moving;
mod pool;
mod recovery;
mod staking;
mod trading;
mod windup;

use anyhow::Result;
use bulwark_core::Now;

use crate::event::Event;
use crate::ledger::Ledger;

/// What is said of an event of whose kind no rule here knows.
pub const NO_RULE: &str = "it has no rule here";

/// Applies an event.
pub(crate) fn event(ledger: &mut Ledger, event: &Event, now: Now) -> Result<()> {
    if council::take(ledger, event, now)? || listing::take(ledger, event, now)? {
        return Ok(());
    }
    let id = event.common().compartment;
    // An instruction asks for the flow before it carries out what was decided.
    ledger.asked(id, now)?;
    council::pay(ledger, event, now)?;
    if check::take(ledger, event, now)? {
        return Ok(());
    }
    let compartment = ledger.compartment(id)?;
    let taken = board::take(compartment, event, now)?
        || money::take(compartment, event, now)?
        || pool::take(compartment, event, now)?
        || trading::take(compartment, event, now)?
        || liquidation::take(compartment, event, now)?
        || windup::take(compartment, event, now)?
        || moving::take(compartment, event, now)?
        || staking::take(compartment, event, now)?
        || recovery::take(compartment, event, now)?;
    anyhow::ensure!(taken, NO_RULE);
    Ok(())
}
