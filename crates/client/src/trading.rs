//! Prices, orders.

use anchor_lang::InstructionData;
use bulwark::instructions::{OrderKind, PlaceOrderArgs, Side, Which};
use bulwark::{accounts, instruction};

use crate::{AccountMeta, Deployment, Instruction, Pubkey, address, build};

/// A position to close.
#[derive(Clone, Debug)]
pub struct Closing {
    /// Market.
    pub market: usize,
    /// Side of the order: sells a long, buys a short back.
    pub side: Side,
    /// Size, BaseE8.
    pub size: u64,
    /// Worst price, PriceE8.
    pub worst: u64,
    /// Margin accounts that it may be filled by.
    pub makers: Vec<Pubkey>,
}

impl Deployment {
    /// Reads oracle accounts into the Board: (feed number, its account, its second source's).
    pub fn refresh(&self, caller: Pubkey, oracles: &[(u8, Pubkey, Option<Pubkey>)]) -> Instruction {
        self.refresh_with(caller, oracles, false)
    }

    /// The same; `copies` passes all markets and banks too, so that open interest and coverage on
    /// the Board are of now.
    pub fn refresh_with(
        &self,
        caller: Pubkey,
        oracles: &[(u8, Pubkey, Option<Pubkey>)],
        copies: bool,
    ) -> Instruction {
        let accounts = accounts::Refresh {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let read = |key: Pubkey| AccountMeta::new_readonly(key, false);
        let mut feeds = Vec::with_capacity(oracles.len());
        let mut rest = Vec::new();
        for (feed, account, second) in oracles {
            rest.push(read(*account));
            rest.extend(second.map(read));
            let bit = if second.is_some() {
                bulwark::instructions::WITH_SECOND
            } else {
                0
            };
            feeds.push(feed | bit);
        }
        if copies {
            rest.extend(self.markets.iter().map(|market| read(market.market)));
            for bank in &self.banks {
                rest.extend([read(bank.bank), read(bank.vault)]);
            }
        }
        build(accounts, rest, instruction::Refresh { feeds })
    }

    /// Places an order; `makers` are the margin accounts that it may be filled by.
    pub fn place_order(
        &self,
        trader: Pubkey,
        margin: Pubkey,
        market: usize,
        args: PlaceOrderArgs,
        makers: &[Pubkey],
    ) -> Instruction {
        let keys = self.markets[market];
        let accounts = accounts::PlaceOrder {
            trader,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            market: keys.market,
            book: keys.book,
            margin,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let makers = makers.iter().map(|key| AccountMeta::new(*key, false));
        build(accounts, makers, instruction::PlaceOrder { args })
    }

    /// Cancels orders of the trader.
    pub fn cancel_orders(
        &self,
        trader: Pubkey,
        margin: Pubkey,
        market: usize,
        which: Which,
    ) -> Instruction {
        let keys = self.markets[market];
        let accounts = accounts::CancelOrders {
            trader,
            protocol: self.protocol,
            compartment: self.compartment,
            market: keys.market,
            book: keys.book,
            margin,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::CancelOrders { which })
    }

    /// Replaces the order that `which` names by another; nothing happens where that one is gone.
    pub fn replace_order(
        &self,
        trader: Pubkey,
        margin: Pubkey,
        market: usize,
        (which, args): (Which, PlaceOrderArgs),
        makers: &[Pubkey],
    ) -> Instruction {
        let mut replace = self.place_order(trader, margin, market, args, makers);
        replace.data = instruction::ReplaceOrder { which, args }.data();
        replace
    }

    /// Cancels orders of the trader by their sequence numbers and by his own; those that are gone
    /// are passed over. At most 32.
    pub fn cancel_batch(
        &self,
        trader: Pubkey,
        margin: Pubkey,
        market: usize,
        sequences: &[u64],
        client_ids: &[u32],
    ) -> Instruction {
        let mut cancel = self.cancel_orders(trader, margin, market, Which::All);
        let (sequences, client_ids) = (sequences.to_vec(), client_ids.to_vec());
        cancel.data = instruction::CancelBatch {
            sequences,
            client_ids,
        }
        .data();
        cancel
    }

    /// Closes positions as far as the book goes: for each a reduce-only order that fills at `worst`
    /// or better, immediately or not at all. For one transaction: where one is refused, none is
    /// sent. `size` at least the position's; what is beyond it isn't filled.
    pub fn close_positions(
        &self,
        trader: Pubkey,
        margin: Pubkey,
        positions: &[Closing],
    ) -> Vec<Instruction> {
        let order = |closing: &Closing| PlaceOrderArgs {
            side: closing.side,
            kind: OrderKind::ImmediateOrCancel,
            reduce_only: true,
            price: closing.worst,
            size: closing.size,
            client_id: 0,
            expires_at: 0,
        };
        let place = |closing: &Closing| {
            let makers = &closing.makers;
            self.place_order(trader, margin, closing.market, order(closing), makers)
        };
        positions.iter().map(place).collect()
    }

    /// Clears void orders of a market, and those of one margin account.
    pub fn prune_orders(&self, cranker: Pubkey, margin: Pubkey, market: usize) -> Instruction {
        let keys = self.markets[market];
        let accounts = accounts::PruneOrders {
            cranker,
            protocol: self.protocol,
            compartment: self.compartment,
            market: keys.market,
            book: keys.book,
            margin,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::PruneOrders {})
    }

    /// Samples the premium of a market and moves its funding.
    pub fn sample_funding(&self, caller: Pubkey, market: usize) -> Instruction {
        let keys = self.markets[market];
        let accounts = accounts::SampleFunding {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            market: keys.market,
            book: keys.book,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::SampleFunding {})
    }
}
