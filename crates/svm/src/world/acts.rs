//! What traders do.

use bulwark::instructions::{OrderKind, PlaceOrderArgs, Side, Which};
use bulwark_client::Pubkey;
use bulwark_core::book;
use bulwark_core::health::is_plain;
use solana_signer::Signer;

use super::{Outcome, World, base_e8, price_e8, usdc};
use crate::vm::pubkey;
use crate::{launch, tokens};

/// An order in words: `bid(2.0, 99.5).ioc()`.
#[derive(Clone, Copy, Debug)]
pub struct Order(pub PlaceOrderArgs);

fn order(side: Side, size: f64, price: f64) -> Order {
    Order(PlaceOrderArgs {
        side,
        kind: OrderKind::Limit,
        reduce_only: false,
        price: price_e8(price),
        size: base_e8(size),
        client_id: 0,
        expires_at: 0,
    })
}

/// A limit order that buys `size` coins at `price` USD or better.
pub fn bid(size: f64, price: f64) -> Order {
    order(Side::Bid, size, price)
}

/// A limit order that sells.
pub fn ask(size: f64, price: f64) -> Order {
    order(Side::Ask, size, price)
}

impl Order {
    /// Immediate-or-cancel.
    pub fn ioc(mut self) -> Self {
        self.0.kind = OrderKind::ImmediateOrCancel;
        self
    }

    /// Post-only.
    pub fn post_only(mut self) -> Self {
        self.0.kind = OrderKind::PostOnly;
        self
    }

    /// Post-only, one tick behind what it would fill.
    pub fn slides(mut self) -> Self {
        self.0.kind = OrderKind::PostOnlySlide;
        self
    }

    /// Fill-or-kill.
    pub fn fill_or_kill(mut self) -> Self {
        self.0.kind = OrderKind::FillOrKill;
        self
    }

    /// Reduce-only.
    pub fn reduce_only(mut self) -> Self {
        self.0.reduce_only = true;
        self
    }

    /// With the client's own number.
    pub fn numbered(mut self, client_id: u32) -> Self {
        self.0.client_id = client_id;
        self
    }

    /// Living through this unix second.
    pub fn until(mut self, expires_at: u32) -> Self {
        self.0.expires_at = expires_at;
        self
    }
}

impl World {
    /// Mints tokens into a trader's own token account.
    pub fn give(&mut self, name: &'static str, bank: usize, amount: u64) {
        let to = self.trader(name).tokens[bank];
        let plan = self.plan.banks[bank];
        let mint = launch::mint(plan.name).pubkey();
        tokens::mint_to(&mut self.vm, plan.program, mint, to, amount).expect("minted");
    }

    /// Gives a trader `amount` (smallest unit) and has it deposited.
    pub fn deposit(&mut self, name: &'static str, bank: usize, amount: u64) {
        self.try_deposit(name, bank, amount)
            .expect("the deposit is taken");
    }

    /// The same, for deposits that may be refused.
    pub fn try_deposit(&mut self, name: &'static str, bank: usize, amount: u64) -> Outcome {
        self.give(name, bank, amount);
        let source = pubkey(self.trader(name).tokens[bank]);
        let margin = self.margin_key(name);
        let owner = self.wallet(name);
        let key = pubkey(owner.pubkey());
        let deposit = if self.board().limited == 0 {
            self.deployment.deposit(key, margin, bank, source, amount)
        } else {
            self.deployment
                .deposit_shown(key, margin, (bank, amount), source)
        };
        self.send(&[deposit], &[&owner])
    }

    /// Deposits quote, in whole USDC.
    pub fn fund(&mut self, name: &'static str, amount: f64) {
        self.deposit(name, super::USDC, usdc(amount));
    }

    /// Withdraws; what can't be paid at once becomes a ticket. Returns (paid, queued).
    pub fn withdraw(&mut self, name: &'static str, bank: usize, amount: u64) -> (u64, u64) {
        let receipt = self
            .try_withdraw(name, bank, amount)
            .expect("the withdrawal is taken");
        let word = |at: usize| {
            receipt
                .returned
                .get(at..at + 8)
                .and_then(|b| b.try_into().ok())
        };
        let (paid, queued) = (word(0).expect("returned"), word(8).expect("returned"));
        (u64::from_le_bytes(paid), u64::from_le_bytes(queued))
    }

    /// The same, for withdrawals that may be refused.
    pub fn try_withdraw(&mut self, name: &'static str, bank: usize, amount: u64) -> Outcome {
        let destination = pubkey(self.trader(name).tokens[bank]);
        let margin = self.margin_key(name);
        let owner = self.wallet(name);
        let account = self.account(name);
        let plain = is_plain(&account);
        let withdraw = self.deployment.withdraw(
            pubkey(owner.pubkey()),
            margin,
            (bank, amount),
            destination,
            Some(account.ticket_next),
            plain,
        );
        self.send(&[withdraw], &[&owner])
    }

    /// Anyone cranks a ticket of a trader.
    pub fn try_crank(&mut self, name: &'static str, bank: usize, number: u64) -> Outcome {
        let destination = pubkey(self.trader(name).tokens[bank]);
        let margin = self.margin_key(name);
        let owner = pubkey(self.wallet(name).pubkey());
        let payer = pubkey(self.vm.payer.pubkey());
        let crank = self
            .deployment
            .crank_ticket(payer, owner, margin, bank, number, destination);
        self.send(&[crank], &[])
    }

    /// Margin accounts of the opposite side's resting orders, best first, each once, at most 12.
    pub fn makers(&mut self, name: &'static str, market: usize, side: Side) -> Vec<Pubkey> {
        let own = self.margin_key(name);
        let book = self.book(market);
        let opposite = match side {
            Side::Bid => book::Side::Ask,
            Side::Ask => book::Side::Bid,
        };
        let mut makers: Vec<Pubkey> = Vec::new();
        for order in book::orders(&book, opposite).iter().rev() {
            let key = Pubkey::new_from_array(order.margin);
            if key != own && !makers.contains(&key) && makers.len() < 12 {
                makers.push(key);
            }
        }
        makers
    }

    /// Places an order that is taken; the makers of the book come along.
    pub fn place(&mut self, name: &'static str, market: usize, order: Order) -> u64 {
        let receipt = self
            .try_place(name, market, order)
            .expect("the order is taken");
        let sequence = receipt.returned.get(..8).and_then(|b| b.try_into().ok());
        u64::from_le_bytes(sequence.expect("the sequence number is returned"))
    }

    /// The same, for orders that may be refused.
    pub fn try_place(&mut self, name: &'static str, market: usize, order: Order) -> Outcome {
        let makers = self.makers(name, market, order.0.side);
        self.try_place_among(name, market, order, &makers)
    }

    /// Places with exactly these makers' accounts.
    pub fn try_place_among(
        &mut self,
        name: &'static str,
        market: usize,
        order: Order,
        makers: &[Pubkey],
    ) -> Outcome {
        let margin = self.margin_key(name);
        let owner = self.wallet(name);
        let key = pubkey(owner.pubkey());
        let place = self
            .deployment
            .place_order(key, margin, market, order.0, makers);
        self.send(&[place], &[&owner])
    }

    /// Cancels.
    pub fn cancel(&mut self, name: &'static str, market: usize, which: Which) -> Outcome {
        let margin = self.margin_key(name);
        let owner = self.wallet(name);
        let key = pubkey(owner.pubkey());
        let cancel = self.deployment.cancel_orders(key, margin, market, which);
        self.send(&[cancel], &[&owner])
    }

    /// Two traders open against each other: `buyer` goes long `size` coins at `price` USD.
    pub fn trade(
        &mut self,
        buyer: &'static str,
        seller: &'static str,
        market: usize,
        size: f64,
        price: f64,
    ) {
        self.place(seller, market, ask(size, price).post_only());
        self.place(buyer, market, bid(size, price).ioc());
    }

    /// Somebody gives to insurance, in whole USDC.
    pub fn fund_insurance(&mut self, amount: f64) {
        self.give("benefactor", super::USDC, usdc(amount));
        let owner = self.wallet("benefactor");
        let source = pubkey(self.trader("benefactor").tokens[super::USDC]);
        let key = pubkey(owner.pubkey());
        let fund = self.deployment.fund_insurance(key, source, usdc(amount));
        self.send(&[fund], &[&owner]).expect("insurance is funded");
    }

    /// Anyone samples the funding of a market.
    pub fn sample_funding(&mut self, market: usize) -> Outcome {
        let payer = pubkey(self.vm.payer.pubkey());
        let sample = self.deployment.sample_funding(payer, market);
        self.send(&[sample], &[])
    }

    /// Accrues interest and takes stock of quote.
    pub fn accrue(&mut self) -> Outcome {
        let accrue = self.deployment.accrue(pubkey(self.vm.payer.pubkey()));
        self.send(&[accrue], &[])
    }

    /// Folds all markets.
    pub fn fold(&mut self) -> Outcome {
        let all: Vec<usize> = (0..self.deployment.markets.len()).collect();
        let fold = self.deployment.fold(&all);
        self.send(&[fold], &[])
    }

    /// Anyone books what came into a vault.
    pub fn sweep(&mut self, bank: usize) -> Outcome {
        let sweep = self.deployment.sweep(pubkey(self.vm.payer.pubkey()), bank);
        self.allow_stock_change(|world| world.send(&[sweep], &[]))
    }

    /// Closes a trader's margin account.
    pub fn close(&mut self, name: &'static str) -> Outcome {
        let margin = self.margin_key(name);
        let owner = self.wallet(name);
        let voided = self.account(name).order_epoch != 0;
        let key = pubkey(owner.pubkey());
        let close = self.deployment.close_margin_account(key, margin, voided);
        self.send(&[close], &[&owner])
    }
}
