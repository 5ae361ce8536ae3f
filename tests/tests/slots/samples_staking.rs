//! Known-good transactions of insurance's stakers.

use bulwark::instructions::StakeAct;
use bulwark_state::{Board, Insurance};
use bulwark_svm::world::{USDC, usdc};

use super::samples::{anyones, by};
use super::{Act, Make};
use crate::stage::Stage;

/// An act of `name` on his own stake.
fn own(stage: &mut Stage, name: &'static str, act: StakeAct) -> Act {
    let (owner, key) = stage.wallet(name);
    let moves = matches!(act, StakeAct::Join(_) | StakeAct::Leave | StakeAct::Buy(_));
    let tokens = stage.tokens(name, USDC);
    let ours = &stage.world.deployment;
    let tokens = moves.then_some(tokens);
    by(ours.stake(key, &key, act, tokens), owner)
}

/// Insurance has lost and lacks more than it has, as a proof of now says.
fn sell(stage: &mut Stage) {
    let world = &mut stage.world;
    let (now, ours) = (world.now().unix, &world.deployment);
    let (board, insurance) = (ours.board, ours.insurance);
    world.corrupt::<Insurance>(insurance, |insurance| {
        insurance.drawn_total = usdc(1_000.0);
        insurance.stress[0].shortfall = insurance.balance + usdc(1_000.0);
        insurance.stress[0].at = now;
    });
    world.corrupt::<Board>(board, |board| {
        board.cover.ease_e9 = 500_000_000;
        board.cover.until = now + 3_600;
    });
    world.give("alice", USDC, usdc(500.0));
}

pub const SAMPLES: &[(&str, Make)] = &[
    ("stake", |stage| {
        stage.world.give("maker", USDC, usdc(500.0));
        let (maker, key) = stage.wallet("maker");
        let tokens = stage.tokens("maker", USDC);
        let ours = &stage.world.deployment;
        by(
            ours.first_stake(key, StakeAct::Join(usdc(100.0)), tokens),
            maker,
        )
    }),
    ("stake", |stage| {
        own(stage, "alice", StakeAct::Ask(usdc(50.0)))
    }),
    ("stake", |stage| {
        let asked = stage.world.stake("alice", StakeAct::Ask(u64::MAX));
        asked.expect("alice asks to leave");
        stage.world.advance(14 * 86_400);
        stage.world.check_all().expect("everything is checked");
        own(stage, "alice", StakeAct::Leave)
    }),
    ("stake", |stage| {
        let (_, owner) = stage.wallet("alice");
        let caller = stage.anyone();
        let ours = &stage.world.deployment;
        let earn = ours.stake(caller, &owner, StakeAct::Earn, None);
        anyones(stage, earn)
    }),
    ("stake", |stage| {
        stage.world.give("alice", USDC, usdc(500.0));
        own(stage, "alice", StakeAct::Join(usdc(100.0)))
    }),
    ("stake", |stage| {
        super::samples_recovery::settled(stage);
        let tokens = stage.tokens("alice", USDC);
        let (alice, key) = stage.wallet("alice");
        let ours = &stage.world.deployment;
        by(ours.claim_stake(key, &key, 1, tokens), alice)
    }),
    ("stake", |stage| {
        sell(stage);
        own(stage, "alice", StakeAct::Buy(usdc(10.0)))
    }),
    ("stake", |stage| {
        super::samples_recovery::settled(stage);
        let (_, to) = stage.wallet("bob");
        let (alice, key) = stage.wallet("alice");
        by(stage.world.deployment.assign_stake(key, to, 1), alice)
    }),
    ("prove_stress", |stage| {
        let margin = stage.world.margin_key("alice");
        let caller = stage.anyone();
        let act = stage.world.deployment.prove_stress(caller, margin);
        anyones(stage, act)
    }),
];
