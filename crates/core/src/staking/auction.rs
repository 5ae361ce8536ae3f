//! Recapitalisation: while a proof of the last hour finds insurance short, anybody buys stakes in
//! it at a discount that rises with open time, until insurance is enough or what it has ever lost
//! is made good. Nothing is sold that was not lost before, so that a stress which somebody makes
//! himself opens no sale.

use bulwark_state::{Board, Insurance, Stake};

use super::stress::{ease_e9, total};
use super::{ONE_E9, add_young, bear, enter, settle_generation};
use crate::error::{Error, Result};
use crate::math::ppm_mul_floor;
use crate::time::{Now, open_seconds};

/// Open seconds in which the discount rises from nothing to [`MOST_PPM`] (24 h).
pub const RAMP: u64 = 86_400;
/// Largest discount, ppm of what is paid (5 %).
pub const MOST_PPM: u64 = 50_000;

/// How much may be bought now, UsdE6, and at which discount, ppm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sale {
    /// Largest sum.
    pub most: u64,
    /// Discount.
    pub discount_ppm: u32,
}

/// What is for sale: nothing while insurance is enough, or no proof of the last hour says that it
/// isn't; else the smaller of what it lacks and what it has lost and not sold again.
///
/// # Errors
/// Those of [`total`], [`Error::Overflow`].
#[inline(never)]
pub fn sale(board: &Board, insurance: &Insurance, now: Now) -> Result<Sale> {
    if ease_e9(board, now) >= ONE_E9 {
        return Ok(Sale::default());
    }
    let lacks = total(board, insurance, now)?.saturating_sub(insurance.balance);
    let lost = insurance.drawn_total.saturating_sub(insurance.sold_total);
    let open = open_seconds(&board.clock, now.unix);
    let walked = open.saturating_sub(insurance.auction_open).min(RAMP);
    let discount = MOST_PPM.wrapping_mul(walked) / RAMP;
    Ok(Sale {
        most: lacks.min(lost),
        discount_ppm: u32::try_from(discount).map_err(|_| Error::Overflow)?,
    })
}

/// Buys for `amount`, at most what [`sale`] says, which has arrived in the quote vault: young
/// shares worth more by the discount on it, or on what insurance held before if that is less. The
/// difference is borne like a loss by all who were there: one purchase takes at most
/// [`MOST_PPM`] of what they have. Returns what was bought, UsdE6.
///
/// # Errors
/// [`Error::NothingForSale`]; [`Error::Overflow`].
#[inline(never)]
pub fn buy(
    board: &Board,
    insurance: &mut Insurance,
    stake: &mut Stake,
    amount: u64,
    now: Now,
) -> Result<u64> {
    let Sale { most, discount_ppm } = sale(board, insurance, now)?;
    if amount == 0 || amount > most {
        return Err(Error::NothingForSale);
    }
    settle_generation(insurance, stake);
    let before = insurance.balance;
    let extra = ppm_mul_floor(amount.min(before), discount_ppm).ok_or(Error::Overflow)?;
    if extra != 0 {
        bear(insurance, extra, before)?;
        settle_generation(insurance, stake);
    }
    let worth = amount.checked_add(extra).ok_or(Error::Overflow)?;
    insurance.balance = before.checked_add(amount).ok_or(Error::Overflow)?;
    let sold = insurance.sold_total.checked_add(amount);
    insurance.sold_total = sold.ok_or(Error::Overflow)?;
    let made = enter(&mut insurance.idle, worth)?;
    add_young(stake, made, now.unix)?;
    Ok(worth)
}
