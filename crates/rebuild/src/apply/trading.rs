//! Orders and fills, funding.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, bail, ensure};
use bulwark::event::{OrderFill, OrderPlacedHead, OrdersCancelled, OrdersPruned};
use bulwark_core::book::{self, Side};
use bulwark_core::ledger::{self, open_position, position_of, release_position};
use bulwark_core::matching::{self, Reason};
use bulwark_core::order::{self, Kind, OrderRequest, Posting};
use bulwark_core::{Now, funding};
use bulwark_state::{Board, MarginAccount, Order, SignedWide};

use crate::event::Event;
use crate::ledger::{Compartment, Refused, Venue, counts, same};

/// Takes an event of trading. Says whether it was one.
pub(super) fn take(to: &mut Compartment, event: &Event, now: Now) -> Result<bool> {
    match event {
        Event::OrderPlaced(placed, met) => place(to, placed, met, now)?,
        Event::OrdersCancelled(gone) => cancelled(to, gone, now)?,
        Event::OrdersPruned(gone) => pruned(to, gone, now)?,
        Event::FundingSampled(moved) => {
            let index = to.market_at(&moved.market)?;
            let venue = to.markets.get_mut(index).context("no such market")?;
            let count = &mut venue.market.event_sequence;
            counts("event of the market", count, moved.common.sequence)?;
            let (board, book) = (&mut *to.board, &venue.book);
            let done = funding::sample(board, &mut venue.market, book, now).refused("a sample")?;
            let told = (moved.premium_ppm, moved.counted_ppm, moved.seconds);
            let is = (done.premium_ppm, done.counted_ppm, done.seconds);
            same("premium, what counted of it, seconds", told, is)?;
            let wide = |[lo, hi]: [u64; 2]| SignedWide { lo, hi };
            same(
                "funding index before",
                wide(moved.index_before),
                done.before,
            )?;
            same("funding index after", wide(moved.index_after), done.after)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// A placement in the middle of being taken.
struct Placing<'a> {
    board: &'a Board,
    venue: &'a mut Venue,
    side: Side,
    key: &'a Pubkey,
    taker: &'a mut MarginAccount,
    position: usize,
    now: Now,
}

fn place(
    to: &mut Compartment,
    placed: &OrderPlacedHead,
    met: &[OrderFill],
    now: Now,
) -> Result<()> {
    let index = to.market_at(&placed.market)?;
    let mut taker = to.lift(&placed.margin)?;
    let side = if placed.side == 0 {
        Side::Bid
    } else {
        Side::Ask
    };
    let position = {
        let venue = to.markets.get_mut(index).context("no such market")?;
        let count = &mut venue.market.event_sequence;
        counts("event of the market", count, placed.common.sequence)?;
        let count = &mut taker.event_sequence;
        counts("event of the account", count, placed.account_sequence)?;
        cancel(
            venue,
            &placed.margin,
            &mut taker,
            placed.replaced.into(),
            now,
        )?;
        open_position(&to.board, &mut taker, venue.market.index).refused("its position")?
    };
    for entry in met {
        let own = entry.maker == placed.margin;
        let mut maker = match to.margins.contains_key(&entry.maker) {
            true => Some(to.lift(&entry.maker)?),
            false => None,
        };
        let mut placing = Placing {
            board: &to.board,
            venue: to.markets.get_mut(index).context("no such market")?,
            side,
            key: &placed.margin,
            taker: &mut taker,
            position,
            now,
        };
        let order = placing.meet(entry)?;
        if entry.removed == 0 {
            let maker = maker.as_mut().context("the maker was never created")?;
            placing.fill(entry, &order, maker)?;
        } else {
            placing.remove(entry, own, maker.as_deref_mut())?;
        }
        if let Some(maker) = maker {
            to.lay(&entry.maker, maker);
        }
    }
    let venue = to.markets.get_mut(index).context("no such market")?;
    let mut placing = Placing {
        board: &to.board,
        venue,
        side,
        key: &placed.margin,
        taker: &mut taker,
        position,
        now,
    };
    placing.rest(placed)?;
    placing.check(placed, met)?;
    to.lay(&placed.margin, taker);
    Ok(())
}

impl Placing<'_> {
    /// Takes the resting order that an entry names out of the book, as far as it goes.
    fn meet(&mut self, entry: &OrderFill) -> Result<Order> {
        let side = self.side.opposite();
        let orders = book::orders(&self.venue.book, side);
        let at = orders
            .iter()
            .rposition(|order| order.sequence == entry.sequence);
        let at = at.with_context(|| format!("order {} doesn't rest", entry.sequence))?;
        let order = *orders.get(at).context("no such order")?;
        let (maker, slot) = (Pubkey::new_from_array(order.margin), order.slot);
        same("maker of the order", entry.maker, maker)?;
        same("slot of the order", entry.slot, slot)?;
        let book = &mut self.venue.book;
        book.changed_slot = self.now.slot;
        if entry.removed != 0 {
            book::remove(book, side, at).refused("the order")?;
        } else {
            book::reduce(book, side, at, entry.base).refused("the order")?;
        }
        Ok(order)
    }

    /// Both sides of a fill.
    fn fill(&mut self, entry: &OrderFill, order: &Order, maker: &mut MarginAccount) -> Result<()> {
        same("price", entry.price, order.price)?;
        let notional = order::notional(entry.base, entry.price).refused("notional")?;
        same("notional", entry.notional, notional)?;
        let at = usize::from(entry.slot);
        let place = maker.orders.get(at).context("no such slot")?.position;
        let (board, now) = (self.board, self.now);
        let market = &mut self.venue.market;
        let held = |of: &MarginAccount, at: usize| of.positions.get(at).map_or(0, |leg| leg.base);
        let closes = [
            order::closes(held(self.taker, self.position), self.side),
            order::closes(held(maker, place.into()), self.side.opposite()),
        ];
        let (raised, _) = matching::raised(entry.base, closes[0], closes[1]);
        let change = self.side.opposite().change(entry.base).refused("size")?;
        order::fill(maker, at, entry.base).refused("the maker's order")?;
        let fee = entry.maker_fee;
        let traded = ledger::trade(
            board,
            maker,
            place.into(),
            market,
            change,
            notional,
            fee,
            now,
        )
        .refused("the maker's side")?;
        same(
            "realised by the maker",
            entry.maker_realised,
            traded.realised,
        )?;
        release_position(maker, place.into());
        let change = self.side.change(entry.base).refused("size")?;
        let (taker, fee) = (&mut *self.taker, entry.taker_fee);
        let traded = ledger::trade(
            board,
            taker,
            self.position,
            market,
            change,
            notional,
            fee,
            now,
        )
        .refused("the taker's side")?;
        same(
            "realised by the taker",
            entry.taker_realised,
            traded.realised,
        )?;
        let noted = matching::note_raised(market, raised, order.price, now);
        noted.refused("new notional")?;
        market.fill_sequence = market.fill_sequence.wrapping_add(1);
        Ok(())
    }

    /// What becomes of a removed order's slot.
    fn remove(
        &mut self,
        entry: &OrderFill,
        own: bool,
        maker: Option<&mut MarginAccount>,
    ) -> Result<()> {
        let at = usize::from(entry.slot);
        let stays = [Reason::Void as u8, Reason::ExpiredUnseen as u8];
        if stays.contains(&entry.removed) {
            return Ok(());
        }
        let freed = match maker {
            _ if own => order::free(self.taker, at),
            Some(maker) => order::release(maker, at),
            None => None,
        };
        ensure!(freed.is_some(), "the slot of a removed order is free");
        Ok(())
    }

    /// What rests.
    fn rest(&mut self, placed: &OrderPlacedHead) -> Result<()> {
        let refused = placed.rests_sequence == u64::MAX;
        if placed.rests == 0 && !refused {
            return Ok(());
        }
        let size = if refused {
            placed.cancelled
        } else {
            placed.rests
        };
        let request = OrderRequest {
            side: self.side,
            kind: Kind::Limit,
            reduce_only: placed.reduce_only != 0,
            price: placed.price,
            size,
            client_id: placed.client_id,
            expires_at: placed.expires_at,
        };
        let posting = Posting {
            margin: self.key.as_array(),
            position: self.position,
            price: placed.price,
            size,
        };
        let book = &mut self.venue.book;
        let posted = order::post(book, self.taker, &request, posting, self.now);
        if refused {
            ensure!(posted.is_err(), "an order that found no place would have");
            return Ok(());
        }
        let posted = posted.refused("what rests")?;
        same("number in the book", placed.rests_sequence, posted.sequence)
    }

    fn check(&mut self, placed: &OrderPlacedHead, met: &[OrderFill]) -> Result<()> {
        release_position(self.taker, self.position);
        let market = &self.venue.market;
        let leg = position_of(self.taker, market.index)
            .and_then(|at| self.taker.positions.get(at))
            .copied()
            .unwrap_or_default();
        same("base after", placed.base_after, leg.base)?;
        same("quote leg after", placed.quote_leg_after, leg.quote)?;
        same("quote after", placed.quote_after, self.taker.quote)?;
        same("open interest after", placed.oi_after, market.oi_long)?;
        same(
            "fills of the market",
            placed.fill_sequence,
            market.fill_sequence,
        )?;
        let sum = |of: fn(&OrderFill) -> u64| met.iter().map(of).try_fold(0, u64::checked_add);
        same("filled", Some(placed.filled), sum(|fill| fill.base))?;
        same("notional", Some(placed.notional), sum(|fill| fill.notional))?;
        same("fee", Some(placed.fee), sum(|fill| fill.taker_fee))
    }
}

/// Cancels the orders of an account in some slots, one bit each.
fn cancel(
    venue: &mut Venue,
    key: &Pubkey,
    account: &mut MarginAccount,
    slots: u64,
    now: Now,
) -> Result<()> {
    if slots >> account.orders.len() != 0 {
        bail!("slots {slots:x} aren't slots of an account");
    }
    let index = venue.market.index;
    for at in (0..account.orders.len()).filter(|at| slots >> at & 1 != 0) {
        let book = &mut venue.book;
        order::cancel_slot(book, account, key.as_array(), index, at, now)
            .refused("a cancelled order")?;
    }
    Ok(())
}

fn cancelled(to: &mut Compartment, gone: &OrdersCancelled, now: Now) -> Result<()> {
    let index = to.market_at(&gone.market)?;
    let mut account = to.lift(&gone.margin)?;
    let venue = to.markets.get_mut(index).context("no such market")?;
    let count = &mut venue.market.event_sequence;
    counts("event of the market", count, gone.common.sequence)?;
    let count = &mut account.event_sequence;
    counts("event of the account", count, gone.account_sequence)?;
    same("orders", gone.cancelled, gone.freed.count_ones().into())?;
    cancel(venue, &gone.margin, &mut account, gone.freed, now)?;
    to.lay(&gone.margin, account);
    Ok(())
}

fn pruned(to: &mut Compartment, gone: &OrdersPruned, now: Now) -> Result<()> {
    let index = to.market_at(&gone.market)?;
    let mut account = to.lift(&gone.margin)?;
    let venue = to.markets.get_mut(index).context("no such market")?;
    let count = &mut venue.market.event_sequence;
    counts("event of the market", count, gone.common.sequence)?;
    let count = &mut account.event_sequence;
    counts("event of the account", count, gone.account_sequence)?;
    let (book, number) = (&mut venue.book, venue.market.index);
    let pruned = order::prune(book, &mut account, gone.margin.as_array(), number, now);
    let pruned = pruned.refused("void orders")?;
    same("entries", gone.entries, pruned.entries.into())?;
    same("slots", gone.slots, pruned.slots.into())?;
    to.lay(&gone.margin, account);
    Ok(())
}
