//! Funding (D5): what a sample measures, what may not move it, and that what longs pay is what
//! shorts get, less what rounding leaves in the pot.

mod venue;

use bulwark_core::book::Side;
use bulwark_core::funding::{self, Accrued, GAP_MAX, PERIOD};
use bulwark_core::order::OrderRequest;
use bulwark_core::time;
use bulwark_core::{Error, Result, ledger};
use venue::*;

const IMPACT: u64 = 10_000 * USD as u64;

/// Four rich accounts; premium clamp 0.5 %, impact $10,000, orders rest 10 s.
fn world() -> World {
    let mut world = World::new(&[10_000_000; 4]);
    world.market.funding.impact_usd = IMPACT;
    world.market.funding.clamp_ppm = 5_000;
    world.market.funding.rested = 10;
    world
}

/// $20,000 on either side, `bid` and `ask` ticks (a tenth of a dollar) above $100, well rested.
fn quoted(bid: i64, ask: i64) -> World {
    let mut world = world();
    quote(&mut world, bid, ask);
    world.pass(20);
    world
}

fn ticks(above: i64) -> u64 {
    usd(100)
        .checked_add_signed(above * TICK as i64)
        .expect("price")
}

fn quote(world: &mut World, bid: i64, ask: i64) {
    world.rest(0, Side::Bid, ticks(bid), 200 * UNIT);
    world.rest(1, Side::Ask, ticks(ask), 200 * UNIT);
}

/// The next slot, the price published anew.
fn tick(world: &mut World, seconds: i64) {
    world.pass(seconds);
    world.rules.now.slot += 1;
}

fn sample(world: &mut World) -> Result<Accrued> {
    let now = world.rules.now;
    funding::sample(&mut world.board, &mut world.market, &world.book, now)
}

fn premium(world: &World) -> i64 {
    let now = world.rules.now;
    let price = world.board.feeds[0].last.price;
    funding::premium_ppm(&world.book, &world.market.funding, price, now).expect("premium")
}

#[test]
fn premium_is_the_middle_of_the_impact_prices_over_the_oracle() {
    // (bid, ask) in tenths of a dollar around $100, premium in ppm.
    for (bid, ask, wanted) in [
        (-1, 1, 0),
        (1, 3, 2_000),
        (-5, -2, -3_500),
        (30, 40, 5_000),
        (-40, -30, -5_000),
        (4, 6, 5_000),
    ] {
        assert_eq!(premium(&quoted(bid, ask)), wanted, "bid {bid} ask {ask}");
    }
}

#[test]
fn a_side_without_depth_is_no_premium() {
    let mut world = world();
    world.rest(0, Side::Bid, ticks(20), 200 * UNIT);
    // $9,900 of asks: a hundred short of the impact notional.
    world.rest(1, Side::Ask, ticks(30), 96 * UNIT);
    world.pass(20);
    assert_eq!(premium(&world), 0);
    world.rest(1, Side::Ask, ticks(30), 2 * UNIT);
    world.pass(20);
    assert_eq!(premium(&world), 5_000);
}

#[test]
fn impact_is_the_mean_over_the_depth() {
    let mut world = world();
    // 49 units at $101, the other $5,051 at $103: $102.0004 on average.
    world.rest(1, Side::Ask, ticks(10), 49 * UNIT);
    world.rest(1, Side::Ask, ticks(30), 200 * UNIT);
    world.rest(0, Side::Bid, ticks(-19), 200 * UNIT);
    world.pass(20);
    // (98.1 + 102.0004) / 2 / 100 − 1 = 501.98 ppm.
    assert_eq!(premium(&world), 501);
}

#[test]
fn a55_one_lot_at_any_price_paints_nothing() {
    // $1 of $10,000, up to 9 % away: under 5 ppm, where the clamp is 5,000.
    for at in -90..10 {
        let mut world = quoted(-90, 10);
        world.market.funding.clamp_ppm = 100_000;
        let quiet = premium(&world);
        world.rest(2, Side::Bid, ticks(at), LOT);
        world.pass(20);
        assert!((quiet..=quiet + 5).contains(&premium(&world)), "{at}");
    }
}

#[test]
fn a55_orders_count_once_they_have_rested() {
    let mut world = quoted(-6, -2);
    let quiet = premium(&world);
    world.rest(2, Side::Bid, ticks(-4), 200 * UNIT);
    for _ in 0..9 {
        world.pass(1);
        assert_eq!(premium(&world), quiet);
    }
    world.pass(1);
    assert_eq!((quiet, premium(&world)), (-4_000, -3_000));
}

#[test]
fn a55_a_reduce_only_or_expired_order_counts_for_nothing() {
    let mut world = quoted(-1, 1);
    world
        .place(2, &take(Side::Bid, ticks(1), 10 * UNIT))
        .expect("long");
    let closing = OrderRequest {
        reduce_only: true,
        ..limit(Side::Ask, ticks(0), 10 * UNIT)
    };
    world.place(2, &closing).expect("rests");
    let short_lived = OrderRequest {
        expires_at: world.rules.now.unix as u32 + 12,
        ..limit(Side::Bid, ticks(-1), 100 * UNIT)
    };
    world.place(3, &short_lived).expect("rests");
    world.pass(15);
    assert_eq!(premium(&world), 0);
    world.market.funding.impact_usd = 25_000 * USD as u64;
    assert_eq!(premium(&world), 0, "depth of an expired order");
}

#[test]
fn a55_a_slot_that_changed_the_book_is_not_sampled() {
    let mut world = quoted(1, 3);
    world.rules.now.slot += 1;
    assert!(sample(&mut world).is_ok());
    tick(&mut world, 5);
    // Whoever clears the book in this slot can't sample what he has left.
    world.rest(2, Side::Bid, ticks(-50), UNIT);
    assert_eq!(sample(&mut world), Err(Error::BookJustChanged));
    world.rules.now.slot += 1;
    assert!(sample(&mut world).is_ok());
}

#[test]
fn a55_the_price_is_that_of_the_slot_before() {
    let mut world = quoted(-1, 1);
    world.rules.now.slot += 1;
    sample(&mut world).expect("first");
    world.pass(2);
    // Printed in this very slot: the makers could not follow yet.
    world.price(usd(90));
    world.board.feeds[0].previous.slot = world.rules.now.slot - 1;
    assert_eq!(sample(&mut world).map(|done| done.premium_ppm), Ok(0));
    // Two prints of this slot hide the price of the slot before.
    tick(&mut world, 2);
    world.price(usd(90));
    world.price(usd(91));
    assert_eq!(sample(&mut world), Err(Error::BookJustChanged));
}

/// The same premium over the same time is the same funding, whoever samples how often.
#[test]
fn a55_sampling_often_or_rarely_changes_nothing() {
    let mut totals = Vec::new();
    for every in [1, 2, 5, 10, 30, 60] {
        let mut world = quoted(1, 3);
        world.rules.now.slot += 1;
        let start = sample(&mut world).expect("first").before.get();
        for _ in 0..600 / every {
            tick(&mut world, every);
            let done = sample(&mut world).expect("sample");
            assert_eq!((done.counted_ppm, done.seconds), (2_000, every as u64));
        }
        totals.push(world.board.markets[0].funding.get() - start);
    }
    // 0.2 % of $100 for 600 s of 8 h, per 1e-8 unit.
    let whole = (200_000i128 << 64) * 600 / PERIOD as i128 / 100_000_000;
    for total in totals {
        assert!((total - whole).abs() <= 600, "{total} {whole}");
    }
}

/// A premium that stands at one sample alone moves nothing, at either end of its intervals.
#[test]
fn a55_a_peak_at_one_sample_moves_nothing() {
    let mut world = quoted(-1, 1);
    world.rules.now.slot += 1;
    sample(&mut world).expect("first");
    let before = world.board.markets[0].funding;
    for _ in 0..20 {
        // The painter rests both sides far above for ten seconds and is gone after his sample.
        tick(&mut world, 10);
        sample(&mut world).expect("calm");
        let painted = world.rest(2, Side::Bid, ticks(0), 150 * UNIT);
        tick(&mut world, 11);
        world.price(usd(90));
        world.board.feeds[0].previous.price = usd(90);
        let peak = sample(&mut world).expect("peak");
        assert_eq!((peak.premium_ppm, peak.counted_ppm), (5_000, 0));
        let (book, now) = (&mut world.book, world.rules.now);
        let account = &mut world.accounts[2];
        bulwark_core::order::cancel_sequence(book, account, &key(2), 0, painted, now)
            .expect("cancel");
        world.price(usd(100));
        tick(&mut world, 1);
    }
    assert_eq!(world.board.markets[0].funding, before);
}

/// Time without a sample counts as no premium beyond a minute, so nobody gains more than that
/// minute by opening a position just before a sample: less than any fee.
#[test]
fn a55_opening_just_before_a_sample_gains_less_than_the_fee() {
    let mut world = quoted(4, 6);
    world.rules.now.slot += 1;
    sample(&mut world).expect("first");
    tick(&mut world, 8 * 3_600);
    let (taker, before) = (3, 10_000_000 * USD);
    world
        .place(taker, &take(Side::Ask, ticks(4), 100 * UNIT))
        .expect("short");
    tick(&mut world, 1);
    let done = sample(&mut world).expect("sample");
    assert_eq!(done.seconds, GAP_MAX);
    let at = ledger::position_of(&world.accounts[taker], 0).expect("position");
    let leg = &world.accounts[taker].positions[at];
    let gain = ledger::position_due(&world.board.markets[0], leg).expect("due");
    // 0.5 % · 60 / 28,800 of $10,000 = 10.4 cents, against a fee of $5.02.
    assert_eq!(gain, 104_166);
    assert!(before - world.accounts[taker].quote > 5 * USD);
}

/// A long of one unit at $100 under the largest premium pays 50 cents in 8 h, the short gets them.
#[test]
fn longs_pay_shorts_the_premium_over_eight_hours() {
    let mut world = quoted(4, 6);
    world
        .place(2, &take(Side::Bid, ticks(6), UNIT))
        .expect("long of 2, short of 1");
    world.rules.now.slot += 1;
    sample(&mut world).expect("first");
    for _ in 0..PERIOD / 60 {
        tick(&mut world, 60);
        sample(&mut world).expect("sample");
        world.audit();
    }
    let due = |who: usize| {
        let account = &world.accounts[who];
        let at = ledger::position_of(account, 0).expect("position");
        ledger::position_due(&world.board.markets[0], &account.positions[at]).expect("due")
    };
    assert_eq!((due(2), due(1)), (-500_000, 499_999));
    assert_eq!(funding::average_ppm(&world.market.funding), 5_000);
}

#[test]
fn inv_clock_no_funding_in_closed_seconds() {
    let mut world = quoted(4, 6);
    world.rules.now.slot += 1;
    sample(&mut world).expect("first");
    let now = world.rules.now.unix;
    // The market halts for five minutes, the compartment pauses for ten, overlapping.
    time::close(&mut world.board.markets[0].clock, now, now + 300);
    time::close(&mut world.board.clock, now + 100, now + 700);
    tick(&mut world, 650);
    assert_eq!(sample(&mut world), Err(Error::TooEarly));
    tick(&mut world, 70);
    assert_eq!(sample(&mut world).map(|done| done.seconds), Ok(20));
}

#[test]
fn time_backwards_settled_markets_and_bad_prices_move_nothing() {
    let mut world = quoted(4, 6);
    world.rules.now.slot += 1;
    sample(&mut world).expect("first");
    let saved = (world.board.clone(), world.market.clone());
    world.rules.now.unix -= 30;
    world.rules.now.slot += 10;
    assert_eq!(sample(&mut world), Err(Error::TooEarly));
    world.rules.now.unix += 60;
    // Eleven seconds without a print.
    assert_eq!(sample(&mut world), Err(Error::OracleGate));
    tick(&mut world, 5);
    world.board.feeds[0].pending.price = usd(120);
    assert_eq!(sample(&mut world), Err(Error::OracleGate), "a jump waits");
    (world.board, world.market) = saved;
    tick(&mut world, 5);
    world.board.markets[0].status = 6;
    assert_eq!(sample(&mut world), Err(Error::MarketForbids));
}

/// Any history of trades, prices and samples keeps the ledger to the unit and the pot solvent, and
/// no order of samples moves the index faster than the clamp.
#[test]
fn inv_fund_holds_while_funding_moves() {
    for seed in 0..60u64 {
        let mut state = seed;
        let mut dice = move |n: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % n
        };
        let mut world = quoted(-2, 2);
        world.market.funding.rested = 1;
        world.market.funding.impact_usd = 500 * USD as u64;
        let start = world.rules.now.unix;
        for _ in 0..150 {
            let who = dice(4) as usize;
            let side = if dice(2) == 0 { Side::Bid } else { Side::Ask };
            let at = ticks(dice(61) as i64 - 30);
            match dice(4) {
                0 => drop(world.place(who, &limit(side, at, (1 + dice(50)) * UNIT))),
                1 => drop(world.place(who, &take(side, at, (1 + dice(50)) * UNIT))),
                2 => tick(&mut world, dice(90) as i64),
                _ => {
                    world.rules.now.slot += dice(2);
                    let _ = sample(&mut world);
                }
            }
            world.audit();
        }
        let seconds = (world.rules.now.unix - start) as i128;
        let most = (500_000i128 << 64) * seconds / PERIOD as i128 / 100_000_000;
        assert!(world.board.markets[0].funding.get().abs() <= most);
    }
}
