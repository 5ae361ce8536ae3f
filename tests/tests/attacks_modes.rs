//! Attacks by modes: a mode must not stop liquidation (a02), grace must not be farmed (a28), time
//! must not pass for those who can't act (a29).

use bulwark::error::BulwarkError as E;
use bulwark_core::guardian::Action;
use bulwark_core::health::Level;
use bulwark_core::mode::Mode;
use bulwark_core::{targets, time};
use bulwark_svm::vm::address;
use bulwark_svm::world::{
    Outcome, SOL, SOL_PERP, USDC, World, ask, base_e8, bid, expect_error, scaled, usdc,
};

/// Alice is long 100 SOL at $100 on $1,000, bob 10 on $10,000; a guardian of five.
fn venue() -> World {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("maker", 1_000_000.0);
    world.fund("liquidator", 100_000.0);
    world.fund_insurance(50_000.0);
    world.fund("carol", 10_000.0);
    world.fund("alice", 1_000.0);
    world.fund("bob", 10_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.trade("bob", "maker", SOL_PERP, 10.0, 100.0);
    world.advance(30);
    world.refresh_all();
    world
}

fn pause(world: &mut World, seconds: u32) {
    let nonce = world.queue(3, &Action::Pause(0, seconds, 1));
    world.execute(nonce).unwrap();
    assert_eq!(world.mode(), Mode::Paused);
}

/// The price goes there and counts.
fn to(world: &mut World, price: f64) {
    world.advance(2);
    world.crash(SOL, price);
    world.advance(16);
    world.refresh_all();
}

/// The liquidator takes what he may of alice's leg.
fn take(world: &mut World) -> Outcome {
    world.take_over("liquidator", "alice", SOL_PERP, base_e8(100.0))
}

fn moved(world: &World) -> u64 {
    base_e8(100.0) - world.position("alice", SOL_PERP).base.unsigned_abs()
}

#[test]
fn a02_restricted_lets_liquidate_and_close_and_opens_nothing() {
    let mut world = venue();
    world.restrict(1, 3_600).unwrap();
    assert_eq!(world.mode(), Mode::Restricted);
    let open = world.market(SOL_PERP).oi_long;
    // Two who both open don't find each other.
    world.place("maker", SOL_PERP, ask(1.0, 100.0).post_only());
    let opens = world.try_place("bob", SOL_PERP, bid(1.0, 100.0).fill_or_kill());
    expect_error(opens, E::NotFilledWhole);
    world
        .cancel("maker", SOL_PERP, bulwark::instructions::Which::All)
        .unwrap();
    assert_eq!(world.market(SOL_PERP).oi_long, open);
    to(&mut world, 92.0);
    // A position changes hands: 25 % of a leg in one slot, and nothing is opened by it.
    take(&mut world).unwrap();
    assert_eq!(moved(&world), base_e8(25.0));
    assert_eq!(world.market(SOL_PERP).oi_long, open);
    // Bob gets out at the mark: carol takes his place.
    world.place("carol", SOL_PERP, bid(10.0, 92.0).post_only());
    world.place(
        "bob",
        SOL_PERP,
        ask(10.0, 92.0).reduce_only().fill_or_kill(),
    );
    assert_eq!(world.position("bob", SOL_PERP).base, 0);
    assert_eq!(world.position("carol", SOL_PERP).base, 1_000_000_000);
    assert_eq!(world.market(SOL_PERP).oi_long, open);
}

#[test]
fn a02_paused_liquidates_at_four_fifths_of_the_requirement_and_winds_up() {
    let mut world = venue();
    pause(&mut world, 3_600);
    // Below maintenance, above 0.8 of it: nobody may take the position.
    to(&mut world, 93.4);
    let health = world.health("alice", Level::Maintenance);
    let softened = i64::try_from(health.requirement / 5 * 4).unwrap();
    assert!(
        health.surplus().unwrap() < 0 && health.value > softened,
        "{health:?}"
    );
    expect_error(take(&mut world), E::NotLiquidatable);
    world.advance(20);
    to(&mut world, 92.0);
    world.advance(20);
    world.refresh_all();
    take(&mut world).unwrap();
    assert_eq!(moved(&world), base_e8(25.0));
    // Bankrupt, she is wound up whole, paused or not.
    world.advance(20);
    to(&mut world, 88.0);
    world.advance(3);
    world.refresh_all();
    assert_eq!(world.mode(), Mode::Paused);
    world.wind_up("liquidator", "alice", 1_000_000).unwrap();
    assert_eq!(moved(&world), base_e8(100.0));
    // Matching alone is closed, and leaving isn't.
    expect_error(
        world.try_place("bob", SOL_PERP, ask(1.0, 88.0)),
        E::ModeForbids,
    );
    let (paid, queued) = world.withdraw("carol", USDC, usdc(1_000.0));
    assert_eq!(paid + queued, usdc(1_000.0));
}

#[test]
fn a28_grace_is_one_window_of_a_quarter_of_an_hour_above_the_critical_level() {
    // Healthy at the last print before the pause, below maintenance after it.
    let mut world = venue();
    world.trade("alice", "maker", SOL_PERP, 50.0, 100.0);
    pause(&mut world, 600);
    world.advance(601);
    assert_eq!(world.mode(), Mode::Normal);
    to(&mut world, 95.8);
    let health = world.health("alice", Level::Maintenance);
    assert!(health.surplus().unwrap() < 0);
    world.flag("alice").unwrap();
    expect_error(take(&mut world), E::GraceHolds);
    // A gap inside grace: below the critical level nothing waits.
    let mut deep = world.fork();
    to(&mut deep, 94.2);
    take(&mut deep).unwrap();
    // A restriction afterwards buys no more of it, nor does a second pause move its end back.
    world.restrict(1, 3_600).unwrap();
    // She was judged by the margins of now, which walk: a crash ends her grace early, after 11 min.
    let (from, until) = (world.now().unix, world.compartment().grace_until);
    while world.now().unix < from + 600 {
        world.advance(60);
        world.refresh_all();
        expect_error(take(&mut world), E::GraceHolds);
    }
    assert!(world.now().unix < until - 60);
    // At its end it ends for everybody.
    let left = until - world.now().unix;
    world.advance(left);
    world.refresh_all();
    take(&mut world).unwrap();
    let lasted = world.compartment().grace_until - world.compartment().grace_from;
    assert_eq!(lasted, 900);
}

#[test]
fn a28_no_grace_for_who_was_liquidatable_before_nor_after_a_restriction() {
    let mut world = venue();
    to(&mut world, 92.6);
    world.restrict(1, 60).unwrap();
    world.advance(61);
    world.refresh_all();
    assert_eq!(world.mode(), Mode::Normal);
    // After Restricted there is none at all.
    assert_eq!(world.compartment().grace_until, 0);
    let mut restricted = world.fork();
    take(&mut restricted).unwrap();
    // She is liquidatable at the last print before the pause: none after it either.
    pause(&mut world, 600);
    world.advance(601);
    world.refresh_all();
    assert!(world.now().unix < world.compartment().grace_until);
    take(&mut world).unwrap();
}

#[test]
fn a29_ramps_funding_and_interest_stand_still_while_nobody_can_act() {
    let mut world = venue();
    // A debtor (she has SOL and owes her fee) at a rate from the first dollar on, a premium in the
    // book, a margin that walks.
    world.deposit("debtor", SOL, scaled(100.0, 9));
    world.trade("debtor", "maker", SOL_PERP, 10.0, 100.0);
    assert!(world.account("debtor").quote < 0);
    let mut bank = world.bank(USDC);
    bank.totals.rate_low_ppm = bank.totals.rate_kink_ppm;
    let key = address(world.deployment.banks[USDC].bank);
    world.vm.overwrite(key, &*bank).unwrap();
    world.accrue().unwrap();
    to(&mut world, 97.0);
    to(&mut world, 101.0);
    for _ in 0..6 {
        world.advance(60);
        world.refresh_all();
    }
    world.place("maker", SOL_PERP, bid(2_000.0, 101.3).post_only());
    world.place("maker", SOL_PERP, ask(2_000.0, 101.4).post_only());
    world.advance(20);
    world.refresh_all();
    world.advance(1);
    world.sample_funding(SOL_PERP).unwrap();
    world.accrue().unwrap();
    // Whom nothing happens to.
    let (mut twin, sampled) = (world.fork(), open_of(&world));
    let walked = |world: &World| {
        let open = time::open_seconds(&world.board().clock, world.now().unix);
        targets::maintenance(&world.board().markets[SOL_PERP].margin, open)
    };
    pause(&mut world, 7_200);
    world.refresh_all();
    let (margin, open) = (walked(&world), open_of(&world));
    let required = world.health_view("alice").maintenance_requirement;
    let target = world.board().markets[SOL_PERP].margin.mm;
    assert!(margin < target, "A = {margin} is on its way to {target}");
    let funding = world.board().markets[SOL_PERP].funding;
    let debt = world.board().debt_index;
    for _ in 0..12 {
        world.advance(599);
        world.refresh_all();
        expect_error(world.accrue(), E::ModeForbids);
        assert!(world.sample_funding(SOL_PERP).is_err());
    }
    assert_eq!(world.mode(), Mode::Paused);
    assert_eq!(
        (walked(&world), open_of(&world)),
        (margin, open),
        "two hours of it"
    );
    assert_eq!(world.board().markets[SOL_PERP].funding, funding);
    assert_eq!(world.board().debt_index, debt);
    let now = world.health_view("alice").maintenance_requirement;
    assert_eq!(now, required, "by the program's own word");
    // Afterwards it goes on where it stood: at most what the open seconds since give.
    world.advance(13);
    world.refresh_all();
    assert_eq!(world.mode(), Mode::Normal);
    let since = open_of(&world) - open;
    assert!(since <= 13, "{since} open seconds");
    let most = (target - margin).div_ceil(1_800) * 14;
    assert!(
        walked(&world) - margin <= most,
        "{} of {most}",
        walked(&world) - margin
    );
    // Interest and funding charge the open seconds since they were last taken, and not one of the
    // pause: what they charge is, to the last bit, what a venue charges that wasn't paused.
    let since = open_of(&world) - sampled;
    assert!(since <= 60, "{since} open seconds of more than two hours");
    twin.advance(since.cast_signed());
    twin.refresh_all();
    for world in [&mut world, &mut twin] {
        // The price of a slot is that of the slot before.
        world.advance(1);
        world.accrue().unwrap();
        world.sample_funding(SOL_PERP).unwrap();
    }
    let charged = |world: &World| {
        let board = world.board();
        (board.debt_index, board.markets[SOL_PERP].funding)
    };
    assert_eq!(charged(&world), charged(&twin));
    assert_ne!(charged(&world).0, debt, "interest is charged again");
    assert_ne!(charged(&world).1, funding, "funding is charged again");
    let most = (u128::from(bank.totals.rate_low_ppm) * u128::from(since + 1) << 64) / YEAR_PPM;
    let rise = charged(&world).0.get() - debt.get();
    assert!(rise <= most && rise >= most / 2, "{rise} of {most}");
}

/// Seconds of a year, times one in ppm.
const YEAR_PPM: u128 = 31_536_000_000_000;

fn open_of(world: &World) -> u64 {
    time::open_seconds(&world.board().clock, world.now().unix)
}
