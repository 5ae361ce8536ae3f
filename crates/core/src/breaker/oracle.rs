//! Oracle: a feed that is dead, or whose two sources differ, leaves its markets reduce-only, and
//! after half an hour without a price halted. The gate closes single uses of the leg much earlier.

use bulwark_state::Feed;

use crate::gate::conditions;
use crate::permits::MarketStatus;
use crate::time::Now;

/// Seconds after which a feed that died halts its markets, beyond the age at which it is Dead.
pub const HALT_AFTER: u64 = 1_800;

/// What a feed makes of its markets now.
pub fn status(feed: &Feed, now: Now) -> MarketStatus {
    let found = conditions(feed, now);
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
