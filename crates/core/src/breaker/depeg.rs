//! Depeg: a token whose minutes stand off their peg for ten minutes. Quote (peg: one dollar)
//! restricts its compartment, a bridged collateral (peg: what it stands for) closes its origin
//! class for new risk. Never used to liquidate (a46): no price of a leg or a debt comes from here.
//!
//! Each accepted print of the feeds concerned looks ([`watch`]); what was seen stands in the Board.

use bulwark_state::{Board, CLOSES, Compartment, End, Feed, Mark, Pegs};

use super::Breaker;
use crate::error::{Error, Result};
use crate::feed::elapsed;
use crate::math::ppm_mul_floor;
use crate::mode::{self, Act, SLOT_MS, end_after, running};
use crate::time::Now;

/// Distance from the peg beyond which a minute counts, ppm.
pub const DISTANCE_PPM: u32 = 20_000;
/// Minutes that must all lie beyond it.
pub const MINUTES: u64 = 10;
/// Of these at most so many may be without a print.
pub const MISSING_MAX: u64 = 2;
/// How long a sight of it restricts, seconds: renewed by the next sight.
pub const RESTRICTS: u64 = 3_600;

/// Origin class of bridged tokens.
pub const BRIDGED: u8 = 4;
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

/// Looks at the pegs that depend on feed `index`, which has just accepted a print. A sight of one
/// that is off lasts for [`RESTRICTS`], or, if the feed falls silent, for twice that in slots.
///
/// # Errors
/// [`Error::BadIndex`], [`Error::Overflow`].
pub fn watch(board: &mut Board, index: u8, now: Now) -> Result<()> {
    let count = usize::from(board.bank_count);
    for place in 0..count {
        let bank = board.banks.get(place).ok_or(Error::BadIndex)?;
        let concerned = if place == 0 {
            bank.feed == index
        } else {
            bank.origin == BRIDGED && (bank.feed == index || bank.native_feed == index)
        };
        if !concerned || bank.status == 0 {
            continue;
        }
        let feed = |index: u8| board.feeds.get(usize::from(index)).ok_or(Error::BadIndex);
        let off = if place == 0 {
            quote_off_peg(board, now)?
        } else {
            off_native(feed(bank.feed)?, feed(bank.native_feed)?, now)
        };
        if off {
            seen(&mut board.pegs, place, now)?;
        }
    }
    Ok(())
}

/// Notes that the token of a bank is off its peg.
fn seen(pegs: &mut Pegs, bank: usize, now: Now) -> Result<()> {
    let end = if bank == 0 {
        &mut pegs.quote
    } else {
        &mut pegs.bridged
    };
    let new = !running(end, now);
    *end = end_after(now, RESTRICTS, SLOT_MS)?;
    if new {
        pegs.sequence = pegs.sequence.checked_add(1).ok_or(Error::Overflow)?;
        pegs.tripped_at = now.unix;
        pegs.reason = u32::from(Breaker::Depeg.reason());
        pegs.bank = u32::try_from(bank).map_err(|_| Error::Overflow)?;
    }
    Ok(())
}

/// Whether quote is off its peg: new risk is closed in the whole compartment, as in Restricted.
/// Every instruction that reads prices sees it at once; [`latch`] tells the others.
pub const fn restricts(board: &Board, now: Now) -> bool {
    running(&board.pegs.quote, now)
}

/// Whether the bridged origin class is closed for new risk: it counts for nothing at Initial, and
/// takes no deposits. At Maintenance it counts as before: nobody is liquidated by it (a46).
pub const fn class_closed(board: &Board, origin: u8, now: Now) -> bool {
    origin == BRIDGED && running(&board.pegs.bridged, now)
}

/// Writes a sight of quote off its peg into the compartment's mode record, for what reads no
/// prices. Returns its end, or nothing where the record asks for it already. Counts for the
/// dead-man rule.
///
/// # Errors
/// [`Error::Overflow`].
pub fn latch(board: &Board, compartment: &mut Compartment, now: Now) -> Result<Option<End>> {
    let asked = board.pegs.quote;
    let automatic = &compartment.mode.automatic;
    if !running(&asked, now) || (running(automatic, now) && automatic.at >= asked.at) {
        return Ok(None);
    }
    let act = Act {
        seconds: elapsed(asked.at, now.unix),
        reason: Breaker::Depeg.reason(),
        slot_ms: SLOT_MS,
    };
    mode::latch(compartment, act, now).map(Some)
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
