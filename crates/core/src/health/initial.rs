//! The initial level (D2): what opens risk and withdraws.

use bulwark_state::{Board, BoardMarket, Feed, MAX_POSITIONS, MarginAccount, Position};

use super::ratio::{
    ONE_E9, Present, initial_before_size, initial_weight, maintenance, ppm_ceil, ppm_floor,
    size_add_on,
};
use super::{Health, SETTLED, add, capped, leg_value};
use crate::error::{Error, Result};
use crate::gate::{Bounds, faults, initial_bounds, shifted};
use crate::ledger::{interest_due, position_due};
use crate::math::{
    PPM, mul_pow10_div_ceil, mul_pow10_ppm_ceil, mul_pow10_ppm_floor_by, ppm_mul_ceil,
    ppm_mul_floor,
};
use crate::time::Now;
use crate::units::value_exponent;

/// Margins by which the adverse bound worsens a position.
const ADVERSE_MARGINS: u64 = 3;

const REDUCE_ONLY: u8 = 1;
const ASK: u8 = 1 << 7;

/// A position with the open orders that would add to it.
#[derive(Clone, Copy, Default)]
struct Leg<'a> {
    /// Market and feed; none for a free slot.
    of: Option<(&'a BoardMarket, &'a Feed)>,
    bounds: Bounds,
    bids: Side,
    asks: Side,
}

/// Open orders of one side: their size, and what their limits give away against P↓ or P↑.
#[derive(Clone, Copy, Default)]
struct Side {
    size: u64,
    loss: u64,
}

/// Val_I and Req_I. `adverse`: every leg at its adverse bound (withdrawals while Paused).
pub(super) fn health(
    board: &Board,
    account: &MarginAccount,
    now: Now,
    adverse: bool,
) -> Result<Health> {
    walk(board, account, now, adverse, |_| ())
}

/// What one leg or token adds to a health at Initial.
pub(super) enum Part {
    /// A position, by its slot.
    Leg {
        slot: usize,
        /// Price that it counts at, PriceE8.
        price: u64,
        value: i64,
        requirement: u64,
    },
    /// A token, by its slot.
    Token { slot: usize, value: i64 },
}

/// [`health`], telling each part as it is added.
#[inline]
pub(super) fn walk(
    board: &Board,
    account: &MarginAccount,
    now: Now,
    adverse: bool,
    mut tell: impl FnMut(Part),
) -> Result<Health> {
    let present = Present::new(board, now);
    let mut legs = [Leg::default(); MAX_POSITIONS];
    for (leg, position) in legs.iter_mut().zip(&account.positions) {
        if position.active != 0 {
            let (market, feed) = present.market(position.market)?;
            leg.of = Some((market, feed));
            leg.bounds = bounds(present, market, feed, position, adverse)?;
        }
    }
    add_orders(account, &mut legs, now)?;
    let mut health = Health {
        value: add(account.quote, interest_due(board, account)?)?,
        ..Health::default()
    };
    for (slot, (leg, position)) in legs.iter().zip(&account.positions).enumerate() {
        if let Some((market, feed)) = leg.of {
            let price = against(leg.bounds, position.base);
            let value = credited(board, market, leg.bounds, position)?;
            health.value = add(health.value, value)?;
            let requirement = required(market, feed, leg, position.base)?;
            health.requirement = health
                .requirement
                .checked_add(requirement)
                .ok_or(Error::Overflow)?;
            tell(Part::Leg {
                slot,
                price,
                value,
                requirement,
            });
        }
    }
    for (slot, collateral) in account.collaterals.iter().enumerate() {
        if collateral.active != 0 && collateral.amount != 0 && !adverse {
            let value = collateral_value(present, collateral.bank, collateral.amount)?;
            health.value = add(health.value, value)?;
            tell(Part::Token { slot, value });
        }
    }
    Ok(health)
}

/// P↓ and P↑ of a position. At the adverse bound they lie three maintenance margins further out
/// than the last good price, and never nearer than they would without it.
fn bounds(
    present: Present,
    market: &BoardMarket,
    feed: &Feed,
    position: &Position,
    adverse: bool,
) -> Result<Bounds> {
    if market.status == SETTLED {
        let price = market.settle_price;
        return Ok(Bounds {
            down: price,
            up: price,
            adverse: false,
        });
    }
    let mut bounds = initial_bounds(feed, &faults(feed, present.now))?;
    bounds.adverse |= adverse;
    if bounds.adverse {
        let price = feed.last.price;
        let ratio = maintenance(present, market, feed, position.base.unsigned_abs())?;
        let worse = ppm_ceil(ratio.checked_mul(ADVERSE_MARGINS).ok_or(Error::Overflow)?)?;
        let distance = ppm_mul_ceil(price, worse).ok_or(Error::Overflow)?;
        bounds.down = bounds.down.min(shifted(price, distance, false)?);
        bounds.up = bounds.up.max(shifted(price, distance, true)?);
    }
    Ok(bounds)
}

/// One pass over the order slots: sizes that could add risk and what their limits give away
/// against P↓ and P↑ (a57). Reduce-only orders are clipped at the fill and don't count.
fn add_orders(account: &MarginAccount, legs: &mut [Leg; MAX_POSITIONS], now: Now) -> Result<()> {
    // The low 16 bits, as an order slot keeps them.
    let epoch = account.order_epoch & 0xffff;
    for order in &account.orders {
        if order.size == 0 || order.flags & REDUCE_ONLY != 0 || u32::from(order.epoch) != epoch {
            continue;
        }
        if order.expires_at != 0 && i64::from(order.expires_at) < now.unix {
            continue;
        }
        let leg = legs
            .get_mut(usize::from(order.position))
            .ok_or(Error::BadIndex)?;
        if leg.of.is_none() {
            return Err(Error::InvariantBroken);
        }
        // (limit − P↓)⁺ of a bid, (P↑ − limit)⁺ of an ask.
        let (side, given) = if order.flags & ASK == 0 {
            (&mut leg.bids, order.price.saturating_sub(leg.bounds.down))
        } else {
            (&mut leg.asks, leg.bounds.up.saturating_sub(order.price))
        };
        side.size = side.size.checked_add(order.size).ok_or(Error::Overflow)?;
        if given != 0 {
            let loss = mul_pow10_div_ceil::<10>(order.size, given).ok_or(Error::Overflow)?;
            side.loss = side.loss.checked_add(loss).ok_or(Error::Overflow)?;
        }
    }
    Ok(())
}

/// The bound that a position of this base counts at.
fn against(bounds: Bounds, base: i64) -> u64 {
    if base < 0 { bounds.up } else { bounds.down }
}

/// U_I: a profit counts in part, at the adverse bound not at all.
fn credited(
    board: &Board,
    market: &BoardMarket,
    bounds: Bounds,
    position: &Position,
) -> Result<i64> {
    let price = against(bounds, position.base);
    let due = position_due(market, position)?;
    let value = leg_value(position.base, price, position.quote, due)?;
    if value <= 0 {
        return Ok(value);
    }
    if bounds.adverse {
        return Ok(0);
    }
    let credit = board.profit_credit_ppm.min(PPM);
    ppm_mul_floor(value.unsigned_abs(), credit)
        .and_then(|part| i64::try_from(part).ok())
        .ok_or(Error::Overflow)
}

/// max(S⁺, S⁻) with the fee of closing in the ratio.
fn required(market: &BoardMarket, feed: &Feed, leg: &Leg, base: i64) -> Result<u64> {
    if market.status == SETTLED {
        return Ok(0);
    }
    let long = base
        .checked_add_unsigned(leg.bids.size)
        .ok_or(Error::Overflow)?;
    let short = base
        .checked_sub_unsigned(leg.asks.size)
        .ok_or(Error::Overflow)?;
    let long = Side {
        size: long.unsigned_abs(),
        ..leg.bids
    };
    let short = Side {
        size: short.unsigned_abs(),
        ..leg.asks
    };
    let ratio = initial_before_size(market)?;
    // A side grows with its size and with its loss, so mostly one of them needs no product.
    if short.size <= long.size && short.loss <= long.loss {
        return side(market, feed, ratio, long);
    }
    let most = side(market, feed, ratio, short)?;
    if long.size <= short.size && long.loss <= short.loss {
        return Ok(most);
    }
    Ok(most.max(side(market, feed, ratio, long)?))
}

/// S⁺ or S⁻: ⌈size·p·(r_I(size) + fee)⌉ + loss.
fn side(market: &BoardMarket, feed: &Feed, ratio: u64, side: Side) -> Result<u64> {
    if side.size == 0 {
        return Ok(side.loss);
    }
    let add_on = size_add_on(market, feed, side.size)?;
    let ratio = ppm_ceil(ratio.checked_add(add_on).ok_or(Error::Overflow)?)?;
    let ratio = ratio
        .checked_add(market.close_fee_ppm)
        .ok_or(Error::Overflow)?;
    mul_pow10_ppm_ceil::<10>(side.size, feed.last.price, ratio)
        .and_then(|required| required.checked_add(side.loss))
        .ok_or(Error::Overflow)
}

/// What `amount` of a bank's token adds to a health at Initial, UsdE6.
pub fn initial_value(board: &Board, bank: u8, amount: u64, now: Now, adverse: bool) -> Result<u64> {
    if adverse || amount == 0 {
        return Ok(0);
    }
    let value = collateral_value(Present::new(board, now), bank, amount)?;
    u64::try_from(value).map_err(|_| Error::Overflow)
}

/// ⌊c·P↓·w_I·coverage⌋; nothing at the adverse bound.
fn collateral_value(present: Present, bank: u8, amount: u64) -> Result<i64> {
    let (bank, feed) = present.bank(bank)?;
    let weight = initial_weight(present, bank)?;
    if weight == 0 {
        return Ok(0);
    }
    let bounds = initial_bounds(feed, &faults(feed, present.now))?;
    if bounds.adverse {
        return Ok(0);
    }
    // Two factors of at most 10^9 < 2^30.
    let covered = weight.wrapping_mul(bank.coverage_e9.min(ONE_E9)) / ONE_E9;
    let exponent = value_exponent(bank.decimals, feed.unit_exp).ok_or(Error::BadValue)?;
    let price = capped(bank, bounds.down);
    let value = mul_pow10_ppm_floor_by(amount, price, exponent, ppm_floor(covered)?);
    value
        .and_then(|value| i64::try_from(value).ok())
        .ok_or(Error::Overflow)
}
