//! Price band: `k·σ·√W` around the median close of the five minutes before this one. σ is the slow
//! (7-day) tracker's: a faster one that has committed a move would hold a band wider than the move.
//!
//! A price outside makes the market Limit at once: it matches inside the band only. After
//! [`LIMIT_SECONDS`] it halts for [`HALT_SECONDS`], and reopens once each of the last three minutes
//! has a print and margins were measured since (a60), with a band twice as wide for a while. A
//! second time within an hour it goes reduce-only instead: a market must not be halted for long.
//!
//! [`watch`] moves the state on at each accepted print, which alone can change it. What follows by
//! time is fixed at the moment that the price leaves the band (the halt, and the seconds that it
//! takes out of the market's open clock), so that [`status`] is pure and nobody has to come.

use bulwark_state::{BoardMarket, Feed, Watch};

use super::Breaker;
use crate::error::{Error, Result};
use crate::feed::{elapsed, printed_in_each};
use crate::math::{isqrt_u64, ppm_mul_floor};
use crate::permits::MarketStatus;
use crate::time::{self, Now};
use crate::volatility::VARIANCE_MAX;

/// W: what the reference spans and the band is scaled to, seconds.
pub const WINDOW: u64 = 300;
/// How long a price may stand outside before the market halts, seconds.
pub const LIMIT_SECONDS: u64 = 15;
/// Length of a halt, seconds.
pub const HALT_SECONDS: u64 = 300;
/// How long a halt waits for fresh prints at most, seconds: then the oracle gate rules alone.
pub const WAIT_SECONDS: u64 = 900;
/// How long the band is doubled after a halt, and how long a second trip closes new risk, seconds.
pub const AFTER_SECONDS: u64 = 900;
/// Time within which a trip is a second one, seconds.
pub const MEMORY_SECONDS: u64 = 3_600;
/// Minutes that need a print before a halted market reopens.
const FRESH_MINUTES: u32 = 3;
/// Closes that the reference is the median of.
const CLOSES: usize = 5;
const MINUTE: u64 = 60;

/// The band of a market: prices inside which it may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Reference, PriceE8.
    pub reference: u64,
    /// Half width, PriceE8.
    pub width: u64,
}

impl Limits {
    /// Whether a price lies inside.
    pub const fn holds(&self, price: u64) -> bool {
        price.abs_diff(self.reference) <= self.width
    }

    /// Lowest and highest price of a fill.
    pub const fn range(&self) -> (u64, u64) {
        let low = self.reference.saturating_sub(self.width);
        (low, self.reference.saturating_add(self.width))
    }
}

/// The median close of the five minutes before the newest print's, PriceE8; 0 without any (a gap is
/// no move). Of an even number the lower of the two in the middle.
fn reference(feed: &Feed) -> u64 {
    let newest = elapsed(feed.last.publish_at, 0) / MINUTE;
    let mut sorted = [0u64; CLOSES];
    let mut count = 0usize;
    for back in 1..=CLOSES as u64 {
        let minute = newest.saturating_sub(back);
        let place = usize::try_from(minute % bulwark_state::CLOSES as u64).unwrap_or_default();
        let close = feed.closes.get(place).copied().unwrap_or_default();
        // The minute's seconds, without a division: the ring may hold a close of half an hour ago.
        let since = elapsed(close.at, 0).wrapping_sub(minute.wrapping_mul(MINUTE));
        if close.price == 0 || since >= MINUTE {
            continue;
        }
        if let Some(place) = sorted.get_mut(count) {
            *place = close.price;
        }
        count = count.wrapping_add(1);
    }
    let kept = sorted.get_mut(..count).unwrap_or_default();
    kept.sort_unstable();
    kept.get(count.saturating_sub(1) / 2)
        .copied()
        .unwrap_or_default()
}

/// Half width of the band, ppm of the reference.
fn width_ppm(feed: &Feed, watch: &Watch, now: Now) -> Result<u32> {
    let [_, _, variance] = feed.variance;
    // At most 6.7e14 · 300 < 2^64; its root, below 2^29, times a 32-bit factor.
    let deviation = isqrt_u64(variance.min(VARIANCE_MAX).wrapping_mul(WINDOW));
    let wide = deviation.wrapping_mul(u64::from(watch.k)) / 1_000_000;
    // Set as soon as a halt is certain to come: it holds from its end on.
    let before = watch.limit_at != 0 && halts(watch);
    let doubled = now.unix < watch.doubled_until && !before;
    let ppm = wide.max(u64::from(watch.min_ppm)) << u32::from(doubled);
    u32::try_from(ppm).map_err(|_| Error::Overflow)
}

/// The band around the newest print's reference now; none without a close in the five minutes
/// before (a gap is no move).
///
/// # Errors
/// [`Error::Overflow`].
pub fn limits(feed: &Feed, watch: &Watch, now: Now) -> Result<Option<Limits>> {
    let reference = reference(feed);
    if reference == 0 {
        return Ok(None);
    }
    let ppm = width_ppm(feed, watch, now)?;
    let width = ppm_mul_floor(reference, ppm).ok_or(Error::Overflow)?;
    Ok(Some(Limits { reference, width }))
}

/// The band if the newest print lies outside of it. Most prints lie inside of the smallest band,
/// which takes no root to know.
fn left(feed: &Feed, watch: &Watch, now: Now) -> Result<Option<Limits>> {
    // No market is listed without a smallest band.
    if watch.min_ppm == 0 {
        return Ok(None);
    }
    let (reference, price) = (reference(feed), feed.last.price);
    let smallest = ppm_mul_floor(reference, watch.min_ppm).ok_or(Error::Overflow)?;
    if reference == 0 || price.abs_diff(reference) <= smallest {
        return Ok(None);
    }
    let ppm = width_ppm(feed, watch, now)?;
    let width = ppm_mul_floor(reference, ppm).ok_or(Error::Overflow)?;
    let limits = Limits { reference, width };
    Ok((!limits.holds(price)).then_some(limits))
}

fn after(at: i64, seconds: u64) -> Result<i64> {
    at.checked_add_unsigned(seconds).ok_or(Error::Overflow)
}

/// Whether the limit state that stands ends in a halt: the first time within an hour.
const fn halts(watch: &Watch) -> bool {
    watch.halted_until > watch.limit_at
}

/// What the band makes of a market now.
pub fn status(watch: &Watch, now: Now) -> MarketStatus {
    if watch.limit_at != 0 {
        let outside = elapsed(now.unix, watch.limit_at);
        if !halts(watch) {
            // Without another print the reduce-only time is over, and so is this.
            return if outside < LIMIT_SECONDS.wrapping_add(AFTER_SECONDS) {
                MarketStatus::Limit
            } else {
                MarketStatus::Open
            };
        }
        if outside < LIMIT_SECONDS {
            return MarketStatus::Limit;
        }
        return if now.unix < watch.halted_until {
            MarketStatus::Halted
        } else {
            MarketStatus::Open
        };
    }
    if now.unix < watch.reduce_until {
        MarketStatus::ReduceOnly
    } else {
        MarketStatus::Open
    }
}

/// The range that fills must lie in while the price is outside.
pub const fn range(watch: &Watch) -> (u64, u64) {
    Limits {
        reference: watch.reference,
        width: watch.width,
    }
    .range()
}

/// Moves the band of a market on with the print that `feed` has just accepted.
///
/// # Errors
/// [`Error::Overflow`].
#[inline(never)]
pub fn watch(entry: &mut BoardMarket, feed: &Feed, now: Now) -> Result<()> {
    if entry.watch.limit_at != 0 && halts(&entry.watch) && halt_goes_on(entry, feed, now)? {
        return Ok(());
    }
    let Some(limits) = left(feed, &entry.watch, now)? else {
        return if entry.watch.limit_at == 0 {
            Ok(())
        } else {
            returned(entry, now)
        };
    };
    (entry.watch.reference, entry.watch.width) = (limits.reference, limits.width);
    if entry.watch.limit_at == 0 {
        return leave(entry, now);
    }
    if halts(&entry.watch) {
        return Ok(());
    }
    let outside = elapsed(now.unix, entry.watch.limit_at);
    if outside >= LIMIT_SECONDS.wrapping_add(AFTER_SECONDS) {
        return leave(entry, now);
    }
    if outside >= LIMIT_SECONDS {
        note(&mut entry.watch, now)?;
    }
    Ok(())
}

/// Whether a halt runs that this print doesn't end. One that has run its time ends at the first
/// print after which each of the last three minutes has one that margins were measured by.
fn halt_goes_on(entry: &mut BoardMarket, feed: &Feed, now: Now) -> Result<bool> {
    let from = after(entry.watch.limit_at, LIMIT_SECONDS)?;
    if now.unix < from {
        return Ok(false);
    }
    note(&mut entry.watch, now)?;
    if now.unix < entry.watch.halted_until {
        let fresh = now.unix >= after(from, HALT_SECONDS)?
            // The running minute may still be without one. A minute counts where margins were
            // measured by its print.
            && printed_in_each(feed, now.unix.saturating_sub(59), FRESH_MINUTES);
        if !fresh {
            return Ok(true);
        }
        time::reopen(&mut entry.clock, now.unix);
        entry.watch.halted_until = now.unix;
        entry.watch.doubled_until = after(now.unix, AFTER_SECONDS)?;
    }
    (entry.watch.limit_at, entry.watch.noted) = (0, 0);
    Ok(false)
}

/// The price has left the band: limit state, and what follows it.
fn leave(entry: &mut BoardMarket, now: Now) -> Result<()> {
    let watch = &mut entry.watch;
    super::count_on_board(watch, Breaker::Band, now)?;
    (watch.limit_at, watch.noted) = (now.unix, 0);
    let latest = watch.halted_until.max(watch.reduce_until);
    if latest != 0 && elapsed(now.unix, latest) <= MEMORY_SECONDS {
        return Ok(());
    }
    let from = after(now.unix, LIMIT_SECONDS)?;
    let until = after(from, HALT_SECONDS.wrapping_add(WAIT_SECONDS))?;
    watch.halted_until = until;
    watch.doubled_until = after(until, AFTER_SECONDS)?;
    time::schedule(&mut entry.clock, now.unix, from, until);
    Ok(())
}

/// The price is back: before its time the halt is called off; after it a second trip leaves the
/// market reduce-only for the rest of its quarter of an hour.
fn returned(entry: &mut BoardMarket, now: Now) -> Result<()> {
    let watch = &mut entry.watch;
    if halts(watch) {
        (watch.halted_until, watch.doubled_until) = (0, 0);
        time::reopen(&mut entry.clock, now.unix);
    } else if elapsed(now.unix, watch.limit_at) >= LIMIT_SECONDS {
        note(watch, now)?;
        let closed = after(watch.limit_at, LIMIT_SECONDS.wrapping_add(AFTER_SECONDS))?;
        watch.reduce_until = watch.reduce_until.max(closed);
    }
    (watch.limit_at, watch.noted) = (0, 0);
    Ok(())
}

/// Counts what followed the limit state, once.
fn note(watch: &mut Watch, now: Now) -> Result<()> {
    if watch.noted == 0 {
        watch.noted = 1;
        super::count_on_board(watch, Breaker::Band, now)?;
    }
    Ok(())
}
