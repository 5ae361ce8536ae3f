//! Stages of an account on the bytecode: whoever looks tells each change once, and nothing else
//! depends on whether anybody looks.

use bulwark::error::BulwarkError;
use bulwark_core::health::Stage;
use bulwark_svm::world::{SOL, SOL_PERP, World, ask, bid, expect_error};

/// Alice is long 100 SOL on $900; the market maker has no end of money.
fn venue() -> World {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("liquidator", 100_000.0);
    world.fund("alice", 900.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(60);
    world.refresh_all();
    world
}

/// Stage noted, and how many events the account has had.
fn noted(world: &World) -> (u8, u64) {
    let alice = world.account("alice");
    (alice.stage_noted, alice.event_sequence)
}

#[test]
fn each_change_of_stage_is_told_once_down_and_up_again() {
    let mut world = venue();
    world.note_stage("alice").unwrap();
    let (first, begun) = noted(&world);
    assert_eq!(
        first, 0,
        "healthy as everyone is before anyone looks: no change"
    );
    let mut events = begun;
    let mut seen = vec![Stage::Healthy.number()];
    for price in [99.0, 98.0, 97.0, 96.0, 95.0, 94.0, 93.0, 92.0, 91.0, 90.0] {
        world.advance(11);
        world.crash(SOL, price);
        for _ in 0..2 {
            world.note_stage("alice").unwrap();
            world.advance(1);
            world.refresh_all();
        }
        let (stage, count) = noted(&world);
        let stage = stage.max(1);
        let changed = u64::from(stage.max(1) != *seen.last().unwrap());
        assert_eq!(count, events + changed, "told once at {price}");
        assert_eq!(
            stage,
            world.health_view("alice").stage,
            "as the view says at {price}"
        );
        events = count;
        if changed == 1 {
            seen.push(stage);
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5], "all five, in their order");
    world.advance(11);
    world.crash(SOL, 120.0);
    let deposit = 20_000.0;
    world.fund("alice", deposit);
    let before = noted(&world).1;
    world.note_stage("alice").unwrap();
    assert_eq!(noted(&world), (1, before + 1), "and back");
}

#[test]
fn permission_follows_the_stage_and_not_what_was_noted() {
    let mut world = venue();
    world.note_stage("alice").unwrap();
    world.advance(11);
    world.crash(SOL, 92.0);
    // Nobody has looked: she is liquidatable all the same, and opens nothing.
    assert_eq!(world.account("alice").stage_noted, 0);
    world.place("maker", SOL_PERP, ask(1.0, 92.0).post_only());
    let opens = world.try_place("alice", SOL_PERP, bid(1.0, 92.0).ioc());
    expect_error(opens, BulwarkError::BelowInitialMargin);
    world.flag("alice").unwrap();
    // And who was noted below may open again at once when he is above.
    world.note_stage("alice").unwrap();
    assert_eq!(world.account("alice").stage_noted, 4);
    world.fund("alice", 10_000.0);
    world.place("alice", SOL_PERP, bid(1.0, 92.0).ioc());
    assert_eq!(world.position("alice", SOL_PERP).base, 10_100_000_000);
}
