//! The initial level (D2): what opens risk and withdraws.

use bulwark_state::{Board, BoardMarket, Feed, MAX_POSITIONS, MarginAccount, Position};

use super::ratio::{Present, initial_before_size, maintenance, ppm_ceil, size_add_on};
use super::sheet::{Priced, Seat, Sheet, UNIT_EXPONENT};
use super::{Health, add, leg_value};
use crate::contagion;
use crate::error::{Error, Result};
use crate::gate::shifted;
use crate::ledger::{interest_due, position_due};
use crate::math::{
    PPM, mul_long_pow10_ceil, mul_long_pow10_floor, mul_pow10_div_ceil, mul_pow10_ppm_ceil,
    mul_pow10_ppm_floor_by, ppm_mul_ceil, ppm_mul_floor,
};
use crate::time::Now;

/// Margins by which the adverse bound worsens a position.
const ADVERSE_MARGINS: u64 = 3;

const REDUCE_ONLY: u8 = 1;
/// The bit of an ask.
const ASK_BIT: u32 = 7;

/// `BaseE8 × PriceE8` over `UsdE6`, as a divisor of short products.
const SCALE: u64 = 10_000_000_000;

/// One side of a position's open orders. Words, so that all are cleared at once; and both sides
/// count alike: prices of asks are flipped, so that a higher one is worse on either.
#[derive(Clone, Copy, Default)]
struct Side {
    /// Size of the orders, BaseE8, or [`FREE`].
    size: u64,
    /// What their limits give away against the bound, UsdE6.
    loss: u64,
    /// P↓ for bids, P↑ flipped for asks, PriceE8.
    bound: u64,
    /// All bits of asks' prices.
    flip: u64,
}

/// Size of the sides of a slot that holds no position: an order there is an error.
const FREE: u64 = u64::MAX;

/// Bids and asks of every position.
type Sides = [[Side; 2]; MAX_POSITIONS];

/// Val_I and Req_I. `adverse`: every leg at its adverse bound (withdrawals while Paused).
pub(super) fn health(
    board: &Board,
    account: &MarginAccount,
    now: Now,
    adverse: bool,
) -> Result<Health> {
    walk(&Sheet::new(board, now), account, adverse, |_| ())
}

/// [`health`] of one of several accounts that share what was worked out of the Board.
pub(super) fn on_sheet(sheet: &Sheet, account: &MarginAccount) -> Result<Health> {
    walk(sheet, account, false, |_| ())
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
    sheet: &Sheet,
    account: &MarginAccount,
    adverse: bool,
    mut tell: impl FnMut(Part),
) -> Result<Health> {
    let present = sheet.present;
    let mut sides = [[Side::default(); 2]; MAX_POSITIONS];
    for ([bids, asks], position) in sides.iter_mut().zip(&account.positions) {
        (bids.size, asks.size) = (FREE, FREE);
        if position.active != 0 {
            let seat = sheet.market(position.market)?;
            let (mut down, mut up) = (seat.down(), seat.up());
            if seat.counts_adverse(adverse) {
                (down, up) = widened(present, position, down, up)?;
            }
            (bids.size, bids.bound) = (0, down);
            (asks.size, asks.bound, asks.flip) = (0, !up, u64::MAX);
        }
    }
    add_orders(account, &mut sides, present.now)?;
    let mut health = Health {
        value: add(account.quote, interest_due(present.board, account)?)?,
        ..Health::default()
    };
    for (slot, ([bids, asks], position)) in sides.iter().zip(&account.positions).enumerate() {
        if position.active != 0 {
            let seat = sheet.market(position.market)?;
            let price = if position.base < 0 {
                !asks.bound
            } else {
                bids.bound
            };
            let (market, feed) = present.market(position.market)?;
            let credit = if seat.counts_adverse(adverse) {
                0
            } else {
                present.board.profit_credit_ppm.min(PPM)
            };
            let value = credited(market, position, price, credit)?;
            health.value = add(health.value, value)?;
            let requirement = required((market, feed), seat, (bids, asks), position.base)?;
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
            let value = token_value(sheet, collateral.bank, collateral.amount)?;
            health.value = add(health.value, value)?;
            tell(Part::Token { slot, value });
        }
    }
    if present.board.limited != 0 && !adverse {
        health.value = health
            .value
            .checked_sub(beyond_caps(sheet, account)?)
            .ok_or(Error::Overflow)?;
    }
    Ok(health)
}

/// What the caps of classes and groups cut off, UsdE6. One copy in the program, off the way of
/// compartments without limits.
#[cold]
#[inline(never)]
fn beyond_caps(sheet: &Sheet, account: &MarginAccount) -> Result<i64> {
    contagion::beyond(sheet.present.board, account, |bank, amount| {
        token_value(sheet, bank, amount)
    })
}

/// P↓ and P↑ at the adverse bound of a position: three maintenance margins further out than the
/// last good price, and never nearer than without it.
#[inline(never)]
fn widened(present: Present, position: &Position, down: u64, up: u64) -> Result<(u64, u64)> {
    let (market, feed) = present.market(position.market)?;
    let price = feed.last.price;
    let ratio = maintenance(present, market, feed, position.base.unsigned_abs())?;
    let worse = ppm_ceil(ratio.checked_mul(ADVERSE_MARGINS).ok_or(Error::Overflow)?)?;
    let distance = ppm_mul_ceil(price, worse).ok_or(Error::Overflow)?;
    Ok((
        down.min(shifted(price, distance, false)?),
        up.max(shifted(price, distance, true)?),
    ))
}

/// One pass over the order slots: sizes that could add risk and what their limits give away
/// against P↓ and P↑ (a57). Reduce-only orders are clipped at the fill and don't count.
fn add_orders(account: &MarginAccount, sides: &mut Sides, now: Now) -> Result<()> {
    let sides = sides.as_flattened_mut();
    // The low 16 bits, as an order slot keeps them.
    let epoch = account.order_epoch & 0xffff;
    for order in &account.orders {
        if order.size == 0 || order.flags & REDUCE_ONLY != 0 || u32::from(order.epoch) != epoch {
            continue;
        }
        if order.expires_at != 0 && i64::from(order.expires_at) < now.unix {
            continue;
        }
        let at = (usize::from(order.position) << 1) | usize::from(order.flags >> ASK_BIT);
        let side = sides.get_mut(at).ok_or(Error::BadIndex)?;
        let Ok(size) = sum(side.size, order.size) else {
            return Err(if side.size == FREE {
                Error::InvariantBroken
            } else {
                Error::Overflow
            });
        };
        side.size = size;
        // (limit − P↓)⁺ of a bid, (P↑ − limit)⁺ of an ask.
        let limit = order.price ^ side.flip;
        if limit > side.bound {
            let loss = given_away(order.size, limit.wrapping_sub(side.bound))?;
            side.loss = sum(side.loss, loss)?;
        }
    }
    Ok(())
}

/// `a + b` of two that have 63 bits: no sum of a health has more.
#[inline]
fn sum(a: u64, b: u64) -> Result<u64> {
    if (a | b) >> 63 == 0 {
        Ok(a.wrapping_add(b))
    } else {
        Err(Error::Overflow)
    }
}

/// ⌈size·given⌉ of two above zero, UsdE6.
#[inline]
fn given_away(size: u64, given: u64) -> Result<u64> {
    if (size | given) >> 32 == 0 {
        // Two factors of 32 bits, and at least one.
        return Ok((size.wrapping_mul(given).wrapping_sub(1) / SCALE).wrapping_add(1));
    }
    mul_pow10_div_ceil::<10>(size, given).ok_or(Error::Overflow)
}

/// U_I: a profit counts in part, `credit` of it in ppm.
#[inline]
fn credited(market: &BoardMarket, position: &Position, price: u64, credit: u32) -> Result<i64> {
    let due = position_due(market, position)?;
    let value = leg_value(position.base, price, position.quote, due)?;
    if value <= 0 {
        return Ok(value);
    }
    ppm_mul_floor(value.unsigned_abs(), credit)
        .and_then(|part| i64::try_from(part).ok())
        .ok_or(Error::Overflow)
}

/// What is at stake on one side: a size and what orders give away.
#[derive(Clone, Copy)]
struct Stake {
    size: u64,
    loss: u64,
}

/// max(S⁺, S⁻) with the fee of closing in the ratio.
#[inline]
fn required(
    of: (&BoardMarket, &Feed),
    seat: &Seat,
    (bids, asks): (&Side, &Side),
    base: i64,
) -> Result<u64> {
    if seat.is_settled() {
        return Ok(0);
    }
    let long = base
        .checked_add_unsigned(bids.size)
        .ok_or(Error::Overflow)?;
    let short = base
        .checked_sub_unsigned(asks.size)
        .ok_or(Error::Overflow)?;
    let long = Stake {
        size: long.unsigned_abs(),
        loss: bids.loss,
    };
    let short = Stake {
        size: short.unsigned_abs(),
        loss: asks.loss,
    };
    // A side grows with its size and with its loss, so mostly one of them needs no product.
    let (larger, smaller) = if short.size <= long.size {
        (long, short)
    } else {
        (short, long)
    };
    let most = side(of, seat, larger)?;
    let over = smaller.loss.checked_sub(larger.loss);
    if over.is_none_or(|over| over <= apart(seat, larger.size, smaller.size)) {
        return Ok(most);
    }
    Ok(most.max(side(of, seat, smaller)?))
}

/// By how much the requirement of a size is surely above that of a smaller one, before what orders
/// give away: by the high halves, 0 where they don't tell.
#[inline]
fn apart(seat: &Seat, larger: u64, smaller: u64) -> u64 {
    // The larger one is no smaller, and its ratio no lower.
    let distance = larger.wrapping_sub(smaller);
    if distance >> 40 != 0 {
        return 0;
    }
    // Two factors of at most 2^32, and 10^16/2^40 < 9,095. Rounding both up takes less than one.
    ((distance >> 8).wrapping_mul(seat.unit() >> 32) / 9_095).saturating_sub(1)
}

/// S⁺ or S⁻: ⌈size·p·(r_I(size) + fee)⌉ + loss.
#[inline]
fn side(of: (&BoardMarket, &Feed), seat: &Seat, side: Stake) -> Result<u64> {
    let unit = seat.unit();
    if side.size < seat.free()
        && unit != 0
        && let Some(required) = mul_long_pow10_ceil(side.size, unit, UNIT_EXPONENT)
    {
        return sum(required, side.loss);
    }
    large_side(of, side)
}

/// [`side`] of a size that may have an add-on, or of large numbers.
#[inline(never)]
fn large_side((market, feed): (&BoardMarket, &Feed), side: Stake) -> Result<u64> {
    if side.size == 0 {
        return Ok(side.loss);
    }
    let add_on = size_add_on(market, feed, side.size)?;
    let ratio = initial_before_size(market)?.checked_add(add_on);
    let ratio = ppm_ceil(ratio.ok_or(Error::Overflow)?)?
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
#[inline]
fn token_value(sheet: &Sheet, bank: u8, amount: u64) -> Result<i64> {
    let token = sheet.token(bank)?;
    if token.is_worthless() {
        return Ok(0);
    }
    let unit = token.unit();
    if unit != 0
        && let Some(value) = mul_long_pow10_floor(amount, unit, token.exponent())
    {
        return i64::try_from(value).map_err(|_| Error::Overflow);
    }
    collateral_value(sheet.present, bank, amount)
}

/// [`token_value`] of large numbers, or without a sheet.
#[inline(never)]
fn collateral_value(present: Present, bank: u8, amount: u64) -> Result<i64> {
    let Some(priced) = Priced::new(present, bank)? else {
        return Ok(0);
    };
    mul_pow10_ppm_floor_by(amount, priced.price, priced.exponent, priced.ppm)
        .and_then(|value| i64::try_from(value).ok())
        .ok_or(Error::Overflow)
}
