//! Oracle: a feed that is dead, or whose two sources differ, leaves its markets reduce-only, and
//! after half an hour without a price halted. The gate closes single uses of the leg much earlier.
//!
//! [`status`] is pure: a feed dies without anybody writing. The trip is counted at the print that
//! ends it ([`watch`]), a difference when it is first seen.

use bulwark_state::{BoardMarket, Feed};

use super::Breaker;
use crate::error::Result;
use crate::feed::elapsed;
use crate::gate::faults;
use crate::permits::MarketStatus;
use crate::time::Now;

/// Seconds after which a feed that died halts its markets, beyond the age at which it is Dead.
pub const HALT_AFTER: u64 = 1_800;

/// What a feed makes of its markets now.
pub fn status(feed: &Feed, now: Now) -> MarketStatus {
    let found = faults(feed, now);
    if !found.dead {
        return if found.diverged {
            MarketStatus::ReduceOnly
        } else {
            MarketStatus::Open
        };
    }
    let halts = u64::from(feed.params.age_old).saturating_add(HALT_AFTER);
    if found.age > halts {
        MarketStatus::Halted
    } else {
        MarketStatus::ReduceOnly
    }
}

/// Counts a difference of sources that is new, and, after a `print`, a death that it has ended.
///
/// # Errors
/// [`crate::error::Error::Overflow`].
pub fn watch(entry: &mut BoardMarket, feed: &Feed, print: bool, now: Now) -> Result<()> {
    let before = &feed.previous;
    let dead = print
        && before.price != 0
        && elapsed(feed.last.seen_at, before.publish_at) > u64::from(feed.params.age_old);
    let diverged = feed.second.kind != 0 && faults(feed, now).diverged;
    if dead || (diverged && entry.watch.diverged == 0) {
        super::count_on_board(&mut entry.watch, Breaker::Oracle, now)?;
    }
    entry.watch.diverged = u8::from(diverged);
    Ok(())
}
