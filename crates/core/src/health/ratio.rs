//! Margin ratios of a leg and weights of a bank (D2, D4).

use core::num::NonZeroU64;

use bulwark_state::{Board, BoardBank, BoardMarket, Feed, OpenClock};

use crate::breaker::depeg;
use crate::contagion;
use crate::error::{Error, Result};
use crate::math::{mul_div_ceil, mul_div_floor, mul_pow10_div_ceil};
use crate::mode::running;
use crate::targets;
use crate::time::{Now, open_beside, open_seconds};

/// The Board at a time.
#[derive(Clone, Copy)]
pub(super) struct Present<'a> {
    pub board: &'a Board,
    pub now: Now,
    /// Open-second clock of the compartment, with the seconds by which thresholds have walked on
    /// (margin notice).
    pub open: u64,
    /// A feed that counts instead of the Board's of that number (margin notice).
    pub instead: Option<(u8, &'a Feed)>,
}

impl<'a> Present<'a> {
    pub fn new(board: &'a Board, now: Now) -> Self {
        let open = open_seconds(&board.clock, now.unix);
        Self {
            board,
            now,
            open,
            instead: None,
        }
    }

    /// The same prices with thresholds that have walked on.
    pub fn walked(self, ahead: u64) -> Self {
        Self {
            open: self.open.saturating_add(ahead),
            ..self
        }
    }

    /// A market and its feed.
    #[inline]
    pub fn market(&self, index: u8) -> Result<(&'a BoardMarket, &'a Feed)> {
        let market = self
            .board
            .markets
            .get(usize::from(index))
            .ok_or(Error::BadIndex)?;
        Ok((market, self.feed(market.feed)?))
    }

    /// A bank and its feed.
    #[inline]
    pub fn bank(&self, index: u8) -> Result<(&'a BoardBank, &'a Feed)> {
        let bank = self
            .board
            .banks
            .get(usize::from(index))
            .ok_or(Error::BadIndex)?;
        Ok((bank, self.feed(bank.feed)?))
    }

    #[inline]
    fn feed(&self, index: u8) -> Result<&'a Feed> {
        if let Some((_, feed)) = self.instead.filter(|(of, _)| *of == index) {
            return Ok(feed);
        }
        self.board
            .feeds
            .get(usize::from(index))
            .ok_or(Error::BadIndex)
    }
}

pub(super) const ONE_E9: u64 = 1_000_000_000;

/// Largest add-on for size, e9 (D2).
pub const SIZE_CAP_E9: u64 = 200_000_000;

const NO_NEW_RISK: u8 = 2;
const CLOSING: u8 = 3;

/// Margin ratios of a leg, e9.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratios {
    /// r_I with size and concentration, without the fee of closing.
    pub initial: u64,
    /// r_E = r_M + ¼(r_I − r_M).
    pub end: u64,
    /// r_M = A + size.
    pub maintenance: u64,
}

/// What a bank's token counts for, e9 of its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weights {
    /// w_I, without coverage: nothing while the bank takes no new risk.
    pub initial: u64,
    /// w_E = w_M − ¼(w_M − w_I), of the targets alone: a bank that is closed for new risk does not
    /// lengthen liquidations.
    pub end: u64,
    /// w_M.
    pub maintenance: u64,
}

#[inline]
fn sum(a: u64, b: u64) -> Result<u64> {
    a.checked_add(b).ok_or(Error::Overflow)
}

/// A ratio in ppm, rounded up.
#[inline]
pub(super) fn ppm_ceil(ratio_e9: u64) -> Result<u32> {
    u32::try_from(ratio_e9.div_ceil(1_000)).map_err(|_| Error::Overflow)
}

/// A ratio in ppm, rounded down.
#[inline]
pub(super) fn ppm_floor(ratio_e9: u64) -> Result<u32> {
    u32::try_from(ratio_e9 / 1_000).map_err(|_| Error::Overflow)
}

/// A size (BaseE8) below which none at this price has an add-on, by the high halves alone: nearly
/// every leg lies below it, for a few units instead of a wide product.
#[inline]
pub(super) fn surely_below(market: &BoardMarket, price: u64) -> u64 {
    if market.size_slope_e9 == 0 {
        return u64::MAX;
    }
    // size·price < (size/2^24 + 1)·(price/2^24 + 1)·2^48, and 2^48/10^10 < 28,148. The divisor is
    // at least one and at most 2^40.
    let above = NonZeroU64::MIN.saturating_add(price >> 24);
    let most = market.depth_usd / 28_148 / above;
    if most >> 40 == 0 {
        most << 24
    } else {
        u64::MAX
    }
}

/// size(b) = min(20 %, slope·(|b|·slow/depth − 1)⁺), e9, rounded up. A depth of zero is none: the
/// cap for any size.
#[inline]
pub(super) fn size_add_on(market: &BoardMarket, feed: &Feed, base: u64) -> Result<u64> {
    if base == 0 || base < surely_below(market, feed.slow) {
        return Ok(0);
    }
    large_add_on((market.depth_usd, market.size_slope_e9), feed.slow, base)
}

/// The add-on of maintenance: that of the curve, to which one that rose walks in the margins' ramp.
#[inline]
fn applied_add_on(present: Present, market: &BoardMarket, feed: &Feed, base: u64) -> Result<u64> {
    let new = size_add_on(market, feed, base)?;
    if new == 0 || market.depth_before == 0 {
        return Ok(new);
    }
    walking_add_on(market, feed.slow, base, new, market_open(present, market))
}

#[inline(never)]
fn walking_add_on(market: &BoardMarket, price: u64, base: u64, new: u64, open: u64) -> Result<u64> {
    let before = (market.depth_before, market.size_slope_before_e9);
    let old = large_add_on(before, price, base)?;
    let rise = new.saturating_sub(old);
    let walked = mul_div_floor(rise, targets::curve_walked(market, open), ONE_E9);
    // A curve that fell counts at once.
    sum(new.min(old), walked.ok_or(Error::Overflow)?)
}

/// [`size_add_on`] of a size that may be beyond the depth.
#[inline(never)]
fn large_add_on((depth, slope): (u64, u64), price: u64, base: u64) -> Result<u64> {
    let notional = mul_pow10_div_ceil::<10>(base, price).ok_or(Error::Overflow)?;
    match notional.checked_sub(depth) {
        None | Some(0) => Ok(0),
        // No quotient, or one past 64 bits: past the cap.
        Some(excess) => Ok(mul_div_ceil(slope, excess, depth)
            .map_or(SIZE_CAP_E9, |add_on| add_on.min(SIZE_CAP_E9))),
    }
}

/// Open-second clock of a market.
#[inline]
pub(super) fn market_open(present: Present, market: &BoardMarket) -> u64 {
    if market.clock == OpenClock::default() {
        return present.open;
    }
    let clock = &present.board.clock;
    open_beside(present.open, clock, &market.clock, present.now.unix)
}

/// A: the applied maintenance ratio of a market, e9, before size.
#[inline]
fn applied(present: Present, market: &BoardMarket) -> u64 {
    targets::maintenance(&market.margin, market_open(present, market))
}

/// r_M of a position of `base`, e9.
#[inline]
pub(super) fn maintenance(
    present: Present,
    market: &BoardMarket,
    feed: &Feed,
    base: u64,
) -> Result<u64> {
    sum(
        applied(present, market),
        applied_add_on(present, market, feed, base)?,
    )
}

/// r_I without size and without the fee of closing, e9.
#[inline]
pub(super) fn initial_before_size(market: &BoardMarket) -> Result<u64> {
    sum(targets::initial(&market.margin), market.concentration_e9)
}

/// r_I of a position of `base`, e9, without the fee of closing.
pub(super) fn initial(market: &BoardMarket, feed: &Feed, base: u64) -> Result<u64> {
    sum(
        initial_before_size(market)?,
        size_add_on(market, feed, base)?,
    )
}

/// r_E from r_M and r_I, e9, rounded up.
pub(super) fn end(maintenance: u64, initial: u64) -> Result<u64> {
    match initial.checked_sub(maintenance) {
        Some(distance) => sum(maintenance, distance.div_ceil(4)),
        None => Ok(maintenance),
    }
}

/// Ratios of a position of `base` (BaseE8, either side) in a market, e9 (D2).
pub fn leg_ratios(board: &Board, market: u8, base: i64, now: Now) -> Result<Ratios> {
    let present = Present::new(board, now);
    let (market, feed) = present.market(market)?;
    let base = base.unsigned_abs();
    let maintenance = maintenance(present, market, feed, base)?;
    let initial = initial(market, feed, base)?;
    Ok(Ratios {
        initial,
        end: end(maintenance, initial)?,
        maintenance,
    })
}

/// What is left of the value after a haircut, e9.
#[inline]
fn less(haircut: u64) -> u64 {
    ONE_E9.saturating_sub(haircut)
}

/// w_I without coverage, e9: nothing while the bank isn't in use or takes no new risk, nor while
/// its origin class is closed for it.
#[inline]
pub(super) fn initial_weight(present: Present, bank: &BoardBank) -> Result<u64> {
    match bank.status {
        0 | NO_NEW_RISK | CLOSING => Ok(0),
        _ if depeg::class_closed(present.board, bank.origin, present.now) => Ok(0),
        _ if running(&bank.no_new_risk_until, present.now) => Ok(0),
        _ => {
            let least = contagion::haircut(present.board, bank);
            let haircut = targets::initial(&bank.haircut).max(least);
            warmed(bank, less(haircut), present.now)
        }
    }
}

/// w_M, e9: nothing while the bank isn't in use, fading to nothing in open time while closing.
#[inline]
pub(super) fn maintenance_weight(present: Present, bank: &BoardBank) -> u64 {
    let weight = less(targets::maintenance(&bank.haircut, present.open));
    faded(present, bank, weight)
}

/// w_E, e9, rounded down.
pub(super) fn end_weight(present: Present, bank: &BoardBank) -> u64 {
    let maintenance = less(targets::maintenance(&bank.haircut, present.open));
    let distance = maintenance.saturating_sub(less(targets::initial(&bank.haircut)));
    faded(
        present,
        bank,
        maintenance.saturating_sub(distance.div_ceil(4)),
    )
}

#[inline]
fn faded(present: Present, bank: &BoardBank, weight: u64) -> u64 {
    match bank.status {
        0 => 0,
        CLOSING => {
            let walked = present.open.saturating_sub(bank.closing_open);
            let left = bank.closing_ramp.saturating_sub(walked);
            mul_div_floor(weight, left, bank.closing_ramp).unwrap_or(0)
        }
        _ => weight,
    }
}

/// Weights of a bank's token (D2, D12): less its haircut targets, warm-up from zero for new risk,
/// nothing for new risk while closed for it, all fading to nothing in open time while closing.
/// A bank that isn't in use counts nothing.
pub fn bank_weights(board: &Board, bank: &BoardBank, now: Now) -> Result<Weights> {
    let present = Present::new(board, now);
    Ok(Weights {
        initial: initial_weight(present, bank)?,
        end: end_weight(present, bank),
        maintenance: maintenance_weight(present, bank),
    })
}

/// `weight` scaled from zero at `warm_from` to whole at `warm_until`.
fn warmed(bank: &BoardBank, weight: u64, now: Now) -> Result<u64> {
    if now.unix >= bank.warm_until {
        return Ok(weight);
    }
    if now.unix <= bank.warm_from {
        return Ok(0);
    }
    // warm_from < now < warm_until.
    let walked = now.unix.abs_diff(bank.warm_from);
    mul_div_floor(weight, walked, bank.warm_until.abs_diff(bank.warm_from)).ok_or(Error::Overflow)
}
