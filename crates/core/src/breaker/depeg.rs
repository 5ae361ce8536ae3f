//! Depeg: a token whose minutes stand off their peg for ten minutes. Quote (peg: one dollar)
//! restricts its compartment, a bridged collateral (peg: what it stands for) closes its origin
//! class for new risk. Never used to liquidate (a46): it only says whether it stands.

use bulwark_state::{Board, CLOSES, Feed, Mark};

use super::Breaker;
use crate::error::{Error, Result};
use crate::math::ppm_mul_floor;
use crate::mode::{Act, SLOT_MS};
use crate::time::Now;

/// Distance from the peg beyond which a minute counts, ppm.
pub const DISTANCE_PPM: u32 = 20_000;
/// Minutes that must all lie beyond it.
pub const MINUTES: u64 = 10;
/// Of these at most so many may be without a print.
pub const MISSING_MAX: u64 = 2;
/// How long a sight of it restricts, seconds: renewed by the next sight.
pub const RESTRICTS: u64 = 3_600;

const ONE_DOLLAR: u64 = 100_000_000;
const MINUTE: i64 = 60;

/// Whether the quote stands off one dollar now, on its own feed.
///
/// # Errors
/// [`Error::BadIndex`] where quote has no feed.
pub fn quote_off_peg(board: &Board, now: Now) -> Result<bool> {
    let quote = board.banks.first().ok_or(Error::BadIndex)?;
    let feed = board
        .feeds
        .get(usize::from(quote.feed))
        .filter(|feed| feed.active != 0)
        .ok_or(Error::BadIndex)?;
    Ok(off(feed, now, |_| Some(ONE_DOLLAR)))
}

/// Whether a bridged token stands off the token that it stands for, minute by minute: minutes in
/// which only one of the two has a print don't count.
pub fn off_native(bridged: &Feed, native: &Feed, now: Now) -> bool {
    off(bridged, now, |minute| {
        close(native, minute).map(|mark| mark.price)
    })
}

/// What the mode record of a compartment is asked for while quote is off its peg.
pub const fn restriction() -> Act {
    Act {
        seconds: RESTRICTS,
        reason: Breaker::Depeg.reason(),
        slot_ms: SLOT_MS,
    }
}

/// Whether of the ten whole minutes before this one all that have a close, and at least eight, lie
/// off the peg of that minute.
fn off(feed: &Feed, now: Now, peg: impl Fn(i64) -> Option<u64>) -> bool {
    let newest = now.unix.div_euclid(MINUTE);
    let mut seen = 0u64;
    for back in 1..=MINUTES.cast_signed() {
        let minute = newest.saturating_sub(back);
        let Some((mark, peg)) = close(feed, minute).zip(peg(minute)) else {
            continue;
        };
        let limit = ppm_mul_floor(peg, DISTANCE_PPM);
        if limit.is_none_or(|limit| mark.price.abs_diff(peg) <= limit) {
            return false;
        }
        seen = seen.saturating_add(1);
    }
    seen.saturating_add(MISSING_MAX) >= MINUTES
}

/// The newest print of a minute (unix minutes).
fn close(feed: &Feed, minute: i64) -> Option<&Mark> {
    let place = usize::try_from(minute).ok()? % CLOSES;
    let mark = feed.closes.get(place)?;
    (mark.price != 0 && mark.at.div_euclid(MINUTE) == minute).then_some(mark)
}
