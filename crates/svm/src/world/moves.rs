//! The Board as no instruction would leave it; prices that move further at once than the price band
//! would let them.

use bulwark_state::Board;

use super::{World, price_e8};
use crate::vm::address;

impl World {
    /// Forgets a feed's closes of the last minutes, as after a gap: what comes next is no move that
    /// the price band could measure, and markets stay open.
    pub fn forget_closes(&mut self, feed: usize) {
        self.rewrite_board(|board| board.feeds[feed].closes = Default::default());
    }

    /// Writes the Board as no instruction would. What its events come to goes on from there.
    pub fn rewrite_board(&mut self, change: impl Fn(&mut Board)) {
        self.catch_up();
        let mut board = self.board();
        change(&mut board);
        let key = address(self.deployment.board);
        self.vm.overwrite(key, &*board).expect("the Board is there");
        if let Some(follower) = &mut self.follower {
            let of = follower.ledger.compartments.get_mut(&self.plan.id);
            change(&mut of.expect("an event created the compartment").board);
        }
    }

    /// Moves a price so that it counts at once: the jump, and its confirmation a few seconds on.
    /// For what isn't about the price band: that sees a gap.
    pub fn crash(&mut self, feed: usize, price: f64) {
        self.forget_closes(feed);
        self.fall(feed, price);
    }

    /// The same without a word of the harness, as a history must tell it: after minutes without a
    /// print.
    pub fn gap(&mut self, feed: usize, price: f64) {
        self.advance(6 * 60);
        self.fall(feed, price);
    }

    fn fall(&mut self, feed: usize, price: f64) {
        let price = price_e8(price);
        self.try_price(feed, price).expect("the Board is refreshed");
        let counted = |world: &Self| world.board().feeds[feed].last.price == price;
        for _ in 0..12 {
            if counted(self) {
                break;
            }
            self.advance(3);
            self.try_price(feed, price).expect("the Board is refreshed");
        }
        assert!(counted(self), "the price never counted");
        self.refresh_all();
    }
}
