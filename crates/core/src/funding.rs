//! Funding (D5): what longs pay to shorts while the book trades above the oracle, and shorts to
//! longs while it trades below.
//!
//! A sample is the book's impact price on both sides against the oracle price, as the **previous
//! slot** left them: whoever samples can't prepare the book in the same slot, and only orders that
//! have rested count (a55). Of two samples the smaller premium counts for the time between them,
//! for at most [`GAP_MAX`] seconds of it: a premium that stood at one moment alone moves nothing,
//! and who opens a position just before a sample gains less than a fee. Whoever would gain from
//! more samples may take them.
//!
//! The Board's index moves by `premium·p·Δt/8 h` per unit of base; accounts settle lazily
//! ([`crate::ledger::position_due`]) into their quote legs, exactly against the market's pot.

use bulwark_state::{Board, Book, FundingSampler, Market, Print, SignedWide};

use crate::book::{self, REDUCE_ONLY, Side, expired};
use crate::error::{Error, Result};
use crate::feed::elapsed;
use crate::gate::{self, Cell, LegUse};
use crate::math::{
    PPM, mul_div_floor, mul_div_floor_u128, mul_pow10_div_floor, u128_from_halves, with_sign,
};
use crate::permits::MarketStatus;
use crate::time::{Now, open_seconds_of_market};

/// Period that a premium is paid over, open seconds.
pub const PERIOD: u64 = 28_800;
/// Most open seconds that a pair of samples counts for: what lies beyond counts as no premium.
pub const GAP_MAX: u64 = 60;

/// `PriceE8` per unit over `UsdE6` per `BaseE8`, times `ppm`, times [`PERIOD`]: what `premium·p·Δt`
/// is divided by. Below 2^69.
const SCALE: u128 = 10_000_000_000 * 1_000_000 * 28_800;
/// `BaseE8 × PriceE8` over `UsdE6`.
const NOTIONAL: u64 = 10_000_000_000;

/// What a sample did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accrued {
    /// Premium that was measured, ppm: above zero longs pay.
    pub premium_ppm: i64,
    /// Premium that counted since the sample before, ppm.
    pub counted_ppm: i64,
    /// Open seconds that it counted for.
    pub seconds: u64,
    /// Funding index before, UsdE6 per BaseE8 × 2^64.
    pub before: SignedWide,
    /// And after.
    pub after: SignedWide,
}

/// Samples the premium of a market and moves its funding index by what has counted since the last
/// sample. Anyone may, while the compartment isn't paused. A market's first sample moves nothing,
/// nor do closed seconds (INV-CLOCK): in a halted market there is nothing to sample.
///
/// # Errors
/// [`Error::MarketForbids`] for a settled market, [`Error::TooEarly`] where no open second has
/// passed, [`Error::BookJustChanged`] where the book or the price of this slot hide those of the
/// slot before, [`Error::OracleGate`] where the price may not be sampled; [`Error::BadIndex`].
pub fn sample(board: &mut Board, market: &mut Market, book: &Book, now: Now) -> Result<Accrued> {
    let entry = board
        .markets
        .get(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    if MarketStatus::from_u8(entry.status)? == MarketStatus::Settled {
        return Err(Error::MarketForbids);
    }
    let open = open_seconds_of_market(&board.clock, &entry.clock, now.unix);
    let first = market.funding.slot == 0;
    let passed = open.saturating_sub(market.funding.open);
    if !first && (passed == 0 || now.slot <= market.funding.slot) {
        return Err(Error::TooEarly);
    }
    if book.changed_slot >= now.slot {
        return Err(Error::BookJustChanged);
    }
    let price = price(board, market.feed, now)?;
    let premium = premium_ppm(book, &market.funding, price, now)?;
    let counted = if first {
        0
    } else {
        nearer_zero(market.funding.premium_ppm, premium)
    };
    let seconds = passed.min(GAP_MAX);
    note(&mut market.funding, premium, counted, passed, open, now)?;
    let entry = board
        .markets
        .get_mut(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    let before = entry.funding;
    let moved = step(counted, price, seconds)?;
    let after = before.get().checked_add(moved).ok_or(Error::Overflow)?;
    entry.funding = SignedWide::new(after);
    entry.funding_open = open;
    Ok(Accrued {
        premium_ppm: premium,
        counted_ppm: counted,
        seconds: if first { 0 } else { seconds },
        before,
        after: entry.funding,
    })
}

/// Mean of the premiums that counted in the running period of 8 h, ppm, towards zero: what funding
/// will come to if the market goes on like this.
pub fn average_ppm(sampler: &FundingSampler) -> i64 {
    i64::try_from(sampler.seconds)
        .ok()
        .and_then(|seconds| sampler.sum.checked_div(seconds))
        .unwrap_or(0)
}

/// Premium of the book against `price`, ppm, towards zero: the middle of both impact prices over it
/// less one, at most the clamp either way; 0 where a side lacks depth.
///
/// # Errors
/// [`Error::Overflow`], [`Error::OracleGate`] for a price of zero.
pub fn premium_ppm(book: &Book, params: &FundingSampler, price: u64, now: Now) -> Result<i64> {
    let newest = now.unix.saturating_sub(i64::from(params.rested));
    let bid = impact(book, Side::Bid, params.impact_usd, newest, now);
    let ask = impact(book, Side::Ask, params.impact_usd, newest, now);
    let (Some(bid), Some(ask)) = (bid, ask) else {
        return Ok(0);
    };
    let both = bid.checked_add(ask).ok_or(Error::Overflow)?;
    let twice = price.checked_mul(2).ok_or(Error::Overflow)?;
    if twice == 0 {
        return Err(Error::OracleGate);
    }
    let clamp = u64::from(params.clamp_ppm);
    // No quotient of 64 bits: beyond every clamp.
    let distance = mul_div_floor(both.abs_diff(twice), u64::from(PPM), twice).unwrap_or(clamp);
    with_sign(both < twice, distance.min(clamp)).ok_or(Error::Overflow)
}

/// Mean price at which `usd` (UsdE6) can be traded against rested orders of one side, PriceE8.
/// Orders that came after `newest`, have expired or may only reduce don't count: the last may be
/// larger than what they can fill.
fn impact(book: &Book, side: Side, usd: u64, newest: i64, now: Now) -> Option<u64> {
    let (mut left, mut base) = (usd, 0u64);
    for order in book::orders(book, side).iter().rev() {
        let fresh = i64::from(order.placed_at) > newest;
        if fresh || order.flags & REDUCE_ONLY != 0 || expired(order.expires_at, now.unix) {
            continue;
        }
        let worth = mul_pow10_div_floor::<10>(order.size, order.price)?;
        if let Some(rest) = left.checked_sub(worth).filter(|rest| *rest != 0) {
            left = rest;
            base = base.checked_add(order.size)?;
            continue;
        }
        base = base.checked_add(mul_div_floor(left, NOTIONAL, order.price)?)?;
        return mul_div_floor(usd, NOTIONAL, base);
    }
    None
}

/// The oracle price that the previous slot ended with.
fn price(board: &Board, feed: u8, now: Now) -> Result<u64> {
    let feed = board.feeds.get(usize::from(feed)).ok_or(Error::BadIndex)?;
    if gate::cell(feed, LegUse::FundingSample, now) != Cell::Yes {
        return Err(Error::OracleGate);
    }
    let earlier = |print: &&Print| print.slot < now.slot && print.price != 0;
    let print = [&feed.last, &feed.previous].into_iter().find(earlier);
    let print = print.ok_or(Error::BookJustChanged)?;
    if elapsed(now.unix, print.publish_at) > u64::from(feed.params.age_ok) {
        return Err(Error::OracleGate);
    }
    Ok(print.price)
}

/// The one of two premiums that lies nearer to zero; 0 if they don't share a sign.
fn nearer_zero(a: i64, b: i64) -> i64 {
    if (a < 0) != (b < 0) {
        0
    } else if a.unsigned_abs() < b.unsigned_abs() {
        a
    } else {
        b
    }
}

/// `premium·p·Δt/8 h` in UsdE6 per BaseE8 × 2^64, towards zero.
fn step(premium_ppm: i64, price: u64, seconds: u64) -> Result<i128> {
    // At most 2^15 · 60, then times a 63-bit price.
    let weight = premium_ppm
        .unsigned_abs()
        .checked_mul(seconds)
        .ok_or(Error::Overflow)?;
    let amount = u128::from(weight)
        .checked_mul(price.into())
        .ok_or(Error::Overflow)?;
    let size = mul_div_floor_u128(amount, u128_from_halves(1, 0), SCALE).ok_or(Error::Overflow)?;
    let size = i128::try_from(size).map_err(|_| Error::Overflow)?;
    if premium_ppm < 0 {
        size.checked_neg().ok_or(Error::Overflow)
    } else {
        Ok(size)
    }
}

/// Remembers a sample, and what has counted in the running period.
fn note(
    sampler: &mut FundingSampler,
    premium: i64,
    counted: i64,
    passed: u64,
    open: u64,
    now: Now,
) -> Result<()> {
    if sampler.seconds >= PERIOD {
        (sampler.sum, sampler.seconds) = (0, 0);
    }
    if sampler.slot != 0 {
        let weight = i64::try_from(passed.min(GAP_MAX)).map_err(|_| Error::Overflow)?;
        let part = counted.checked_mul(weight).ok_or(Error::Overflow)?;
        sampler.sum = sampler.sum.checked_add(part).ok_or(Error::Overflow)?;
        sampler.seconds = sampler.seconds.checked_add(passed).ok_or(Error::Overflow)?;
    }
    sampler.premium_ppm = premium;
    sampler.slot = now.slot;
    sampler.open = open;
    Ok(())
}
