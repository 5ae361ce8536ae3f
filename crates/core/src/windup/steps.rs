//! The steps of a wind-up, in the order of the module's description.

use bulwark_state::{
    Board, Deltas, Insurance, MAX_COLLATERALS, MarginAccount, Market, QuoteTotals,
};

use super::{Plan, bit, price, set, surplus};
use crate::error::{Error, Result};
use crate::health::{self, leg_ratios};
use crate::ledger::{self, Traded};
use crate::liquidation::premium::ppm_to_e9;
use crate::liquidation::{
    Circumstances, Lot, clear_flag, count_liquidated, credit, favouring, move_leg as transfer,
};
use crate::loss::{self, Allocation};
use crate::math::{PPM, mul_div_floor, ppm_mul_floor, signed_ppm_mul_floor};

/// What moved of one leg. Money in UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Base, BaseE8.
    pub size: u64,
    /// Whether the leg was long.
    pub long: bool,
    /// Price, PriceE8.
    pub price: u64,
    /// Notional at that price.
    pub notional: u64,
    /// Paid by insurance to the receiver.
    pub premium: u64,
    /// What the receiver closed and opened.
    pub received: Traded,
}

/// What was sold of the collateral. Money in UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sale {
    /// Paid to the account.
    pub paid: u64,
    /// Of it to be transferred into the quote vault by the same instruction.
    pub transfer_in: u64,
    /// Paid for the token of each collateral slot.
    pub by_slot: [u64; MAX_COLLATERALS],
}

/// Moves the fraction of one leg to the receiver, at mark, for a premium from insurance.
///
/// # Errors
/// [`Error::NoPosition`] for a market without a leg of the plan or whose leg has moved,
/// [`Error::OracleGate`], [`Error::PositionSlotsFull`].
pub fn move_leg(
    plan: &mut Plan,
    board: &Board,
    market: &mut Market,
    liquidatee: &mut MarginAccount,
    receiver: &mut MarginAccount,
    insurance: &mut Insurance,
    around: &Circumstances,
) -> Result<Moved> {
    let slot = plan.slot(market.index, plan.moved)?;
    set(&mut plan.moved, slot);
    let now = around.now;
    let base = liquidatee
        .positions
        .get(slot)
        .ok_or(Error::NoPosition)?
        .base;
    let size = part_of_leg(plan, base.unsigned_abs(), market.lot)?;
    if size == 0 {
        return Ok(Moved {
            long: base > 0,
            ..Moved::default()
        });
    }
    let margin = leg_ratios(board, market.index, base, now)?
        .maintenance
        .div_ceil(1_000);
    let margin = u32::try_from(margin).map_err(|_| Error::Overflow)?;
    let price = price(board, market.feed, base, margin, around)?;
    let notional = favouring(base > 0, size, price)?;
    let received = transfer(
        board, market, liquidatee, receiver, slot, size, notional, 0, now,
    )?;
    let wanted = ppm_mul_floor(notional, plan.premium_ppm).ok_or(Error::Overflow)?;
    let premium = loss::draw(insurance, Some(&mut market.draws), wanted, now)?;
    credit(board, receiver, premium, &mut market.deltas, now)?;
    ledger::release_position(liquidatee, slot);
    count_liquidated(board, market, notional, now)?;
    loss::sweep_pot(market, insurance)?;
    Ok(Moved {
        size,
        long: base > 0,
        price,
        notional,
        premium,
        received,
    })
}

/// φ of a leg in whole lots, rounded down; the whole with what is below a lot.
fn part_of_leg(plan: &Plan, size: u64, lot: u64) -> Result<u64> {
    if plan.fraction_ppm == PPM {
        return Ok(size);
    }
    let part = ppm_mul_floor(size, plan.fraction_ppm).ok_or(Error::Overflow)?;
    let lot = lot.max(1);
    (part / lot).checked_mul(lot).ok_or(Error::Overflow)
}

/// Sells the fraction of every token to the receiver at oracle × (1 − d). Quote moves through
/// `deltas`.
///
/// # Errors
/// [`Error::BadValue`] the second time, [`Error::InsufficientBalance`] for a receiver with too
/// little quote, [`Error::CollateralSlotsFull`].
pub fn sell_collateral(
    plan: &mut Plan,
    board: &Board,
    liquidatee: &mut MarginAccount,
    receiver: &mut MarginAccount,
    deltas: &mut Deltas,
    around: &Circumstances,
) -> Result<Sale> {
    if plan.sold {
        return Err(Error::BadValue);
    }
    plan.sold = true;
    let now = around.now;
    let discount = ppm_to_e9(plan.discount_ppm);
    let mut sale = Sale::default();
    for slot in 0..liquidatee.collaterals.len() {
        let lot = match Lot::new(board, liquidatee, slot, discount, true, now) {
            Ok(lot) => lot,
            // Nothing there, or left behind: `begin` has seen both.
            Err(Error::InsufficientBalance | Error::OracleGate) => continue,
            Err(error) => return Err(error),
        };
        let units = ppm_mul_floor(lot.held, plan.fraction_ppm).ok_or(Error::Overflow)?;
        if units == 0 {
            continue;
        }
        let sold = lot.sell(
            board,
            liquidatee,
            receiver,
            deltas,
            units,
            around.uncovered,
            now,
        )?;
        if let Some(place) = sale.by_slot.get_mut(slot) {
            *place = sold.paid;
        }
        sale.paid = sale.paid.checked_add(sold.paid).ok_or(Error::Overflow)?;
        sale.transfer_in = sale
            .transfer_in
            .checked_add(sold.transfer_in)
            .ok_or(Error::Overflow)?;
    }
    Ok(sale)
}

/// Books the loss: L = max(0, −(⌊φ·x⌋ + R_φ)), x := x + R_φ + L, where R_φ is what legs and
/// collateral have brought. Returns L, UsdE6. Quote moves through `deltas`.
///
/// # Errors
/// [`Error::BadValue`] out of turn.
pub fn close(
    plan: &mut Plan,
    board: &Board,
    liquidatee: &mut MarginAccount,
    deltas: &mut Deltas,
    around: &Circumstances,
) -> Result<u64> {
    if plan.closed || !plan.sold || plan.moved != plan.legs {
        return Err(Error::BadValue);
    }
    plan.closed = true;
    let proceeds = liquidatee
        .quote
        .checked_sub(plan.quote_before)
        .ok_or(Error::Overflow)?;
    let mut covered = signed_ppm_mul_floor(plan.quote_before, plan.fraction_ppm)
        .and_then(|share| share.checked_add(proceeds))
        .ok_or(Error::Overflow)?;
    if plan.kept {
        // Only what stays behind is left beside x: debt up to its worth stays with it.
        let behind = health::raw_value(board, liquidatee, around.now)?
            .checked_sub(liquidatee.quote)
            .ok_or(Error::Overflow)?;
        covered = covered.checked_add(behind.max(0)).ok_or(Error::Overflow)?;
    }
    plan.loss = covered.min(0).unsigned_abs();
    plan.left = plan.loss;
    let loss = i64::try_from(plan.loss).map_err(|_| Error::Overflow)?;
    ledger::add_quote(board, liquidatee, loss, deltas, around.now)?;
    Ok(plan.loss)
}

/// Allocates a leg's share of the loss by D8: L·(r_M·N)/Σ(r_M·N), the last leg takes the rest.
///
/// # Errors
/// [`Error::BadValue`] before [`close`], [`Error::NoPosition`] for a market without a leg of the
/// plan or that has had its share.
pub fn allocate_leg(
    plan: &mut Plan,
    board: &mut Board,
    market: &mut Market,
    insurance: &mut Insurance,
    totals: &mut QuoteTotals,
    around: &Circumstances,
) -> Result<Allocation> {
    if !plan.closed {
        return Err(Error::BadValue);
    }
    let slot = plan.slot(market.index, plan.allocated)?;
    set(&mut plan.allocated, slot);
    let share = if plan.allocated == plan.legs {
        plan.left
    } else {
        let weight = plan.weights.get(slot).copied().unwrap_or(0);
        mul_div_floor(plan.loss, weight, plan.weight)
            .unwrap_or(0)
            .min(plan.left)
    };
    plan.left = plan.left.checked_sub(share).ok_or(Error::Overflow)?;
    let long = bit(plan.longs, slot);
    let allocation = loss::allocate(board, market, insurance, totals, share, long, around.now)?;
    loss::sweep_pot(market, insurance)?;
    Ok(allocation)
}

/// Allocates the loss of an account without a leg: what insurance does not pay is deficit.
///
/// # Errors
/// [`Error::BadValue`] before [`close`] or where there is a leg.
pub fn allocate_rest(
    plan: &mut Plan,
    insurance: &mut Insurance,
    totals: &mut QuoteTotals,
    around: &Circumstances,
) -> Result<Allocation> {
    if !plan.closed || plan.legs != 0 {
        return Err(Error::BadValue);
    }
    let allocation = loss::allocate_without_leg(insurance, totals, plan.left, around.now)?;
    plan.left = 0;
    Ok(allocation)
}

/// Ends the wind-up: every unit of the loss allocated, H_M not fallen where it was a part, the
/// receiver healthy. An account that was wound up whole is clean: its flag is gone.
///
/// # Errors
/// [`Error::BadValue`] where a step is missing, [`Error::WouldWorsenHealth`],
/// [`Error::ReceiverUnhealthy`].
pub fn finish(
    plan: &Plan,
    board: &Board,
    liquidatee: &mut MarginAccount,
    receiver: &mut MarginAccount,
    deltas: &mut Deltas,
    around: &Circumstances,
) -> Result<()> {
    if !plan.closed || plan.left != 0 || (plan.loss != 0 && plan.allocated != plan.legs) {
        return Err(Error::BadValue);
    }
    liquidatee.unflag_open = 0;
    if plan.fraction_ppm == PPM && !plan.kept {
        clear_flag(liquidatee);
    } else if surplus(board, liquidatee, around)? < plan.surplus_before {
        return Err(Error::WouldWorsenHealth);
    }
    ledger::update_live(liquidatee, deltas)?;
    ledger::update_live(receiver, deltas)?;
    if !health::initial_ok(board, receiver, around.now, around.receiver_scale_ppm)? {
        return Err(Error::ReceiverUnhealthy);
    }
    Ok(())
}
