//! Creating and listing.

use bulwark::instructions::{
    CreateBankArgs, CreateBoardArgs, CreateFeedArgs, CreateMarketArgs, CreateProtocolArgs,
    InsuranceParameters,
};
use bulwark::{accounts, instruction};

use crate::{AccountMeta, BankKeys, Deployment, Instruction, MarketKeys, Pubkey, address, build};

const SYSTEM: Pubkey = anchor_lang::prelude::pubkey!("11111111111111111111111111111111");

impl Deployment {
    /// Creates the Protocol, signed by the program's upgrade authority.
    pub fn create_protocol(&self, authority: Pubkey, treasury: Pubkey) -> Instruction {
        let accounts = accounts::CreateProtocol {
            authority,
            protocol: self.protocol,
            program_data: address::program_data(),
            system_program: SYSTEM,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let args = CreateProtocolArgs { treasury };
        build(accounts, [], instruction::CreateProtocol { args })
    }

    /// Creates the compartment with number `id`.
    pub fn create_compartment(&self, creator: Pubkey, id: u16) -> Instruction {
        let accounts = accounts::CreateCompartment {
            creator,
            protocol: self.protocol,
            compartment: self.compartment,
            system_program: SYSTEM,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::CreateCompartment { id })
    }

    /// Adopts the Board, which the client has made zeroed and owned by the program.
    pub fn create_board(&self, creator: Pubkey, args: CreateBoardArgs) -> Instruction {
        let accounts = accounts::CreateBoard {
            creator,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::CreateBoard { args })
    }

    /// Creates the insurance.
    pub fn create_insurance(
        &self,
        creator: Pubkey,
        parameters: InsuranceParameters,
    ) -> Instruction {
        let accounts = accounts::CreateInsurance {
            creator,
            protocol: self.protocol,
            compartment: self.compartment,
            insurance: self.insurance,
            system_program: SYSTEM,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::CreateInsurance { parameters })
    }

    /// Lists a feed.
    pub fn create_feed(&self, creator: Pubkey, args: CreateFeedArgs) -> Instruction {
        let accounts = accounts::CreateFeed {
            creator,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            event_authority: address::event_authority(),
            program: bulwark::ID,
            guardian: None,
            proposal: None,
        };
        build(
            accounts,
            self.every_bank(),
            instruction::CreateFeed { args },
        )
    }

    /// Lists a token. The bank's addresses are added to the deployment by [`Self::add_bank`].
    pub fn create_bank(
        &self,
        creator: Pubkey,
        mint: Pubkey,
        token_program: Pubkey,
        args: CreateBankArgs,
    ) -> Instruction {
        let keys = self.bank_keys(mint, token_program);
        let accounts = accounts::CreateBank {
            creator,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            bank: keys.bank,
            mint,
            vault: keys.vault,
            vault_authority: address::vault_authority(),
            token_program,
            system_program: SYSTEM,
            event_authority: address::event_authority(),
            program: bulwark::ID,
            guardian: None,
            proposal: None,
        };
        build(
            accounts,
            self.every_bank(),
            instruction::CreateBank { args },
        )
    }

    /// Lists a market with the next number. `book` is made by the client as the Board is.
    pub fn create_market(
        &self,
        creator: Pubkey,
        book: Pubkey,
        args: CreateMarketArgs,
    ) -> Instruction {
        let accounts = accounts::CreateMarket {
            creator,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            market: address::market(&self.compartment, args.index),
            book,
            system_program: SYSTEM,
            event_authority: address::event_authority(),
            program: bulwark::ID,
            guardian: None,
            proposal: None,
        };
        build(
            accounts,
            self.every_bank(),
            instruction::CreateMarket { args },
        )
    }

    /// Ends the creator's powers. `shown`: by anyone, against deposits above the compiled sum.
    pub fn seal(&self, signer: Pubkey, shown: bool) -> Instruction {
        let accounts = accounts::Seal {
            signer,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let banks: Vec<AccountMeta> = if shown { self.every_bank() } else { Vec::new() };
        build(accounts, banks, instruction::Seal {})
    }

    /// Creates margin account `index` of its owner; `delegate` is the zero key for nobody.
    pub fn create_margin_account(
        &self,
        owner: Pubkey,
        index: u16,
        delegate: Pubkey,
    ) -> Instruction {
        let accounts = accounts::CreateMarginAccount {
            owner,
            protocol: self.protocol,
            compartment: self.compartment,
            margin: self.margin(&owner, index),
            system_program: SYSTEM,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(
            accounts,
            [],
            instruction::CreateMarginAccount { index, delegate },
        )
    }

    /// Names a delegate through unix second `until` (`i64::MAX`: for good); the zero key: nobody.
    pub fn set_delegate(
        &self,
        owner: Pubkey,
        margin: Pubkey,
        named: Pubkey,
        until: i64,
    ) -> Instruction {
        let accounts = accounts::SetDelegate {
            owner,
            protocol: self.protocol,
            compartment: self.compartment,
            margin,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::SetDelegate { named, until })
    }

    /// Writes a margin account as the newest layout version has it.
    pub fn migrate_account(&self, caller: Pubkey, margin: Pubkey) -> Instruction {
        let accounts = accounts::MigrateAccount {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            margin,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        build(accounts, [], instruction::MigrateAccount {})
    }

    /// Addresses that a bank of this mint has.
    pub fn bank_keys(&self, mint: Pubkey, token_program: Pubkey) -> BankKeys {
        let bank = address::bank(&self.compartment, &mint);
        BankKeys {
            bank,
            vault: address::vault(&bank),
            mint,
            token_program,
        }
    }

    /// Adds a bank that was created.
    pub fn add_bank(&mut self, mint: Pubkey, token_program: Pubkey) {
        self.banks.push(self.bank_keys(mint, token_program));
    }

    /// Adds a market that was created with the next number.
    pub fn add_market(&mut self, book: Pubkey) {
        let index = u8::try_from(self.markets.len()).expect("a compartment has 32 markets at most");
        let market = address::market(&self.compartment, index);
        self.markets.push(MarketKeys { market, book });
    }
}
