//! The pass over the opposite side of the book, and what comes after it.

use bulwark_state::{Board, Book, Key, MarginAccount, Market, Order};

use super::admit::{self, Change, Judge};
use super::limits::{Caps, note_raised};
use super::maker::{self, Cross, Leg, Verdict};
use super::{Came, Ended, Fill, Makers, Reason, Removed, Report, Rules};
use crate::book::{self, Side};
use crate::error::{Error, Result};
use crate::health::{Health, Sheet};
use crate::ledger;
use crate::math::ppm_mul_ceil;
use crate::order::{self, Kind, OrderRequest, Posting};

/// An order on its way through the book.
pub(super) struct Pass<'a> {
    pub board: &'a Board,
    pub sheet: &'a Sheet<'a>,
    pub market: &'a mut Market,
    pub book: &'a mut Book,
    pub margin: &'a Key,
    pub taker: &'a mut MarginAccount,
    /// The taker's position.
    pub position: usize,
    pub request: &'a OrderRequest,
    pub rules: &'a Rules,
    pub caps: &'a Caps,
    pub report: &'a mut Report,
    /// Mark of the market, PriceE8.
    pub mark: u64,
    /// What is neither filled nor given up, BaseE8.
    pub left: u64,
    /// Worst price, PriceE8: the request's, or one tick behind the opposite order that it slid off.
    pub price: u64,
}

impl Pass<'_> {
    /// Meets the best opposite order until something ends it.
    pub(super) fn run(&mut self, makers: &mut dyn Makers) -> Result<()> {
        self.report.ended = loop {
            let wanted = self.wanted();
            if wanted == 0 {
                break Ended::Filled;
            }
            let Some(&best) = book::best(self.book, self.request.side.opposite()) else {
                break Ended::NothingCrosses;
            };
            if !self.request.side.crosses(self.price, best.price) {
                break Ended::NothingCrosses;
            }
            if self.report.is_full() {
                break Ended::TooMany;
            }
            match self.meet(&best, wanted, makers)? {
                Verdict::Remove(reason) => self.remove(&best, reason)?,
                Verdict::Fill(leg) => self.fill(&best, &leg)?,
                Verdict::Refuse => self.slide(&best)?,
                Verdict::End(_) if self.request.kind.only_rests() => self.slide(&best)?,
                Verdict::End(ended) => break ended,
            }
        };
        Ok(())
    }

    /// A post-only order that would fill: slides one tick behind the one that it met, if it may.
    fn slide(&mut self, best: &Order) -> Result<()> {
        if self.request.kind != Kind::PostOnlySlide {
            return Err(Error::WouldCross);
        }
        let tick = self.market.tick;
        let price = match self.request.side {
            Side::Bid => best.price.checked_sub(tick),
            Side::Ask => best.price.checked_add(tick),
        };
        self.price = price.filter(|price| *price != 0).ok_or(Error::WouldCross)?;
        order::near(self.market, self.price, self.mark)
    }

    /// The taker's base now, BaseE8.
    fn held(&self) -> i64 {
        self.taker
            .positions
            .get(self.position)
            .map_or(0, |leg| leg.base)
    }

    /// What is left, clipped to the position if reduce-only.
    fn wanted(&self) -> u64 {
        if !self.request.reduce_only {
            return self.left;
        }
        self.left.min(order::closes(self.held(), self.request.side))
    }

    /// Judges the best resting order, with its account if that came.
    fn meet(&mut self, best: &Order, wanted: u64, makers: &mut dyn Makers) -> Result<Verdict> {
        let gone = book::expired(best.expires_at, self.rules.now.unix);
        if best.margin == *self.margin {
            return self.meet_own(best, gone);
        }
        let outside = |&(low, high): &(u64, u64)| best.price < low || best.price > high;
        if !gone && self.rules.band.as_ref().is_some_and(outside) {
            return Ok(Verdict::End(Ended::Band));
        }
        let cross = Cross {
            order: best,
            side: self.request.side.opposite(),
            owner: &self.taker.owner,
            wanted,
            closes: order::closes(self.held(), self.request.side),
            post_only: self.request.kind.only_rests(),
            board: self.board,
            sheet: self.sheet,
            rules: self.rules,
            caps: self.caps,
            mark: self.mark,
        };
        // Without its account an order is removed only if its own expiry says that it is void.
        let mut verdict = if gone {
            Verdict::Remove(Reason::ExpiredUnseen)
        } else {
            Verdict::End(Ended::MakerAbsent)
        };
        let market = &mut *self.market;
        let came = makers.with(&best.margin, &mut |account| {
            verdict = maker::meet(&cross, market, account)?;
            Ok(())
        })?;
        match came {
            Came::Closed => Ok(Verdict::Remove(Reason::Void)),
            Came::Lent | Came::Absent => Ok(verdict),
        }
    }

    /// An order of the very account that places: never filled, the older one goes.
    fn meet_own(&mut self, best: &Order, gone: bool) -> Result<Verdict> {
        let side = self.request.side.opposite();
        let Some(at) = order::backing(self.taker, self.market.index, side, best) else {
            return Ok(Verdict::Remove(Reason::Void));
        };
        if self.request.kind.only_rests() && !gone {
            return Ok(Verdict::Refuse);
        }
        order::free(self.taker, at);
        Ok(Verdict::Remove(if gone {
            Reason::Expired
        } else {
            Reason::SelfTrade
        }))
    }

    fn remove(&mut self, best: &Order, reason: Reason) -> Result<()> {
        book::remove_best(self.book, self.request.side.opposite())?;
        self.book.changed_slot = self.rules.now.slot;
        self.report.remove(Removed {
            maker: best.margin,
            sequence: best.sequence,
            size: best.size,
            slot: best.slot,
            reason,
        });
        Ok(())
    }

    /// Books the taker's side of a fill whose other side is booked.
    fn fill(&mut self, best: &Order, leg: &Leg) -> Result<()> {
        let overflow = Error::Overflow;
        let now = self.rules.now;
        let fee = ppm_mul_ceil(leg.notional, self.market.taker_fee_ppm).ok_or(overflow)?;
        let change = self.request.side.change(leg.base)?;
        let traded = ledger::trade(
            self.board,
            self.taker,
            self.position,
            self.market,
            change,
            leg.notional,
            fee,
            now,
        )?;
        book::reduce_best(self.book, self.request.side.opposite(), leg.base)?;
        self.book.changed_slot = now.slot;
        self.left = self.left.checked_sub(leg.base).ok_or(overflow)?;
        note_raised(self.market, leg.raised, best.price, now)?;
        self.market.fill_sequence = self.market.fill_sequence.wrapping_add(1);
        let report = &mut *self.report;
        report.base = report.base.checked_add(leg.base).ok_or(overflow)?;
        report.notional = report.notional.checked_add(leg.notional).ok_or(overflow)?;
        report.fee = report.fee.checked_add(fee).ok_or(overflow)?;
        report.filled(Fill {
            maker: best.margin,
            sequence: best.sequence,
            price: best.price,
            base: leg.base,
            notional: leg.notional,
            maker_fee: leg.fee,
            taker_fee: fee,
            maker_realised: leg.realised,
            taker_realised: traded.realised,
            client_id: leg.client_id,
            slot: best.slot,
            class: leg.class,
        });
        Ok(())
    }

    /// Rests what is left if it may: never across the book, never below the smallest notional.
    pub(super) fn rest(&mut self) -> Result<()> {
        let size = self.wanted();
        self.report.cancelled = self.left;
        if self.left == 0 {
            return Ok(());
        }
        if self.request.kind == Kind::FillOrKill {
            return Err(Error::NotFilledWhole);
        }
        let side = self.request.side;
        let crosses = book::best(self.book, side.opposite())
            .is_some_and(|best| side.crosses(self.price, best.price));
        let worth = order::notional(size, self.price)?;
        let resting = self
            .taker
            .positions
            .get(self.position)
            .map_or(0, |leg| leg.orders);
        let least = order::minimum_notional(self.market, resting);
        if !self.request.kind.rests() || crosses || size == 0 || worth < least {
            return Ok(());
        }
        let posting = Posting {
            margin: self.margin,
            position: self.position,
            price: self.price,
            size,
        };
        match order::post(self.book, self.taker, self.request, posting, self.rules.now) {
            Ok(posted) => {
                self.report.posted = Some(posted);
                self.report.cancelled = self.left.checked_sub(size).ok_or(Error::Overflow)?;
                Ok(())
            }
            // What was filled stands; only an order that did nothing else is refused.
            Err(_) if self.report.base > 0 => {
                self.report.crowded = true;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The one check of the taker, after all fills and with what rests. `held` and `before` are his
    /// base and his maintenance before the order.
    pub(super) fn check(&self, held: i64, before: Option<Health>) -> Result<()> {
        let change = Change {
            before: held,
            after: self.held(),
            side: self.request.side,
            base: self.report.base,
            notional: self.report.notional,
            fee: self.report.fee,
        };
        let rests = self.report.posted.is_some() && !self.request.reduce_only;
        let judge = Judge {
            board: self.board,
            sheet: self.sheet,
            rules: self.rules,
            caps: self.caps,
            mark: self.mark,
        };
        admit::taker(&judge, self.market, self.taker, &change, rests, before)
    }
}
