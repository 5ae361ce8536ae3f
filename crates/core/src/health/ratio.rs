//! Margin ratios of a leg and weights of a bank (D2, D4).

use bulwark_state::{Board, BoardBank, BoardMarket, Feed};

use crate::error::{Error, Result};
use crate::math::{mul_div_ceil, mul_div_floor, mul_pow10_div_ceil};
use crate::targets;
use crate::time::{Now, open_seconds, open_seconds_of_market};

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

fn sum(a: u64, b: u64) -> Result<u64> {
    a.checked_add(b).ok_or(Error::Overflow)
}

/// A ratio in ppm, rounded up.
pub(super) fn ppm_ceil(ratio_e9: u64) -> Result<u32> {
    u32::try_from(ratio_e9.div_ceil(1_000)).map_err(|_| Error::Overflow)
}

/// A ratio in ppm, rounded down.
pub(super) fn ppm_floor(ratio_e9: u64) -> Result<u32> {
    u32::try_from(ratio_e9 / 1_000).map_err(|_| Error::Overflow)
}

/// size(b) = min(20 %, slope·(|b|·slow/depth − 1)⁺), e9, rounded up. A depth of zero is none: the
/// cap for any size.
pub(super) fn size_add_on(market: &BoardMarket, feed: &Feed, base: u64) -> Result<u64> {
    if market.size_slope_e9 == 0 || base == 0 {
        return Ok(0);
    }
    let notional = mul_pow10_div_ceil::<10>(base, feed.slow).ok_or(Error::Overflow)?;
    let depth = market.depth_usd;
    match notional.checked_sub(depth) {
        None | Some(0) => Ok(0),
        // No quotient, or one past 64 bits: past the cap.
        Some(excess) => Ok(mul_div_ceil(market.size_slope_e9, excess, depth)
            .map_or(SIZE_CAP_E9, |add_on| add_on.min(SIZE_CAP_E9))),
    }
}

/// A: the applied maintenance ratio of a market, e9, before size.
pub(super) fn applied(board: &Board, market: &BoardMarket, now: Now) -> u64 {
    if market.margin.mm <= market.margin.m0 {
        return market.margin.mm;
    }
    let open = open_seconds_of_market(&board.clock, &market.clock, now.unix);
    targets::maintenance(&market.margin, open)
}

/// r_M of a position of `base`, e9.
pub(super) fn maintenance(
    board: &Board,
    market: &BoardMarket,
    feed: &Feed,
    base: u64,
    now: Now,
) -> Result<u64> {
    sum(
        applied(board, market, now),
        size_add_on(market, feed, base)?,
    )
}

/// r_I of a position of `base`, e9, without the fee of closing.
pub(super) fn initial(market: &BoardMarket, feed: &Feed, base: u64) -> Result<u64> {
    let ratio = sum(targets::initial(&market.margin), market.concentration_e9)?;
    sum(ratio, size_add_on(market, feed, base)?)
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
    let market = board
        .markets
        .get(usize::from(market))
        .ok_or(Error::BadIndex)?;
    let feed = board
        .feeds
        .get(usize::from(market.feed))
        .ok_or(Error::BadIndex)?;
    let base = base.unsigned_abs();
    let maintenance = maintenance(board, market, feed, base, now)?;
    let initial = initial(market, feed, base)?;
    Ok(Ratios {
        initial,
        end: end(maintenance, initial)?,
        maintenance,
    })
}

/// Weights of a bank's token (D2, D12): less its haircut targets, warm-up from zero for new risk,
/// nothing for new risk while closed for it, all fading to nothing in open time while closing.
/// A bank that isn't in use counts nothing.
pub fn bank_weights(board: &Board, bank: &BoardBank, now: Now) -> Result<Weights> {
    if bank.status == 0 {
        return Ok(Weights::default());
    }
    let open = open_seconds(&board.clock, now.unix);
    let less = |haircut: u64| ONE_E9.saturating_sub(haircut);
    let maintenance = less(targets::maintenance(&bank.haircut, open));
    let initial = less(targets::initial(&bank.haircut)).min(maintenance);
    // initial ≤ maintenance ≤ 10^9.
    let distance = maintenance
        .checked_sub(initial)
        .ok_or(Error::Overflow)?
        .div_ceil(4);
    let end = maintenance.checked_sub(distance).ok_or(Error::Overflow)?;
    match bank.status {
        NO_NEW_RISK => Ok(Weights {
            initial: 0,
            end,
            maintenance,
        }),
        CLOSING => {
            let walked = open.saturating_sub(bank.closing_open);
            let left = bank.closing_ramp.saturating_sub(walked);
            let fade = |weight| mul_div_floor(weight, left, bank.closing_ramp).unwrap_or(0);
            Ok(Weights {
                initial: 0,
                end: fade(end),
                maintenance: fade(maintenance),
            })
        }
        _ => Ok(Weights {
            initial: warmed(bank, initial, now)?,
            end,
            maintenance,
        }),
    }
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
