//! Orders between account and book: what is refused, placed and cancelled.

mod venue;

use bulwark_core::Error;
use bulwark_core::book::Side::{Ask, Bid};
use bulwark_core::book::{self, Side};
use bulwark_core::order::{self, Kind, OrderRequest};
use bulwark_state::{MAX_ORDERS, MAX_ORDERS_PER_MARKET};
use bytemuck::bytes_of;
use venue::*;

fn post_only(side: Side, price: u64, size: u64) -> OrderRequest {
    OrderRequest {
        kind: Kind::PostOnly,
        ..limit(side, price, size)
    }
}

#[test]
fn requests_are_checked_before_anything_moves() {
    let mut world = World::new(&[10_000, 10_000]);
    let good = limit(Bid, usd(100), UNIT);
    let now = u32::try_from(world.rules.now.unix).expect("small");
    world.market.min_notional = 10 * USD as u64;
    for (request, error) in [
        (OrderRequest { size: 0, ..good }, Error::BadLot),
        (
            OrderRequest {
                size: LOT - 1,
                ..good
            },
            Error::BadLot,
        ),
        (
            OrderRequest {
                size: UNIT + 1,
                ..good
            },
            Error::BadLot,
        ),
        (OrderRequest { price: 0, ..good }, Error::BadTick),
        (
            OrderRequest {
                price: usd(100) + 1,
                ..good
            },
            Error::BadTick,
        ),
        (
            OrderRequest {
                size: LOT * (u64::MAX / LOT),
                ..good
            },
            Error::Overflow,
        ),
        (
            OrderRequest {
                size: u64::MAX,
                kind: Kind::ImmediateOrCancel,
                ..good
            },
            Error::BadLot,
        ),
        (
            OrderRequest {
                expires_at: now - 1,
                ..good
            },
            Error::OrderExpired,
        ),
        (
            OrderRequest {
                reduce_only: true,
                ..good
            },
            Error::NotReducing,
        ),
        (
            OrderRequest {
                size: 9 * LOT,
                ..good
            },
            Error::BelowMinimumNotional,
        ),
        (
            OrderRequest {
                price: usd(150) + TICK,
                ..good
            },
            Error::TooFarFromOracle,
        ),
        (
            OrderRequest {
                price: usd(50) - TICK,
                ..good
            },
            Error::TooFarFromOracle,
        ),
    ] {
        let before = bytes_of(&world.accounts[0]).to_vec();
        world.error(0, &request, error);
        assert_eq!(bytes_of(&world.accounts[0]), before);
    }
    // The edges themselves pass, and what can't rest is held to none of tick, minimum, distance.
    for price in [usd(50), usd(100)] {
        world
            .place(
                0,
                &OrderRequest {
                    price,
                    expires_at: now,
                    ..good
                },
            )
            .expect("edge");
    }
    world
        .place(
            0,
            &OrderRequest {
                size: 10 * LOT,
                ..good
            },
        )
        .expect("ten dollars");
    world
        .place(1, &take(Bid, usd(900) + 1, LOT))
        .expect("nothing there");
    let lot = world.market.lot;
    world.market.lot = 0;
    world.error(0, &good, Error::BadValue);
    world.market.lot = lot;
    world.market.tick = 0;
    world.error(0, &good, Error::BadValue);
}

/// The fifth order of an account in a market must be twice the smallest, the ninth three times.
#[test]
fn a56_more_orders_of_one_account_must_be_larger() {
    let mut world = World::new(&[1_000_000]);
    world.market.min_notional = 100 * USD as u64;
    for resting in 0..MAX_ORDERS_PER_MARKET as u64 {
        let least = UNIT * (1 + resting / 4);
        let price = usd(100);
        if resting >= 4 {
            let small = limit(Bid, price, least - LOT);
            world.error(0, &small, Error::BelowMinimumNotional);
        }
        world.rest(0, Bid, price, least);
    }
}

/// A lot worth less than one unit of quote would be given away by rounding.
#[test]
fn worthless_lots_do_not_rest() {
    let mut world = World::new(&[10_000]);
    (world.market.lot, world.market.tick) = (1, 1);
    world.price(90);
    world.error(
        0,
        &limit(Bid, 90, 1_000_000_000),
        Error::BelowMinimumNotional,
    );
}

#[test]
fn reduce_only_closes_a_position_that_is_no_multiple_of_the_lot() {
    let mut world = World::new(&[10_000, 10_000]);
    world.market.lot = 1;
    world.rest(0, Ask, usd(100), UNIT + 7);
    world.place(1, &take(Bid, usd(100), UNIT + 7)).expect("odd");
    world.market.lot = LOT;
    world.rest(0, Bid, usd(100), 2 * UNIT);
    let close = OrderRequest {
        reduce_only: true,
        ..take(Ask, usd(100), UNIT + 7)
    };
    world.error(
        1,
        &OrderRequest {
            reduce_only: false,
            ..close
        },
        Error::BadLot,
    );
    world.error(
        1,
        &OrderRequest {
            size: UNIT + 6,
            ..close
        },
        Error::BadLot,
    );
    world.place(1, &close).expect("whole");
    assert_eq!(world.base(1), 0);
}

#[test]
fn orders_are_cancelled_by_slot_sequence_client_id_and_side() {
    let mut world = World::new(&[10_000, 10_000]);
    let named = |price, client_id| OrderRequest {
        client_id,
        ..limit(Bid, usd(price), UNIT)
    };
    let mut sequences = Vec::new();
    for (price, client) in [(90, 1), (91, 2), (92, 3), (93, 4), (94, 5)] {
        world.place(0, &named(price, client)).expect("rests");
        sequences.push(world.report.posted.expect("rests").sequence);
    }
    world.rest(1, Bid, usd(89), UNIT);
    world.rest(0, Ask, usd(110), UNIT);
    let now = world.rules.now;
    let (book, account) = (&mut *world.book, &mut world.accounts[0]);
    let me = key(0);
    assert_eq!(
        order::cancel_slot(book, account, &me, 0, 0, now)
            .expect("slot")
            .client_id,
        1
    );
    assert_eq!(
        order::cancel_slot(book, account, &me, 0, 0, now),
        Err(Error::NoSuchOrder)
    );
    assert_eq!(
        order::cancel_slot(book, account, &me, 0, 99, now),
        Err(Error::NoSuchOrder)
    );
    let by_sequence = order::cancel_sequence(book, account, &me, 0, sequences[2], now);
    assert_eq!(by_sequence.expect("sequence").client_id, 3);
    let again = order::cancel_sequence(book, account, &me, 0, sequences[2], now);
    assert_eq!(again, Err(Error::NoSuchOrder));
    assert_eq!(
        order::cancel_client(book, account, &me, 0, 5, now)
            .expect("client")
            .price,
        usd(94)
    );
    assert_eq!(
        order::cancel_client(book, account, &me, 0, 5, now),
        Err(Error::NoSuchOrder)
    );
    // Another market's book holds none of them.
    assert_eq!(
        order::cancel_slot(book, account, &me, 1, 1, now),
        Err(Error::NoSuchOrder)
    );
    assert_eq!(order::cancel_all(book, account, &me, 1, None, now), Ok(0));
    assert_eq!(
        order::cancel_all(book, account, &me, 0, Some(Bid), now),
        Ok(2)
    );
    assert_eq!(account.positions[0].orders, 1);
    assert_eq!(order::cancel_all(book, account, &me, 0, None, now), Ok(1));
    assert_eq!(account.positions[0].active, 0);
    world.audit();
    assert_eq!(world.resting(Bid), [(1, usd(89), UNIT)]);
    assert_eq!(world.resting(Ask), []);
    assert_eq!(world.unpruned(), 0);
}

/// A slot whose low sequence half names, through the wrap, an order of someone else.
#[test]
fn cancelling_never_removes_an_order_of_another() {
    let mut world = World::new(&[10_000, 10_000]);
    world.rest(0, Bid, usd(90), UNIT);
    let now = world.rules.now;
    book::remove_best(&mut world.book, Bid).expect("evicted");
    world.book.next_sequence = 1 << 32;
    world.rest(1, Bid, usd(90), UNIT);
    let stolen = &mut world.accounts[0];
    let gone = order::cancel_slot(&mut world.book, stolen, &key(0), 0, 0, now);
    assert_eq!(gone.expect("slot is freed").price, usd(90));
    assert_eq!(world.resting(Bid), [(1, usd(90), UNIT)]);
    world.audit();
}

#[test]
fn orders_of_one_account_are_bounded() {
    let mut world = World::new(&[1_000_000]);
    for price in 0..MAX_ORDERS_PER_MARKET as u64 {
        world.rest(0, Bid, usd(60 + price), UNIT);
    }
    world.error(0, &limit(Bid, usd(99), UNIT), Error::TooManyOrders);
    assert_eq!(
        usize::from(world.accounts[0].positions[0].orders),
        MAX_ORDERS_PER_MARKET
    );
    // All slots in use, over other markets.
    world.accounts[0].positions[1].active = 1;
    world.accounts[0].positions[1].market = 1;
    let fill = |world: &mut World, from: usize| {
        for slot in &mut world.accounts[0].orders[from..] {
            *slot = bulwark_state::OrderSlot {
                size: 1,
                price: 1,
                position: 1,
                ..*slot
            };
        }
        world.accounts[0].positions[1].orders = (MAX_ORDERS - from) as u8;
    };
    fill(&mut world, MAX_ORDERS_PER_MARKET);
    let now = world.rules.now;
    let account = &mut world.accounts[0];
    order::cancel_slot(&mut world.book, account, &key(0), 0, 3, now).expect("frees one");
    world
        .place(0, &limit(Bid, usd(63), UNIT))
        .expect("takes it");
    assert_eq!(world.accounts[0].orders[3].price, usd(63));
    order::cancel_slot(&mut world.book, &mut world.accounts[0], &key(0), 0, 3, now).expect("frees");
    world.accounts[0].orders[3] = bulwark_state::OrderSlot {
        size: 1,
        price: 1,
        position: 1,
        ..Default::default()
    };
    world.accounts[0].positions[1].orders += 1;
    world.error(0, &limit(Bid, usd(63), UNIT), Error::OrderSlotsFull);
}

#[test]
fn what_cannot_rest_after_a_fill_is_given_up() {
    let mut world = World::new(&[1_000_000, 1_000_000]);
    world.market.min_notional = 50 * USD as u64;
    world.rest(1, Ask, usd(100), UNIT);
    world
        .place(0, &limit(Bid, usd(100), UNIT + 40 * LOT))
        .expect("fills");
    assert_eq!(
        (world.report.posted, world.report.cancelled),
        (None, 40 * LOT)
    );
    world.market.min_notional = 15 * USD as u64;
    // Sixteen orders rest: a seventeenth is refused, unless it fills something first.
    for price in 0..MAX_ORDERS_PER_MARKET as u64 {
        world.rest(0, Bid, usd(60 + price), UNIT);
    }
    world.error(0, &post_only(Bid, usd(90), UNIT), Error::TooManyOrders);
    world.rest(1, Ask, usd(100), UNIT);
    world
        .place(0, &limit(Bid, usd(100), 3 * UNIT))
        .expect("fills");
    assert_eq!(
        (world.report.base, world.report.cancelled),
        (UNIT, 2 * UNIT)
    );
}
