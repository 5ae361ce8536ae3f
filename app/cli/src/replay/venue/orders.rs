//! Orders: of traders and the liquidator at market, of the makers on the book.

use anyhow::Result;
use bulwark::instructions::{OrderKind, PlaceOrderArgs, Side, Which};
use bulwark_client::{Instruction, Pubkey};
use bulwark_core::{health, ledger as books};
use bulwark_state::OrderSlot;
use solana_keypair::Keypair;

use super::{Party, Venue};

/// What a maker quotes: a bid and an ask of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// PriceE8.
    pub bid: u64,
    /// PriceE8.
    pub ask: u64,
    /// BaseE8.
    pub size: u64,
}

impl Venue {
    /// An immediate-or-cancel order for `base` (BaseE8, bought if above zero) with a worst price
    /// `room` (ppm) away from the Board's.
    pub fn at_market(
        &mut self,
        party: Party,
        market: usize,
        base: i64,
        room: u64,
        reduce: bool,
    ) -> Result<()> {
        let place = match reduce {
            true => self.closing(party, market, base, room)?,
            false => {
                let (side, worst) = self.worst(market, base, room)?;
                let kind = OrderKind::ImmediateOrCancel;
                let args = self.order(market, side, kind, worst, base.unsigned_abs());
                self.placing(party, market, args)
            }
        };
        if self.try_as(party, &[place])?.is_some() {
            self.reload(party);
            self.counterparties(market)
                .into_iter()
                .for_each(|other| self.reload(other));
        }
        Ok(())
    }

    /// Side and worst price of an order for `base`, `room` (ppm) away from the Board's price.
    fn worst(&self, market: usize, base: i64, room: u64) -> Result<(Side, u64)> {
        let (price, _) = self.price(market);
        let distance = u64::try_from(u128::from(price) * u128::from(room) / 1_000_000)?;
        Ok(match base > 0 {
            true => (Side::Bid, price + distance),
            false => (Side::Ask, price - distance),
        })
    }

    /// An immediate-or-cancel order that only reduces a position by `base`.
    pub(super) fn closing(
        &self,
        party: Party,
        market: usize,
        base: i64,
        room: u64,
    ) -> Result<Instruction> {
        let (side, worst) = self.worst(market, base, room)?;
        let size = base.unsigned_abs();
        let mut args = self.order(market, side, OrderKind::ImmediateOrCancel, worst, size);
        // The whole of a position may be less than a lot.
        (args.reduce_only, args.size) = (true, size);
        Ok(self.placing(party, market, args))
    }

    /// Whose orders may rest in a market: its makers, and actors.
    fn counterparties(&self, market: usize) -> Vec<Party> {
        let actors = self.actors().filter(|actor| self.is_there(*actor));
        self.makers_of(market).chain(actors).take(12).collect()
    }

    /// An order of a party that makers and actors may fill.
    pub(super) fn placing(&self, party: Party, market: usize, args: PlaceOrderArgs) -> Instruction {
        let seat = self.seat(party);
        let makers: Vec<Pubkey> = self
            .counterparties(market)
            .into_iter()
            .filter(|maker| *maker != party)
            .map(|maker| self.seat(maker).margin)
            .collect();
        self.deployment
            .place_order(seat.key(), seat.margin, market, args, &makers)
    }

    /// An order on the grid of ticks and lots, rounded towards a smaller one at a worse price.
    pub(super) fn order(
        &self,
        market: usize,
        side: Side,
        kind: OrderKind,
        price: u64,
        size: u64,
    ) -> PlaceOrderArgs {
        let tick = self.markets[market].tick;
        let down = price / tick * tick;
        let up = side == Side::Ask && down < price;
        PlaceOrderArgs {
            side,
            kind,
            reduce_only: false,
            price: if up { down + tick } else { down },
            size: self.in_lots(market, size),
            client_id: 0,
            expires_at: 0,
        }
    }

    /// A size in whole lots, rounded down.
    pub(super) fn in_lots(&self, market: usize, size: u64) -> u64 {
        let lot = self.markets[market].lot;
        size / lot * lot
    }

    /// Cancels every order of all makers of a market.
    pub fn cancel_quotes(&mut self, market: usize) -> Result<()> {
        let cancel = |maker: Party| {
            let seat = self.seat(maker);
            self.deployment
                .cancel_orders(seat.key(), seat.margin, market, Which::All)
        };
        let instructions: Vec<Instruction> = self.makers_of(market).map(cancel).collect();
        let owners: Vec<Keypair> = self
            .makers_of(market)
            .map(|maker| self.seat(maker).owner.insecure_clone())
            .collect();
        self.attempt(&instructions, &owners.iter().collect::<Vec<_>>())?;
        self.makers_of(market).for_each(|maker| self.reload(maker));
        Ok(())
    }

    /// Places what a maker can carry of a quote, which replaces nothing: both sides, both at the
    /// size `least`, or one of them.
    pub fn quote(&mut self, party: Party, market: usize, quote: &Quote, least: u64) -> Result<()> {
        let bid = |size| self.order(market, Side::Bid, OrderKind::PostOnly, quote.bid, size);
        let ask = |size| self.order(market, Side::Ask, OrderKind::PostOnly, quote.ask, size);
        let choices = [
            vec![bid(quote.size), ask(quote.size)],
            vec![bid(least), ask(least)],
            vec![bid(least)],
            vec![ask(least)],
        ];
        let Some(orders) = choices
            .into_iter()
            .find(|orders| self.carries(party, market, orders))
        else {
            return Ok(());
        };
        let seat = self.seat(party);
        let place = |args| {
            self.deployment
                .place_order(seat.key(), seat.margin, market, args, &[])
        };
        let orders: Vec<Instruction> = orders.into_iter().map(place).collect();
        self.try_as(party, &orders)?;
        self.reload(party);
        Ok(())
    }

    /// Notes the best bid and ask that makers quote.
    pub fn note_touch(&mut self, market: usize, quote: &Quote) {
        self.markets[market].touch = (quote.bid, quote.ask);
    }

    /// Whether an account without orders would have its initial requirement with these.
    fn carries(&self, party: Party, market: usize, orders: &[PlaceOrderArgs]) -> bool {
        let Ok(market) = u8::try_from(market) else {
            return false;
        };
        let mut account = self.seat(party).account.clone();
        let Ok(position) = books::open_position(&self.board, &mut account, market) else {
            return false;
        };
        account.positions[position].orders = orders.len() as u8;
        for (slot, order) in account.orders.iter_mut().zip(orders) {
            *slot = OrderSlot {
                price: order.price,
                size: order.size,
                epoch: account.order_epoch as u16,
                position: position as u8,
                flags: if order.side == Side::Ask { 0x80 } else { 0 },
                ..OrderSlot::default()
            };
        }
        health::initial_ok(&self.board, &account, self.now, 1_000_000).unwrap_or(false)
    }
}
