//! A refresh through a whole Board: which targets move, the rings of open minutes, what stands.

mod oracle;

use bulwark_core::feed::{Accepted, Ignored};
use bulwark_core::params::Class;
use bulwark_core::{Error, Now, refresh, time};
use bulwark_state::{Board, Minute, OpenClock, Wide};
use bytemuck::Zeroable;
use oracle::*;

struct Venue {
    board: Box<Board>,
    clock: OpenClock,
    now: Now,
}

impl Venue {
    /// Feeds 0 and 1; markets 0 and 1 on feed 1, 2 on feed 0; bank 0 quote on feed 0, banks 1 and 2
    /// on feed 1.
    fn new() -> Self {
        let mut board: Box<Board> = Box::new(Board::zeroed());
        (board.feed_count, board.market_count, board.bank_count) = (2, 3, 3);
        for (index, class) in [(0, Class::Stable), (1, Class::Major)] {
            board.feeds[index] = feed_of(class);
        }
        for (index, feed) in [(0, 1), (1, 1), (2, 0)] {
            let market = &mut board.markets[index];
            (market.feed, market.status) = (feed, 1);
            market.margin = targets_of(Class::Major, START - 1, START as u64);
        }
        for (index, feed) in [(0, 0), (1, 1), (2, 1)] {
            let bank = &mut board.banks[index];
            (bank.feed, bank.status) = (feed, 1);
            bank.haircut = targets_of(Class::Large, START - 1, START as u64);
        }
        Self {
            board,
            clock: OpenClock::default(),
            now: Now {
                unix: START,
                slot: 9,
            },
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now.unix += seconds as i64;
        self.now.slot += seconds * 5 / 2;
    }

    fn post(&mut self, feed: u8, price: u64) -> Accepted {
        assert_eq!(
            refresh::begin(&mut self.board, &self.clock, self.now),
            Ok(true)
        );
        let reading = reading(price, price, self.now.unix);
        refresh::feed(&mut self.board, feed, &reading, None, self.now).unwrap()
    }

    fn targets(&self) -> [u64; 6] {
        let (m, b) = (&self.board.markets, &self.board.banks);
        let banks = [b[0].haircut.im, b[1].haircut.im, b[2].haircut.im];
        [
            m[0].margin.im,
            m[1].margin.im,
            m[2].margin.im,
            banks[0],
            banks[1],
            banks[2],
        ]
    }
}

#[test]
fn a_print_moves_what_follows_its_feed_and_nothing_else() {
    let mut venue = Venue::new();
    venue.post(0, P);
    venue.post(1, 60_000 * P);
    let before = venue.targets();
    venue.wait(30);
    assert!(matches!(venue.post(1, 60_850 * P), Accepted::Print(_)));
    let after = venue.targets();
    let moved: Vec<_> = (0..6).filter(|at| after[*at] > before[*at]).collect();
    assert_eq!(moved, [0, 1, 4, 5]);
    assert_eq!(after[0], after[1]);
    assert!(venue.board.markets[2].margin.seen_at < venue.now.unix);
    // Quote has no haircut that its own feed could move.
    assert!(matches!(venue.post(0, P + P / 300), Accepted::Print(_)));
    assert_eq!(venue.targets()[3], before[3]);
    assert!(venue.board.markets[2].margin.seen_at == venue.now.unix);
    assert!(venue.board.banks[0].haircut.seen_at < venue.now.unix);
    // A free slot and a settled market stand still.
    venue.board.markets[1].status = 6;
    venue.board.banks[2].status = 0;
    venue.wait(90);
    assert!(matches!(venue.post(1, 61_700 * P), Accepted::Print(_)));
    let last = venue.targets();
    let moved: Vec<_> = (0..6).filter(|at| last[*at] > after[*at]).collect();
    assert_eq!(moved, [0, 4]);
}

#[test]
fn begin_copies_the_clock_and_refuses_time_backwards() {
    let mut venue = Venue::new();
    venue.clock.closed_sum = 77;
    venue.post(1, P);
    assert_eq!((venue.board.sequence, venue.board.refresh_at), (1, START));
    assert_eq!(
        (venue.board.refresh_slot, venue.board.clock.closed_sum),
        (9, 77)
    );
    venue.clock.closed_sum = 78;
    for now in [
        Now {
            unix: START - 1,
            slot: 10,
        },
        Now {
            unix: START,
            slot: 8,
        },
    ] {
        assert_eq!(
            refresh::begin(&mut venue.board, &venue.clock, now),
            Ok(false)
        );
    }
    assert_eq!(
        (venue.board.sequence, venue.board.clock.closed_sum),
        (1, 77)
    );
    let early = Now {
        unix: START - 1,
        slot: 10,
    };
    let reading = reading(P, P, START - 1);
    let result = refresh::feed(&mut venue.board, 0, &reading, None, early);
    assert_eq!(result, Ok(Accepted::Nothing(Ignored::ClockBackwards)));
}

#[test]
fn locked_boards_and_feeds_that_are_none_are_refused() {
    let mut venue = Venue::new();
    let reading = reading(P, P, START);
    for index in [2, 31, 32, 255] {
        let result = refresh::feed(&mut venue.board, index, &reading, None, venue.now);
        assert_eq!(result, Err(Error::BadIndex));
    }
    venue.board.locked = 1;
    assert_eq!(
        refresh::begin(&mut venue.board, &venue.clock, venue.now),
        Err(Error::BoardLocked)
    );
    let result = refresh::feed(&mut venue.board, 0, &reading, None, venue.now);
    assert_eq!(result, Err(Error::BoardLocked));
}

#[test]
fn open_minutes_keep_price_and_loss_together() {
    let mut venue = Venue::new();
    for minute in 0..40u64 {
        venue.board.markets[0].loss_long = Wide { lo: minute, hi: 1 };
        for second in [0, 30] {
            venue.post(1, P + minute + second);
            venue.wait(30);
        }
    }
    let ring = |venue: &Venue, open: u64| venue.board.markets[0].minutes[(open / 60 % 32) as usize];
    for minute in 8..40u64 {
        let open = START as u64 + minute * 60;
        let expected = Minute {
            open_minute: open / 60 + 1,
            price: P + minute + 30,
            loss_long: Wide { lo: minute, hi: 1 },
            loss_short: Wide::default(),
        };
        assert_eq!(ring(&venue, open), expected, "minute {minute}");
    }
    // A halt of market 0 stops its minutes, not those of market 1.
    let now = venue.now.unix;
    time::close(&mut venue.board.markets[0].clock, now, now + 600);
    venue.wait(300);
    venue.post(1, P);
    let open = now as u64;
    assert_eq!(ring(&venue, open).open_minute, open / 60 + 1);
    let other = venue.board.markets[1].minutes[((open + 300) / 60 % 32) as usize];
    assert_eq!(other.open_minute, (open + 300) / 60 + 1);
}

#[test]
fn congestion_lengthens_the_horizon_of_new_risk() {
    let margin = |gap: u64| {
        let mut venue = Venue::new();
        for _ in 0..600 {
            venue.post(1, P);
            venue.wait(2);
        }
        venue.wait(gap);
        venue.post(1, P + P / 100);
        let margin = venue.board.markets[0].margin;
        (margin.im, margin.mm, venue.board.congestion.factor_e9)
    };
    let (im, mm, factor) = margin(0);
    assert_eq!(factor, E9);
    let (slow_im, slow_mm, slow_factor) = margin(120);
    assert_eq!(slow_factor, 3 * E9);
    // The same return, √3 times the deviation; positions have no part in it.
    assert!(
        slow_im * 100 > im * 170 && slow_im * 100 < im * 174,
        "{im} {slow_im}"
    );
    assert!(mm.abs_diff(slow_mm) < mm / 50, "{mm} {slow_mm}");
}
