//! Price band: `k·σ·√W` around the median close of the five minutes before this one. σ is the slow
//! (7-day) tracker's: a faster one that has committed a move would hold a band wider than the move.
//!
//! A price outside makes the market Limit at once: it matches inside the band only. After
//! [`LIMIT_SECONDS`] it halts for [`HALT_SECONDS`], and reopens once each of the last three minutes
//! has a print and margins were measured since (a60), with a band twice as wide for a while. A
//! second time within an hour it goes reduce-only instead: a market must not be halted for long.
//!
//! [`status`] is pure. [`watch`] moves the state on; anyone may call it, and calling it more or
//! less often neither lengthens nor shortens a halt that has begun.

use bulwark_state::{Board, Feed, Market};

use super::Breaker;
use crate::error::{Error, Result};
use crate::feed::{elapsed, median_of, printed_in_each};
use crate::math::{isqrt_u64, ppm_mul_floor};
use crate::permits::MarketStatus;
use crate::time::{self, Now};
use crate::volatility::{VARIANCE_MAX, measured_since};

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

/// The band now; none without a close in the five minutes before the newest print's (a gap is no
/// move).
///
/// # Errors
/// [`Error::Overflow`].
pub fn limits(feed: &Feed, market: &Market, now: Now) -> Result<Option<Limits>> {
    let before = feed.last.publish_at.saturating_sub(60);
    let reference = median_of(feed, before, WINDOW / 60);
    if reference == 0 {
        return Ok(None);
    }
    let [_, _, variance] = feed.variance;
    // At most 6.7e14 · 300 < 2^64; its root, below 2^29, times a 32-bit factor.
    let deviation = isqrt_u64(variance.min(VARIANCE_MAX).wrapping_mul(WINDOW));
    let wide = deviation.wrapping_mul(u64::from(market.band.k)) / 1_000_000;
    let doubled = now.unix < market.band.doubled_until;
    let ppm = wide.max(u64::from(market.band.min_ppm)) << u32::from(doubled);
    let ppm = u32::try_from(ppm).map_err(|_| Error::Overflow)?;
    let width = ppm_mul_floor(reference, ppm).ok_or(Error::Overflow)?;
    Ok(Some(Limits { reference, width }))
}

/// What the band makes of a market now.
///
/// # Errors
/// Those of [`limits`].
pub fn status(feed: &Feed, market: &Market, now: Now) -> Result<MarketStatus> {
    let band = &market.band;
    if halted(feed, market, now) {
        return Ok(MarketStatus::Halted);
    }
    let outside = |limits: Limits| !limits.holds(feed.last.price);
    if limits(feed, market, now)?.is_some_and(outside) {
        return Ok(MarketStatus::Limit);
    }
    Ok(if now.unix < band.reduce_until {
        MarketStatus::ReduceOnly
    } else {
        MarketStatus::Open
    })
}

/// Whether a halt runs, or waits for the prints and the measurement that it needs to end.
fn halted(feed: &Feed, market: &Market, now: Now) -> bool {
    let until = market.band.halted_until;
    if until == 0 || elapsed(now.unix, until) >= WAIT_SECONDS {
        return false;
    }
    let began = until.saturating_sub_unsigned(HALT_SECONDS);
    now.unix < until
        // The running minute may still be without one.
        || !printed_in_each(feed, now.unix.saturating_sub(59), FRESH_MINUTES)
        || !measured_since(feed, began)
}

/// Moves the state of the band on; returns the status that holds after. Notes the reference. A halt
/// stops the market's open-second clock.
///
/// # Errors
/// [`Error::BadIndex`], those of [`limits`].
pub fn watch(board: &mut Board, market: &mut Market, now: Now) -> Result<MarketStatus> {
    let feed = board
        .feeds
        .get(usize::from(market.feed))
        .ok_or(Error::BadIndex)?;
    let found = limits(feed, market, now)?;
    market.band.reference = found.map_or(0, |limits| limits.reference);
    if halted(feed, market, now) {
        return Ok(MarketStatus::Halted);
    }
    if found.is_none_or(|limits| limits.holds(feed.last.price)) {
        market.band.limit_at = 0;
        return status(feed, market, now);
    }
    if market.band.limit_at == 0 {
        market.band.limit_at = now.unix;
        super::count(market, Breaker::Band)?;
    } else if elapsed(now.unix, market.band.limit_at) >= LIMIT_SECONDS {
        let entry = board
            .markets
            .get_mut(usize::from(market.index))
            .ok_or(Error::BadIndex)?;
        if let Some(until) = trip(market, now)? {
            time::close(&mut entry.clock, now.unix, until);
        }
    }
    let feed = board
        .feeds
        .get(usize::from(market.feed))
        .ok_or(Error::BadIndex)?;
    status(feed, market, now)
}

/// The Limit state has lasted: halts the first time, and returns until when; closes new risk a
/// second time.
fn trip(market: &mut Market, now: Now) -> Result<Option<i64>> {
    let after = |seconds: u64| {
        now.unix
            .checked_add_unsigned(seconds)
            .ok_or(Error::Overflow)
    };
    super::count(market, Breaker::Band)?;
    let band = &mut market.band;
    let latest = band.halted_until.max(band.reduce_until);
    if latest == 0 || elapsed(now.unix, latest) > MEMORY_SECONDS {
        band.trips = 0;
    }
    band.trips = band.trips.saturating_add(1);
    if band.trips > 1 {
        band.limit_at = now.unix;
        band.reduce_until = after(AFTER_SECONDS)?;
        return Ok(None);
    }
    band.limit_at = 0;
    band.halted_until = after(HALT_SECONDS)?;
    band.doubled_until = after(HALT_SECONDS.saturating_add(AFTER_SECONDS))?;
    Ok(Some(band.halted_until))
}
