//! Residual claims and money given to banks.

use bulwark_core::coverage::{self, Coverage};
use solana_signer::Signer;

use super::{Outcome, World};
use crate::vm::pubkey;

impl World {
    /// The owner of both moves `amount` of a bank's token from one account to the other.
    pub fn transfer(
        &mut self,
        from: &'static str,
        to: &'static str,
        bank: usize,
        amount: u64,
    ) -> Outcome {
        let (giver, receiver) = (self.margin_key(from), self.margin_key(to));
        let owner = self.wallet(from);
        let key = pubkey(owner.pubkey());
        let act = self
            .deployment
            .transfer(key, giver, receiver, (bank, amount));
        self.send(&[act], &[&owner])
    }

    /// `name` gives `amount` of new tokens to a bank. Holes and surpluses may change by it.
    pub fn recapitalise(&mut self, name: &'static str, bank: usize, amount: u64) -> Outcome {
        self.give(name, bank, amount);
        let source = pubkey(self.trader(name).tokens[bank]);
        let giver = self.wallet(name);
        let key = pubkey(giver.pubkey());
        let recapitalise = self.deployment.recapitalise(key, bank, source, amount);
        self.allow_stock_change(|world| world.send(&[recapitalise], &[&giver]))
    }

    /// The owner has what is assigned to his residual claim paid; returns the coins.
    pub fn collect(&mut self, name: &'static str, bank: usize) -> u64 {
        let before = self.tokens_of(name, bank);
        self.try_collect(name, bank)
            .expect("something is assigned to the claim");
        self.tokens_of(name, bank) - before
    }

    /// The same, for claims that may have nothing due.
    pub fn try_collect(&mut self, name: &'static str, bank: usize) -> Outcome {
        let destination = pubkey(self.trader(name).tokens[bank]);
        let margin = self.margin_key(name);
        let owner = self.wallet(name);
        let key = pubkey(owner.pubkey());
        let collect = self
            .deployment
            .collect_residual(key, margin, bank, destination);
        self.send(&[collect], &[&owner])
    }

    /// Withdraws while value is missing: the hole shrinks by what becomes a residual.
    pub fn withdraw_short(&mut self, name: &'static str, bank: usize, amount: u64) -> (u64, u64) {
        self.allow_stock_change(|world| world.withdraw(name, bank, amount))
    }

    /// Lets a bank carry the mean of its claims up to now, by a one-unit deposit of a stranger.
    pub fn touch_bank(&mut self, bank: usize) {
        let least = self.bank(bank).deposit_min;
        self.deposit("passer-by", bank, least);
    }

    /// Coverage of a bank now (D3).
    pub fn coverage(&self, bank: usize) -> Coverage {
        coverage::coverage(&self.bank(bank), self.vault(bank)).expect("coverage is computable")
    }
}
