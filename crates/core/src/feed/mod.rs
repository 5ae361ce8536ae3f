//! Accepting prices into a feed (D5): the newest publish time wins, a jump waits for confirmation,
//! and only prints that the gate allows are measured.
//!
//! Who posts has no say: prices are signed by their publisher, one price per grid period enters the
//! averages ([`crate::volatility`]), and posting more or fewer of them moves the margin little.

mod jump;
mod rings;
mod switch;

use bulwark_state::{Feed, OpenClock, Print};

use crate::gate::{self, Cell, LegUse};
use crate::math::{mul_div_ceil, ppm_mul_ceil};
use crate::{Error, Now, Result, volatility};

pub use jump::{CONFIRM_SECONDS, CONFIRM_SLOTS, SPANS, WAIT_SECONDS, WAIT_SLOTS, overdue};
pub use rings::{
    PRINT_DISTANCE, close_count, covered_minutes, median_close, median_of, printed_in_each,
};
pub use switch::{AGREE_FOR, AGREE_GAP, AGREE_PPM, set_second, switch_source};

/// How far a publish time may lie ahead of the cluster's clock, seconds.
pub const FUTURE_TOLERANCE: i64 = 2;
/// How fast the slow price follows, ppm a second (D2).
pub const SLOW_PPM: u32 = 20;
/// Longest gap between prints that the slow price makes up for, seconds.
pub const SLOW_GAP_MAX: u64 = 600;
/// Largest price, so that sums of prices have 64 bits: half of what PriceE8 can hold.
pub const PRICE_MAX: u64 = u64::MAX >> 1;

const E9: u64 = 1_000_000_000;

/// A verified price message, converted to PriceE8: price and average rounded down, confidence up.
/// A price or average that isn't positive is passed as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Price.
    pub price: u64,
    /// Confidence.
    pub conf: u64,
    /// Exponential average of the price, signed in the same message.
    pub ema: u64,
    /// Publish time, unix seconds.
    pub publish_at: i64,
}

/// Why a message changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// The cluster's clock stands before the last acceptance.
    ClockBackwards,
    /// Price or average is zero.
    NotPositive,
    /// A print at least as new is known.
    NotNewer,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Nothing changed.
    Nothing(Ignored),
    /// Only the second source's print is new.
    SecondOnly(Ignored),
    /// A jump waits for confirmation; the last accepted print stands.
    Unconfirmed,
    /// There is a new accepted print.
    Print(Printed),
}

/// A new accepted print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Printed {
    /// The gate let it be read against the last committed sample: targets are to be updated.
    pub sampled: bool,
    /// It became the committed sample (a thin feed rewards this).
    pub committed: bool,
    /// It was accepted after a jump had waited.
    pub jumped: bool,
}

/// Takes a message, and one of the second source if there is one, into a feed. `clock` is the
/// compartment's. The Board's price is `feed.last` before and after.
///
/// Errors: [`Error::PriceFromFuture`] and [`Error::BadPrice`] with nothing changed,
/// [`Error::BadValue`] for a feed whose stored state lies outside its bounds.
pub fn accept(
    feed: &mut Feed,
    reading: &Reading,
    second: Option<&Reading>,
    now: Now,
    clock: &OpenClock,
) -> Result<Accepted> {
    check(reading, now)?;
    if let Some(second) = second {
        check(second, now)?;
    }
    if now.unix
        < feed
            .last
            .seen_at
            .max(feed.pending.seen_at)
            .max(feed.second_last.seen_at)
    {
        return Ok(Accepted::Nothing(Ignored::ClockBackwards));
    }
    let second_is_new = second.is_some_and(|second| take_second(feed, second, now));
    let nothing = |why| match second_is_new {
        true => Accepted::SecondOnly(why),
        false => Accepted::Nothing(why),
    };
    if reading.price == 0 || reading.ema == 0 {
        return Ok(nothing(Ignored::NotPositive));
    }
    if reading.publish_at <= feed.last.publish_at.max(feed.pending.publish_at) {
        // Nobody has a newer print: a jump that has waited long enough counts by itself.
        if overdue(feed, now) {
            let pending = Reading::of(&feed.pending);
            return print(feed, &pending, now, clock, true);
        }
        return Ok(nothing(Ignored::NotNewer));
    }
    match jump::judge(feed, reading, now) {
        jump::Verdict::Ordinary => print(feed, reading, now, clock, false),
        jump::Verdict::Confirmed => print(feed, reading, now, clock, true),
        jump::Verdict::Waits => Ok(Accepted::Unconfirmed),
    }
}

/// The last print accepted before the compartment last closed, or before the cluster last
/// restarted: who was liquidatable at it has no grace (D12). The newest one if neither happened.
pub fn print_before_closing<'a>(feed: &'a Feed, clock: &OpenClock, now: Now) -> &'a Print {
    // No print has come since it closed: the newest one is from before.
    let unseen = clock.closed_from <= now.unix && clock.closed_from != feed.pre_closing_at;
    if unseen || feed.pre_closing.price == 0 {
        &feed.last
    } else {
        &feed.pre_closing
    }
}

/// `⌈|p − q| / min(p, q)⌉` in e9, [`u64::MAX`] where that has no 64 bits or a price is 0.
pub(crate) fn distance_e9(p: u64, q: u64) -> u64 {
    mul_div_ceil(p.abs_diff(q), E9, p.min(q)).unwrap_or(u64::MAX)
}

/// Seconds from `earlier` to `later`, 0 where that is backwards.
pub(crate) fn elapsed(later: i64, earlier: i64) -> u64 {
    later.saturating_sub(earlier).max(0).unsigned_abs()
}

impl Reading {
    fn of(print: &Print) -> Self {
        Self {
            price: print.price,
            conf: print.conf,
            ema: print.ema,
            publish_at: print.publish_at,
        }
    }

    fn print(&self, now: Now) -> Print {
        Print {
            price: self.price,
            conf: self.conf,
            ema: self.ema,
            publish_at: self.publish_at,
            slot: now.slot,
            seen_at: now.unix,
        }
    }
}

fn check(reading: &Reading, now: Now) -> Result<()> {
    if reading.publish_at > now.unix.saturating_add(FUTURE_TOLERANCE) {
        return Err(Error::PriceFromFuture);
    }
    let largest = reading.price.max(reading.ema).max(reading.conf);
    if largest > PRICE_MAX {
        Err(Error::BadPrice)
    } else {
        Ok(())
    }
}

/// Notes the second source's print if it is newer; says whether it was.
fn take_second(feed: &mut Feed, second: &Reading, now: Now) -> bool {
    let newer = second.publish_at > feed.second_last.publish_at;
    if feed.second.kind == 0 || second.price == 0 || !newer {
        return false;
    }
    feed.second_last = second.print(now);
    switch::note_agreement(feed, now);
    true
}

/// Makes a message the Board's price.
fn print(
    feed: &mut Feed,
    reading: &Reading,
    now: Now,
    clock: &OpenClock,
    jumped: bool,
) -> Result<Accepted> {
    let slow = slow_price(feed, reading)?;
    note_closing(feed, now, clock);
    feed.slow = slow;
    feed.previous = feed.last;
    feed.last = reading.print(now);
    feed.pending = Print::default();
    feed.pending_from_at = 0;
    feed.pending_from_slot = 0;
    rings::note_close(feed);
    rings::note_print(feed, jumped);
    let sampled = may_sample(feed, now);
    let mut committed = false;
    if sampled {
        committed = volatility::sample(feed)?;
        rings::note_minute(feed);
    }
    Ok(Accepted::Print(Printed {
        sampled,
        committed,
        jumped,
    }))
}

/// The slow price after a print (D2): `clamp(p, slow·(1 ∓ 20 ppm·Δt))`, the step rounded up so that
/// it moves at any price.
fn slow_price(feed: &Feed, reading: &Reading) -> Result<u64> {
    if feed.slow == 0 {
        return Ok(reading.price);
    }
    let seconds = elapsed(reading.publish_at, feed.last.publish_at).min(SLOW_GAP_MAX);
    let ratio = u32::try_from(seconds)
        .map_err(|_| Error::Overflow)?
        .wrapping_mul(SLOW_PPM);
    let step = ppm_mul_ceil(feed.slow, ratio).ok_or(Error::Overflow)?;
    let lowest = feed.slow.checked_sub(step).ok_or(Error::Overflow)?;
    let highest = feed.slow.checked_add(step).ok_or(Error::Overflow)?;
    Ok(reading.price.clamp(lowest, highest))
}

/// Keeps the last print from before a closing, at the first print after it began.
fn note_closing(feed: &mut Feed, now: Now, clock: &OpenClock) {
    if clock.closed_from != feed.pre_closing_at && clock.closed_from <= now.unix {
        feed.pre_closing = feed.last;
        feed.pre_closing_at = clock.closed_from;
    }
}

/// The row "variance sample" of D12 for the newest print. Nothing waits here any more: a confirmed
/// jump is no jump, and what both sources agree on has no [`Cell::OnceBothAgree`].
fn may_sample(feed: &Feed, now: Now) -> bool {
    gate::cell(feed, LegUse::VarianceSample, now) == Cell::Yes
}
