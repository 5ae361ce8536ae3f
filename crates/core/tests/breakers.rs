//! Breakers of a market (DESIGN section 6): each trips at its threshold and not before, only
//! tightens, and ends by time alone.

mod desk;
mod fixture;

use bulwark_core::breaker::{self, Breaker, band, depeg, oracle};
use bulwark_core::feed::{self, Reading};
use bulwark_core::params::{Class, feed_preset, market_preset};
use bulwark_core::permits::MarketStatus::{self, *};
use bulwark_core::time::open_seconds_of_market;
use bulwark_core::{Now, volatility};
use bulwark_state::{Board, End, Feed, Mark, Market};
use bytemuck::Zeroable;
use desk::Desk;
use fixture::{Dice, targets};

const P: u64 = 10_000_000_000;

/// One market on one feed at $100, posted every five seconds for ten minutes.
struct World {
    board: Box<Board>,
    market: Box<Market>,
    now: Now,
}

fn world() -> World {
    let mut board: Box<Board> = Box::new(Board::zeroed());
    board.feeds[0].active = 1;
    board.feeds[0].params = feed_preset(Class::Major);
    // Whether a print must be confirmed isn't what is tested here.
    board.feeds[0].params.jump_floor_e9 = u32::MAX;
    volatility::seed(&mut board.feeds[0], 600_000_000).expect("seed");
    (board.markets[0].margin, board.markets[0].status) = (targets(2), 1);
    let mut market: Box<Market> = Box::new(Market::zeroed());
    market_preset(Class::Major, &mut market);
    market.status = 1;
    let now = Now {
        unix: 1_700_000_040,
        slot: 1_000,
    };
    let mut world = World { board, market, now };
    world.run(600, P);
    world
}

impl World {
    fn post(&mut self, price: u64) {
        let reading = Reading {
            price,
            conf: 0,
            ema: price,
            publish_at: self.now.unix,
        };
        let World { board, now, .. } = self;
        let clock = board.clock;
        feed::accept(&mut board.feeds[0], &reading, None, *now, &clock).expect("print");
    }

    fn wait(&mut self, seconds: i64) {
        self.now.unix += seconds;
        self.now.slot += seconds.unsigned_abs() * 2;
    }

    /// Time passes with a print every five seconds.
    fn run(&mut self, seconds: i64, price: u64) {
        for _ in 0..seconds / 5 {
            self.wait(5);
            self.post(price);
        }
    }

    fn status(&self) -> MarketStatus {
        breaker::status(&self.board, &self.market, self.now).expect("status")
    }

    fn watch(&mut self) -> MarketStatus {
        band::watch(&mut self.board, &mut self.market, self.now).expect("watch")
    }

    fn limits(&self) -> band::Limits {
        let found = band::limits(&self.board.feeds[0], &self.market, self.now).expect("limits");
        found.expect("a reference")
    }

    fn open(&self) -> u64 {
        open_seconds_of_market(
            &self.board.clock,
            &self.board.markets[0].clock,
            self.now.unix,
        )
    }
}

#[test]
fn the_band_is_the_wider_of_its_floor_and_volatility() {
    let mut world = world();
    // 60 % a year: 8 · 0.6·√(300/31,536,000) = 1.48 %, below the floor of 2 %.
    assert_eq!(
        (world.limits().reference, world.limits().width),
        (P, P / 50)
    );
    world.board.feeds[0].variance = [volatility::seed_variance(1_200_000_000).expect("seed"); 3];
    let width = world.limits().width * 10_000 / P;
    assert_eq!(width, 296, "2.96 % at 120 % a year");
    for (price, wanted) in [
        (P, Open),
        (P + P * 295 / 10_000, Open),
        (P + P * 298 / 10_000, Limit),
        (P - P * 295 / 10_000, Open),
        (P - P * 298 / 10_000, Limit),
    ] {
        world.board.feeds[0].last.price = price;
        assert_eq!(world.status(), wanted, "{price}");
    }
}

#[test]
fn a_gap_is_no_move() {
    let mut world = world();
    world.wait(420);
    world.post(P * 2);
    assert_eq!(world.status(), Open);
}

#[test]
fn a_band_halts_after_fifteen_seconds_and_a60_reopens_on_fresh_prints() {
    let mut world = world();
    world.wait(5);
    world.post(P * 96 / 100);
    assert_eq!(world.watch(), Limit);
    assert_eq!(
        (world.market.band.sequence, world.market.band.reason),
        (1, 0x401)
    );
    // A return before the fifteen seconds ends it.
    world.wait(5);
    world.post(P);
    assert_eq!((world.watch(), world.market.band.limit_at), (Open, 0));
    world.wait(5);
    world.post(P * 96 / 100);
    assert_eq!(world.watch(), Limit);
    world.run(10, P * 96 / 100);
    assert_eq!(world.watch(), Limit);
    world.run(5, P * 96 / 100);
    assert_eq!((world.watch(), world.market.band.sequence), (Halted, 3));
    let (open, until) = (world.open(), world.market.band.halted_until);
    assert_eq!(until, world.now.unix + 300);
    // Without a print in each of three minutes it stays halted; the clock stands for the halt.
    world.run(120, P * 95 / 100);
    assert_eq!((world.watch(), world.open()), (Halted, open));
    world.wait(240);
    assert_eq!((world.watch(), world.open()), (Halted, open + 60));
    world.run(60, P * 95 / 100);
    assert_eq!(world.watch(), Halted);
    world.run(120, P * 95 / 100);
    assert_eq!(world.watch(), Open);
    // Twice as wide for a while: another 3 % is inside.
    world.run(5, P * 92 / 100);
    assert_eq!(world.watch(), Open);
    // A second time within the hour: reduce-only for a quarter of an hour, no halt.
    world.run(900, P * 92 / 100);
    for _ in 0..6 {
        world.run(5, P * 80 / 100);
        world.watch();
    }
    assert_eq!(
        (world.market.band.halted_until, world.market.band.trips),
        (until, 2)
    );
    world.run(400, P * 80 / 100);
    assert_eq!(world.watch(), ReduceOnly);
    world.run(900, P * 80 / 100);
    assert_eq!(world.watch(), Open);
    // An hour later it halts again.
    world.run(3_600, P * 80 / 100);
    for _ in 0..6 {
        world.run(5, P * 70 / 100);
        world.watch();
    }
    assert_eq!((world.status(), world.market.band.trips), (Halted, 1));
}

#[test]
fn a_halt_ends_by_itself_even_if_nobody_looks() {
    let mut world = world();
    for _ in 0..5 {
        world.run(5, P * 90 / 100);
        world.watch();
    }
    assert_eq!(world.status(), Halted);
    world.run(301, P * 90 / 100);
    assert_eq!(world.status(), Open);
    // And without any print after the quarter of an hour, when the feed is dead anyway.
    let mut silent = world;
    silent.market.band.halted_until = silent.now.unix;
    silent.wait(880);
    assert_eq!(silent.status(), Halted);
    silent.wait(20);
    assert_eq!(silent.status(), ReduceOnly);
}

/// Watching more or less often changes no halt, and nothing here ever loosens a market.
#[test]
fn breakers_only_tighten() {
    let rank = |status: MarketStatus| {
        [Open, ReduceOnly, Settling, Limit, Halted, Settled]
            .iter()
            .position(|other| *other == status)
    };
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let mut world = world();
        for _ in 0..60 {
            let price = world.board.feeds[0].last.price;
            world.run(
                dice.range(1, 12) * 5,
                price / 100 * dice.range(95, 105) as u64,
            );
            world.wait(dice.range(0, 2) * dice.range(0, 400));
            if dice.one_in(2) {
                world.watch();
            }
            for own in [Open, Limit, Halted, ReduceOnly, Settling, Settled] {
                world.market.status = own as u8;
                let status = world.status();
                assert!(rank(status) >= rank(own), "{own:?} {status:?}");
            }
            world.market.status = 1;
            let halted = world.market.band.halted_until;
            world.watch();
            if halted > world.now.unix {
                assert_eq!(world.market.band.halted_until, halted);
            }
        }
    }
}

#[test]
fn a_dead_feed_is_reduce_only_then_halted() {
    let mut world = world();
    for (age, wanted) in [
        (0, Open),
        (600, Open),
        (601, ReduceOnly),
        (2_400, ReduceOnly),
        (2_401, Halted),
    ] {
        let now = Now {
            unix: world.now.unix + age,
            slot: world.now.slot,
        };
        assert_eq!(oracle::status(&world.board.feeds[0], now), wanted, "{age}");
        assert_eq!(
            breaker::status(&world.board, &world.market, now),
            Ok(wanted)
        );
    }
    let feed = &mut world.board.feeds[0];
    feed.second.kind = 1;
    feed.second_last = feed.last;
    feed.second_last.price = P * 106 / 100;
    assert_eq!(world.status(), ReduceOnly);
    world.board.feeds[0].second_last.price = P * 104 / 100;
    assert_eq!(world.status(), Open);
}

#[test]
fn a_target_at_its_cap_and_a_guardian_close_new_risk() {
    let mut world = world();
    let margin = &mut world.board.markets[0].margin;
    margin.im = u64::from(margin.params.cap_e9);
    assert_eq!(world.status(), ReduceOnly, "i09");
    world.board.markets[0].margin.im -= 1;
    assert_eq!(world.status(), Open);
    let (at, slot) = (world.now.unix + 10, world.now.slot + 1_000);
    world.market.closed_until = End { at, slot };
    assert_eq!(world.status(), ReduceOnly);
    world.wait(10);
    assert_eq!(world.status(), Open);
}

#[test]
fn a_cascade_keeps_new_risk_out_for_a_window() {
    let mut desk = Desk::new(&[100], &[]);
    desk.opens(&[10_000_000, 700, 10_000_000]);
    desk.trade(1, 2, 0, 100 * desk::UNIT, desk::usd(100));
    // A tenth of open interest a window.
    desk.markets[0].cascade.cap_ppm = 100_000;
    desk.price(0, desk::usd(96));
    assert!(breaker::takes_new_risk(&desk.board, &desk.markets[0], desk.around.now).unwrap());
    desk.take_over(1, 0, 0, 5 * desk::UNIT)
        .expect("half of the bucket");
    let free = |desk: &Desk| {
        breaker::takes_new_risk(&desk.board, &desk.markets[0], desk.around.now).unwrap()
    };
    assert!(free(&desk));
    desk.take_over(1, 0, 0, 6 * desk::UNIT).expect("the rest");
    assert!(!free(&desk));
    let band = desk.markets[0].band;
    assert_eq!(
        (band.sequence, band.reason),
        (1, u32::from(Breaker::Cascade.reason()))
    );
    // More of it moves the end, and is the same trip.
    desk.wait(100);
    desk.take_over(1, 0, 0, 20 * desk::UNIT).expect("more");
    assert_eq!(desk.markets[0].band.sequence, 1);
    desk.wait(299);
    assert!(!free(&desk));
    desk.wait(1);
    assert!(free(&desk));
}

fn closes(feed: &mut Feed, now: Now, prices: &[u64]) {
    for (back, price) in prices.iter().enumerate() {
        let at = (now.unix / 60 - 1 - back as i64) * 60 + 30;
        let mark = Mark { price: *price, at };
        feed.closes[(at / 60) as usize % 30] = mark;
    }
}

#[test]
fn i10_a_quote_off_its_peg_for_ten_minutes_restricts() {
    let world = world();
    let (now, one) = (world.now, 100_000_000u64);
    let off = |prices: &[u64]| {
        let mut board = world.board.clone();
        board.feeds[0].closes = [Mark::default(); 30];
        closes(&mut board.feeds[0], now, prices);
        depeg::quote_off_peg(&board, now).expect("quote has a feed")
    };
    let low = one * 979 / 1_000;
    assert!(off(&[low; 10]));
    assert!(off(&[one * 1_021 / 1_000; 10]));
    assert!(!off(&[one * 98 / 100; 10]), "at the threshold");
    for at in 0..10 {
        let mut prices = [low; 10];
        prices[at] = one;
        assert!(!off(&prices), "back on its peg {at} minutes ago");
        prices[at] = 0;
        assert!(off(&prices), "one minute without a print");
    }
    assert!(off(&[low; 8]));
    assert!(!off(&[low; 7]), "too few minutes");
    assert!(!off(&[]), "a dead feed proves nothing");
    assert_eq!(depeg::restriction().reason, 0x409);
}

#[test]
fn a_bridged_token_is_held_against_its_native() {
    let mut world = world();
    let now = world.now;
    let prices: Vec<u64> = (0..10).map(|minute| P + minute * P / 50).collect();
    let less: Vec<u64> = prices.iter().map(|price| price * 97 / 100).collect();
    let near: Vec<u64> = prices.iter().map(|price| price * 99 / 100).collect();
    world.board.feeds[1] = world.board.feeds[0];
    let [bridged, native, ..] = &mut world.board.feeds;
    closes(native, now, &prices);
    closes(bridged, now, &near);
    assert!(!depeg::off_native(bridged, native, now));
    closes(bridged, now, &less);
    assert!(depeg::off_native(bridged, native, now));
    native.closes = [Mark::default(); 30];
    assert!(
        !depeg::off_native(bridged, native, now),
        "nothing to compare with"
    );
}
