//! Liquidation, wind-up, settling.

use bulwark::{accounts, instruction};

use crate::{AccountMeta, Deployment, Instruction, Pubkey, address, build};

impl Deployment {
    /// Starts an account's liquidation clock.
    pub fn flag(&self, caller: Pubkey, margin: Pubkey) -> Instruction {
        let accounts = accounts::Flag {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            margin,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::Flag {})
    }

    /// Notes an account's health, or ends its liquidation clock the second time.
    pub fn unflag(&self, caller: Pubkey, margin: Pubkey) -> Instruction {
        let accounts = accounts::Unflag {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            margin,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::Unflag {})
    }

    /// Tells the stage of an account where it has changed.
    pub fn note_stage(&self, caller: Pubkey, margin: Pubkey) -> Instruction {
        let mut act = self.unflag(caller, margin);
        act.data = anchor_lang::InstructionData::data(&instruction::NoteStage {});
        act
    }

    /// Takes at most `largest` of a position over into `receiver`, which the signer owns.
    pub fn take_over(
        &self,
        liquidator: Pubkey,
        liquidatee: Pubkey,
        receiver: Pubkey,
        market: usize,
        largest: u64,
    ) -> Instruction {
        let accounts = accounts::TakeOver {
            liquidator,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            market: self.markets[market].market,
            insurance: self.insurance,
            liquidatee,
            receiver,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::TakeOver { largest })
    }

    /// Buys collateral of a liquidatable account. `payment`: token account that pays while quote's
    /// coverage is below one.
    pub fn seize(
        &self,
        liquidator: Pubkey,
        seller: Pubkey,
        buyer: Pubkey,
        (bank, largest): (u8, u64),
        payment: Option<Pubkey>,
    ) -> Instruction {
        let quote = self.banks[0];
        let accounts = accounts::Seize {
            liquidator,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            quote_bank: quote.bank,
            quote_vault: quote.vault,
            quote_mint: payment.map(|_| quote.mint),
            token_program: payment.map(|_| quote.token_program),
            payment,
            seller,
            buyer,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::Seize { bank, largest })
    }

    /// Buys collateral against an old or large debt.
    pub fn convert(
        &self,
        converter: Pubkey,
        seller: Pubkey,
        buyer: Pubkey,
        (bank, largest): (u8, u64),
        payment: Option<Pubkey>,
    ) -> Instruction {
        let quote = self.banks[0];
        let accounts = accounts::Convert {
            converter,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            quote_bank: quote.bank,
            quote_vault: quote.vault,
            quote_mint: payment.map(|_| quote.mint),
            token_program: payment.map(|_| quote.token_program),
            payment,
            insurance: self.insurance,
            seller,
            buyer,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::Convert { bank, largest })
    }

    /// Winds a bankrupt account up. `markets` are those of its positions, `ticket_banks` the banks
    /// in which withdrawals of it wait; without them it refuses with `TicketsWait`.
    pub fn wind_up(
        &self,
        liquidator: Pubkey,
        liquidatee: Pubkey,
        receiver: Pubkey,
        (markets, ticket_banks): (&[usize], &[usize]),
        fraction_ppm: u32,
        payment: Option<Pubkey>,
    ) -> Instruction {
        let quote = self.banks[0];
        let accounts = accounts::WindUp {
            liquidator,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            quote_bank: quote.bank,
            quote_vault: quote.vault,
            quote_mint: payment.map(|_| quote.mint),
            token_program: payment.map(|_| quote.token_program),
            payment,
            insurance: self.insurance,
            liquidatee,
            receiver,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let markets = markets.iter().map(|m| self.markets[*m].market);
        let banks = ticket_banks.iter().map(|b| self.banks[*b].bank);
        let rest = markets.chain(banks).map(|key| AccountMeta::new(key, false));
        build(accounts, rest, instruction::WindUp { fraction_ppm })
    }

    /// Realises an account's unrealised loss in a market.
    pub fn settle(&self, caller: Pubkey, margin: Pubkey, market: usize) -> Instruction {
        let quote = self.banks[0];
        let accounts = accounts::Settle {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            quote_bank: quote.bank,
            quote_vault: quote.vault,
            insurance: self.insurance,
            market: self.markets[market].market,
            margin,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::Settle {})
    }
}
