//! Orders between account and book: what is refused, and every end that isn't a fill.

mod venue;

use bulwark_core::Error;
use bulwark_core::book::Side::{Ask, Bid};
use bulwark_core::book::{self, Side};
use bulwark_core::matching::Reason;
use bulwark_core::order::{self, Kind, OrderRequest, Pruned};
use bulwark_state::{BOOK_SIDE, MAX_ORDERS, MAX_ORDERS_PER_MARKET};
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
        let before = bytes_of(&*world.accounts[0]).to_vec();
        world.error(0, &request, error);
        assert_eq!(bytes_of(&*world.accounts[0]), before);
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
    let (book, account) = (&mut *world.book, &mut *world.accounts[0]);
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
    let account = &mut *world.accounts[0];
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
fn expired_slots_make_room() {
    let mut world = World::new(&[1_000_000]);
    let until = u32::try_from(world.rules.now.unix).expect("small");
    for price in 0..MAX_ORDERS_PER_MARKET as u64 {
        let brief = OrderRequest {
            expires_at: until,
            ..limit(Bid, usd(60 + price), UNIT)
        };
        world.place(0, &brief).expect("rests");
    }
    world.error(0, &limit(Bid, usd(99), UNIT), Error::TooManyOrders);
    world.pass(1);
    // The position had nothing but these; it must survive while the new order takes a slot in it.
    world.place(0, &limit(Bid, usd(99), UNIT)).expect("room");
    let account = &world.accounts[0];
    assert_eq!(
        (account.positions[0].active, account.positions[0].orders),
        (1, 1)
    );
    assert_eq!(world.book.bid_count, 17);
    // The stale entries name a slot that is used again: void for anyone.
    let now = world.rules.now;
    let pruned = order::prune(&mut world.book, &mut world.accounts[0], &key(0), 0, now);
    assert_eq!(
        pruned,
        Ok(Pruned {
            entries: 16,
            slots: 0
        })
    );
    assert_eq!(world.unpruned(), 0);
    world.audit();
}

#[test]
fn raised_epoch_voids_every_order_without_the_book() {
    let mut world = World::new(&[10_000, 10_000]);
    world.rest(0, Bid, usd(100), UNIT);
    world
        .place(1, &take(Ask, usd(100), UNIT))
        .expect("0 long 1");
    for price in [99, 98, 97] {
        world.rest(0, Bid, usd(price), UNIT);
    }
    world.rest(0, Ask, usd(120), UNIT);
    assert_eq!(order::void_all(&mut world.accounts[0]), 4);
    assert_eq!(order::void_all(&mut world.accounts[0]), 0);
    let account = &world.accounts[0];
    assert_eq!((account.order_epoch, account.positions[0].orders), (2, 0));
    assert_eq!(
        (account.positions[0].active, world.base(0)),
        (1, UNIT as i64)
    );
    world.audit();
    // A new order in the same slot does not bring the old entry back.
    world.rest(0, Bid, usd(99), UNIT);
    world
        .place(1, &take(Ask, usd(97), 3 * UNIT))
        .expect("voids are passed");
    assert_eq!(world.fills(), [(0, usd(99), UNIT)]);
    let removed: Vec<_> = world
        .report
        .removed()
        .iter()
        .map(|gone| gone.reason)
        .collect();
    assert_eq!(removed, [Reason::Void; 3]);
    // Without the account nobody can tell, so the ask stays and ends the pass.
    world
        .place_with(1, &take(Bid, usd(120), UNIT), !1)
        .expect("nothing");
    assert_eq!(world.resting(Ask), [(0, usd(120), UNIT)]);
    let now = world.rules.now;
    let pruned = order::prune(&mut world.book, &mut world.accounts[0], &key(0), 0, now);
    assert_eq!(
        pruned,
        Ok(Pruned {
            entries: 1,
            slots: 0
        })
    );
    assert_eq!(world.resting(Ask), []);
    // With nothing but orders the positions go too.
    let mut world = World::new(&[10_000]);
    world.rest(0, Bid, usd(99), UNIT);
    assert_eq!(order::void_all(&mut world.accounts[0]), 1);
    assert_eq!(world.accounts[0].positions[0].active, 0);
}

#[test]
fn a56_full_book_keeps_the_better_orders_and_frees_the_evicted() {
    let mut world = World::new(&[10_000_000; 40]);
    let mut placed = 0;
    'fill: for who in 0..40 {
        for _ in 0..MAX_ORDERS_PER_MARKET {
            if placed == BOOK_SIDE {
                break 'fill;
            }
            // The first account has the worst prices.
            world.rest(who, Bid, usd(60 + who as u64), UNIT);
            placed += 1;
        }
    }
    world.error(39, &limit(Bid, usd(60), UNIT), Error::BookFull);
    world.rest(39, Bid, usd(99), UNIT);
    let evicted = world.report.posted.expect("rests").evicted.expect("full");
    assert_eq!(
        (number(&evicted.margin), evicted.price, evicted.slot),
        (0, usd(60), 15)
    );
    // The slot still reserves, until anyone prunes or the owner cancels.
    assert_eq!(world.unpruned(), UNIT);
    let now = world.rules.now;
    let mut other = world.accounts[0].clone();
    let pruned = order::prune(&mut world.book, &mut other, &key(0), 0, now);
    assert_eq!(
        pruned,
        Ok(Pruned {
            entries: 0,
            slots: 1
        })
    );
    let account = &mut *world.accounts[0];
    let gone = order::cancel_slot(&mut world.book, account, &key(0), 0, 15, now).expect("slot");
    assert_eq!(gone.price, usd(60));
    assert_eq!(bytes_of(&*world.accounts[0]), bytes_of(&*other));
    assert_eq!(world.unpruned(), 0);
    // Who evicts an order of his own has its slot back at once.
    let left = world.accounts[0].positions[0].orders;
    world.rest(0, Bid, usd(98), UNIT);
    let evicted = world.report.posted.expect("rests").evicted.expect("full");
    assert_eq!(number(&evicted.margin), 0);
    assert_eq!(world.accounts[0].positions[0].orders, left);
    assert_eq!(world.unpruned(), 0);
    assert_eq!(world.book.bid_count as usize, BOOK_SIDE);
    world.audit();
}

#[test]
fn anyone_prunes_what_is_void() {
    let mut world = World::new(&[10_000; 3]);
    let until = u32::try_from(world.rules.now.unix).expect("small");
    let brief = |side, price| OrderRequest {
        expires_at: until,
        ..limit(side, price, UNIT)
    };
    world.place(0, &brief(Bid, usd(90))).expect("rests");
    world.place(1, &brief(Bid, usd(91))).expect("rests");
    world.place(1, &brief(Ask, usd(111))).expect("rests");
    world.rest(0, Bid, usd(92), UNIT);
    world.rest(1, Ask, usd(112), UNIT);
    let now = world.rules.now;
    let before = world.book.clone();
    let pruned = order::prune(&mut world.book, &mut world.accounts[0], &key(0), 0, now);
    assert_eq!(pruned, Ok(Pruned::default()));
    assert_eq!(bytes_of(&*world.book), bytes_of(&*before));
    world.pass(1);
    let now = world.rules.now;
    // Expired entries of all, slots of the one account.
    let pruned = order::prune(&mut world.book, &mut world.accounts[0], &key(0), 0, now);
    assert_eq!(
        pruned,
        Ok(Pruned {
            entries: 3,
            slots: 1
        })
    );
    assert_eq!(world.unpruned(), 2 * UNIT);
    let pruned = order::prune(&mut world.book, &mut world.accounts[1], &key(1), 0, now);
    assert_eq!(
        pruned,
        Ok(Pruned {
            entries: 0,
            slots: 2
        })
    );
    assert_eq!(world.unpruned(), 0);
    assert_eq!(world.resting(Bid), [(0, usd(92), UNIT)]);
    assert_eq!(world.resting(Ask), [(1, usd(112), UNIT)]);
    world.audit();
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

/// An old entry must not stand for a new order in the same slot, were it the same to the last bit.
#[test]
fn an_entry_belongs_to_one_order_only() {
    // The old one has expired, its slot was taken by an equal order.
    let mut world = World::new(&[1_000_000; 2]);
    let until = u32::try_from(world.rules.now.unix).expect("small");
    for _ in 0..MAX_ORDERS_PER_MARKET {
        let brief = OrderRequest {
            expires_at: until,
            ..limit(Bid, usd(99), UNIT)
        };
        world.place(0, &brief).expect("rests");
    }
    world.pass(1);
    let new = world.rest(0, Bid, usd(99), UNIT);
    world
        .place(1, &take(Ask, usd(99), UNIT))
        .expect("passes some");
    let removed = world.report.removed();
    assert!(
        removed
            .iter()
            .all(|gone| gone.reason == Reason::Void && gone.sequence < new)
    );
    assert_eq!(world.accounts[0].orders[0].size, UNIT);
    // The old one was voided, and the low half of the sequence came round.
    let mut world = World::new(&[1_000_000; 2]);
    world.book.next_sequence = 5;
    world.rest(0, Bid, usd(99), UNIT);
    order::void_all(&mut world.accounts[0]);
    world.book.next_sequence = 5 + (1 << 32);
    world.rest(0, Bid, usd(99), UNIT);
    world.place(1, &take(Ask, usd(99), UNIT)).expect("fills");
    assert_eq!(world.report.removed()[0].reason, Reason::Void);
    assert_eq!(world.fills(), [(0, usd(99), UNIT)]);
}

/// The invariant between account and book is seen to fail for each kind of damage.
#[test]
fn consistency_finds_each_kind_of_damage() {
    let sound = || {
        let mut world = World::new(&[10_000]);
        world.rest(0, Bid, usd(90), UNIT);
        world.rest(0, Bid, usd(91), UNIT);
        world.rest(0, Ask, usd(110), UNIT);
        world
    };
    let damages: [fn(&mut World); 7] = [
        |world| world.accounts[0].orders[0].size = 0,
        |world| world.accounts[0].orders[0].size += 1,
        |world| world.book.bids[0].size += 1,
        |world| world.book.bids[0].slot = 1,
        |world| world.accounts[0].orders[2].flags = 0,
        |world| world.accounts[0].positions[0].orders = 2,
        |world| world.accounts[0].orders[0].position = 9,
    ];
    for (number, damage) in damages.iter().enumerate() {
        let mut world = sound();
        let now = world.rules.now;
        assert_eq!(
            order::consistent(&world.book, &world.accounts[0], &key(0), 0, now),
            Ok(0)
        );
        damage(&mut world);
        let found = order::consistent(&world.book, &world.accounts[0], &key(0), 0, now);
        assert_eq!(found, Err(Error::InvariantBroken), "damage {number}");
    }
}
