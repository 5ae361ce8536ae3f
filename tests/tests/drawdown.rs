//! The drawdown breaker on the bytecode: real bankruptcies draw on insurance and on the gaining
//! side; a check latches, time alone ends it.

use bulwark::error::BulwarkError;
use bulwark_client::Items;
use bulwark_core::breaker::drawdown::{self, HOLDS, Level};
use bulwark_core::health;
use bulwark_core::mode::Mode;
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, ask, bid, expect_error, usdc};

const REASON: u16 = 0x406;
const HOLD: i64 = HOLDS.cast_signed();

/// Three longs of `coins` SOL on a fifteenth, and somebody to wind them up.
fn venue(coins: f64, insurance: f64) -> World {
    let mut world = World::new();
    for name in ["maker", "liquidator", "bystander"] {
        world.fund(name, 1_000_000.0);
    }
    world.fund_insurance(insurance);
    for name in ["ada", "bea", "cleo"] {
        world.fund(name, coins * 100.0 / 15.0);
        world.trade(name, "maker", SOL_PERP, coins, 100.0);
    }
    world.accrue().unwrap();
    world.advance(60);
    world.refresh_all();
    world.advance(70);
    world
}

fn wind_up(world: &mut World, name: &'static str) {
    world.advance(3);
    world.refresh_all();
    world.wind_up("liquidator", name, 1_000_000).unwrap();
    world.check(&Items::default()).unwrap();
}

/// Whether dora is below her requirement, or below four fifths of it.
fn below(world: &World, softened: bool) -> bool {
    let (board, dora) = (world.board(), world.account("dora"));
    let health = health::eligibility(&board, &dora, world.now(), softened).unwrap();
    health.surplus().unwrap() < 0
}

fn level(world: &World) -> Level {
    drawdown::level(&world.insurance(), world.now()).unwrap()
}

/// Whether somebody can open a position now.
fn opens(world: &mut World) -> bool {
    world.refresh_all();
    let price = world.prices[SOL] as f64 / 1e8;
    world.place("maker", SOL_PERP, ask(1.0, price).post_only());
    let before = world.position("bystander", SOL_PERP).base;
    world.place("bystander", SOL_PERP, bid(1.0, price).ioc());
    let opened = world.position("bystander", SOL_PERP).base != before;
    let _ = world.cancel("maker", SOL_PERP, bulwark::instructions::Which::All);
    opened
}

#[test]
fn a_quarter_of_insurance_closes_new_risk_and_a_half_restricts() {
    let mut world = venue(200.0, 1_000.0);
    world.crash(SOL, 92.0);
    wind_up(&mut world, "ada");
    let lost = world.insurance().drawdown.amount;
    assert!((usdc(250.0)..usdc(500.0)).contains(&lost), "{lost}");
    assert_eq!(level(&world), Level::NoNewRisk);
    assert_eq!(world.mode(), Mode::Normal);
    world.advance(5);
    assert!(!opens(&mut world));
    // Who closes, or takes what another closes, still may; and everyone may leave.
    world.place(
        "liquidator",
        SOL_PERP,
        ask(10.0, 92.0).post_only().reduce_only(),
    );
    world.place("bystander", SOL_PERP, bid(10.0, 92.0).ioc());
    assert_eq!(world.position("bystander", SOL_PERP).base, 1_000_000_000);
    let (paid, _) = world.withdraw("maker", USDC, usdc(100.0));
    assert_eq!(paid, usdc(100.0));
    // A look that finds the same changes nothing.
    let sequence = world.protocol().event_sequence;
    world.check(&Items::default()).unwrap();
    assert_eq!(world.protocol().event_sequence, sequence);
    wind_up(&mut world, "bea");
    assert_eq!(level(&world), Level::Restricted);
    assert_eq!(world.mode(), Mode::Restricted);
    assert_eq!(world.compartment().mode.restricted_reason, REASON);
    assert_eq!(world.compartment().mode.paused.at, 0);
    // It ends by itself; nobody has to come.
    world.advance(HOLD - 60);
    assert_eq!(world.mode(), Mode::Restricted);
    world.advance(61);
    assert_eq!(world.mode(), Mode::Normal);
    // Whoever looks while more than half still counts renews it; after a day nothing does.
    world.advance(24 * 3_600);
    world.check(&Items::default()).unwrap();
    assert_eq!((level(&world), world.mode()), (Level::Calm, Mode::Normal));
    assert!(opens(&mut world));
}

#[test]
fn a31_paused_costs_all_of_insurance_and_softens_a_fifth_above_the_critical_level() {
    let mut world = venue(1_500.0, 1_000.0);
    world.fund("dora", 12_000.0);
    world.refresh_all();
    world.trade("dora", "maker", SOL_PERP, 1_000.0, 100.0);
    let before = world.insurance().balance;
    world.advance(70);
    world.crash(SOL, 92.0);
    wind_up(&mut world, "ada");
    assert_eq!(level(&world), Level::Paused);
    assert_eq!(world.mode(), Mode::Paused);
    let insurance = world.insurance();
    let lost = insurance.drawn_total + insurance.socialised_total;
    assert!(lost >= before, "{lost} of {before}");
    // 6 h of automation's budget, no more; a second look adds nothing.
    let paused = world.compartment().mode.paused;
    assert_eq!(paused.at, world.now().unix + HOLD);
    world.check(&Items::default()).unwrap();
    assert_eq!(world.compartment().mode.paused, paused);
    let refused = world.try_place("bystander", SOL_PERP, bid(1.0, 92.0));
    expect_error(refused, BulwarkError::ModeForbids);
    // The bankrupt are wound up all the same.
    world.advance(3);
    world.refresh_all();
    world.wind_up("liquidator", "bea", 1_000_000).unwrap();
    // Dora falls below her requirement, not below four fifths of it: spared now.
    let mut price = 92.0;
    while !below(&world, false) {
        price -= 0.1;
        world.advance(3);
        world.crash(SOL, price);
    }
    assert!(!below(&world, true), "spared at {price}");
    expect_error(world.flag("dora"), BulwarkError::NotLiquidatable);
    // No lower than that: 3 % further down she is taken over while the pause runs.
    world.advance(60);
    world.crash(SOL, 0.97 * price);
    world.advance(11);
    world.refresh_all();
    assert_eq!(world.mode(), Mode::Paused);
    world.flag("dora").unwrap();
    world
        .take_over("liquidator", "dora", SOL_PERP, u64::MAX)
        .unwrap();
    world.advance(HOLD);
    assert_eq!(world.mode(), Mode::Normal);
}
