//! A thief at a transfer between one owner's accounts.

mod stage;

use bulwark_svm::world::{SOL, USDC, usdc};
use stage::Stage;

#[test]
fn a_transfer_goes_between_the_signers_own_accounts() {
    for bank in [SOL, USDC] {
        let mut stage = Stage::new();
        stage.world.another_account("alice", "alice again", 1);
        stage.world.another_account("mallory", "mallory again", 1);
        let (owner, key) = stage.wallet("alice");
        let (from, to) = (
            stage.world.margin_key("alice"),
            stage.world.margin_key("alice again"),
        );
        let theirs = stage.world.margin_key("mallory again");
        stage.thief.sibling(to, theirs);
        let amount = if bank == SOL {
            1_000_000_000
        } else {
            usdc(10.0)
        };
        let act = stage
            .world
            .deployment
            .transfer(key, from, to, (bank, amount));
        stage.refuses_all_but("transfer", &act, &[&owner], &[]);
    }
}
