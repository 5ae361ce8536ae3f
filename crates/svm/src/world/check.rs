//! The self-check, and what a bug or a thief would have done to accounts.

use bulwark_client::{Items, Pubkey};
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
        let mut account = self.read::<T>(key);
        change(&mut account);
        self.vm
            .overwrite(address(key), &*account)
            .expect("the account is overwritten");
    }
}
