//! How an order ends without a fill: by its owner, by expiry, by the order epoch, by eviction.

use bulwark_state::{Book, Key, MAX_POSITIONS, MarginAccount, Order, OrderSlot};

use super::{backing, free, market_of, release, side_of};
use crate::book::{self, Side};
use crate::error::{Error, Result};
use crate::ledger;
use crate::time::Now;

/// Cancels the order in a slot of the account and returns the slot as it stood. `market` is the
/// index of the book's market. An entry that was evicted or pruned is not missed.
///
/// # Errors
/// [`Error::NoSuchOrder`] for a free slot or one of another market.
#[inline]
pub fn cancel_slot(
    book: &mut Book,
    account: &mut MarginAccount,
    margin: &Key,
    market: u8,
    at: usize,
    now: Now,
) -> Result<OrderSlot> {
    let slot = *account.orders.get(at).ok_or(Error::NoSuchOrder)?;
    if market_of(account, &slot) != Some(market) {
        return Err(Error::NoSuchOrder);
    }
    if let Some(entry) = entry_of(book, margin, &slot, at) {
        book::remove(book, side_of(&slot), entry)?;
        book.changed_slot = now.slot;
    }
    release(account, at).ok_or(Error::NoSuchOrder)
}

/// Cancels an order by its full sequence number.
///
/// # Errors
/// [`Error::NoSuchOrder`].
pub fn cancel_sequence(
    book: &mut Book,
    account: &mut MarginAccount,
    margin: &Key,
    market: u8,
    sequence: u64,
    now: Now,
) -> Result<OrderSlot> {
    let at = slot_of_sequence(book, account, market, sequence)?;
    cancel_slot(book, account, margin, market, at, now)
}

/// Slot of the order with this full sequence number.
///
/// # Errors
/// [`Error::NoSuchOrder`].
pub fn slot_of_sequence(
    book: &Book,
    account: &MarginAccount,
    market: u8,
    sequence: u64,
) -> Result<usize> {
    let next = book.next_sequence;
    slot_where(account, market, |slot| {
        book::full_sequence(next, slot.sequence) == Some(sequence)
    })
}

/// Cancels the first order with the client's own number in this market.
///
/// # Errors
/// [`Error::NoSuchOrder`].
pub fn cancel_client(
    book: &mut Book,
    account: &mut MarginAccount,
    margin: &Key,
    market: u8,
    client_id: u32,
    now: Now,
) -> Result<OrderSlot> {
    let at = slot_of_client(account, market, client_id)?;
    cancel_slot(book, account, margin, market, at, now)
}

/// Slot of the first order with the client's own number in this market.
///
/// # Errors
/// [`Error::NoSuchOrder`].
pub fn slot_of_client(account: &MarginAccount, market: u8, client_id: u32) -> Result<usize> {
    slot_where(account, market, |slot| slot.client_id == client_id)
}

/// Cancels all orders of the account in this market, or those of one side. Returns how many.
///
/// # Errors
/// Those of the book, if it is broken.
pub fn cancel_all(
    book: &mut Book,
    account: &mut MarginAccount,
    margin: &Key,
    market: u8,
    side: Option<Side>,
    now: Now,
) -> Result<u32> {
    cancel_each(book, account, margin, market, side, now).map(u64::count_ones)
}

/// [`cancel_all`], with the slots that it freed: one bit each.
///
/// # Errors
/// Those of the book, if it is broken.
pub fn cancel_each(
    book: &mut Book,
    account: &mut MarginAccount,
    margin: &Key,
    market: u8,
    side: Option<Side>,
    now: Now,
) -> Result<u64> {
    let mut freed = 0;
    for (at, bit) in (0..account.orders.len()).zip(0_u32..) {
        let asked = account.orders.get(at).is_some_and(|slot| {
            market_of(account, slot) == Some(market)
                && side.is_none_or(|side| side == side_of(slot))
        });
        if asked {
            cancel_slot(book, account, margin, market, at, now)?;
            freed |= 1_u64.wrapping_shl(bit);
        }
    }
    Ok(freed)
}

/// Voids every order of an account without its books (D7): the order epoch rises, so that entries
/// left in books are void, and all slots are free, so that nothing is reserved. Returns how many
/// slots were in use.
pub fn void_all(account: &mut MarginAccount) -> u32 {
    // 2^32 rises while an entry rests can't be paid for.
    account.order_epoch = account.order_epoch.wrapping_add(1);
    let mut count = 0;
    for at in 0..account.orders.len() {
        if free(account, at).is_some() {
            count += 1;
        }
    }
    for position in 0..MAX_POSITIONS {
        if account
            .positions
            .get(position)
            .is_some_and(|leg| leg.active != 0)
        {
            ledger::release_position(account, position);
        }
    }
    count
}

/// What a pruning removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Entries of the book.
    pub entries: u32,
    /// Slots of the account.
    pub slots: u32,
}

/// Clears, for anyone, what is void in a book: every entry that has expired, every entry of this
/// account without a slot behind it, and every slot of the account in this market that has expired
/// or has no entry. Walks the whole book (up to 30,000 units).
///
/// # Errors
/// Those of the book, if it is broken.
pub fn prune(
    book: &mut Book,
    account: &mut MarginAccount,
    margin: &Key,
    market: u8,
    now: Now,
) -> Result<Pruned> {
    let mut pruned = Pruned::default();
    // Bit i: slot i has an entry that lives.
    let mut alive = 0u64;
    for side in [Side::Bid, Side::Ask] {
        let removed = book::retain(book, side, |order| {
            if book::expired(order.expires_at, now.unix) {
                return false;
            }
            if order.margin != *margin {
                return true;
            }
            let behind = backing(account, market, side, order);
            alive |= behind.map_or(0, bit);
            behind.is_some()
        })?;
        pruned.entries += removed;
    }
    for at in 0..account.orders.len() {
        let here = account
            .orders
            .get(at)
            .is_some_and(|slot| market_of(account, slot) == Some(market));
        if here && alive & bit(at) == 0 && release(account, at).is_some() {
            pruned.slots += 1;
        }
    }
    if pruned.entries > 0 {
        book.changed_slot = now.slot;
    }
    Ok(pruned)
}

/// The part of INV-BOOK between a book and one account: every entry of the account that isn't void
/// has its slot with the same size, no slot has two, every slot in use counts in its position, and
/// the slots in this market reserve at least what the book holds. Returns the reserves beyond that
/// (BaseE8, both sides): 0 once evicted and expired orders are pruned.
///
/// # Errors
/// [`Error::InvariantBroken`].
pub fn consistent(
    book: &Book,
    account: &MarginAccount,
    margin: &Key,
    market: u8,
    now: Now,
) -> Result<u64> {
    let mut seen = 0u64;
    let mut held = 0u64;
    for side in [Side::Bid, Side::Ask] {
        let own = book::orders(book, side)
            .iter()
            .filter(|order| order.margin == *margin);
        for order in own.filter(|order| order.epoch == account.order_epoch) {
            let Some(at) = backing(account, market, side, order) else {
                if book::expired(order.expires_at, now.unix) {
                    continue;
                }
                return Err(Error::InvariantBroken);
            };
            if seen & bit(at) != 0 {
                return Err(Error::InvariantBroken);
            }
            seen |= bit(at);
            held = held.checked_add(order.size).ok_or(Error::Overflow)?;
        }
    }
    let mut reserved = 0u64;
    let mut counts = [0u8; MAX_POSITIONS];
    for slot in account.orders.iter().filter(|slot| slot.size > 0) {
        let count = counts
            .get_mut(usize::from(slot.position))
            .ok_or(Error::InvariantBroken)?;
        *count += 1;
        if market_of(account, slot) == Some(market) {
            reserved = reserved.checked_add(slot.size).ok_or(Error::Overflow)?;
        }
    }
    let counted = account
        .positions
        .iter()
        .zip(counts)
        .all(|(leg, count)| leg.orders == count);
    if !counted {
        return Err(Error::InvariantBroken);
    }
    reserved.checked_sub(held).ok_or(Error::InvariantBroken)
}

fn bit(at: usize) -> u64 {
    u32::try_from(at)
        .ok()
        .and_then(|at| 1u64.checked_shl(at))
        .unwrap_or(0)
}

fn slot_where(
    account: &MarginAccount,
    market: u8,
    wanted: impl Fn(&OrderSlot) -> bool,
) -> Result<usize> {
    account
        .orders
        .iter()
        .position(|slot| market_of(account, slot) == Some(market) && wanted(slot))
        .ok_or(Error::NoSuchOrder)
}

/// Place of the book entry that belongs to a slot, if it is still there.
#[inline]
fn entry_of(book: &Book, margin: &Key, slot: &OrderSlot, at: usize) -> Option<usize> {
    let side = side_of(slot);
    let sequence = book::full_sequence(book.next_sequence, slot.sequence)?;
    let entry = book::find(book, side, slot.price, sequence)?;
    let owned = |order: &Order| order.margin == *margin && usize::from(order.slot) == at;
    book::orders(book, side)
        .get(entry)
        .is_some_and(owned)
        .then_some(entry)
}
