//! Settling a market, closing a bank.

use bulwark::{accounts, instruction};

use crate::{AccountMeta, Deployment, Instruction, Pubkey, address, build};

impl Deployment {
    fn wind_down(&self, caller: Pubkey, market: usize) -> accounts::WindMarketDown {
        accounts::WindMarketDown {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            market: self.markets[market].market,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        }
    }

    /// Announces that a market will be settled: `decided` by the creator, a week ahead, or because
    /// its target stands at its cap or its feed is dead, a day ahead.
    pub fn announce_settlement(&self, caller: Pubkey, market: usize, decided: bool) -> Instruction {
        let accounts = self.wind_down(caller, market);
        let rest: Vec<AccountMeta> = if decided {
            self.every_bank()
        } else {
            Vec::new()
        };
        build(accounts, rest, instruction::AnnounceSettlement { decided })
    }

    /// Calls a settlement off whose cause is gone.
    pub fn call_off_settlement(&self, caller: Pubkey, market: usize) -> Instruction {
        let accounts = self.wind_down(caller, market);
        build(accounts, [], instruction::CallOffSettlement {})
    }

    /// Settles a market whose notice is over.
    pub fn settle_market(&self, caller: Pubkey, market: usize) -> Instruction {
        let accounts = self.wind_down(caller, market);
        build(accounts, [], instruction::SettleMarket {})
    }

    /// Closes an account's position in a settled market.
    pub fn settle_position(&self, caller: Pubkey, margin: Pubkey, market: usize) -> Instruction {
        let keys = self.markets[market];
        let accounts = accounts::SettlePosition {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            market: keys.market,
            book: keys.book,
            insurance: self.insurance,
            margin,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::SettlePosition {})
    }

    /// Begins to close a bank.
    pub fn close_bank(&self, creator: Pubkey, bank: usize) -> Instruction {
        let accounts = accounts::CloseBank {
            creator,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            bank: self.banks[bank].bank,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, self.every_bank(), instruction::CloseBank {})
    }
}
