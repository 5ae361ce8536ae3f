//! The levels LiquidationEnd and Maintenance, and the raw value (D2). Orders are void first.

use bulwark_state::{Board, BoardMarket, Feed, MarginAccount, Position};

use super::ratio::{ONE_E9, bank_weights, end, initial, maintenance, ppm_ceil, ppm_floor};
use super::{Health, SETTLED, add, capped, leg_value};
use crate::error::{Error, Result};
use crate::gate::{conditions, fair_price, maintenance_price};
use crate::ledger::{interest_due, position_due};
use crate::math::{
    mul_pow10_div_floor_by, mul_pow10_ppm_ceil, mul_pow10_ppm_floor_by, ppm_mul_ceil,
};
use crate::time::Now;
use crate::units::value_exponent;

/// Share of the requirement that counts while Paused, ppm (D12).
pub const PAUSED_REQUIREMENT_PPM: u32 = 800_000;

/// How the levels below Initial are to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// LiquidationEnd rather than Maintenance.
    pub end: bool,
    /// At the favourable one of the last two prints (eligibility, D5).
    pub pair: bool,
    /// Mode Paused: a fifth of the requirement is spared.
    pub paused: bool,
}

/// Value, requirement and critical level.
pub(super) fn health(
    board: &Board,
    account: &MarginAccount,
    measure: Measure,
    now: Now,
) -> Result<Health> {
    let mut health = Health {
        value: own_quote(board, account)?,
        ..Health::default()
    };
    for position in &account.positions {
        if position.active != 0 {
            count(board, position, measure, now, &mut health)?;
        }
    }
    if measure.paused {
        let spared = ppm_mul_ceil(health.requirement, PAUSED_REQUIREMENT_PPM);
        health.requirement = spared.ok_or(Error::Overflow)?.max(health.critical);
    }
    for collateral in &account.collaterals {
        let amount = collateral
            .amount
            .checked_add(collateral.pending)
            .ok_or(Error::Overflow)?;
        if collateral.active == 0 || amount == 0 {
            continue;
        }
        let value = collateral_value(board, collateral.bank, amount, measure, now)?;
        health.value = add(health.value, value)?;
    }
    Ok(health)
}

/// x with its interest due and its waiting tickets.
fn own_quote(board: &Board, account: &MarginAccount) -> Result<i64> {
    add(account.quote, interest_due(board, account)?)?
        .checked_add_unsigned(account.quote_claims.pending)
        .ok_or(Error::Overflow)
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

/// Adds a position's value, requirement and critical level.
fn count(
    board: &Board,
    position: &Position,
    measure: Measure,
    now: Now,
    health: &mut Health,
) -> Result<()> {
    let (market, feed) = market_of(board, position)?;
    let due = position_due(market, position)?;
    if market.status == SETTLED || position.base == 0 {
        let value = leg_value(position.base, market.settle_price, position.quote, due)?;
        health.value = add(health.value, value)?;
        return Ok(());
    }
    let size = position.base.unsigned_abs();
    let lowest = maintenance(board, market, feed, size, now)?;
    let margin = ppm_ceil(lowest)?;
    let ratio = if measure.end {
        ppm_ceil(end(lowest, initial(market, feed, size)?)?)?
    } else {
        margin
    };
    let faults = conditions(feed, now);
    let gains_up = position.base > 0;
    let price = maintenance_price(feed, &faults, gains_up, margin, measure.pair, now)?;
    let value = leg_value(position.base, price, position.quote, due)?;
    health.value = add(health.value, value)?;
    let required = mul_pow10_ppm_ceil::<10>(size, feed.last.price, ratio);
    let critical = mul_pow10_ppm_ceil::<10>(size, feed.last.price, critical_ppm(market)?);
    let sum = |total: u64, part: Option<u64>| -> Result<u64> {
        part.and_then(|part| total.checked_add(part))
            .ok_or(Error::Overflow)
    };
    health.requirement = sum(health.requirement, required)?;
    health.critical = sum(health.critical, critical)?;
    Ok(())
}

/// hf = ½·floor_M, ppm, rounded up (D2).
pub(super) fn critical_ppm(market: &BoardMarket) -> Result<u32> {
    ppm_ceil(u64::from(market.margin.params.floor_e9.div_ceil(2)))
}

/// ⌊c·P·w⌋ at the level.
fn collateral_value(
    board: &Board,
    bank: u8,
    amount: u64,
    measure: Measure,
    now: Now,
) -> Result<i64> {
    let bank = board.banks.get(usize::from(bank)).ok_or(Error::BadIndex)?;
    let feed = board
        .feeds
        .get(usize::from(bank.feed))
        .ok_or(Error::BadIndex)?;
    let weights = bank_weights(board, bank, now)?;
    // w_M ≤ 1.
    let haircut = ppm_ceil(
        ONE_E9
            .checked_sub(weights.maintenance)
            .ok_or(Error::Overflow)?,
    )?;
    let faults = conditions(feed, now);
    let price = maintenance_price(feed, &faults, true, haircut, measure.pair, now)?;
    let weight = if measure.end {
        weights.end
    } else {
        weights.maintenance
    };
    let exponent = value_exponent(bank.decimals, feed.unit_exp).ok_or(Error::BadValue)?;
    let price = capped(bank, price);
    let value = mul_pow10_ppm_floor_by(amount, price, exponent, ppm_floor(weight)?);
    value
        .and_then(|value| i64::try_from(value).ok())
        .ok_or(Error::Overflow)
}

/// Value without haircut and confidence.
pub(super) fn raw_value(board: &Board, account: &MarginAccount, now: Now) -> Result<i64> {
    let mut value = own_quote(board, account)?;
    for position in account
        .positions
        .iter()
        .filter(|position| position.active != 0)
    {
        let (market, feed) = market_of(board, position)?;
        let due = position_due(market, position)?;
        let price = if market.status == SETTLED || position.base == 0 {
            market.settle_price
        } else {
            let faults = conditions(feed, now);
            let size = position.base.unsigned_abs();
            let margin = if faults.dead {
                maintenance(board, market, feed, size, now)?
            } else {
                0
            };
            fair_price(feed, &faults, position.base > 0, ppm_ceil(margin)?, now)?
        };
        value = add(value, leg_value(position.base, price, position.quote, due)?)?;
    }
    for collateral in account
        .collaterals
        .iter()
        .filter(|collateral| collateral.active != 0)
    {
        let amount = collateral
            .amount
            .checked_add(collateral.pending)
            .ok_or(Error::Overflow)?;
        value = add(value, token_value(board, collateral.bank, amount, now)?)?;
    }
    Ok(value)
}

/// ⌊c·p⌋ of `amount` of a bank's token at its fair price, UsdE6: no haircut, no confidence, never
/// above the bank's price cap.
pub fn token_value(board: &Board, bank: u8, amount: u64, now: Now) -> Result<i64> {
    if amount == 0 {
        return Ok(0);
    }
    let bank = board.banks.get(usize::from(bank)).ok_or(Error::BadIndex)?;
    let feed = board
        .feeds
        .get(usize::from(bank.feed))
        .ok_or(Error::BadIndex)?;
    let faults = conditions(feed, now);
    let haircut = if faults.dead {
        let weight = bank_weights(board, bank, now)?.maintenance;
        ppm_ceil(ONE_E9.checked_sub(weight).ok_or(Error::Overflow)?)?
    } else {
        0
    };
    let price = capped(bank, fair_price(feed, &faults, true, haircut, now)?);
    let exponent = value_exponent(bank.decimals, feed.unit_exp).ok_or(Error::BadValue)?;
    mul_pow10_div_floor_by(amount, price, exponent)
        .and_then(|value| i64::try_from(value).ok())
        .ok_or(Error::Overflow)
}
