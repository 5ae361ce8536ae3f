//! Health: what an account is worth against what is required of it (D2). Board and margin account,
//! nothing else: a caller can neither omit a leg nor choose a price.
//!
//! Every price passes the oracle gate first (INV-GATE): at Initial through the row for withdrawals,
//! below through the row for liquidation. Sums are `i64` in UsdE6; what leaves them is an error.
//! Nothing here allocates or copies an account.

mod initial;
mod notice;
mod ratio;
mod sheet;
mod standing;
mod view;

pub use initial::initial_value;
pub use notice::notice;
pub use view::view;

pub use ratio::{Ratios, SIZE_CAP_E9, Weights, bank_weights, leg_ratios};
pub(crate) use sheet::Sheet;
pub(crate) use standing::Measured;
pub use standing::{Measure, PAUSED_REQUIREMENT_PPM, Raw, token_value};

use bulwark_state::{Board, BoardBank, MarginAccount};

use crate::error::{Error, Result};
use crate::math::{ppm_mul_ceil, signed_mul_pow10_div_floor};
use crate::time::Now;

/// Status of a market that has been settled.
const SETTLED: u8 = 6;

/// Level of a requirement (D2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Opens risk and withdraws.
    Initial,
    /// Ends a liquidation.
    LiquidationEnd,
    /// Starts a liquidation.
    Maintenance,
}

/// Value and requirement of an account at one level, UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Val_L, rounded down. At Maintenance this is E of D7.
    pub value: i64,
    /// Req_L, rounded up. At Maintenance this is MM of D7.
    pub requirement: u64,
    /// Σ hf·N at LiquidationEnd and Maintenance, rounded up; 0 at Initial.
    pub critical: u64,
}

impl Health {
    /// H_L = Val_L − Req_L.
    pub fn surplus(&self) -> Result<i64> {
        self.value
            .checked_sub_unsigned(self.requirement)
            .ok_or(Error::Overflow)
    }

    /// Whether the account is below the critical level: no ramp, grace or cap per slot holds.
    pub fn below_critical(&self) -> bool {
        i64::try_from(self.critical).is_ok_and(|critical| self.value < critical)
    }
}

/// Where an account stands (D2), worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// May open risk.
    Healthy,
    /// May only reduce.
    ReduceOnly,
    /// May only reduce, and is nearer to liquidation than to opening risk.
    Warned,
    /// May only top up, cancel and be taken over.
    Liquidatable,
    /// Worth less than nothing: is wound up.
    Bankrupt,
}

/// Value and requirement at a level (D2).
///
/// `paused`: below Initial a fifth of the requirement is spared, never below the critical level; at
/// Initial every leg is at its adverse bound, as the table wants it for withdrawals while Paused
/// (other checks at Initial pass `false`). Fails with `Overflow` beyond ±$9.2 trillion.
pub fn health(
    board: &Board,
    account: &MarginAccount,
    level: Level,
    now: Now,
    paused: bool,
) -> Result<Health> {
    let measure = Measure {
        end: level == Level::LiquidationEnd,
        pair: false,
        paused,
    };
    match level {
        Level::Initial => initial::health(board, account, now, paused),
        Level::LiquidationEnd | Level::Maintenance => {
            standing::health(board, account, measure, now)
        }
    }
}

/// Value and requirement below Initial, measured in one given way: a liquidation compares before
/// and after by the same.
pub fn measured(
    board: &Board,
    account: &MarginAccount,
    measure: Measure,
    now: Now,
) -> Result<Health> {
    standing::health(board, account, measure, now)
}

/// The health at Maintenance that decides whether an account may be liquidated: iff its surplus is
/// below zero. At the favourable one of the last two prints where both are young, unless the
/// newest alone puts the account below its critical level (D5).
pub fn eligibility(
    board: &Board,
    account: &MarginAccount,
    now: Now,
    paused: bool,
) -> Result<Health> {
    let [spot, pair] = standing::both(board, account, paused, now)?;
    if spot.health.surplus()? >= 0 || spot.health.below_critical() {
        return Ok(spot.health);
    }
    Ok(pair.health)
}

/// Health at Maintenance at the newest prints, and at the favourable one of the last two.
pub(crate) fn both(
    board: &Board,
    account: &MarginAccount,
    now: Now,
    paused: bool,
) -> Result<[Measured; 2]> {
    standing::both(board, account, paused, now)
}

/// [`measured`] at LiquidationEnd, for an account of which `legs` is known: what its positions are
/// worth at this measure.
pub(crate) fn at_end(
    board: &Board,
    account: &MarginAccount,
    measure: Measure,
    legs: i64,
    now: Now,
) -> Result<Health> {
    let health = standing::at_end(board, account, measure, legs, now)?;
    debug_assert_eq!(
        Ok(health),
        measured(
            board,
            account,
            Measure {
                end: true,
                ..measure
            },
            now
        )
    );
    Ok(health)
}

/// [`measured`] of an account of which only quote and tokens have changed since it was `before`,
/// by the same measure at Maintenance.
pub(crate) fn after_sale(
    board: &Board,
    account: &MarginAccount,
    measure: Measure,
    before: &Measured,
    now: Now,
) -> Result<Health> {
    let health = standing::after_sale(board, account, measure, before, now)?;
    debug_assert_eq!(Ok(health), measured(board, account, measure, now));
    Ok(health)
}

/// Whether the account has `scale` times its initial requirement: 1,000,000 ppm to open risk in
/// Normal, 1,100,000 to receive outside of it (D12).
pub fn initial_ok(
    board: &Board,
    account: &MarginAccount,
    now: Now,
    scale_ppm: u32,
) -> Result<bool> {
    let health = initial::health(board, account, now, false)?;
    let required = ppm_mul_ceil(health.requirement, scale_ppm).ok_or(Error::Overflow)?;
    Ok(i64::try_from(required).is_ok_and(|required| health.value >= required))
}

/// [`health`] at Initial of one of several accounts in one instruction: what they share of the
/// Board is worked out once.
pub(crate) fn initial_of(sheet: &Sheet, account: &MarginAccount) -> Result<Health> {
    initial::on_sheet(sheet, account)
}

/// Value without haircut and confidence, UsdE6, tickets included: below zero the account is
/// bankrupt once it is liquidatable (D2). A leg with a fault counts at the price that favours it.
pub fn raw_value(board: &Board, account: &MarginAccount, now: Now) -> Result<i64> {
    Ok(standing::raw(board, account, now)?.value)
}

/// [`raw_value`], and what of it the tokens are.
pub(crate) fn raw(board: &Board, account: &MarginAccount, now: Now) -> Result<Raw> {
    standing::raw(board, account, now)
}

/// Where the account stands (D2). `paused` as for [`health`] below Initial.
pub fn stage(board: &Board, account: &MarginAccount, now: Now, paused: bool) -> Result<Stage> {
    let lowest = health(board, account, Level::Maintenance, now, paused)?;
    if lowest.surplus()? < 0 {
        let bankrupt = raw_value(board, account, now)? < 0;
        return Ok(if bankrupt {
            Stage::Bankrupt
        } else {
            Stage::Liquidatable
        });
    }
    let highest = initial::health(board, account, now, false)?;
    if highest.surplus()? >= 0 {
        return Ok(Stage::Healthy);
    }
    // Req_M + ½(Req_I − Req_M), which lies at Req_M where orders alone make the difference.
    let gap = highest.requirement.saturating_sub(lowest.requirement);
    let middle = lowest
        .requirement
        .checked_add(gap.div_ceil(2))
        .ok_or(Error::Overflow)?;
    let reduces = i64::try_from(middle).is_ok_and(|middle| lowest.value >= middle);
    Ok(if reduces {
        Stage::ReduceOnly
    } else {
        Stage::Warned
    })
}

impl Stage {
    /// Number of the stage in accounts, events and views: 1 Healthy to 5 Bankrupt.
    pub const fn number(self) -> u8 {
        match self {
            Stage::Healthy => 1,
            Stage::ReduceOnly => 2,
            Stage::Warned => 3,
            Stage::Liquidatable => 4,
            Stage::Bankrupt => 5,
        }
    }
}

/// Notes where an account stands; the number noted before and the one now, if they differ. What
/// nobody has looked at yet was Healthy.
///
/// # Errors
/// Those of [`health`].
pub fn note_stage(
    board: &Board,
    account: &mut MarginAccount,
    now: Now,
    paused: bool,
) -> Result<Option<(u8, u8)>> {
    let found = stage(board, account, now, paused)?.number();
    let before = account.stage_noted.max(Stage::Healthy.number());
    if found == before {
        return Ok(None);
    }
    account.stage_noted = found;
    Ok(Some((before, found)))
}

/// The one price of a market, PriceE8: the Board's newest accepted print, or the price at which it
/// was settled (INV-ONEPRICE). Fails with `OracleGate` before the first print.
pub fn mark(board: &Board, market: u8) -> Result<u64> {
    let market = board
        .markets
        .get(usize::from(market))
        .ok_or(Error::BadIndex)?;
    let feed = board
        .feeds
        .get(usize::from(market.feed))
        .ok_or(Error::BadIndex)?;
    let price = if market.status == SETTLED {
        market.settle_price
    } else {
        feed.last.price
    };
    if price == 0 {
        Err(Error::OracleGate)
    } else {
        Ok(price)
    }
}

/// hf of a market, ppm, rounded up: below `hf·N` nothing waits (D2).
pub fn critical_ppm(board: &Board, market: u8) -> Result<u32> {
    let market = board
        .markets
        .get(usize::from(market))
        .ok_or(Error::BadIndex)?;
    standing::critical_ppm(market)
}

/// Whether the account leaves without any check of health: no base, no orders, no debt (D3).
pub fn is_plain(account: &MarginAccount) -> bool {
    account.quote >= 0
        && account
            .positions
            .iter()
            .all(|position| position.base == 0 && position.quote == 0)
        && account
            .orders
            .iter()
            .all(|order| order.size == 0 || u32::from(order.epoch) != account.order_epoch & 0xffff)
}

#[inline]
fn add(a: i64, b: i64) -> Result<i64> {
    a.checked_add(b).ok_or(Error::Overflow)
}

/// ⌊b·P⌋ + q + due.
#[inline]
fn leg_value(base: i64, price: u64, quote: i64, due: i64) -> Result<i64> {
    let value = signed_mul_pow10_div_floor::<10>(base, price).ok_or(Error::Overflow)?;
    add(add(value, quote)?, due)
}

/// The price of collateral, never above the bank's cap.
#[inline]
fn capped(bank: &BoardBank, price: u64) -> u64 {
    if bank.price_cap == 0 {
        price
    } else {
        price.min(bank.price_cap)
    }
}
