//! One resting order met by a new one: filled, removed, or the end of the pass.

use bulwark_state::{Board, Key, MarginAccount, Market, Order};

use super::admit::{self, Change, Judge};
use super::limits::{Caps, Class, raised, room};
use super::undo::Undo;
use super::{Ended, Reason, Rules};
use crate::book::{REDUCE_ONLY, Side, expired};
use crate::error::{Error, Result};
use crate::health::Sheet;
use crate::ledger;
use crate::math::ppm_mul_ceil;
use crate::order;

/// What the new order brings to a meeting.
pub(super) struct Cross<'a> {
    /// The resting order.
    pub order: &'a Order,
    /// Its side.
    pub side: Side,
    /// Owner of the new order's account.
    pub owner: &'a Key,
    /// What the new order still wants, clipped to what it may take (BaseE8, above zero).
    pub wanted: u64,
    /// How much of its own position the new order can close, BaseE8.
    pub closes: u64,
    /// Whether the new order must not fill anything.
    pub post_only: bool,
    /// Prices.
    pub board: &'a Board,
    /// What accounts share of the Board at Initial.
    pub sheet: &'a Sheet<'a>,
    /// Permissions.
    pub rules: &'a Rules,
    /// Limits of the market.
    pub caps: &'a Caps,
    /// Mark of the market, PriceE8.
    pub mark: u64,
}

/// What became of a resting order.
#[derive(Clone, Copy)]
pub(super) enum Verdict {
    /// It goes, unfilled; its slot is free.
    Remove(Reason),
    /// It stays and the pass ends.
    End(Ended),
    /// It would be filled by an order that must not.
    Refuse,
    /// Its side of the fill is booked.
    Fill(Leg),
}

/// The resting order's side of a fill.
#[derive(Clone, Copy)]
pub(super) struct Leg {
    /// Size, BaseE8.
    pub base: u64,
    /// Notional, UsdE6.
    pub notional: u64,
    /// Fee, UsdE6.
    pub fee: u64,
    /// Profit realised, UsdE6.
    pub realised: i64,
    /// Size by which open interest rises, BaseE8.
    pub raised: u64,
    /// Class by open interest.
    pub class: Class,
    /// The order's client id.
    pub client_id: u32,
}

/// Meets a resting order of another account.
pub(super) fn meet(
    cross: &Cross<'_>,
    market: &mut Market,
    account: &mut MarginAccount,
) -> Result<Verdict> {
    let Some(at) = order::backing(account, market.index, cross.side, cross.order) else {
        return Ok(Verdict::Remove(Reason::Void));
    };
    if expired(cross.order.expires_at, cross.rules.now.unix) {
        order::release(account, at);
        return Ok(Verdict::Remove(Reason::Expired));
    }
    if cross.post_only {
        return Ok(Verdict::Refuse);
    }
    if account.owner == *cross.owner {
        order::release(account, at);
        return Ok(Verdict::Remove(Reason::SelfTrade));
    }
    trade(cross, market, account, at)
}

/// Fills the order in slot `at` as far as permitted, or removes it if its account can't have that.
fn trade(
    cross: &Cross<'_>,
    market: &mut Market,
    account: &mut MarginAccount,
    at: usize,
) -> Result<Verdict> {
    let mut undo = Undo::take(account, at, market)?;
    let held = undo.base();
    let closes = order::closes(held, cross.side);
    let mut most = cross.order.size;
    if cross.order.flags & REDUCE_ONLY != 0 {
        if closes == 0 {
            order::release(account, at);
            return Ok(Verdict::Remove(Reason::NotReducing));
        }
        most = most.min(closes);
    }
    if cross.caps.leverage == 0 {
        // Closed for all who would take on risk: no fault of this one, so his order stays.
        most = most.min(closes);
    }
    let (room, bound) = room(market, cross.caps, cross.order.price, cross.rules);
    let permitted = closes.saturating_add(cross.closes).saturating_add(room);
    let base = cross.wanted.min(most).min(permitted);
    if base == 0 {
        let closed = if most == 0 {
            Ended::InterestClosed
        } else {
            bound
        };
        return Ok(Verdict::End(closed));
    }
    match book_fill(cross, market, account, at, base, &mut undo) {
        Ok(mut leg) => {
            (leg.raised, leg.class) = raised(base, cross.closes, closes);
            ledger::release_position(account, undo.position());
            Ok(Verdict::Fill(leg))
        }
        // Whatever the reason, an order that can't be filled must not stand in front of others.
        Err(_) => {
            undo.swap(account, market);
            order::release(account, at);
            Ok(Verdict::Remove(Reason::Unfillable))
        }
    }
}

/// Books the resting order's side of a fill and asks whether its account may have it.
fn book_fill(
    cross: &Cross<'_>,
    market: &mut Market,
    account: &mut MarginAccount,
    at: usize,
    base: u64,
    undo: &mut Undo,
) -> Result<Leg> {
    let position = undo.position();
    let notional = order::notional(base, cross.order.price)?;
    let fee = ppm_mul_ceil(notional, market.maker_fee_ppm).ok_or(Error::Overflow)?;
    let change = cross.side.change(base)?;
    let client_id = account.orders.get(at).map_or(0, |slot| slot.client_id);
    order::fill(account, at, base)?;
    let (board, now) = (cross.board, cross.rules.now);
    let traded = ledger::trade(board, account, position, market, change, notional, fee, now)?;
    let before = undo.base();
    let after = before.checked_add(change).ok_or(Error::Overflow)?;
    let change = Change {
        before,
        after,
        side: cross.side,
        base,
        notional,
        fee,
    };
    let judge = Judge {
        board,
        sheet: cross.sheet,
        rules: cross.rules,
        caps: cross.caps,
        mark: cross.mark,
    };
    admit::maker(&judge, market, account, &change, undo)?;
    let realised = traded.realised;
    Ok(Leg {
        base,
        notional,
        fee,
        realised,
        raised: 0,
        class: Class::Transfer,
        client_id,
    })
}
