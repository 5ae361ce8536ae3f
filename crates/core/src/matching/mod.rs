//! Placing an order (DESIGN section 4, D1, D2, D12): one pass over the opposite side in price-time
//! priority, fills at the makers' prices, atomically; what remains rests, if it may.
//!
//! * **Makers are accounts of the same instruction**, lent one at a time through [`Makers`]. The
//!   best order whose account is absent ends the pass; what remains then rests only where it
//!   doesn't cross (a13).
//! * **A maker is checked at the fill**: he reduces without harm, or has Initial after (a14). One
//!   who can't be filled loses the order and nothing else: the fill is undone to the last bit.
//! * **Same owner, no trade**: the older order is cancelled (a58).
//! * **Permission goes by open interest**: where it may not rise a fill is cut to the part that
//!   one of the two closes, and if there is none the pass ends.
//! * At most [`MAX_FILLS`] fills and [`MAX_REMOVED`] removals, so units, accounts and the one
//!   event are bounded (s05).
//!
//! After an error the accounts are in no defined state: the transaction must be rolled back, as
//! the chain does. The order is validated, filled, rested, and its account checked once at the end.

mod admit;
mod limits;
mod maker;
mod pass;
mod report;
mod undo;

pub use limits::{Caps, Class, LEAST_E9, LEVERAGE_RISE_E9, caps, note_raised, raised};
pub use report::{Ended, Fill, MAX_FILLS, MAX_REMOVED, Reason, Removed, Report};

use bulwark_state::{Board, Book, Key, MarginAccount, Market};

use crate::book;
use crate::breaker;
use crate::error::{Error, Result};
use crate::health::{self, Health, Level, Sheet};
use crate::ledger;
use crate::order::{self, OrderRequest};
use crate::time::Now;
use pass::Pass;

/// The accounts of a market that an order touches.
#[derive(Debug)]
pub struct Venue<'a> {
    /// Prices and indexes.
    pub board: &'a Board,
    /// The market.
    pub market: &'a mut Market,
    /// Its book.
    pub book: &'a mut Book,
}

/// What the tables of D12 leave of the permission to match, decided by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The present.
    pub now: Now,
    /// Whether fills may raise open interest.
    pub open_interest_up: bool,
    /// Lowest and highest price (PriceE8) of a fill, where the market or its oracle says so.
    pub band: Option<(u64, u64)>,
    /// Multiple of the initial requirement that who takes on risk must have, ppm:
    /// [`NORMAL_PPM`] or [`STRICT_PPM`].
    pub requirement_ppm: u32,
}

/// Requirement of those who take on risk in Normal, ppm.
pub const NORMAL_PPM: u32 = 1_000_000;
/// Requirement of those who take on risk outside of Normal, ppm (D12).
pub const STRICT_PPM: u32 = 1_100_000;

/// Whether a maker's account came with the instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It did, and was lent.
    Lent,
    /// It did not: nothing can be said of its order.
    Absent,
    /// It did, and is no margin account any more: it was closed, so its order is void. (The address
    /// comes from the book, so there was one.)
    Closed,
}

/// The margin accounts that came with the instruction.
pub trait Makers {
    /// Lends the account at this address to `act`, once, if it came.
    ///
    /// # Errors
    /// What `act` returns, or that the account can't be read.
    fn with(
        &mut self,
        margin: &Key,
        act: &mut dyn FnMut(&mut MarginAccount) -> Result<()>,
    ) -> Result<Came>;
}

/// Who places an order.
#[derive(Debug)]
pub struct Placer<'a> {
    /// Address of the account.
    pub margin: &'a Key,
    /// The account.
    pub account: &'a mut MarginAccount,
}

/// Places an order: validates, fills, rests what remains, checks the account. `report` is cleared
/// first and then says what happened; it is some 3 KB, so it belongs on the heap.
///
/// # Errors
/// Those of [`order::validate`]; [`Error::StageForbids`] for a liquidatable account that would
/// reduce (one that takes on risk lacks Initial);
/// [`Error::WouldCross`] and [`Error::NotFilledWhole`] by kind; [`Error::BelowInitialMargin`];
/// [`Error::PositionSlotsFull`], [`Error::OrderSlotsFull`], [`Error::TooManyOrders`],
/// [`Error::BookFull`] where nothing was filled either; those of ledger and health.
pub fn place(
    venue: &mut Venue<'_>,
    placer: &mut Placer<'_>,
    request: &OrderRequest,
    rules: &Rules,
    makers: &mut dyn Makers,
    report: &mut Report,
) -> Result<()> {
    report.clear();
    let index = venue.market.index;
    let held = ledger::position_of(placer.account, index)
        .and_then(|at| placer.account.positions.get(at))
        .copied()
        .unwrap_or_default();
    let mark = health::mark(venue.board, index)?;
    order::validate(venue.market, request, &held, mark, rules.now)?;
    let held = held.base;
    let rules = &Rules {
        open_interest_up: rules.open_interest_up
            && breaker::takes_new_risk(venue.board, venue.market, rules.now)?,
        ..*rules
    };
    let caps = limits::caps(venue.board, venue.market, rules.now)?;
    // Only a reduction is measured against the health before: who takes on risk has Initial after,
    // and so is healthy whatever he was.
    let before = if order::closes(held, request.side) > 0 {
        Some(standing(venue.board, placer.account, rules.now)?)
    } else {
        None
    };
    let position = ledger::open_position(venue.board, placer.account, index)?;
    let mut pass = Pass {
        board: venue.board,
        sheet: &Sheet::new(venue.board, rules.now),
        market: venue.market,
        book: venue.book,
        margin: placer.margin,
        taker: placer.account,
        position,
        request,
        rules,
        caps: &caps,
        report,
        mark,
        left: request.size,
        price: request.price,
    };
    pass.run(makers)?;
    pass.rest()?;
    pass.check(held, before)?;
    ledger::release_position(placer.account, position);
    book::uncrossed(venue.book)
}

/// Maintenance of an account that may still reduce by itself.
fn standing(board: &Board, account: &MarginAccount, now: Now) -> Result<Health> {
    let health = health::health(board, account, Level::Maintenance, now, false)?;
    if health.surplus()? < 0 {
        return Err(Error::StageForbids);
    }
    Ok(health)
}
