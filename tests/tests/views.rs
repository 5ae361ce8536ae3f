//! Views on the bytecode: the same bytes that `bulwark-core` computes, for accounts in every stage,
//! from their own accounts alone.

mod stage;

use bulwark::error::BulwarkError as E;
use bulwark_core::health;
use bulwark_state::{
    HealthView, MarginNotice, VIEW_CRITICAL, VIEW_FLAGGED, VIEW_LIQUIDATABLE, VIEW_PLAIN,
    VIEW_VERSION,
};
use bulwark_svm::hostile::Instead::Sibling;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, bid, expect_error, scaled, usdc};
use stage::Stage;

/// What the program says, which must be what core says.
#[track_caller]
fn seen(world: &mut World, name: &'static str) -> HealthView {
    let told = world.health_view(name);
    let mut own = HealthView::default();
    let (board, account) = (world.board(), world.account(name));
    health::view(&board, &account, world.now(), false, &mut own).unwrap();
    assert_eq!(told, own, "{name}");
    told
}

#[track_caller]
fn noticed(world: &mut World, name: &'static str) -> MarginNotice {
    let told = world.margin_notice(name);
    let mut own = MarginNotice::default();
    let (board, account) = (world.board(), world.account(name));
    health::notice(&board, &account, world.now(), false, &mut own).unwrap();
    assert_eq!(told, own, "{name}");
    told
}

#[test]
fn an_account_is_seen_through_every_stage() {
    let mut world = World::new();
    world.fund("maker", 500_000.0);
    let told = seen(&mut world, "alice");
    assert_eq!(
        (told.version, told.stage, told.flags),
        (VIEW_VERSION, 1, VIEW_PLAIN)
    );
    world.fund("alice", 1_000.0);
    world.deposit("alice", SOL, scaled(3.0, 9));
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.place("alice", SOL_PERP, bid(1.0, 99.0).post_only());
    let told = seen(&mut world, "alice");
    assert_eq!((told.stage, told.flags), (1, 0));
    // 1,000 less 5 of fees; a hundred coins at 100.
    assert_eq!(told.quote, usdc(995.0).cast_signed());
    assert_eq!(
        (told.legs[0].base, told.legs[0].mark),
        (10_000_000_000, 10_000_000_000)
    );
    let required = told.legs[0].maintenance_requirement;
    assert_eq!(required, usdc(392.57), "its threshold of 10,000");
    let new_risk = told.legs[0].initial_requirement;
    assert!(new_risk > required * 3 / 2, "with fees and the order");
    assert_eq!(told.collaterals[0].amount, scaled(3.0, 9));
    // Down, a little at a time: every stage is passed, and the program is right about each.
    let mut stages = vec![told.stage];
    for price in [97.5, 95.5, 94.6, 93.5, 92.2, 90.4, 84.0] {
        world.advance(30);
        world.crash(SOL, price);
        let told = seen(&mut world, "alice");
        assert_eq!(
            told.flags & VIEW_LIQUIDATABLE != 0,
            told.stage >= 4,
            "{price}"
        );
        assert!(*stages.last().unwrap() <= told.stage, "{price}");
        stages.push(told.stage);
        if told.stage >= 4 && told.flags & VIEW_FLAGGED == 0 {
            world.flag("alice").unwrap();
            assert!(seen(&mut world, "alice").flags & VIEW_FLAGGED != 0);
        }
    }
    stages.dedup();
    assert_eq!(stages, [1, 2, 3, 4, 5], "healthy to bankrupt");
    assert!(seen(&mut world, "alice").flags & VIEW_CRITICAL != 0);
    // What waits in a ticket isn't there for new risk, and is for maintenance.
    world.fund("bob", 300_000.0);
    world.advance(2 * 86_400);
    world.refresh_all();
    let (_, queued) = world.withdraw("bob", USDC, usdc(200_000.0));
    let told = seen(&mut world, "bob");
    assert_eq!(told.quote_pending, queued);
    assert_eq!(
        told.maintenance_value - told.initial_value,
        queued.cast_signed()
    );
}

#[test]
fn a_notice_comes_true_to_the_second() {
    let mut world = World::new();
    world.fund("maker", 500_000.0);
    world.fund("alice", 1_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    assert_eq!(noticed(&mut world, "alice").reached, 0);
    // A fall that leaves her just above maintenance, and a threshold that has begun to rise.
    world.advance(400);
    world.crash(SOL, 95.0);
    let told = noticed(&mut world, "alice");
    println!("{told:?}");
    assert_eq!(
        told.reached, 1,
        "its target lies above what she has: {told:?}"
    );
    assert!(told.surplus_now >= 0 && told.surplus_then < 0);
    assert!(told.after_open > 1 && told.after_open <= told.rising_open);
    let (at, price) = (told.reached_at, told.legs[0].price_now);
    assert!(price < 9_500_000_000 && told.legs[0].price_then == 9_500_000_000);
    // Nothing but time: the second before it she isn't, in that second she is.
    world.advance(at - world.now().unix - 1);
    world.refresh_all();
    expect_error(world.flag("alice"), E::NotLiquidatable);
    assert_eq!(seen(&mut world, "alice").flags & VIEW_LIQUIDATABLE, 0);
    world.advance(1);
    assert_eq!(world.margin_notice("alice").reached, 2);
    world.flag("alice").unwrap();
}

#[test]
fn a_view_is_of_its_own_compartment() {
    let mut stage = Stage::new();
    let alice = stage.world.margin_key("alice");
    let theirs = pubkey(alice_wallet(&mut stage));
    let theirs = stage.other.margin(&theirs, 0);
    let ours = stage.world.deployment.clone();
    for (what, view) in [
        ("health_view", ours.health_view(alice)),
        ("margin_notice", ours.margin_notice(alice)),
    ] {
        // Whose account is looked at is the caller's choice.
        stage.refuses_all_but(what, &view, &[], &[(3, Sibling)]);
        let mut foreign = view.clone();
        foreign.accounts[3].pubkey = theirs;
        expect_error(stage.world.send(&[foreign], &[]), E::WrongCompartment);
        let mut foreign = view;
        foreign.accounts[2].pubkey = stage.other.board;
        expect_error(stage.world.send(&[foreign], &[]), E::WrongBoard);
    }
}

fn alice_wallet(stage: &mut Stage) -> solana_address::Address {
    solana_signer::Signer::pubkey(&stage.world.wallet("alice"))
}
