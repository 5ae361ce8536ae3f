//! What spares traders transactions: replacing, cancelling several, leaving and closing whole.

use bulwark::instructions::{Side, Which};
use bulwark_client::{Closing, Pubkey};
use solana_signer::Signer;

use super::{Order, Outcome, World};
use crate::vm::pubkey;

impl World {
    /// Replaces an order; the makers of the book come along.
    pub fn replace(
        &mut self,
        name: &'static str,
        market: usize,
        which: Which,
        order: Order,
    ) -> Outcome {
        let makers = self.makers(name, market, order.0.side);
        let margin = self.margin_key(name);
        let owner = self.wallet(name);
        let key = pubkey(owner.pubkey());
        let replace = self
            .deployment
            .replace_order(key, margin, market, (which, order.0), &makers);
        self.send(&[replace], &[&owner])
    }

    /// Cancels by lists of sequence numbers and of the client's own.
    pub fn cancel_batch(
        &mut self,
        name: &'static str,
        market: usize,
        sequences: &[u64],
        client_ids: &[u32],
    ) -> Outcome {
        let margin = self.margin_key(name);
        let owner = self.wallet(name);
        let key = pubkey(owner.pubkey());
        let cancel = self
            .deployment
            .cancel_batch(key, margin, market, sequences, client_ids);
        self.send(&[cancel], &[&owner])
    }

    /// Withdraws as much of every token as may leave now, quote last. Returns (paid, queued) by
    /// bank; nothing where none may.
    pub fn withdraw_all(&mut self, name: &'static str) -> Vec<(u64, u64)> {
        let count = self.plan.banks.len();
        let mut done = vec![(0, 0); count];
        for bank in (1..count).chain([0]) {
            if let Ok(receipt) = self.try_withdraw(name, bank, u64::MAX) {
                let word = |at: usize| receipt.returned.get(at..at + 8)?.try_into().ok();
                let word = |at| word(at).map_or(0, u64::from_le_bytes);
                done[bank] = (word(0), word(8));
            }
        }
        done
    }

    /// Closes every position against the book, at most `away_ppm` from the mark, in one
    /// transaction: with the two best makers of each, so that eight fit.
    pub fn close_all(&mut self, name: &'static str, away_ppm: u64) -> Outcome {
        let account = self.account(name);
        let board = self.board();
        let mut closings = Vec::new();
        for leg in account.positions.iter().filter(|leg| leg.base != 0) {
            let market = usize::from(leg.market);
            let feed = usize::from(board.markets[market].feed);
            let mark = board.feeds[feed].last.price;
            let away = mark / 1_000_000 * away_ppm;
            let long = leg.base > 0;
            let side = if long { Side::Ask } else { Side::Bid };
            let mut makers = self.makers(name, market, side);
            makers.truncate(2);
            closings.push(Closing {
                market,
                side,
                size: leg.base.unsigned_abs(),
                worst: if long { mark - away } else { mark + away },
                makers,
            });
        }
        let margin = self.margin_key(name);
        let owner = self.wallet(name);
        let key = pubkey(owner.pubkey());
        let close = self.deployment.close_positions(key, margin, &closings);
        self.send(&close, &[&owner])
    }

    /// The owner names a delegate through `until`.
    pub fn set_delegate(&mut self, name: &'static str, named: Pubkey, until: i64) -> Outcome {
        let margin = self.margin_key(name);
        let owner = self.wallet(name);
        let key = pubkey(owner.pubkey());
        let set = self.deployment.set_delegate(key, margin, named, until);
        self.send(&[set], &[&owner])
    }

    /// Anyone migrates an account.
    pub fn migrate(&mut self, name: &'static str) -> Outcome {
        let margin = self.margin_key(name);
        let payer = pubkey(self.vm.payer.pubkey());
        let migrate = self.deployment.migrate_account(payer, margin);
        self.send(&[migrate], &[])
    }
}
