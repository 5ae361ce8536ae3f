//! The levels LiquidationEnd and Maintenance, and the raw value (D2). Orders are void first.

use bulwark_state::{Board, BoardMarket, Collateral, Feed, MarginAccount, Position};

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

/// Health at Maintenance measured in one of the two ways that eligibility asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// The health.
    pub health: Health,
    /// Of its value, that of the positions, UsdE6.
    pub legs: i64,
}

/// Health at Maintenance at the newest prints, and at the favourable one of the last two, in one
/// walk: only prices differ.
#[inline(never)]
pub(super) fn both(
    board: &Board,
    account: &MarginAccount,
    paused: bool,
    now: Now,
) -> Result<[Measured; 2]> {
    let present = Present::new(board, now);
    let measure = Measure {
        end: false,
        pair: false,
        paused,
    };
    let (mut spot, mut pair) = (Health::default(), 0);
    for position in &account.positions {
        if position.active != 0 {
            count_in::<true>(present, position, measure, &mut spot, &mut pair)?;
        }
    }
    let legs = [spot.value, pair];
    for collateral in &account.collaterals {
        count_token_in::<true>(present, collateral, measure, &mut spot, &mut pair)?;
    }
    spare(measure, &mut spot)?;
    let quote = own_quote(board, account)?;
    let [legs_spot, legs_pair] = legs;
    let measured = |value, legs| {
        let value = add(value, quote)?;
        let health = Health { value, ..spot };
        Ok(Measured { health, legs })
    };
    Ok([measured(spot.value, legs_spot)?, measured(pair, legs_pair)?])
}

/// Health at LiquidationEnd of an account whose positions are worth `legs` at this measure: they
/// are worth as much at both levels.
#[inline(never)]
pub(super) fn at_end(
    board: &Board,
    account: &MarginAccount,
    measure: Measure,
    legs: i64,
    now: Now,
) -> Result<Health> {
    let present = Present::new(board, now);
    let measure = Measure {
        end: true,
        ..measure
    };
    let mut health = Health {
        value: add(own_quote(board, account)?, legs)?,
        ..Health::default()
    };
    for position in &account.positions {
        if position.active != 0 && position.base != 0 {
            let (market, feed) = present.market(position.market)?;
            if market.status != SETTLED {
                let size = position.base.unsigned_abs();
                let lowest = maintenance(present, market, feed, size)?;
                require((market, feed), size, lowest, true, &mut health)?;
            }
        }
    }
    for collateral in &account.collaterals {
        count_token(present, collateral, measure, &mut health)?;
    }
    spare(measure, &mut health)?;
    Ok(health)
}

/// Health at Maintenance of an account whose quote and tokens have changed since it was `before`:
/// its positions are worth what they were, and require what they did.
#[inline(never)]
pub(super) fn after_sale(
    board: &Board,
    account: &MarginAccount,
    measure: Measure,
    before: &Measured,
    now: Now,
) -> Result<Health> {
    let present = Present::new(board, now);
    let mut health = Health {
        value: add(own_quote(board, account)?, before.legs)?,
        ..before.health
    };
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
    count_token_in::<false>(present, collateral, measure, health, &mut 0)
}

/// [`count_token`]; `BOTH`: to `pair` its value at the favourable one of the last two prints.
#[inline(never)]
fn count_token_in<const BOTH: bool>(
    present: Present,
    collateral: &Collateral,
    measure: Measure,
    health: &mut Health,
    pair: &mut i64,
) -> Result<()> {
    let amount = collateral
        .amount
        .checked_add(collateral.pending)
        .ok_or(Error::Overflow)?;
    if collateral.active == 0 || amount == 0 {
        return Ok(());
    }
    let (bank, feed) = present.bank(collateral.bank)?;
    let lowest = maintenance_weight(present, bank);
    let weight = if measure.end {
        end_weight(present, bank)
    } else {
        lowest
    };
    let haircut = ppm_ceil(ONE_E9.saturating_sub(lowest))?;
    let faults = faults(feed, present.now);
    let exponent = value_exponent(bank.decimals, feed.unit_exp).ok_or(Error::BadValue)?;
    let weight = ppm_floor(weight)?;
    let priced = |of_two| {
        let price = maintenance_price(feed, &faults, true, haircut, of_two, present.now)?;
        Ok(capped(bank, price))
    };
    let worth = |price| {
        mul_pow10_ppm_floor_by(amount, price, exponent, weight)
            .and_then(|value| i64::try_from(value).ok())
            .ok_or(Error::Overflow)
    };
    let price = priced(measure.pair)?;
    let value = worth(price)?;
    health.value = add(health.value, value)?;
    if BOTH {
        let better = priced(true)?;
        let value = if better == price {
            value
        } else {
            worth(better)?
        };
        *pair = add(*pair, value)?;
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
#[inline]
pub(super) fn count(
    present: Present,
    position: &Position,
    measure: Measure,
    health: &mut Health,
) -> Result<()> {
    count_in::<false>(present, position, measure, health, &mut 0)
}

/// [`count`]; `BOTH`: to `pair` its value at the favourable one of the last two prints.
#[inline(never)]
fn count_in<const BOTH: bool>(
    present: Present,
    position: &Position,
    measure: Measure,
    health: &mut Health,
    pair: &mut i64,
) -> Result<()> {
    let (market, feed) = present.market(position.market)?;
    let due = position_due(market, position)?;
    if market.status == SETTLED || position.base == 0 {
        let value = leg_value(position.base, market.settle_price, position.quote, due)?;
        health.value = add(health.value, value)?;
        if BOTH {
            *pair = add(*pair, value)?;
        }
        return Ok(());
    }
    let size = position.base.unsigned_abs();
    let lowest = maintenance(present, market, feed, size)?;
    let margin = ppm_ceil(lowest)?;
    let faults = faults(feed, present.now);
    let up = position.base > 0;
    let priced = |of_two| maintenance_price(feed, &faults, up, margin, of_two, present.now);
    let price = priced(measure.pair)?;
    let value = leg_value(position.base, price, position.quote, due)?;
    health.value = add(health.value, value)?;
    if BOTH {
        let better = priced(true)?;
        let value = if better == price {
            value
        } else {
            leg_value(position.base, better, position.quote, due)?
        };
        *pair = add(*pair, value)?;
    }
    require((market, feed), size, lowest, measure.end, health)
}

/// Adds what is required of a position whose r_M is `lowest`, and its critical level.
#[inline]
fn require(
    (market, feed): (&BoardMarket, &Feed),
    size: u64,
    lowest: u64,
    at_end: bool,
    health: &mut Health,
) -> Result<()> {
    let ratio = if at_end {
        end(lowest, initial(market, feed, size)?)?
    } else {
        lowest
    };
    let ratios = [ppm_ceil(ratio)?, critical_ppm(market)?];
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

/// Value without haircut and confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// All of it, UsdE6.
    pub value: i64,
    /// Of it, the tokens, UsdE6.
    pub tokens: u64,
}

/// Value without haircut and confidence.
pub(super) fn raw(board: &Board, account: &MarginAccount, now: Now) -> Result<Raw> {
    let present = Present::new(board, now);
    let mut raw = Raw {
        value: own_quote(board, account)?,
        tokens: 0,
    };
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
        let value = leg_value(position.base, price, position.quote, due)?;
        raw.value = add(raw.value, value)?;
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
        let value = fair_value(present, collateral.bank, amount)?;
        raw.value = add(raw.value, value)?;
        raw.tokens = raw
            .tokens
            .checked_add_signed(value)
            .ok_or(Error::Overflow)?;
    }
    Ok(raw)
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
