//! Attacks by the clock of a liquidation, by many accounts, and by parameters, on the bytecode.

use bulwark::error::BulwarkError as E;
use bulwark::instructions::{BoardMarketParameters, CreateMarketArgs, MarginParameters};
use bulwark_core::health::{Level, raw_value};
use bulwark_core::params::Class;
use bulwark_core::time;
use bulwark_svm::launch;
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, base_e8, expect_error, standard_plan, usdc};

/// A name that lives as long as the test.
fn named(kind: &str, number: usize) -> &'static str {
    Box::leak(format!("{kind} {number}").into_boxed_str())
}

#[test]
fn a40_no_market_has_a_shorter_horizon_than_the_protocols_own_halts() {
    // Halt 300 s, limit state 15 s, auction ramp 60 s, Stale age 60 s.
    for (horizon, listed) in [(434, false), (435, true)] {
        let mut world = World::new();
        let args = CreateMarketArgs {
            index: 2,
            feed: 1,
            market: launch::market_parameters(Class::Large),
            board: BoardMarketParameters::preset(Class::Large),
            margin: MarginParameters {
                horizon,
                ..MarginParameters::preset(Class::Large)
            },
        };
        let outcome = world.list_market("short", args);
        if listed {
            outcome.unwrap();
        } else {
            expect_error(outcome, E::ParameterOutOfBounds);
        }
    }
}

#[test]
fn a50_topping_up_and_falling_again_leaves_the_auction_where_it_was() {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("liquidator", 100_000.0);
    world.fund("alice", 1_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(30);
    world.crash(SOL, 92.0);
    world.flag("alice").unwrap();
    let flagged = world.account("alice").flagged_open;
    assert_ne!(flagged, 0);
    world.advance(20);
    world.refresh_all();
    // A deposit lifts her over LiquidationEnd; the first look at her is noted.
    let short = world
        .health("alice", Level::LiquidationEnd)
        .surplus()
        .unwrap();
    assert!(short < 0);
    world.deposit("alice", USDC, short.unsigned_abs() + usdc(300.0));
    expect_error(
        world.take_over("liquidator", "alice", SOL_PERP, base_e8(1.0)),
        E::NotLiquidatable,
    );
    world.unflag("alice").unwrap();
    for wait in [1, 30, 28] {
        expect_error(world.unflag("alice"), E::TooEarly);
        expect_error(world.flag("alice"), E::AlreadyFlagged);
        world.advance(wait);
        world.refresh_all();
    }
    // One more second than a minute would have cleared it; she falls again before.
    world.advance(1);
    world.crash(SOL, 80.0);
    world.advance(16);
    world.refresh_all();
    expect_error(world.unflag("alice"), E::StageForbids);
    let before = world.account("alice").quote;
    world
        .take_over("liquidator", "alice", SOL_PERP, base_e8(1.0))
        .unwrap();
    let account = world.account("alice");
    assert_eq!(
        account.flagged_open, flagged,
        "the clock goes on from the first flag"
    );
    assert_eq!(account.unflag_open, 0, "and the look is forgotten");
    let waited = time::open_seconds(&world.board().clock, world.now().unix) + 1 - flagged;
    assert!(
        waited > 60,
        "the ramp of a minute is whole after {waited} s"
    );
    assert!(before > account.quote);
}

#[test]
fn a52_twenty_bankrupts_draw_no_more_than_one() {
    // One of 2,000 SOL, or twenty of a hundred; insurance of $4,000, a quarter of it per day.
    let drawn = |accounts: usize| {
        let mut world = World::new();
        world.audited = false;
        world.fund("maker", 3_000_000.0);
        world.fund("liquidator", 1_000_000.0);
        world.fund_insurance(4_000.0);
        for number in 0..accounts {
            let name = named("broke", number);
            world.fund(name, 16_000.0 / accounts as f64);
            world.trade(name, "maker", SOL_PERP, 2_000.0 / accounts as f64, 100.0);
        }
        world.advance(30);
        world.crash(SOL, 90.0);
        world.advance(3);
        world.refresh_all();
        let from = world.now().unix;
        let mut hole = 0;
        for number in 0..accounts {
            let name = named("broke", number);
            hole -= raw_value(&world.board(), &world.account(name), world.now()).unwrap();
            world.wind_up("liquidator", name, 1_000_000).unwrap();
        }
        assert_eq!(world.now().unix, from);
        world.audited = true;
        world.audit();
        assert!(hole > i64::try_from(usdc(4_000.0)).unwrap(), "{hole}");
        usdc(4_000.0) - world.insurance().balance
    };
    let (one, twenty) = (drawn(1), drawn(20));
    assert_eq!(one, usdc(1_000.0), "25 %");
    assert_eq!(twenty, one);
}

#[test]
fn a65_empty_accounts_are_nobodys_work_and_live_ones_cost_their_deposit() {
    let mut plan = standard_plan();
    plan.banks[USDC].parameters.deposit_min = usdc(10.0);
    let mut world = World::with(plan);
    world.audited = false;
    world.fund("alice", 1_000.0);
    let live = |world: &mut World| {
        world.fold().unwrap();
        let bank = world.bank(USDC);
        bank.totals.live_count + bank.live_delta
    };
    assert_eq!(live(&mut world), 1);
    for number in 0..200 {
        world.trader(named("empty", number));
    }
    assert_eq!(
        live(&mut world),
        1,
        "two hundred empty accounts are no one to be marked"
    );
    // Each of them can be counted for ten dollars, not for a unit less.
    for number in 0..5 {
        let name = named("empty", number);
        expect_error(
            world.try_deposit(name, USDC, usdc(10.0) - 1),
            E::BelowMinimumDeposit,
        );
        world.deposit(name, USDC, usdc(10.0));
    }
    assert_eq!(live(&mut world), 6);
    // Who leaves is not counted any more, and gets his rent back.
    for number in 0..5 {
        let name = named("empty", number);
        assert_eq!(world.withdraw(name, USDC, u64::MAX), (usdc(10.0), 0));
        world.close(name).unwrap();
    }
    assert_eq!(live(&mut world), 1);
    world.audit();
}
