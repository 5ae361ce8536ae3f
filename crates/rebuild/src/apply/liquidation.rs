//! Flags, take-overs, sales of collateral, settled losses.

use anyhow::{Context, Result};
use bulwark::event::{CollateralSold, LossSettled, PositionTakenOver};
use bulwark_core::coverage::{note_claims, own_claims};
use bulwark_core::ledger::{
    add_quote, fold, position_of, release_position, touch_position, touch_quote, update_live,
};
use bulwark_core::liquidation::{self, Circumstances, clear_flag, debit, hand_over};
use bulwark_core::mode::Mode;
use bulwark_core::outflow::{Flow, carry};
use bulwark_core::withdrawal::expect_in;
use bulwark_core::{Now, order};
use bulwark_state::{Board, Deltas, MarginAccount};

use super::money::own;
use crate::event::Event;
use crate::ledger::{Compartment, Refused, counts, same};

/// Takes an event of liquidation. Says whether it was one.
pub(super) fn take(to: &mut Compartment, event: &Event, now: Now) -> Result<bool> {
    match event {
        Event::AccountFlagged(flag) => own(to, &flag.margin, flag.common.sequence, |account| {
            account.flagged_open = flag.flagged_open;
            account.flagged_at = now.unix;
            Ok(())
        })?,
        Event::AccountUnflagged(flag) => own(to, &flag.margin, flag.common.sequence, |account| {
            if flag.cleared != 0 {
                clear_flag(account);
            }
            account.unflag_open = flag.unflag_open;
            Ok(())
        })?,
        Event::StageChanged(stage) => own(to, &stage.margin, stage.common.sequence, |account| {
            account.stage_noted =
                u8::try_from(stage.after).map_err(|_| bulwark_core::Error::BadValue)?;
            Ok(())
        })?,
        Event::PositionTakenOver(taken) => take_over(to, taken, now)?,
        Event::CollateralSold(sold) => sell(to, sold, now)?,
        Event::LossSettled(settled) => settle(to, settled, now)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// The clock of an account that is liquidated: it runs from now on if it didn't.
fn clock(account: &mut MarginAccount, open: u64, now: Now) -> Result<()> {
    account.unflag_open = 0;
    if account.flagged_open == 0 {
        account.flagged_open = open;
        account.flagged_at = now.unix;
    }
    same("start of the clock", open, account.flagged_open)
}

fn take_over(to: &mut Compartment, taken: &PositionTakenOver, now: Now) -> Result<()> {
    let index = to.market_at(&taken.market)?;
    let mut from = to.lift(&taken.liquidatee)?;
    let mut into = to.lift(&taken.receiver)?;
    let venue = to.markets.get_mut(index).context("no such market")?;
    let (board, market) = (&to.board, &mut *venue.market);
    counts(
        "event of the market",
        &mut market.event_sequence,
        taken.common.sequence,
    )?;
    let count = &mut from.event_sequence;
    counts("event of the liquidatee", count, taken.liquidatee_sequence)?;
    counts(
        "event of the receiver",
        &mut into.event_sequence,
        taken.receiver_sequence,
    )?;
    let insurance = &mut *to.insurance;
    same(
        "insurance before",
        taken.insurance_before,
        insurance.balance,
    )?;
    // Grace and what a receiver must have permit it or not: it was.
    let around = Circumstances {
        now,
        paused: to.flow.divisor == Flow::of(Mode::Paused).divisor,
        grace: false,
        receiver_scale_ppm: 0,
        uncovered: false,
    };
    let (both, size) = ((&mut *from, &mut *into), taken.size);
    let done = liquidation::take_over(board, market, both.0, both.1, insurance, size, &around);
    let done = done.refused("the position")?;
    let told = (taken.size, taken.price, taken.notional, taken.long);
    let is = (done.size, done.price, done.notional, u64::from(done.long));
    same("size, price, notional, side", told, is)?;
    let told = (taken.premium, taken.top_up, taken.fee);
    let is = (done.premium, done.top_up, done.fee);
    same("premium, top-up, fee", told, is)?;
    same("insurance after", taken.insurance_after, insurance.balance)?;
    same("start of the clock", taken.flagged_open, from.flagged_open)?;
    let told = (taken.liquidatee_quote_after, taken.receiver_quote_after);
    same("quote of both after", told, (from.quote, into.quote))?;
    to.lay(&taken.liquidatee, from);
    to.lay(&taken.receiver, into);
    Ok(())
}

/// Collateral in a slot of the seller against quote; the buyer pays from his own unless he
/// transferred it in.
pub(super) struct Sale {
    pub slot: usize,
    pub units: u64,
    pub paid: u64,
    pub transferred: bool,
}

impl Sale {
    pub fn book(
        &self,
        board: &Board,
        (seller, buyer): (&mut MarginAccount, &mut MarginAccount),
        deltas: &mut Deltas,
        now: Now,
    ) -> Result<()> {
        let paid = i64::try_from(self.paid)?;
        if !self.transferred {
            add_quote(board, buyer, -paid, deltas, now).refused("the price")?;
        }
        add_quote(board, seller, paid, deltas, now).refused("the price")?;
        hand_over(seller, buyer, self.slot, self.units).refused("the token")
    }
}

fn sell(to: &mut Compartment, sold: &CollateralSold, now: Now) -> Result<()> {
    let flow = to.flow;
    let mut seller = to.lift(&sold.seller)?;
    let mut buyer = to.lift(&sold.buyer)?;
    let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
    counts(
        "event of the bank",
        &mut quote.event_sequence,
        sold.common.sequence,
    )?;
    carry(quote, &flow, now).refused("the quote bank")?;
    counts(
        "event of the seller",
        &mut seller.event_sequence,
        sold.seller_sequence,
    )?;
    counts(
        "event of the buyer",
        &mut buyer.event_sequence,
        sold.buyer_sequence,
    )?;
    let mut deltas = Deltas::default();
    if sold.conversion == 0 {
        order::void_all(&mut seller);
    }
    touch_quote(&to.board, &mut seller, &mut deltas).refused("its interest")?;
    let mut held = seller.collaterals.iter();
    let slot = held.position(|held| held.active != 0 && u64::from(held.bank) == sold.bank);
    let sale = Sale {
        slot: slot.context("the seller has no such token")?,
        units: sold.units,
        paid: sold.paid,
        transferred: sold.transferred_in != 0,
    };
    let parties = (&mut *seller, &mut *buyer);
    sale.book(&to.board, parties, &mut deltas, now)?;
    if sold.conversion == 0 {
        clock(&mut seller, sold.flagged_open, now)?;
    }
    update_live(&mut seller, &mut deltas).refused("the live count")?;
    update_live(&mut buyer, &mut deltas).refused("the live count")?;
    let before = own_claims(quote).refused("its claims")?;
    fold(&mut quote.totals, &mut deltas).refused("the totals")?;
    let after = own_claims(quote).refused("its claims")?;
    note_claims(quote, before, after).refused("its claims")?;
    expect_in(quote, sold.transferred_in).refused("the payment")?;
    same("expected after", sold.expected_after, quote.expected)?;
    same(
        "quote of the seller after",
        sold.seller_quote_after,
        seller.quote,
    )?;
    same(
        "quote of the buyer after",
        sold.buyer_quote_after,
        buyer.quote,
    )?;
    to.lay(&sold.seller, seller);
    to.lay(&sold.buyer, buyer);
    Ok(())
}

fn settle(to: &mut Compartment, settled: &LossSettled, now: Now) -> Result<()> {
    let index = to.market_at(&settled.market)?;
    let mut account = to.lift(&settled.margin)?;
    let venue = to.markets.get_mut(index).context("no such market")?;
    let (board, market) = (&to.board, &mut *venue.market);
    counts(
        "event of the market",
        &mut market.event_sequence,
        settled.common.sequence,
    )?;
    let count = &mut account.event_sequence;
    counts("event of the account", count, settled.account_sequence)?;
    same("quote before", settled.quote_before, account.quote)?;
    let slot = position_of(&account, market.index).context("there is no such position")?;
    touch_position(board, &mut account, slot, market).refused("the position")?;
    let loss = settled.loss;
    let leg = account
        .positions
        .get_mut(slot)
        .context("no such position")?;
    leg.quote = leg
        .quote
        .checked_add_unsigned(loss)
        .context("the quote leg")?;
    let sum = market.quote_sum.checked_add_unsigned(loss);
    market.quote_sum = sum.context("the quote sum")?;
    debit(board, &mut account, loss, &mut market.deltas, now).refused("the loss")?;
    release_position(&mut account, slot);
    update_live(&mut account, &mut market.deltas).refused("the live count")?;
    same("quote after", settled.quote_after, account.quote)?;
    to.lay(&settled.margin, account);
    Ok(())
}
