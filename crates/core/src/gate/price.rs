//! Prices that the gate leaves open: P↓ and P↑ of the initial level, the price of a leg below it,
//! the price of a take-over (D2, D5, D12).

use bulwark_state::{Feed, Print};

use super::Cell::{BelowCritical, FavourableEdge, FavourableOfTwo, UnderBoth, Yes};
use super::{Conditions, LegUse, age, conditions};
use crate::error::{Error, Result};
use crate::math::{mul_div_floor, ppm_mul_floor};
use crate::time::Now;

/// Age at which the favour that a dead leg enjoys has faded to nothing, seconds.
pub const DEAD_FAVOUR_UNTIL: u64 = 21_600;

/// The favour of a dead leg, as a share of `whole`: full until the leg died, nothing at
/// [`DEAD_FAVOUR_UNTIL`], linear between, rounded down (D12).
pub fn dead_favour(feed: &Feed, age: u64, whole: u64) -> Result<u64> {
    let from = u64::from(feed.params.age_old);
    let span = DEAD_FAVOUR_UNTIL
        .checked_sub(from)
        .filter(|span| *span != 0);
    let (Some(span), Some(left)) = (span, DEAD_FAVOUR_UNTIL.checked_sub(age)) else {
        return Ok(0);
    };
    mul_div_floor(whole, left.min(span), span).ok_or(Error::Overflow)
}

/// Moves a price by a distance, up or down; down not below zero.
#[inline]
pub fn shifted(price: u64, distance: u64, up: bool) -> Result<u64> {
    if up {
        price.checked_add(distance).ok_or(Error::Overflow)
    } else {
        Ok(price.saturating_sub(distance))
    }
}

/// The higher or the lower of two prices; a price of zero is none.
#[inline]
pub fn pick(a: u64, b: u64, higher: bool) -> u64 {
    match (a, b) {
        (price, 0) | (0, price) => price,
        (a, b) if higher => a.max(b),
        (a, b) => a.min(b),
    }
}

/// Bounds of a price at the initial level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// P↓, PriceE8.
    pub down: u64,
    /// P↑, PriceE8.
    pub up: u64,
    /// The leg is at its adverse bound: collateral counts nothing, a position can't gain.
    pub adverse: bool,
}

/// P↓ and P↑ of the initial level (D2) under the Withdraw row: confidence doubled where Uncertain,
/// the worse of both where Diverged, and flagged where only the adverse bound counts.
#[inline]
pub fn initial_bounds(feed: &Feed, faults: &Conditions) -> Result<Bounds> {
    let last = &feed.last;
    // At most a twentieth of a price, so twice it has 64 bits.
    let shift = initial_confidence(last) << u32::from(faults.uncertain);
    let mut bounds = Bounds {
        down: shifted(last.price, shift, false)?
            .min(feed.slow)
            .min(last.ema),
        up: shifted(last.price, shift, true)?
            .max(feed.slow)
            .max(last.ema),
        // The cells of the Withdraw row that say Adverse.
        adverse: faults.dead || faults.stale || faults.unconfirmed,
    };
    if faults.diverged {
        bounds.down = bounds.down.min(feed.second_last.price);
        bounds.up = bounds.up.max(feed.second_last.price);
    }
    if faults.unconfirmed {
        bounds.down = bounds.down.min(feed.pending.price);
        bounds.up = bounds.up.max(feed.pending.price);
    }
    if feed.announced != 0 {
        bounds.down = bounds.down.min(feed.announced);
        bounds.up = bounds.up.max(feed.announced);
    }
    Ok(bounds)
}

/// conf' = min(⌈2.12·conf⌉, ⌊5 %·p⌋), PriceE8 (D2).
#[inline]
fn initial_confidence(print: &Print) -> u64 {
    let cap = print.price / 20;
    if print.conf >> 56 != 0 {
        // Out of the short product's range: the cap is the wider shift, or all but equal to it.
        return cap;
    }
    // conf < 2^56 and 212 < 2^8: the product has 64 bits.
    print.conf.wrapping_mul(212).div_ceil(100).min(cap)
}

/// Price of a leg at the levels LiquidationEnd and Maintenance (D2) under the Liquidate row.
///
/// `gains_up`: the account gains when the price rises. `margin_ppm`: r_M of the position, or the
/// maintenance haircut of collateral. An Ok leg is moved by its confidence, at most ¼ of the
/// margin, against the account; a leg with faults counts at the price that favours it. `pair`: at
/// the favourable one of the last two prints if both are young enough (D5, eligibility).
#[inline]
pub fn maintenance_price(
    feed: &Feed,
    faults: &Conditions,
    gains_up: bool,
    margin_ppm: u32,
    pair: bool,
    now: Now,
) -> Result<u64> {
    let (price, edge) = favourable(feed, faults, gains_up, pair, now);
    let price = if faults.dead {
        favoured(feed, faults, price, gains_up, margin_ppm)?
    } else if feed.last.conf == 0 {
        price
    } else {
        let quarter = ppm_mul_floor(feed.last.price, margin_ppm).ok_or(Error::Overflow)? / 4;
        shifted(price, feed.last.conf.min(quarter), gains_up == edge)?
    };
    Ok(announced(feed, price, gains_up))
}

/// The price without confidence at which a leg is worth what it is worth (D2, raw value): the
/// newest print, or the one that favours the account among those that its faults leave open.
pub fn fair_price(
    feed: &Feed,
    faults: &Conditions,
    gains_up: bool,
    margin_ppm: u32,
    now: Now,
) -> Result<u64> {
    let (price, _) = favourable(feed, faults, gains_up, false, now);
    let price = if faults.dead {
        favoured(feed, faults, price, gains_up, margin_ppm)?
    } else {
        price
    };
    Ok(announced(feed, price, gains_up))
}

/// The last good price of a dead leg, moved in its favour by what is left of one maintenance
/// margin (D12).
fn favoured(
    feed: &Feed,
    faults: &Conditions,
    price: u64,
    gains_up: bool,
    margin_ppm: u32,
) -> Result<u64> {
    let margin = ppm_mul_floor(price, margin_ppm).ok_or(Error::Overflow)?;
    shifted(price, dead_favour(feed, faults.age, margin)?, gains_up)
}

/// Announced Recovery: the worse of live and announced price (D9).
#[inline]
fn announced(feed: &Feed, price: u64, gains_up: bool) -> u64 {
    if feed.announced == 0 {
        price
    } else {
        pick(price, feed.announced, !gains_up)
    }
}

/// The price that favours the account among those that the faults leave open, and whether the
/// confidence counts in its favour. `pair`: also the print before the newest, if both are young.
#[inline]
fn favourable(
    feed: &Feed,
    faults: &Conditions,
    gains_up: bool,
    pair: bool,
    now: Now,
) -> (u64, bool) {
    let mut price = feed.last.price;
    let params = &feed.params;
    let stale = faults.stale && !faults.old && is_within(feed, params.age_old, now);
    if stale || (pair && is_within(feed, params.age_pair, now)) {
        price = pick(price, feed.previous.price, gains_up);
    }
    if faults.unconfirmed {
        price = pick(price, feed.pending.price, gains_up);
    }
    if faults.diverged {
        price = pick(price, feed.second_last.price, gains_up);
    }
    (price, faults.uncertain || faults.old)
}

/// Whether the last two accepted prints are both at most `limit` seconds old.
fn is_within(feed: &Feed, limit: u32, now: Now) -> bool {
    let young = |print| age(feed, print, now) <= u64::from(limit);
    young(&feed.previous) && young(&feed.last)
}

/// Price at which a leg is taken over (D5, D12), PriceE8: the one of the last two young prints that
/// favours the account, at the favourable edge of the confidence where the gate says so. Below the
/// critical level the newest print, unless the gate says otherwise.
///
/// `gains_up`, `margin_ppm` as for [`maintenance_price`]. Fails with `OracleGate` where the leg
/// can't be taken over.
pub fn liquidation_price(
    feed: &Feed,
    gains_up: bool,
    margin_ppm: u32,
    below_critical: bool,
    now: Now,
) -> Result<u64> {
    let faults = conditions(feed, now);
    match faults.cell(LegUse::Liquidate) {
        Yes | FavourableEdge | FavourableOfTwo | UnderBoth => {}
        BelowCritical if below_critical => {}
        _ => return Err(Error::OracleGate),
    }
    let (price, edge) = favourable(feed, &faults, gains_up, !below_critical, now);
    if !edge {
        return Ok(price);
    }
    let quarter = ppm_mul_floor(feed.last.price, margin_ppm).ok_or(Error::Overflow)? / 4;
    shifted(price, feed.last.conf.min(quarter), gains_up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn favour_of_a_dead_leg_fades() {
        let mut feed: Feed = bytemuck::Zeroable::zeroed();
        feed.params.age_old = 600;
        assert_eq!(dead_favour(&feed, 600, 21_000), Ok(21_000));
        assert_eq!(dead_favour(&feed, 601, 21_000), Ok(20_999));
        assert_eq!(dead_favour(&feed, 11_100, 21_000), Ok(10_500));
        assert_eq!(dead_favour(&feed, 21_600, 21_000), Ok(0));
        assert_eq!(dead_favour(&feed, u64::MAX, 21_000), Ok(0));
    }
}
