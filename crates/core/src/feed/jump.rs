//! Jumps (D5): the 10 s and 60 s returns of a new print against `max(j*, k_J·σ·√Δ)` with the real
//! Δ, so that a gap is no jump and three moves just under the limit are one.

use bulwark_state::{Feed, Mark, PRINTS};

use super::{Reading, distance_e9, elapsed};
use crate::Now;
use crate::math::isqrt_u64;
use crate::volatility::VARIANCE_MAX;

/// Spans of the two returns, seconds.
pub const SPANS: [u64; 2] = [10, 60];
/// Smallest distance of a confirming print from the jump in publish time, seconds.
pub const CONFIRM_SECONDS: u64 = 2;
/// Smallest distance of a confirming print from the jump, slots.
pub const CONFIRM_SLOTS: u64 = 4;
/// Longest wait for confirmation, seconds. It ends when both this and [`WAIT_SLOTS`] have passed.
pub const WAIT_SECONDS: u64 = 10;
/// Longest wait for confirmation, slots.
pub const WAIT_SLOTS: u64 = 25;
/// Longest gap that widens the limit, seconds: `VARIANCE_MAX` times it has 64 bits.
const GAP_MAX: u64 = 21_600;

pub(super) enum Verdict {
    /// No jump: it becomes the Board's price.
    Ordinary,
    /// A jump that another print, or time, has confirmed.
    Confirmed,
    /// A jump that waits.
    Waits,
}

/// Judges a print that is newer than all known ones, and notes it if it must wait.
pub(super) fn judge(feed: &mut Feed, reading: &Reading, now: Now) -> Verdict {
    if !is_jump(feed, reading) {
        return Verdict::Ordinary;
    }
    if feed.pending.price == 0 {
        feed.pending_from_at = now.unix;
        feed.pending_from_slot = now.slot;
        feed.pending = reading.print(now);
        return Verdict::Waits;
    }
    if overdue(feed, now) {
        return Verdict::Confirmed;
    }
    let waiting = Mark {
        price: feed.pending.price,
        at: feed.pending.publish_at,
    };
    let slots = now.slot.saturating_sub(feed.pending.slot);
    if elapsed(reading.publish_at, waiting.at) < CONFIRM_SECONDS || slots < CONFIRM_SLOTS {
        // Too early to confirm, and not taken: it would start the two distances anew.
        return Verdict::Waits;
    }
    if !is_far(feed, reading, &waiting) {
        return Verdict::Confirmed;
    }
    // It ran on. The newest waits in its place, while the longest wait still counts from the first.
    feed.pending = reading.print(now);
    Verdict::Waits
}

/// Whether the jump that waits has waited the longest time: the newest print then counts anyway, so
/// that a real crash stops no liquidation for longer (a12).
pub fn overdue(feed: &Feed, now: Now) -> bool {
    feed.pending.price != 0
        && elapsed(now.unix, feed.pending_from_at) >= WAIT_SECONDS
        && now.slot.saturating_sub(feed.pending_from_slot) >= WAIT_SLOTS
}

/// Whether a print is a jump against the prints of about 10 s and of about 60 s before.
fn is_jump(feed: &Feed, reading: &Reading) -> bool {
    let [short, long] = references(feed, reading.publish_at);
    let Some(short) = short else {
        return false;
    };
    if is_far(feed, reading, &short) {
        return true;
    }
    // The same print is not measured twice.
    long.is_some_and(|long| long.at != short.at && is_far(feed, reading, &long))
}

/// The newest kept print at least 10 s old, and the newest at least 60 s old; where none is, the
/// oldest kept.
fn references(feed: &Feed, at: i64) -> [Option<Mark>; 2] {
    let mut found = [None; 2];
    let mut oldest = None;
    let mut place = usize::from(feed.print_next);
    for _ in 0..PRINTS {
        place = place.wrapping_add(PRINTS - 1) % PRINTS;
        let Some(mark) = feed.prints.get(place).filter(|mark| mark.price != 0) else {
            break;
        };
        oldest = Some(*mark);
        let age = elapsed(at, mark.at);
        if found[0].is_none() && age >= SPANS[0] {
            found[0] = oldest;
        }
        if age >= SPANS[1] {
            found[1] = oldest;
            break;
        }
    }
    found.map(|mark| mark.or(oldest))
}

/// Whether a print lies beyond `max(j*, k_J·σ·√Δ)` from an older one. σ is the wider of the fast
/// and the middle tracker as of the last committed sample: a row of moves can't widen its own
/// limit.
fn is_far(feed: &Feed, reading: &Reading, older: &Mark) -> bool {
    let distance = distance_e9(reading.price, older.price);
    if distance <= u64::from(feed.params.jump_floor_e9) {
        return false;
    }
    let variance = feed.variance[0].max(feed.variance[1]).min(VARIANCE_MAX);
    let gap = elapsed(reading.publish_at, older.at).min(GAP_MAX);
    // At most 6.7e14 · 21,600 < 2^64; its root < 2^32, times a 32-bit factor.
    let deviation = isqrt_u64(variance.wrapping_mul(gap));
    let limit = deviation.wrapping_mul(u64::from(feed.params.jump_k)) / 1_000;
    distance > limit
}
