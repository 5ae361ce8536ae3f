//! The queue: cumulative nominal counters, first come first served (D6, INV-TICKET).

use bulwark_state::{Bank, Queue, Ticket, Wide};

use super::rate::{empty, gained};
use super::{Rates, base};
use crate::coverage::excess;
use crate::error::{Error, Result};
use crate::time::Now;

/// Whether a ticket waits: less was served or voided than was ever queued.
#[inline]
pub const fn is_waiting(bank: &Bank) -> bool {
    bank.queue.q_served.get() < bank.queue.q_in.get()
}

fn added(counter: Wide, amount: u128) -> Result<Wide> {
    counter
        .get()
        .checked_add(amount)
        .map(Wide::new)
        .ok_or(Error::Overflow)
}

/// Moves q_out on by the slower bucket's rate, not past what was queued and not past what `within`
/// nominal units of money can pay, but never back (D6). The buckets stay empty meanwhile.
pub(super) fn crank(bank: &mut Bank, rates: &Rates, within: Option<u64>, now: Now) -> Result<()> {
    let (rate, is_hour) = rates.smallest();
    let elapsed = now.unix.saturating_sub(bank.queue.at).max(0).unsigned_abs();
    let remainder = if is_hour {
        bank.hour.remainder
    } else {
        bank.day.remainder
    };
    let (units, rest) = gained(&rate, remainder, elapsed)?;
    let Queue {
        q_in,
        q_out,
        q_served,
        ..
    } = bank.queue;
    let wanted = added(q_out, units.min(q_in.get()))?.get();
    let mut limit = q_in.get();
    if let Some(money) = within {
        limit = limit.min(added(q_served, money.into())?.get().max(q_out.get()));
    }
    bank.queue.q_out = Wide::new(wanted.min(limit));
    bank.queue.at = bank.queue.at.max(now.unix);
    empty(&mut bank.hour, now);
    empty(&mut bank.day, now);
    // What a limit cut off is lost, as in a full bucket.
    let rest = if wanted < limit { rest } else { 0 };
    if is_hour {
        bank.hour.remainder = rest;
    } else {
        bank.day.remainder = rest;
    }
    Ok(())
}

/// Puts an amount at the end of the queue and empties the buckets; returns its start. The first
/// one starts the queue's clock. The bank must have been advanced.
pub fn enqueue(bank: &mut Bank, amount: u64, now: Now) -> Result<Wide> {
    if amount == 0 {
        return Err(Error::ZeroAmount);
    }
    let held = base(bank)?;
    if !is_waiting(bank) {
        bank.queue.q_out = bank.queue.q_in;
        bank.queue.at = now.unix;
        empty(&mut bank.hour, now);
        empty(&mut bank.day, now);
    }
    // Later tickets may find a larger base; it holds for the queue as long as one waits (a68).
    bank.queue.held_base = held;
    let start = bank.queue.q_in;
    bank.queue.q_in = added(start, amount.into())?;
    bank.queue.next = bank.queue.next.checked_add(1).ok_or(Error::Overflow)?;
    bank.queue.waiting = bank.queue.waiting.checked_add(1).ok_or(Error::Overflow)?;
    Ok(start)
}

/// What the queue has reached of a ticket and isn't served yet, nominal:
/// clamp(q_out − start, 0, amount) − served.
pub fn payable(bank: &Bank, ticket: &Ticket) -> u64 {
    let (start, reached) = (ticket.start.get(), bank.queue.q_out.get());
    if reached <= start {
        return 0;
    }
    let reached = u64::try_from(reached.abs_diff(start)).unwrap_or(u64::MAX);
    // A small ticket may have been served ahead of the queue.
    excess(reached.min(ticket.amount), ticket.served)
}

/// Notes that `amount` of a ticket was served.
pub fn note_served(bank: &mut Bank, ticket: &mut Ticket, amount: u64, now: Now) -> Result<()> {
    let served = ticket.served.checked_add(amount).ok_or(Error::Overflow)?;
    if served > ticket.amount {
        return Err(Error::InvariantBroken);
    }
    ticket.served = served;
    count(bank, amount, now)
}

/// Shortens a ticket by an amount that isn't owed any more.
pub fn note_void(bank: &mut Bank, ticket: &mut Ticket, amount: u64, now: Now) -> Result<()> {
    let rest = ticket.amount.checked_sub(amount).ok_or(Error::Overflow)?;
    if rest < ticket.served {
        return Err(Error::InvariantBroken);
    }
    ticket.amount = rest;
    count(bank, amount, now)
}

/// Adds to q_served. With the last ticket the base is let go, and the buckets fill from empty.
fn count(bank: &mut Bank, amount: u64, now: Now) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let served = added(bank.queue.q_served, amount.into())?;
    if served.get() > bank.queue.q_in.get() {
        return Err(Error::InvariantBroken);
    }
    bank.queue.q_served = served;
    if !is_waiting(bank) {
        bank.queue.q_out = bank.queue.q_in;
        bank.queue.held_base = 0;
        empty(&mut bank.hour, now);
        empty(&mut bank.day, now);
    }
    Ok(())
}
