//! Cascade: once more than a share of open interest has been liquidated within a window, nobody
//! takes on new risk in that market for one window more.
//!
//! Its other consequences (a longer premium ramp, a smaller share of one account a slot) hold as
//! long: see [`crate::liquidation::cascading`]. None of them is a global quota (a32).

use bulwark_state::Market;

use super::Breaker;
use crate::error::{Error, Result};
use crate::time::Now;

/// Notes that the bucket of liquidated notional has run empty. A later end is never moved back.
pub(crate) fn trip(market: &mut Market, now: Now) -> Result<()> {
    let before = market.cascade_until;
    let until = now
        .unix
        .checked_add_unsigned(market.cascade.period.into())
        .ok_or(Error::Overflow)?;
    market.cascade_until = before.max(until);
    if before <= now.unix {
        super::count(market, Breaker::Cascade)?;
    }
    Ok(())
}

/// Whether new risk is kept out.
pub const fn stands(market: &Market, now: Now) -> bool {
    now.unix < market.cascade_until
}
