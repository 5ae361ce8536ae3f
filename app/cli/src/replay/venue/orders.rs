//! Orders: of traders and the liquidator at market, of the makers on the book.

use anyhow::Result;
use bulwark::instructions::{OrderKind, PlaceOrderArgs, Side, Which};
use bulwark_client::{Instruction, Pubkey};
use bulwark_core::{health, ledger as books};
use bulwark_state::OrderSlot;
use solana_keypair::Keypair;

use super::{MARKET, Party, Seat, Venue};
use crate::replay::makers::MAKERS;

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
    pub fn at_market(&mut self, party: Party, base: i64, room: u64, reduce: bool) -> Result<()> {
        let (price, _) = self.price();
        let distance = u64::try_from(u128::from(price) * u128::from(room) / 1_000_000)?;
        let (side, worst) = match base > 0 {
            true => (Side::Bid, price + distance),
            false => (Side::Ask, price - distance),
        };
        let seat = self.seat(party);
        let size = base.unsigned_abs();
        let mut args = self.order(side, OrderKind::ImmediateOrCancel, worst, size);
        if reduce {
            // The whole of a position may be less than a lot.
            args.reduce_only = true;
            args.size = size;
        }
        let makers: Vec<Pubkey> = self.makers.iter().map(|maker| maker.margin).collect();
        let place = self.deployment.place_order(
            seat.key(),
            seat.margin,
            usize::from(MARKET),
            args,
            &makers,
        );
        if self.try_as(party, &[place])?.is_some() {
            self.reload(party)?;
            for maker in 0..MAKERS {
                self.reload(Party::Maker(maker))?;
            }
        }
        Ok(())
    }

    /// An order on the grid of ticks and lots, rounded towards a smaller one at a worse price.
    fn order(&self, side: Side, kind: OrderKind, price: u64, size: u64) -> PlaceOrderArgs {
        let down = price / self.tick * self.tick;
        let up = side == Side::Ask && down < price;
        PlaceOrderArgs {
            side,
            kind,
            reduce_only: false,
            price: if up { down + self.tick } else { down },
            size: self.in_lots(size),
            client_id: 0,
            expires_at: 0,
        }
    }

    /// A size in whole lots, rounded down.
    pub(super) fn in_lots(&self, size: u64) -> u64 {
        size / self.lot * self.lot
    }

    /// Cancels every order of all makers.
    pub fn cancel_quotes(&mut self) -> Result<()> {
        let cancel = |maker: &Seat| {
            self.deployment.cancel_orders(
                maker.key(),
                maker.margin,
                usize::from(MARKET),
                Which::All,
            )
        };
        let instructions: Vec<Instruction> = self.makers.iter().map(cancel).collect();
        let owners: Vec<Keypair> = self
            .makers
            .iter()
            .map(|maker| maker.owner.insecure_clone())
            .collect();
        self.attempt(&instructions, &owners.iter().collect::<Vec<_>>())?;
        (0..MAKERS).try_for_each(|maker| self.reload(Party::Maker(maker)))
    }

    /// Places what a maker can carry of a quote, which replaces nothing: both sides, both at the
    /// size `least`, or one of them.
    pub fn quote(&mut self, party: Party, quote: &Quote, least: u64) -> Result<()> {
        if party == Party::Maker(0) {
            self.touch = (quote.bid, quote.ask);
        }
        let bid = |size| self.order(Side::Bid, OrderKind::PostOnly, quote.bid, size);
        let ask = |size| self.order(Side::Ask, OrderKind::PostOnly, quote.ask, size);
        let choices = [
            vec![bid(quote.size), ask(quote.size)],
            vec![bid(least), ask(least)],
            vec![bid(least)],
            vec![ask(least)],
        ];
        let Some(orders) = choices
            .into_iter()
            .find(|orders| self.carries(party, orders))
        else {
            return Ok(());
        };
        let seat = self.seat(party);
        let place = |args| {
            self.deployment
                .place_order(seat.key(), seat.margin, usize::from(MARKET), args, &[])
        };
        let orders: Vec<Instruction> = orders.into_iter().map(place).collect();
        self.try_as(party, &orders)?;
        self.reload(party)
    }

    /// Whether an account without orders would have its initial requirement with these.
    fn carries(&self, party: Party, orders: &[PlaceOrderArgs]) -> bool {
        let mut account = self.seat(party).account.clone();
        let Ok(position) = books::open_position(&self.board, &mut account, MARKET) else {
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
