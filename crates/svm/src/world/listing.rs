//! Listing beyond the plan, and oracle accounts of one's own making.

use bulwark::instructions::{CreateBankArgs, CreateFeedArgs, CreateMarketArgs, Source};
use bulwark_core::params::{self, Class};
use solana_address::Address;
use solana_signer::Signer;

use super::{Outcome, World};
use crate::keys::keypair;
use crate::vm::{address, pubkey};
use crate::{launch, pyth, tokens};
use bulwark::instructions::FeedParameters;
use bulwark::state::{BookState, Layout};

/// Arguments of a feed with one source, by a class's defaults.
pub fn feed_args(source: Source, class: Class) -> CreateFeedArgs {
    CreateFeedArgs {
        source,
        second: Source::default(),
        unit_exp: 0,
        thin: false,
        volatility_e9: params::seed_volatility(class),
        parameters: FeedParameters::preset(class),
    }
}

impl World {
    /// The creator lists a feed. It isn't in the plan: its oracle is written by
    /// [`Self::write_oracle`].
    pub fn list_feed(&mut self, args: CreateFeedArgs) -> Outcome {
        let creator = self.vm.authority.insecure_clone();
        let create = self.deployment.create_feed(pubkey(creator.pubkey()), args);
        self.send(&[create], &[&creator])
    }

    /// The creator lists a token; the mint is there already. Known to the deployment if it
    /// succeeds.
    pub fn list_bank(&mut self, mint: Address, program: Address, args: CreateBankArgs) -> Outcome {
        let creator = self.vm.authority.insecure_clone();
        let (mint, program) = (pubkey(mint), pubkey(program));
        let create = self
            .deployment
            .create_bank(pubkey(creator.pubkey()), mint, program, args);
        // The audit reads the banks that the deployment knows: it is late by this one transaction.
        let outcome = self.unaudited(|world| world.send(&[create], &[&creator]));
        if outcome.is_ok() {
            self.deployment.add_bank(mint, program);
            self.stock.missing.push(0);
            self.stock.surplus.push(0);
            let keys = self.deployment.lookup_keys().into_iter().map(address);
            self.vm
                .look_up(&keys.collect::<Vec<_>>())
                .expect("the table has room");
        }
        self.audit();
        outcome
    }

    /// The creator lists a market with a new book. Known to the deployment if it succeeds.
    pub fn list_market(&mut self, name: &str, args: CreateMarketArgs) -> Outcome {
        let creator = self.vm.authority.insecure_clone();
        let key = keypair(&format!("book {} {name}", self.plan.id));
        launch::make_zeroed(&mut self.vm, &key, BookState::SPACE).expect("a book is made");
        let book = pubkey(key.pubkey());
        let create = self
            .deployment
            .create_market(pubkey(creator.pubkey()), book, args);
        let outcome = self.unaudited(|world| world.send(&[create], &[&creator]));
        if outcome.is_ok() {
            self.deployment.add_market(book);
            let keys = self.deployment.lookup_keys().into_iter().map(address);
            self.vm
                .look_up(&keys.collect::<Vec<_>>())
                .expect("the table has room");
        }
        self.audit();
        outcome
    }

    /// The mint's authority freezes a bank's vault, or thaws it.
    pub fn freeze_vault(&mut self, bank: usize, frozen: bool) {
        let vault = address(self.deployment.banks[bank].vault);
        self.freeze_tokens(bank, vault, frozen);
    }

    /// The mint's authority freezes any account of a bank's token, or thaws it.
    pub fn freeze_tokens(&mut self, bank: usize, account: Address, frozen: bool) {
        let keys = self.deployment.banks[bank];
        let (program, mint) = (address(keys.token_program), address(keys.mint));
        tokens::set_frozen(&mut self.vm, program, mint, account, frozen)
            .expect("the authority may");
    }

    /// A Token-2022 mint with extensions: see [`tokens::create_mint_with`].
    pub fn mint_with(
        &mut self,
        name: &str,
        decimals: u8,
        extensions: &[(Vec<u8>, usize)],
    ) -> Address {
        let key = launch::mint(name);
        tokens::create_mint_with(&mut self.vm, &key, decimals, extensions)
            .expect("the mint is made");
        key.pubkey()
    }

    pub fn unaudited<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let audited = std::mem::replace(&mut self.audited, false);
        let done = act(self);
        self.audited = audited;
        done
    }

    /// Writes an account as an oracle program would leave it.
    pub fn write_oracle(&mut self, key: Address, owner: Address, data: Vec<u8>) {
        pyth::write(&mut self.vm.svm, key, owner, data);
    }

    /// Refreshes feeds from these accounts.
    pub fn refresh_from(&mut self, from: &[(u8, Address)]) -> Outcome {
        let oracles: Vec<_> = from
            .iter()
            .map(|(feed, key)| (*feed, pubkey(*key), None))
            .collect();
        let payer = pubkey(self.vm.payer.pubkey());
        let refresh = self.deployment.refresh(payer, &oracles);
        self.send(&[refresh], &[])
    }

    /// Opens a further margin account of a trader, under a name of its own.
    pub fn another_account(&mut self, owner: &'static str, name: &'static str, index: u16) {
        let wallet = self.wallet(owner);
        let key = pubkey(wallet.pubkey());
        let tokens = self.trader(owner).tokens.clone();
        let create =
            self.deployment
                .create_margin_account(key, index, bulwark_client::Pubkey::default());
        let margin = address(self.deployment.margin(&key, index));
        let trader = super::Trader {
            owner: wallet.insecure_clone(),
            margin,
            tokens,
        };
        self.traders.insert(name, trader);
        self.send(&[create], &[&wallet])
            .expect("a margin account is created");
    }
}

/// A source by the Pyth id of a feed.
pub fn classic(id: [u8; 32]) -> Source {
    Source {
        kind: bulwark::oracle::kind::CLASSIC,
        id,
    }
}

/// A source by the key of a legacy account, mainnet.
pub fn legacy(key: Address) -> Source {
    Source {
        kind: bulwark::oracle::kind::LEGACY_MAINNET,
        id: key.to_bytes(),
    }
}
