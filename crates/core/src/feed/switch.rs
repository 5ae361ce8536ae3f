//! Another source for a feed (D4): the candidate is watched as the second source for an hour,
//! within 1 % of the first, before it may take its place. The price on the Board doesn't change by
//! it.

use bulwark_state::{Feed, OracleSource, Print};

use crate::error::{Error, Result};
use crate::gate::{self, Severity};
use crate::math::ppm_mul_floor;
use crate::time::Now;

/// Distance within which two sources agree, ppm (1 %).
pub const AGREE_PPM: u32 = 10_000;
/// Seconds for which they must have agreed (1 h).
pub const AGREE_FOR: i64 = 3_600;
/// Longest time between two prints of the second source that counts as watched, seconds (5 min).
pub const AGREE_GAP: i64 = 300;

/// Notes whether a print of the second source agrees with the price on the Board.
pub(super) fn note_agreement(feed: &mut Feed, now: Now) {
    let (first, second) = (&feed.last, &feed.second_last);
    let limit = ppm_mul_floor(first.price.min(second.price), AGREE_PPM).unwrap_or(0);
    let together = first.publish_at.abs_diff(second.publish_at) <= u64::from(feed.params.age_stale)
        && first.price != 0
        && first.price.abs_diff(second.price) <= limit;
    let gap = now.unix.saturating_sub(feed.agree_at);
    if !together {
        feed.agree_from = 0;
    } else if feed.agree_from == 0 || !(0..=AGREE_GAP).contains(&gap) {
        feed.agree_from = now.unix;
    }
    feed.agree_at = now.unix;
}

/// Names another second source, or none; it is watched from nothing. `BadValue` for the first.
pub fn set_second(feed: &mut Feed, source: OracleSource) -> Result<()> {
    if source.kind != 0 && source == feed.source {
        return Err(Error::BadValue);
    }
    feed.second = source;
    feed.second_last = Print::default();
    (feed.agree_from, feed.agree_at) = (0, 0);
    Ok(())
}

/// Makes the second source the first, and the first the second. The price stays what it is until
/// the new one is newer.
///
/// `BadValue` for another source than the second; `OracleGate` unless the price is Ok and both have
/// agreed for [`AGREE_FOR`], watched until now.
pub fn switch_source(feed: &mut Feed, source: OracleSource, now: Now) -> Result<()> {
    if source.kind == 0 || source != feed.second {
        return Err(Error::BadValue);
    }
    let watched = (0..=AGREE_GAP).contains(&now.unix.saturating_sub(feed.agree_at));
    let agreed = feed.agree_at.saturating_sub(feed.agree_from) >= AGREE_FOR;
    let ok = gate::severity(feed, now) == Severity::Ok;
    if feed.agree_from == 0 || !watched || !agreed || !ok {
        return Err(Error::OracleGate);
    }
    core::mem::swap(&mut feed.source, &mut feed.second);
    feed.second_last = Print::default();
    (feed.agree_from, feed.agree_at) = (0, 0);
    Ok(())
}
