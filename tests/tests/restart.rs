//! After a restart of the cluster, and while it is slow: new risk waits or costs more, accounts
//! above the critical level have grace, everything else is liquidated as ever.

use bulwark::error::BulwarkError;
use bulwark_client::Items;
use bulwark_core::breaker::restart::SLOTS;
use bulwark_core::guardian::Action;
use bulwark_core::matching::caps;
use bulwark_core::mode::{Mode, stretched};
use bulwark_state::Market;
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, ask, bid, expect_error, usdc};

/// Alice is long 100 SOL on $700: liquidatable below about $95.9, critical below about $94.4.
fn venue() -> World {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("liquidator", 100_000.0);
    world.fund("alice", 700.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(60);
    world.refresh_all();
    world.advance(5);
    world
}

#[test]
fn new_risk_waits_after_a_restart_and_nothing_else_does() {
    let mut world = venue();
    world.restart();
    world.advance(30);
    world.refresh_all();
    world.place("maker", SOL_PERP, ask(5.0, 100.0).post_only());
    world.place("liquidator", SOL_PERP, bid(1.0, 100.0).ioc());
    assert_eq!(world.position("liquidator", SOL_PERP).base, 0);
    // Closing, paying in, leaving.
    world.place("alice", SOL_PERP, ask(1.0, 99.0).reduce_only().post_only());
    world
        .cancel("alice", SOL_PERP, bulwark::instructions::Which::All)
        .unwrap();
    world.fund("alice", 10.0);
    assert_eq!(
        world.withdraw("liquidator", USDC, usdc(5.0)),
        (usdc(5.0), 0)
    );
    assert_eq!(world.mode(), Mode::Normal);
    // A check notes it in the chain, once.
    let sequence = world.protocol().event_sequence;
    world.check(&Items::default()).unwrap();
    world.check(&Items::default()).unwrap();
    let protocol = world.protocol();
    assert_eq!(protocol.event_sequence, sequence + 1);
    assert_eq!(protocol.restart_seen_at, world.now().unix);
    // By slots, whatever the clock says; nobody has to end it. 75 have passed.
    world.advance_apart(1, SLOTS - 76);
    world.refresh_all();
    world.place("liquidator", SOL_PERP, bid(1.0, 100.0).ioc());
    assert_eq!(world.position("liquidator", SOL_PERP).base, 0);
    world.advance_apart(1, 2);
    world.refresh_all();
    world.place("liquidator", SOL_PERP, bid(1.0, 100.0).ioc());
    assert_eq!(world.position("liquidator", SOL_PERP).base, 100_000_000);
}

/// Prices after the restart, and whether the account may be taken over at once.
#[test]
fn a28_grace_after_a_restart_protects_who_fell_in_it_above_the_critical_level() {
    for (price, protected) in [(95.6, true), (94.0, false)] {
        let mut world = venue();
        world.restart();
        world.advance(5);
        world.crash(SOL, price);
        world.advance(11);
        world.refresh_all();
        let taken = world.take_over("liquidator", "alice", SOL_PERP, u64::MAX);
        if !protected {
            taken.unwrap();
            continue;
        }
        expect_error(taken, BulwarkError::GraceHolds);
        // Five minutes at 400 ms, three times that at most, and it is over.
        let factor = world.board().congestion.factor_e9;
        world.advance_apart(1, stretched(SLOTS / 3, factor));
        world.refresh_all();
        world
            .take_over("liquidator", "alice", SOL_PERP, u64::MAX)
            .unwrap();
    }
}

#[test]
fn a28_who_was_liquidatable_before_the_restart_has_no_grace() {
    let mut world = venue();
    world.crash(SOL, 95.6);
    world.advance(11);
    world.refresh_all();
    world.restart();
    world.advance(5);
    world.refresh_all();
    world
        .take_over("liquidator", "alice", SOL_PERP, u64::MAX)
        .unwrap();
}

/// Minutes with slots of `ms` milliseconds.
fn minutes(world: &mut World, minutes: i64, ms: u64) {
    for _ in 0..minutes * 6 {
        world.advance_apart(10, 10_000 / ms);
        world.refresh_all();
    }
}

/// The largest new notional of a slot, $20,000 before what tightens it, as orders find it that fit
/// just so or don't. In UsdE6.
fn new_notional(world: &World) -> u64 {
    let mut world = world.fork();
    let key = world.deployment.markets[SOL_PERP].market;
    world.corrupt::<Market>(key, |market| market.slot_notional_cap = usdc(20_000.0));
    let (board, market, now) = (world.board(), world.market(SOL_PERP), world.now());
    let cap = caps(&board, &market, now).expect("the Board holds it");
    let fitting = cap.slot_notional as f64 / 1e8;
    for (size, fits) in [(fitting - 0.5, true), (fitting + 0.5, false)] {
        let mut fork = world.fork();
        let size = (size * 10.0).round() / 10.0;
        fork.place("maker", SOL_PERP, ask(size, 100.0).post_only());
        let order = bid(size, 100.0).fill_or_kill();
        let outcome = fork.try_place("liquidator", SOL_PERP, order);
        match fits {
            true => drop(outcome.expect("it fits")),
            false => expect_error(outcome, BulwarkError::NotFilledWhole),
        }
    }
    cap.slot_notional
}

#[test]
fn congestion_tightens_new_risk_and_lengthens_grace_and_stops_no_liquidation() {
    let grace = |slow: bool| {
        let mut world = venue();
        world.create_guardian(5).unwrap();
        minutes(&mut world, 20, 400);
        let margin = world.board().markets[SOL_PERP].margin.im;
        minutes(&mut world, 3, if slow { 1_000 } else { 400 });
        let board = world.board();
        let factor = board.congestion.factor_e9;
        assert_eq!(factor > 2_000_000_000, slow, "{factor}");
        assert!(slow || factor < 1_200_000_000, "{factor}");
        if slow {
            assert!(board.markets[SOL_PERP].margin.im >= margin);
        }
        let cap = new_notional(&world);
        let pause = world.queue(3, &Action::Pause(0, 60, 1));
        world.execute(pause).unwrap();
        world.advance_apart(61, 61_000 / if slow { 1_000 } else { 400 });
        world.refresh_all();
        assert_eq!(world.mode(), Mode::Normal);
        world.advance_apart(3, 3_000 / if slow { 1_000 } else { 400 });
        world.crash(SOL, 95.6);
        let ended = world.now().unix;
        loop {
            world.advance_apart(10, 10_000 / if slow { 1_000 } else { 400 });
            world.refresh_all();
            match world.take_over("liquidator", "alice", SOL_PERP, u64::MAX) {
                Ok(_) => return (world.now().unix - ended, cap),
                refused => expect_error(refused, BulwarkError::GraceHolds),
            }
        }
    };
    let ((calm, calm_cap), (slow, slow_cap)) = (grace(false), grace(true));
    println!("new notional of {calm_cap} in calm, {slow_cap} while slots are slow");
    assert!(slow_cap * 2 < calm_cap, "{slow_cap} of {calm_cap}");
    println!("grace of {calm} s in calm, {slow} s while slots are slow");
    assert!((280..=400).contains(&calm), "{calm}");
    assert!((600..=910).contains(&slow), "{slow}");
    // Without a pause before it nothing waits, however slow the cluster is.
    let mut world = venue();
    minutes(&mut world, 5, 400);
    minutes(&mut world, 3, 1_000);
    world.advance_apart(5, 5);
    world.crash(SOL, 95.6);
    world.advance_apart(11, 11);
    world.refresh_all();
    world
        .take_over("liquidator", "alice", SOL_PERP, u64::MAX)
        .unwrap();
}
