//! Premium on positions: the price of the stress that they add (D10).
//!
//! One unit of open interest of market m adds ½·p·(3A − A) = p·A to the stressed shortfall. All
//! open interest together pays a·U a year on what it adds, half of it each side, U the stressed
//! shortfall over insurance: nothing while nothing of insurance is used, a (`insurance.premium`)
//! while all of it is. Of U at two charges the smaller counts for the time between them, as with
//! samples of funding; a proof of stress lives an hour, and counts as long.
//!
//! It is charged through the loss indexes of both sides, so that an account's is due at once and
//! booked when it is touched, and lies in insurance from then on: stakers who earn have their part
//! of it, the rest counts as given.

use bulwark_state::{Bank, Board, Insurance, Market};

use super::fees::{part_of_pool, sound, used_ppm};
use super::stress;
use crate::error::{Error, Result};
use crate::gate::{self, Cell, LegUse};
use crate::loss;
use crate::math::{mul_div_floor, ppm_mul_floor};
use crate::time::{Now, open_seconds_of_market};

/// Fewest open seconds that are charged: rounding takes at most a unit a minute, side and market.
pub const LEAST_SECONDS: u64 = 60;
/// Most open seconds that one charge counts; what lies beyond is free.
pub const MOST_SECONDS: u64 = 3_600;
/// A year of 365 days, seconds.
pub const YEAR: u64 = 31_536_000;
const SETTLED: u8 = 6;

/// U and the price that follows from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// S now, UsdE6.
    pub total: u64,
    /// U now, ppm.
    pub used_ppm: u64,
    /// Price of cover since the last charge, ppm of stress a year.
    pub yearly_ppm: u64,
}

/// Copies a market's open interest to the Board, as a refresh does, so that S counts it.
///
/// # Errors
/// [`Error::BadIndex`].
pub fn note(board: &mut Board, market: &Market) -> Result<()> {
    let entry = board.markets.get_mut(usize::from(market.index));
    entry.ok_or(Error::BadIndex)?.open_interest = market.oi_long;
    Ok(())
}

/// The price of the time since the last charge. Call [`note`] for every market before.
///
/// # Errors
/// Those of [`stress::total`].
#[inline(never)]
pub fn price(board: &Board, insurance: &Insurance, now: Now) -> Result<Price> {
    let total = stress::total(board, insurance, now)?;
    let used_ppm = used_ppm(total, insurance)?;
    let counted = used_ppm.min(insurance.premium_used_ppm);
    let counted = u32::try_from(counted).map_err(|_| Error::Overflow)?;
    let yearly = ppm_mul_floor(insurance.premium_ppm, counted);
    Ok(Price {
        total,
        used_ppm,
        yearly_ppm: yearly.ok_or(Error::Overflow)?,
    })
}

/// Charges both sides of a market for the open seconds since its last charge, at most
/// [`MOST_SECONDS`]. Returns what each side was charged, UsdE6; `None` where it is too early or the
/// price is none to charge at: then the time goes on counting. A market's first charge is nothing,
/// nor do closed seconds count (INV-CLOCK).
///
/// The pot falls by both; the accounts' charges, rounded up, fill it again (INV-FUND).
///
/// # Errors
/// [`Error::BadIndex`], [`Error::Overflow`].
#[inline(never)]
pub fn charge(
    board: &mut Board,
    market: &mut Market,
    yearly_ppm: u64,
    now: Now,
) -> Result<Option<u64>> {
    let place = usize::from(market.index);
    let entry = board.markets.get(place).ok_or(Error::BadIndex)?;
    let open = open_seconds_of_market(&board.clock, &entry.clock, now.unix);
    let passed = open.saturating_sub(entry.premium_open);
    // Where nobody is open, or for the first time, the clock alone moves.
    let charged = entry.premium_open != 0 && market.oi_long != 0;
    if entry.status == SETTLED || (charged && !may_charge(board, market.feed, passed, now)?) {
        return Ok(None);
    }
    let mut each = 0;
    if charged && yearly_ppm != 0 && market.oi_long == market.oi_short {
        let added = stress::of_market(board, entry, now)?;
        // At most 10^6 · 3,600.
        let weight = yearly_ppm.checked_mul(passed.min(MOST_SECONDS));
        let weight = weight.ok_or(Error::Overflow)?;
        each = mul_div_floor(added, weight, 2_000_000 * YEAR).ok_or(Error::Overflow)?;
        for bankrupt_long in [true, false] {
            loss::charge(board, market, each, bankrupt_long)?;
        }
    }
    let entry = board.markets.get_mut(place).ok_or(Error::BadIndex)?;
    entry.premium_open = open;
    Ok(Some(each))
}

/// Whether enough time has passed, and the price is one to charge at.
fn may_charge(board: &Board, feed: u8, passed: u64, now: Now) -> Result<bool> {
    let feed = board.feeds.get(usize::from(feed)).ok_or(Error::BadIndex)?;
    let cell = gate::cell(feed, LegUse::FundingSample, now);
    Ok(passed >= LEAST_SECONDS && cell == Cell::Yes)
}

/// Takes what all markets were charged into insurance: stakers who earn have their part of the
/// balance of it (or of S where that is more: nobody is paid for what nobody covers), unless money
/// is missing or a deficit stands; the rest counts as given. Call it
/// where any market was charged, were it nothing: it remembers U.
///
/// # Errors
/// [`Error::Overflow`].
#[inline(never)]
pub fn collect(
    insurance: &mut Insurance,
    (quote, vault): (&Bank, u64),
    charged: u64,
    price: &Price,
) -> Result<()> {
    let add = |sum: u64, more| sum.checked_add(more).ok_or(Error::Overflow);
    insurance.premium_used_ppm = price.used_ppm;
    if charged == 0 {
        return Ok(());
    }
    if sound(quote, vault)? {
        let part = part_of_pool(charged, price.total, insurance)?;
        insurance.earning.value = add(insurance.earning.value, part)?;
    }
    insurance.balance = add(insurance.balance, charged)?;
    insurance.premium_total = add(insurance.premium_total, charged)?;
    Ok(())
}
