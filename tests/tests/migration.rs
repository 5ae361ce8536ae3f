//! Margin accounts of layout version 1 on the bytecode of version 2: they trade, are liquidated and
//! leave as they are, and anybody takes them to version 2 without a health number moving. And the
//! delegate, whose end is what version 2 is for.

mod stage;

use bulwark::error::BulwarkError as E;
use bulwark::instructions::Which;
use bulwark_core::health::Level;
use bulwark_state::{MARGIN_VERSION, MarginAccount};
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{
    SOL, SOL_PERP, USDC, World, ask, base_e8, bid, expect_error, scaled, usdc,
};
use bulwark_svm::{Signer, keys};
use bytemuck::bytes_of;
use stage::Stage;

/// Writes an account as the release of version 1 wrote it: what version 2 has named is zero.
fn as_version_1(world: &mut World, name: &str) {
    world.rewrite(name, |account| {
        account.version = 1;
        account.delegate_until = 0;
        assert_eq!((account.stage_noted, account.reserved0), (0, [0; 6]));
        assert!(account.reserved.iter().all(|byte| *byte == 0));
    });
}

fn set_version(world: &mut World, name: &str, version: u8) {
    world.rewrite(name, |account| account.version = version);
}

const LEVELS: [Level; 3] = [Level::Initial, Level::LiquidationEnd, Level::Maintenance];

/// Alice has everything that an account can have; all accounts are of version 1.
fn old_venue() -> World {
    let mut world = World::new();
    world.fund("maker", 500_000.0);
    world.fund("alice", 2_000.0);
    world.deposit("alice", SOL, scaled(3.0, 9));
    world.trade("alice", "maker", SOL_PERP, 50.0, 100.0);
    world.place("alice", SOL_PERP, bid(2.0, 97.0).post_only());
    world
        .set_delegate("alice", pubkey(keys::keypair("helper").pubkey()), i64::MAX)
        .unwrap();
    for name in ["maker", "alice"] {
        as_version_1(&mut world, name);
    }
    world.audit();
    world
}

#[test]
fn anybody_migrates_and_nothing_moves() {
    let mut world = old_venue();
    let before = world.account("alice");
    let health = LEVELS.map(|level| world.health("alice", level));
    let view = world.health_view("alice");
    world.migrate("alice").unwrap();
    let after = world.account("alice");
    assert_eq!(after.version, MARGIN_VERSION);
    assert_eq!(LEVELS.map(|level| world.health("alice", level)), health);
    assert_eq!(world.health_view("alice"), view);
    // Byte for byte what it was, but for version, the delegate's end, the count of events.
    let mut expected: MarginAccount = *before;
    expected.version = 2;
    expected.delegate_until = i64::MAX;
    expected.event_sequence += 1;
    assert_eq!(bytes_of(&*after), bytes_of(&expected));
    // The second time nothing happens.
    world.migrate("alice").unwrap();
    assert_eq!(bytes_of(&*world.account("alice")), bytes_of(&expected));
    // An account without a delegate gets none.
    world.migrate("maker").unwrap();
    let maker = world.account("maker");
    assert_eq!((maker.version, maker.delegate_until), (2, 0));
}

#[test]
fn an_account_that_nobody_migrates_leaves_as_before() {
    let mut world = old_venue();
    // It cancels, is maker and taker, withdraws with a position, closes, withdraws all, is gone.
    world.cancel("alice", SOL_PERP, Which::All).unwrap();
    world.withdraw("alice", SOL, scaled(1.0, 9));
    world.place("alice", SOL_PERP, ask(25.0, 100.0).post_only());
    world.place("maker", SOL_PERP, bid(25.0, 100.0).ioc());
    world.place("maker", SOL_PERP, bid(25.0, 100.0).post_only());
    world.place("alice", SOL_PERP, ask(25.0, 100.0).reduce_only().ioc());
    assert_eq!(world.position("alice", SOL_PERP).base, 0);
    for name in ["alice", "maker"] {
        assert_eq!(
            world.account(name).version,
            1,
            "{name}: nobody has migrated it"
        );
    }
    world.withdraw_all("alice");
    world.close("alice").unwrap();
    // A queued withdrawal of an old account is paid.
    world.advance(2 * 86_400);
    world.refresh_all();
    let (_, queued) = world.withdraw("maker", USDC, usdc(400_000.0));
    assert!(queued > 0);
    world.advance(3_600);
    world.try_crank("maker", USDC, 0).unwrap();
    assert_eq!(world.account("maker").version, 1);
}

#[test]
fn an_account_that_nobody_migrates_is_liquidated_as_before() {
    let mut world = old_venue();
    world.fund("liquidator", 100_000.0);
    as_version_1(&mut world, "liquidator");
    world.advance(5);
    world.crash(SOL, 58.5);
    world.advance(20);
    world.refresh_all();
    world.flag("alice").unwrap();
    world.advance(5);
    world.refresh_all();
    world
        .take_over("liquidator", "alice", SOL_PERP, base_e8(5.0))
        .unwrap();
    world.advance(5);
    world.crash(SOL, 50.0);
    world.wind_up("liquidator", "alice", 1_000_000).unwrap();
    let versions = ["alice", "liquidator"].map(|name| world.account(name).version);
    assert_eq!(versions, [1, 1]);
}

#[test]
fn versions_that_no_release_wrote_are_refused_everywhere() {
    for version in [0, 3, 255] {
        let mut world = old_venue();
        set_version(&mut world, "alice", version);
        expect_error(world.migrate("alice"), E::WrongVersion);
        expect_error(world.try_deposit("alice", USDC, 1), E::WrongVersion);
        expect_error(world.try_withdraw("alice", USDC, 1), E::WrongVersion);
        expect_error(world.close("alice"), E::WrongVersion);
        expect_error(world.flag("alice"), E::WrongVersion);
        expect_error(world.cancel("alice", SOL_PERP, Which::All), E::WrongVersion);
    }
}

#[test]
fn migrating_touches_a_margin_account_of_the_compartment_alone() {
    let mut stage = Stage::new();
    as_version_1(&mut stage.world, "alice");
    as_version_1(&mut stage.world, "mallory");
    let alice = stage.world.margin_key("alice");
    let ours = stage.world.deployment.clone();
    let migrate = ours.migrate_account(stage.anyone(), alice);
    // Whose account it is, is anybody's choice.
    stage.anybodys(
        "migrate_account",
        &migrate,
        &[(3, bulwark_svm::hostile::Instead::Sibling)],
    );
}

/// Whether the helper may trade for Alice now: a small order inside the band.
fn trades(world: &mut World) -> bool {
    let helper = keys::keypair("helper");
    let margin = world.margin_key("alice");
    let order = bid(1.0, 99.9).post_only().0;
    let place = world
        .deployment
        .place_order(pubkey(helper.pubkey()), margin, SOL_PERP, order, &[]);
    match world.send(&[place], &[&helper]) {
        Ok(_) => true,
        outcome => {
            expect_error(outcome, E::NotOwner);
            false
        }
    }
}

#[test]
fn a_delegates_power_ends_by_itself() {
    let mut world = World::new();
    world.fund("alice", 10_000.0);
    world
        .vm
        .fund(keys::keypair("helper").pubkey(), 1_000_000_000);
    let helper = pubkey(keys::keypair("helper").pubkey());
    assert!(!trades(&mut world), "nobody's yet");
    let now = world.now().unix;
    world.set_delegate("alice", helper, now + 60).unwrap();
    assert!(trades(&mut world));
    // He cancels what is hers, outside of his time he doesn't.
    world.advance(60);
    world.refresh_all();
    assert!(trades(&mut world), "through that second");
    world.advance(1);
    world.refresh_all();
    assert!(!trades(&mut world));
    let margin = world.margin_key("alice");
    let cancel = world
        .deployment
        .cancel_orders(helper, margin, SOL_PERP, Which::All);
    let signer = keys::keypair("helper");
    expect_error(world.send(&[cancel], &[&signer]), E::NotOwner);
    // For good, and then not at all.
    world.set_delegate("alice", helper, i64::MAX).unwrap();
    assert!(trades(&mut world));
    world
        .set_delegate("alice", bulwark_client::Pubkey::default(), 5)
        .unwrap();
    let account = world.account("alice");
    assert_eq!((account.delegate, account.delegate_until), ([0; 32], 0));
    assert!(!trades(&mut world));
    // An old account is taken to version 2 by it, or it would ignore the end.
    as_version_1(&mut world, "alice");
    let now = world.now().unix;
    world.set_delegate("alice", helper, now + 5).unwrap();
    assert_eq!(world.account("alice").version, 2);
    world.advance(6);
    world.refresh_all();
    assert!(!trades(&mut world));
    // An old account's delegate has no end.
    as_version_1(&mut world, "alice");
    assert!(trades(&mut world));
}

#[test]
fn only_the_owner_names_a_delegate() {
    let mut stage = Stage::new();
    let (alice, key) = stage.wallet("alice");
    let margin = stage.world.margin_key("alice");
    let ours = stage.world.deployment.clone();
    let helper = pubkey(keys::keypair("helper").pubkey());
    let name = ours.set_delegate(key, margin, helper, i64::MAX);
    stage.refuses_all_but("set_delegate", &name, &[&alice], &[]);
    stage.world.send(&[name], &[&alice]).unwrap();
    // The delegate names nobody, himself least of all, and can't be the owner; nor can an end lie
    // in the past.
    let (mallory, thief) = stage.wallet("mallory");
    let theft = ours.set_delegate(thief, margin, thief, i64::MAX);
    expect_error(stage.world.send(&[theft], &[&mallory]), E::NotOwner);
    let signer = keys::keypair("helper");
    stage.world.vm.fund(signer.pubkey(), 1_000_000_000);
    for named in [helper, thief] {
        let longer = ours.set_delegate(helper, margin, named, i64::MAX);
        expect_error(stage.world.send(&[longer], &[&signer]), E::NotOwner);
    }
    let now = stage.world.now().unix;
    for (named, until) in [(key, i64::MAX), (thief, now), (thief, -1)] {
        expect_error(stage.world.set_delegate("alice", named, until), E::BadValue);
    }
}
