//! The self-check, and what a bug or a thief would have done to accounts.

use bulwark_client::{Items, Pubkey};
use bulwark_state::MarginAccount;
use bytemuck::Pod;
use solana_last_restart_slot::LastRestartSlot;
use solana_signer::Signer;

use super::{Outcome, World};
use crate::vm::{address, pubkey};

impl World {
    /// Anyone checks these items.
    pub fn check(&mut self, items: &Items) -> Outcome {
        let check = self
            .deployment
            .check(pubkey(self.vm.payer.pubkey()), items, None);
        self.send(&[check], &[])
    }

    /// Anyone checks everything but margin accounts.
    pub fn check_all(&mut self) -> Outcome {
        let items = Items::all(&self.deployment);
        self.check(&items)
    }

    /// `name` checks these items, and is rewarded for a first latch.
    pub fn check_for_reward(&mut self, name: &'static str, items: &Items) -> Outcome {
        let margin = self.margin_key(name);
        let caller = self.wallet(name);
        let key = pubkey(caller.pubkey());
        let check = self.deployment.check(key, items, Some(margin));
        self.send(&[check], &[&caller])
    }

    /// The cluster restarts at this slot.
    pub fn restart(&mut self) {
        let last_restart_slot = self.now().slot;
        self.vm
            .svm
            .set_sysvar(&LastRestartSlot { last_restart_slot });
    }

    /// Changes an account as no instruction would. The world isn't audited from then on.
    pub fn corrupt<T: Pod>(&mut self, key: Pubkey, change: impl FnOnce(&mut T)) {
        self.audited = false;
        self.follower = None;
        let mut account = self.read::<T>(key);
        change(&mut account);
        self.vm
            .overwrite(address(key), &*account)
            .expect("the account is overwritten");
    }

    /// Writes a margin account as an older release has left it, or as no instruction would. The
    /// world goes on being audited, and what its events come to goes on from there.
    pub fn rewrite(&mut self, name: &str, change: impl FnOnce(&mut MarginAccount)) {
        let key = self.traders[name].margin;
        let mut account = self.account(name);
        change(&mut account);
        let written = self.vm.overwrite(key, &*account);
        written.expect("the account is overwritten");
        if let Some(follower) = &mut self.follower {
            let of = follower.ledger.compartments.get_mut(&self.plan.id);
            let margins = &mut of.expect("an event created the compartment").margins;
            margins.insert(pubkey(key), account);
        }
    }
}
