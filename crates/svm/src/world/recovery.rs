//! Recovery: strangers announce, freeze, count, mark, open and pay.

use std::ops::Range;

use bulwark_client::{Instruction, Pubkey};
use bulwark_core::guardian::Action;
use bulwark_core::recovery::{AUDIT, Cause, NOTICE};
use bulwark_state::Recovery;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{BTC, Outcome, SOL, SOL_PERP, USDC, World, scaled};
use crate::keys::keypair;
use crate::vm::pubkey;

/// Those whom [`World::people`] brings.
pub const PEOPLE: [&str; 5] = ["alice", "bella", "carol", "maker", "plain"];

impl World {
    /// Alice long against the maker, Bella short of him with SOL alone, Carol with tokens alone,
    /// Plain with quote alone; a guardian of five. Some more who have nothing yet.
    pub fn people(mut self, more: &[&'static str]) -> Self {
        self.create_guardian(5).expect("a guardian of five");
        self.fund("maker", 100_000.0);
        self.fund("alice", 5_000.0);
        self.deposit("bella", SOL, scaled(100.0, 9));
        self.deposit("carol", SOL, scaled(40.0, 9));
        self.deposit("carol", BTC, scaled(0.5, 8));
        self.fund("plain", 8_000.0);
        self.trade("alice", "maker", SOL_PERP, 200.0, 100.0);
        self.trade("maker", "bella", SOL_PERP, 40.0, 100.0);
        for name in more {
            self.trader(name);
        }
        self
    }

    /// Somebody without an account, who pays.
    pub fn stranger(&mut self) -> (Keypair, Pubkey) {
        let stranger = keypair("stranger");
        self.vm.fund(stranger.pubkey(), 1_000_000_000);
        let key = pubkey(stranger.pubkey());
        (stranger, key)
    }

    /// A stranger sends one instruction.
    pub fn by_stranger(&mut self, act: impl FnOnce(&Self, Pubkey) -> Instruction) -> Outcome {
        let (stranger, key) = self.stranger();
        let act = act(self, key);
        self.send(&[act], &[&stranger])
    }

    /// Epoch of the Recovery that is announced or runs.
    pub fn epoch(&self) -> u32 {
        self.compartment().recovery_epoch
    }

    /// The compartment's latest Recovery.
    pub fn recovery(&self) -> Box<Recovery> {
        self.read(self.deployment.recovery(self.epoch()))
    }

    /// A stranger announces.
    pub fn announce(&mut self, cause: Cause) -> Outcome {
        let epoch = self.epoch() + 1;
        self.by_stranger(|world, key| {
            let deployment = &world.deployment;
            deployment.announce_recovery(key, cause, epoch, None)
        })
    }

    /// Four of the guardian's members decide on it, and a stranger announces.
    pub fn announce_by_guardian(&mut self) -> Outcome {
        let nonce = self.propose(1, &Action::AnnounceRecovery(self.plan.id));
        for member in 2..=4 {
            self.approve(member, nonce).expect("approved");
        }
        let epoch = self.epoch() + 1;
        self.by_stranger(|world, key| {
            let deployment = &world.deployment;
            deployment.announce_recovery(key, Cause::Guardian, epoch, Some(nonce))
        })
    }

    /// A stranger takes the announcement back.
    pub fn undo(&mut self) -> Outcome {
        let epoch = self.epoch();
        self.by_stranger(|world, key| world.deployment.undo_recovery(key, epoch))
    }

    /// The notice passes in both clocks.
    pub fn pass_notice(&mut self) {
        self.advance_apart(NOTICE.cast_signed(), NOTICE * 1_000 / 300 + 1);
    }

    /// A stranger freezes.
    pub fn freeze(&mut self) -> Outcome {
        let epoch = self.epoch();
        self.by_stranger(|world, key| world.deployment.freeze_recovery(key, epoch))
    }

    /// A stranger counts every bank and market.
    pub fn count_all(&mut self) -> Outcome {
        self.count_into(self.epoch())
    }

    fn count_into(&mut self, epoch: u32) -> Outcome {
        let (banks, markets) = (
            0..self.deployment.banks.len(),
            0..self.deployment.markets.len(),
        );
        self.count_some(epoch, banks, markets)
    }

    /// A stranger counts some.
    pub fn count(&mut self, banks: Range<usize>, markets: Range<usize>) -> Outcome {
        self.count_some(self.epoch(), banks, markets)
    }

    fn count_some(&mut self, epoch: u32, banks: Range<usize>, markets: Range<usize>) -> Outcome {
        self.by_stranger(|world, key| {
            let deployment = &world.deployment;
            deployment.count_recovery(key, epoch, banks, markets)
        })
    }

    /// A stranger marks accounts.
    pub fn mark_all(&mut self, names: &[&'static str]) -> Outcome {
        let epoch = self.epoch();
        let margins: Vec<_> = names.iter().map(|name| self.margin_key(name)).collect();
        self.by_stranger(|world, key| {
            let deployment = &world.deployment;
            deployment.mark_accounts(key, epoch, &margins, None)
        })
    }

    /// A stranger marks accounts and is paid for it into `name`'s quote token account.
    pub fn mark_for(&mut self, name: &'static str, names: &[&'static str]) -> Outcome {
        let to = pubkey(self.trader(name).tokens[USDC]);
        let epoch = self.epoch();
        let margins: Vec<_> = names.iter().map(|name| self.margin_key(name)).collect();
        self.by_stranger(|world, key| {
            let deployment = &world.deployment;
            deployment.mark_accounts(key, epoch, &margins, Some(to))
        })
    }

    /// The record of audits.
    pub fn audit_record(&self) -> Box<Recovery> {
        self.read(self.deployment.recovery(AUDIT))
    }

    /// A stranger begins an audit.
    pub fn begin_audit(&mut self) -> Outcome {
        self.by_stranger(|world, key| world.deployment.begin_audit(key))
    }

    /// A stranger counts every bank and market into the audit.
    pub fn audit_count(&mut self) -> Outcome {
        self.count_into(AUDIT)
    }

    /// A stranger marks accounts in the audit.
    pub fn audit_mark(&mut self, names: &[&'static str]) -> Outcome {
        let margins: Vec<_> = names.iter().map(|name| self.margin_key(name)).collect();
        self.by_stranger(|world, key| {
            let deployment = &world.deployment;
            deployment.mark_accounts(key, AUDIT, &margins, None)
        })
    }

    /// A stranger closes the audit.
    pub fn close_audit(&mut self) -> Outcome {
        self.by_stranger(|world, key| world.deployment.close_audit(key))
    }

    /// A stranger opens the quote pot.
    pub fn open_pot(&mut self) -> Outcome {
        let epoch = self.epoch();
        self.by_stranger(|world, key| world.deployment.open_quote_pot(key, epoch))
    }

    /// The owner claims what is due to him in a token; the coins.
    pub fn claim(&mut self, name: &'static str, bank: usize) -> u64 {
        let before = self.tokens_of(name, bank);
        self.try_claim(name, bank).expect("something is due");
        self.tokens_of(name, bank) - before
    }

    /// The same, where nothing may be due.
    pub fn try_claim(&mut self, name: &'static str, bank: usize) -> Outcome {
        let destination = pubkey(self.trader(name).tokens[bank]);
        let (margin, epoch) = (self.margin_key(name), self.epoch());
        let owner = self.wallet(name);
        let key = pubkey(owner.pubkey());
        let claim = self
            .deployment
            .claim_recovery(key, epoch, margin, bank, destination);
        self.send(&[claim], &[&owner])
    }

    /// `name` gives new tokens to a Recovery. Holes and surpluses may change by it.
    pub fn add_money(&mut self, name: &'static str, bank: usize, amount: u64) -> Outcome {
        if amount != 0 {
            self.give(name, bank, amount);
        }
        let source = pubkey(self.trader(name).tokens[bank]);
        let (giver, epoch) = (self.wallet(name), self.epoch());
        let key = pubkey(giver.pubkey());
        let add = self
            .deployment
            .add_recovery_money(key, epoch, bank, source, amount);
        self.allow_stock_change(|world| world.send(&[add], &[&giver]))
    }
}
