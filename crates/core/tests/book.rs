//! The book against a plain sorted list, thousands of random steps, INV-BOOK after each.

use bulwark_core::Error;
use bulwark_core::book::{self, Side};
use bulwark_state::{BOOK_SIDE, Book, Order};
use bytemuck::Zeroable;
use proptest::prelude::*;

/// What the book must hold: `(price, sequence, size)` of each side, best first.
#[derive(Default)]
struct Model {
    bids: Vec<(u64, u64, u64)>,
    asks: Vec<(u64, u64, u64)>,
    next: u64,
}

impl Model {
    fn side(&mut self, side: Side) -> &mut Vec<(u64, u64, u64)> {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }

    fn insert(&mut self, side: Side, price: u64, size: u64) -> Result<Option<u64>, Error> {
        let sequence = self.next;
        let list = self.side(side);
        let mut evicted = None;
        if list.len() == BOOK_SIDE {
            let worst = *list.last().expect("full");
            let better = if side == Side::Bid {
                price > worst.0
            } else {
                price < worst.0
            };
            if !better {
                return Err(Error::BookFull);
            }
            evicted = list.pop().map(|order| order.1);
        }
        list.push((price, sequence, size));
        match side {
            Side::Bid => list.sort_by_key(|&(price, sequence, _)| (u64::MAX - price, sequence)),
            Side::Ask => list.sort_by_key(|&(price, sequence, _)| (price, sequence)),
        }
        self.next += 1;
        Ok(evicted)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert { bid: bool, price: u64, size: u64 },
    Remove { bid: bool, pick: usize },
    Reduce { bid: bool, pick: usize, by: u64 },
    PopBest { bid: bool },
    Retain { bid: bool, modulus: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let bid = any::<bool>();
    prop_oneof![
        12 => (bid, 1u64..40, 1u64..9)
            .prop_map(|(bid, price, size)| Step::Insert { bid, price, size }),
        3 => (bid, any::<usize>()).prop_map(|(bid, pick)| Step::Remove { bid, pick }),
        4 => (bid, any::<usize>(), 1u64..9)
            .prop_map(|(bid, pick, by)| Step::Reduce { bid, pick, by }),
        2 => bid.prop_map(|bid| Step::PopBest { bid }),
        1 => (bid, 2u64..30).prop_map(|(bid, modulus)| Step::Retain { bid, modulus }),
    ]
}

fn side(bid: bool) -> Side {
    if bid { Side::Bid } else { Side::Ask }
}

fn order(price: u64, size: u64) -> Order {
    Order {
        price,
        size,
        ..Order::default()
    }
}

fn new_book() -> Box<Book> {
    let mut book = Box::new(Book::zeroed());
    book.next_sequence = 7;
    book
}

fn assert_equal(book: &Book, model: &mut Model) {
    for side in [Side::Bid, Side::Ask] {
        let found: Vec<_> = book::orders(book, side)
            .iter()
            .rev()
            .map(|order| (order.price, order.sequence, order.size))
            .collect();
        assert_eq!(&found, model.side(side));
        for &(price, sequence, size) in &found {
            let at = book::find(book, side, price, sequence).expect("resting");
            assert_eq!(book::orders(book, side)[at].size, size);
            assert_eq!(book::find(book, side, price, sequence + 100_000), None);
            let low = u32::try_from(sequence & 0xffff_ffff).expect("masked");
            assert_eq!(book::full_sequence(book.next_sequence, low), Some(sequence));
        }
    }
}

/// Prices of bids and asks are kept apart (bids below 1,000), as matching would.
fn lifted(bid: bool, price: u64) -> u64 {
    if bid { price } else { price + 1_000 }
}

fn play(book: &mut Book, model: &mut Model, step: &Step) {
    match *step {
        Step::Insert { bid, price, size } => {
            let price = lifted(bid, price);
            let found = book::insert(book, side(bid), &order(price, size), 0);
            let wanted = model.insert(side(bid), price, size);
            assert_eq!(
                found.map(|done| done.evicted.map(|out| out.sequence)),
                wanted
            );
        }
        Step::Remove { bid, pick } => {
            let list = model.side(side(bid));
            if list.is_empty() {
                assert_eq!(book::remove(book, side(bid), 0), Err(Error::NoSuchOrder));
                return;
            }
            let (price, sequence, size) = list.remove(pick % list.len());
            let at = book::find(book, side(bid), price, sequence).expect("resting");
            let gone = book::remove(book, side(bid), at).expect("resting");
            assert_eq!(
                (gone.price, gone.sequence, gone.size),
                (price, sequence, size)
            );
        }
        Step::Reduce { bid, pick, by } => {
            let list = model.side(side(bid));
            if list.is_empty() {
                return;
            }
            let pick = pick % list.len();
            let (price, sequence, size) = list[pick];
            let at = book::find(book, side(bid), price, sequence).expect("resting");
            let found = book::reduce(book, side(bid), at, by);
            if by > size {
                assert_eq!(found, Err(Error::Overflow));
                return;
            }
            assert_eq!(found, Ok(size - by));
            list[pick].2 -= by;
            list.retain(|order| order.2 > 0);
        }
        Step::PopBest { bid } => {
            let list = model.side(side(bid));
            let found = book::remove_best(book, side(bid)).map(|order| order.sequence);
            if list.is_empty() {
                assert_eq!(found, Err(Error::NoSuchOrder));
            } else {
                assert_eq!(found, Ok(list.remove(0).1));
            }
        }
        Step::Retain { bid, modulus } => {
            let list = model.side(side(bid));
            let before = list.len();
            list.retain(|order| order.1 % modulus != 0);
            let removed = book::retain(book, side(bid), |order| order.sequence % modulus != 0);
            assert_eq!(removed.map(|count| count as usize), Ok(before - list.len()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn book_equals_a_sorted_list(steps in prop::collection::vec(step(), 1..120)) {
        let mut book = new_book();
        let mut model = Model { next: 7, ..Model::default() };
        for step in &steps {
            play(&mut book, &mut model, step);
            prop_assert_eq!(book::invariant(&book), Ok(()));
        }
        assert_equal(&book, &mut model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The same from a full book on, where every better order evicts the worst.
    #[test]
    fn full_book_equals_a_sorted_list(
        prices in prop::collection::vec(1u64..40, BOOK_SIDE),
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let mut book = new_book();
        let mut model = Model { next: 7, ..Model::default() };
        for &price in &prices {
            for bid in [true, false] {
                play(&mut book, &mut model, &Step::Insert { bid, price, size: 5 });
            }
        }
        prop_assert_eq!(book.bid_count as usize, BOOK_SIDE);
        for step in &steps {
            play(&mut book, &mut model, step);
            prop_assert_eq!(book::invariant(&book), Ok(()));
        }
        assert_equal(&book, &mut model);
    }
}

#[test]
fn earlier_order_of_one_price_comes_first() {
    let mut book = new_book();
    for size in [1, 2, 3] {
        book::insert(&mut book, Side::Bid, &order(50, size), 0).expect("room");
        book::insert(&mut book, Side::Ask, &order(60, size), 0).expect("room");
    }
    for side in [Side::Bid, Side::Ask] {
        let sizes: Vec<_> = book::orders(&book, side)
            .iter()
            .rev()
            .map(|order| order.size)
            .collect();
        assert_eq!(sizes, [1, 2, 3]);
    }
}

#[test]
fn full_book_gives_up_only_a_worse_or_expired_order() {
    let mut book = new_book();
    for _ in 0..BOOK_SIDE {
        let resting = Order {
            expires_at: 500,
            ..order(50, 1)
        };
        book::insert(&mut book, Side::Bid, &resting, 0).expect("room");
    }
    assert_eq!(
        book::insert(&mut book, Side::Bid, &order(50, 1), 500),
        Err(Error::BookFull)
    );
    assert_eq!(
        book::insert(&mut book, Side::Bid, &order(49, 1), 500),
        Err(Error::BookFull)
    );
    let last_of_price = 7 + BOOK_SIDE as u64 - 1;
    let better = book::insert(&mut book, Side::Bid, &order(51, 1), 500).expect("better");
    assert_eq!(
        better.evicted.map(|order| order.sequence),
        Some(last_of_price)
    );
    assert_eq!(
        book::best(&book, Side::Bid).map(|order| order.price),
        Some(51)
    );
    // One second later the worst has expired: even a worse order takes its place.
    let worse = book::insert(&mut book, Side::Bid, &order(49, 1), 501).expect("expired worst");
    assert_eq!(
        worse.evicted.map(|order| order.sequence),
        Some(last_of_price - 1)
    );
    assert_eq!(
        book::worst(&book, Side::Bid).map(|order| order.price),
        Some(49)
    );
    assert_eq!(book::invariant(&book), Ok(()));
}

#[test]
fn sequence_is_rebuilt_across_the_wrap_of_its_low_half() {
    const PERIOD: u64 = 1 << 32;
    assert_eq!(book::full_sequence(0, 0), None);
    assert_eq!(book::full_sequence(1, 0), Some(0));
    assert_eq!(book::full_sequence(1, 1), None);
    assert_eq!(book::full_sequence(PERIOD, u32::MAX), Some(PERIOD - 1));
    assert_eq!(book::full_sequence(PERIOD + 1, 0), Some(PERIOD));
    assert_eq!(book::full_sequence(PERIOD + 1, 1), Some(1));
    assert_eq!(
        book::full_sequence(u64::MAX, u32::MAX),
        Some(u64::MAX - PERIOD)
    );
}

#[test]
fn expiry_lives_through_its_second() {
    assert!(!book::expired(0, i64::MAX));
    assert!(!book::expired(100, 100));
    assert!(book::expired(100, 101));
    assert!(!book::expired(u32::MAX, i64::from(u32::MAX)));
}

/// Every part of INV-BOOK is seen to fail.
#[test]
fn invariant_finds_each_kind_of_damage() {
    let sound = || {
        let mut book = new_book();
        for price in [10, 11, 11, 12] {
            book::insert(&mut book, Side::Bid, &order(price, 5), 0).expect("room");
            book::insert(&mut book, Side::Ask, &order(price + 10, 5), 0).expect("room");
        }
        assert_eq!(book::invariant(&book), Ok(()));
        book
    };
    let damages: [fn(&mut Book); 9] = [
        // Still sorted by price, but earlier than the one that stands before it.
        |book| book.bids[0].price = 11,
        |book| book.bids[3].price = 11,
        |book| book.asks[0].price = 19,
        |book| book.asks.swap(1, 2),
        |book| book.bids[1].size = 0,
        |book| book.bids[2].sequence = book.next_sequence,
        |book| book.bid_count = 3,
        |book| book.ask_count = BOOK_SIDE as u32 + 1,
        |book| book.bids[3].price = 20,
    ];
    for (number, damage) in damages.iter().enumerate() {
        let mut book = sound();
        damage(&mut book);
        let found = book::invariant(&book);
        assert_eq!(found, Err(Error::InvariantBroken), "damage {number}");
    }
    let mut book = sound();
    book.asks[3].price = 12;
    assert_eq!(book::uncrossed(&book), Err(Error::InvariantBroken));
}
