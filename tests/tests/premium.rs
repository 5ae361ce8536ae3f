//! Premium on positions for the stress that they add, on the bytecode: what `accrue` takes from
//! both sides, who has it, and what nobody gains by calling it.

use bulwark::error::BulwarkError as E;
use bulwark_core::guardian::Action;
use bulwark_core::staking::premium::YEAR;
use bulwark_core::{health, ledger, staking};
use bulwark_state::Stress;
use bulwark_svm::vm::address;
use bulwark_svm::world::{SOL_PERP, World, expect_error, usdc};

const HOUR: i64 = 3_600;

/// 1,000 SOL open at $100 between two people; $`staked` of insurance earns, $`given` was given.
fn venue(given: f64, staked: f64) -> World {
    let mut world = World::recorded();
    for name in ["alice", "bob"] {
        world.fund(name, 100_000.0);
    }
    if given > 0.0 {
        world.fund_insurance(given);
    }
    if staked > 0.0 {
        world.join("sam", staked);
        wait(&mut world, 86_400);
        world.earn("sam").unwrap();
    }
    world.trade("alice", "bob", SOL_PERP, 1_000.0, 100.0);
    world
}

fn wait(world: &mut World, seconds: i64) {
    world.advance(seconds);
    world.refresh_all();
}

/// Half of what the open interest lacks beyond its margins, UsdE6, at the applied ratio of now.
fn stress(world: &World) -> u64 {
    staking::stress::total(&world.board(), &world.insurance(), world.now()).unwrap()
}

/// The clock begins, and U is seen.
fn begun(world: &mut World) {
    world.accrue().unwrap();
    wait(world, 60);
    world.accrue().unwrap();
}

#[test]
fn positions_pay_for_the_stress_they_add_and_stakers_earn_their_part_of_it() {
    let mut world = venue(2_000.0, 2_000.0);
    begun(&mut world);
    let before = world.insurance();
    let (worth, value) = (world.staked("sam"), before.earning.value);
    wait(&mut world, HOUR);
    let healths = ["alice", "bob"].map(|name| {
        let (board, account) = (world.board(), world.account(name));
        health::raw_value(&board, &account, world.now()).unwrap()
    });
    world.accrue().unwrap();
    let after = world.insurance();
    let charged = after.premium_total - before.premium_total;
    // a·U a year on S, which is all open interest's here.
    let (s, used) = (
        u128::from(stress(&world)),
        u128::from(after.premium_used_ppm),
    );
    let used = used.min(before.premium_used_ppm.into());
    let due = s * used * u128::from(after.premium_ppm) * 3_600 / 1_000_000 / 1_000_000;
    let due = due / u128::from(YEAR);
    assert!(
        charged > 10_000 && due.abs_diff(charged.into()) <= 2,
        "{charged} of {due}"
    );
    assert_eq!(after.balance, before.balance + charged);
    let part = u128::from(charged) * u128::from(value) / u128::from(before.balance);
    assert_eq!(u128::from(after.earning.value - value), part);
    assert!(world.staked("sam") > worth);
    // Each side owes its half at once, before anybody touches it.
    for (name, was) in ["alice", "bob"].into_iter().zip(healths) {
        let (board, account) = (world.board(), world.account(name));
        let is = health::raw_value(&board, &account, world.now()).unwrap();
        assert!(
            (was - is).abs_diff((charged / 2).cast_signed()) <= 1,
            "{name}: {was} {is}"
        );
    }
}

/// Called all the time or once: the same to a unit a minute and side.
#[test]
fn whoever_calls_often_or_rarely_gains_nothing() {
    let mut once = venue(4_000.0, 0.0);
    begun(&mut once);
    let mut often = once.fork();
    let before = once.insurance().premium_total;
    wait(&mut once, HOUR);
    once.accrue().unwrap();
    for _ in 0..60 {
        wait(&mut often, 59);
        often.accrue().unwrap();
        let charged = often.insurance().premium_total;
        wait(&mut often, 1);
        often.accrue().unwrap();
        assert!(often.insurance().premium_total >= charged);
    }
    let [once, often] = [&once, &often].map(|world| world.insurance().premium_total - before);
    assert!(
        once > 10_000 && once.abs_diff(often) <= 120 + once / 1_000,
        "{once} {often}"
    );
    // A week without a call costs an hour.
    let mut late = venue(4_000.0, 0.0);
    begun(&mut late);
    let before = late.insurance().premium_total;
    wait(&mut late, 7 * 86_400);
    late.accrue().unwrap();
    let week = late.insurance().premium_total - before;
    assert!(week <= once + once / 10, "{week} {once}");
}

#[test]
fn an_empty_side_pays_nothing_and_bare_insurance_fills() {
    let mut world = World::recorded();
    world.fund("alice", 1_000.0);
    begun(&mut world);
    wait(&mut world, HOUR);
    world.accrue().unwrap();
    assert_eq!(world.insurance().balance, 0, "nobody is open");
    // All that there is is used: U is one, and what comes is nobody's.
    let mut world = venue(0.0, 0.0);
    begun(&mut world);
    wait(&mut world, HOUR);
    world.accrue().unwrap();
    let held = world.insurance();
    assert_eq!(held.premium_used_ppm, 1_000_000);
    assert!(held.balance > 10_000);
    assert_eq!(staking::given(&held), Ok(held.balance));
    // A gift lowers the price at once.
    world.fund_insurance(1_000_000.0);
    wait(&mut world, HOUR);
    world.accrue().unwrap();
    let cheap = world.insurance().premium_total - held.premium_total;
    assert!(cheap * 100 < held.premium_total, "{cheap}");
}

/// A proof of stress just before the charge moves nothing: of two charges the smaller U counts.
#[test]
fn a_proof_just_before_a_charge_raises_no_premium() {
    let mut quiet = venue(1_000_000.0, 0.0);
    begun(&mut quiet);
    wait(&mut quiet, HOUR);
    let mut loud = quiet.fork();
    let proof = Stress {
        margin: [9; 32],
        shortfall: usdc(1_000_000.0),
        at: loud.now().unix,
    };
    let mut held = loud.insurance();
    held.stress[0] = proof;
    let key = address(loud.deployment.insurance);
    loud.vm.overwrite(key, &*held).unwrap();
    quiet.accrue().unwrap();
    loud.accrue().unwrap();
    assert_eq!(loud.insurance().premium_used_ppm, 1_000_000);
    assert_eq!(loud.insurance().balance, quiet.insurance().balance);
}

/// Conserved through thirty days of it, to the last unit, when everybody has closed and left.
#[test]
fn inv_fund_a_month_of_premium_is_paid_by_those_who_were_open() {
    let mut world = venue(1_000.0, 1_000.0);
    begun(&mut world);
    for day in 0..30 {
        wait(&mut world, if day % 3 == 0 { 600 } else { HOUR });
        world.accrue().unwrap();
        if day == 10 {
            world.trade("bob", "alice", SOL_PERP, 400.0, 101.0);
        }
    }
    let market = world.market(SOL_PERP);
    let board = world.board();
    let owed: i64 = ["alice", "bob"]
        .map(|name| {
            let account = world.account(name);
            let leg = account.positions.iter().find(|leg| leg.active != 0);
            ledger::position_due(&board.markets[SOL_PERP], leg.unwrap()).unwrap()
        })
        .iter()
        .sum();
    assert!(
        market.pot - owed >= 0 && market.pot - owed <= 100,
        "{} {owed}",
        market.pot
    );
    world.trade("bob", "alice", SOL_PERP, 600.0, 100.0);
    world.fold().unwrap();
    world.accrue().unwrap();
    let left = world.market(SOL_PERP);
    assert_eq!((left.oi_long, left.quote_sum), (0, 0));
    assert!((0..100).contains(&left.pot), "dust: {}", left.pot);
    let total = world.insurance().premium_total;
    assert!(total > usdc(0.2), "{total}");
}

/// Nothing is charged while time stands still.
#[test]
fn inv_clock_a_pause_costs_no_premium() {
    let mut world = venue(4_000.0, 0.0);
    world.create_guardian(5).unwrap();
    begun(&mut world);
    let before = world.insurance().premium_total;
    let pause = Action::Pause(world.plan.id, 1_800, 0);
    let nonce = world.propose(1, &pause);
    for member in 2..=3 {
        world.approve(member, nonce).unwrap();
    }
    world.execute(nonce).unwrap();
    wait(&mut world, 1_200);
    expect_error(world.accrue(), E::ModeForbids);
    wait(&mut world, 700);
    world.accrue().unwrap();
    let paused = world.insurance().premium_total - before;
    let before = world.insurance().premium_total;
    wait(&mut world, 100);
    world.accrue().unwrap();
    let open = world.insurance().premium_total - before;
    assert!(
        open > 500 && paused.abs_diff(open) <= 4 + open / 20,
        "{paused} {open}"
    );
}
