//! What enters and leaves accounts: deposits, withdrawals, tickets, residual claims. Each is done
//! again by the functions that the program does it with, in their order.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark::event::{
    Deposited, MarginAccountCreated, ResidualCollected, TicketCranked, Withdrawn,
};
use bulwark_core::health::is_plain;
use bulwark_core::ledger::{fold, touch_quote};
use bulwark_core::outflow::{UsdLimit, charge, usd_limit};
use bulwark_core::withdrawal::{
    self, Deposit, Request, Seat, apply, can_close, held, plan_withdraw, serve, write_ticket,
};
use bulwark_core::{Now, delegate, migration, order};
use bulwark_state::{Bank, Deltas, MARGIN_VERSION, MarginAccount};
use bytemuck::allocation::zeroed_box;

use crate::event::Event;
use crate::ledger::{Compartment, Refused, counts, same};

/// Takes an event of money or of an account's life. Says whether it was one.
pub(super) fn take(to: &mut Compartment, event: &Event, now: Now) -> Result<bool> {
    match event {
        Event::MarginAccountCreated(made) => create(to, made, now)?,
        Event::MarginAccountClosed(closed) => {
            let mut account = to.lift(&closed.margin)?;
            let count = &mut account.event_sequence;
            counts("event of the account", count, closed.common.sequence)?;
            can_close(&account).refused("it isn't empty")?;
            prune_all(to, &closed.margin, &mut account, now)?;
        }
        Event::DelegateNamed(named) => own(to, &named.margin, named.common.sequence, |account| {
            let until = named.until;
            delegate::name(account, named.delegate_after.as_array(), until, now)
        })?,
        Event::AccountMigrated(moved) => {
            own(to, &moved.margin, moved.common.sequence, |account| {
                migration::migrate(account).map(|_| ())
            })?
        }
        Event::Deposited(moved) => deposit(to, moved, now)?,
        Event::Withdrawn(moved) => withdraw(to, moved, now)?,
        Event::TicketCranked(moved) => crank(to, moved, now)?,
        Event::ResidualCollected(moved) => collect(to, moved, now)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn address(to: &Compartment, made: &MarginAccountCreated) -> (Pubkey, u8) {
    let index = made.index.to_le_bytes();
    let [low, high, ..] = index;
    let seeds: [&[u8]; 4] = [
        bulwark::seeds::MARGIN,
        to.key.as_ref(),
        made.owner.as_ref(),
        &[low, high],
    ];
    Pubkey::find_program_address(&seeds, &bulwark::ID)
}

fn create(to: &mut Compartment, made: &MarginAccountCreated, now: Now) -> Result<()> {
    let mut account: Box<MarginAccount> = zeroed_box();
    account.compartment = to.key.to_bytes();
    account.owner = made.owner.to_bytes();
    account.version = MARGIN_VERSION;
    account.index = u16::try_from(made.index)?;
    let (key, bump) = address(to, made);
    same("its address", made.margin, key)?;
    account.bump = bump;
    let (named, until) = (made.delegate.as_array(), delegate::FOR_GOOD);
    delegate::name(&mut account, named, until, now).refused("its delegate")?;
    let count = &mut account.event_sequence;
    counts("event of the account", count, made.common.sequence)?;
    let old = to.margins.insert(made.margin, account);
    ensure!(old.is_none(), "it was created before");
    Ok(())
}

/// An act on one account that counts among its own events.
pub(super) fn own(
    to: &mut Compartment,
    key: &Pubkey,
    sequence: u64,
    act: impl FnOnce(&mut MarginAccount) -> bulwark_core::Result<()>,
) -> Result<()> {
    let account = to.margins.get_mut(key);
    let account = account.context("the account was never created")?;
    counts(
        "event of the account",
        &mut account.event_sequence,
        sequence,
    )?;
    act(account).refused("what it says")
}

/// Books cleared of the void orders of an account that closes.
fn prune_all(
    to: &mut Compartment,
    key: &Pubkey,
    account: &mut MarginAccount,
    now: Now,
) -> Result<()> {
    if account.order_epoch == 0 {
        return Ok(());
    }
    for venue in &mut to.markets {
        let index = venue.market.index;
        let pruned = order::prune(&mut venue.book, account, key.as_array(), index, now);
        pruned.refused("its void orders")?;
    }
    Ok(())
}

/// What an account holds of a bank, quote with its sign.
pub(super) fn balance(account: &MarginAccount, bank: u8) -> Result<i64> {
    if bank == 0 {
        return Ok(account.quote);
    }
    Ok(i64::try_from(held(account, bank))?)
}

/// What a bank owes: claims of a token, positive balances and tickets of quote.
fn total(bank: &Bank) -> Result<i64> {
    if bank.index != 0 {
        return Ok(i64::try_from(bank.claims)?);
    }
    let sum = bank.totals.positive.checked_add_unsigned(bank.tickets);
    sum.context("what it owes")
}

/// What every movement between a vault and an account begins with: its bank, what lay in the vault
/// (see [`Compartment::vault`]), and the next number among the events of the bank and of the
/// account, which is lent: lay it back.
pub(super) fn begin(
    to: &mut Compartment,
    (bank, margin): (&Pubkey, &Pubkey),
    counted: (u64, u64),
    (after, came, left): (u64, u64, u64),
) -> Result<(usize, u64, Box<MarginAccount>)> {
    let index = to.bank_at(bank)?;
    let before = to.vault(index, after, came, left)?;
    let mut account = to.lift(margin)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    counts("event of the bank", &mut bank.event_sequence, counted.0)?;
    let count = &mut account.event_sequence;
    counts("event of the account", count, counted.1)?;
    Ok((index, before, account))
}

fn deposit(to: &mut Compartment, moved: &Deposited, now: Now) -> Result<()> {
    let counted = (moved.common.sequence, moved.account_sequence);
    let moves = (moved.expected_after, moved.amount, 0);
    let keys = (&moved.bank, &moved.margin);
    let (index, vault, mut account) = begin(to, keys, counted, moves)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    let before = (balance(&account, bank.index)?, total(bank)?);
    same("before", (moved.balance_before, moved.total_before), before)?;
    let booking = Deposit {
        amount: moved.amount,
        vault,
        flow: &to.flow,
        limited: moved.limited != 0,
    };
    let board = Some(&*to.board);
    withdrawal::deposit(&mut account, bank, board, &booking, now).refused("the deposit")?;
    let after = (balance(&account, bank.index)?, total(bank)?);
    same("after", (moved.balance_after, moved.total_after), after)?;
    same("expected after", moved.expected_after, bank.expected)?;
    to.lay(&moved.margin, account);
    Ok(())
}

/// What the compartment's buckets left to a withdrawal.
fn limit(to: &mut Compartment, index: usize, vault: u64, told: u64, now: Now) -> Result<UsdLimit> {
    let quote_vault = match index {
        0 => vault,
        _ => to.vault(0, told, 0, 0)?,
    };
    let (board, flow) = (&to.board, &to.flow);
    let banks = to.banks.split_first_mut();
    let ((_, quote), others) = banks.context("no quote bank was listed")?;
    withdrawal::crank(quote, quote_vault, flow, now).refused("the quote bank")?;
    let other = index.checked_sub(1).and_then(|at| others.get(at));
    let other = other.map(|(_, bank)| &**bank);
    usd_limit(board, quote, other, flow, now).refused("the compartment's buckets")
}

fn withdraw(to: &mut Compartment, moved: &Withdrawn, now: Now) -> Result<()> {
    let counted = (moved.common.sequence, moved.account_sequence);
    let moves = (moved.expected_after, 0, moved.paid);
    let keys = (&moved.bank, &moved.margin);
    let (index, vault, mut account) = begin(to, keys, counted, moves)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    let before = (balance(&account, bank.index)?, total(bank)?);
    same("before", (moved.balance_before, moved.total_before), before)?;
    let plain = is_plain(&account);
    if moved.flags & 1 != 0 {
        let mut deltas = Deltas::default();
        touch_quote(&to.board, &mut account, &mut deltas).refused("its interest")?;
        fold(&mut bank.totals, &mut deltas).refused("its interest")?;
    }
    let amount = balance(&account, bank.index)?.checked_sub(moved.balance_after);
    if plain || index == 0 {
        same("another bank's buckets", moved.quote_expected_after, 0)?;
    }
    let limit = match plain {
        true => None,
        false => Some(limit(to, index, vault, moved.quote_expected_after, now)?),
    };
    let request = Request {
        amount: u64::try_from(amount.context("the amount")?)?,
        vault,
        flow: &to.flow,
        limit,
    };
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    let plan = plan_withdraw(&account, bank, &request, now).refused("the withdrawal")?;
    let applied = apply(&mut account, bank, &plan, now).refused("the withdrawal")?;
    let told = (
        moved.paid,
        moved.queued,
        moved.residual,
        moved.free,
        moved.collected,
    );
    let is = (
        applied.coins,
        applied.queued,
        plan.residual,
        plan.free,
        plan.collected,
    );
    same("paid, queued, residual, free, collected", told, is)?;
    same("a small exit", moved.flags >> 1 & 1 == 1, plan.small)?;
    let after = (balance(&account, bank.index)?, total(bank)?);
    if plan.charge != 0 {
        charge(to.quote()?, plan.charge).refused("the compartment's buckets")?;
    }
    same("after", (moved.balance_after, moved.total_after), after)?;
    let (_, bank) = to.banks.get(index).context("no such bank")?;
    same("expected after", moved.expected_after, bank.expected)?;
    if let Some(seat) = &applied.seat {
        ticket(to, moved, seat, now)?;
    }
    to.lay(&moved.margin, account);
    Ok(())
}

fn ticket(to: &mut Compartment, moved: &Withdrawn, seat: &Seat, now: Now) -> Result<()> {
    same("number of the ticket", moved.ticket, seat.number)?;
    let keys = [moved.bank, moved.margin, moved.destination].map(|key| key.to_bytes());
    let mut ticket: Box<bulwark_state::Ticket> = zeroed_box();
    write_ticket(&mut ticket, (keys[0], keys[1], keys[2]), seat, now);
    let [_, bump, ..] = moved.flags.to_le_bytes();
    ticket.bump = bump;
    let number = seat.number.to_le_bytes();
    let seeds: [&[u8]; 5] = [
        bulwark::seeds::TICKET,
        moved.bank.as_ref(),
        moved.margin.as_ref(),
        &number,
        &[bump],
    ];
    let key = Pubkey::create_program_address(&seeds, &bulwark::ID);
    to.tickets
        .insert(key.context("the ticket's address")?, ticket);
    Ok(())
}

fn crank(to: &mut Compartment, moved: &TicketCranked, now: Now) -> Result<()> {
    let counted = (moved.common.sequence, moved.account_sequence);
    let moves = (moved.expected_after, 0, moved.paid);
    let keys = (&moved.bank, &moved.margin);
    let (index, vault, mut account) = begin(to, keys, counted, moves)?;
    let ticket = to.tickets.remove(&moved.ticket);
    let mut ticket = ticket.context("no such ticket waits")?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    same("served before", moved.served_before, ticket.served)?;
    let served = serve(&mut ticket, &mut account, bank, (vault, &to.flow), now);
    let served = served.refused("the payment")?;
    same("served after", moved.served_after, ticket.served)?;
    let told = (
        moved.paid,
        moved.collected,
        moved.residual,
        moved.voided,
        moved.done,
    );
    let done = u64::from(served.done);
    let is = (
        served.coins,
        served.collected,
        served.residual,
        served.voided,
        done,
    );
    same("paid, collected, residual, voided, done", told, is)?;
    same("expected after", moved.expected_after, bank.expected)?;
    if !served.done {
        to.tickets.insert(moved.ticket, ticket);
    }
    to.lay(&moved.margin, account);
    Ok(())
}

fn collect(to: &mut Compartment, moved: &ResidualCollected, now: Now) -> Result<()> {
    let counted = (moved.common.sequence, moved.account_sequence);
    let moves = (moved.expected_after, 0, moved.paid);
    let keys = (&moved.bank, &moved.margin);
    let (index, vault, mut account) = begin(to, keys, counted, moves)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    let of = |bank: &Bank| (bank.residuals.total, bank.residuals.assigned);
    let told = (moved.residuals_before, moved.assigned_before);
    same("residuals and assigned before", told, of(bank))?;
    withdrawal::crank(bank, vault, &to.flow, now).refused("the bank")?;
    let counted = moved.counted != 0;
    let paid = withdrawal::collect_residual(&mut account, bank, vault, counted);
    same("paid", moved.paid, paid.refused("the claim")?)?;
    let told = (moved.residuals_after, moved.assigned_after);
    same("residuals and assigned after", told, of(bank))?;
    same("expected after", moved.expected_after, bank.expected)?;
    to.lay(&moved.margin, account);
    Ok(())
}
