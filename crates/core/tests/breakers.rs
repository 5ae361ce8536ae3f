//! Breakers of a market (DESIGN section 6): each trips at its threshold and not before, only
//! tightens, and ends by time alone.

mod desk;
mod fixture;

use bulwark_core::breaker::{self, Breaker, band, depeg, oracle};
use bulwark_core::feed::Reading;
use bulwark_core::params::{Class, feed_preset, market_preset};
use bulwark_core::permits::MarketStatus::{self, *};
use bulwark_core::time::open_seconds_of_market;
use bulwark_core::{Now, refresh, volatility};
use bulwark_state::{Board, End, Feed, Mark, Market, Watch};
use bytemuck::Zeroable;
use desk::Desk;
use fixture::Dice;

const P: u64 = 10_000_000_000;

/// One market on one feed at $100, posted every five seconds for ten minutes.
#[derive(Clone)]
struct World {
    board: Box<Board>,
    market: Box<Market>,
    now: Now,
    /// Seconds from publication to posting.
    late: i64,
}

fn world() -> World {
    let mut board: Box<Board> = Box::new(Board::zeroed());
    board.feeds[0].active = 1;
    board.feeds[0].params = feed_preset(Class::Major);
    // Whether a print must be confirmed isn't what is tested here.
    board.feeds[0].params.jump_floor_e9 = u32::MAX;
    volatility::seed(&mut board.feeds[0], 600_000_000).expect("seed");
    let mut market: Box<Market> = Box::new(Market::zeroed());
    market_preset(Class::Major, &mut market);
    market.status = 1;
    let entry = &mut board.markets[0];
    (entry.margin, entry.status) = (fixture::targets(2), 1);
    (entry.watch.k, entry.watch.min_ppm) = (market.band.k, market.band.min_ppm);
    board.market_count = 1;
    let now = Now {
        unix: 1_700_000_040,
        slot: 1_000,
    };
    let mut world = World {
        board,
        market,
        now,
        late: 0,
    };
    world.run(600, P);
    world
}

impl World {
    fn post(&mut self, price: u64) {
        let reading = Reading {
            price,
            conf: 0,
            ema: price,
            publish_at: self.now.unix - self.late,
        };
        refresh::feed(&mut self.board, 0, &reading, None, self.now).expect("print");
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

    fn band(&self) -> &Watch {
        &self.board.markets[0].watch
    }

    fn limits(&self) -> band::Limits {
        let found = band::limits(&self.board.feeds[0], self.band(), self.now).expect("limits");
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
        (P + P * 305 / 10_000, Limit),
        (P - P * 295 / 10_000, Open),
        (P - P * 305 / 10_000, Limit),
    ] {
        let mut world = world.clone();
        world.wait(5);
        world.post(price);
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

/// The price leaves the band and stays at `price`, posted every five seconds.
fn leave(world: &mut World, price: u64) {
    world.run(5, price);
    assert_eq!(world.status(), Limit);
    world.run(10, price);
    assert_eq!(world.status(), Limit);
    world.wait(5);
    assert_eq!(world.status(), Halted, "and nobody came");
    world.post(price);
}

#[test]
fn a_band_halts_after_fifteen_seconds_and_a60_reopens_on_fresh_prints() {
    let mut world = world();
    let open = world.open();
    world.run(5, P * 96 / 100);
    assert_eq!(world.status(), Limit);
    assert_eq!((world.band().sequence, world.band().reason), (1, 0x401));
    assert_eq!(band::range(world.band()), (P * 98 / 100, P * 102 / 100));
    // A return before the fifteen seconds ends it, and no second is lost.
    world.run(5, P);
    assert_eq!((world.status(), world.band().limit_at), (Open, 0));
    world.wait(400);
    assert_eq!((world.status(), world.open()), (Open, open + 410));
    world.run(300, P);
    let began = world.now.unix + 20;
    let open = world.open() + 20;
    leave(&mut world, P * 96 / 100);
    assert_eq!((world.status(), world.band().sequence), (Halted, 3));
    // Without a print in each of three minutes it stays halted, and the clock stands.
    world.run(120, P * 95 / 100);
    assert_eq!((world.status(), world.open()), (Halted, open));
    world.wait(240);
    assert_eq!((world.status(), world.open()), (Halted, open));
    world.run(60, P * 95 / 100);
    assert_eq!(world.status(), Halted);
    world.run(120, P * 95 / 100);
    assert_eq!(world.status(), Open);
    let halted = world.band().halted_until - began;
    assert!((421..=540).contains(&halted), "{halted}");
    let open_again = u64::try_from(world.now.unix - world.band().halted_until).unwrap();
    assert_eq!(world.open(), open + open_again);
    // Twice as wide for a while: another 3 % is inside.
    world.run(5, P * 92 / 100);
    assert_eq!(world.status(), Open);
    // A second time within the hour: reduce-only for a quarter of an hour, no halt.
    world.run(900, P * 92 / 100);
    let until = world.band().halted_until;
    let trips = world.band().sequence;
    world.run(30, P * 80 / 100);
    assert_eq!(world.status(), Limit);
    assert_eq!(
        (world.band().halted_until, world.band().sequence),
        (until, trips + 2)
    );
    world.run(370, P * 80 / 100);
    assert_eq!(world.status(), ReduceOnly);
    world.run(500, P * 80 / 100);
    assert_eq!(world.status(), ReduceOnly);
    world.run(20, P * 80 / 100);
    assert_eq!(world.status(), Open);
    // An hour later it halts again.
    world.run(3_600, P * 80 / 100);
    leave(&mut world, P * 70 / 100);
}

/// Prints alone are not enough: margins must have been measured by them.
#[test]
fn a60_a_halt_waits_for_prints_that_margins_are_measured_by() {
    let mut world = world();
    leave(&mut world, P * 90 / 100);
    world.run(295, P * 90 / 100);
    assert_eq!(world.status(), Halted);
    let mut measured = world.clone();
    measured.run(10, P * 90 / 100);
    assert_eq!(measured.status(), Open);
    // The same prints, each so late that nothing is measured by it.
    let mut late = self::world();
    leave(&mut late, P * 90 / 100);
    late.late = 50;
    late.run(600, P * 90 / 100);
    assert_eq!(late.status(), Halted);
    late.late = 0;
    late.run(180, P * 90 / 100);
    assert_eq!(late.status(), Open);
}

#[test]
fn a_halt_ends_by_itself_even_if_nobody_comes() {
    let mut world = world();
    leave(&mut world, P * 90 / 100);
    let began = world.band().limit_at + 15;
    let before = world.open();
    world.wait(1_190);
    assert_eq!((world.status(), world.open()), (Halted, before));
    world.wait(15);
    assert_eq!(world.now.unix, began + 1_205);
    assert_eq!(
        (world.status(), world.open()),
        (ReduceOnly, before + 5),
        "the feed is dead"
    );
    // The next price finds neither a halt nor a reference.
    world.post(P * 70 / 100);
    assert_eq!((world.status(), world.band().limit_at), (Open, 0));
}

/// Whatever the prices: nothing here loosens a market, the open clock never goes back, and stands
/// exactly while the band halts.
#[test]
fn breakers_only_tighten() {
    let rank = |status: MarketStatus| {
        [Open, ReduceOnly, Settling, Limit, Halted, Settled]
            .iter()
            .position(|other| *other == status)
    };
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let mut world = world();
        let mut halts = 0;
        for _ in 0..60 {
            let price = world.board.feeds[0].last.price / 100 * dice.range(95, 105) as u64;
            for _ in 0..dice.range(1, 60) {
                let seconds =
                    dice.range(1, 7) + dice.range(0, 1) * i64::from(dice.one_in(30)) * 500;
                let (open, halted) = (world.open(), band::status(world.band(), world.now));
                world.wait(1);
                let passed = world.open() - open;
                assert_eq!(passed, u64::from(halted != Halted), "{seed}");
                world.wait(seconds);
                halts += u32::from(halted == Halted);
                let open = world.open();
                world.post(price);
                assert_eq!(world.open(), open, "a print moves no clock");
                for own in [Open, Limit, Halted, ReduceOnly, Settling, Settled] {
                    world.market.status = own as u8;
                    let status = world.status();
                    assert!(rank(status) >= rank(own), "{own:?} {status:?}");
                }
                world.market.status = 1;
            }
        }
        assert!(seed > 10 || halts > 0, "{seed} has seen no halt");
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
    // What was seen stands for an hour from the last sight, and is one trip.
    let mut board = world.board.clone();
    board.feeds[0].closes = [Mark::default(); 30];
    closes(&mut board.feeds[0], now, &[low; 10]);
    (board.bank_count, board.banks[0].status) = (1, 1);
    assert!(!depeg::restricts(&board, now));
    let later = |seconds: i64| Now {
        unix: now.unix + seconds,
        slot: now.slot + 2 * seconds.unsigned_abs(),
    };
    for seen in [0, 20] {
        depeg::watch(&mut board, 0, later(seen)).unwrap();
        assert!(depeg::restricts(&board, later(seen + 3_599)));
        assert!(!depeg::restricts(&board, later(seen + 3_600)));
    }
    assert_eq!((board.pegs.sequence, board.pegs.reason), (1, 0x409));
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
