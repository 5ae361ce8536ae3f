//! A refresh of the Board: accepted prices move the targets of every market and bank that use them.

use bulwark_state::{Board, BoardMarket, MINUTES, Minute, OpenClock};

use crate::feed::{Accepted, Ignored, Printed, Reading};
use crate::targets::Measure;
use crate::time::{open_seconds, open_seconds_of_market};
use crate::{Error, Now, Result, breaker, congestion, feed, targets};

/// Opens a refresh: copies the compartment's open-second clock and counts it. Says whether time
/// stands where it stood or later; if not, nothing changed and nothing may be refreshed.
/// [`Error::BoardLocked`] in Recovery.
pub fn begin(board: &mut Board, clock: &OpenClock, now: Now) -> Result<bool> {
    if board.locked != 0 {
        return Err(Error::BoardLocked);
    }
    if now.unix < board.refresh_at || now.slot < board.refresh_slot {
        return Ok(false);
    }
    board.clock = *clock;
    board.sequence = board.sequence.checked_add(1).ok_or(Error::Overflow)?;
    board.refresh_slot = now.slot;
    board.refresh_at = now.unix;
    Ok(true)
}

/// Keeps the last print of feed `index` from before a restart of the cluster (`restart`: its slot,
/// 0 if there was none): who was liquidatable at it has no grace. Before [`feed`].
pub fn note_restart(board: &mut Board, index: u8, restart: u64) {
    if let Some(feed) = board.feeds.get_mut(usize::from(index))
        && feed.last.slot < restart
    {
        feed.pre_closing = feed.last;
    }
}

/// Takes a message (and one of the second source) into feed `index` and moves what follows it.
/// Call [`begin`] first. [`Error::BadIndex`], and the errors of [`feed::accept`].
pub fn feed(
    board: &mut Board,
    index: u8,
    reading: &Reading,
    second: Option<&Reading>,
    now: Now,
) -> Result<Accepted> {
    if board.locked != 0 {
        return Err(Error::BoardLocked);
    }
    if now.unix < board.refresh_at {
        return Ok(Accepted::Nothing(Ignored::ClockBackwards));
    }
    let Board { feeds, clock, .. } = board;
    let feed = feeds
        .get_mut(usize::from(index))
        .filter(|feed| feed.active == 1);
    let feed = feed.ok_or(Error::BadIndex)?;
    let accepted = feed::accept(feed, reading, second, now, clock)?;
    match accepted {
        Accepted::Print(printed) => {
            congestion::update(board, now);
            apply(board, index, printed, now)?;
            breaker::depeg::watch(board, index, now)?;
        }
        Accepted::SecondOnly(_) => second_only(board, index, now)?,
        Accepted::Nothing(_) | Accepted::Unconfirmed => {}
    }
    Ok(accepted)
}

/// The second source alone is new: its markets may have become reduce-only by it.
fn second_only(board: &mut Board, index: u8, now: Now) -> Result<()> {
    let Board {
        feeds,
        markets,
        market_count,
        ..
    } = board;
    let feed = feeds.get(usize::from(index)).ok_or(Error::BadIndex)?;
    for market in markets.iter_mut().take(usize::from(*market_count)) {
        if market.feed == index && !matches!(market.status, 0 | 6) {
            breaker::watch(market, feed, false, now)?;
        }
    }
    Ok(())
}

/// Moves the targets, and the rings of open minutes, of every market and bank that uses feed
/// `index`, which has just accepted a print.
pub fn apply(board: &mut Board, index: u8, printed: Printed, now: Now) -> Result<()> {
    let factor = board.congestion.factor_e9.max(1_000_000_000);
    let Board {
        feeds,
        banks,
        markets,
        clock,
        bank_count,
        market_count,
        ..
    } = board;
    let feed = feeds.get(usize::from(index)).ok_or(Error::BadIndex)?;
    let measure = printed.sampled.then(|| Measure::of(feed));
    for market in markets.iter_mut().take(usize::from(*market_count)) {
        if market.feed != index || market.status == 0 || market.status == 6 {
            continue;
        }
        let open = open_seconds_of_market(clock, &market.clock, now.unix);
        if let Some(measure) = &measure {
            targets::update(&mut market.margin, measure, factor, open)?;
        }
        breaker::watch(market, feed, true, now)?;
        note_minute(market, feed.last.price, open);
    }
    let Some(measure) = &measure else {
        return Ok(());
    };
    let open = open_seconds(clock, now.unix);
    // Bank 0 is quote: it has a feed for the depeg breaker, and no haircut.
    for bank in banks.iter_mut().take(usize::from(*bank_count)).skip(1) {
        if bank.feed == index && bank.status != 0 {
            targets::update(&mut bank.haircut, measure, factor, open)?;
        }
    }
    Ok(())
}

/// Keeps price and loss indexes of the running open minute; the newest of a minute stays (D8).
pub fn note_minute(market: &mut BoardMarket, price: u64, open: u64) {
    let minute = open / 60;
    let place = usize::try_from(minute % MINUTES as u64).unwrap_or_default();
    let (loss_long, loss_short) = (market.loss_long, market.loss_short);
    if let Some(kept) = market.minutes.get_mut(place) {
        *kept = Minute {
            open_minute: minute.saturating_add(1),
            price,
            loss_long,
            loss_short,
        };
    }
}
