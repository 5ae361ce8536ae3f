//! Trading limits (D4): how they follow margins and congestion, how fast at most, and what of the
//! rules of orders depends on them.

mod fixture;
mod venue;

use bulwark_core::book::Side;
use bulwark_core::matching::{Caps, Ended, LEAST_E9, caps};
use bulwark_core::order::{Kind, OrderRequest};
use bulwark_core::targets::{self, Measure};
use bulwark_core::{Error, Now};
use bulwark_state::{Board, End, Lowered, Market};
use bytemuck::Zeroable;
use fixture::{Dice, PERCENT};
use venue::*;

const NOW: Now = Now {
    unix: 1_000_000,
    slot: 5_000,
};

fn market() -> (Box<Board>, Box<Market>) {
    let (mut board, mut market) = (Box::new(Board::zeroed()), Box::new(Market::zeroed()));
    board.markets[0].margin = fixture::targets(2);
    (market.oi_cap, market.slot_notional_cap) = (1_000_000, 2_000_000);
    market.leverage_cap = 30_000;
    (board, market)
}

fn all(caps: Caps) -> [u64; 3] {
    [caps.open_interest, caps.slot_notional, caps.leverage]
}

#[test]
fn limits_shrink_with_margins_and_congestion_to_a_fifth_at_least() {
    let (mut board, market) = market();
    for (percent, factor, wanted) in [
        (2, 1_000, [1_000_000, 2_000_000, 30_000]),
        (4, 1_000, [500_000, 1_000_000, 15_000]),
        (4, 2_000, [500_000, 500_000, 15_000]),
        (8, 1_000, [250_000, 500_000, 7_500]),
        (30, 3_000, [200_000, 400_000, 6_000]),
        (2, 9_000, [1_000_000, 666_666, 30_000]),
        (1, 0, [1_000_000, 2_000_000, 30_000]),
    ] {
        board.markets[0].margin.im = percent * PERCENT;
        board.congestion.factor_e9 = factor * 1_000_000;
        let found = all(caps(&board, &market, NOW).expect("caps"));
        assert_eq!(found, wanted, "{percent} % at g = {factor}");
    }
}

#[test]
fn what_is_closed_stays_closed_and_a_guardian_only_lowers() {
    let (mut board, mut market) = market();
    board.markets[0].margin.im = 4 * PERCENT;
    let lowered = |value| Lowered {
        value,
        until: End {
            at: NOW.unix + 1,
            slot: NOW.slot + 1,
        },
        ..Lowered::default()
    };
    (market.lowered_oi, market.lowered_leverage) = (lowered(600_000), lowered(1_000));
    market.slot_notional_cap = 0;
    let found = all(caps(&board, &market, NOW).expect("caps"));
    assert_eq!(found, [500_000, 0, 1_000]);
}

/// No order of updates, in whatever rhythm and with whatever prices, lets a limit grow faster than
/// the time constant of loosening, or the applied margin rise faster than a cap a ramp; and a limit
/// that must fall falls at once.
#[test]
fn no_order_of_updates_moves_a_limit_faster_than_stated() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let (mut board, market) = market();
        let params = &mut board.markets[0].margin.params;
        (params.k, params.horizon, params.calm) = (9_000, 600, 600 + dice.below(6_000) as u32);
        (params.loosen_tau, params.gap_w) = (9_000 + dice.below(60_000) as u32, 1_500);
        let (tau, ramp) = (f64::from(params.loosen_tau), u64::from(params.ramp));
        let cap = u64::from(params.cap_e9);
        let mut at = NOW.unix;
        for _ in 0..200 {
            let before = all(caps(&board, &market, NOW).expect("caps"));
            let margin = &mut board.markets[0].margin;
            let most = if dice.one_in(4) { 20_000 } else { 120 };
            let seconds = dice.below(most);
            at += seconds as i64 - i64::from(dice.one_in(9)) * 500;
            let bits = dice.below(47);
            let wild = dice.below(1 << bits);
            let measure = Measure {
                variance: [wild, wild / 2, dice.below(1 << 34)],
                gap: dice.below(60_000_000),
                at,
                minutes: [u64::MAX; 2],
            };
            let (seen, open) = (margin.seen_at, at.unsigned_abs());
            let applied = targets::maintenance(margin, open);
            let g = 1_000_000_000 * (1 + dice.below(3));
            targets::update(margin, &measure, g, open).expect("update");
            assert!(targets::maintenance(margin, open) <= applied);
            let later = open + dice.below(4_000);
            let risen = targets::maintenance(margin, later).saturating_sub(applied);
            assert!(risen <= cap * (later - open) / ramp + 1, "A rises too fast");
            let passed = (at - seen).max(0) as f64;
            let most = if seen == 0 { 1.0 } else { 1.0 + passed / tau };
            let after = all(caps(&board, &market, NOW).expect("caps"));
            for (before, after) in before.into_iter().zip(after) {
                let limit = (before as f64 + 1.0) * most;
                assert!(
                    after as f64 <= limit + 1.0,
                    "{before} to {after} in {passed} s"
                );
            }
        }
        let least = 1_000_000 * LEAST_E9 / 1_000_000_000;
        assert!(caps(&board, &market, NOW).expect("caps").open_interest >= least);
    }
}

fn wide(world: &mut World, percent: u64) {
    world.board.markets[0].margin.im = percent * PERCENT;
}

#[test]
fn leverage_open_interest_and_new_notional_bind_at_the_shrunken_limit() {
    // 5 % is the floor: 10 % initial and caps as set; at 10 % half of them.
    let sized = |percent: u64, size: u64, change: fn(&mut World)| {
        let mut world = World::new(&[100_000_000, 1_000_000]);
        wide(&mut world, percent);
        change(&mut world);
        world.rest(0, Side::Ask, usd(100), size * UNIT);
        let done = world.place(1, &take(Side::Bid, usd(100), size * UNIT));
        done.map(|()| (world.report.base / UNIT, world.report.ended))
    };
    let leverage = |world: &mut World| world.market.leverage_cap = 2_000;
    assert_eq!(sized(5, 19_000, leverage), Ok((19_000, Ended::Filled)));
    assert_eq!(sized(10, 19_000, leverage), Err(Error::BelowInitialMargin));
    assert_eq!(sized(10, 9_900, leverage), Ok((9_900, Ended::Filled)));
    let interest = |world: &mut World| world.market.oi_cap = 1_000 * UNIT;
    assert_eq!(sized(5, 1_500, interest), Ok((1_000, Ended::InterestCap)));
    assert_eq!(sized(10, 1_500, interest), Ok((500, Ended::InterestCap)));
    let notional = |world: &mut World| world.market.slot_notional_cap = 10_000_000_000;
    assert_eq!(sized(5, 150, notional), Ok((100, Ended::SlotCap)));
    assert_eq!(sized(10, 150, notional), Ok((50, Ended::SlotCap)));
    let crowded = |world: &mut World| {
        world.market.slot_notional_cap = 10_000_000_000;
        world.board.congestion.factor_e9 = 2_000_000_000;
    };
    assert_eq!(sized(5, 150, crowded), Ok((50, Ended::SlotCap)));
}

#[test]
fn i09_at_the_cap_and_after_a_cascade_only_what_raises_no_open_interest_fills() {
    let stops: [fn(&mut World); 2] = [
        |world| wide(world, 60),
        |world| world.market.cascade_until = world.rules.now.unix + 1,
    ];
    for stop in stops {
        let mut world = World::new(&[10_000_000; 3]);
        world.rest(0, Side::Ask, usd(100), 10 * UNIT);
        world
            .place(1, &take(Side::Bid, usd(100), 10 * UNIT))
            .expect("opens");
        stop(&mut world);
        world.rest(0, Side::Ask, usd(100), 10 * UNIT);
        world
            .place(2, &take(Side::Bid, usd(100), 10 * UNIT))
            .expect("nothing");
        assert_eq!(
            (world.report.base, world.report.ended),
            (0, Ended::InterestClosed)
        );
        // Who holds a position finds somebody who takes it over.
        world.rest(2, Side::Bid, usd(99), 10 * UNIT);
        world
            .place(1, &take(Side::Ask, usd(99), 10 * UNIT))
            .expect("transfer");
        assert_eq!((world.base(1), world.base(2)), (0, 10 * UNIT as i64));
    }
}

fn slide(side: Side, price: u64, size: u64) -> OrderRequest {
    OrderRequest {
        kind: Kind::PostOnlySlide,
        ..limit(side, price, size)
    }
}

#[test]
fn a_sliding_post_only_order_rests_one_tick_behind_what_it_met() {
    let mut world = World::new(&[1_000_000; 3]);
    world.rest(0, Side::Ask, usd(101), UNIT);
    world.rest(0, Side::Bid, usd(99), UNIT);
    world
        .place(1, &slide(Side::Bid, usd(105), UNIT))
        .expect("slides");
    assert_eq!(world.report.posted.expect("rests").price, usd(101) - TICK);
    world
        .place(1, &slide(Side::Ask, usd(90), UNIT))
        .expect("slides");
    // Onto its own bid there: it doesn't fill itself.
    assert_eq!(world.report.posted.expect("rests").price, usd(101));
    world
        .place(2, &slide(Side::Ask, usd(90), UNIT))
        .expect("slides");
    assert_eq!(world.report.posted.expect("rests").price, usd(101));
    assert_eq!(world.report.base, 0);
    world
        .place(2, &slide(Side::Bid, usd(98), UNIT))
        .expect("rests where it wants");
    assert_eq!(world.report.posted.expect("rests").price, usd(98));
}

#[test]
fn a_sliding_order_passes_what_is_void_and_stops_at_what_may_not_rest() {
    let mut world = World::new(&[1_000_000; 3]);
    let short_lived = OrderRequest {
        expires_at: world.rules.now.unix as u32 + 5,
        ..limit(Side::Ask, usd(95), UNIT)
    };
    world.place(0, &short_lived).expect("rests");
    world.rest(0, Side::Ask, usd(101), UNIT);
    world.pass(10);
    world
        .place(1, &slide(Side::Bid, usd(105), UNIT))
        .expect("slides");
    assert_eq!(world.report.posted.expect("rests").price, usd(101) - TICK);
    assert_eq!(world.report.removed().len(), 1);
    // The oracle has fallen below a bid: sliding off it would leave the permitted distance.
    world.market.distance_ppm = 30_000;
    world.rest(0, Side::Bid, usd(100), UNIT);
    world.price(usd(96));
    world.error(2, &slide(Side::Ask, usd(96), UNIT), Error::TooFarFromOracle);
}

#[test]
fn a56_resting_orders_are_bounded_by_equity() {
    let mut poor = World::new(&[19, 1_000_000]);
    poor.market.min_notional = 5 * USD as u64;
    for at in 0..3 {
        poor.rest(0, Side::Bid, usd(60) - at * TICK, UNIT / 10);
    }
    poor.error(
        0,
        &limit(Side::Bid, usd(60), UNIT / 10),
        Error::OrdersBeyondEquity,
    );
    poor.deposit(0, USD);
    poor.rest(0, Side::Bid, usd(60), UNIT / 10);
    assert_eq!(poor.accounts[0].positions[0].orders, 4);
}
