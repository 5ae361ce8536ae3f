//! Attacks by many orders and by trading with oneself, on the bytecode.

use bulwark::error::BulwarkError as E;
use bulwark::instructions::{OrderKind, Which};
use bulwark_core::health::{Level, raw_value};
use bulwark_core::matching;
use bulwark_state::{BOOK_SIDE, MAX_ORDERS_PER_MARKET};
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{
    BTC_PERP, SOL_PERP, World, ask, base_e8, bid, expect_error, price_e8, standard_plan, usdc,
};
use solana_signer::Signer;

/// A name that lives as long as the test.
fn named(kind: &str, number: usize) -> &'static str {
    Box::leak(format!("{kind} {number}").into_boxed_str())
}

/// Smallest notional that rests, whole USD.
fn least(world: &World) -> f64 {
    world.market(SOL_PERP).min_notional as f64 / 1e6
}

#[test]
fn a56_forty_one_lot_orders_cost_ten_dollars_each_and_ever_more() {
    let mut world = World::new();
    world.fund("alice", 100_000.0);
    world.audited = false;
    let least = least(&world);
    assert_eq!(least, 10.0);
    // One lot of 0.01 SOL is a dollar: none of the forty rests.
    for _ in 0..40 {
        let lot = world.try_place("alice", SOL_PERP, bid(0.01, 100.0).post_only());
        expect_error(lot, E::BelowMinimumNotional);
    }
    // Each four that rest raise the least by itself: 10, 20, 30, 40 dollars; sixteen are the end.
    let mut resting = 0.0;
    for number in 0..MAX_ORDERS_PER_MARKET {
        let size = least * (1 + number / 4) as f64 / 100.0;
        if number >= 4 {
            let small = world.try_place("alice", SOL_PERP, bid(size - 0.01, 100.0).post_only());
            expect_error(small, E::BelowMinimumNotional);
        }
        world.place("alice", SOL_PERP, bid(size, 100.0).post_only());
        resting += size * 100.0;
    }
    assert_eq!(resting, 400.0, "dollars that stand for sixteen orders");
    let more = world.try_place("alice", SOL_PERP, bid(10.0, 100.0).post_only());
    expect_error(more, E::TooManyOrders);
    // No further than a tenth from the oracle on the side where nobody trades.
    let far = world.try_place("alice", BTC_PERP, bid(0.1, 44_900.0).post_only());
    expect_error(far, E::TooFarFromOracle);
    world.place("alice", BTC_PERP, bid(0.1, 45_100.0).post_only());
    world.audit();
}

#[test]
fn a56_a_resting_order_takes_ten_dollars_of_equity() {
    let mut world = World::new();
    world.fund("poor", 39.0);
    for _ in 0..3 {
        world.place("poor", SOL_PERP, bid(0.1, 100.0).post_only());
    }
    let fourth = world.try_place("poor", SOL_PERP, bid(0.1, 100.0).post_only());
    expect_error(fourth, E::OrdersBeyondEquity);
}

#[test]
fn a56_a_full_side_is_held_by_the_better_orders() {
    let mut world = World::new();
    world.audited = false;
    // 32 makers with sixteen orders each fill one side of 512; the first has the worst prices.
    let makers = BOOK_SIDE / MAX_ORDERS_PER_MARKET;
    for number in 0..makers {
        let name = named("spammer", number);
        world.fund(name, 10_000.0);
        for _ in 0..MAX_ORDERS_PER_MARKET {
            let price = 91.0 + number as f64 / 10.0;
            world.place(name, SOL_PERP, bid(0.5, price).post_only());
        }
    }
    assert_eq!(world.book(SOL_PERP).bid_count as usize, BOOK_SIDE);
    world.fund("alice", 10_000.0);
    // As bad as the worst: the side is full. Better: the newest of the worst goes.
    let worst = world.try_place("alice", SOL_PERP, bid(1.0, 91.0).post_only());
    expect_error(worst, E::BookFull);
    world.place("alice", SOL_PERP, bid(1.0, 99.0).post_only());
    let book = world.book(SOL_PERP);
    assert_eq!(book.bid_count as usize, BOOK_SIDE);
    let at = |price: f64| {
        let bids = book.bids.iter().take(BOOK_SIDE);
        bids.filter(|order| order.price == price_e8(price)).count()
    };
    assert_eq!((at(91.0), at(91.1), at(99.0)), (15, 16, 1));
    // It keeps out nobody who bids better: the first fill is alice's.
    world.fund("taker", 10_000.0);
    world.place("taker", SOL_PERP, ask(1.0, 91.0).fill_or_kill());
    assert_eq!(world.position("alice", SOL_PERP).base, 100_000_000);
    world.audit();
}

#[test]
fn a58_one_owner_never_trades_with_himself_nor_by_a_delegate() {
    let mut world = World::new();
    world.fund("alice", 10_000.0);
    world.another_account("alice", "alice again", 1);
    world.fund("alice again", 10_000.0);
    world.fund("maker", 10_000.0);
    let raw = |world: &World, name: &str| {
        raw_value(&world.board(), &world.account(name), world.now()).unwrap()
    };
    let before = (raw(&world, "alice"), raw(&world, "alice again"));
    // Across her two accounts, and within one: the older order goes, and nothing is filled.
    world.place("alice", SOL_PERP, ask(1.0, 100.0).post_only());
    world.place("alice again", SOL_PERP, ask(1.0, 100.1).post_only());
    world.place("maker", SOL_PERP, ask(1.0, 100.2).post_only());
    world.place("alice again", SOL_PERP, bid(1.0, 100.1).ioc());
    let book = world.book(SOL_PERP);
    assert_eq!(
        (book.bid_count, book.ask_count),
        (0, 1),
        "both of hers are gone"
    );
    for name in ["alice", "alice again", "maker"] {
        assert_eq!(world.position(name, SOL_PERP).base, 0, "{name}");
    }
    assert_eq!(
        (raw(&world, "alice"), raw(&world, "alice again")),
        before,
        "no fee, no volume"
    );
    // Her delegate is she: his order against her other account fills nothing either.
    let (delegate, until) = (world.wallet("bob"), world.now().unix + 60);
    let named = pubkey(delegate.pubkey());
    world.set_delegate("alice", named, until).unwrap();
    world.place("alice again", SOL_PERP, bid(1.0, 100.0).post_only());
    let (margin, maker) = (world.margin_key("alice"), world.margin_key("alice again"));
    let sell = ask(1.0, 100.0).fill_or_kill().0;
    let ours = world.deployment.clone();
    let place = ours.place_order(named, margin, SOL_PERP, sell, &[maker]);
    expect_error(world.send(&[place], &[&delegate]), E::NotFilledWhole);
    assert_eq!(world.market(SOL_PERP).oi_long, 0);
}

/// What a delegate can move to an account of his own, each way, by trading at the band's edge.
#[test]
fn a58_a_delegate_loses_his_owner_the_width_of_the_band_at_most() {
    let mut world = World::new();
    world.fund("alice", 100_000.0);
    world.fund("bob", 100_000.0);
    let delegate = world.wallet("bob");
    let named = pubkey(delegate.pubkey());
    world.set_delegate("alice", named, i64::MAX).unwrap();
    let margin = world.margin_key("alice");
    let ours = world.deployment.clone();
    let half_width = f64::from(world.market(SOL_PERP).band.min_ppm) / 1e6;
    let mut given = 0.0;
    for step in 0..40 {
        let price = 100.0 - f64::from(step) / 4.0;
        world.place("bob", SOL_PERP, bid(10.0, price).post_only());
        let sell = ask(10.0, price).fill_or_kill().0;
        let maker = world.margin_key("bob");
        let place = ours.place_order(named, margin, SOL_PERP, sell, &[maker]);
        if world.send(&[place], &[&delegate]).is_err() {
            break;
        }
        given = (100.0 - price) / 100.0;
    }
    assert!(
        given > 0.0 && given <= half_width,
        "{given} of {half_width}"
    );
    // Nor by letting an order rest out there, alone or in another's place, and taking it himself.
    let edge = (
        price_e8(100.0 * (1.0 - half_width)),
        price_e8(100.0 * (1.0 + half_width)),
    );
    let near = ours.place_order(named, margin, SOL_PERP, ask(1.0, 99.0).numbered(5).0, &[]);
    world.send(&[near], &[&delegate]).unwrap();
    for (mut order, edge, away) in [(ask(10.0, 97.0), edge.0, -1), (bid(10.0, 103.0), edge.1, 1)] {
        let tick = i64::try_from(world.market(SOL_PERP).tick).unwrap();
        for kind in [
            OrderKind::Limit,
            OrderKind::PostOnly,
            OrderKind::PostOnlySlide,
        ] {
            (order.0.kind, order.0.price) = (kind, edge.strict_add_signed(away * tick));
            let place = ours.place_order(named, margin, SOL_PERP, order.0, &[]);
            expect_error(world.send(&[place], &[&delegate]), E::TooFarFromOracle);
            let other = (Which::Client(5), order.0);
            let replace = ours.replace_order(named, margin, SOL_PERP, other, &[]);
            expect_error(world.send(&[replace], &[&delegate]), E::TooFarFromOracle);
        }
    }
    // Where an order asks more than the band, it gives nothing away.
    let dear = ours.place_order(named, margin, SOL_PERP, ask(1.0, 108.0).post_only().0, &[]);
    world.send(&[dear], &[&delegate]).unwrap();
}

#[test]
fn a44_ten_accounts_save_the_add_on_and_no_cap() {
    // A depth of $100,000 for one position, and an open interest of 5,000 SOL while it is calm.
    let mut plan = standard_plan();
    plan.markets[SOL_PERP].parameters.oi_cap = base_e8(5_000.0);
    let mut world = World::with(plan);
    world.audited = false;
    world.rewrite_board(|board| board.markets[SOL_PERP].depth_usd = usdc(100_000.0));
    world.fund("maker", 1_000_000.0);
    world.fund("whale", 200_000.0);
    let now = world.now();
    let cap = matching::caps(&world.board(), &world.market(SOL_PERP), now).unwrap();
    // Four fifths of what margins leave of the cap, in hundreds.
    let large = (cap.open_interest as f64 / 1e8 * 0.8 / 100.0).ceil() * 100.0;
    world.trade("whale", "maker", SOL_PERP, large, 100.0);
    assert_eq!(
        world.position("whale", SOL_PERP).base.unsigned_abs(),
        base_e8(large)
    );
    let maintenance = |world: &mut World, name| world.health_view(name).maintenance_requirement;
    let whole = maintenance(&mut world, "whale");
    // 1.5 % for each further multiple of the depth of 1,000 SOL.
    let plain = maintenance_of_plain(&world, large);
    let add_on = large * 100.0 * 0.015 * (large / 1_000.0 - 1.0);
    assert_eq!(whole - plain, usdc(add_on), "the add-on of one account");
    // Concentration of 5 % is asked of new risk, and of nobody who holds.
    let levels = [Level::Initial, Level::LiquidationEnd, Level::Maintenance];
    let required = |world: &World| levels.map(|level| world.health("whale", level).requirement);
    let before = required(&world);
    world.rewrite_board(|board| board.markets[SOL_PERP].concentration_e9 = 50_000_000);
    let after = required(&world);
    assert_eq!(after[0] - before[0], usdc(large * 100.0 * 0.05));
    assert_eq!(after[2], before[2], "maintenance");
    assert_eq!(maintenance(&mut world, "whale"), whole);
    world.rewrite_board(|board| board.markets[SOL_PERP].concentration_e9 = 0);
    // Ten accounts share what is left of the cap: they pay no add-on, and reach no further.
    let left = (cap.open_interest - base_e8(large)) as f64 / 1e8;
    let each = (left / 10.0).floor();
    assert!(each > 50.0 && large >= 4.0 * 10.0 * each);
    let mut split = 0;
    for number in 0..10 {
        let name = named("part", number);
        world.fund(name, 50_000.0);
        world.trade(name, "maker", SOL_PERP, each, 100.0);
        split += maintenance(&mut world, name);
    }
    assert!(
        split.abs_diff(maintenance_of_plain(&world, 10.0 * each)) <= 10,
        "{split}"
    );
    assert_eq!(world.market(SOL_PERP).oi_long, base_e8(large + 10.0 * each));
    world.fund("eleventh", 20_000.0);
    world.place("maker", SOL_PERP, ask(11.0, 100.0).post_only());
    let over = world.try_place("eleventh", SOL_PERP, bid(11.0, 100.0).fill_or_kill());
    expect_error(over, E::NotFilledWhole);
    // The whale closes four fifths of the market: nobody else's maintenance moves by a unit.
    world.cancel("maker", SOL_PERP, Which::All).unwrap();
    let before = maintenance(&mut world, "part 0");
    world.place(
        "maker",
        SOL_PERP,
        bid(large, 100.0).post_only().reduce_only(),
    );
    world.place("whale", SOL_PERP, ask(large, 100.0).reduce_only().ioc());
    assert_eq!(world.market(SOL_PERP).oi_long, base_e8(10.0 * each));
    assert_eq!(maintenance(&mut world, "part 0"), before);
    world.audit();
}

/// Maintenance of `size` SOL at $100 without an add-on, UsdE6.
fn maintenance_of_plain(world: &World, size: f64) -> u64 {
    let board = world.board();
    let open = bulwark_core::time::open_seconds(&board.clock, world.now().unix);
    let ratio = bulwark_core::targets::maintenance(&board.markets[SOL_PERP].margin, open);
    usdc(size * 100.0) / 1_000_000 * ratio.div_ceil(1_000)
}
