//! Parameters, and what two guardians tighten at once. Accounts: the compartment, its Board, then
//! the market or bank that is meant, or the insurance for what is the compartment's.

use anchor_lang::prelude::*;
use bulwark_core::guardian::{Setting, Subject};
use bulwark_core::params;
use bulwark_core::time::{open_seconds, open_seconds_of_market};
use bulwark_state::{Bank, BoardBank, BoardMarket, Compartment, Feed, Key, Market};

use super::{Go, Scene};
use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::invariant;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, InsuranceState, Layout, MarketState, same,
};

/// A copy outside of the frame.
fn copy<T: Clone>(of: &T) -> Vec<T> {
    std::slice::from_ref(of).to_vec()
}

/// The account at a place, if it is the one that the compartment names.
pub(super) fn named<'info, T: Layout>(
    scene: &Scene<'_, 'info>,
    place: usize,
    key: &Key,
    wrong: BulwarkError,
) -> Result<AccountLoader<'info, T>> {
    let account = scene.accounts.get(place);
    let account = account.ok_or(BulwarkError::MissingAccount)?;
    ensure(same(key, account.key), wrong)?;
    AccountLoader::try_from(account)
}

/// Compartment and Board, linked, and not more accounts than `count`.
pub(super) fn linked<'info>(
    scene: &Scene<'_, 'info>,
    id: u16,
    count: usize,
) -> Result<(
    AccountLoader<'info, CompartmentState>,
    AccountLoader<'info, BoardState>,
)> {
    ensure(scene.accounts.len() == count, BulwarkError::IncompleteSet)?;
    let first = scene.accounts.first().or_refuse()?;
    let compartment: AccountLoader<CompartmentState> = AccountLoader::try_from(first)?;
    let stored = compartment.read()?;
    ensure(
        same(&stored.protocol, scene.protocol),
        BulwarkError::WrongProtocol,
    )?;
    ensure(stored.id == id, BulwarkError::WrongCompartment)?;
    let board = named(scene, 1, &stored.board, BulwarkError::WrongBoard)?;
    drop(stored);
    let board: AccountLoader<BoardState> = board;
    ensure(board.read()?.locked == 0, BulwarkError::BoardLocked)?;
    Ok((compartment, board))
}

fn key_of<const N: usize>(keys: &[Key; N], count: u8, index: u8) -> Result<Key> {
    ensure(index < count, BulwarkError::BadIndex)?;
    Ok(*keys.get(usize::from(index)).or_refuse()?)
}

pub(super) fn market_key(compartment: &Compartment, index: u8) -> Result<Key> {
    key_of(&compartment.markets, compartment.market_count, index)
}

pub(super) fn bank_key(compartment: &Compartment, index: u8) -> Result<Key> {
    key_of(&compartment.banks, compartment.bank_count, index)
}

/// What changes a layout, its seat on the Board, at the feed and the open-second clock of both.
type Change<'a, T, S> = &'a dyn Fn(&mut T, &mut S, &Feed, u64) -> bulwark_core::Result<()>;

#[inline(never)]
fn on_market(
    scene: &Scene,
    (id, index): (u16, u8),
    change: Change<Market, BoardMarket>,
) -> Result<()> {
    let (compartment, board) = linked(scene, id, 3)?;
    let key = market_key(&*compartment.read()?, index)?;
    let market: AccountLoader<MarketState> = named(scene, 2, &key, BulwarkError::WrongMarket)?;
    let place = usize::from(index);
    let (mut own, mut seat);
    {
        let board = board.read()?;
        let stored = board.markets.get(place).or_refuse()?;
        let feed = board.feeds.get(usize::from(stored.feed)).or_refuse()?;
        let open = open_seconds_of_market(&board.clock, &stored.clock, scene.now.unix);
        (own, seat) = (copy(&*market.read()?), copy(stored));
        let (own, seat) = (own.first_mut().or_refuse()?, seat.first_mut().or_refuse()?);
        change(own, seat, feed, open).or_refuse()?;
        invariant::market(own)?;
        invariant::board_market(seat)?;
    }
    if scene.go == Go::Do {
        *market.write()? = *own.first().or_refuse()?;
        *board.write()?.markets.get_mut(place).or_refuse()? = *seat.first().or_refuse()?;
    }
    Ok(())
}

#[inline(never)]
fn on_bank(scene: &Scene, (id, index): (u16, u8), change: Change<Bank, BoardBank>) -> Result<()> {
    let (compartment, board) = linked(scene, id, 3)?;
    let key = bank_key(&*compartment.read()?, index)?;
    let bank: AccountLoader<BankState> = named(scene, 2, &key, BulwarkError::WrongBank)?;
    let place = usize::from(index);
    let (mut own, mut seat);
    {
        let board = board.read()?;
        let stored = board.banks.get(place).or_refuse()?;
        let feed = board.feeds.get(usize::from(stored.feed)).or_refuse()?;
        let open = open_seconds(&board.clock, scene.now.unix);
        (own, seat) = (copy(&*bank.read()?), copy(stored));
        let (own, seat) = (own.first_mut().or_refuse()?, seat.first_mut().or_refuse()?);
        change(own, seat, feed, open).or_refuse()?;
        invariant::bank(own)?;
        invariant::board_bank(seat, index)?;
    }
    if scene.go == Go::Do {
        *bank.write()? = *own.first().or_refuse()?;
        *board.write()?.banks.get_mut(place).or_refuse()? = *seat.first().or_refuse()?;
    }
    Ok(())
}

#[inline(never)]
fn on_feed(scene: &Scene, (id, index): (u16, u8), settings: &[Setting]) -> Result<()> {
    let (_, board) = linked(scene, id, 2)?;
    let mut feed;
    {
        let board = board.read()?;
        ensure(index < board.feed_count, BulwarkError::BadIndex)?;
        feed = copy(board.feeds.get(usize::from(index)).or_refuse()?);
        let shortest = params::shortest_horizon(&board, index);
        let feed = feed.first_mut().or_refuse()?;
        params::change_feed(feed, shortest, settings, scene.now).or_refuse()?;
        invariant::feed(feed)?;
    }
    if scene.go == Go::Do {
        let mut board = board.write()?;
        *board.feeds.get_mut(usize::from(index)).or_refuse()? = *feed.first().or_refuse()?;
    }
    Ok(())
}

#[inline(never)]
fn on_compartment(scene: &Scene, id: u16, settings: &[Setting]) -> Result<()> {
    let (compartment, board) = linked(scene, id, 3)?;
    let key = compartment.read()?.insurance;
    let insurance = named(scene, 2, &key, BulwarkError::WrongInsurance)?;
    let insurance: AccountLoader<InsuranceState> = insurance;
    if scene.go == Go::Try {
        let mut copied = copy(&*insurance.read()?);
        let copied = copied.first_mut().or_refuse()?;
        return params::change_insurance(&*board.read()?, copied, settings).or_refuse();
    }
    let (mut board, mut insurance) = (board.write()?, insurance.write()?);
    params::change_compartment(&mut board, &mut insurance, settings).or_refuse()?;
    invariant::board(&board)?;
    invariant::insurance(&insurance)
}

/// Sets parameters of one subject, together.
pub fn set_parameters(
    scene: &Scene,
    id: u16,
    subject: Subject,
    settings: &[Setting],
) -> Result<()> {
    let now = scene.now;
    match subject {
        Subject::Compartment => on_compartment(scene, id, settings),
        Subject::Feed(index) => on_feed(scene, (id, index), settings),
        Subject::Bank(index) => on_bank(scene, (id, index), &|bank, seat, feed, open| {
            params::change_bank(bank, seat, feed, settings, open, now)
        }),
        Subject::Market(index) => on_market(scene, (id, index), &|market, seat, feed, open| {
            params::change_market(market, seat, feed, settings, open, now)
        }),
    }
}

/// Tightens a market or a bank for hours.
pub fn tighten(scene: &Scene, id: u16, subject: Subject, setting: Setting) -> Result<()> {
    let (now, slot_ms) = (scene.now, scene.slot_ms);
    match subject {
        Subject::Bank(index) => on_bank(scene, (id, index), &|bank, seat, _, _| {
            params::tighten_bank(bank, seat, setting, slot_ms, now)
        }),
        Subject::Market(index) => on_market(scene, (id, index), &|market, _, _, _| {
            params::tighten_market(market, setting, slot_ms, now)
        }),
        _ => Err(refusal(BulwarkError::BadAction)),
    }
}
