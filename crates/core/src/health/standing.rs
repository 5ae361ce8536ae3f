//! The levels LiquidationEnd and Maintenance, and the raw value (D2). Orders are void first.

use bulwark_state::{Board, BoardMarket, Collateral, MarginAccount, Position};

use super::ratio::{
    ONE_E9, Present, end, end_weight, initial, maintenance, maintenance_weight, ppm_ceil, ppm_floor,
};
use super::{Health, SETTLED, add, capped, leg_value};
use crate::error::{Error, Result};
use crate::gate::{fair_price, faults, maintenance_price};
use crate::ledger::{interest_due, position_due};
use crate::math::{
    mul_pow10_div_floor_by, mul_pow10_ppm_ceil_pair, mul_pow10_ppm_floor_by, ppm_mul_ceil,
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
    let mut health = sums(Present::new(board, now), account, measure)?;
    spare(measure, &mut health)?;
    Ok(health)
}

/// The sums before what a pause spares.
#[inline]
pub(super) fn sums(present: Present, account: &MarginAccount, measure: Measure) -> Result<Health> {
    let mut health = Health {
        value: own_quote(present.board, account)?,
        ..Health::default()
    };
    for position in &account.positions {
        if position.active != 0 {
            count(present, position, measure, &mut health)?;
        }
    }
    for collateral in &account.collaterals {
        count_token(present, collateral, measure, &mut health)?;
    }
    Ok(health)
}

/// What Paused spares of a requirement (D12).
#[inline]
pub(super) fn spare(measure: Measure, health: &mut Health) -> Result<()> {
    if measure.paused {
        let spared = ppm_mul_ceil(health.requirement, PAUSED_REQUIREMENT_PPM);
        health.requirement = spared.ok_or(Error::Overflow)?.max(health.critical);
    }
    Ok(())
}

/// Adds a token's value.
#[inline]
pub(super) fn count_token(
    present: Present,
    collateral: &Collateral,
    measure: Measure,
    health: &mut Health,
) -> Result<()> {
    let amount = collateral
        .amount
        .checked_add(collateral.pending)
        .ok_or(Error::Overflow)?;
    if collateral.active != 0 && amount != 0 {
        let value = collateral_value(present, collateral.bank, amount, measure)?;
        health.value = add(health.value, value)?;
    }
    Ok(())
}

/// x with its interest due and its waiting tickets.
fn own_quote(board: &Board, account: &MarginAccount) -> Result<i64> {
    add(account.quote, interest_due(board, account)?)?
        .checked_add_unsigned(account.quote_claims.pending)
        .ok_or(Error::Overflow)
}

/// Adds a position's value, requirement and critical level.
pub(super) fn count(
    present: Present,
    position: &Position,
    measure: Measure,
    health: &mut Health,
) -> Result<()> {
    let (market, feed) = present.market(position.market)?;
    let due = position_due(market, position)?;
    if market.status == SETTLED || position.base == 0 {
        let value = leg_value(position.base, market.settle_price, position.quote, due)?;
        health.value = add(health.value, value)?;
        return Ok(());
    }
    let size = position.base.unsigned_abs();
    let lowest = maintenance(present, market, feed, size)?;
    let margin = ppm_ceil(lowest)?;
    let ratio = if measure.end {
        ppm_ceil(end(lowest, initial(market, feed, size)?)?)?
    } else {
        margin
    };
    let faults = faults(feed, present.now);
    let gains_up = position.base > 0;
    let price = maintenance_price(feed, &faults, gains_up, margin, measure.pair, present.now)?;
    let value = leg_value(position.base, price, position.quote, due)?;
    health.value = add(health.value, value)?;
    let ratios = [ratio, critical_ppm(market)?];
    let [required, critical] =
        mul_pow10_ppm_ceil_pair::<10>(size, feed.last.price, ratios).ok_or(Error::Overflow)?;
    health.requirement = health
        .requirement
        .checked_add(required)
        .ok_or(Error::Overflow)?;
    health.critical = health
        .critical
        .checked_add(critical)
        .ok_or(Error::Overflow)?;
    Ok(())
}

/// hf = ½·floor_M, ppm, rounded up (D2).
pub(super) fn critical_ppm(market: &BoardMarket) -> Result<u32> {
    ppm_ceil(u64::from(market.margin.params.floor_e9.div_ceil(2)))
}

/// ⌊c·P·w⌋ at the level.
fn collateral_value(present: Present, bank: u8, amount: u64, measure: Measure) -> Result<i64> {
    let (bank, feed) = present.bank(bank)?;
    let lowest = maintenance_weight(present, bank);
    let weight = if measure.end {
        end_weight(present, bank)
    } else {
        lowest
    };
    let haircut = ppm_ceil(ONE_E9.saturating_sub(lowest))?;
    let faults = faults(feed, present.now);
    let price = maintenance_price(feed, &faults, true, haircut, measure.pair, present.now)?;
    let exponent = value_exponent(bank.decimals, feed.unit_exp).ok_or(Error::BadValue)?;
    let price = capped(bank, price);
    let value = mul_pow10_ppm_floor_by(amount, price, exponent, ppm_floor(weight)?);
    value
        .and_then(|value| i64::try_from(value).ok())
        .ok_or(Error::Overflow)
}

/// Value without haircut and confidence.
pub(super) fn raw_value(board: &Board, account: &MarginAccount, now: Now) -> Result<i64> {
    let present = Present::new(board, now);
    let mut value = own_quote(board, account)?;
    for position in account
        .positions
        .iter()
        .filter(|position| position.active != 0)
    {
        let (market, feed) = present.market(position.market)?;
        let due = position_due(market, position)?;
        let price = if market.status == SETTLED || position.base == 0 {
            market.settle_price
        } else {
            let faults = faults(feed, now);
            let size = position.base.unsigned_abs();
            let margin = if faults.dead {
                maintenance(present, market, feed, size)?
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
        value = add(value, fair_value(present, collateral.bank, amount)?)?;
    }
    Ok(value)
}

/// ⌊c·p⌋ of `amount` of a bank's token at its fair price, UsdE6: no haircut, no confidence, never
/// above the bank's price cap.
pub fn token_value(board: &Board, bank: u8, amount: u64, now: Now) -> Result<i64> {
    fair_value(Present::new(board, now), bank, amount)
}

fn fair_value(present: Present, bank: u8, amount: u64) -> Result<i64> {
    if amount == 0 {
        return Ok(0);
    }
    let (bank, feed) = present.bank(bank)?;
    let faults = faults(feed, present.now);
    let haircut = if faults.dead {
        ppm_ceil(ONE_E9.saturating_sub(maintenance_weight(present, bank)))?
    } else {
        0
    };
    let price = capped(bank, fair_price(feed, &faults, true, haircut, present.now)?);
    let exponent = value_exponent(bank.decimals, feed.unit_exp).ok_or(Error::BadValue)?;
    mul_pow10_div_floor_by(amount, price, exponent)
        .and_then(|value| i64::try_from(value).ok())
        .ok_or(Error::Overflow)
}
