//! Tickets: what the queue has reached is paid to the place written into them; residual claims
//! (D3, D6).

use bulwark_state::{Bank, Board, Deltas, Key, MarginAccount, Ticket, VERSION, Wide};

use super::account::{QUOTE, claim, claim_mut, tidy};
use super::exit::{Seat, refuse_assigned, release};
use super::{Present, begin};
use crate::coverage::excess;
use crate::error::{Error, Result};
use crate::ledger::{add_quote, fold};
use crate::outflow::{self, Flow, take};
use crate::residual::{self, Collect};
use crate::time::Now;

/// What serving a ticket did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Coins out of the vault to the ticket's destination, residuals collected included.
    pub coins: u64,
    /// Coins of that for residual claims of before.
    pub collected: u64,
    /// Nominal that was served.
    pub nominal: u64,
    /// What coverage took of it.
    pub residual: u64,
    /// Nominal that wasn't owed any more.
    pub voided: u64,
    /// Nothing is left of the ticket: close it.
    pub done: bool,
}

/// Fills a new ticket.
pub fn write_ticket(
    ticket: &mut Ticket,
    (bank, margin, destination): (Key, Key, Key),
    seat: &Seat,
    now: Now,
) {
    ticket.bank = bank;
    ticket.margin = margin;
    ticket.destination = destination;
    ticket.start = Wide::new(seat.start.get());
    ticket.amount = seat.amount;
    ticket.served = 0;
    ticket.number = seat.number;
    ticket.at = now.unix;
    ticket.small = u8::from(seat.small);
    ticket.version = VERSION;
}

/// Serves what is payable of a ticket, at coverage, at most what the vault's money pays (D6).
/// Anyone may. The caller has checked that ticket, account and bank belong together, and moves the
/// coins.
///
/// What a wind-up took back of the account's tickets is voided first.
pub fn serve(
    ticket: &mut Ticket,
    account: &mut MarginAccount,
    bank: &mut Bank,
    (vault, flow): (u64, &Flow),
    now: Now,
) -> Result<Served> {
    let present = begin(bank, vault, flow, now)?;
    let mut served = Served::default();
    let open = ticket
        .amount
        .checked_sub(ticket.served)
        .ok_or(Error::InvariantBroken)?;
    let pending = claim(account, bank.index).map_or(0, |claim| claim.pending);
    served.voided = excess(open, pending);
    outflow::note_void(bank, ticket, served.voided, now)?;
    let (queue, lane) = reached(ticket, bank, &present)?;
    served.nominal = queue.checked_add(lane).ok_or(Error::Overflow)?;
    if !take(&mut bank.small, lane) {
        return Err(Error::InvariantBroken);
    }
    let mut due = Collect::default();
    if let Some(claim) = claim(account, bank.index).filter(|_| served.nominal != 0) {
        due = residual::collectable(claim, bank, vault)?;
        refuse_assigned(account, &due)?;
        let paid = present.coverage.pay(served.nominal)?;
        served.residual = served.nominal.checked_sub(paid).ok_or(Error::Overflow)?;
        served.collected = due.coins;
        served.coins = paid.checked_add(due.coins).ok_or(Error::Overflow)?;
    }
    book_served(ticket, account, bank, (&mut served, due), now)?;
    Ok(served)
}

/// Books that `served.nominal` of a ticket was served, `served.residual` of it as a residual claim,
/// and that its owner's claims of before were paid `due`. What was voided is noted before. Sets
/// `served.done`.
///
/// # Errors
/// [`Error::InvariantBroken`] for more than waits.
pub fn book_served(
    ticket: &mut Ticket,
    account: &mut MarginAccount,
    bank: &mut Bank,
    (served, due): (&mut Served, Collect),
    now: Now,
) -> Result<()> {
    if served.nominal != 0 {
        pay(ticket, account, bank, (served, due), now)?;
    }
    served.done = ticket.served == ticket.amount;
    if served.done {
        let queue = &mut bank.queue;
        queue.waiting = queue.waiting.checked_sub(1).ok_or(Error::InvariantBroken)?;
        let count = account.ticket_count.checked_sub(1);
        account.ticket_count = count.ok_or(Error::InvariantBroken)?;
    }
    tidy(account, bank)
}

/// Pays `served.nominal` of a ticket, and its owner's residual claim.
fn pay(
    ticket: &mut Ticket,
    account: &mut MarginAccount,
    bank: &mut Bank,
    (served, due): (&Served, Collect),
    now: Now,
) -> Result<()> {
    let claim = claim_mut(account, bank.index).ok_or(Error::InvariantBroken)?;
    let paid = served.nominal.checked_sub(served.residual);
    let paid = paid.ok_or(Error::Overflow)?;
    outflow::note_served(bank, ticket, served.nominal, now)?;
    residual::pay(claim, bank, due)?;
    residual::add(claim, &mut bank.residuals, served.residual)?;
    let rest = claim.pending.checked_sub(served.nominal);
    claim.pending = rest.ok_or(Error::InvariantBroken)?;
    let tickets = bank.tickets.checked_sub(served.nominal);
    bank.tickets = tickets.ok_or(Error::InvariantBroken)?;
    release(bank, served.nominal, paid, served.residual)
}

/// What may be served of a ticket: of what the queue has reached, then from the lane.
fn reached(ticket: &Ticket, bank: &Bank, present: &Present) -> Result<(u64, u64)> {
    let payable = present.coverage.nominal(present.money).unwrap_or(u64::MAX);
    let open = ticket
        .amount
        .checked_sub(ticket.served)
        .ok_or(Error::InvariantBroken)?;
    let queue = outflow::payable(bank, ticket).min(payable);
    if ticket.small == 0 {
        return Ok((queue, 0));
    }
    let rest = open
        .min(payable)
        .checked_sub(queue)
        .ok_or(Error::Overflow)?;
    Ok((queue, rest.min(bank.small.level)))
}

/// Pays what is assigned to an account's residual claim in a bank; returns the coins that leave the
/// vault for its owner. Anyone may. `NothingToTake` where nothing is due.
///
/// `counted`: from the freeze of a Recovery on. Then an account keeps its place among the live and
/// its slots, however little is left in them: those are counted, and stand in its leaf.
pub fn collect_residual(
    account: &mut MarginAccount,
    bank: &mut Bank,
    vault: u64,
    counted: bool,
) -> Result<u64> {
    let claim = claim_mut(account, bank.index).ok_or(Error::NothingToTake)?;
    let collect = residual::collect(claim, bank, vault)?;
    if collect.due == 0 {
        return Err(Error::NothingToTake);
    }
    if !counted {
        tidy(account, bank)?;
    }
    Ok(collect.coins)
}

/// Takes the unpaid part of a bankrupt owner's tickets in a token back into his collateral (D6).
/// Returns the units. The tickets themselves are voided when somebody serves them.
pub fn reclaim_token(account: &mut MarginAccount, bank: &mut Bank) -> Result<u64> {
    if bank.index == QUOTE {
        return Err(Error::BadIndex);
    }
    let Some(claim) = claim_mut(account, bank.index) else {
        return Ok(0);
    };
    let amount = core::mem::take(&mut claim.pending);
    claim.amount = claim.amount.checked_add(amount).ok_or(Error::Overflow)?;
    bank.tickets = bank
        .tickets
        .checked_sub(amount)
        .ok_or(Error::InvariantBroken)?;
    Ok(amount)
}

/// [`reclaim_token`] for quote: into the balance, which is touched first.
pub fn reclaim_quote(
    board: &Board,
    account: &mut MarginAccount,
    quote: &mut Bank,
    now: Now,
) -> Result<u64> {
    if quote.index != QUOTE {
        return Err(Error::BadIndex);
    }
    let amount = claim(account, QUOTE).map_or(0, |claim| claim.pending);
    let mut deltas = Deltas::default();
    let change = i64::try_from(amount).map_err(|_| Error::Overflow)?;
    add_quote(board, account, change, &mut deltas, now)?;
    account.quote_claims.pending = 0;
    quote.tickets = quote
        .tickets
        .checked_sub(amount)
        .ok_or(Error::InvariantBroken)?;
    // C holds X⁺ and T_0: what repays a debt leaves it.
    let kept = account.quote.max(0).unsigned_abs().min(amount);
    let repaid = amount.checked_sub(kept).ok_or(Error::Overflow)?;
    crate::coverage::move_claims(quote, repaid, false)?;
    fold(&mut quote.totals, &mut deltas)?;
    Ok(amount)
}
