//! Caps and haircuts of origin classes and of groups of correlated collateral, warm-up of a new
//! token: enforced at deposits and at new risk, and never against who holds already.

use bulwark::error::BulwarkError;
use bulwark::instructions::{CollateralKind, LimitsArgs};
use bulwark_core::contagion::{Kind, NO_CAP, set_limits};
use bulwark_core::health::Level;
use bulwark_state::CollateralLimits;
use bulwark_svm::world::{
    BTC, SOL, SOL_PERP, World, ask, bid, expect_error, scaled, standard_plan, usdc,
};

const NATIVE: Kind = Kind::Origin(1);
const WIDE: u64 = NO_CAP;

/// Writes limits as a decision of the guardian does, without its week.
fn limit(
    world: &mut World,
    kind: Kind,
    (account_cap, compartment_cap, haircut_e9): (u64, u64, u32),
) {
    let limits = CollateralLimits {
        account_cap,
        compartment_cap,
        haircut_e9,
        ..CollateralLimits::default()
    };
    world.rewrite_board(|board| set_limits(board, kind, &limits).unwrap());
}

fn surplus(world: &World, name: &str, level: Level) -> i64 {
    world.health(name, level).surplus().unwrap()
}

/// A whale with 500 SOL and 0.4 BTC, both native; a maker.
fn whale() -> World {
    let mut world = World::new();
    world.fund("maker", 20_000.0);
    world.deposit("whale", SOL, scaled(500.0, 9));
    world.deposit("whale", BTC, scaled(0.4, 8));
    world
}

#[test]
fn i03_a_whale_counts_for_no_more_than_its_cap_and_is_touched_by_nobody() {
    let mut world = whale();
    world.trade("whale", "maker", SOL_PERP, 20.0, 100.0);
    let before =
        [Level::LiquidationEnd, Level::Maintenance].map(|level| world.health("whale", level));
    let held = surplus(&world, "whale", Level::Initial);
    assert!(held > usdc(40_000.0).cast_signed());
    // $10,000 of native collateral count in one account.
    limit(&mut world, NATIVE, (usdc(10_000.0), WIDE, 0));
    let after =
        [Level::LiquidationEnd, Level::Maintenance].map(|level| world.health("whale", level));
    assert_eq!(before, after, "INV-NOFLIP");
    let left = surplus(&world, "whale", Level::Initial);
    assert!((0..=usdc(10_000.0).cast_signed()).contains(&left), "{left}");
    expect_error(world.flag("whale"), BulwarkError::NotLiquidatable);
    // New risk stops where $10,000 of collateral end, at an initial ratio of a few percent.
    world.place("maker", SOL_PERP, ask(100.0, 100.0).post_only());
    let open = |world: &mut World, size: f64| {
        let taken = world.try_place("whale", SOL_PERP, bid(size, 100.0).fill_or_kill());
        taken.map(|_| ()).map_err(|failure| failure.code())
    };
    limit(&mut world, NATIVE, (usdc(60.0), WIDE, 0));
    assert!(open(&mut world, 60.0).is_err());
    // Closed wholly: nothing opens, nobody is liquidatable, reducing and leaving go on.
    limit(&mut world, NATIVE, (0, WIDE, 0));
    assert!(surplus(&world, "whale", Level::Initial) < 0);
    expect_error(world.flag("whale"), BulwarkError::NotLiquidatable);
    assert!(open(&mut world, 1.0).is_err());
    world
        .cancel("maker", SOL_PERP, bulwark::instructions::Which::All)
        .unwrap();
    world.place("maker", SOL_PERP, bid(20.0, 100.0).post_only());
    world.place("whale", SOL_PERP, ask(20.0, 100.0).ioc());
    world.fund("whale", 10.0);
    for bank in [SOL, BTC] {
        let (paid, queued) = world.withdraw("whale", bank, u64::MAX);
        assert!(paid > 0 && queued == 0);
    }
}

#[test]
fn deposits_stop_at_the_cap_of_a_class_over_all_its_banks() {
    let mut world = whale();
    let claims = 50_000.0 + 20_000.0;
    limit(&mut world, NATIVE, (WIDE, usdc(claims + 1_000.0), 0));
    world.give("bob", SOL, scaled(20.0, 9));
    expect_error(
        world.try_deposit("bob", SOL, scaled(10.1, 9)),
        BulwarkError::CollateralCap,
    );
    world.try_deposit("bob", SOL, scaled(10.0, 9)).unwrap();
    world.give("bob", BTC, scaled(1.0, 8));
    expect_error(
        world.try_deposit("bob", BTC, 1),
        BulwarkError::CollateralCap,
    );
    // Quote is no part of it; what is there leaves and makes room.
    world.fund("bob", 500.0);
    world.withdraw("whale", BTC, scaled(0.1, 8));
    world.try_deposit("bob", BTC, scaled(0.09, 8)).unwrap();
    // Without every bank the class can't be seen.
    world.give("carol", SOL, scaled(1.0, 9));
    let margin = world.margin_key("carol");
    let owner = world.wallet("carol");
    let key = bulwark_svm::vm::pubkey(solana_signer::Signer::pubkey(&owner));
    let source = bulwark_svm::vm::pubkey(world.traders["carol"].tokens[SOL]);
    let act = world.deployment.deposit(key, margin, SOL, source, 1_000);
    expect_error(world.send(&[act], &[&owner]), BulwarkError::IncompleteSet);
}

#[test]
fn a_class_closed_for_new_risk_liquidates_nobody() {
    let mut world = World::new();
    world.fund("maker", 20_000.0);
    world.deposit("alice", BTC, scaled(0.1, 8));
    world.trade("alice", "maker", SOL_PERP, 10.0, 100.0);
    let before = world.health("alice", Level::Maintenance);
    // Off its peg: the class counts half for new risk, then nothing.
    for limits in [(WIDE, WIDE, 500_000_000), (0, 0, 900_000_000)] {
        limit(&mut world, NATIVE, limits);
        assert_eq!(world.health("alice", Level::Maintenance), before);
        expect_error(world.flag("alice"), BulwarkError::NotLiquidatable);
    }
    world.give("alice", BTC, 1_000);
    expect_error(
        world.try_deposit("alice", BTC, 1_000),
        BulwarkError::CollateralCap,
    );
    world.fund("alice", 50.0);
    assert!(surplus(&world, "alice", Level::Initial) < 0);
}

/// Classes and groups that a venue names when it makes its Board hold from the first deposit.
#[test]
fn limits_of_the_creation_hold_from_the_first_deposit() {
    let mut plan = standard_plan();
    plan.limits = vec![LimitsArgs {
        kind: CollateralKind::Origin(1),
        account_cap: usdc(1_000.0),
        compartment_cap: usdc(3_000.0),
        haircut_e9: 500_000_000,
    }];
    let mut world = World::with(plan);
    world.deposit("alice", SOL, scaled(30.0, 9));
    expect_error(
        world.try_deposit("alice", SOL, scaled(0.1, 9)),
        BulwarkError::CollateralCap,
    );
    // 30 SOL at $100 and half of it, cut at the cap.
    assert_eq!(surplus(&world, "alice", Level::Initial), 1_000_000_000);
    let whole = surplus(&world, "alice", Level::Maintenance);
    assert!(whole > 2_000_000_000, "{whole}");
    let (paid, _) = world.withdraw("alice", SOL, scaled(20.0, 9));
    assert_eq!(paid, scaled(20.0, 9));
    // Ten are left, at the low end of the price's confidence.
    let left = surplus(&world, "alice", Level::Initial);
    assert!((499_000_000..=500_000_000).contains(&left), "{left}");
}
