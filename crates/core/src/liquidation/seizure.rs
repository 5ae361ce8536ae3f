//! Collateral for debt (D7): a liquidatable account's tokens are sold against its negative quote,
//! worst weight first. The buyer receives collateral, never tokens of the vault, and pays from his
//! own quote, or with quote transferred in while the quote bank isn't covered.

use bulwark_state::{Board, Collateral, Deltas, Feed, MarginAccount};

use super::premium::{self, ONE_E9, Terms};
use super::{Circumstances, Standing, judge, not_worse, same_account};
use crate::error::{Error, Result};
use crate::gate::{self, Cell, LegUse, conditions, liquidation_price, maintenance_price};
use crate::health::{self, Measured, bank_weights};
use crate::ledger;
use crate::math::{
    mul_div_ceil, mul_div_floor, mul_pow10_div_ceil, mul_pow10_div_ceil_by, mul_pow10_div_floor,
};
use crate::order;
use crate::time::Now;
use crate::units::value_exponent;

/// κ of collateral, ppm: share of a haircut that the buyer may get.
pub const KAPPA_PPM: u32 = 500_000;
/// Open seconds over which the discount rises where nothing else makes it.
pub const RAMP_SECONDS: u64 = 60;

/// A sale of collateral.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seized {
    /// Bank index.
    pub bank: u8,
    /// Units of the token that moved.
    pub units: u64,
    /// Quote paid to the account, UsdE6.
    pub paid: u64,
    /// Of it to be transferred into the vault by the same instruction, UsdE6.
    pub transfer_in: u64,
    /// Discount to the oracle, e9.
    pub discount_e9: u64,
}

/// A token about to be sold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lot {
    /// Slot in `collaterals`.
    pub slot: usize,
    /// Bank index.
    pub bank: u8,
    /// Units held.
    pub held: u64,
    /// Oracle price that favours the account, less the discount, PriceE8, rounded up.
    pub price: u64,
    /// Decimal exponent of units × price.
    pub exponent: u32,
}

impl Lot {
    /// Prices the token in `slot` at `1 − discount` of the oracle. Fails with `OracleGate` where
    /// the gate closes it for seizing.
    pub(crate) fn new(
        board: &Board,
        account: &MarginAccount,
        slot: usize,
        discount_e9: u64,
        newest: bool,
        now: Now,
    ) -> Result<Self> {
        let token = account
            .collaterals
            .get(slot)
            .ok_or(Error::InsufficientBalance)?;
        if token.active == 0 || token.amount == 0 {
            return Err(Error::InsufficientBalance);
        }
        let bank = board
            .banks
            .get(usize::from(token.bank))
            .ok_or(Error::BadIndex)?;
        let feed = board
            .feeds
            .get(usize::from(bank.feed))
            .ok_or(Error::BadIndex)?;
        if !sellable(feed, now) {
            return Err(Error::OracleGate);
        }
        let part = ONE_E9.checked_sub(discount_e9).ok_or(Error::BadValue)?;
        let oracle = liquidation_price(feed, true, 0, newest, now)?;
        Ok(Self {
            slot,
            bank: token.bank,
            held: token.amount,
            price: mul_pow10_div_ceil::<9>(oracle, part).ok_or(Error::Overflow)?,
            exponent: value_exponent(bank.decimals, feed.unit_exp).ok_or(Error::BadValue)?,
        })
    }

    /// Proceeds of some units, UsdE6, rounded up.
    pub(crate) fn proceeds(&self, units: u64) -> Result<u64> {
        mul_pow10_div_ceil_by(units, self.price, self.exponent).ok_or(Error::Overflow)
    }

    /// The fewest units that raise at least `money` (UsdE6), at most what is held.
    pub(crate) fn units_for(&self, money: u64, price: u64) -> u64 {
        // 10^exponent beyond 64 bits is that of a token whose one unit is worth nothing.
        10u64
            .checked_pow(self.exponent)
            .and_then(|scale| mul_div_ceil(money, scale, price))
            .map_or(self.held, |units| units.min(self.held))
    }

    /// Moves units to the buyer and quote to the seller, both touched before.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn sell(
        &self,
        board: &Board,
        seller: &mut MarginAccount,
        buyer: &mut MarginAccount,
        deltas: &mut Deltas,
        units: u64,
        uncovered: bool,
        now: Now,
    ) -> Result<Seized> {
        let paid = self.proceeds(units)?;
        let credit = i64::try_from(paid).map_err(|_| Error::Overflow)?;
        if !uncovered {
            let debit = credit.checked_neg().ok_or(Error::Overflow)?;
            ledger::add_quote(board, buyer, debit, deltas, now)?;
            if buyer.quote < 0 {
                return Err(Error::InsufficientBalance);
            }
        }
        ledger::add_quote(board, seller, credit, deltas, now)?;
        hand_over(seller, buyer, self.slot, units)?;
        Ok(Seized {
            bank: self.bank,
            units,
            paid,
            transfer_in: if uncovered { paid } else { 0 },
            discount_e9: 0,
        })
    }
}

/// Whether the gate lets a token on this feed be seized or converted. Under both prices where two
/// differ is what health itself asks: it counts such a leg at the price that favours the account.
fn sellable(feed: &Feed, now: Now) -> bool {
    matches!(
        gate::cell(feed, LegUse::Convert, now),
        Cell::Yes | Cell::UnderBoth
    )
}

/// Moves units of the token in the seller's `slot` to the buyer.
///
/// # Errors
/// [`Error::InsufficientBalance`], [`Error::CollateralSlotsFull`].
pub fn hand_over(
    seller: &mut MarginAccount,
    buyer: &mut MarginAccount,
    slot: usize,
    units: u64,
) -> Result<()> {
    let from = seller
        .collaterals
        .get_mut(slot)
        .ok_or(Error::InsufficientBalance)?;
    let bank = from.bank;
    from.amount = from
        .amount
        .checked_sub(units)
        .ok_or(Error::InsufficientBalance)?;
    if from.amount == 0 && from.pending == 0 && from.residual == 0 {
        *from = Collateral::default();
    }
    receive(buyer, bank, units)
}

/// Adds units to an account's slot of the bank, taking a free slot where it has none.
fn receive(account: &mut MarginAccount, bank: u8, units: u64) -> Result<()> {
    let held = account
        .collaterals
        .iter()
        .position(|c| c.active != 0 && c.bank == bank);
    let free = || account.collaterals.iter().position(|c| c.active == 0);
    let slot = held.or_else(free).ok_or(Error::CollateralSlotsFull)?;
    let token = account
        .collaterals
        .get_mut(slot)
        .ok_or(Error::CollateralSlotsFull)?;
    token.active = 1;
    token.bank = bank;
    token.amount = token.amount.checked_add(units).ok_or(Error::Overflow)?;
    Ok(())
}

/// Buys collateral of a liquidatable account against its negative quote (D7): at most `largest`
/// units of `bank`, at most what the debt is, at most what lifts the account to LiquidationEnd. The
/// bank must be the one of the lowest maintenance weight that the gate leaves open. Discount
/// d = min(κ·(1 − w_M)·urgency, raw value/Σ oracle value of the collateral), proceeds rounded up.
/// Insurance tops nothing up here: no fee was paid on collateral that would bound it (a51).
///
/// Quote moves through `deltas`: the caller folds them into the quote bank, and moves
/// `transfer_in` into its vault.
///
/// # Errors
/// [`Error::SelfLiquidation`], those of [`judge`], [`Error::NothingToTake`] without debt,
/// [`Error::BadValue`] for a bank that isn't the worst, [`Error::OracleGate`],
/// [`Error::InsufficientBalance`] for a buyer with too little quote,
/// [`Error::CollateralSlotsFull`], [`Error::WouldWorsenHealth`], [`Error::ReceiverUnhealthy`].
pub fn seize(
    board: &Board,
    liquidatee: &mut MarginAccount,
    buyer: &mut MarginAccount,
    deltas: &mut Deltas,
    bank: u8,
    largest: u64,
    around: &Circumstances,
) -> Result<Seized> {
    if same_account(liquidatee, buyer) {
        return Err(Error::SelfLiquidation);
    }
    let now = around.now;
    order::void_all(liquidatee);
    ledger::touch_quote(board, liquidatee, deltas)?;
    let before = judge(board, liquidatee, RAMP_SECONDS, around)?;
    if liquidatee.quote >= 0 {
        return Err(Error::NothingToTake);
    }
    let slot = worst(board, liquidatee, now)?;
    if liquidatee
        .collaterals
        .get(slot)
        .is_none_or(|token| token.bank != bank)
    {
        return Err(Error::BadValue);
    }
    let discount = discount(board, liquidatee, slot, &before, now)?;
    let lot = Lot::new(board, liquidatee, slot, discount, before.critical, now)?;
    let units = needed(board, liquidatee, &lot, &before, now)?.min(largest);
    if units == 0 {
        return Err(Error::NothingToTake);
    }
    let sold = lot.sell(
        board,
        liquidatee,
        buyer,
        deltas,
        units,
        around.uncovered,
        now,
    )?;
    finish(board, liquidatee, buyer, deltas, &before, around)?;
    Ok(Seized {
        discount_e9: discount,
        ..sold
    })
}

/// Flag, live counts, INV-LIQ.
fn finish(
    board: &Board,
    liquidatee: &mut MarginAccount,
    buyer: &mut MarginAccount,
    deltas: &mut Deltas,
    before: &Standing,
    around: &Circumstances,
) -> Result<()> {
    let now = around.now;
    liquidatee.unflag_open = 0;
    if liquidatee.flagged_open == 0 {
        super::start_clock(board, liquidatee, now)?;
    }
    ledger::update_live(liquidatee, deltas)?;
    ledger::update_live(buyer, deltas)?;
    // Of the account only quote and one token have changed.
    let was = Measured {
        health: before.health,
        legs: before.legs,
    };
    let is = health::after_sale(board, liquidatee, before.measure, &was, now)?;
    not_worse(&before.health, &is)?;
    if !health::initial_ok(board, buyer, now, around.receiver_scale_ppm)? {
        return Err(Error::ReceiverUnhealthy);
    }
    Ok(())
}

/// The slot of the lowest maintenance weight among the tokens that the gate leaves open.
fn worst(board: &Board, account: &MarginAccount, now: Now) -> Result<usize> {
    let mut found: Option<(u64, usize)> = None;
    for (slot, token) in account.collaterals.iter().enumerate() {
        if token.active == 0 || token.amount == 0 {
            continue;
        }
        let bank = board
            .banks
            .get(usize::from(token.bank))
            .ok_or(Error::BadIndex)?;
        let feed = board
            .feeds
            .get(usize::from(bank.feed))
            .ok_or(Error::BadIndex)?;
        let weight = bank_weights(board, bank, now)?.maintenance;
        if sellable(feed, now) && found.is_none_or(|(lowest, _)| weight < lowest) {
            found = Some((weight, slot));
        }
    }
    found.map(|(_, slot)| slot).ok_or(Error::OracleGate)
}

/// min(κ·(1 − w_M)·urgency, raw value⁺/Σ oracle value), e9, rounded down.
fn discount(
    board: &Board,
    account: &MarginAccount,
    slot: usize,
    before: &Standing,
    now: Now,
) -> Result<u64> {
    let token = account
        .collaterals
        .get(slot)
        .ok_or(Error::InsufficientBalance)?;
    let bank = board
        .banks
        .get(usize::from(token.bank))
        .ok_or(Error::BadIndex)?;
    let weight = bank_weights(board, bank, now)?.maintenance;
    let haircut = ONE_E9.checked_sub(weight).ok_or(Error::BadValue)?;
    let terms = Terms {
        kappa_ppm: KAPPA_PPM,
        cap_ppm: KAPPA_PPM,
        fee_ppm: 0,
    };
    let wanted = premium::price(terms, haircut, ONE_E9, before.urgency_e9)?.premium_e9;
    let raw = before.raw.value.max(0).unsigned_abs();
    let whole = before.raw.tokens;
    // No quotient: more than 64 bits, so no limit.
    Ok(mul_div_floor(raw, ONE_E9, whole.max(1)).map_or(wanted, |limit| wanted.min(limit)))
}

/// Units that pay the debt or lift the account to LiquidationEnd, whichever is less.
fn needed(
    board: &Board,
    account: &MarginAccount,
    lot: &Lot,
    before: &Standing,
    now: Now,
) -> Result<u64> {
    let debt = lot.units_for(account.quote.min(0).unsigned_abs(), lot.price);
    let end = health::at_end(board, account, before.measure, before.legs, now)?;
    let shortfall = end.surplus()?.min(0).unsigned_abs();
    let bank = board
        .banks
        .get(usize::from(lot.bank))
        .ok_or(Error::BadIndex)?;
    let feed = board
        .feeds
        .get(usize::from(bank.feed))
        .ok_or(Error::BadIndex)?;
    let weights = bank_weights(board, bank, now)?;
    let haircut = ONE_E9
        .checked_sub(weights.maintenance)
        .ok_or(Error::BadValue)?;
    let haircut = u32::try_from(haircut.div_ceil(1_000)).map_err(|_| Error::Overflow)?;
    let faults = conditions(feed, now);
    let counted = maintenance_price(feed, &faults, true, haircut, before.measure.pair, now)?;
    let counted = if bank.price_cap == 0 {
        counted
    } else {
        counted.min(bank.price_cap)
    };
    let counted = mul_pow10_div_floor::<9>(counted, weights.end).ok_or(Error::Overflow)?;
    match lot.price.checked_sub(counted) {
        // A token that counts as much as it brings lifts nothing: only the debt is a bound.
        None | Some(0) => Ok(debt),
        Some(lift) => Ok(debt.min(lot.units_for(shortfall, lift))),
    }
}
