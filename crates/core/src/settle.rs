//! Bringing quote into a short vault (D1): anyone realises an account's unrealised loss, or buys an
//! account's collateral against its negative quote near the oracle price.

use bulwark_state::{Board, Deltas, MarginAccount, Market, QuoteTotals};

use crate::error::{Error, Result};
use crate::gate::{self, Cell, LegUse};
use crate::health::{self, bank_weights, token_value};
use crate::ledger;
use crate::liquidation::premium::ppm_to_e9;
use crate::liquidation::{Circumstances, Lot, Seized, debit, same_account};
use crate::math::{PPM, mul_div_floor, signed_mul_pow10_div_floor};
use crate::time::Now;

/// How short of quote the vault is.
#[derive(Clone, Copy, Debug)]
pub struct Strain<'a> {
    /// Totals of the quote bank: the limits lie there.
    pub totals: &'a QuoteTotals,
    /// Utilisation ([`crate::ledger::utilisation_ppm`]), ppm.
    pub utilisation_ppm: u32,
}

const ONE_E9: u64 = 1_000_000_000;

/// Realises the unrealised loss of an account's leg in `market` into its quote, at the Board's
/// price (D1). Anyone may, while more of the quote vault is
/// lent than the first kink of the rate. No health number
/// changes. Returns the loss, UsdE6.
///
/// # Errors
/// [`Error::NotNeeded`] at a lower utilisation, [`Error::NoPosition`], [`Error::NothingToTake`] for
/// a leg without a loss, [`Error::OracleGate`] where no loss may be allocated at this price.
pub fn settle(
    board: &Board,
    account: &mut MarginAccount,
    market: &mut Market,
    strain: Strain,
    now: Now,
) -> Result<u64> {
    if strain.utilisation_ppm <= strain.totals.kink_low_ppm {
        return Err(Error::NotNeeded);
    }
    let slot = ledger::position_of(account, market.index).ok_or(Error::NoPosition)?;
    let feed = board
        .feeds
        .get(usize::from(market.feed))
        .ok_or(Error::BadIndex)?;
    if gate::cell(feed, LegUse::AllocateLoss, now) != Cell::Yes {
        return Err(Error::OracleGate);
    }
    ledger::touch_position(board, account, slot, market)?;
    let price = health::mark(board, market.index)?;
    let position = account.positions.get_mut(slot).ok_or(Error::NoPosition)?;
    let value = signed_mul_pow10_div_floor::<10>(position.base, price)
        .and_then(|value| value.checked_add(position.quote))
        .ok_or(Error::Overflow)?;
    if value >= 0 {
        return Err(Error::NothingToTake);
    }
    let loss = value.unsigned_abs();
    position.quote = position
        .quote
        .checked_add_unsigned(loss)
        .ok_or(Error::Overflow)?;
    market.quote_sum = market
        .quote_sum
        .checked_add_unsigned(loss)
        .ok_or(Error::Overflow)?;
    debit(board, account, loss, &mut market.deltas, now)?;
    ledger::release_position(account, slot);
    ledger::update_live(account, &mut market.deltas)?;
    Ok(loss)
}

/// Buys collateral of an account against its negative quote, at oracle × (1 − d) (D1): at most
/// `largest` units, at most what the debt is. Anyone may while the vault is short
/// (utilisation above the second kink), the debt old, or large against the own collateral; d rises
/// from zero with the most pressing of the three, to the lesser of its parameter and 1 − w_M.
/// Quote moves through `deltas`, as in a seizure.
///
/// # Errors
/// [`Error::SelfLiquidation`], [`Error::NothingToTake`] without debt, [`Error::NotNeeded`],
/// [`Error::StageForbids`] where H_M < 0 (that account is liquidated instead), [`Error::Bankrupt`]
/// where the raw value after is below zero, [`Error::OracleGate`],
/// [`Error::InsufficientBalance`], [`Error::CollateralSlotsFull`], [`Error::ReceiverUnhealthy`].
#[allow(clippy::too_many_arguments)]
pub fn convert(
    board: &Board,
    debtor: &mut MarginAccount,
    buyer: &mut MarginAccount,
    deltas: &mut Deltas,
    bank: u8,
    largest: u64,
    strain: Strain,
    around: &Circumstances,
) -> Result<Seized> {
    if same_account(debtor, buyer) {
        return Err(Error::SelfLiquidation);
    }
    let now = around.now;
    ledger::touch_quote(board, debtor, deltas)?;
    let debt = debtor.quote.min(0).unsigned_abs();
    if debt == 0 {
        return Err(Error::NothingToTake);
    }
    let pressing = pressing(board, debtor, debt, strain, now)?;
    if health::eligibility(board, debtor, now, around.paused)?.surplus()? < 0 {
        return Err(Error::StageForbids);
    }
    let held = |c: &bulwark_state::Collateral| c.active != 0 && c.bank == bank;
    let slot = debtor
        .collaterals
        .iter()
        .position(held)
        .ok_or(Error::InsufficientBalance)?;
    let entry = board.banks.get(usize::from(bank)).ok_or(Error::BadIndex)?;
    let weight = bank_weights(board, entry, now)?.maintenance;
    let most = ONE_E9
        .checked_sub(weight)
        .ok_or(Error::BadValue)?
        .min(ppm_to_e9(strain.totals.convert_discount_ppm));
    let discount = mul_div_floor(most, pressing, ONE_E9).ok_or(Error::Overflow)?;
    let lot = Lot::new(board, debtor, slot, discount, false, now)?;
    let units = lot.units_for(debt, lot.price).min(largest);
    if units == 0 {
        return Err(Error::NothingToTake);
    }
    let sold = lot.sell(board, debtor, buyer, deltas, units, around.uncovered, now)?;
    if health::raw_value(board, debtor, now)? < 0 {
        return Err(Error::Bankrupt);
    }
    ledger::update_live(debtor, deltas)?;
    ledger::update_live(buyer, deltas)?;
    if !health::initial_ok(board, buyer, now, around.receiver_scale_ppm)? {
        return Err(Error::ReceiverUnhealthy);
    }
    Ok(Seized {
        discount_e9: discount,
        ..sold
    })
}

/// How far the most pressing of the three reasons has gone, e9: from its threshold to all of the
/// vault lent, to twice the age, to all of the collateral.
fn pressing(
    board: &Board,
    debtor: &MarginAccount,
    debt: u64,
    strain: Strain,
    now: Now,
) -> Result<u64> {
    let mut collateral = 0u64;
    for token in debtor.collaterals.iter().filter(|c| c.active != 0) {
        let value = token_value(board, token.bank, token.amount, now)?
            .max(0)
            .unsigned_abs();
        collateral = collateral.checked_add(value).ok_or(Error::Overflow)?;
    }
    let age = if debtor.debt_at == 0 {
        0
    } else {
        now.unix.saturating_sub(debtor.debt_at)
    };
    let age = age.max(0).unsigned_abs();
    // No quotient: more than 64 bits, or no collateral at all.
    let share = mul_div_floor(debt, u64::from(PPM), collateral).unwrap_or(u64::MAX);
    let (totals, whole) = (strain.totals, u64::from(PPM));
    let (kink, most) = (totals.kink_high_ppm, u64::from(totals.convert_share_ppm));
    let oldest = u64::from(totals.convert_age);
    let reasons = [
        beyond(u64::from(strain.utilisation_ppm), u64::from(kink), whole),
        beyond(age, oldest, oldest.saturating_mul(2)),
        beyond(share, most, whole),
    ];
    reasons.into_iter().flatten().max().ok_or(Error::NotNeeded)
}

/// How far `value` lies between `from` and `to`, e9, at most one; none at or below `from`. A limit
/// of zero is none.
fn beyond(value: u64, from: u64, to: u64) -> Option<u64> {
    if from == 0 {
        return None;
    }
    let walked = value.checked_sub(from).filter(|walked| *walked != 0)?;
    let span = to.checked_sub(from)?;
    if walked >= span {
        return Some(ONE_E9);
    }
    mul_div_floor(ONE_E9, walked, span)
}
