//! One side of a fill (D1).

use bulwark_state::{Board, MarginAccount, Market};

use super::fading::{DAY, fading_add_lasting, fading_take};
use super::{add_quote, replaced, set_snapshots, touch_position, update_live};
use crate::error::{Error, Result};
use crate::math::{mul_div_floor, signed_mul_div_floor};
use crate::time::Now;

/// What one side of a fill did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traded {
    /// Base that was closed, BaseE8.
    pub closed: u64,
    /// Base that was opened, BaseE8.
    pub opened: u64,
    /// Profit or loss that went to the balance, before the fee, UsdE6.
    pub realised: i64,
}

/// A leg after a fill, and what the fill realised.
struct Filled {
    base: i64,
    quote: i64,
    traded: Traded,
}

/// Moves one side of a fill of `|change|` base for `notional` (D1): the buyer's `change` is above
/// zero. Both sides must be given the same `notional`, computed once as `⌊β·P⌋`.
///
/// Touches position and balance first. Moves base, quote leg, balance, open interest, quote sum,
/// fees and totals; an account that turns its side is split by `⌊N·β₁/β⌋`. Realised profit fades
/// over 24 h in `account.realised`, losses and fees lower it. `fee` is rounded up by the caller.
/// Does not free the position's slot: [`super::release_position`] does, once orders are settled.
#[allow(clippy::too_many_arguments)]
pub fn trade(
    board: &Board,
    account: &mut MarginAccount,
    position: usize,
    market: &mut Market,
    change: i64,
    notional: u64,
    fee: u64,
    now: Now,
) -> Result<Traded> {
    touch_position(board, account, position, market)?;
    let indexes = board
        .markets
        .get(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    let leg = account
        .positions
        .get_mut(position)
        .ok_or(Error::NoPosition)?;
    let (base, quote) = (leg.base, leg.quote);
    let filled = fill(base, quote, change, notional)?;
    leg.base = filled.base;
    leg.quote = filled.quote;
    if filled.traded.opened != 0 {
        // Opening and turning start with no loss of that side (D8). An addition was touched above.
        set_snapshots(indexes, leg);
    }
    market.oi_long = side(market.oi_long, base.max(0), filled.base.max(0))?;
    market.oi_short = side(market.oi_short, base.min(0), filled.base.min(0))?;
    market.quote_sum = replaced(market.quote_sum, quote, filled.quote)?;
    let paid = i64::try_from(fee).map_err(|_| Error::Overflow)?;
    market.deltas.fees = market
        .deltas
        .fees
        .checked_add(paid)
        .ok_or(Error::Overflow)?;
    let net = filled
        .traded
        .realised
        .checked_sub(paid)
        .ok_or(Error::Overflow)?;
    add_quote(board, account, net, &mut market.deltas, now)?;
    if net > 0 {
        fading_add_lasting(&mut account.realised, net.unsigned_abs(), now, DAY)?;
    } else if net < 0 {
        fading_take(&mut account.realised, net.unsigned_abs(), now, DAY)?;
    }
    update_live(account, &mut market.deltas)?;
    Ok(filled.traded)
}

/// `interest − |before| + |after|`, for bases of one sign.
fn side(interest: u64, before: i64, after: i64) -> Result<u64> {
    interest
        .checked_sub(before.unsigned_abs())
        .and_then(|rest| rest.checked_add(after.unsigned_abs()))
        .ok_or(Error::Overflow)
}

/// The leg `(base, quote)` after `change` base for `notional`.
fn fill(base: i64, quote: i64, change: i64, notional: u64) -> Result<Filled> {
    let size = change.unsigned_abs();
    if size == 0 {
        return Err(Error::ZeroAmount);
    }
    let reduces = base != 0 && (base < 0) != (change < 0);
    let closed = if reduces {
        size.min(base.unsigned_abs())
    } else {
        0
    };
    let opened = size.checked_sub(closed).ok_or(Error::Overflow)?;
    // Exactly `notional` in both parts, so the two sides of a fill cancel.
    let closing = match closed {
        0 => 0,
        all if all == size => notional,
        part => mul_div_floor(notional, part, size).ok_or(Error::Overflow)?,
    };
    let opening = notional.checked_sub(closing).ok_or(Error::Overflow)?;
    let share = if closed == 0 {
        0
    } else {
        signed_mul_div_floor(quote, closed, base.unsigned_abs()).ok_or(Error::Overflow)?
    };
    let realised = pay(share, change, closing)?;
    let rest = quote.checked_sub(share).ok_or(Error::Overflow)?;
    Ok(Filled {
        base: base.checked_add(change).ok_or(Error::Overflow)?,
        quote: pay(rest, change, opening)?,
        traded: Traded {
            closed,
            opened,
            realised,
        },
    })
}

/// `amount` after the quote of a fill: a buyer pays, a seller receives.
fn pay(amount: i64, change: i64, notional: u64) -> Result<i64> {
    if change > 0 {
        amount.checked_sub_unsigned(notional).ok_or(Error::Overflow)
    } else {
        amount.checked_add_unsigned(notional).ok_or(Error::Overflow)
    }
}
