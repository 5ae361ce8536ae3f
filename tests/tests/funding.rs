//! Funding on the bytecode: longs pay shorts while the book stands above the oracle; who samples
//! when has no say; and the rules of orders that came with it.

use bulwark::error::BulwarkError;
use bulwark_core::ledger::position_due;
use bulwark_svm::world::{SOL, SOL_PERP, World, ask, base_e8, bid, expect_error, price_e8, usdc};

/// Makers with $20,000 a side around `middle`, and whoever else needs money.
fn quoted(middle: f64) -> World {
    let mut world = World::new();
    for name in ["maker", "second", "alice", "bob"] {
        world.fund(name, 500_000.0);
    }
    world.place("maker", SOL_PERP, bid(200.0, middle - 0.1).post_only());
    world.place("second", SOL_PERP, ask(200.0, middle + 0.1).post_only());
    later(&mut world, 20);
    world
}

/// Time passes, and prices are published in a slot of their own.
fn later(world: &mut World, seconds: i64) {
    world.advance(seconds);
    world.refresh_all();
    world.advance(1);
}

fn index(world: &World) -> i128 {
    world.board().markets[SOL_PERP].funding.get()
}

fn due(world: &World, name: &'static str) -> i64 {
    let board = world.board();
    position_due(&board.markets[SOL_PERP], &world.position(name, SOL_PERP)).unwrap()
}

#[test]
fn longs_pay_shorts_while_the_book_stands_above_the_oracle() {
    // Mid of $100.3 over $100: 0.3 % in eight hours.
    let mut world = quoted(100.3);
    world.place("alice", SOL_PERP, bid(10.0, 100.4).ioc());
    later(&mut world, 20);
    world.sample_funding(SOL_PERP).unwrap();
    let start = index(&world);
    for _ in 0..10 {
        later(&mut world, 59);
        world.sample_funding(SOL_PERP).unwrap();
    }
    // 600 s at 0.3 % of $100 in 28,800 s: 6.25 cents ten times for ten coins.
    assert!(index(&world) > start);
    assert_eq!(
        (due(&world, "alice"), due(&world, "second")),
        (-62_500, 62_499)
    );
    let before = world.account("alice").quote;
    let leg = world.position("alice", SOL_PERP).quote;
    world.place("alice", SOL_PERP, ask(10.0, 100.2).ioc());
    // The closed leg took its funding with it: what was paid, $100.4, and got, $100.2, and that.
    let fees = usdc(100.2 * 10.0) * 500 / 1_000_000;
    let change = world.account("alice").quote - before;
    let wanted = leg - 62_500 + i64::try_from(usdc(1_002.0) - fees).unwrap();
    assert_eq!(change, wanted);
}

#[test]
fn a55_a_book_of_this_slot_is_not_sampled_on_the_bytecode() {
    let mut world = quoted(100.3);
    world.sample_funding(SOL_PERP).unwrap();
    expect_error(world.sample_funding(SOL_PERP), BulwarkError::TooEarly);
    later(&mut world, 30);
    // Whoever changes the book must wait for the next slot, and his order for ten seconds.
    world.place("bob", SOL_PERP, bid(300.0, 100.39).post_only());
    expect_error(
        world.sample_funding(SOL_PERP),
        BulwarkError::BookJustChanged,
    );
    world.advance(1);
    world.sample_funding(SOL_PERP).unwrap();
    assert_eq!(world.market(SOL_PERP).funding.premium_ppm, 3_000);
    later(&mut world, 10);
    world.sample_funding(SOL_PERP).unwrap();
    assert_eq!(world.market(SOL_PERP).funding.premium_ppm, 3_950);
}

#[test]
fn a55_one_lot_moves_no_funding_on_the_bytecode() {
    let mut world = quoted(100.0);
    world.place("bob", SOL_PERP, bid(0.2, 100.09).post_only());
    later(&mut world, 30);
    world.sample_funding(SOL_PERP).unwrap();
    later(&mut world, 60);
    world.sample_funding(SOL_PERP).unwrap();
    // $20 of $10,000 a tenth of a percent away.
    assert!(world.market(SOL_PERP).funding.premium_ppm <= 2);
}

#[test]
fn a55_an_old_price_samples_nothing() {
    let mut world = quoted(100.3);
    world.sample_funding(SOL_PERP).unwrap();
    world.advance(60);
    expect_error(world.sample_funding(SOL_PERP), BulwarkError::OracleGate);
    let before = index(&world);
    later(&mut world, 3_600);
    world.sample_funding(SOL_PERP).unwrap();
    // An hour without a sample counts for one minute of it.
    let most = (300_000i128 << 64) * 60 / 28_800 / 100_000_000;
    assert!(index(&world) - before <= most + 1);
}

#[test]
fn i09_a_cascade_takes_no_new_risk_on_the_bytecode() {
    let mut world = World::new();
    for (name, money) in [
        ("maker", 500_000.0),
        ("victim", 1_400.0),
        ("alice", 500_000.0),
    ] {
        world.fund(name, money);
    }
    world.trade("victim", "maker", SOL_PERP, 150.0, 100.0);
    world.advance(30);
    world.crash(SOL, 93.0);
    world
        .take_over("alice", "victim", SOL_PERP, u64::MAX)
        .unwrap();
    assert!(world.market(SOL_PERP).cascade_until > world.now().unix);
    world.place("maker", SOL_PERP, ask(10.0, 93.0).post_only());
    let open = world.market(SOL_PERP).oi_long;
    world.try_place("alice", SOL_PERP, bid(10.0, 93.0)).unwrap();
    assert_eq!(world.market(SOL_PERP).oi_long, open, "no new risk");
    for _ in 0..6 {
        world.advance(60);
        world.refresh_all();
    }
    world.place("maker", SOL_PERP, ask(10.0, 93.0).post_only());
    world.place("alice", SOL_PERP, bid(10.0, 93.0).ioc());
    assert!(world.market(SOL_PERP).oi_long > open);
}

#[test]
fn a_sliding_order_rests_one_tick_behind_on_the_bytecode() {
    let mut world = quoted(100.0);
    world.place("alice", SOL_PERP, bid(1.0, 105.0).slides());
    let book = world.book(SOL_PERP);
    let best = book.bids[book.bid_count as usize - 1];
    let tick = world.market(SOL_PERP).tick;
    assert_eq!(best.price, price_e8(100.1) - tick);
    assert_eq!(best.size, base_e8(1.0));
}
