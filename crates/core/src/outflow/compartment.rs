//! The compartment's own buckets, in USD: they bind withdrawals with positions, orders or debt
//! (D6).

use bulwark_state::{Bank, Board};

use super::rate::{fill, take, whole};
use super::{DAY, Flow, HOUR, MIN_DAY_PPM, MIN_HOUR_PPM, base, claims};
use crate::error::{Error, Result};
use crate::math::{mul_div_floor, mul_pow10_div_ceil_by, mul_pow10_div_floor_by};
use crate::time::Now;
use crate::units::value_exponent;

/// What the compartment's buckets leave to a withdrawal, and at what price it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsdLimit {
    /// Units that may leave now, UsdE6.
    pub level: u64,
    /// Price, PriceE8.
    pub price: u64,
    /// Between token units × price and UsdE6, a power of ten.
    pub exponent: u32,
}

impl UsdLimit {
    /// The most tokens that the level pays for, rounded down.
    pub fn tokens(&self) -> Result<u64> {
        let scale = 10u64.checked_pow(self.exponent).ok_or(Error::Overflow)?;
        if self.price == 0 {
            // A token without a price can't leave an account with positions.
            return Ok(0);
        }
        // More than any amount of tokens.
        Ok(mul_div_floor(self.level, scale, self.price).unwrap_or(u64::MAX))
    }

    /// ⌈amount·price⌉, UsdE6.
    pub fn value(&self, amount: u64) -> Result<u64> {
        mul_pow10_div_ceil_by(amount, self.price, self.exponent).ok_or(Error::Overflow)
    }
}

/// Price of a bank's token for its outflow: the higher of slow and last (quote: one), PriceE8, and
/// the exponent of its value.
fn outflow_price(board: &Board, bank: &Bank) -> Result<(u64, u32)> {
    if bank.index == 0 {
        return Ok((100_000_000, 8));
    }
    let entry = board
        .banks
        .get(usize::from(bank.index))
        .ok_or(Error::BadIndex)?;
    let feed = board
        .feeds
        .get(usize::from(entry.feed))
        .ok_or(Error::BadIndex)?;
    let exponent = value_exponent(entry.decimals, feed.unit_exp).ok_or(Error::BadValue)?;
    Ok((feed.slow.max(feed.last.price), exponent))
}

/// B_j at the slow price, UsdE6, rounded down: a bank's part of the compartment's base. A pumped
/// price raises it no faster than the slow price goes.
pub fn base_value(board: &Board, bank: &Bank) -> Result<u64> {
    if bank.index == 0 {
        return base(bank);
    }
    let entry = board
        .banks
        .get(usize::from(bank.index))
        .ok_or(Error::BadIndex)?;
    let feed = board
        .feeds
        .get(usize::from(entry.feed))
        .ok_or(Error::BadIndex)?;
    let exponent = value_exponent(entry.decimals, feed.unit_exp).ok_or(Error::BadValue)?;
    mul_pow10_div_floor_by(base(bank)?, feed.slow, exponent).ok_or(Error::Overflow)
}

/// Notes the compartment's base: the sum of [`base_value`] over **all** its banks, UsdE6. It counts
/// for 24 h; without it the quote bank's own base does.
pub fn note_value(quote: &mut Bank, value: u64, now: Now) {
    quote.totals.value = value;
    quote.totals.value_at = now.unix;
}

/// Base of the compartment's buckets, UsdE6, and the part that a quickened exit is a share of.
fn bases(quote: &mut Bank, flow: &Flow, now: Now) -> Result<(u64, u64)> {
    let fresh = now.unix.saturating_sub(quote.totals.value_at) < DAY.cast_signed();
    let known = if fresh { quote.totals.value } else { 0 };
    let base = base(quote)?.max(known);
    let quick = &mut quote.totals.quick_value;
    *quick = if flow.quick_until == 0 {
        0
    } else {
        base.max(*quick)
    };
    let quick = quote.totals.quick_value.max(claims(quote)?);
    Ok((base, quick))
}

/// Fills the compartment's buckets and says what they leave to a withdrawal from `bank`; `None`
/// for the quote bank itself. The quote bank must have been advanced.
pub fn usd_limit(
    board: &Board,
    quote: &mut Bank,
    bank: Option<&Bank>,
    flow: &Flow,
    now: Now,
) -> Result<UsdLimit> {
    let (price, exponent) = outflow_price(board, bank.unwrap_or(quote))?;
    let bases = bases(quote, flow, now)?;
    let totals = &mut quote.totals;
    let hour = whole(&totals.hour, bases, flow, (MIN_HOUR_PPM, HOUR))?;
    let day = whole(&totals.day, bases, flow, (MIN_DAY_PPM, DAY))?;
    fill(&mut totals.hour, &hour, now)?;
    fill(&mut totals.day, &day, now)?;
    let level = totals.hour.level.min(totals.day.level);
    Ok(UsdLimit {
        level,
        price,
        exponent,
    })
}

/// Takes what a withdrawal was valued at from the filled buckets, UsdE6.
pub fn charge(quote: &mut Bank, value: u64) -> Result<()> {
    let totals = &mut quote.totals;
    if take(&mut totals.hour, value) && take(&mut totals.day, value) {
        return Ok(());
    }
    Err(Error::BudgetExhausted)
}
