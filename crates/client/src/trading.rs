//! Prices, orders.

use bulwark::instructions::{PlaceOrderArgs, Which};
use bulwark::{accounts, instruction};

use crate::{AccountMeta, Deployment, Instruction, Pubkey, address, build};

impl Deployment {
    /// Reads oracle accounts into the Board: (feed number, its account, its second source's).
    pub fn refresh(&self, oracles: &[(u8, Pubkey, Option<Pubkey>)]) -> Instruction {
        self.refresh_with(oracles, false)
    }

    /// The same; `copies` passes all markets and banks too, so that open interest and coverage on
    /// the Board are of now.
    pub fn refresh_with(
        &self,
        oracles: &[(u8, Pubkey, Option<Pubkey>)],
        copies: bool,
    ) -> Instruction {
        let accounts = accounts::Refresh {
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
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
