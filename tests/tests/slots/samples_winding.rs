//! Known-good transactions of what settles a market, closes a bank or moves between own accounts.

use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{BTC, SOL, SOL_PERP, USDC, scaled, usdc};
use solana_signer::Signer;

use super::samples::{anyones, by};
use super::{Act, Make};
use crate::stage::Stage;

/// Every feed is dead, and the first market is announced.
fn announced(stage: &mut Stage) {
    stage.world.advance(601);
    stage
        .world
        .announce_settlement(SOL_PERP, false)
        .expect("its feed is dead");
}

fn transfer(stage: &mut Stage, bank: usize, amount: u64) -> Act {
    let (alice, key) = stage.wallet("alice");
    let from = stage.world.margin_key("alice");
    let to = stage.world.margin_key("alice's second");
    let ours = &stage.world.deployment;
    by(ours.transfer(key, from, to, (bank, amount)), alice)
}

pub const SAMPLES: &[(&str, Make)] = &[
    ("announce_settlement", |stage| {
        stage.world.advance(601);
        let caller = stage.anyone();
        let act = stage
            .world
            .deployment
            .announce_settlement(caller, SOL_PERP, false);
        anyones(stage, act)
    }),
    ("announce_settlement", |stage| {
        let creator = stage.world.vm.authority.insecure_clone();
        let key = pubkey(creator.pubkey());
        by(
            stage.other.announce_settlement(key, SOL_PERP, true),
            creator,
        )
    }),
    ("call_off_settlement", |stage| {
        announced(stage);
        stage.world.refresh_all();
        let caller = stage.anyone();
        let act = stage.world.deployment.call_off_settlement(caller, SOL_PERP);
        anyones(stage, act)
    }),
    ("close_bank", |stage| {
        let creator = stage.world.vm.authority.insecure_clone();
        let key = pubkey(creator.pubkey());
        by(stage.other.close_bank(key, BTC), creator)
    }),
    ("settle_market", |stage| {
        announced(stage);
        stage.world.advance(86_400);
        let act = stage
            .world
            .deployment
            .settle_market(stage.anyone(), SOL_PERP);
        anyones(stage, act)
    }),
    ("settle_position", |stage| {
        announced(stage);
        stage.world.advance(86_400);
        stage.world.settle_market(SOL_PERP).expect("settled");
        let alice = stage.world.margin_key("alice");
        let caller = stage.anyone();
        let act = stage
            .world
            .deployment
            .settle_position(caller, alice, SOL_PERP);
        anyones(stage, act)
    }),
    ("transfer", |stage| transfer(stage, SOL, scaled(1.0, 9))),
    ("transfer", |stage| transfer(stage, USDC, usdc(10.0))),
];
