//! What a health at Initial needs of the Board: of each market and token the same for every
//! account, so it is worked out once and shared by all that one instruction asks about (the makers
//! of an order, D2). Nothing here depends on an account; what does is worked out at the account.

use core::cell::Cell;

use bulwark_state::{Board, BoardMarket, Feed, MAX_BANKS, MAX_MARKETS};

use super::ratio::{
    ONE_E9, Present, initial_before_size, initial_weight, ppm_ceil, ppm_floor, surely_below,
};
use super::{SETTLED, capped};
use crate::error::{Error, Result};
use crate::gate::{faults, initial_bounds};
use crate::math::{LONG, SHORT};
use crate::time::Now;
use crate::units::value_exponent;

/// Exponent of `BaseE8 × PriceE8 × ppm` over `UsdE6`.
pub(super) const UNIT_EXPONENT: u64 = 16;

/// Something is worked out.
const KNOWN: u64 = 1;
/// Of a market: only the adverse bound counts, which depends on the position. Of a token: it counts
/// nothing.
const ADVERSE: u64 = 2;
/// Of a market: one price, nothing required.
const SETTLED_AT: u64 = 4;

/// A market at Initial, without what depends on the size of a position. Words, so that a sheet is
/// cleared at once.
#[derive(Default)]
pub(super) struct Seat {
    flags: Cell<u64>,
    down: Cell<u64>,
    up: Cell<u64>,
    unit: Cell<u64>,
    free: Cell<u64>,
}

impl Seat {
    /// P↓, PriceE8.
    #[inline]
    pub fn down(&self) -> u64 {
        self.down.get()
    }

    /// P↑, PriceE8.
    #[inline]
    pub fn up(&self) -> u64 {
        self.up.get()
    }

    /// Price times ratio in ppm, fee of closing included; 0 where that has more than 64 bits.
    #[inline]
    pub fn unit(&self) -> u64 {
        self.unit.get()
    }

    /// Every size below this has no add-on, BaseE8; larger ones may have none either.
    #[inline]
    pub fn free(&self) -> u64 {
        self.free.get()
    }

    /// Whether only the adverse bound counts, which depends on the position; `all`: for every leg
    /// that isn't settled.
    #[inline]
    pub fn counts_adverse(&self, all: bool) -> bool {
        let flags = self.flags.get();
        flags & ADVERSE != 0 || (all && flags & SETTLED_AT == 0)
    }

    /// Settled: one price, nothing required.
    #[inline]
    pub fn is_settled(&self) -> bool {
        self.flags.get() & SETTLED_AT != 0
    }
}

/// A token at Initial.
#[derive(Default)]
pub(super) struct Token {
    flags: Cell<u64>,
    unit: Cell<u64>,
    exponent: Cell<u64>,
}

impl Token {
    /// It counts nothing.
    #[inline]
    pub fn is_worthless(&self) -> bool {
        self.flags.get() & ADVERSE != 0
    }

    /// Price times weight in ppm, coverage included; 0 where that has more than 64 bits.
    #[inline]
    pub fn unit(&self) -> u64 {
        self.unit.get()
    }

    /// Of ten: what `unit × amount` is divided by.
    #[inline]
    pub fn exponent(&self) -> u64 {
        self.exponent.get()
    }
}

/// The Board at a time, with what was worked out of it so far.
pub(crate) struct Sheet<'a> {
    pub(super) present: Present<'a>,
    markets: [Seat; MAX_MARKETS],
    tokens: [Token; MAX_BANKS],
}

impl<'a> Sheet<'a> {
    /// Nothing is worked out yet.
    #[inline]
    pub fn new(board: &'a Board, now: Now) -> Self {
        Self {
            present: Present::new(board, now),
            markets: Default::default(),
            tokens: Default::default(),
        }
    }

    /// A market.
    #[inline]
    pub(super) fn market(&self, index: u8) -> Result<&Seat> {
        let seat = self.markets.get(usize::from(index));
        let seat = seat.ok_or(Error::BadIndex)?;
        if seat.flags.get() == 0 {
            let (market, feed) = self.present.market(index)?;
            self.take(seat, market, feed)?;
        }
        Ok(seat)
    }

    #[inline(never)]
    fn take(&self, seat: &Seat, market: &BoardMarket, feed: &Feed) -> Result<()> {
        if market.status == SETTLED {
            seat.down.set(market.settle_price);
            seat.up.set(market.settle_price);
            seat.flags.set(KNOWN | SETTLED_AT);
            return Ok(());
        }
        let bounds = initial_bounds(feed, &faults(feed, self.present.now))?;
        let ratio = ppm_ceil(initial_before_size(market)?)?
            .checked_add(market.close_fee_ppm)
            .ok_or(Error::Overflow)?;
        seat.down.set(bounds.down);
        seat.up.set(bounds.up);
        seat.unit.set(unit(feed.last.price, ratio));
        seat.free.set(surely_below(market, feed.slow));
        let adverse = if bounds.adverse { ADVERSE } else { 0 };
        seat.flags.set(KNOWN | adverse);
        Ok(())
    }

    /// A token.
    #[inline]
    pub(super) fn token(&self, bank: u8) -> Result<&Token> {
        let token = self.tokens.get(usize::from(bank)).ok_or(Error::BadIndex)?;
        if token.flags.get() == 0 {
            self.price(token, bank)?;
        }
        Ok(token)
    }

    #[inline(never)]
    fn price(&self, token: &Token, bank: u8) -> Result<()> {
        let Some(priced) = Priced::new(self.present, bank)? else {
            token.flags.set(KNOWN | ADVERSE);
            return Ok(());
        };
        // At most 38 and 6.
        let exponent = priced.exponent.wrapping_add(PPM_EXPONENT);
        if (SHORT..=LONG).contains(&exponent) {
            token.unit.set(unit(priced.price, priced.ppm));
            token.exponent.set(exponent.into());
        }
        token.flags.set(KNOWN);
        Ok(())
    }
}

/// Exponent of ten of one ppm.
const PPM_EXPONENT: u32 = 6;

/// The product where bounds prove that it fits, otherwise 0: (2^44 − 1)·2^20 < 2^64.
#[inline]
fn unit(price: u64, ppm: u32) -> u64 {
    if price >> 44 == 0 && ppm <= 1 << 20 {
        price.wrapping_mul(u64::from(ppm))
    } else {
        0
    }
}

/// What a unit of a token counts for at Initial.
pub(super) struct Priced {
    /// min(P↓, cap), PriceE8.
    pub price: u64,
    /// w_I·coverage, ppm, rounded down.
    pub ppm: u32,
    /// Of ten: native units × price over UsdE6.
    pub exponent: u32,
}

impl Priced {
    /// None where it counts nothing: closed for new risk, or at the adverse bound.
    pub fn new(present: Present, bank: u8) -> Result<Option<Self>> {
        let (bank, feed) = present.bank(bank)?;
        let weight = initial_weight(present, bank)?;
        if weight == 0 {
            return Ok(None);
        }
        let bounds = initial_bounds(feed, &faults(feed, present.now))?;
        if bounds.adverse {
            return Ok(None);
        }
        // Two factors of at most 10^9 < 2^30.
        let covered = weight.wrapping_mul(bank.coverage_e9.min(ONE_E9)) / ONE_E9;
        Ok(Some(Self {
            price: capped(bank, bounds.down),
            ppm: ppm_floor(covered)?,
            exponent: value_exponent(bank.decimals, feed.unit_exp).ok_or(Error::BadValue)?,
        }))
    }
}
