//! Reads oracle accounts into the Board: the newest publish time wins, and margin targets follow.
//!
//! Anybody CAN, in every mode but Recovery, as often as wanted: posting more often moves no margin
//! (D5). Nobody CAN choose a price for one use: one feed has one price for all (INV-ONEPRICE).
//!
//! Behind the named accounts come, in this order: for each entry of `feeds` its oracle account,
//! then (bit 7 of the entry) the account of its second source; then any markets, whose open
//! interest and price band are copied; then any banks, each followed by its vault, whose coverage
//! is copied.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::{Now, coverage, feed::Accepted, refresh as rule};
use bulwark_state::{Board, Compartment};

use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::guard::{Guard, last_restart};
use crate::invariant;
use crate::oracle;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, Layout, MarketState, ProtocolState, same,
};
use crate::token;

/// Bit of an entry of `feeds`: the second source's account follows.
pub const WITH_SECOND: u8 = 1 << 7;

/// Accounts of `refresh`; oracles, markets, banks with their vaults follow.
#[derive(Accounts)]
pub struct Refresh<'info> {
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
}

/// Refreshes. Returns one byte per feed: 0 nothing new, 1 second source only, 2 unconfirmed jump,
/// 3 accepted, 4 accepted and sampled. An instruction that changes nothing is refused.
pub fn refresh<'info>(ctx: Context<'info, Refresh<'info>>, feeds: Vec<u8>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.permit(Action::Refresh)?;
    let mut rest = ctx.remaining_accounts.iter();
    let mut outcomes = Vec::with_capacity(feeds.len());
    let restart = last_restart()?;
    let mut board = accounts.board.write()?;
    {
        let compartment = accounts.compartment.read()?;
        let forward = rule::begin(&mut board, &compartment.clock, guard.now).or_refuse()?;
        ensure(forward, BulwarkError::NothingRefreshed)?;
    }
    for entry in feeds {
        outcomes.push(read_feed(
            &mut board,
            entry,
            &mut rest,
            (guard.now, restart),
        )?);
    }
    let copied = copy_rest(&mut board, &*accounts.compartment.read()?, &mut rest)?;
    let news = copied || outcomes.iter().any(|outcome| *outcome != 0);
    ensure(news, BulwarkError::NothingRefreshed)?;
    invariant::board(&board)?;
    anchor_lang::solana_program::program::set_return_data(&outcomes);
    Ok(())
}

#[inline(never)]
fn read_feed<'info>(
    board: &mut Board,
    entry: u8,
    rest: &mut impl Iterator<Item = &'info AccountInfo<'info>>,
    (now, restart): (Now, u64),
) -> Result<u8> {
    let missing = || refusal(BulwarkError::MissingAccount);
    let index = entry & !WITH_SECOND;
    let listed = board
        .feeds
        .get(usize::from(index))
        .filter(|feed| feed.active == 1);
    let feed = listed.ok_or_else(|| refusal(BulwarkError::BadIndex))?;
    let reading = oracle::read(
        rest.next().ok_or_else(missing)?,
        &feed.source,
        feed.unit_exp,
    )?;
    let second = if entry & WITH_SECOND == 0 {
        None
    } else {
        let account = rest.next().ok_or_else(missing)?;
        Some(oracle::read(account, &feed.second, feed.unit_exp)?)
    };
    rule::note_restart(board, index, restart);
    let accepted = rule::feed(board, index, &reading, second.as_ref(), now).or_refuse()?;
    let feed = board.feeds.get(usize::from(index)).or_refuse()?;
    invariant::feed(feed)?;
    Ok(match accepted {
        Accepted::Nothing(_) => 0,
        Accepted::SecondOnly(_) => 1,
        Accepted::Unconfirmed => 2,
        Accepted::Print(printed) => 3 + u8::from(printed.sampled),
    })
}

/// Copies open interest of markets and coverage of banks. Whether there was any.
#[inline(never)]
fn copy_rest<'info>(
    board: &mut Board,
    compartment: &Compartment,
    rest: &mut impl Iterator<Item = &'info AccountInfo<'info>>,
) -> Result<bool> {
    let mut any = false;
    while let Some(info) = rest.next() {
        any = true;
        if is_market(info)? {
            let loader = AccountLoader::<MarketState>::try_from(info)?;
            let market = loader.read()?;
            let known = compartment.markets.get(usize::from(market.index));
            ensure(
                known.is_some_and(|key| same(key, info.key)),
                BulwarkError::WrongMarket,
            )?;
            let seat = board
                .markets
                .get_mut(usize::from(market.index))
                .or_refuse()?;
            seat.open_interest = market.oi_long;
            (seat.watch.k, seat.watch.min_ppm) = (market.band.k, market.band.min_ppm);
            continue;
        }
        let loader = AccountLoader::<BankState>::try_from(info)?;
        let bank = loader.read()?;
        let known = compartment.banks.get(usize::from(bank.index));
        ensure(
            known.is_some_and(|key| same(key, info.key)),
            BulwarkError::WrongBank,
        )?;
        let vault = rest
            .next()
            .ok_or_else(|| refusal(BulwarkError::MissingAccount))?;
        token::check_vault(&bank, vault)?;
        let covered = coverage::coverage(&bank, token::balance(vault)?).or_refuse()?;
        let seat = board.banks.get_mut(usize::from(bank.index)).or_refuse()?;
        seat.coverage_e9 = covered.e9().or_refuse()?;
    }
    Ok(any)
}

/// Whether an account says that it is a market; the loader checks it.
fn is_market(info: &AccountInfo) -> Result<bool> {
    let data = info.try_borrow_data()?;
    Ok(data.starts_with(MarketState::DISCRIMINATOR) && data.len() == MarketState::SPACE)
}
