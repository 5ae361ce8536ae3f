//! How long bits and breakers have kept the mode above Normal (D9): without a break, and within any
//! thirty days.
//!
//! Nobody cranks it. An act that sets or lifts what counts closes the stretch before it and begins
//! the next one; what has run out since the last act is closed where it ran out. Stretches that are
//! over lie as seconds in one place per day: places for each stretch, as the budgets have them,
//! would be filled up by whoever trips a breaker for a minute again and again, and the long
//! stretches forgotten.

use bulwark_state::{Above, Compartment};

use super::{any_broken, running};
use crate::time::Now;

/// Length of a day, seconds.
const DAY: i64 = 86_400;
/// Length of the window, seconds (30 days).
const WINDOW: i64 = 30 * DAY;
/// Whole days that a window may touch.
const DAYS: i64 = 32;

/// Whether bits or breakers, not guardians, keep the mode above Normal now.
fn stands(compartment: &Compartment, now: Now) -> bool {
    any_broken(&compartment.broken)
        || running(&compartment.mode.automatic, now)
        || running(&compartment.above.paused, now)
}

/// Unix second since when bits and breakers have kept the mode above Normal without a break.
pub fn above_normal_since(compartment: &Compartment, now: Now) -> Option<i64> {
    let since = compartment.mode.above_normal_at;
    (since != 0 && stands(compartment, now)).then_some(since)
}

/// Seconds of the thirty days before now in which bits and breakers kept the mode above Normal.
///
/// Exact but for the day in which the window begins: of the seconds counted there, as many as can
/// lie before the window are taken to lie there. So it is never too much, and at most half a day
/// too little. Where slots, not unix time, ended a latch, it counts to its unix end or to the next
/// act, whichever is first.
pub fn above_normal_within(compartment: &Compartment, now: Now) -> u64 {
    let mut above = compartment.above;
    let since = compartment.mode.above_normal_at;
    if since != 0 {
        let end = if stands(compartment, now) {
            now.unix
        } else {
            last_end(compartment).min(now.unix)
        };
        count(&mut above, since, end);
    }
    let from = now.unix.saturating_sub(WINDOW);
    let (first, last) = (from.div_euclid(DAY), now.unix.div_euclid(DAY));
    let newest = above.until.div_euclid(DAY);
    let mut sum = 0u64;
    for day in first.max(newest.saturating_sub(DAYS - 1))..=last.min(newest) {
        let seconds = u64::from(place(&mut above, day).map_or(0, |place| *place));
        let before = from.saturating_sub(day.saturating_mul(DAY)).max(0);
        sum = sum.saturating_add(seconds.saturating_sub(before.unsigned_abs()));
    }
    sum
}

/// Closes a stretch that ran out since the last act. Before an act that may change what stands;
/// returns whether what stood runs out in this very second, for [`after`].
pub(super) fn before(compartment: &mut Compartment, now: Now) -> bool {
    let end = last_end(compartment);
    if end < now.unix {
        turn(compartment, end, now);
    }
    end == now.unix && !stands(compartment, now)
}

/// Begins a stretch after the act that began it, or closes one after the act that ended it. What
/// ran out in this very second stays open: if something begins anew within it there was no break.
pub(super) fn after(compartment: &mut Compartment, ran_out: bool, now: Now) {
    if !ran_out || stands(compartment, now) {
        turn(compartment, now.unix, now);
    }
}

#[inline(never)]
fn turn(compartment: &mut Compartment, end: i64, now: Now) {
    let stands = stands(compartment, now);
    let since = &mut compartment.mode.above_normal_at;
    if stands && *since == 0 {
        *since = now.unix;
    } else if !stands && *since != 0 {
        count(&mut compartment.above, *since, end);
        *since = 0;
    }
}

/// Unix second at which what ran at the last act runs out, bits apart.
fn last_end(compartment: &Compartment) -> i64 {
    let paused = compartment.above.paused.at;
    compartment.mode.automatic.at.max(paused)
}

/// The place of a day's seconds.
fn place(above: &mut Above, day: i64) -> Option<&mut u32> {
    let place = usize::try_from(day.rem_euclid(DAYS)).ok()?;
    above.seconds.get_mut(place)
}

/// Counts the stretch from `from` to `end`. Nothing is counted twice, not even where the clock went
/// backwards.
#[inline(never)]
fn count(above: &mut Above, from: i64, end: i64) {
    let from = from.max(above.until);
    if end <= from {
        return;
    }
    let (newest, last) = (above.until.div_euclid(DAY), end.div_euclid(DAY));
    above.until = end;
    let oldest = last.saturating_sub(DAYS - 1);
    let first = from.div_euclid(DAY).min(newest.saturating_add(1));
    for day in first.max(oldest)..=last {
        let start = day.saturating_mul(DAY);
        let held = end
            .min(start.saturating_add(DAY))
            .saturating_sub(from.max(start));
        let Some(place) = place(above, day) else {
            continue;
        };
        if day > newest {
            *place = 0;
        }
        let held = u32::try_from(held.max(0)).unwrap_or(0);
        *place = place.saturating_add(held);
    }
}
