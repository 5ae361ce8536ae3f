//! Recovery: what was announced, frozen and counted is told; marks, assignments and payments follow
//! from it by the rules of core.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark::event::{
    AccountMarked, AccountsMarkedHead, AuditBegun, AuditClosed, QuotePotAssigned,
    RecoveryAnnounced, RecoveryCounted, RecoveryFrozen, RecoveryMoneyAdded, RecoveryPaid,
    RecoveryUndone,
};
use bulwark::state::{Layout, RecoveryState};
use bulwark_core::mode::Phase;
use bulwark_core::recovery::{self, AUDIT, CLASSES, DEADLINE, STAKERS, UNDONE};
use bulwark_core::{Error, Now, assignment, time};
use bulwark_state::{MarginAccount, Recovery, Wide};
use bytemuck::allocation::zeroed_box;

use super::money::{begin, own};
use crate::commitment::{leaf_of, sha256};
use crate::event::Event;
use crate::ledger::{Compartment, Records, Refused, counts, same};

/// Takes an event of Recovery. Says whether it was one.
pub(super) fn take(to: &mut Compartment, event: &Event, now: Now) -> Result<bool> {
    match event {
        Event::DeficitNoted(noted) => {
            let (_, quote) = to.banks.first().context("no quote bank was listed")?;
            same("deficit", noted.deficit, quote.totals.deficit)?;
            let seen = &mut to.state.deficit_seen_at;
            same("the sight before", noted.seen_before, *seen)?;
            *seen = noted.seen_after;
        }
        Event::RecoveryAnnounced(said) => announce(to, said, now)?,
        Event::RecoveryUndone(said) => undo(to, said)?,
        Event::RecoveryFrozen(said) => freeze(to, said, now)?,
        Event::AuditBegun(said) => begin_audit(to, said, now)?,
        Event::AuditClosed(said) => close_audit(to, said, now)?,
        Event::ClaimsAssigned(said) => {
            own(to, &said.margin, said.common.sequence, |account| {
                let epoch = account.shadow.epoch;
                assignment::assign(account, said.to.as_array(), epoch)
            })?;
        }
        Event::RecoveryCounted(said) => count(to, said)?,
        Event::AccountsMarked(head, list) => mark(to, head, list, now)?,
        Event::QuotePotAssigned(said) => assign(to, said, now)?,
        Event::RecoveryPaid(paid) => pay(to, paid)?,
        Event::RecoveryMoneyAdded(added) => add_money(to, added)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// The latest Recovery, or the audit, if it is the one at an address.
fn latest<'a>(records: &'a mut Records, says: &Pubkey) -> Result<&'a mut Recovery> {
    if let Some((key, audit)) = &mut records.audit
        && key == says
    {
        return Ok(audit);
    }
    let (key, recovery) = records
        .recoveries
        .last_mut()
        .context("no Recovery was ever announced")?;
    same("address of the Recovery", says, key)?;
    Ok(recovery)
}

fn begin_audit(to: &mut Compartment, said: &AuditBegun, now: Now) -> Result<()> {
    let (_, record) = to.records.audit.get_or_insert_with(|| {
        let seeds: [&[u8]; 3] = [
            bulwark::seeds::RECOVERY,
            to.key.as_ref(),
            &AUDIT.to_le_bytes(),
        ];
        let (key, bump) = Pubkey::find_program_address(&seeds, &bulwark::ID);
        let mut record: Box<Recovery> = zeroed_box();
        record.compartment = to.key.to_bytes();
        (record.epoch, record.bump) = (AUDIT, bump);
        record.version = RecoveryState::VERSION;
        (key, record)
    });
    recovery::begin_audit(&to.board, record, now).refused("the audit")?;
    record.prices = said.prices;
    same("epoch", said.epoch, record.epoch.into())?;
    let (key, _) = to.records.audit.as_ref().context("an audit")?;
    same("address of the audit", &said.recovery, key)
}

fn close_audit(to: &mut Compartment, said: &AuditClosed, now: Now) -> Result<()> {
    let record = latest(&mut to.records, &said.recovery)?;
    recovery::close_audit(record, now).refused("the audit")?;
    let root = recovery::root(&record.frontier, record.leaves, sha256);
    record.root = root.refused("the root")?;
    let root = Pubkey::new_from_array(record.root.hash);
    same("root", said.root, root)?;
    let began = (record.announced_slot, record.announced_at);
    same("beginning", (said.began_slot, said.began_at), began)?;
    let counts = (record.leaves, record.live_count, record.changed);
    let told = (said.leaves, said.live_count, said.changed);
    same("leaves, live accounts, changed ones", told, counts)?;
    let sums = [
        record.quote_marked,
        record.changed_quote,
        record.quote_frozen,
    ];
    let told = [said.quote_unchanged, said.quote_changed, said.quote_owed];
    same(
        "sums of quote",
        told.map(i128::from),
        sums.map(|sum| sum.get()),
    )?;
    let quote = record.banks.first().context("no quote")?;
    same("quote that is held", said.quote_held, quote.assigned)
}

fn in_phase(recovery: &Recovery, phase: Phase) -> Result<()> {
    same("phase", phase as u8, recovery.phase)
}

fn announce(to: &mut Compartment, said: &RecoveryAnnounced, now: Now) -> Result<()> {
    let before = to.records.recoveries.last();
    let done = before.is_none_or(|(_, before)| before.phase == UNDONE);
    ensure!(done, "the Recovery before it was never undone");
    let epoch = before.map_or(0, |(_, before)| before.epoch);
    same("epoch", Some(said.epoch), epoch.checked_add(1))?;
    let cause = u8::try_from(said.cause)?;
    let cause = recovery::Cause::from_u8(cause).refused("its cause")?;
    let freeze_at = now.unix.checked_add_unsigned(cause.notice());
    same("time of the freeze", Some(said.freeze_at), freeze_at)?;
    let seeds: [&[u8]; 3] = [
        bulwark::seeds::RECOVERY,
        to.key.as_ref(),
        &said.epoch.to_le_bytes(),
    ];
    let (key, bump) = Pubkey::find_program_address(&seeds, &bulwark::ID);
    same("address of the Recovery", said.recovery, key)?;
    let mut recovery: Box<Recovery> = zeroed_box();
    recovery.compartment = to.key.to_bytes();
    recovery.prices = said.prices;
    recovery.announced_slot = now.slot;
    recovery.announced_at = now.unix;
    recovery.epoch = said.epoch;
    recovery.phase = Phase::Announced as u8;
    recovery.cause = cause as u8;
    recovery.bump = bump;
    recovery.version = RecoveryState::VERSION;
    let state = &mut *to.state;
    if cause == recovery::Cause::Guardian {
        state.guardian_recovery_at = now.unix;
    }
    (state.recovery_epoch, state.recovery_phase) = (said.epoch, recovery.phase);
    state.recovery_cause = recovery.cause;
    state.recovery_announced_at = now.unix;
    state.recovery_freeze_at = said.freeze_at;
    state.deficit_seen_at = 0;
    to.records.recoveries.push((key, recovery));
    for (feed, price) in to.board.feeds.iter_mut().zip(said.prices) {
        feed.announced = price;
    }
    Ok(())
}

fn undo(to: &mut Compartment, said: &RecoveryUndone) -> Result<()> {
    let recovery = latest(&mut to.records, &said.recovery)?;
    in_phase(recovery, Phase::Announced)?;
    let guardians = recovery::Cause::Guardian as u8;
    ensure!(recovery.cause != guardians, "the guardian's is final");
    recovery.phase = UNDONE;
    let state = &mut *to.state;
    state.recovery_phase = Phase::None as u8;
    (state.recovery_cause, state.recovery_freeze_at) = (0, 0);
    for feed in &mut to.board.feeds {
        feed.announced = 0;
    }
    Ok(())
}

fn freeze(to: &mut Compartment, said: &RecoveryFrozen, now: Now) -> Result<()> {
    let recovery = latest(&mut to.records, &said.recovery)?;
    in_phase(recovery, Phase::Announced)?;
    let feeds = &mut to.board.feeds;
    for ((announced, feed), frozen) in recovery.prices.iter_mut().zip(feeds).zip(said.prices) {
        // One that had never printed is frozen at its last print.
        if *announced == 0 && feed.active != 0 {
            *announced = feed.last.price;
            feed.announced = *announced;
        }
        same("frozen price", frozen, *announced)?;
    }
    to.board.locked = 1;
    time::close(&mut to.state.clock, now.unix, i64::MAX);
    to.state.recovery_phase = Phase::Frozen as u8;
    let markets = to.board.markets.iter();
    let (funding, long) = (&mut recovery.funding, &mut recovery.loss_long);
    let places = funding.iter_mut().zip(long).zip(&mut recovery.loss_short);
    for (seat, ((funding, long), short)) in markets.zip(places) {
        (*funding, *long, *short) = (seat.funding, seat.loss_long, seat.loss_short);
    }
    recovery.phase = Phase::Frozen as u8;
    recovery.frozen_at = now.unix;
    let deadline = now.unix.checked_add_unsigned(DEADLINE);
    same("deadline", Some(said.deadline_at), deadline)?;
    recovery.deadline_at = said.deadline_at;
    let stakers = recovery.classes.get_mut(STAKERS).context("no stakers")?;
    let staked = recovery::staked(&to.insurance).refused("what is staked")?;
    same("what is staked", said.staked, staked)?;
    stakers.claims = Wide::new(said.staked.into());
    Ok(())
}

/// Bits that were set and weren't before.
fn new_bits(what: &str, says: u32, was: u32) -> Result<impl Iterator<Item = usize> + use<>> {
    ensure!(was & !says == 0, "{what} that were counted aren't any more");
    Ok((0..32_usize).filter(move |bit| (says & !was) >> bit & 1 == 1))
}

fn count(to: &mut Compartment, said: &RecoveryCounted) -> Result<()> {
    let recovery = latest(&mut to.records, &said.recovery)?;
    let fresh = said.banks & !recovery.banks_counted;
    let mut told = (0..).zip(said.counted).filter(|(_, counted)| *counted != 0);
    let named = told.all(|(index, _): (u32, u64)| fresh >> (index & 31) & 1 == 1);
    ensure!(named, "money is told of a bank that isn't counted");
    for index in new_bits("banks", said.banks, recovery.banks_counted)? {
        let (_, bank) = to.banks.get_mut(index).context("no such bank was listed")?;
        let counted = *said.counted.get(index).context("no such bank")?;
        ensure!(counted <= bank.expected, "more money than was ever booked");
        recovery::freeze_bank(recovery, bank, counted).refused("a bank")?;
    }
    for index in new_bits("markets", said.markets, recovery.markets_counted)? {
        let venue = to.markets.get(index).context("no such market was listed")?;
        recovery::freeze_market(recovery, &venue.market).refused("a market")?;
    }
    let complete = recovery::complete(recovery, &mut to.state).refused("the count")?;
    same(
        "fees less their floor",
        said.spare_fees,
        recovery.spare_fees,
    )?;
    same("set aside for markers", said.rewards, recovery.rewards)?;
    let told = said.claims.iter().zip(&said.frozen);
    for (seat, told) in recovery.banks.iter().zip(told) {
        same(
            "claims and money of a bank",
            told,
            (&seat.claims, &seat.frozen),
        )?;
    }
    same("complete", said.complete, u64::from(complete))?;
    same(
        "accounts to be marked",
        said.live_count,
        recovery.live_count,
    )
}

fn mark(
    to: &mut Compartment,
    head: &AccountsMarkedHead,
    list: &[AccountMarked],
    now: Now,
) -> Result<()> {
    for entry in list {
        let mut account = to.lift(&entry.margin)?;
        let recovery = latest(&mut to.records, &head.recovery)?;
        let marked = recovery::mark(&to.board, recovery, &mut account, now).refused("a mark")?;
        let leaf = leaf_of(&account, &entry.margin, recovery.epoch);
        let node = leaf.node(sha256).refused("its leaf")?;
        let Recovery {
            frontier, leaves, ..
        } = recovery;
        recovery::append(frontier, leaves, node, sha256).refused("its leaf")?;
        let follows = AccountMarked {
            margin: entry.margin,
            owner: Pubkey::new_from_array(account.owner),
            quote: marked.figures.quote,
            senior: leaf.senior,
            junior: leaf.junior,
            shortfall: marked.figures.shortfall,
            banks: leaf.banks,
            kept: leaf.kept,
            given: marked.figures.given,
        };
        same("what is marked", entry, &follows)?;
        to.lay(&entry.margin, account);
    }
    let recovery = latest(&mut to.records, &head.recovery)?;
    if recovery.phase == Phase::Settled as u8 {
        let root = recovery::root(&recovery.frontier, recovery.leaves, sha256);
        recovery.root = root.refused("the root")?;
    }
    if head.reward != 0 {
        let marks = u64::try_from(list.len())?;
        let due = recovery::reward(recovery, marks).refused("the reward")?;
        same("the marker's reward", head.reward, due)?;
        let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
        let expected = quote.expected.checked_sub(due);
        quote.expected = expected.context("the reward")?;
    }
    counted_leaves(head.common.sequence, recovery.leaves)?;
    same("accounts marked", head.marked, recovery.marked)?;
    same(
        "accounts to be marked",
        head.live_count,
        recovery.live_count,
    )
}

/// Marks are numbered by the leaves after them.
fn counted_leaves(says: u64, leaves: u64) -> Result<()> {
    ensure!(says <= leaves, "a mark before leaf {says} is missing");
    same("leaves", says, leaves)
}

fn assign(to: &mut Compartment, said: &QuotePotAssigned, now: Now) -> Result<()> {
    let recovery = latest(&mut to.records, &said.recovery)?;
    let opens = recovery.phase != Phase::Settled as u8;
    if opens {
        recovery::open_pot(recovery, &mut to.state, now).refused("the quote pot")?;
    }
    let changed = recovery::assign(&to.board, recovery).refused("the assignment")?;
    ensure!(opens || changed, "there was nothing to assign");
    let root = recovery::root(&recovery.frontier, recovery.leaves, sha256);
    recovery.root = root.refused("the root")?;
    same("leaves", said.leaves, recovery.leaves)?;
    same(
        "root",
        said.root,
        Pubkey::new_from_array(recovery.root.hash),
    )?;
    same("reserve", said.reserve, recovery.reserve)?;
    let told = said.claims.iter().zip(&said.quote);
    for ((class, seat), (claims, quote)) in CLASSES.iter().zip(&recovery.classes).zip(told) {
        same(&format!("claims of class {class}"), *claims, seat.claims.lo)?;
        let first = seat.assigned.first();
        same(&format!("quote of class {class}"), Some(quote), first)?;
    }
    Ok(())
}

/// What is due of one bank's token: kept, and of the pot.
fn book(recovery: &mut Recovery, account: &mut MarginAccount, bank: u8) -> Result<(u64, u64)> {
    let or_nothing = |due: bulwark_core::Result<u64>| match due {
        Err(Error::NothingDue | Error::RecoveryPhase) => Ok(0),
        due => due.refused("what is due"),
    };
    let mut kept = 0;
    for slot in 0..account.collaterals.len() {
        let held = account.collaterals.get(slot).context("no such slot")?;
        if held.active != 0 && held.bank == bank {
            kept = or_nothing(recovery::pay_token(recovery, account, slot))?;
        }
    }
    let pot = or_nothing(recovery::pay_pot(recovery, account, bank.into()))?;
    Ok((kept, pot))
}

fn pay(to: &mut Compartment, paid: &RecoveryPaid) -> Result<()> {
    let sum = paid.kept.checked_add(paid.pot).context("the payment")?;
    ensure!(sum != 0, "nothing was due");
    let (_, bank) = to.banks.get(to.bank_at(&paid.bank)?).context("no bank")?;
    let after = bank.expected.checked_sub(sum);
    let after = after.context("more was paid than there was")?;
    let counted = (paid.common.sequence, paid.account_sequence);
    let keys = (&paid.bank, &paid.margin);
    let (index, _, mut account) = begin(to, keys, counted, (after, 0, sum))?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    bank.expected = after;
    let (_, recovery) = to
        .records
        .recoveries
        .last_mut()
        .context("no Recovery runs")?;
    let due = book(recovery, &mut account, bank.index)?;
    same("kept and of the pot", (paid.kept, paid.pot), due)?;
    to.lay(&paid.margin, account);
    Ok(())
}

fn add_money(to: &mut Compartment, added: &RecoveryMoneyAdded) -> Result<()> {
    let index = to.bank_at(&added.bank)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    let count = &mut bank.event_sequence;
    counts("event of the bank", count, added.common.sequence)?;
    let (_, recovery) = to
        .records
        .recoveries
        .last_mut()
        .context("no Recovery runs")?;
    let money = added.given.checked_add(added.found).context("the money")?;
    let late = recovery::late_money(recovery, bank, money).refused("the money")?;
    let told = (added.residuals, added.claims, added.surplus);
    let follows = (late.residuals, late.claims, late.surplus);
    same("to residuals, claims and beyond", told, follows)?;
    if recovery.phase == Phase::Settled as u8 {
        recovery::assign(&to.board, recovery).refused("the assignment")?;
    }
    Ok(())
}
