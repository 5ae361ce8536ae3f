//! Winding up: tickets taken back, legs moved, collateral sold, the loss booked and allocated.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark::event::{AccountWoundUpHead, LegWoundUp};
use bulwark_core::ledger::{
    add_quote, fold, position_of, release_position, touch_quote, update_live,
};
use bulwark_core::liquidation::{clear_flag, credit, move_leg};
use bulwark_core::math::ppm_mul_floor;
use bulwark_core::withdrawal::{reclaim_quote, reclaim_token};
use bulwark_core::{Now, loss, order};
use bulwark_state::{Deltas, MarginAccount};

use super::liquidation::{Sale, insure, sweep_pot};
use crate::event::Event;
use crate::ledger::{Compartment, Refused, counts, same, sinks};

/// Takes a wind-up. Says whether it was one.
pub(super) fn take(to: &mut Compartment, event: &Event, now: Now) -> Result<bool> {
    let Event::AccountWoundUp(head, legs) = event else {
        return Ok(false);
    };
    let mut from = to.lift(&head.liquidatee)?;
    let mut into = to.lift(&head.receiver)?;
    to.ready(0, head.expected_after, head.transferred_in, 0)?;
    let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
    counts(
        "event of the bank",
        &mut quote.event_sequence,
        head.common.sequence,
    )?;
    let count = &mut from.event_sequence;
    counts("event of the liquidatee", count, head.liquidatee_sequence)?;
    counts(
        "event of the receiver",
        &mut into.event_sequence,
        head.receiver_sequence,
    )?;
    let mut deltas = Deltas::default();
    begin(to, &mut from, &mut deltas, now)?;
    let mut swept = 0_u64;
    for leg in legs {
        let dust = move_one(to, leg, &mut from, &mut into, now)?;
        swept = swept.checked_add(dust).context("swept")?;
    }
    sell(to, head, (&mut from, &mut into), &mut deltas, now)?;
    let loss = i64::try_from(head.loss)?;
    add_quote(&to.board, &mut from, loss, &mut deltas, now).refused("the loss")?;
    for leg in legs.iter().filter(|_| head.loss != 0) {
        let dust = allocate(to, leg)?;
        swept = swept.checked_add(dust).context("swept")?;
    }
    from.unflag_open = 0;
    if head.flagged_open == 0 {
        clear_flag(&mut from);
    }
    same("start of the clock", head.flagged_open, from.flagged_open)?;
    update_live(&mut from, &mut deltas).refused("the live count")?;
    update_live(&mut into, &mut deltas).refused("the live count")?;
    finish(to, head, legs, deltas, swept)?;
    same(
        "quote of the liquidatee after",
        head.liquidatee_quote_after,
        from.quote,
    )?;
    same(
        "quote of the receiver after",
        head.receiver_quote_after,
        into.quote,
    )?;
    to.lay(&head.liquidatee, from);
    to.lay(&head.receiver, into);
    Ok(true)
}

/// What waits in tickets comes back; orders are void; interest is booked.
fn begin(
    to: &mut Compartment,
    from: &mut MarginAccount,
    deltas: &mut Deltas,
    now: Now,
) -> Result<()> {
    let board = &to.board;
    for (_, bank) in &mut to.banks {
        if bank.index != 0 {
            reclaim_token(from, bank).refused("a ticket")?;
        } else if from.quote_claims.pending != 0 {
            reclaim_quote(board, from, bank, now).refused("a ticket")?;
        }
    }
    order::void_all(from);
    touch_quote(board, from, deltas).refused("its interest")
}

/// Moves one leg; the dust that its market's pot gave.
fn move_one(
    to: &mut Compartment,
    leg: &LegWoundUp,
    from: &mut MarginAccount,
    into: &mut MarginAccount,
    now: Now,
) -> Result<u64> {
    if leg.size == 0 {
        return Ok(0);
    }
    let venue = to.markets.get_mut(usize::try_from(leg.market)?);
    let market = &mut *venue.context("no such market")?.market;
    let slot = position_of(from, market.index).context("there is no such position")?;
    let base = from.positions.get(slot).map_or(0, |held| held.base);
    same("side", leg.long, u64::from(base > 0))?;
    let board = &to.board;
    let (size, notional) = (leg.size, leg.notional);
    move_leg(board, market, from, into, slot, size, notional, 0, now).refused("a leg")?;
    credit(board, into, leg.premium, &mut market.deltas, now).refused("a premium")?;
    release_position(from, slot);
    sweep_pot(market)
}

/// Sells what was sold: of each slot with proceeds the fraction that was wound up.
fn sell(
    to: &mut Compartment,
    head: &AccountWoundUpHead,
    (from, into): (&mut MarginAccount, &mut MarginAccount),
    deltas: &mut Deltas,
    now: Now,
) -> Result<()> {
    let fraction = u32::try_from(head.fraction_ppm)?;
    let mut sum = 0_u64;
    for (slot, paid) in head
        .sold
        .into_iter()
        .enumerate()
        .filter(|(_, paid)| *paid != 0)
    {
        let held = from.collaterals.get(slot).map_or(0, |held| held.amount);
        let sale = Sale {
            slot,
            units: ppm_mul_floor(held, fraction).context("units")?,
            paid,
            transferred: head.transferred_in != 0,
        };
        sale.book(&to.board, (from, into), deltas, now)?;
        sum = sum.checked_add(paid).context("proceeds")?;
    }
    same("proceeds", head.collateral_paid, sum)
}

/// Allocates a leg's share of the loss: its index, its pot; the dust that the pot gave.
fn allocate(to: &mut Compartment, leg: &LegWoundUp) -> Result<u64> {
    let venue = to.markets.get_mut(usize::try_from(leg.market)?);
    let market = &mut *venue.context("no such market")?.market;
    counts(
        "event of the market",
        &mut market.event_sequence,
        leg.market_sequence,
    )?;
    let (board, long) = (&mut to.board, leg.long != 0);
    loss::charge(board, market, leg.charged, long).refused("the loss index")?;
    sweep_pot(market)
}

fn finish(
    to: &mut Compartment,
    head: &AccountWoundUpHead,
    legs: &[LegWoundUp],
    mut deltas: Deltas,
    swept: u64,
) -> Result<()> {
    let sum = |start: u64, of: fn(&LegWoundUp) -> u64| {
        let sum = legs.iter().map(of).try_fold(start, u64::checked_add);
        sum.context("a sum of the legs")
    };
    let insured = sum(head.insured_without_leg, |leg| leg.insured)?;
    let drawn = sum(insured, |leg| leg.premium)?;
    let charged = sum(0, |leg| leg.charged)?;
    let deficit = sum(head.deficit_without_leg, |leg| leg.deficit)?;
    let borne = insured
        .checked_add(charged)
        .and_then(|sum| sum.checked_add(deficit));
    same("the loss, all its parts", Some(head.loss), borne)?;
    let insurance = (head.insurance_before, head.insurance_after);
    insure(to, insurance, drawn, swept)?;
    let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
    fold(&mut quote.totals, &mut deltas).refused("the totals")?;
    quote.expected = head.expected_after;
    let before = head.deficit_after.checked_sub(deficit);
    sinks(
        "deficit before",
        before.context("the deficit")?,
        quote.totals.deficit,
    )?;
    quote.totals.deficit = head.deficit_after;
    ensure!(head.receiver != Pubkey::default(), "nobody received it");
    Ok(())
}
