//! Attacks by orders: makers left out, makers without margin, ruinous reductions, a bad order among
//! good ones.

use bulwark::error::BulwarkError;
use bulwark_core::gate::{conditions, initial_bounds};
use bulwark_core::health::{Level, raw_value};
use bulwark_svm::world::{SOL, SOL_PERP, World, ask, base_e8, bid, expect_error, price_e8, usdc};

fn book_of(world: &World) -> (u32, u32) {
    let book = world.book(SOL_PERP);
    (book.bid_count, book.ask_count)
}

#[test]
fn a13_an_omitted_maker_is_never_crossed() {
    let mut world = World::new();
    for name in ["maker", "second", "alice"] {
        world.fund(name, 100_000.0);
    }
    world.place("maker", SOL_PERP, ask(1.0, 100.0).post_only());
    world.place("second", SOL_PERP, ask(1.0, 100.5).post_only());
    let second = world.margin_key("second");
    // The best maker is left out, or all are: nothing fills past him, nothing rests across him.
    for makers in [vec![], vec![second]] {
        world
            .try_place_among("alice", SOL_PERP, bid(2.0, 101.0), &makers)
            .unwrap();
        assert_eq!(book_of(&world), (0, 2), "the remainder was cancelled");
        assert_eq!(world.position("alice", SOL_PERP).base, 0);
        assert_eq!(world.position("second", SOL_PERP).base, 0);
        expect_error(
            world.try_place_among("alice", SOL_PERP, bid(2.0, 101.0).post_only(), &makers),
            BulwarkError::WouldCross,
        );
        expect_error(
            world.try_place_among("alice", SOL_PERP, bid(2.0, 101.0).fill_or_kill(), &makers),
            BulwarkError::NotFilledWhole,
        );
    }
    // A fill before the omitted one stands, and the rest of the order is cancelled.
    let maker = world.margin_key("maker");
    world
        .try_place_among("alice", SOL_PERP, bid(2.0, 101.0), &[maker])
        .unwrap();
    assert_eq!(
        world.position("alice", SOL_PERP).base,
        i64::try_from(base_e8(1.0)).unwrap()
    );
    assert_eq!(book_of(&world), (0, 1));
    // Behind the omitted one it may rest.
    world
        .try_place_among("alice", SOL_PERP, bid(2.0, 100.4), &[])
        .unwrap();
    let book = world.book(SOL_PERP);
    assert_eq!(book_of(&world), (1, 1));
    assert!(book.bids[0].price < book.asks[0].price);
}

#[test]
fn a14_own_maker_without_margin_is_removed_at_the_fill() {
    let mut world = World::new();
    world.fund("sock", 1_000.0);
    world.fund("taker", 100_000.0);
    world.place("sock", SOL_PERP, bid(100.0, 100.0).post_only());
    world.advance(30);
    world.crash(SOL, 92.0);
    // Filled, the sock would be long 10,000 with 200 of equity: $800 lost to his own taker.
    let (sock, taker) = (world.account("sock").quote, world.account("taker").quote);
    world.place("taker", SOL_PERP, ask(100.0, 100.0).ioc());
    assert_eq!(book_of(&world), (0, 0), "the order is gone");
    for name in ["sock", "taker"] {
        assert_eq!(world.position(name, SOL_PERP).base, 0, "{name}");
    }
    assert_eq!(world.account("sock").quote, sock);
    assert_eq!(world.account("taker").quote, taker);
    assert_eq!(world.market(SOL_PERP).oi_long, 0);
    // One who has the margin is filled at the same price.
    world.fund("rich", 10_000.0);
    world.place("rich", SOL_PERP, bid(100.0, 100.0).post_only());
    world.place("taker", SOL_PERP, ask(100.0, 100.0).ioc());
    assert_eq!(world.market(SOL_PERP).oi_long, base_e8(100.0));
}

/// The sock is long 100 SOL from 100 with 1,055 of equity, of which 455 are left at 94.
fn thin_sock() -> World {
    let mut world = World::new();
    world.fund("sock", 1_060.0);
    world.fund("taker", 100_000.0);
    world.trade("sock", "taker", SOL_PERP, 100.0, 100.0);
    world.advance(30);
    world.crash(SOL, 94.0);
    assert!(world.health("sock", Level::Maintenance).surplus().unwrap() >= 0);
    world
}

#[test]
fn a14_a_reduction_at_a_ruinous_price_is_refused_to_the_maker() {
    let mut world = thin_sock();
    let equity = raw_value(&world.board(), &world.account("sock"), world.now()).unwrap();
    world.place("sock", SOL_PERP, ask(100.0, 85.0).reduce_only().post_only());
    // Sold at 85 he would have −445 of quote: the others' loss.
    world.place("taker", SOL_PERP, bid(100.0, 85.0).ioc());
    assert_eq!(book_of(&world), (0, 0), "removed at the fill");
    assert_eq!(world.position("sock", SOL_PERP).base, 10_000_000_000);
    let after = raw_value(&world.board(), &world.account("sock"), world.now()).unwrap();
    assert_eq!(after, equity);
    // At the mark he may reduce.
    world.place("sock", SOL_PERP, ask(50.0, 94.0).reduce_only().post_only());
    world.place("taker", SOL_PERP, bid(50.0, 94.0).ioc());
    assert_eq!(world.position("sock", SOL_PERP).base, 5_000_000_000);
}

#[test]
fn a14_a_reduction_at_a_ruinous_price_is_refused_to_the_taker() {
    let mut world = thin_sock();
    world.place("taker", SOL_PERP, bid(100.0, 85.0).post_only());
    expect_error(
        world.try_place("sock", SOL_PERP, ask(100.0, 85.0).reduce_only().ioc()),
        BulwarkError::BelowInitialMargin,
    );
    assert_eq!(world.position("sock", SOL_PERP).base, 10_000_000_000);
    let value = raw_value(&world.board(), &world.account("sock"), world.now()).unwrap();
    assert!(value > 0);
}

#[test]
fn a57_one_bad_order_hidden_among_good_ones_is_reserved_for() {
    let mut world = World::new();
    let now = world.now();
    let board = world.board();
    let feed = &board.feeds[SOL];
    let down = initial_bounds(feed, &conditions(feed, now)).unwrap().down;
    // Nine bids of 5 SOL at 91 and one at 109: their mean lies below P↓, the one does not.
    let nine = |world: &mut World, name, equity| {
        world.fund(name, equity);
        for _ in 0..9 {
            world.place(name, SOL_PERP, bid(5.0, 91.0).post_only());
        }
    };
    nine(&mut world, "modest", 10_000.0);
    nine(&mut world, "sly", 10_000.0);
    world.place("modest", SOL_PERP, bid(5.0, 91.0).post_only());
    world.place("sly", SOL_PERP, bid(5.0, 109.0).post_only());
    let modest = world.health("modest", Level::Initial).requirement;
    let sly = world.health("sly", Level::Initial).requirement;
    let given = u128::from(price_e8(109.0) - down) * u128::from(base_e8(5.0));
    let loss = given.div_ceil(10_000_000_000);
    assert_eq!(u128::from(sly - modest), loss, "⌈size·(limit − P↓)⌉");
    assert!(
        loss >= u128::from(usdc(45.0)),
        "five coins, nine dollars each: {loss}"
    );
    // Who has the margin for ten at 91 has it not for nine and the bad one.
    nine(&mut world, "poor", modest.midpoint(sly) as f64 / 1e6);
    expect_error(
        world.try_place("poor", SOL_PERP, bid(5.0, 109.0).post_only()),
        BulwarkError::BelowInitialMargin,
    );
    world.place("poor", SOL_PERP, bid(5.0, 91.0).post_only());
}
