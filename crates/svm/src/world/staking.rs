//! Stakers of insurance.

use bulwark::instructions::StakeAct;
use bulwark_core::staking;
use bulwark_state::Stake;
use solana_signer::Signer;

use super::{Outcome, USDC, World, usdc};
use crate::vm::{address, pubkey};

impl World {
    /// `name` does something with his own stake.
    pub fn stake(&mut self, name: &'static str, act: StakeAct) -> Outcome {
        let tokens = pubkey(self.trader(name).tokens[USDC]);
        let moves = !matches!(act, StakeAct::Earn | StakeAct::Ask(_) | StakeAct::Close);
        let owner = self.wallet(name);
        let key = pubkey(owner.pubkey());
        let act = if moves && self.stake_of(name).is_none() {
            self.deployment.first_stake(key, act, tokens)
        } else {
            self.deployment
                .stake(key, &key, act, moves.then_some(tokens))
        };
        self.send(&[act], &[&owner])
    }

    /// `name` stakes so much new quote, in whole USDC.
    pub fn join(&mut self, name: &'static str, amount: f64) {
        self.give(name, USDC, usdc(amount));
        self.stake(name, StakeAct::Join(usdc(amount)))
            .expect("a stake is taken");
    }

    /// Anyone shares fees and lets the stake of `name` earn.
    pub fn earn(&mut self, name: &'static str) -> Outcome {
        let owner = pubkey(self.wallet(name).pubkey());
        let caller = pubkey(self.vm.payer.pubkey());
        let earn = self.deployment.stake(caller, &owner, StakeAct::Earn, None);
        self.send(&[earn], &[])
    }

    /// `name` leaves right after everything was checked. Returns what was paid.
    pub fn leave(&mut self, name: &'static str) -> Result<u64, Box<crate::vm::Failure>> {
        self.check_all()?;
        let before = self.tokens_of(name, USDC);
        self.stake(name, StakeAct::Leave)?;
        Ok(self.tokens_of(name, USDC) - before)
    }

    /// `name` claims what a Recovery owes his stake.
    pub fn claim_stake(&mut self, name: &'static str) -> Outcome {
        let tokens = pubkey(self.trader(name).tokens[USDC]);
        let (owner, epoch) = (self.wallet(name), self.epoch());
        let key = pubkey(owner.pubkey());
        let claim = self.deployment.claim_stake(key, &key, epoch, tokens);
        self.send(&[claim], &[&owner])
    }

    /// `name` closes his stake in a Recovery.
    pub fn close_recovered(&mut self, name: &'static str) -> Outcome {
        let (owner, epoch) = (self.wallet(name), self.epoch());
        let key = pubkey(owner.pubkey());
        let close = self.deployment.close_recovered_stake(key, epoch);
        self.send(&[close], &[&owner])
    }

    /// `name` gives his stake in a Recovery to `to`.
    pub fn assign_stake(&mut self, name: &'static str, to: &'static str) -> Outcome {
        let (owner, epoch) = (self.wallet(name), self.epoch());
        let (key, to) = (pubkey(owner.pubkey()), pubkey(self.wallet(to).pubkey()));
        let assign = self.deployment.assign_stake(key, to, epoch);
        self.send(&[assign], &[&owner])
    }

    /// The stake of `name`, if there is one.
    pub fn stake_of(&mut self, name: &'static str) -> Option<Box<Stake>> {
        let owner = pubkey(self.wallet(name).pubkey());
        self.vm.read(address(self.deployment.stake_key(&owner)))
    }

    /// What it is worth, UsdE6.
    pub fn staked(&mut self, name: &'static str) -> u64 {
        let stake = self.stake_of(name).expect("a stake");
        staking::worth(&self.insurance(), &stake).expect("it fits")
    }

    /// Anyone copies open interest and coverage to the Board.
    pub fn copy_all(&mut self) {
        let payer = pubkey(self.vm.payer.pubkey());
        let copy = self.deployment.refresh_with(payer, &[], true);
        self.send(&[copy], &[]).expect("the Board is refreshed");
    }

    /// Anyone proves what the account of `name` would lack under stress.
    pub fn prove_stress(&mut self, name: &'static str) -> Outcome {
        let margin = self.margin_key(name);
        let caller = pubkey(self.vm.payer.pubkey());
        let prove = self.deployment.prove_stress(caller, margin);
        self.send(&[prove], &[])
    }
}
