//! A thief where a market settles or a bank closes.

mod stage;

use bulwark_svm::hostile::Instead::{Sibling, Slot};
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{BTC, SOL_PERP, USDC, usdc};
use solana_signer::Signer;
use stage::Stage;

const WEEK: i64 = 7 * 86_400;

/// The stage with deposits below the sum at which the creator's powers end.
fn small() -> Stage {
    let mut stage = Stage::new();
    for (name, amount) in [("maker", 490_000.0), ("liquidator", 99_000.0)] {
        let (paid, queued) = stage.world.withdraw(name, USDC, usdc(amount));
        assert_eq!(
            (paid, queued),
            (usdc(amount), 0),
            "{name}: his own deposit of now"
        );
    }
    stage
}

#[test]
fn a_settlement_is_decided_by_the_creator_for_his_own_market() {
    let mut stage = small();
    let creator = stage.world.vm.authority.insecure_clone();
    let key = pubkey(creator.pubkey());
    let announce = stage
        .world
        .deployment
        .announce_settlement(key, SOL_PERP, true);
    // Which market is what the account says: all are his.
    stage.refuses_all_but(
        "announce_settlement",
        &announce,
        &[&creator],
        &[(4, Sibling)],
    );
    let close = stage.world.deployment.close_bank(key, BTC);
    stage.refuses_all_but(
        "close_bank",
        &close,
        &[&creator],
        &[(4, Sibling), (4, Slot(8))],
    );
}

#[test]
fn a_broken_market_is_announced_and_called_off_by_anyone_alone() {
    let mut stage = Stage::new();
    stage.world.post_minutes(2);
    stage.world.advance(601);
    let anyone = stage.anyone();
    let announce = stage
        .world
        .deployment
        .announce_settlement(anyone, SOL_PERP, false);
    // The feed of the other market is dead as well.
    stage.anybodys("announce_settlement", &announce, &[(4, Sibling)]);
    stage.world.announce_settlement(SOL_PERP, false).unwrap();
    stage.world.refresh_all();
    let off = stage.world.deployment.call_off_settlement(anyone, SOL_PERP);
    stage.anybodys("call_off_settlement", &off, &[]);
}

#[test]
fn a_market_settles_and_its_positions_close_in_their_own_accounts() {
    let mut stage = small();
    stage.world.announce_settlement(SOL_PERP, true).unwrap();
    stage.world.advance(WEEK);
    stage.world.post_minutes(30);
    let anyone = stage.anyone();
    let settle = stage.world.deployment.settle_market(anyone, SOL_PERP);
    stage.anybodys("settle_market", &settle, &[]);
    stage.world.settle_market(SOL_PERP).unwrap();
    let alice = stage.world.margin_key("alice");
    let close = stage
        .world
        .deployment
        .settle_position(anyone, alice, SOL_PERP);
    stage.anybodys("settle_position", &close, &[]);
}
