//! What enters and leaves: deposits, withdrawals, tickets, residual claims, interest.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark::event::{
    CheckedHead, Deposited, InterestAccrued, MarginAccountCreated, ResidualCollected,
    TicketCranked, Withdrawn,
};
use bulwark_core::ledger::{add_quote, fold, touch_quote, update_live};
use bulwark_core::math::ppm_mul_floor;
use bulwark_core::mode::Mode;
use bulwark_core::outflow::{Flow, note_void};
use bulwark_core::residual::{self, Collect};
use bulwark_core::staking::premium;
use bulwark_core::withdrawal::{
    self, Deposit, Plan, Served, apply, book_served, can_close, claim, held, write_ticket,
};
use bulwark_core::{Now, delegate, migration, order};
use bulwark_state::{Bank, Deltas, MARGIN_VERSION, MarginAccount, Wide};
use bytemuck::allocation::zeroed_box;

use crate::event::Event;
use crate::ledger::{Compartment, Refused, counts, same, sinks};

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
        Event::ResidualCollected(moved) => collect(to, moved)?,
        Event::InterestAccrued(moved) => accrue(to, moved, now)?,
        Event::BanksValued(valued) => {
            let (_, bank) = at(to, &valued.bank)?;
            counts(
                "event of the bank",
                &mut bank.event_sequence,
                valued.common.sequence,
            )?;
        }
        Event::SurplusSwept(found) => {
            let (index, bank) = at(to, &found.bank)?;
            counts(
                "event of the bank",
                &mut bank.event_sequence,
                found.common.sequence,
            )?;
            let came = found.expected_after.checked_sub(found.expected_before);
            let came = came.context("a sweep takes nothing")?;
            to.ready(index, found.expected_after, came, 0)?;
            let deficit = (found.deficit_before, found.deficit_after);
            let insurance = (found.insurance_before, found.insurance_after);
            let residuals = (found.residuals_before, found.residuals_after);
            new_money(to, index, came, residuals, deficit, insurance)?;
        }
        Event::Recapitalised(given) => {
            let (index, bank) = at(to, &given.bank)?;
            counts(
                "event of the bank",
                &mut bank.event_sequence,
                given.common.sequence,
            )?;
            to.ready(index, given.expected_after, given.amount, 0)?;
            let deficit = (given.deficit_before, given.deficit_after);
            let insurance = (given.insurance_before, given.insurance_after);
            let residuals = (given.residuals_before, given.residuals_after);
            new_money(to, index, given.amount, residuals, deficit, insurance)?;
        }
        Event::TreasuryPaid(paid) => {
            let (index, _) = at(to, &paid.bank)?;
            to.ready(index, paid.expected_after, 0, paid.amount)?;
            let (_, bank) = at(to, &paid.bank)?;
            let fell = paid.fees_before.checked_sub(paid.fees_after);
            let fell = fell.context("fees")?;
            let fees = bank.totals.fees.checked_sub(fell);
            bank.totals.fees = fees.context("fees")?;
            bank.expected = paid.expected_after;
        }
        Event::Checked(check, _) => reward(to, check, now)?,
        Event::InsuranceFunded(given) => {
            to.ready(0, given.expected_after, given.amount, 0)?;
            let (_, bank) = to.banks.first_mut().context("no quote bank was listed")?;
            counts(
                "event of the bank",
                &mut bank.event_sequence,
                given.common.sequence,
            )?;
            bank.expected = given.expected_after;
            same("insurance before", given.balance_before, to.insurance)?;
            let after = to.insurance.checked_add(given.amount);
            to.insurance = after.context("insurance")?;
            same("insurance after", given.balance_after, to.insurance)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// The bank at an address, with its index.
fn at<'a>(to: &'a mut Compartment, key: &Pubkey) -> Result<(usize, &'a mut Bank)> {
    let index = to.bank_at(key)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    Ok((index, bank))
}

fn create(to: &mut Compartment, made: &MarginAccountCreated, now: Now) -> Result<()> {
    let mut account: Box<MarginAccount> = zeroed_box();
    account.compartment = to.key.to_bytes();
    account.owner = made.owner.to_bytes();
    account.version = MARGIN_VERSION;
    account.index = u16::try_from(made.index)?;
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

/// What every movement between a vault and an account begins with: the vault's balance `after` it,
/// what `came` in and `left`, and the next number among the events of the bank and of the account,
/// which is lent: lay it back.
pub(super) fn begin(
    to: &mut Compartment,
    (bank, margin): (&Pubkey, &Pubkey),
    counted: (u64, u64),
    (after, came, left): (u64, u64, u64),
) -> Result<(usize, Box<MarginAccount>)> {
    let index = to.bank_at(bank)?;
    to.ready(index, after, came, left)?;
    let mut account = to.lift(margin)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    counts("event of the bank", &mut bank.event_sequence, counted.0)?;
    let count = &mut account.event_sequence;
    counts("event of the account", count, counted.1)?;
    Ok((index, account))
}

fn deposit(to: &mut Compartment, moved: &Deposited, now: Now) -> Result<()> {
    let counted = (moved.common.sequence, moved.account_sequence);
    let vault = (moved.expected_after, moved.amount, 0);
    let (index, mut account) = begin(to, (&moved.bank, &moved.margin), counted, vault)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    let before = balance(&account, bank.index)?;
    same("balance before", moved.balance_before, before)?;
    let booking = Deposit {
        amount: moved.amount,
        vault: bank.expected,
        flow: &Flow::of(Mode::Normal),
        limited: false,
    };
    let board = Some(&*to.board);
    withdrawal::deposit(&mut account, bank, board, &booking, now).refused("the deposit")?;
    same(
        "balance after",
        moved.balance_after,
        balance(&account, bank.index)?,
    )?;
    same("expected after", moved.expected_after, bank.expected)?;
    to.lay(&moved.margin, account);
    Ok(())
}

fn withdraw(to: &mut Compartment, moved: &Withdrawn, now: Now) -> Result<()> {
    let counted = (moved.common.sequence, moved.account_sequence);
    let vault = (moved.expected_after, 0, moved.paid);
    let (index, mut account) = begin(to, (&moved.bank, &moved.margin), counted, vault)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    let before = balance(&account, bank.index)?;
    same("balance before", moved.balance_before, before)?;
    if moved.flags & 1 != 0 {
        let mut deltas = Deltas::default();
        touch_quote(&to.board, &mut account, &mut deltas).refused("its interest")?;
        fold(&mut bank.totals, &mut deltas).refused("its interest")?;
    }
    let amount = balance(&account, bank.index)?.checked_sub(moved.balance_after);
    let amount = u64::try_from(amount.context("the amount")?)?;
    let paid = moved.paid.checked_sub(moved.collected);
    let paid = paid.context("more was collected than paid")?;
    let leaves = paid.checked_add(moved.residual).context("what leaves")?;
    let sum = leaves.checked_add(moved.queued);
    same("paid, residual and queued together", sum, Some(amount))?;
    let now_paid = leaves.checked_sub(moved.free);
    let plan = Plan {
        amount,
        free: moved.free,
        now: now_paid.context("more was free than left")?,
        lane: 0,
        queued: moved.queued,
        small: moved.flags & 2 != 0,
        paid,
        residual: moved.residual,
        collected: moved.collected,
        charge: 0,
        vault: bank.expected,
    };
    let applied = apply(&mut account, bank, &plan, now).refused("the withdrawal")?;
    same("coins", moved.paid, applied.coins)?;
    same(
        "balance after",
        moved.balance_after,
        balance(&account, bank.index)?,
    )?;
    same("expected after", moved.expected_after, bank.expected)?;
    if let Some(seat) = &applied.seat {
        same("number of the ticket", moved.ticket, seat.number)?;
        let keys = [moved.bank, moved.margin, moved.destination].map(|key| key.to_bytes());
        let mut ticket: Box<bulwark_state::Ticket> = zeroed_box();
        write_ticket(&mut ticket, (keys[0], keys[1], keys[2]), seat, now);
        let number = seat.number.to_le_bytes();
        let seeds: [&[u8]; 4] = [
            bulwark::seeds::TICKET,
            moved.bank.as_ref(),
            moved.margin.as_ref(),
            &number,
        ];
        let (key, bump) = Pubkey::find_program_address(&seeds, &bulwark::ID);
        ticket.bump = bump;
        to.tickets.insert(key, ticket);
    }
    to.lay(&moved.margin, account);
    Ok(())
}

fn crank(to: &mut Compartment, moved: &TicketCranked, now: Now) -> Result<()> {
    let counted = (moved.common.sequence, moved.account_sequence);
    let vault = (moved.expected_after, 0, moved.paid);
    let (index, mut account) = begin(to, (&moved.bank, &moved.margin), counted, vault)?;
    let ticket = to.tickets.remove(&moved.ticket);
    let mut ticket = ticket.context("no such ticket waits")?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    same("served before", moved.served_before, ticket.served)?;
    note_void(bank, &mut ticket, moved.voided, now).refused("what was voided")?;
    let nominal = moved.served_after.checked_sub(moved.served_before);
    let mut served = Served {
        coins: moved.paid,
        collected: moved.collected,
        nominal: nominal.context("served after")?,
        residual: moved.residual,
        voided: moved.voided,
        done: false,
    };
    let place = claim(&account, bank.index).filter(|_| served.nominal != 0);
    let due = match place {
        Some(place) => residual::due(place, &bank.residuals).refused("what is due")?,
        None => 0,
    };
    let coins = moved.collected;
    let due = Collect { due, coins };
    let booked = book_served(&mut ticket, &mut account, bank, (&mut served, due), now);
    booked.refused("the payment")?;
    same("done", moved.done, u64::from(served.done))?;
    same("expected after", moved.expected_after, bank.expected)?;
    if !served.done {
        to.tickets.insert(moved.ticket, ticket);
    }
    to.lay(&moved.margin, account);
    Ok(())
}

fn collect(to: &mut Compartment, moved: &ResidualCollected) -> Result<()> {
    let counted = (moved.common.sequence, moved.account_sequence);
    let vault = (moved.expected_after, 0, moved.paid);
    let (index, mut account) = begin(to, (&moved.bank, &moved.margin), counted, vault)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    same(
        "residuals before",
        moved.residuals_before,
        bank.residuals.total,
    )?;
    same(
        "assigned before",
        moved.assigned_before,
        bank.residuals.assigned,
    )?;
    let vault = bank.expected;
    let paid = withdrawal::collect_residual(&mut account, bank, vault, moved.counted != 0)
        .refused("the claim")?;
    same("paid", moved.paid, paid)?;
    same(
        "residuals after",
        moved.residuals_after,
        bank.residuals.total,
    )?;
    same(
        "assigned after",
        moved.assigned_after,
        bank.residuals.assigned,
    )?;
    same("expected after", moved.expected_after, bank.expected)?;
    to.lay(&moved.margin, account);
    Ok(())
}

/// New money: residual claims, the deficit and insurance before and after say where it went.
fn new_money(
    to: &mut Compartment,
    index: usize,
    came: u64,
    residuals: (u64, u64),
    deficit: (u64, u64),
    insurance: (u64, u64),
) -> Result<()> {
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    same("residuals before", residuals.0, bank.residuals.total)?;
    let assigned = residuals.0.checked_sub(residuals.1);
    let assigned = assigned.context("residuals grew by new money")?;
    ensure!(assigned <= came, "more was assigned than came");
    residual::assign(&mut bank.residuals, assigned).refused("what is assigned")?;
    bank.expected = bank.expected.checked_add(came).context("expected")?;
    if index != 0 {
        return Ok(());
    }
    sinks("deficit before", deficit.0, bank.totals.deficit)?;
    bank.totals.deficit = deficit.1;
    same("insurance before", insurance.0, to.insurance)?;
    to.insurance = insurance.1;
    Ok(())
}

fn accrue(to: &mut Compartment, moved: &InterestAccrued, now: Now) -> Result<()> {
    let (index, bank) = at(to, &moved.bank)?;
    counts(
        "event of the bank",
        &mut bank.event_sequence,
        moved.common.sequence,
    )?;
    sinks("deficit before", moved.deficit_before, bank.totals.deficit)?;
    bank.totals.deficit = moved.deficit_after;
    to.ready(index, moved.expected_after, 0, 0)?;
    let wide = |[lo, hi]: [u64; 2]| Wide { lo, hi };
    same(
        "lenders' index before",
        wide(moved.lend_before),
        to.board.lend_index,
    )?;
    same(
        "debtors' index before",
        wide(moved.debt_before),
        to.board.debt_index,
    )?;
    to.board.lend_index = wide(moved.lend_after);
    to.board.debt_index = wide(moved.debt_after);
    charge(to, moved, now)
}

/// What both sides of each market were charged for cover went into insurance. The share of it that
/// was used is told; what follows for each market is computed again.
fn charge(to: &mut Compartment, moved: &InterestAccrued, now: Now) -> Result<()> {
    let (board, insured) = (&mut *to.board, &mut *to.insured);
    for venue in &to.markets {
        premium::note(board, &venue.market).refused("open interest")?;
    }
    let used = moved.used_ppm.min(insured.premium_used_ppm);
    let yearly = ppm_mul_floor(insured.premium_ppm, u32::try_from(used)?);
    let yearly = yearly.context("the price of cover")?;
    let mut told = moved.charged.iter();
    let (mut sum, mut any) = (0_u64, false);
    for (venue, each) in to.markets.iter_mut().zip(told.by_ref()) {
        let done = premium::charge(board, &mut venue.market, yearly, now).refused("the premium")?;
        any |= done.is_some();
        same("premium of each side", *each, done.unwrap_or(0))?;
        let both = each.checked_mul(2);
        let more = both.and_then(|both| sum.checked_add(both));
        sum = more.context("the premium")?;
    }
    ensure!(told.all(|each| *each == 0), "no such market was listed");
    if any {
        insured.premium_used_ppm = moved.used_ppm;
    }
    same(
        "used of insurance",
        moved.used_ppm,
        insured.premium_used_ppm,
    )?;
    let total = insured.premium_total.checked_add(sum);
    insured.premium_total = total.context("the premium")?;
    let after = to.insurance.checked_add(sum);
    to.insurance = after.context("insurance")?;
    same("insurance after", moved.insurance_after, to.insurance)
}

/// What a check paid out of fees for a first latch.
fn reward(to: &mut Compartment, check: &CheckedHead, now: Now) -> Result<()> {
    if check.reward == 0 {
        return Ok(());
    }
    let mut account = to.lift(&check.reward_to)?;
    let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
    let change = i64::try_from(check.reward)?;
    let mut deltas = Deltas::default();
    add_quote(&to.board, &mut account, change, &mut deltas, now).refused("the reward")?;
    let fees = deltas.fees.checked_sub(change);
    deltas.fees = fees.context("fees")?;
    update_live(&mut account, &mut deltas).refused("the live count")?;
    fold(&mut quote.totals, &mut deltas).refused("the totals")?;
    to.lay(&check.reward_to, account);
    Ok(())
}
