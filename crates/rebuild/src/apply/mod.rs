//! What each event does to the ledger, one file per theme.

mod liquidation;
mod listing;
mod money;
mod recovery;
mod staking;
mod trading;
mod windup;

use anyhow::Result;
use bulwark_core::Now;

use crate::event::Event;
use crate::ledger::Ledger;

/// Applies an event.
pub(crate) fn event(ledger: &mut Ledger, event: &Event, now: Now) -> Result<()> {
    if listing::take(ledger, event)? {
        return Ok(());
    }
    let compartment = ledger.compartment(event.common().compartment)?;
    let taken = money::take(compartment, event, now)?
        || trading::take(compartment, event, now)?
        || liquidation::take(compartment, event, now)?
        || windup::take(compartment, event, now)?
        || staking::take(compartment, event)?
        || recovery::take(compartment, event)?;
    anyhow::ensure!(taken, "it has no rule here");
    compartment.fold()
}
