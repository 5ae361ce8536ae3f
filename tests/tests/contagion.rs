//! Caps and haircuts of origin classes and of groups of correlated collateral, warm-up of a new
//! token: enforced at deposits and at new risk, and never against who holds already.

use bulwark::error::BulwarkError;
use bulwark::instructions::{CollateralKind, CreateBankArgs, LimitsArgs};
use bulwark_core::contagion::{Kind, NO_CAP, set_limits};
use bulwark_core::health::{Level, bank_weights};
use bulwark_core::{targets, time};
use bulwark_state::CollateralLimits;
use bulwark_svm::launch::{self, BankPlan};
use bulwark_svm::tokens;
use bulwark_svm::world::{
    BTC, SOL, SOL_PERP, World, ask, bid, expect_error, scaled, standard_plan, usdc,
};
use solana_signer::Signer;

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

/// Lists another token on the feed of a bank of the plan, before anybody has come. Its bank.
fn list(world: &mut World, name: &'static str, like: usize, group: u8, warm_up: u32) -> usize {
    let plan = BankPlan {
        name,
        ..world.plan.banks[like]
    };
    let mint = launch::mint(name);
    tokens::create_mint(&mut world.vm, &mint, plan.program, plan.decimals).unwrap();
    let args = CreateBankArgs {
        group,
        warm_up,
        ..launch::bank_args(&plan, false)
    };
    world.list_bank(mint.pubkey(), plan.program, args).unwrap();
    world.plan.banks.push(plan);
    world.plan.banks.len() - 1
}

/// Two tokens of one group count together: for an account up to its cap, for the compartment up to
/// the other.
#[test]
fn a_group_is_capped_over_both_of_its_tokens_per_account_and_per_compartment() {
    let mut plan = standard_plan();
    plan.limits = vec![LimitsArgs {
        kind: CollateralKind::Group(2),
        account_cap: usdc(1_000.0),
        compartment_cap: usdc(3_000.0),
        haircut_e9: 0,
    }];
    let mut world = World::with(plan);
    let sol = list(&mut world, "liquid SOL", SOL, 2, 0);
    let btc = list(&mut world, "wrapped BTC", BTC, 2, 0);
    world.deposit("alice", sol, scaled(8.0, 9));
    let one = surplus(&world, "alice", Level::Initial);
    assert!(
        (usdc(700.0)..usdc(800.0)).contains(&one.unsigned_abs()),
        "{one}"
    );
    world.deposit("alice", btc, scaled(0.02, 8));
    // 8 at $100 and 0.02 at $50,000: of $1,800 less haircuts a thousand count, to the unit.
    assert_eq!(surplus(&world, "alice", Level::Initial), 1_000_000_000);
    assert!(surplus(&world, "alice", Level::Maintenance) > 1_500_000_000);
    // A token without the group counts beside it.
    world.deposit("alice", SOL, scaled(1.0, 9));
    assert!(surplus(&world, "alice", Level::Initial) > 1_080_000_000);
    // The compartment holds 1,800 of 3,000: 1,200 more, of either token, and by anybody; not a
    // millionth of a dollar beyond.
    for (bank, most, more) in [(sol, scaled(12.0, 9), 10), (btc, scaled(0.024, 8), 1)] {
        let mut fork = world.fork();
        let beyond = fork.try_deposit("bob", bank, most + more);
        expect_error(beyond, BulwarkError::CollateralCap);
        fork.deposit("bob", bank, most);
        for other in [sol, btc] {
            let full = fork.try_deposit("carol", other, scaled(0.001, 8));
            expect_error(full, BulwarkError::CollateralCap);
        }
        fork.deposit("carol", SOL, scaled(50.0, 9));
        fork.withdraw("alice", btc, scaled(0.01, 8));
        fork.deposit("carol", sol, scaled(5.0, 9));
    }
}

/// A token that was just listed counts from nothing for new risk, linearly in time to the unit, and
/// wholly at Maintenance from the first moment on.
#[test]
fn a_new_token_warms_up_from_nothing_to_the_unit() {
    const WEEK: i64 = 7 * 86_400;
    let mut world = World::new();
    let bank = list(&mut world, "new SOL", SOL, 0, 604_800);
    let from = world.now().unix;
    let amount = scaled(10.0, 9);
    world.deposit("alice", bank, amount);
    for (passed, share) in [
        (0, 0),
        (WEEK / 4, 1),
        (WEEK / 2, 2),
        (WEEK, 4),
        (2 * WEEK, 4),
    ] {
        let left = from + passed - world.now().unix;
        if left > 0 {
            world.advance(left);
            world.refresh_all();
        }
        let (board, now) = (world.board(), world.now());
        let seat = &board.banks[bank];
        // $100 less 2.12 confidences of 2 bp, by hand.
        let price = u128::from(10_000_000_000 - 4_240_000u64);
        let whole = 1_000_000_000 - targets::initial(&seat.haircut);
        let ppm = u128::from(whole * share / 4 / 1_000);
        let expected = u128::from(amount) * price * ppm / 10u128.pow(17);
        let found = surplus(&world, "alice", Level::Initial);
        assert_eq!(
            u128::from(found.unsigned_abs()),
            expected,
            "after {passed} s"
        );
        let open = time::open_seconds(&board.clock, now.unix);
        let held = 1_000_000_000 - targets::maintenance(&seat.haircut, open);
        assert_eq!(bank_weights(&board, seat, now).unwrap().maintenance, held);
    }
}
