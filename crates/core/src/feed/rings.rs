//! What a feed remembers of its prints: one-minute closes, prints at least 8 s apart, and the
//! minutes that had a print.

use bulwark_state::{CLOSES, Feed, Mark, PRINTS};

use super::elapsed;

/// Smallest distance of two prints in the ring, seconds.
pub const PRINT_DISTANCE: u64 = 8;
/// Minutes of the bitmap.
const MINUTES: u64 = 128;
const MINUTE: u64 = 60;

/// Keeps the newest print of its minute.
pub(super) fn note_close(feed: &mut Feed) {
    let minute = elapsed(feed.last.publish_at, 0) / MINUTE;
    let place = usize::try_from(minute % CLOSES as u64).unwrap_or_default();
    if let Some(close) = feed.closes.get_mut(place) {
        *close = Mark {
            price: feed.last.price,
            at: feed.last.publish_at,
        };
    }
}

/// Keeps the newest print in the ring if the one before is at least 8 s older. After a confirmed
/// jump the ring starts anew: the prints before it would make a jump of each one that follows.
pub(super) fn note_print(feed: &mut Feed, jumped: bool) {
    if jumped {
        feed.prints = [Mark::default(); PRINTS];
        feed.print_next = 0;
    }
    let next = usize::from(feed.print_next) % PRINTS;
    let newest = feed
        .prints
        .get(next.wrapping_add(PRINTS - 1) % PRINTS)
        .copied();
    let newest = newest.unwrap_or_default();
    if newest.price != 0 && elapsed(feed.last.publish_at, newest.at) < PRINT_DISTANCE {
        return;
    }
    if let Some(place) = feed.prints.get_mut(next) {
        *place = Mark {
            price: feed.last.price,
            at: feed.last.publish_at,
        };
    }
    feed.print_next = u8::try_from(next.wrapping_add(1) % PRINTS).unwrap_or_default();
}

/// Sets the newest print's minute in the bitmap.
pub(super) fn note_minute(feed: &mut Feed) {
    let minute = feed.last.publish_at / MINUTE as i64;
    let passed = elapsed(minute, feed.minute_newest);
    let [low, high] = feed.minutes;
    let (low, high) = match passed {
        0 => (low, high),
        // No shift here is by 64 or more, which would be none at all.
        1..64 => {
            let shift = passed as u32;
            (low << shift, (high << shift) | (low >> (64 - shift)))
        }
        64..MINUTES => (0, low << (passed as u32 - 64)),
        _ => (0, 0),
    };
    feed.minutes = [low | 1, high];
    feed.minute_newest = feed.minute_newest.max(minute);
}

/// How many of the newest `minutes` (at most 128) of a bitmap are set.
pub fn covered_minutes(bitmap: &[u64; 2], minutes: u32) -> u32 {
    let low = |bits: u32| {
        1u64.checked_shl(bits)
            .map_or(u64::MAX, |bit| bit.wrapping_sub(1))
    };
    let newest = bitmap[0] & low(minutes);
    let older = bitmap[1] & low(minutes.saturating_sub(64));
    // Each count is at most 64.
    newest.count_ones().wrapping_add(older.count_ones())
}

/// Whether each of the newest `minutes` (at most 128) up to and with that of `at` had a measured
/// print: what a halted market needs to reopen (a60).
pub fn printed_in_each(feed: &Feed, at: i64, minutes: u32) -> bool {
    // A minute without any print moves no bitmap: it must be the newest.
    feed.minute_newest >= at / MINUTE as i64
        && covered_minutes(&feed.minutes, minutes) == minutes.min(MINUTES as u32)
}

/// The median of the one-minute closes of the 30 minutes up to and with that of `at`, PriceE8: the
/// price of an announced Recovery (D9) or a settled market (D12). With an even number the lower of
/// the two in the middle. 0 if there is none.
pub fn median_close(feed: &Feed, at: i64) -> u64 {
    median_of(feed, at, CLOSES as u64)
}

/// [`median_close`] of the newest `minutes` alone, at most 30.
pub fn median_of(feed: &Feed, at: i64, minutes: u64) -> u64 {
    let mut sorted = [0u64; CLOSES];
    let mut count = 0usize;
    for close in closes_of(feed, at, minutes) {
        if let Some(place) = sorted.get_mut(count) {
            *place = close.price;
        }
        count = count.saturating_add(1).min(CLOSES);
    }
    let kept = sorted.get_mut(..count).unwrap_or_default();
    kept.sort_unstable();
    kept.get(count.saturating_sub(1) / 2)
        .copied()
        .unwrap_or_default()
}

/// How many of the 30 minutes up to and with that of `at` had a print.
pub fn close_count(feed: &Feed, at: i64) -> usize {
    closes_of(feed, at, CLOSES as u64).count()
}

/// The closes of the newest `minutes` up to and with that of `at`.
fn closes_of(feed: &Feed, at: i64, minutes: u64) -> impl Iterator<Item = &Mark> {
    let newest = elapsed(at, 0) / MINUTE;
    feed.closes.iter().filter(move |close| {
        let minute = elapsed(close.at, 0) / MINUTE;
        close.price != 0 && minute <= newest && newest - minute < minutes
    })
}
