//! The initial level (D2): what opens risk and withdraws.

use bulwark_state::{Board, BoardMarket, Feed, MAX_POSITIONS, MarginAccount, Position};

use super::ratio::{ONE_E9, bank_weights, initial, maintenance, ppm_ceil, ppm_floor};
use super::{Health, SETTLED, add, capped, leg_value};
use crate::error::{Error, Result};
use crate::gate::{Bounds, conditions, initial_bounds, shifted};
use crate::ledger::{interest_due, position_due};
use crate::math::{
    PPM, mul_pow10_div_ceil, mul_pow10_div_floor, mul_pow10_ppm_ceil, mul_pow10_ppm_floor_by,
    ppm_mul_ceil, ppm_mul_floor,
};
use crate::time::Now;
use crate::units::value_exponent;

/// Margins by which the adverse bound worsens a position.
const ADVERSE_MARGINS: u64 = 3;

const REDUCE_ONLY: u8 = 1;
const ASK: u8 = 1 << 7;

/// A position with the open orders that would add to it.
#[derive(Clone, Copy, Default)]
struct Leg {
    bounds: Bounds,
    bids: u64,
    asks: u64,
    bid_loss: u64,
    ask_loss: u64,
}

/// Val_I and Req_I. `adverse`: every leg at its adverse bound (withdrawals while Paused).
pub(super) fn health(
    board: &Board,
    account: &MarginAccount,
    now: Now,
    adverse: bool,
) -> Result<Health> {
    let mut legs = [Leg::default(); MAX_POSITIONS];
    for (leg, position) in legs.iter_mut().zip(&account.positions) {
        if position.active != 0 {
            leg.bounds = bounds(board, position, now, adverse)?;
        }
    }
    add_orders(account, &mut legs, now)?;
    let mut health = Health {
        value: add(account.quote, interest_due(board, account)?)?,
        ..Health::default()
    };
    for (leg, position) in legs.iter().zip(&account.positions) {
        if position.active != 0 {
            count(board, position, leg, &mut health)?;
        }
    }
    for collateral in &account.collaterals {
        if collateral.active == 0 || collateral.amount == 0 || adverse {
            continue;
        }
        let value = collateral_value(board, collateral.bank, collateral.amount, now)?;
        health.value = add(health.value, value)?;
    }
    Ok(health)
}

fn market_of<'a>(board: &'a Board, position: &Position) -> Result<(&'a BoardMarket, &'a Feed)> {
    let market = board
        .markets
        .get(usize::from(position.market))
        .ok_or(Error::BadIndex)?;
    let feed = board
        .feeds
        .get(usize::from(market.feed))
        .ok_or(Error::BadIndex)?;
    Ok((market, feed))
}

/// P↓ and P↑ of a position. At the adverse bound they lie three maintenance margins further out
/// than the last good price, and never nearer than they would without it.
fn bounds(board: &Board, position: &Position, now: Now, adverse: bool) -> Result<Bounds> {
    let (market, feed) = market_of(board, position)?;
    if market.status == SETTLED {
        let price = market.settle_price;
        return Ok(Bounds {
            down: price,
            up: price,
            adverse: false,
        });
    }
    let mut bounds = initial_bounds(feed, &conditions(feed, now))?;
    bounds.adverse |= adverse;
    if bounds.adverse {
        let price = feed.last.price;
        let ratio = maintenance(board, market, feed, position.base.unsigned_abs(), now)?;
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
    for order in &account.orders {
        if order.size == 0 || order.flags & REDUCE_ONLY != 0 {
            continue;
        }
        // The low 16 bits, as the order slot keeps them.
        let current = u32::from(order.epoch) == account.order_epoch & 0xffff;
        let expired = order.expires_at != 0 && i64::from(order.expires_at) < now.unix;
        if !current || expired {
            continue;
        }
        let place = usize::from(order.position);
        let leg = legs.get_mut(place).ok_or(Error::BadIndex)?;
        if account
            .positions
            .get(place)
            .is_none_or(|position| position.active == 0)
        {
            return Err(Error::InvariantBroken);
        }
        let (size, loss, worse) = if order.flags & ASK == 0 {
            let above = order.price.checked_sub(leg.bounds.down);
            (&mut leg.bids, &mut leg.bid_loss, above)
        } else {
            let below = leg.bounds.up.checked_sub(order.price);
            (&mut leg.asks, &mut leg.ask_loss, below)
        };
        *size = size.checked_add(order.size).ok_or(Error::Overflow)?;
        if let Some(distance) = worse.filter(|distance| *distance != 0) {
            let given = mul_pow10_div_ceil::<10>(order.size, distance).ok_or(Error::Overflow)?;
            *loss = loss.checked_add(given).ok_or(Error::Overflow)?;
        }
    }
    Ok(())
}

/// Adds a position's value and requirement.
fn count(board: &Board, position: &Position, leg: &Leg, health: &mut Health) -> Result<()> {
    let (market, feed) = market_of(board, position)?;
    let base = position.base;
    let due = position_due(market, position)?;
    let price = if base < 0 {
        leg.bounds.up
    } else {
        leg.bounds.down
    };
    let value = leg_value(base, price, position.quote, due)?;
    let credited = match u64::try_from(value) {
        Err(_) | Ok(0) => value,
        Ok(_) if leg.bounds.adverse => 0,
        Ok(profit) => {
            let credit = board.profit_credit_ppm.min(PPM);
            let part = ppm_mul_floor(profit, credit).ok_or(Error::Overflow)?;
            i64::try_from(part).map_err(|_| Error::Overflow)?
        }
    };
    health.value = add(health.value, credited)?;
    if market.status == SETTLED || (base == 0 && leg.bids == 0 && leg.asks == 0) {
        return Ok(());
    }
    let long = base
        .checked_add_unsigned(leg.bids)
        .ok_or(Error::Overflow)?
        .unsigned_abs();
    let short = base
        .checked_sub_unsigned(leg.asks)
        .ok_or(Error::Overflow)?
        .unsigned_abs();
    let mut required = side(market, feed, long, leg.bid_loss)?;
    if leg.asks != 0 || leg.bids != 0 {
        required = required.max(side(market, feed, short, leg.ask_loss)?);
    }
    health.requirement = health
        .requirement
        .checked_add(required)
        .ok_or(Error::Overflow)?;
    Ok(())
}

/// S⁺ or S⁻ with the fee of closing in the ratio: ⌈|b|·p·(r_I(|b|) + fee)⌉ + Σ loss terms.
fn side(market: &BoardMarket, feed: &Feed, base: u64, loss: u64) -> Result<u64> {
    let ratio = ppm_ceil(initial(market, feed, base)?)?;
    let ratio = ratio
        .checked_add(market.close_fee_ppm)
        .ok_or(Error::Overflow)?;
    mul_pow10_ppm_ceil::<10>(base, feed.last.price, ratio)
        .and_then(|required| required.checked_add(loss))
        .ok_or(Error::Overflow)
}

/// ⌊c·P↓·w_I·coverage⌋; nothing at the adverse bound.
fn collateral_value(board: &Board, bank: u8, amount: u64, now: Now) -> Result<i64> {
    let bank = board.banks.get(usize::from(bank)).ok_or(Error::BadIndex)?;
    let weight = bank_weights(board, bank, now)?.initial;
    if weight == 0 {
        return Ok(0);
    }
    let feed = board
        .feeds
        .get(usize::from(bank.feed))
        .ok_or(Error::BadIndex)?;
    let bounds = initial_bounds(feed, &conditions(feed, now))?;
    if bounds.adverse {
        return Ok(0);
    }
    let covered =
        mul_pow10_div_floor::<9>(weight, bank.coverage_e9.min(ONE_E9)).ok_or(Error::Overflow)?;
    let exponent = value_exponent(bank.decimals, feed.unit_exp).ok_or(Error::BadValue)?;
    let price = capped(bank, bounds.down);
    let value = mul_pow10_ppm_floor_by(amount, price, exponent, ppm_floor(covered)?);
    value
        .and_then(|value| i64::try_from(value).ok())
        .ok_or(Error::Overflow)
}
