//! Circuit breakers of markets, origin classes and the quote (DESIGN section 6). Each has a number,
//! a bounded threshold, a consequence that only tightens, an end that needs no crank, and a reason
//! code.
//!
//! What a breaker of a market does is a [`MarketStatus`]; [`status`] is the strictest of them all,
//! evaluated whenever somebody trades: no crank. A refresh moves on what prices decide ([`watch`])
//! and counts trips in the Board (`markets[m].watch.sequence`, `pegs.sequence`); a liquidation
//! counts a cascade in its market (`band.sequence`). `check` chains them. Jumps are confirmed in
//! [`crate::feed`], outflow is limited in [`crate::outflow`].

pub mod band;
pub mod cascade;
pub mod depeg;
pub mod drawdown;
pub mod oracle;
pub mod restart;

use bulwark_state::{Board, BoardMarket, Feed, Market, Watch};

use crate::error::{Error, Result};
use crate::mode::running;
use crate::permits::MarketStatus;
use crate::targets;
use crate::time::Now;

/// A breaker, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Breaker {
    /// The price has left the band around its five-minute reference.
    Band = 1,
    /// A return over 10 s or 60 s beyond its limit.
    Jump = 2,
    /// A feed is dead, or its sources differ.
    Oracle = 3,
    /// Outflow beyond its buckets.
    Outflow = 4,
    /// Too much of a market was liquidated within a window.
    Cascade = 5,
    /// Insurance has paid too much of itself in a day.
    Drawdown = 6,
    /// An invariant is broken.
    Invariant = 7,
    /// Insurance is below the stressed shortfall.
    Coverage = 8,
    /// Quote or a bridged collateral is off its peg.
    Depeg = 9,
    /// The cluster has restarted.
    Restart = 10,
    /// A quorum of watchers attests.
    Sentinel = 11,
}

impl Breaker {
    /// Reason code in the records and chained trips of those that have one: 0x400 + number.
    pub const fn reason(self) -> u16 {
        0x400 | self as u16
    }
}

/// Counts a trip that a refresh has found.
fn count_on_board(watch: &mut Watch, breaker: Breaker, now: Now) -> Result<()> {
    watch.sequence = watch.sequence.checked_add(1).ok_or(Error::Overflow)?;
    watch.tripped_at = now.unix;
    watch.reason = u32::from(breaker.reason());
    Ok(())
}

/// Moves the breakers of a market on after its feed has taken a message: with a `print` if that was
/// accepted, else of the second source alone.
///
/// # Errors
/// [`Error::Overflow`].
pub fn watch(entry: &mut BoardMarket, feed: &Feed, print: bool, now: Now) -> Result<()> {
    oracle::watch(entry, feed, print, now)?;
    if print {
        band::watch(entry, feed, now)?;
    }
    Ok(())
}

/// Counts a trip in a trade or a liquidation.
fn count(market: &mut Market, breaker: Breaker) -> Result<()> {
    let band = &mut market.band;
    band.sequence = band.sequence.checked_add(1).ok_or(Error::Overflow)?;
    band.reason = u32::from(breaker.reason());
    Ok(())
}

/// How much of matching a status leaves, less last.
const fn strictness(status: MarketStatus) -> u8 {
    match status {
        MarketStatus::Open => 0,
        MarketStatus::ReduceOnly => 1,
        MarketStatus::Settling => 2,
        MarketStatus::Limit => 3,
        MarketStatus::Halted => 4,
        MarketStatus::Settled => 5,
    }
}

/// Status of a market now: the strictest of its own, a guardian's closing for new risk, and what
/// the breakers of band, oracle and cascade and a target at its cap make of it.
///
/// # Errors
/// [`Error::BadIndex`] for a market that the Board doesn't hold, [`Error::MarketForbids`] for one
/// without a status.
pub fn status(board: &Board, market: &Market, now: Now) -> Result<MarketStatus> {
    let found = watched(board, market, now)?;
    if takes_new_risk(board, market, now)? {
        return Ok(found);
    }
    Ok(stricter(found, MarketStatus::ReduceOnly))
}

/// [`status`] but for what [`takes_new_risk`] says, which matching asks for itself.
///
/// # Errors
/// Those of [`status`].
pub fn watched(board: &Board, market: &Market, now: Now) -> Result<MarketStatus> {
    let own = MarketStatus::from_u8(market.status)?;
    let feed = board.feeds.get(usize::from(market.feed));
    let entry = board.markets.get(usize::from(market.index));
    let (feed, entry) = feed.zip(entry).ok_or(Error::BadIndex)?;
    let closed = if running(&market.closed_until, now) {
        MarketStatus::ReduceOnly
    } else {
        MarketStatus::Open
    };
    let found = stricter(own, closed);
    let found = stricter(found, oracle::status(feed, now));
    Ok(stricter(found, band::status(&entry.watch, now)))
}

fn stricter(a: MarketStatus, b: MarketStatus) -> MarketStatus {
    if strictness(b) > strictness(a) { b } else { a }
}

/// Whether open interest of a market may rise as far as its margins and its liquidations say: not
/// while T_I stands at its cap (D4), nor after a cascade. Matching asks this of every order.
///
/// # Errors
/// [`Error::BadIndex`].
pub fn takes_new_risk(board: &Board, market: &Market, now: Now) -> Result<bool> {
    let entry = board
        .markets
        .get(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    Ok(!targets::at_cap(&entry.margin) && !cascade::stands(market, now))
}
