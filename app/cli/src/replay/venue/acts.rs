//! What parties do, as transactions.

use anyhow::{Context, Result};
use bulwark::instructions::{OrderKind, PlaceOrderArgs, Side, Which};
use bulwark_client::{Instruction, Pubkey};
use bulwark_core::{health, ledger as books};
use bulwark_state::OrderSlot;
use bulwark_svm::pyth::{self, PriceMessage};
use bulwark_svm::vm::pubkey;
use bulwark_svm::{Receipt, launch, vm};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::ledger::booked_loss;
use super::setup::{ASSET, ASSET_FEED};
use super::{MARKET, Party, Seat, Venue};
use crate::replay::makers::MAKERS;
use crate::replay::path::{Print, now_at};

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

impl Seat {
    fn key(&self) -> Pubkey {
        pubkey(self.owner.pubkey())
    }
}

impl Venue {
    /// Time goes on to a print, the oracle publishes it, and one refresh takes it into the Board.
    pub fn publish(&mut self, print: &Print) -> Result<()> {
        self.now = now_at(print.at);
        self.vm.set_time(self.now.unix, self.now.slot);
        let Print {
            at,
            price,
            conf,
            ema,
        } = *print;
        let message = PriceMessage {
            ema_price: i64::try_from(ema)?,
            ..launch::message(ASSET, self.unit_exp, price, conf, at)
        };
        let (oracle, slot) = (launch::oracle(ASSET), self.now.slot);
        let data = pyth::price_update(&message, slot);
        pyth::write(&mut self.vm.svm, oracle, pyth::CLASSIC_RECEIVER, data);
        let refresh = self
            .deployment
            .refresh(&[(ASSET_FEED, pubkey(oracle), None)]);
        self.must(&[refresh], &[]).context("refresh")?;
        self.reload_board()
    }

    /// The next slot of the same second.
    pub fn next_slot(&mut self) {
        self.now.slot += 1;
        self.vm.set_time(self.now.unix, self.now.slot);
    }

    /// Deposits what is missing to `amount` of quote, into a new margin account if need be; says
    /// whether the account has it then.
    pub fn top_up(&mut self, party: Party, amount: u64) -> Result<bool> {
        let seat = self.seat(party);
        let held = u64::try_from(seat.account.quote).unwrap_or(0);
        if held >= amount {
            return Ok(true);
        }
        let (owner, margin) = (seat.key(), seat.margin);
        let purse = pubkey(seat.purse.pubkey());
        let mut instructions = Vec::new();
        if seat.account.version == 0 {
            let create = self
                .deployment
                .create_margin_account(owner, 0, Pubkey::default());
            instructions.push(create);
        }
        instructions.push(
            self.deployment
                .deposit(owner, margin, 0, purse, amount - held),
        );
        let done = self.try_as(party, &instructions)?.is_some();
        self.reload(party)?;
        Ok(done)
    }

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
        let args = self.order(
            side,
            OrderKind::ImmediateOrCancel,
            worst,
            base.unsigned_abs(),
        );
        let args = PlaceOrderArgs {
            reduce_only: reduce,
            ..args
        };
        let makers: Vec<Pubkey> = self.makers.iter().map(|maker| maker.margin).collect();
        let place = self
            .deployment
            .place_order(seat.key(), seat.margin, MARKET, args, &makers);
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
            self.deployment
                .cancel_orders(maker.key(), maker.margin, MARKET, Which::All)
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
                .place_order(seat.key(), seat.margin, MARKET, args, &[])
        };
        let orders: Vec<Instruction> = orders.into_iter().map(place).collect();
        self.try_as(party, &orders)?;
        self.reload(party)
    }

    /// Whether an account without orders would have its initial requirement with these.
    fn carries(&self, party: Party, orders: &[PlaceOrderArgs]) -> bool {
        let mut account = self.seat(party).account.clone();
        let market = u8::try_from(MARKET).unwrap_or(0);
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

    /// Starts the liquidation clock of an account, if it doesn't run.
    pub fn flag(&mut self, party: Party) -> Result<()> {
        let seat = self.seat(party);
        if seat.account.flagged_open != 0 {
            return Ok(());
        }
        let flag = self.deployment.flag(self.liquidator.key(), seat.margin);
        self.try_as(Party::Liquidator, &[flag])?;
        self.reload(party)
    }

    /// The liquidator takes over what it may of an account; says whether it did.
    pub fn take_over(&mut self, party: Party) -> Result<bool> {
        let (to, from) = (&self.liquidator, self.seat(party).margin);
        let take = self
            .deployment
            .take_over(to.key(), from, to.margin, MARKET, u64::MAX);
        let done = self.try_as(Party::Liquidator, &[take])?.is_some();
        self.reload(party)?;
        self.reload(Party::Liquidator)?;
        Ok(done)
    }

    /// The liquidator winds a bankrupt account up; says whether it did.
    pub fn wind_up(&mut self, party: Party) -> Result<bool> {
        let (to, from) = (&self.liquidator, self.seat(party).margin);
        let whole = 1_000_000;
        let wind_up = self
            .deployment
            .wind_up(to.key(), from, to.margin, &[MARKET], whole, None);
        let receipt = self.try_as(Party::Liquidator, &[wind_up])?;
        if let Some(receipt) = &receipt {
            self.lost_e6 += booked_loss(receipt).context("a wind-up without its event")?;
        }
        self.reload(party)?;
        self.reload(Party::Liquidator)?;
        // A loss that insurance doesn't pay moves an index on the Board.
        self.reload_board()?;
        Ok(receipt.is_some())
    }

    /// Takes a party's quote out, as far as it isn't queued; says whether nothing is left to ask
    /// for.
    pub fn withdraw_all(&mut self, party: Party) -> Result<bool> {
        let seat = self.seat(party);
        let Ok(amount @ 1..) = u64::try_from(seat.account.quote) else {
            return Ok(true);
        };
        let (purse, ticket) = (pubkey(seat.purse.pubkey()), seat.account.ticket_next);
        let plain = bulwark_core::health::is_plain(&seat.account);
        let (owner, margin, what) = (seat.key(), seat.margin, (0, amount));
        let withdraw = self
            .deployment
            .withdraw(owner, margin, what, purse, Some(ticket), plain);
        let done = self.try_as(party, &[withdraw])?.is_some();
        self.reload(party)?;
        Ok(done)
    }

    /// Folds the market's totals, accrues interest, copies open interest and coverage.
    pub fn accrue(&mut self) -> Result<()> {
        let payer = pubkey(self.vm.payer.pubkey());
        let accrue = [
            self.deployment.accrue(payer),
            self.deployment.refresh_with(&[], true),
        ];
        self.attempt(&accrue, &[])?;
        self.reload_board()
    }

    /// Sends a transaction that a party signs; `None` if the program refuses it.
    fn try_as(&mut self, party: Party, instructions: &[Instruction]) -> Result<Option<Receipt>> {
        let owner = self.seat(party).owner.insecure_clone();
        self.attempt(instructions, &[&owner])
    }

    fn attempt(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Option<Receipt>> {
        let instructions: Vec<_> = instructions.iter().map(vm::instruction).collect();
        match self.vm.send(&instructions, signers) {
            Ok(receipt) => Ok(Some(receipt)),
            Err(failure) => match failure.code() {
                Some(code) => {
                    *self.refusals.entry(code).or_default() += 1;
                    Ok(None)
                }
                None => Err((*failure).into()),
            },
        }
    }

    /// Sends a transaction that the program must not refuse.
    pub(super) fn must(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<()> {
        let instructions: Vec<_> = instructions.iter().map(vm::instruction).collect();
        self.vm.send(&instructions, signers)?;
        Ok(())
    }
}
