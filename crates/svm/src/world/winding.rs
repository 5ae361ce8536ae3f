//! A market settles, a bank closes.

use solana_signer::Signer;

use super::{Outcome, World};
use crate::vm::pubkey;

impl World {
    /// Anyone announces the settlement of a market, or (`decided`) the creator.
    pub fn announce_settlement(&mut self, market: usize, decided: bool) -> Outcome {
        let authority = self.vm.authority.insecure_clone();
        let payer = pubkey(self.vm.payer.pubkey());
        let caller = if decided {
            pubkey(authority.pubkey())
        } else {
            payer
        };
        let act = self.deployment.announce_settlement(caller, market, decided);
        if decided {
            self.send(&[act], &[&authority])
        } else {
            self.send(&[act], &[])
        }
    }

    /// Anyone calls a settlement off.
    pub fn call_off_settlement(&mut self, market: usize) -> Outcome {
        let payer = pubkey(self.vm.payer.pubkey());
        let act = self.deployment.call_off_settlement(payer, market);
        self.send(&[act], &[])
    }

    /// Anyone settles a market.
    pub fn settle_market(&mut self, market: usize) -> Outcome {
        let payer = pubkey(self.vm.payer.pubkey());
        let act = self.deployment.settle_market(payer, market);
        self.send(&[act], &[])
    }

    /// Anyone closes an account's position in a settled market.
    pub fn settle_position(&mut self, name: &'static str, market: usize) -> Outcome {
        let margin = self.margin_key(name);
        let payer = pubkey(self.vm.payer.pubkey());
        let act = self.deployment.settle_position(payer, margin, market);
        self.send(&[act], &[])
    }

    /// The creator begins to close a bank.
    pub fn close_bank(&mut self, bank: usize) -> Outcome {
        let authority = self.vm.authority.insecure_clone();
        let act = self.deployment.close_bank(pubkey(authority.pubkey()), bank);
        self.send(&[act], &[&authority])
    }

    /// `minutes` pass, each with a print of every feed at its present price.
    pub fn post_minutes(&mut self, minutes: u32) {
        for _ in 0..minutes {
            self.advance(60);
            self.refresh_all();
        }
    }
}
