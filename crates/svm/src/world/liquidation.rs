//! What liquidators do.

use bulwark_client::Pubkey;
use solana_signer::Signer;

use super::{Outcome, World};
use crate::vm::pubkey;

impl World {
    /// Anyone flags an account.
    pub fn flag(&mut self, name: &'static str) -> Outcome {
        let margin = self.margin_key(name);
        let flag = self.deployment.flag(pubkey(self.vm.payer.pubkey()), margin);
        self.send(&[flag], &[])
    }

    /// Anyone unflags an account.
    pub fn unflag(&mut self, name: &'static str) -> Outcome {
        let margin = self.margin_key(name);
        let unflag = self
            .deployment
            .unflag(pubkey(self.vm.payer.pubkey()), margin);
        self.send(&[unflag], &[])
    }

    /// Anyone notes an account's stage.
    pub fn note_stage(&mut self, name: &'static str) -> Outcome {
        let margin = self.margin_key(name);
        let caller = pubkey(self.vm.payer.pubkey());
        let note = self.deployment.note_stage(caller, margin);
        self.send(&[note], &[])
    }

    /// `liquidator` takes at most `largest` (BaseE8) of a position over.
    pub fn take_over(
        &mut self,
        liquidator: &'static str,
        liquidatee: &'static str,
        market: usize,
        largest: u64,
    ) -> Outcome {
        let (from, to) = (self.margin_key(liquidatee), self.margin_key(liquidator));
        let owner = self.wallet(liquidator);
        let key = pubkey(owner.pubkey());
        let take = self.deployment.take_over(key, from, to, market, largest);
        self.send(&[take], &[&owner])
    }

    /// `liquidator` buys at most `largest` units of collateral against the account's debt.
    pub fn seize(
        &mut self,
        liquidator: &'static str,
        liquidatee: &'static str,
        bank: usize,
        largest: u64,
    ) -> Outcome {
        let (from, to) = (self.margin_key(liquidatee), self.margin_key(liquidator));
        let owner = self.wallet(liquidator);
        let key = pubkey(owner.pubkey());
        let number = u8::try_from(bank).expect("a bank's number fits");
        let payment = self.payment(liquidator);
        let seize = self
            .deployment
            .seize(key, from, to, (number, largest), payment);
        self.send(&[seize], &[&owner])
    }

    /// `converter` buys collateral against an old or large debt.
    pub fn convert(
        &mut self,
        converter: &'static str,
        debtor: &'static str,
        bank: usize,
        largest: u64,
    ) -> Outcome {
        let (from, to) = (self.margin_key(debtor), self.margin_key(converter));
        let owner = self.wallet(converter);
        let key = pubkey(owner.pubkey());
        let number = u8::try_from(bank).expect("a bank's number fits");
        let payment = self.payment(converter);
        let convert = self
            .deployment
            .convert(key, from, to, (number, largest), payment);
        self.send(&[convert], &[&owner])
    }

    /// `liquidator` winds a bankrupt account up by `fraction_ppm`.
    pub fn wind_up(
        &mut self,
        liquidator: &'static str,
        liquidatee: &'static str,
        fraction_ppm: u32,
    ) -> Outcome {
        let (from, to) = (self.margin_key(liquidatee), self.margin_key(liquidator));
        let account = self.account(liquidatee);
        let legs = account
            .positions
            .iter()
            .filter(|leg| leg.active != 0 && leg.base != 0);
        let markets: Vec<usize> = legs.map(|leg| usize::from(leg.market)).collect();
        let waiting = account
            .collaterals
            .iter()
            .filter(|claim| claim.pending != 0);
        let banks: Vec<usize> = waiting.map(|claim| usize::from(claim.bank)).collect();
        let owner = self.wallet(liquidator);
        let key = pubkey(owner.pubkey());
        let payment = self.payment(liquidator);
        let wind =
            self.deployment
                .wind_up(key, from, to, (&markets, &banks), fraction_ppm, payment);
        self.send(&[wind], &[&owner])
    }

    /// What a buyer of collateral pays with: his own tokens while quote is short.
    pub fn payment(&mut self, name: &'static str) -> Option<Pubkey> {
        let short = !self.coverage(super::USDC).is_full();
        short.then(|| pubkey(self.trader(name).tokens[super::USDC]))
    }

    /// Anyone realises an account's loss in a market.
    pub fn settle(&mut self, name: &'static str, market: usize) -> Outcome {
        let margin = self.margin_key(name);
        let settle = self
            .deployment
            .settle(pubkey(self.vm.payer.pubkey()), margin, market);
        self.send(&[settle], &[])
    }
}
