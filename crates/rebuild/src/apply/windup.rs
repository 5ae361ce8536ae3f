//! Winding up: tickets taken back, legs moved, collateral sold, the loss booked and allocated.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark::event::{AccountWoundUpHead, LegWoundUp};
use bulwark_core::coverage::{market_claims, note_claims, note_deficit, own_claims};
use bulwark_core::ledger::{
    add_quote, fold, position_of, release_position, touch_quote, update_live,
};
use bulwark_core::liquidation::{clear_flag, count_liquidated, credit, move_leg};
use bulwark_core::math::ppm_mul_floor;
use bulwark_core::outflow::carry;
use bulwark_core::withdrawal::{expect_in, reclaim_quote, reclaim_token};
use bulwark_core::{Now, loss, order};
use bulwark_state::{Deltas, MarginAccount};

use super::liquidation::Sale;
use crate::event::Event;
use crate::ledger::{Compartment, Refused, counts, same};

/// Takes a wind-up. Says whether it was one.
pub(super) fn take(to: &mut Compartment, event: &Event, now: Now) -> Result<bool> {
    let Event::AccountWoundUp(head, legs) = event else {
        return Ok(false);
    };
    let mut from = to.lift(&head.liquidatee)?;
    let mut into = to.lift(&head.receiver)?;
    let (flow, vault) = (
        to.flow,
        to.vault(0, head.expected_after, head.transferred_in, 0)?,
    );
    let quote = to.quote()?;
    counts(
        "event of the bank",
        &mut quote.event_sequence,
        head.common.sequence,
    )?;
    carry(quote, &flow, now).refused("the quote bank")?;
    let count = &mut from.event_sequence;
    counts("event of the liquidatee", count, head.liquidatee_sequence)?;
    counts(
        "event of the receiver",
        &mut into.event_sequence,
        head.receiver_sequence,
    )?;
    same(
        "insurance before",
        head.insurance_before,
        to.insurance.balance,
    )?;
    let mut deltas = Deltas::default();
    reclaim(to, &mut from, now)?;
    let claims = claims(to)?;
    order::void_all(&mut from);
    touch_quote(&to.board, &mut from, &mut deltas).refused("its interest")?;
    for leg in legs {
        move_one(to, leg, &mut from, &mut into, now)?;
    }
    sell(to, head, (&mut from, &mut into), &mut deltas, now)?;
    let loss = i64::try_from(head.loss)?;
    add_quote(&to.board, &mut from, loss, &mut deltas, now).refused("the loss")?;
    bear(to, head, legs, vault, now)?;
    from.unflag_open = 0;
    if head.flagged_open == 0 {
        clear_flag(&mut from);
    }
    same("start of the clock", head.flagged_open, from.flagged_open)?;
    update_live(&mut from, &mut deltas).refused("the live count")?;
    update_live(&mut into, &mut deltas).refused("the live count")?;
    let quote = to.quote()?;
    fold(&mut quote.totals, &mut deltas).refused("the totals")?;
    expect_in(quote, head.transferred_in).refused("the payment")?;
    let left = self::claims(to)?;
    note_claims(to.quote()?, claims, left).refused("its claims")?;
    finish(to, head)?;
    let told = (head.liquidatee_quote_after, head.receiver_quote_after);
    same("quote of both after", told, (from.quote, into.quote))?;
    to.lay(&head.liquidatee, from);
    to.lay(&head.receiver, into);
    Ok(true)
}

/// C as the quote bank and all markets count it: those without a leg count the same before and
/// after.
fn claims(to: &Compartment) -> Result<i64> {
    let (_, quote) = to.banks.first().context("no quote bank was listed")?;
    let mut sum = own_claims(quote).refused("its claims")?;
    for venue in &to.markets {
        let part = market_claims(&venue.market).refused("its claims")?;
        sum = sum.checked_add(part).context("its claims")?;
    }
    Ok(sum)
}

/// What waits in tickets comes back, of quote first.
fn reclaim(to: &mut Compartment, from: &mut MarginAccount, now: Now) -> Result<()> {
    let board = &to.board;
    for (_, bank) in &mut to.banks {
        if bank.index != 0 {
            reclaim_token(from, bank).refused("a ticket")?;
        } else if from.quote_claims.pending != 0 {
            reclaim_quote(board, from, bank, now).refused("a ticket")?;
        }
    }
    Ok(())
}

/// Moves one leg, for a premium from insurance.
fn move_one(
    to: &mut Compartment,
    leg: &LegWoundUp,
    from: &mut MarginAccount,
    into: &mut MarginAccount,
    now: Now,
) -> Result<()> {
    if leg.size == 0 {
        return Ok(());
    }
    let premium_ppm = to.quote()?.totals.wind_up_premium_ppm;
    let venue = to.markets.get_mut(usize::try_from(leg.market)?);
    let market = &mut *venue.context("no such market")?.market;
    let slot = position_of(from, market.index).context("there is no such position")?;
    let base = from.positions.get(slot).map_or(0, |held| held.base);
    same("side", leg.long, u64::from(base > 0))?;
    let (board, insurance) = (&to.board, &mut *to.insurance);
    let (size, notional) = (leg.size, leg.notional);
    move_leg(board, market, from, into, slot, size, notional, 0, now).refused("a leg")?;
    let wanted = ppm_mul_floor(notional, premium_ppm).context("the premium")?;
    let premium = loss::draw(insurance, Some(&mut market.draws), wanted, now);
    same("premium", leg.premium, premium.refused("a premium")?)?;
    credit(board, into, leg.premium, &mut market.deltas, now).refused("a premium")?;
    release_position(from, slot);
    count_liquidated(board, market, notional, now).refused("what was liquidated")?;
    loss::sweep_pot(market, insurance).refused("the pot")?;
    Ok(())
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

/// Who bears the loss: of each leg's share insurance, the gaining side, nobody.
fn bear(
    to: &mut Compartment,
    head: &AccountWoundUpHead,
    legs: &[LegWoundUp],
    vault: u64,
    now: Now,
) -> Result<()> {
    let before = to.quote()?.totals.deficit;
    let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
    let without = (head.insured_without_leg, head.deficit_without_leg);
    if legs.is_empty() && head.loss != 0 {
        let insurance = &mut *to.insurance;
        let rest = loss::allocate_without_leg(insurance, &mut quote.totals, head.loss, now);
        let rest = rest.refused("the loss")?;
        same("insured and deficit", without, (rest.insured, rest.deficit))?;
    } else {
        same("insured and deficit without a leg", without, (0, 0))?;
    }
    let mut borne = 0_u64;
    for leg in legs.iter().filter(|_| head.loss != 0) {
        let share = allocate(to, leg, now)?;
        borne = borne.checked_add(share).context("the loss")?;
    }
    if !legs.is_empty() {
        same("the loss, all its parts", head.loss, borne)?;
    }
    let insurance = to.insurance.balance;
    let quote = to.quote()?;
    let deficit = quote.totals.deficit.checked_sub(before);
    let deficit = deficit.context("the deficit")?;
    note_deficit(quote, deficit, insurance, vault).refused("the deficit")
}

/// Allocates a leg's share of the loss, which it returns.
fn allocate(to: &mut Compartment, leg: &LegWoundUp, now: Now) -> Result<u64> {
    let venue = to.markets.get_mut(usize::try_from(leg.market)?);
    let market = &mut *venue.context("no such market")?.market;
    let (board, insurance) = (&mut *to.board, &mut *to.insurance);
    let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
    let parts = [leg.insured, leg.charged, leg.deficit];
    let share = parts.into_iter().try_fold(0, u64::checked_add);
    let share = share.context("a share of the loss")?;
    let (totals, long) = (&mut quote.totals, leg.long != 0);
    let borne = loss::allocate(board, market, insurance, totals, share, long, now);
    let borne = borne.refused("a share of the loss")?;
    let is = [borne.insured, borne.charged, borne.deficit];
    same("insured, charged, deficit", parts, is)?;
    loss::sweep_pot(market, insurance).refused("the pot")?;
    let count = &mut market.event_sequence;
    counts("event of the market", count, leg.market_sequence)?;
    Ok(share)
}

fn finish(to: &mut Compartment, head: &AccountWoundUpHead) -> Result<()> {
    same(
        "insurance after",
        head.insurance_after,
        to.insurance.balance,
    )?;
    let quote = to.quote()?;
    same("expected after", head.expected_after, quote.expected)?;
    same("deficit after", head.deficit_after, quote.totals.deficit)?;
    ensure!(head.receiver != Pubkey::default(), "nobody received it");
    Ok(())
}
