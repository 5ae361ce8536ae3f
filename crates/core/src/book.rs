//! The order book of one market (DESIGN section 4): two sorted arrays with the best order last, so
//! that a binary search finds any order and the best one is removed without moving the others.
//!
//! Nothing here knows accounts: an order's worth is judged in [`crate::order`], what it fills in
//! [`crate::matching`]. The book is 73 KB and only ever touched by reference.

use bulwark_state::{BOOK_SIDE, Book, Order};

use crate::error::{Error, Result};

/// Bit of [`Order::flags`] and `OrderSlot::flags`: the order may only reduce a position.
pub const REDUCE_ONLY: u8 = 1;

/// Which side of the book an order is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Buys.
    Bid,
    /// Sells.
    Ask,
}

impl Side {
    /// The side that this one trades with.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Bid => Self::Ask,
            Self::Ask => Self::Bid,
        }
    }

    /// Whether `price` comes before `other` on this side; `false` for equal prices.
    #[must_use]
    pub const fn better(self, price: u64, other: u64) -> bool {
        match self {
            Self::Bid => price > other,
            Self::Ask => price < other,
        }
    }

    /// Whether an order of this side with `limit` trades with an opposite one at `price`.
    #[must_use]
    pub const fn crosses(self, limit: u64, price: u64) -> bool {
        match self {
            Self::Bid => limit >= price,
            Self::Ask => limit <= price,
        }
    }

    /// What a fill of `base` (BaseE8) does to the position of an order on this side.
    ///
    /// # Errors
    /// [`Error::Overflow`] above `i64::MAX`.
    pub fn change(self, base: u64) -> Result<i64> {
        let size = i64::try_from(base).map_err(|_| Error::Overflow)?;
        Ok(match self {
            Self::Bid => size,
            Self::Ask => -size,
        })
    }
}

/// Where a new order went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// Its sequence number.
    pub sequence: u64,
    /// The order that had to leave for it. Its slot in its account stays until it is pruned.
    pub evicted: Option<Order>,
}

/// Orders of one side, the best last.
#[inline]
#[must_use]
pub fn orders(book: &Book, side: Side) -> &[Order] {
    let (all, count) = match side {
        Side::Bid => (&book.bids, book.bid_count),
        Side::Ask => (&book.asks, book.ask_count),
    };
    // A count beyond the array breaks `invariant`; reading stays in bounds all the same.
    all.get(..count as usize).unwrap_or(all)
}

#[inline]
fn parts(book: &mut Book, side: Side) -> Result<(&mut [Order], &mut u32, usize)> {
    let (all, count) = match side {
        Side::Bid => (&mut book.bids, &mut book.bid_count),
        Side::Ask => (&mut book.asks, &mut book.ask_count),
    };
    let used = *count as usize;
    if used > BOOK_SIDE {
        return Err(Error::InvariantBroken);
    }
    Ok((all, count, used))
}

/// The best order of one side.
#[inline]
#[must_use]
pub fn best(book: &Book, side: Side) -> Option<&Order> {
    orders(book, side).last()
}

/// The order that would be evicted first.
#[must_use]
pub fn worst(book: &Book, side: Side) -> Option<&Order> {
    orders(book, side).first()
}

/// Place of an order by price and full sequence number.
#[inline]
#[must_use]
pub fn find(book: &Book, side: Side, price: u64, sequence: u64) -> Option<usize> {
    let orders = orders(book, side);
    let at = orders.partition_point(|order| {
        side.better(price, order.price) || (order.price == price && order.sequence > sequence)
    });
    let order = orders.get(at)?;
    (order.price == price && order.sequence == sequence).then_some(at)
}

/// The full sequence number whose low 32 bits an order slot keeps: the latest below
/// `next_sequence`. An order older than 2^32 others is taken for a younger one, which
/// [`find`] then does not find or the owner's key refutes.
#[inline]
#[must_use]
pub fn full_sequence(next_sequence: u64, low: u32) -> Option<u64> {
    const PERIOD: u64 = 1 << 32;
    let last = next_sequence.checked_sub(1)?;
    let guess = (last & !(PERIOD - 1)) | u64::from(low);
    if guess <= last {
        Some(guess)
    } else {
        guess.checked_sub(PERIOD)
    }
}

/// Whether an order (or its slot) with this expiry is void at `unix`: it lives through the second
/// that it names; 0 never expires.
#[must_use]
pub const fn expired(expires_at: u32, unix: i64) -> bool {
    expires_at != 0 && (expires_at as i64) < unix
}

/// Puts an order behind all of its price and gives it the next sequence number. A full side gives
/// up its worst order, but only for a better one, or if the worst has expired by `unix`.
///
/// # Errors
/// [`Error::BookFull`] where every resting order is at least as good, [`Error::BadValue`] for a
/// price or size of zero.
pub fn insert(book: &mut Book, side: Side, order: &Order, unix: i64) -> Result<Inserted> {
    if order.price == 0 || order.size == 0 {
        return Err(Error::BadValue);
    }
    let sequence = book.next_sequence;
    let following = sequence.checked_add(1).ok_or(Error::Overflow)?;
    let (all, count, used) = parts(book, side)?;
    let resting = all.get(..used).ok_or(Error::InvariantBroken)?;
    // Later than all of its price: it stands before (below) the first that is not worse.
    let at = resting.partition_point(|other| side.better(order.price, other.price));
    let (place, evicted) = if used < BOOK_SIDE {
        all.copy_within(at..used, at + 1);
        *count += 1;
        (at, None)
    } else {
        let worst = *all.first().ok_or(Error::InvariantBroken)?;
        if at == 0 && !expired(worst.expires_at, unix) {
            return Err(Error::BookFull);
        }
        let place = at.saturating_sub(1);
        all.copy_within(1..=place, 0);
        (place, Some(worst))
    };
    let seat = all.get_mut(place).ok_or(Error::InvariantBroken)?;
    *seat = *order;
    seat.sequence = sequence;
    book.next_sequence = following;
    Ok(Inserted { sequence, evicted })
}

/// Takes an order out by its place.
///
/// # Errors
/// [`Error::NoSuchOrder`] if nothing stands there.
#[inline]
pub fn remove(book: &mut Book, side: Side, at: usize) -> Result<Order> {
    let (all, count, used) = parts(book, side)?;
    let order = *all
        .get(..used)
        .and_then(|resting| resting.get(at))
        .ok_or(Error::NoSuchOrder)?;
    all.copy_within(at + 1..used, at);
    if let Some(free) = all.get_mut(used - 1) {
        *free = Order::default();
    }
    *count -= 1;
    Ok(order)
}

/// Takes `by` (BaseE8) off an order in place, which keeps its priority; at zero it is removed.
/// Returns what is left.
///
/// # Errors
/// [`Error::NoSuchOrder`] if nothing stands there, [`Error::Overflow`] for more than its size.
pub fn reduce(book: &mut Book, side: Side, at: usize, by: u64) -> Result<u64> {
    let (all, _, used) = parts(book, side)?;
    let order = all
        .get_mut(..used)
        .and_then(|resting| resting.get_mut(at))
        .ok_or(Error::NoSuchOrder)?;
    let left = order.size.checked_sub(by).ok_or(Error::Overflow)?;
    order.size = left;
    if left == 0 {
        remove(book, side, at)?;
    }
    Ok(left)
}

/// Removes the best order of one side.
///
/// # Errors
/// [`Error::NoSuchOrder`] on an empty side.
pub fn remove_best(book: &mut Book, side: Side) -> Result<Order> {
    let at = orders(book, side)
        .len()
        .checked_sub(1)
        .ok_or(Error::NoSuchOrder)?;
    remove(book, side, at)
}

/// [`reduce`] of the best order of one side.
///
/// # Errors
/// As [`reduce`].
pub fn reduce_best(book: &mut Book, side: Side, by: u64) -> Result<u64> {
    let at = orders(book, side)
        .len()
        .checked_sub(1)
        .ok_or(Error::NoSuchOrder)?;
    reduce(book, side, at, by)
}

/// Keeps the orders of one side for which `keep` says so, in one pass; returns how many left.
///
/// # Errors
/// [`Error::InvariantBroken`] if the count lies beyond the array.
pub fn retain(book: &mut Book, side: Side, mut keep: impl FnMut(&Order) -> bool) -> Result<u32> {
    let (all, count, used) = parts(book, side)?;
    let mut kept = 0usize;
    for at in 0..used {
        if !all.get(at).is_some_and(&mut keep) {
            continue;
        }
        if kept != at {
            all.copy_within(at..=at, kept);
        }
        kept += 1;
    }
    if let Some(rest) = all.get_mut(kept..used) {
        rest.fill(Order::default());
    }
    let removed = used - kept;
    *count = u32::try_from(kept).map_err(|_| Error::Overflow)?;
    u32::try_from(removed).map_err(|_| Error::Overflow)
}

/// Whether the best bid lies below the best ask: the part of INV-BOOK that a trade could break, for
/// a few units.
///
/// # Errors
/// [`Error::InvariantBroken`] if they touch or cross.
pub fn uncrossed(book: &Book) -> Result<()> {
    match (best(book, Side::Bid), best(book, Side::Ask)) {
        (Some(bid), Some(ask)) if bid.price >= ask.price => Err(Error::InvariantBroken),
        _ => Ok(()),
    }
}

/// INV-BOOK for the whole book: counts within the arrays, strictly sorted by price and sequence,
/// every price and size above zero, sequences below the next one, free places zero, best bid
/// below best ask. Walks all orders (some 30,000 units): for `check` and tests; a trade asks
/// [`uncrossed`].
///
/// # Errors
/// [`Error::InvariantBroken`].
pub fn invariant(book: &Book) -> Result<()> {
    side_invariant(book, Side::Bid)?;
    side_invariant(book, Side::Ask)?;
    uncrossed(book)
}

fn side_invariant(book: &Book, side: Side) -> Result<()> {
    let (all, count) = match side {
        Side::Bid => (&book.bids, book.bid_count),
        Side::Ask => (&book.asks, book.ask_count),
    };
    let (used, free) = all
        .split_at_checked(count as usize)
        .ok_or(Error::InvariantBroken)?;
    let sound =
        |order: &Order| order.price > 0 && order.size > 0 && order.sequence < book.next_sequence;
    let ordered = |pair: &[Order]| match pair {
        [worse, better] => {
            side.better(better.price, worse.price)
                || (better.price == worse.price && better.sequence < worse.sequence)
        }
        _ => true,
    };
    let holds = used.iter().all(sound)
        && used.windows(2).all(ordered)
        && free.iter().all(|order| *order == Order::default());
    if holds {
        Ok(())
    } else {
        Err(Error::InvariantBroken)
    }
}
