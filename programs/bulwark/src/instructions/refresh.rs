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
use bulwark_core::feed::{Accepted, Reading};
use bulwark_core::permits::Action;
use bulwark_core::{Now, coverage, refresh as rule};
use bulwark_state::Board;

use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{Kind, Listing, PricesRefreshedHead, Read, read};
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
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// CHECK: the Board of the compartment, checked by the handler: Anchor would write its
    /// discriminator once more at the end.
    #[account(mut)]
    pub board: UncheckedAccount<'info>,
    /// CHECK: signs the event's self-call, where its address is compared.
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: called for the event: the call finds no other program here.
    pub program: UncheckedAccount<'info>,
}

/// Refreshes. Returns one byte per feed: 0 nothing new, 1 second source only, 2 unconfirmed jump,
/// 3 accepted, 4 accepted and sampled. An instruction that changes nothing is refused.
pub fn refresh<'info>(ctx: Context<'info, Refresh<'info>>, mut feeds: Vec<u8>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    let board = AccountLoader::<BoardState>::try_from(&accounts.board)?;
    guard.board(&board)?;
    guard.permit(Action::Refresh)?;
    let mut rest = ctx.remaining_accounts.iter();
    let restart = last_restart()?;
    let told = {
        let mut board = board.write()?;
        let forward = rule::begin(&mut board, &guard.clock, guard.now).or_refuse()?;
        ensure(forward, BulwarkError::NothingRefreshed)?;
        let (caller, number) = (accounts.caller.key, guard.compartment);
        let event = PricesRefreshedHead {
            common: PricesRefreshedHead::head(guard.now, caller, number, board.sequence),
            closed_sum: guard.clock.closed_sum,
            closed_from: guard.clock.closed_from,
            closed_until: guard.clock.closed_until,
            restart_slot: restart,
        };
        let room = ctx
            .remaining_accounts
            .len()
            .saturating_mul(size_of::<Read>());
        let mut told = Told(Listing::new(&event, room), 0);
        // What became of each feed takes the place of its number.
        for entry in &mut feeds {
            let times = (guard.now, restart);
            *entry = read_feed(&mut board, *entry, &mut rest, times, &mut told)?;
        }
        let copied = copy_rest(&mut board, &accounts.compartment, &mut rest, &mut told)?;
        let news = copied || feeds.iter().any(|outcome| *outcome != 0);
        ensure(news, BulwarkError::NothingRefreshed)?;
        invariant::board(&board)?;
        told
    };
    let Told(event, count) = told;
    event.emit::<PricesRefreshedHead>(&accounts.event_authority, count.to_le_bytes())?;
    anchor_lang::solana_program::program::set_return_data(&feeds);
    Ok(())
}

/// The event as far as it is told, and how many reads it has.
struct Told(Listing, u32);

impl Told {
    #[inline(always)]
    fn push(&mut self, read: &Read) {
        self.0.push(read);
        self.1 = self.1.wrapping_add(1);
    }

    /// Tells of a source.
    #[inline(always)]
    fn source(&mut self, (kind, index): (u8, u8), reading: &Reading, outcome: u8) {
        self.push(&Read {
            kind,
            index,
            outcome,
            reserved: [0; 5],
            value: reading.price,
            conf: reading.conf,
            ema: reading.ema,
            publish_at: reading.publish_at,
        });
    }
}

#[inline(never)]
fn read_feed<'info>(
    board: &mut Board,
    entry: u8,
    rest: &mut impl Iterator<Item = &'info AccountInfo<'info>>,
    (now, restart): (Now, u64),
    told: &mut Told,
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
    let outcome = outcome(accepted);
    told.source((read::FIRST, index), &reading, outcome);
    if let Some(second) = &second {
        told.source((read::SECOND, index), second, outcome);
    }
    Ok(outcome)
}

/// What became of a feed, as a number.
pub fn outcome(accepted: Accepted) -> u8 {
    match accepted {
        Accepted::Nothing(_) => 0,
        Accepted::SecondOnly(_) => 1,
        Accepted::Unconfirmed => 2,
        Accepted::Print(printed) => 3 + u8::from(printed.sampled),
    }
}

/// Copies open interest of markets and coverage of banks. Whether there was any.
#[inline(never)]
fn copy_rest<'info>(
    board: &mut Board,
    compartment: &AccountLoader<'info, CompartmentState>,
    rest: &mut std::slice::Iter<'info, AccountInfo<'info>>,
    told: &mut Told,
) -> Result<bool> {
    if rest.len() == 0 {
        return Ok(false);
    }
    let compartment = compartment.read()?;
    while let Some(info) = rest.next() {
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
            told.push(&Read {
                kind: read::MARKET,
                index: market.index,
                value: market.oi_long,
                conf: market.band.k.into(),
                ema: market.band.min_ppm.into(),
                ..Read::default()
            });
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
        told.push(&Read {
            kind: read::BANK,
            index: bank.index,
            value: seat.coverage_e9,
            ..Read::default()
        });
    }
    Ok(true)
}

/// Whether an account says that it is a market; the loader checks it.
fn is_market(info: &AccountInfo) -> Result<bool> {
    let data = info.try_borrow_data()?;
    Ok(data.starts_with(MarketState::DISCRIMINATOR) && data.len() == MarketState::SPACE)
}
