//! Attacks on the oracle gate: one lot of a dead market, a crash that reads as volatile.

use bulwark::error::BulwarkError;
use bulwark_core::gate::{Severity, severity};
use bulwark_core::health::Level;
use bulwark_svm::world::{
    BTC, BTC_PERP, SOL, SOL_PERP, USDC, World, ask, base_e8, bid, expect_error, price_e8, usdc,
};

/// Refreshes SOL and quote alone, every three seconds, until this price counts.
fn sol_alone(world: &mut World, price: f64) {
    for _ in 0..12 {
        world.advance(3);
        world.try_price(USDC, price_e8(1.0)).unwrap();
        world.try_price(SOL, price_e8(price)).unwrap();
    }
    assert_eq!(world.board().feeds[SOL].last.price, price_e8(price));
}

/// `name` holds 0.01 BTC ($500) and `sol` SOL, then the oracle of BTC dies.
fn dead_btc(name: &'static str, equity: f64, sol: f64) -> World {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("liquidator", 1_000_000.0);
    world.fund(name, equity);
    world.trade(name, "maker", BTC_PERP, 0.01, 50_000.0);
    world.trade(name, "maker", SOL_PERP, sol, 100.0);
    let before = world.health(name, Level::Maintenance).surplus().unwrap();
    world.advance(660);
    sol_alone(&mut world, 100.0);
    assert_eq!(
        severity(&world.board().feeds[BTC], world.now()),
        Severity::Dead
    );
    let after = world.health(name, Level::Maintenance).surplus().unwrap();
    assert!(
        after >= before,
        "death of an oracle makes nobody liquidatable: {before}, {after}"
    );
    world
}

#[test]
fn a11_one_lot_of_a_dead_market_makes_nobody_untouchable() {
    let mut world = dead_btc("alice", 1_050.0, 100.0);
    expect_error(world.flag("alice"), BulwarkError::NotLiquidatable);
    sol_alone(&mut world, 92.5);
    assert!(world.health("alice", Level::Maintenance).surplus().unwrap() < 0);
    world.flag("alice").unwrap();
    // The dead leg itself can't be taken: there is no price for it.
    expect_error(
        world.take_over("liquidator", "alice", BTC_PERP, base_e8(0.01)),
        BulwarkError::OracleGate,
    );
    let before = world.position("alice", SOL_PERP).base;
    let mut steps = 0;
    while world.health("alice", Level::Maintenance).surplus().unwrap() < 0 {
        world
            .take_over("liquidator", "alice", SOL_PERP, base_e8(100.0))
            .unwrap();
        world.advance(2);
        world.try_price(SOL, price_e8(92.5)).unwrap();
        steps += 1;
        assert!(steps <= 4, "a quarter of the leg a slot");
    }
    assert!(world.position("alice", SOL_PERP).base < before);
    assert_eq!(world.position("alice", BTC_PERP).base, 1_000_000);
    expect_error(
        world.take_over("liquidator", "alice", SOL_PERP, base_e8(1.0)),
        BulwarkError::NotLiquidatable,
    );
}

#[test]
fn a11_one_lot_of_a_dead_market_traps_nobody() {
    let mut world = dead_btc("bob", 2_000.0, 50.0);
    // He closes the live leg.
    world.place("maker", SOL_PERP, bid(50.0, 100.0).post_only());
    world.place("bob", SOL_PERP, ask(50.0, 100.0).reduce_only().ioc());
    assert_eq!(world.position("bob", SOL_PERP).base, 0);
    // He takes out what the adverse bound of $500 of BTC leaves: three maintenance margins of it
    // and its initial requirement stay, less than $100 of the 2,000.
    let initial = world.health("bob", Level::Initial).surplus().unwrap();
    assert!(initial > 1_850_000_000, "{initial}");
    let amount = u64::try_from(initial).unwrap();
    expect_error(
        world.try_withdraw("bob", USDC, amount + 1),
        BulwarkError::BelowInitialMargin,
    );
    let (paid, queued) = world.withdraw("bob", USDC, amount);
    assert_eq!((paid + queued), amount);
    // He tops up, and the dead leg counts no gain: at the adverse bound it is a loss.
    world.fund("bob", 10.0);
    expect_error(
        world.try_withdraw("bob", USDC, usdc(11.0)),
        BulwarkError::BelowInitialMargin,
    );
    // Nothing is matched in the dead market.
    world.place("maker", BTC_PERP, bid(0.01, 49_900.0).post_only());
    world
        .try_place("bob", BTC_PERP, ask(0.01, 49_900.0).reduce_only().ioc())
        .unwrap();
    assert_eq!(world.position("bob", BTC_PERP).base, 1_000_000);
    // It lives again: he is out.
    world.refresh_all();
    world.place("bob", BTC_PERP, ask(0.01, 49_900.0).reduce_only().ioc());
    assert_eq!(world.position("bob", BTC_PERP).base, 0);
}

/// alice is long 100 SOL from 100 with 1,050: under maintenance at 93, not bankrupt at 91.
fn long_alice() -> World {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("alice", 1_050.0);
    world.fund("liquidator", 1_000_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    // Prints every two seconds for a minute, as of a live oracle.
    for _ in 0..30 {
        world.advance(2);
        world.refresh_all();
    }
    world
}

/// Seconds until a take-over goes through while `prices` are printed every two seconds in turn.
fn seconds_to_take_over(world: &mut World, prices: [f64; 2]) -> (i64, i64) {
    world.advance(2);
    let from = world.now().unix;
    let mut counted = None;
    for step in 0..20 {
        world.try_price(USDC, price_e8(1.0)).unwrap();
        world.try_price(SOL, price_e8(prices[step % 2])).unwrap();
        let passed = world.now().unix - from;
        if world.board().feeds[SOL].last.price < price_e8(99.0) {
            counted.get_or_insert(passed);
        } else {
            expect_error(world.flag("alice"), BulwarkError::NotLiquidatable);
        }
        if world
            .take_over("liquidator", "alice", SOL_PERP, base_e8(100.0))
            .is_ok()
        {
            return (counted.expect("no price, no take-over"), passed);
        }
        world.advance(2);
    }
    panic!("the crash has stopped liquidation");
}

#[test]
fn a12_a_crash_that_stands_is_liquidated_within_its_confirmation() {
    let mut world = long_alice();
    let (counted, taken) = seconds_to_take_over(&mut world, [92.0, 92.0]);
    assert_eq!(counted, 2, "the second print confirms it");
    assert!(taken <= 6, "{taken} s");
}

#[test]
fn a12_a_crash_that_runs_on_is_liquidated_after_ten_seconds() {
    let mut world = long_alice();
    // Each print is a jump away from the one that waits: none ever confirms another.
    let (counted, taken) = seconds_to_take_over(&mut world, [93.2, 90.8]);
    assert_eq!(counted, 10, "the newest counts anyway");
    assert!(taken <= 12, "{taken} s");
}

#[test]
fn a12_one_print_alone_liquidates_nobody() {
    let mut world = long_alice();
    world.advance(2);
    world.try_price(SOL, price_e8(90.0)).unwrap();
    expect_error(world.flag("alice"), BulwarkError::NotLiquidatable);
    // The wick is over with the next print.
    world.advance(2);
    world.try_price(SOL, price_e8(100.0)).unwrap();
    assert_eq!(world.board().feeds[SOL].last.price, price_e8(100.0));
    assert!(world.health("alice", Level::Initial).surplus().unwrap() > 0);
    expect_error(
        world.take_over("liquidator", "alice", SOL_PERP, base_e8(1.0)),
        BulwarkError::NotLiquidatable,
    );
}
