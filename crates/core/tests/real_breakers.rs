//! Breakers over real prices, where they are at hand: quiet in ten calm days, there in a crash, and
//! on time where a stablecoin left its peg.

mod shared_data;

use std::collections::BTreeMap;

use bulwark_core::breaker::{band, depeg};
use bulwark_core::feed::{Accepted, Reading};
use bulwark_core::params::{
    Class, board_market_preset, feed_preset, margin_preset, market_preset, seed_volatility,
};
use bulwark_core::permits::MarketStatus;
use bulwark_core::{Now, refresh, targets, volatility};
use bulwark_state::{Board, Market};
use bytemuck::Zeroable;

/// A price file: its rows, without the header.
fn rows(name: &str) -> Option<Vec<Vec<f64>>> {
    let file = shared_data::shared_data(&format!("prices/{name}"))?;
    let text = std::fs::read_to_string(file).unwrap();
    let row = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect();
    Some(text.lines().skip(1).map(row).collect())
}

fn e8(price: f64) -> u64 {
    (price * 1e8).round() as u64
}

/// A market and quote on one feed of a class.
struct Venue {
    board: Box<Board>,
    now: Now,
    trips: u64,
    /// When a jump waited, five minutes apart: there and back is one.
    jumps: Vec<i64>,
    halts: u64,
}

impl Venue {
    fn new(class: Class) -> Self {
        let mut board: Box<Board> = Box::new(Board::zeroed());
        let mut market: Box<Market> = Box::new(Market::zeroed());
        market_preset(class, &mut market);
        let feed = &mut board.feeds[0];
        (feed.active, feed.params) = (1, feed_preset(class));
        volatility::seed(feed, seed_volatility(class)).unwrap();
        let variance = feed.variance[0];
        let seat = &mut board.markets[0];
        board_market_preset(class, seat);
        (seat.status, seat.margin.params) = (1, margin_preset(class));
        (seat.watch.k, seat.watch.min_ppm) = (market.band.k, market.band.min_ppm);
        targets::start(&mut seat.margin, variance, 0, 0).unwrap();
        board.banks[0].status = 1;
        (board.market_count, board.bank_count, board.feed_count) = (1, 1, 1);
        Self {
            board,
            now: Now { unix: 0, slot: 0 },
            trips: 0,
            jumps: Vec::new(),
            halts: 0,
        }
    }

    /// A price at a unix second. A trip is said at once, so that it can be looked at.
    fn post(&mut self, unix: i64, price: f64) {
        let (price, status) = (e8(price), self.status());
        self.now = Now {
            unix,
            slot: u64::try_from(unix).unwrap() * 5 / 2,
        };
        let reading = Reading {
            price,
            conf: price / 3_000,
            ema: price,
            publish_at: unix,
        };
        let accepted = refresh::feed(&mut self.board, 0, &reading, None, self.now).unwrap();
        let watch = &self.board.markets[0].watch;
        if watch.limit_at == unix {
            self.trips += 1;
            println!(
                "  {unix}: {price} is out of {} ± {}",
                watch.reference, watch.width
            );
        }
        let latest = self.jumps.last();
        if accepted == Accepted::Unconfirmed && latest.is_none_or(|at| unix - at > 300) {
            self.jumps.push(unix);
        }
        self.halts += u64::from(self.status() == MarketStatus::Halted && status != self.status());
    }

    fn status(&self) -> MarketStatus {
        band::status(&self.board.markets[0].watch, self.now)
    }

    /// A bar of a minute: open, its two extremes in either order, each of which stands for `stays`
    /// seconds, close. How long a price really stood there a bar doesn't say.
    fn bar(&mut self, row: &[f64], high_first: bool, stays: i64) {
        let &[at, open, high, low, close, ..] = row else {
            panic!("a bar has five columns");
        };
        let at = at as i64;
        let (first, second) = if high_first { (high, low) } else { (low, high) };
        self.post(at, open);
        for step in 0..2 * stays / 5 {
            let price = if step < stays / 5 { first } else { second };
            self.post(at + 10 + step * 5, price);
        }
        self.post(at + 10 + 2 * stays, close);
    }
}

/// The one trip is ether's on 4 April 2023, 11:07 to 11:08 UTC: from 1,837 to 1,875, 2 % within two
/// minutes. Where a bar's low is read before its high in the shortest time, that is a jump: its
/// print waits for the next. In every other reading it is one of the band, and had the price stood
/// outside for a quarter of a minute it would have halted the market, as in the longest of them.
#[test]
fn calm_data_trip_band_or_jump_once_at_most_in_ten_days() {
    const WICK: i64 = 1_680_606_420;
    for (file, class) in [
        ("btc-2023-04-calm-1m.csv", Class::Major),
        ("eth-2023-04-calm-1m.csv", Class::Major),
        ("sol-2023-04-calm-1m.csv", Class::Large),
    ] {
        let Some(rows) = rows(file) else { return };
        let order = [true, false].into_iter();
        for (high_first, stays) in order.flat_map(|first| [(first, 5), (first, 10), (first, 20)]) {
            let mut venue = Venue::new(class);
            let mut capped = 0;
            for row in &rows {
                venue.bar(row, high_first, stays);
                capped += u32::from(targets::at_cap(&venue.board.markets[0].margin));
            }
            let Venue { trips, jumps, .. } = &venue;
            println!(
                "{file}, extremes of {stays} s: {trips} of the band, {} halts, jumps at {jumps:?}, \
                 {capped} minutes at the cap",
                venue.halts
            );
            assert!(capped == 0, "{file}");
            assert!(
                venue.halts == 0 || stays == 20,
                "{file}: nobody stood outside for 15 s"
            );
            let sum = *trips + jumps.len() as u64;
            assert!(
                sum <= u64::from(file.starts_with("eth")),
                "{file}: {sum} trips"
            );
            assert!(
                jumps.iter().all(|at| (WICK..WICK + 120).contains(at)),
                "{file}"
            );
        }
    }
}

#[test]
fn a_crash_trips_the_band_and_halts_are_bounded() {
    let Some(rows) = rows("btc-2021-05-19-1m.csv") else {
        return;
    };
    let mut venue = Venue::new(Class::Major);
    let mut halted = 0;
    for row in &rows {
        venue.bar(row, false, 10);
        halted += u32::from(venue.status() == MarketStatus::Halted);
    }
    println!(
        "{} trips, {} halts, {halted} minutes",
        venue.trips, venue.halts
    );
    assert!(venue.trips > 1 && venue.halts > 0);
    // Five minutes each and up to one for the print that ends it.
    assert!(u64::from(halted) <= venue.halts * 6);
}

/// Each answer stands until the next, published every twenty seconds as a fast feed would.
#[test]
fn i10_a_real_stablecoin_off_its_peg_restricts_within_ten_minutes_and_not_before() {
    let Some(rows) = rows("usdt-chainlink-2022-05-rounds.csv") else {
        return;
    };
    let mut venue = Venue::new(Class::Stable);
    let (mut closes, mut sights) = (BTreeMap::new(), Vec::new());
    for pair in rows.windows(2) {
        let (from, until, price) = (pair[0][0] as i64, pair[1][0] as i64, pair[0][1]);
        for unix in (from..until).step_by(20) {
            venue.post(unix, price);
            if venue.board.feeds[0].last.publish_at != unix {
                // A step of half a per cent is a jump here: it waits for the next message.
                continue;
            }
            let off = |minute| {
                closes
                    .get(&minute)
                    .is_some_and(|p: &f64| (p - 1.0).abs() > 0.02)
            };
            let ten = (unix / 60 - 10..unix / 60).all(off);
            let seen = venue.board.pegs.quote.at - 3_600 == unix;
            assert_eq!(seen, ten, "{unix}: ten minutes off, each of them");
            let stands = depeg::restricts(&venue.board, venue.now);
            assert!(stands || !seen);
            sights.extend(seen.then_some(unix));
            closes.insert(unix / 60, price);
        }
    }
    let trips = venue.board.pegs.sequence;
    println!(
        "{trips} trips, seen from {:?} to {:?}",
        sights.first(),
        sights.last()
    );
    assert!(trips >= 1);
    assert!(!depeg::restricts(&venue.board, venue.now), "over by itself");
}
