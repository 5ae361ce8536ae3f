//! What ends alone, and what moves between accounts of one owner: markets that settle, banks that
//! close, transfers.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result};
use bulwark::event::{BankClosed, MarketWoundDown, PositionSettled, Transferred};
use bulwark_core::withdrawal::{self, Transfer};
use bulwark_core::{Now, settlement};

use super::money::balance;
use crate::event::Event;
use crate::ledger::{Compartment, Refused, counts, same};

/// Takes an event of these. Says whether it was one.
pub(super) fn take(to: &mut Compartment, event: &Event, now: Now) -> Result<bool> {
    match event {
        Event::MarketWoundDown(said) => wind_down(to, said)?,
        Event::PositionSettled(settled) => settle(to, settled, now)?,
        Event::BankClosed(closed) => close(to, closed, now)?,
        Event::Transferred(moved) => transfer(to, moved, now)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn wind_down(to: &mut Compartment, said: &MarketWoundDown) -> Result<()> {
    let index = to.market_at(&said.market)?;
    same("its number", usize::from(said.index), index)?;
    let seat = to.board.markets.get_mut(index).context("no such market")?;
    let market = &mut to.markets.get_mut(index).context("no such market")?.market;
    same("status before", said.status_before, market.status)?;
    (seat.status, market.status) = (said.status_after, said.status_after);
    (market.settle_at, market.settle_short) = (said.settle_at, said.short);
    seat.settle_price = said.price;
    Ok(())
}

fn close(to: &mut Compartment, closed: &BankClosed, now: Now) -> Result<()> {
    let index = to.bank_at(&closed.bank)?;
    same("its number", usize::from(closed.index), index)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank was listed")?;
    same("status before", closed.status_before, bank.status)?;
    settlement::close_bank(&mut to.board, bank, now).refused("the closing")
}

fn settle(to: &mut Compartment, settled: &PositionSettled, now: Now) -> Result<()> {
    let index = to.market_at(&settled.market)?;
    let mut account = to.lift(&settled.margin)?;
    let venue = to.markets.get_mut(index).context("no such market")?;
    let (market, book) = (&mut *venue.market, &mut *venue.book);
    let count = &mut market.event_sequence;
    counts("event of the market", count, settled.common.sequence)?;
    let count = &mut account.event_sequence;
    counts("event of the account", count, settled.account_sequence)?;
    let seat = to.board.markets.get(index).context("no such market")?;
    same("settlement price", settled.price, seat.settle_price)?;
    same("quote before", settled.quote_before, account.quote)?;
    let insurance = &mut *to.insurance;
    same(
        "insurance before",
        settled.insurance_before,
        insurance.balance,
    )?;
    let key = settled.margin.as_array();
    let (board, of) = (&to.board, (key, &mut *account));
    let closed = settlement::close_position(board, of, (market, book), insurance, now);
    let closed = closed.refused("the position")?;
    same("base", settled.base, closed.base)?;
    same("realised", settled.realised, closed.realised)?;
    same("orders", settled.orders, closed.orders.into())?;
    same("quote after", settled.quote_after, account.quote)?;
    same("pot after", settled.pot_after, venue.market.pot)?;
    same(
        "insurance after",
        settled.insurance_after,
        insurance.balance,
    )?;
    to.lay(&settled.margin, account);
    Ok(())
}

fn transfer(to: &mut Compartment, moved: &Transferred, now: Now) -> Result<()> {
    let index = to.bank_at(&moved.bank)?;
    let vault = to.vault(index, moved.expected_after, 0, 0)?;
    let mut giver = to.lift(&moved.from)?;
    let mut taker = to.lift(&moved.to)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    let owners = [giver.owner, taker.owner].map(Pubkey::new_from_array);
    same("owner of both", [moved.common.actor; 2], owners)?;
    let count = &mut bank.event_sequence;
    counts("event of the bank", count, moved.common.sequence)?;
    let count = &mut giver.event_sequence;
    counts("event of the giver", count, moved.from_sequence)?;
    let count = &mut taker.event_sequence;
    counts("event of the receiver", count, moved.to_sequence)?;
    let before = (balance(&giver, bank.index)?, balance(&taker, bank.index)?);
    same("before", (moved.from_before, moved.to_before), before)?;
    let booking = Transfer {
        amount: moved.amount,
        vault,
        flow: &to.flow,
    };
    let (board, both) = (Some(&*to.board), (&mut *giver, &mut *taker));
    let went = withdrawal::transfer(both, bank, board, &booking, now).refused("the transfer")?;
    let told = (moved.recent, moved.realised);
    same("what went along", told, (went.recent, went.realised))?;
    same("expected after", moved.expected_after, bank.expected)?;
    let after = (balance(&giver, bank.index)?, balance(&taker, bank.index)?);
    same("after", (moved.from_after, moved.to_after), after)?;
    to.lay(&moved.from, giver);
    to.lay(&moved.to, taker);
    Ok(())
}
