//! Deposits, withdrawals, interest, insurance.

use bulwark::{accounts, instruction};

const SYSTEM: Pubkey = anchor_lang::prelude::pubkey!("11111111111111111111111111111111");

use crate::{AccountMeta, Deployment, Instruction, Pubkey, address, build};

impl Deployment {
    /// Folds markets' deltas into the quote bank.
    pub fn fold(&self, markets: &[usize]) -> Instruction {
        let accounts = accounts::Fold {
            protocol: self.protocol,
            compartment: self.compartment,
            quote_bank: self.banks[0].bank,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let rest = markets
            .iter()
            .map(|m| AccountMeta::new(self.markets[*m].market, false));
        build(accounts, rest, instruction::Fold {})
    }

    /// Accrues quote interest and takes stock of the quote bank, over all markets.
    pub fn accrue(&self, caller: Pubkey) -> Instruction {
        let quote = self.banks[0];
        let accounts = accounts::Accrue {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            quote_bank: quote.bank,
            quote_vault: quote.vault,
            insurance: self.insurance,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let rest = self
            .markets
            .iter()
            .map(|m| AccountMeta::new(m.market, false));
        build(accounts, rest, instruction::Accrue {})
    }

    /// Gives quote to insurance.
    pub fn fund_insurance(&self, funder: Pubkey, source: Pubkey, amount: u64) -> Instruction {
        let quote = self.banks[0];
        let accounts = accounts::Recapitalise {
            giver: funder,
            protocol: self.protocol,
            compartment: self.compartment,
            bank: quote.bank,
            insurance: Some(self.insurance),
            vault: quote.vault,
            mint: quote.mint,
            source,
            token_program: quote.token_program,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::FundInsurance { amount })
    }

    /// Deposits from `source` into a margin account of the signer.
    pub fn deposit(
        &self,
        owner: Pubkey,
        margin: Pubkey,
        bank: usize,
        source: Pubkey,
        amount: u64,
    ) -> Instruction {
        let keys = self.banks[bank];
        let accounts = accounts::Deposit {
            owner,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            bank: keys.bank,
            margin,
            vault: keys.vault,
            mint: keys.mint,
            source,
            token_program: keys.token_program,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::Deposit { amount })
    }

    /// The same where the token's origin class or group has limits: every bank is shown.
    pub fn deposit_shown(
        &self,
        owner: Pubkey,
        margin: Pubkey,
        (bank, amount): (usize, u64),
        source: Pubkey,
    ) -> Instruction {
        let mut deposit = self.deposit(owner, margin, bank, source, amount);
        let banks = self.banks.iter();
        let shown = banks.map(|keys| AccountMeta::new_readonly(keys.bank, false));
        deposit.accounts.extend(shown);
        deposit
    }

    /// Moves a token between two margin accounts of the signer.
    pub fn transfer(
        &self,
        owner: Pubkey,
        from: Pubkey,
        to: Pubkey,
        (bank, amount): (usize, u64),
    ) -> Instruction {
        let keys = self.banks[bank];
        let accounts = accounts::Transfer {
            owner,
            protocol: self.protocol,
            compartment: self.compartment,
            board: Some(self.board),
            bank: keys.bank,
            vault: keys.vault,
            from,
            to,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::Transfer { amount })
    }

    /// Withdraws to `destination`. `ticket`: the account's next ticket number, for what can't be
    /// paid at once. With positions, orders or debt (`plain` false) it needs the Board and the
    /// quote bank.
    pub fn withdraw(
        &self,
        owner: Pubkey,
        margin: Pubkey,
        (bank, amount): (usize, u64),
        destination: Pubkey,
        ticket: Option<u64>,
        plain: bool,
    ) -> Instruction {
        let keys = self.banks[bank];
        let place = ticket.map(|number| address::ticket_and_bump(&keys.bank, &margin, number));
        let health = !plain;
        let other = health && bank != 0;
        let accounts = accounts::Withdraw {
            owner,
            protocol: self.protocol,
            compartment: self.compartment,
            bank: keys.bank,
            margin,
            vault: keys.vault,
            vault_authority: address::vault_authority(),
            mint: keys.mint,
            destination,
            token_program: keys.token_program,
            board: health.then_some(self.board),
            quote_bank: other.then_some(self.banks[0].bank),
            quote_vault: other.then_some(self.banks[0].vault),
            ticket: place.map(|(key, _)| key),
            system_program: place.map(|_| SYSTEM),
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let ticket_bump = place.map_or(0, |(_, bump)| bump);
        build(
            accounts,
            [],
            instruction::Withdraw {
                amount,
                ticket_bump,
            },
        )
    }

    /// Moves a bank's queue on and pays a ticket as far as it goes.
    pub fn crank_ticket(
        &self,
        caller: Pubkey,
        owner: Pubkey,
        margin: Pubkey,
        bank: usize,
        number: u64,
        destination: Pubkey,
    ) -> Instruction {
        let keys = self.banks[bank];
        let accounts = accounts::CrankTicket {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            bank: keys.bank,
            ticket: address::ticket(&keys.bank, &margin, number),
            margin,
            owner,
            vault: keys.vault,
            vault_authority: address::vault_authority(),
            mint: keys.mint,
            destination,
            token_program: keys.token_program,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::CrankTicket {})
    }

    /// Pays what was assigned to an account's residual claim.
    pub fn collect_residual(
        &self,
        caller: Pubkey,
        margin: Pubkey,
        bank: usize,
        destination: Pubkey,
    ) -> Instruction {
        let keys = self.banks[bank];
        let accounts = accounts::CollectResidual {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            bank: keys.bank,
            margin,
            vault: keys.vault,
            vault_authority: address::vault_authority(),
            mint: keys.mint,
            destination,
            token_program: keys.token_program,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::CollectResidual {})
    }

    /// Books money that came into a vault without an instruction.
    pub fn sweep(&self, caller: Pubkey, bank: usize) -> Instruction {
        let keys = self.banks[bank];
        let accounts = accounts::Sweep {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            bank: keys.bank,
            vault: keys.vault,
            insurance: (bank == 0).then_some(self.insurance),
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, self.quote_markets(bank), instruction::Sweep {})
    }

    /// Gives money to a bank that is short.
    pub fn recapitalise(
        &self,
        giver: Pubkey,
        bank: usize,
        source: Pubkey,
        amount: u64,
    ) -> Instruction {
        let keys = self.banks[bank];
        let accounts = accounts::Recapitalise {
            giver,
            protocol: self.protocol,
            compartment: self.compartment,
            bank: keys.bank,
            insurance: (bank == 0).then_some(self.insurance),
            vault: keys.vault,
            mint: keys.mint,
            source,
            token_program: keys.token_program,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(
            accounts,
            self.quote_markets(bank),
            instruction::Recapitalise { amount },
        )
    }

    /// Values the base of the compartment's outflow.
    pub fn value_banks(&self, caller: Pubkey) -> Instruction {
        let accounts = accounts::ValueBanks {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let quote = self
            .banks
            .first()
            .map(|bank| AccountMeta::new(bank.bank, false));
        let others = self.banks.iter().skip(1);
        let others = others.map(|bank| AccountMeta::new_readonly(bank.bank, false));
        build(
            accounts,
            quote.into_iter().chain(others),
            instruction::ValueBanks {},
        )
    }

    /// Closes an empty margin account; its rent goes to the owner. `books`: a liquidation has
    /// voided orders of it once, so every book is cleared of them.
    pub fn close_margin_account(&self, owner: Pubkey, margin: Pubkey, books: bool) -> Instruction {
        let accounts = accounts::CloseMarginAccount {
            owner,
            protocol: self.protocol,
            compartment: self.compartment,
            margin,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let all = self
            .markets
            .iter()
            .map(|market| AccountMeta::new(market.book, false));
        let rest: Vec<_> = if books { all.collect() } else { Vec::new() };
        build(accounts, rest, instruction::CloseMarginAccount {})
    }

    /// All markets, which whatever takes stock of quote wants.
    pub(crate) fn quote_markets(&self, bank: usize) -> Vec<AccountMeta> {
        let all = self
            .markets
            .iter()
            .map(|market| AccountMeta::new(market.market, false));
        if bank == 0 { all.collect() } else { Vec::new() }
    }
}
