//! How fast the rules are off the chain: the health of the dearest account that the limits permit,
//! at its three levels; an order that twelve such accounts fill; the operations of a book.
//!
//! `cargo xtask bench` runs it. The accounts are those whose compute units docs/costs.md lists.

use std::hint::black_box;

use bulwark_core::book::{self, Side};
use bulwark_core::error::Result;
use bulwark_core::health::{Level, health};
use bulwark_core::matching::{self, Came, Makers, NORMAL_PPM, Placer, Report, Rules, Venue};
use bulwark_core::order::{Kind, OrderRequest};
use bulwark_state::{BOOK_SIDE, Book, Key, MarginAccount, Market, Order};
use bulwark_svm::vm::{elf_path, read_elf};
use bulwark_svm::world::worst::{MAKERS, TAKER};
use bulwark_svm::world::{World, base_e8, price_e8};
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};

/// One unit of a token, BaseE8.
const ONE: u64 = 100_000_000;
/// A price above the bids of the books below, PriceE8.
const MIDDLE: u64 = 8_400_000_000;
/// Their tick.
const TICK: u64 = 1_000_000;

struct Accounts(Vec<(Key, Box<MarginAccount>)>);

impl Makers for Accounts {
    fn with(
        &mut self,
        margin: &Key,
        act: &mut dyn FnMut(&mut MarginAccount) -> Result<()>,
    ) -> Result<Came> {
        let found = self.0.iter_mut().find(|(key, _)| key == margin);
        let Some((_, account)) = found else {
            return Ok(Came::Absent);
        };
        act(account)?;
        Ok(Came::Lent)
    }
}

fn world() -> World {
    let elf = read_elf(&elf_path("bulwark")).expect("cargo xtask build");
    World::worst(&elf)
}

fn levels(criterion: &mut Criterion) {
    let world = world();
    let (board, account, now) = (world.board(), world.account(MAKERS[0]), world.now());
    world.assert_full(MAKERS[0], 32);
    let mut group = criterion.benchmark_group("health");
    for (level, name) in [
        (Level::Initial, "Initial"),
        (Level::LiquidationEnd, "LiquidationEnd"),
        (Level::Maintenance, "Maintenance"),
    ] {
        let id = BenchmarkId::new("8 collaterals, 8 positions, 32 orders", name);
        group.bench_function(id, |bencher| {
            bencher.iter(|| health(&board, black_box(&account), level, now, false));
        });
    }
    group.finish();
}

/// What an order changes.
struct Desk {
    market: Box<Market>,
    book: Box<Book>,
    taker: Box<MarginAccount>,
    makers: Accounts,
    report: Box<Report>,
}

fn order(criterion: &mut Criterion) {
    let mut world = world();
    let key = world.margin_key(TAKER).to_bytes();
    let makers = MAKERS.map(|name| (world.margin_key(name).to_bytes(), world.account(name)));
    let desk = || Desk {
        market: world.market(0),
        book: world.book(0),
        taker: world.account(TAKER),
        makers: Accounts(makers.to_vec()),
        report: Box::default(),
    };
    let (board, now) = (world.board(), world.now());
    let rules = Rules {
        now,
        open_interest_up: true,
        band: None,
        requirement_ppm: NORMAL_PPM,
    };
    let request = OrderRequest {
        side: Side::Ask,
        kind: Kind::ImmediateOrCancel,
        reduce_only: false,
        price: price_e8(83.9),
        size: base_e8(12.0),
        client_id: 0,
        expires_at: 0,
    };
    let place = |desk: &mut Desk| {
        let mut venue = Venue {
            board: &board,
            market: &mut desk.market,
            book: &mut desk.book,
        };
        let mut placer = Placer {
            margin: &key,
            account: &mut desk.taker,
        };
        let (makers, report) = (&mut desk.makers, &mut desk.report);
        matching::place(&mut venue, &mut placer, &request, &rules, makers, report)
    };
    let mut once = desk();
    place(&mut once).expect("it is filled");
    assert_eq!(once.report.fills().len(), MAKERS.len());
    criterion.bench_function("order/12 fills by 12 full accounts", |bencher| {
        bencher.iter_batched_ref(desk, place, BatchSize::LargeInput);
    });
}

/// An order of a full side: the best of `BOOK_SIDE` at place 0.
fn resting(side: Side, place: u64) -> Order {
    let away = TICK * (place + 1);
    Order {
        margin: [7; 32],
        price: match side {
            Side::Bid => MIDDLE - away,
            Side::Ask => MIDDLE + away,
        },
        size: ONE,
        ..Order::default()
    }
}

/// `orders` resting orders on the bids of as many books as that takes, a place free in each.
fn books(world: &World, orders: usize) -> Vec<Box<Book>> {
    let mut empty = world.book(0);
    (empty.bid_count, empty.ask_count) = (0, 0);
    (empty.bids, empty.asks) = ([Order::default(); BOOK_SIDE], [Order::default(); BOOK_SIDE]);
    let full = |_| {
        let mut book = empty.clone();
        for place in 0..BOOK_SIDE as u64 {
            book::insert(&mut book, Side::Bid, &resting(Side::Bid, 2 * place), 0).expect("room");
        }
        book
    };
    (0..orders / BOOK_SIDE).map(full).collect()
}

/// A side holds 512 orders, so 4,096 are eight books, taken in turn.
fn operations(criterion: &mut Criterion) {
    let world = world();
    let mut group = criterion.benchmark_group("book");
    for count in [BOOK_SIDE, 8 * BOOK_SIDE] {
        let full = books(&world, count);
        let mut turn = 0_usize;
        let mut next = || {
            turn += 1;
            full[turn % full.len()].clone()
        };
        let middle = resting(Side::Bid, BOOK_SIDE as u64 + 1);
        let (price, sequence) = {
            let order = &full[0].bids[BOOK_SIDE / 2];
            (order.price, order.sequence)
        };
        group.bench_function(BenchmarkId::new("insert in the middle", count), |bencher| {
            let setup = || {
                let mut book = next();
                book::remove(&mut book, Side::Bid, 0).expect("it is full");
                book
            };
            bencher.iter_batched_ref(
                setup,
                |book| book::insert(book, Side::Bid, black_box(&middle), 0),
                BatchSize::LargeInput,
            );
        });
        group.bench_function(BenchmarkId::new("evict the worst", count), |bencher| {
            bencher.iter_batched_ref(
                &mut next,
                |book| book::insert(book, Side::Bid, black_box(&middle), 0),
                BatchSize::LargeInput,
            );
        });
        group.bench_function(BenchmarkId::new("find and cancel", count), |bencher| {
            let cancel = |book: &mut Box<Book>| {
                let at = book::find(book, Side::Bid, black_box(price), sequence);
                at.map(|at| book::remove(book, Side::Bid, at))
            };
            bencher.iter_batched_ref(&mut next, cancel, BatchSize::LargeInput);
        });
        group.bench_function(BenchmarkId::new("match the best", count), |bencher| {
            bencher.iter_batched_ref(
                &mut next,
                |book| book::reduce_best(book, Side::Bid, black_box(ONE)),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, levels, order, operations);
criterion_main!(benches);
