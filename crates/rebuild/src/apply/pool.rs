//! What moves banks and insurance as a whole: folds, interest and premium, valuations, new money,
//! fees paid out.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark::event::{
    BanksValued, InsuranceFunded, InterestAccrued, MarketsFolded, Recapitalised, SurplusSwept,
    TreasuryPaid,
};
use bulwark_core::ledger::{QuoteMoney, accrue_interest};
use bulwark_core::outflow::{base_value, carry, note_value};
use bulwark_core::staking::premium;
use bulwark_core::withdrawal;
use bulwark_core::{Now, coverage};
use bulwark_state::{Bank, Wide};

use crate::event::Event;
use crate::ledger::{Compartment, Refused, counts, same};

/// Takes an event of these. Says whether it was one.
pub(super) fn take(to: &mut Compartment, event: &Event, now: Now) -> Result<bool> {
    match event {
        Event::MarketsFolded(folded) => fold(to, folded, now)?,
        Event::InterestAccrued(moved) => accrue(to, moved, now)?,
        Event::BanksValued(valued) => value(to, valued, now)?,
        Event::SurplusSwept(found) => sweep(to, found, now)?,
        Event::Recapitalised(given) => recapitalise(to, given, now)?,
        Event::TreasuryPaid(paid) => pay_treasury(to, paid, now)?,
        Event::InsuranceFunded(given) => fund(to, given)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// The bank at an address, with its index.
fn at<'a>(to: &'a mut Compartment, key: &Pubkey, sequence: u64) -> Result<(usize, &'a mut Bank)> {
    let index = to.bank_at(key)?;
    let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
    counts("event of the bank", &mut bank.event_sequence, sequence)?;
    Ok((index, bank))
}

fn fold(to: &mut Compartment, folded: &MarketsFolded, now: Now) -> Result<()> {
    let flow = to.flow;
    let (index, quote) = at(to, &folded.bank, folded.common.sequence)?;
    same("number of the quote bank", index, 0)?;
    carry(quote, &flow, now).refused("the quote bank")?;
    let all = to.markets.len();
    let none = folded.markets.checked_shr(u32::try_from(all)?).unwrap_or(0);
    ensure!(none == 0, "no such market was listed");
    to.fold(folded.markets)
}

fn value(to: &mut Compartment, valued: &BanksValued, now: Now) -> Result<()> {
    let mut sum = 0_u64;
    for (_, bank) in &to.banks {
        let value = base_value(&to.board, bank).refused("the base of a bank")?;
        sum = sum.checked_add(value).context("the bases")?;
    }
    let (_, quote) = at(to, &valued.bank, valued.common.sequence)?;
    let told = (valued.value_before, valued.value_after);
    same("value before and after", told, (quote.totals.value, sum))?;
    note_value(quote, sum, now);
    Ok(())
}

fn sweep(to: &mut Compartment, found: &SurplusSwept, now: Now) -> Result<()> {
    let flow = to.flow;
    let (index, bank) = at(to, &found.bank, found.common.sequence)?;
    let told = (
        found.expected_before,
        found.residuals_before,
        found.deficit_before,
    );
    same("before", told, new_money(bank))?;
    // All that it holds is expected after.
    let vault = found.expected_after;
    if index == 0 {
        to.fold_all(vault, now)?;
        let balance = to.balance(vault)?;
        let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
        let held = &mut to.insurance.balance;
        same("insurance before", found.insurance_before, *held)?;
        withdrawal::sweep_quote(quote, &balance, held, vault, now).refused("the money")?;
        same("insurance after", found.insurance_after, *held)?;
    } else {
        withdrawal::crank(bank, vault, &flow, now).refused("the bank")?;
        withdrawal::sweep(bank, vault).refused("the money")?;
    }
    let (_, bank) = to.banks.get(index).context("no such bank")?;
    let told = (
        found.expected_after,
        found.residuals_after,
        found.deficit_after,
    );
    same("after", told, new_money(bank))
}

/// What new money moves.
fn new_money(bank: &Bank) -> (u64, u64, u64) {
    (bank.expected, bank.residuals.total, bank.totals.deficit)
}

fn recapitalise(to: &mut Compartment, given: &Recapitalised, now: Now) -> Result<()> {
    let flow = to.flow;
    let (index, bank) = at(to, &given.bank, given.common.sequence)?;
    let (_, residuals, deficit) = new_money(bank);
    let told = (given.residuals_before, given.deficit_before);
    same("residuals and deficit before", told, (residuals, deficit))?;
    let vault = to.vault(index, given.expected_after, given.amount, 0)?;
    if index == 0 {
        to.fold_all(vault, now)?;
        let balance = to.balance(vault)?;
        let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
        let held = &mut to.insurance.balance;
        same("insurance before", given.insurance_before, *held)?;
        let money = (vault, given.amount);
        let booked = withdrawal::recapitalise_quote(quote, &balance, held, money, now);
        booked.refused("the money")?;
        same("insurance after", given.insurance_after, *held)?;
    } else {
        let (_, bank) = to.banks.get_mut(index).context("no such bank")?;
        withdrawal::crank(bank, vault, &flow, now).refused("the bank")?;
        withdrawal::recapitalise(bank, vault, given.amount).refused("the money")?;
    }
    let (_, bank) = to.banks.get(index).context("no such bank")?;
    let told = (
        given.expected_after,
        given.residuals_after,
        given.deficit_after,
    );
    same("after", told, new_money(bank))
}

/// Fees for the treasury. What came unasked counts as there when it is asked what may be paid,
/// which no event tells: it was permitted.
fn pay_treasury(to: &mut Compartment, paid: &TreasuryPaid, now: Now) -> Result<()> {
    let index = to.bank_at(&paid.bank)?;
    same("number of the quote bank", index, 0)?;
    let vault = to.vault(index, paid.expected_after, 0, paid.amount)?;
    to.fold_all(vault, now)?;
    let quote = to.quote()?;
    let amount = i64::try_from(paid.amount)?;
    same("fees before", paid.fees_before, quote.totals.fees)?;
    for sum in [&mut quote.totals.fees, &mut quote.totals.fees_shared] {
        *sum = sum.checked_sub(amount).context("fees")?;
    }
    same("fees after", paid.fees_after, quote.totals.fees)?;
    withdrawal::expect_out(quote, paid.amount).refused("the payment")?;
    same("expected after", paid.expected_after, quote.expected)
}

fn fund(to: &mut Compartment, given: &InsuranceFunded) -> Result<()> {
    let balance = &mut to.insurance.balance;
    same("insurance before", given.balance_before, *balance)?;
    let after = balance.checked_add(given.amount);
    *balance = after.context("insurance")?;
    same("insurance after", given.balance_after, *balance)?;
    let quote = to.quote()?;
    let count = &mut quote.event_sequence;
    counts("event of the bank", count, given.common.sequence)?;
    withdrawal::expect_in(quote, given.amount).refused("the money")?;
    same("expected after", given.expected_after, quote.expected)
}

const fn wide([lo, hi]: [u64; 2]) -> Wide {
    Wide { lo, hi }
}

fn accrue(to: &mut Compartment, moved: &InterestAccrued, now: Now) -> Result<()> {
    let (index, _) = at(to, &moved.bank, moved.common.sequence)?;
    same("number of the quote bank", index, 0)?;
    let vault = to.vault(0, moved.expected_after, 0, 0)?;
    to.fold_all(vault, now)?;
    let quote = to.quote()?;
    let told = (moved.expected_before, moved.deficit_before);
    let is = (quote.expected, quote.totals.deficit);
    same("expected and deficit before", told, is)?;
    interest(to, moved, vault, now)?;
    let charged = premium(to, moved, vault, now)?;
    same(
        "insurance after",
        moved.insurance_after,
        to.insurance.balance,
    )?;
    same("premium", moved.charged, charged)?;
    let balance = to.balance(vault)?;
    let insurance = to.insurance.balance;
    let quote = to.quote()?;
    let checked = coverage::check_quote(quote, &balance, insurance, vault, now);
    let checked = checked.refused("the quote bank")?;
    let totals = &quote.totals;
    let is = (totals.deficit, totals.check_loss, totals.check_claims);
    let told = (moved.deficit_after, moved.loss_after, moved.claims_after);
    same("deficit, loss and claims after", told, is)?;
    same("expected after", moved.expected_after, quote.expected)?;
    let seat = to.board.banks.first_mut().context("no quote")?;
    seat.coverage_e9 = checked.coverage_e9;
    Ok(())
}

/// Interest: its clock. What lies in the vault unasked is lent, too, and told by no event: where
/// the indexes stand is.
fn interest(to: &mut Compartment, moved: &InterestAccrued, vault: u64, now: Now) -> Result<()> {
    let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
    let money = QuoteMoney {
        vault,
        assigned: quote.residuals.assigned,
        tickets: quote.tickets,
        insurance: to.insurance.balance,
    };
    let board = &mut *to.board;
    let before = (board.lend_index, board.debt_index);
    let told = (wide(moved.lend_before), wide(moved.debt_before));
    same("indexes before", told, before)?;
    accrue_interest(board, &mut quote.totals, &money, now).refused("interest")?;
    let most = (board.lend_index.get(), board.debt_index.get());
    (board.lend_index, board.debt_index) = (wide(moved.lend_after), wide(moved.debt_after));
    let is = (board.lend_index.get(), board.debt_index.get());
    // More in the vault makes a rate that is lower, never below nothing.
    let within =
        (before.0.get()..=most.0).contains(&is.0) && (before.1.get()..=most.1).contains(&is.1);
    ensure!(within, "indexes {is:?} of interest lie beyond {most:?}");
    Ok(())
}

/// What both sides of each market were charged for cover went into insurance.
fn premium(
    to: &mut Compartment,
    moved: &InterestAccrued,
    vault: u64,
    now: Now,
) -> Result<[u64; 32]> {
    let (board, insured) = (&mut *to.board, &mut *to.insurance);
    for venue in &to.markets {
        premium::note(board, &venue.market).refused("open interest")?;
    }
    let price = premium::price(board, insured, now).refused("the price of cover")?;
    let mut charged = [0_u64; 32];
    let (mut sum, mut any) = (0_u64, false);
    for (venue, place) in to.markets.iter_mut().zip(&mut charged) {
        let each = premium::charge(board, &mut venue.market, price.yearly_ppm, now);
        let each = each.refused("the premium")?;
        any |= each.is_some();
        *place = each.unwrap_or(0);
        let both = place.checked_mul(2);
        let more = both.and_then(|both| sum.checked_add(both));
        sum = more.context("the premium")?;
    }
    if any {
        let (_, quote) = to.banks.first().context("no quote bank was listed")?;
        let collected = premium::collect(insured, (quote, vault), sum, &price);
        collected.refused("the premium")?;
    }
    same(
        "used of insurance",
        moved.used_ppm,
        insured.premium_used_ppm,
    )?;
    Ok(charged)
}
