//! Orders as their accounts know them (DESIGN section 4): what may be asked for, the slots that
//! mirror the book, and every way in which an order ends without a fill.
//!
//! An order lives in two places: a 72-byte entry in the [`Book`] and a 32-byte slot in its margin
//! account, which name each other ([`backing`]). Either may be alone for a while: an entry whose
//! slot is gone is void and removed by whoever meets it with the account at hand; a slot whose
//! entry is gone (evicted) still reserves margin until the owner cancels it or anyone prunes it.

mod cancel;

pub use cancel::{
    Pruned, cancel_all, cancel_client, cancel_each, cancel_sequence, cancel_slot, consistent,
    prune, slot_of_client, slot_of_sequence, void_all,
};

use bulwark_state::{
    Book, Key, MAX_ORDERS_PER_MARKET, MarginAccount, Market, Order, OrderSlot, Position,
};

use crate::book::{self, REDUCE_ONLY, Side};
use crate::error::{Error, Result};
use crate::ledger;
use crate::math::{mul_pow10_div_floor, ppm_mul_floor};
use crate::time::Now;

/// Bit of [`OrderSlot::flags`]: the order sells.
pub const ASK: u8 = 1 << 7;

/// How an order may be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Fills what crosses, rests with what remains.
    Limit,
    /// Rests, or is refused if it would fill anything.
    PostOnly,
    /// Rests; where it would fill anything, one tick behind that.
    PostOnlySlide,
    /// Fills what crosses, the rest is cancelled. With a far limit this is the market order with a
    /// worst price; there is none without.
    ImmediateOrCancel,
    /// Fills whole or is refused.
    FillOrKill,
}

impl Kind {
    /// Whether what remains goes to the book.
    #[must_use]
    pub const fn rests(self) -> bool {
        matches!(self, Self::Limit | Self::PostOnly | Self::PostOnlySlide)
    }

    /// Whether it may not fill anything at once.
    #[must_use]
    pub const fn only_rests(self) -> bool {
        matches!(self, Self::PostOnly | Self::PostOnlySlide)
    }
}

/// What a trader asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// Buys or sells.
    pub side: Side,
    /// How it may be filled.
    pub kind: Kind,
    /// Whether it may only reduce the position: clipped at each fill, counted in no requirement.
    pub reduce_only: bool,
    /// Worst price, PriceE8.
    pub price: u64,
    /// Size, BaseE8.
    pub size: u64,
    /// The client's own number for it.
    pub client_id: u32,
    /// Unix second through which it lives, 0 for ever.
    pub expires_at: u32,
}

/// How much of a position an order on `side` can close, BaseE8.
#[must_use]
pub fn closes(base: i64, side: Side) -> u64 {
    match side {
        Side::Bid if base < 0 => base.unsigned_abs(),
        Side::Ask if base > 0 => base.unsigned_abs(),
        _ => 0,
    }
}

/// Which side an order slot is on.
#[must_use]
pub const fn side_of(slot: &OrderSlot) -> Side {
    if slot.flags & ASK == 0 {
        Side::Bid
    } else {
        Side::Ask
    }
}

/// Checks what can be said of a request before any matching. `mark` is the market's price on the
/// Board, `held` the account's position in this market, all zero if it has none.
///
/// A size is a multiple of the lot, but for a reduce-only order of exactly the position, so that
/// what a liquidation left can be closed. Only what may rest must keep to the tick, the smallest
/// notional and the distance from the oracle; a fill is at a resting order's price.
///
/// # Errors
/// [`Error::BadTick`], [`Error::BadLot`], [`Error::Overflow`] for a notional beyond `i64`,
/// [`Error::OrderExpired`], [`Error::NotReducing`], [`Error::BelowMinimumNotional`],
/// [`Error::TooFarFromOracle`]; [`Error::BadValue`] for a market without tick or lot.
pub fn validate(
    market: &Market,
    request: &OrderRequest,
    held: &Position,
    mark: u64,
    now: Now,
) -> Result<()> {
    let base = held.base;
    let whole = request.reduce_only && request.size == base.unsigned_abs();
    let lots = request
        .size
        .checked_rem(market.lot)
        .ok_or(Error::BadValue)?;
    if request.size == 0 || (lots != 0 && !whole) {
        return Err(Error::BadLot);
    }
    let ticks = request
        .price
        .checked_rem(market.tick)
        .ok_or(Error::BadValue)?;
    if request.price == 0 || (ticks != 0 && request.kind.rests()) {
        return Err(Error::BadTick);
    }
    let notional = notional(request.size, request.price)?;
    request.side.change(request.size)?;
    if book::expired(request.expires_at, now.unix) {
        return Err(Error::OrderExpired);
    }
    if request.reduce_only && closes(base, request.side) == 0 {
        return Err(Error::NotReducing);
    }
    if !request.kind.rests() {
        return Ok(());
    }
    // A lot worth nothing would let dust fills round to nothing.
    let per_lot = mul_pow10_div_floor::<10>(market.lot, request.price).unwrap_or(u64::MAX);
    if notional < minimum_notional(market, held.orders) || per_lot == 0 {
        return Err(Error::BelowMinimumNotional);
    }
    near(market, request.price, mark)
}

/// Whether an order may rest at `price`: no further from the oracle than the market permits.
///
/// # Errors
/// [`Error::TooFarFromOracle`].
pub(crate) fn near(market: &Market, price: u64, mark: u64) -> Result<()> {
    let distance = ppm_mul_floor(mark, market.distance_ppm).ok_or(Error::Overflow)?;
    if price.abs_diff(mark) > distance {
        return Err(Error::TooFarFromOracle);
    }
    Ok(())
}

/// Resting orders of an account in one market for which the smallest notional is the market's own;
/// each further as many raise it by once that (a56).
pub const TIER: u8 = 4;

/// Smallest notional (UsdE6) that rests beside `resting` orders of the account in this market.
#[must_use]
pub fn minimum_notional(market: &Market, resting: u8) -> u64 {
    let times = u64::from(resting / TIER).wrapping_add(1);
    // Beyond 64 bits nothing rests.
    market.min_notional.saturating_mul(times)
}

/// `⌊base·price⌋` (UsdE6), computed once per fill (D1).
///
/// # Errors
/// [`Error::Overflow`] above `i64::MAX`.
pub fn notional(base: u64, price: u64) -> Result<u64> {
    mul_pow10_div_floor::<10>(base, price)
        .filter(|&notional| i64::try_from(notional).is_ok())
        .ok_or(Error::Overflow)
}

/// The slot that stands behind a book entry of this account, `None` if the entry is void: another
/// order epoch, the slot free, used again or changed.
#[must_use]
pub fn backing(account: &MarginAccount, market: u8, side: Side, order: &Order) -> Option<usize> {
    let at = usize::from(order.slot);
    let slot = account.orders.get(at)?;
    let same = order.epoch == account.order_epoch
        && slot.size == order.size
        && slot.size > 0
        && slot.price == order.price
        && slot.sequence == low_half(order.sequence)
        && side_of(slot) == side
        && market_of(account, slot) == Some(market);
    same.then_some(at)
}

/// Market of an order slot that is in use.
#[inline]
fn market_of(account: &MarginAccount, slot: &OrderSlot) -> Option<u8> {
    let position = account.positions.get(usize::from(slot.position))?;
    (slot.size > 0 && position.active != 0).then_some(position.market)
}

/// Frees a slot and, where nothing else is left there, its position.
#[inline]
pub fn release(account: &mut MarginAccount, at: usize) -> Option<OrderSlot> {
    let gone = free(account, at)?;
    ledger::release_position(account, usize::from(gone.position));
    Some(gone)
}

/// Frees a slot and leaves its position as it is; `None` if it is free.
#[inline]
pub fn free(account: &mut MarginAccount, at: usize) -> Option<OrderSlot> {
    let slot = account.orders.get_mut(at).filter(|slot| slot.size > 0)?;
    let gone = *slot;
    *slot = OrderSlot::default();
    if let Some(position) = account.positions.get_mut(usize::from(gone.position)) {
        // A count, no money: a slot in use was counted when it was taken.
        position.orders = position.orders.saturating_sub(1);
    }
    Some(gone)
}

/// Takes a fill of `base` off a slot; at zero it is free. Leaves the position, which the fill is
/// about to change.
///
/// # Errors
/// [`Error::NoSuchOrder`] for a free slot, [`Error::Overflow`] for more than its size.
pub fn fill(account: &mut MarginAccount, at: usize, base: u64) -> Result<()> {
    let slot = account
        .orders
        .get_mut(at)
        .filter(|slot| slot.size > 0)
        .ok_or(Error::NoSuchOrder)?;
    let left = slot.size.checked_sub(base).ok_or(Error::Overflow)?;
    if left == 0 {
        free(account, at);
    } else {
        slot.size = left;
    }
    Ok(())
}

/// A free slot for an order in `position`; slots that have expired are freed where it needs one.
fn seat(account: &mut MarginAccount, position: usize, now: Now) -> Result<usize> {
    let full = |account: &MarginAccount| {
        let leg = account.positions.get(position);
        leg.is_none_or(|leg| usize::from(leg.orders) >= MAX_ORDERS_PER_MARKET)
    };
    let vacant = |account: &MarginAccount| account.orders.iter().position(|slot| slot.size == 0);
    if full(account) || vacant(account).is_none() {
        for at in 0..account.orders.len() {
            let expiry = account.orders.get(at).map_or(0, |slot| slot.expires_at);
            if book::expired(expiry, now.unix)
                && let Some(gone) = free(account, at)
                && usize::from(gone.position) != position
            {
                ledger::release_position(account, usize::from(gone.position));
            }
        }
    }
    if full(account) {
        return Err(Error::TooManyOrders);
    }
    vacant(account).ok_or(Error::OrderSlotsFull)
}

/// What [`post`] needs beside the request.
#[derive(Clone, Copy, Debug)]
pub struct Posting<'a> {
    /// Address of the account.
    pub margin: &'a Key,
    /// Its position in the market (index into `positions`), opened before.
    pub position: usize,
    /// Price, PriceE8: the request's, unless it slid.
    pub price: u64,
    /// What remains of the request, BaseE8.
    pub size: u64,
}

/// Where an order rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Slot in the account.
    pub slot: u8,
    /// Sequence number in the book: the order's id within its market.
    pub sequence: u64,
    /// Price, PriceE8.
    pub price: u64,
    /// Remaining size, BaseE8.
    pub size: u64,
    /// The order that left a full book for it.
    pub evicted: Option<Order>,
}

/// Rests an order: a free slot and the book entry, which name each other. Expired slots of the
/// account are freed where it has no other. The caller has seen to it that the price doesn't cross.
///
/// # Errors
/// [`Error::OrderSlotsFull`], [`Error::TooManyOrders`], [`Error::BookFull`]; [`Error::BadValue`]
/// for size zero.
pub fn post(
    book: &mut Book,
    account: &mut MarginAccount,
    request: &OrderRequest,
    posting: Posting<'_>,
    now: Now,
) -> Result<Posted> {
    let at = seat(account, posting.position, now)?;
    let slot = u8::try_from(at).map_err(|_| Error::BadIndex)?;
    let flags = if request.reduce_only { REDUCE_ONLY } else { 0 };
    let order = Order {
        price: posting.price,
        sequence: 0,
        size: posting.size,
        margin: *posting.margin,
        expires_at: request.expires_at,
        placed_at: u32::try_from(now.unix).unwrap_or(u32::MAX),
        epoch: account.order_epoch,
        slot,
        flags,
        reserved: [0; 2],
    };
    let inserted = book::insert(book, request.side, &order, now.unix)?;
    book.changed_slot = now.slot;
    let position = account
        .positions
        .get_mut(posting.position)
        .ok_or(Error::BadIndex)?;
    position.orders = position.orders.checked_add(1).ok_or(Error::TooManyOrders)?;
    let market = position.market;
    let seat = account.orders.get_mut(at).ok_or(Error::BadIndex)?;
    let ask = if request.side == Side::Ask { ASK } else { 0 };
    *seat = OrderSlot {
        price: posting.price,
        size: posting.size,
        client_id: request.client_id,
        expires_at: request.expires_at,
        sequence: low_half(inserted.sequence),
        epoch: epoch_of(account.order_epoch),
        position: u8::try_from(posting.position).map_err(|_| Error::BadIndex)?,
        flags: flags | ask,
    };
    if let Some(gone) = inserted
        .evicted
        .filter(|gone| gone.margin == *posting.margin)
        && let Some(own) = backing(account, market, request.side, &gone)
    {
        release(account, own);
    }
    Ok(Posted {
        slot,
        sequence: inserted.sequence,
        price: posting.price,
        size: posting.size,
        evicted: inserted.evicted,
    })
}

/// The half of a sequence number that a slot keeps: [`book::full_sequence`] finds the other.
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn low_half(sequence: u64) -> u32 {
    sequence as u32
}

/// The half of an order epoch that a slot keeps. All slots are freed when it rises, so it can't
/// come round while one is in use.
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn epoch_of(epoch: u32) -> u16 {
    epoch as u16
}
