//! Settling a market (D12, a69): announced a week before, or a day before where its margin target
//! stands at its cap or its feed is dead; reduce-only until then; then closed at the median of its
//! last thirty one-minute closes. Positions become quote, account by account, in any order and by
//! anyone, at one price. Nothing of the compartment's other markets is touched.
//!
//! A position's value passes through the market's pot: who is closed first is paid before the other
//! side has paid in, and INV-LEDGER holds after every single one (the pot is signed). Values are
//! rounded down, so that the pot ends at dust, which is insurance's.

use bulwark_state::{Bank, Board, Book, Insurance, Key, MarginAccount, Market};

use crate::error::{Error, Result};
use crate::feed::{close_count, median_close};
use crate::gate::conditions;
use crate::ledger::{self, DAY, fading_add_lasting, fading_take};
use crate::loss;
use crate::math::signed_mul_pow10_div_floor;
use crate::order;
use crate::permits::MarketStatus;
use crate::targets;
use crate::time::{Now, open_seconds};

/// Status of a bank that closes.
const CLOSING: u8 = 3;

/// Notice of a settlement that a guardian announces, seconds.
pub const NOTICE: u64 = 7 * 86_400;
/// Notice where a target stands at its cap or the feed is dead, seconds.
pub const SHORT_NOTICE: u64 = 86_400;

/// Minutes of the thirty that must have had a print, unless the feed is dead: else whoever calls
/// would choose the price by posting one print.
pub const LEAST_CLOSES: usize = 15;

/// Why a market is to be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The guardian's parameter quorum has decided.
    Decided,
    /// T_I stands at its cap, or the feed is dead: anyone may say so.
    Broken,
}

/// What became of a position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Base that it had, BaseE8.
    pub base: i64,
    /// What went to the quote balance, funding and loss charges included, UsdE6.
    pub realised: i64,
    /// Orders in the market that were cancelled with it.
    pub orders: u32,
}

/// Whether T_I stands at its cap or the feed is dead.
fn broken(board: &Board, market: &Market, now: Now) -> Result<bool> {
    let entry = board
        .markets
        .get(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    let feed = board
        .feeds
        .get(usize::from(market.feed))
        .ok_or(Error::BadIndex)?;
    Ok(targets::at_cap(&entry.margin) || conditions(feed, now).dead)
}

fn set_status(board: &mut Board, market: &mut Market, status: MarketStatus) -> Result<()> {
    let entry = board
        .markets
        .get_mut(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    (entry.status, market.status) = (status as u8, status as u8);
    Ok(())
}

/// Announces that a market will be settled: it is reduce-only from now on. Returns when it may be.
///
/// # Errors
/// [`Error::MarketForbids`] for one that is announced or settled already, [`Error::NoCause`] for
/// [`Cause::Broken`] where neither holds.
pub fn announce(board: &mut Board, market: &mut Market, cause: Cause, now: Now) -> Result<i64> {
    let status = MarketStatus::from_u8(market.status)?;
    if matches!(status, MarketStatus::Settling | MarketStatus::Settled) {
        return Err(Error::MarketForbids);
    }
    let notice = match cause {
        Cause::Decided => NOTICE,
        Cause::Broken if broken(board, market, now)? => SHORT_NOTICE,
        Cause::Broken => return Err(Error::NoCause),
    };
    market.settle_at = now
        .unix
        .checked_add_unsigned(notice)
        .ok_or(Error::Overflow)?;
    market.settle_short = u8::from(cause == Cause::Broken);
    set_status(board, market, MarketStatus::Settling)?;
    Ok(market.settle_at)
}

/// Calls a settlement off that was announced because of a cap or a dead feed, once neither holds
/// any more. Anyone may; what the guardian has decided stands.
///
/// # Errors
/// [`Error::MarketForbids`] for a market that isn't announced so, [`Error::CauseStands`].
pub fn call_off(board: &mut Board, market: &mut Market, now: Now) -> Result<()> {
    let announced = market.status == MarketStatus::Settling as u8;
    if !announced || market.settle_short == 0 {
        return Err(Error::MarketForbids);
    }
    if broken(board, market, now)? {
        return Err(Error::CauseStands);
    }
    (market.settle_at, market.settle_short) = (0, 0);
    set_status(board, market, MarketStatus::Open)
}

/// Settles a market whose notice is over: notes the price at which all its positions close, the
/// median of the thirty minutes up to its feed's newest print. Anyone may. Returns it, PriceE8.
///
/// # Errors
/// [`Error::MarketForbids`] for one that isn't announced, [`Error::DelayRuns`], [`Error::NoCause`]
/// where a short notice's cause is gone, [`Error::OracleGate`] without any close,
/// [`Error::TooFewCloses`] where fewer than [`LEAST_CLOSES`] lie before the newest print.
pub fn close(board: &mut Board, market: &mut Market, now: Now) -> Result<u64> {
    if market.status != MarketStatus::Settling as u8 {
        return Err(Error::MarketForbids);
    }
    if now.unix < market.settle_at {
        return Err(Error::DelayRuns);
    }
    if market.settle_short != 0 && !broken(board, market, now)? {
        return Err(Error::NoCause);
    }
    let feed = board
        .feeds
        .get(usize::from(market.feed))
        .ok_or(Error::BadIndex)?;
    let newest = feed.last.publish_at;
    let price = median_close(feed, newest);
    if price == 0 {
        return Err(Error::OracleGate);
    }
    if close_count(feed, newest) < LEAST_CLOSES && !conditions(feed, now).dead {
        return Err(Error::TooFewCloses);
    }
    set_status(board, market, MarketStatus::Settled)?;
    let entry = board
        .markets
        .get_mut(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    entry.settle_price = price;
    Ok(price)
}

/// Closes an account's position in a settled market at its settlement price (the row
/// `SettlePosition`): quote leg, value and what is due go to the balance, its orders there are
/// cancelled. Anyone may. No health number below Initial changes.
///
/// # Errors
/// [`Error::MarketForbids`] for a market that isn't settled, [`Error::NoPosition`].
pub fn close_position(
    board: &Board,
    (margin, account): (&Key, &mut MarginAccount),
    (market, book): (&mut Market, &mut Book),
    insurance: &mut Insurance,
    now: Now,
) -> Result<Closed> {
    let entry = board
        .markets
        .get(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    if entry.status != MarketStatus::Settled as u8 {
        return Err(Error::MarketForbids);
    }
    ledger::position_of(account, market.index).ok_or(Error::NoPosition)?;
    let orders = order::cancel_all(book, account, margin, market.index, None, now)?;
    let Some(at) = ledger::position_of(account, market.index) else {
        // There was nothing but orders.
        return Ok(Closed {
            orders,
            ..Closed::default()
        });
    };
    ledger::touch_position(board, account, at, market)?;
    let leg = account.positions.get_mut(at).ok_or(Error::NoPosition)?;
    let (base, quote) = (leg.base, leg.quote);
    let value = signed_mul_pow10_div_floor::<10>(base, entry.settle_price);
    let value = value.ok_or(Error::Overflow)?;
    let realised = value.checked_add(quote).ok_or(Error::Overflow)?;
    (leg.base, leg.quote) = (0, 0);
    let side = if base > 0 {
        &mut market.oi_long
    } else {
        &mut market.oi_short
    };
    *side = side
        .checked_sub(base.unsigned_abs())
        .ok_or(Error::InvariantBroken)?;
    market.quote_sum = market.quote_sum.checked_sub(quote).ok_or(Error::Overflow)?;
    market.pot = market.pot.checked_sub(value).ok_or(Error::Overflow)?;
    ledger::add_quote(board, account, realised, &mut market.deltas, now)?;
    let size = realised.unsigned_abs();
    if realised > 0 {
        fading_add_lasting(&mut account.realised, size, now, DAY)?;
    } else {
        fading_take(&mut account.realised, size, now, DAY)?;
    }
    ledger::release_position(account, at);
    ledger::update_live(account, &mut market.deltas)?;
    loss::sweep_pot(market, insurance)?;
    Ok(Closed {
        base,
        realised,
        orders,
    })
}

/// Begins to close a bank (D12): no deposits, no weight for new risk, and a weight at Maintenance
/// that falls to zero over the bank's `closing_ramp` in open time: nobody is liquidatable by it at
/// once (INV-NOFLIP). Quote can't be closed.
///
/// # Errors
/// [`Error::BankForbids`] for quote and for a bank that is closing, [`Error::BadIndex`].
pub fn close_bank(board: &mut Board, bank: &mut Bank, now: Now) -> Result<()> {
    let open = open_seconds(&board.clock, now.unix);
    let entry = board
        .banks
        .get_mut(usize::from(bank.index))
        .ok_or(Error::BadIndex)?;
    if bank.index == 0 || bank.status == CLOSING {
        return Err(Error::BankForbids);
    }
    (entry.status, bank.status) = (CLOSING, CLOSING);
    entry.closing_open = open;
    Ok(())
}
