//! Orders that end by themselves: expired, voided, evicted, and what is left of them.

mod venue;

use bulwark_core::Error;
use bulwark_core::book::Side::{Ask, Bid};
use bulwark_core::matching::Reason;
use bulwark_core::order::{self, OrderRequest, Pruned};
use bulwark_state::{BOOK_SIDE, MAX_ORDERS_PER_MARKET};
use bytemuck::bytes_of;
use venue::*;

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
    let mut other = world.accounts[0];
    let pruned = order::prune(&mut world.book, &mut other, &key(0), 0, now);
    assert_eq!(
        pruned,
        Ok(Pruned {
            entries: 0,
            slots: 1
        })
    );
    let account = &mut world.accounts[0];
    let gone = order::cancel_slot(&mut world.book, account, &key(0), 0, 15, now).expect("slot");
    assert_eq!(gone.price, usd(60));
    assert_eq!(bytes_of(&world.accounts[0]), bytes_of(&other));
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

/// Void orders of a closed account would stand in front of everybody for ever, since nobody could
/// bring the account that proves them void.
#[test]
fn orders_of_a_closed_account_do_not_block_the_book() {
    let mut world = World::new(&[10_000; 3]);
    world.rest(0, Ask, usd(100), UNIT);
    world.rest(1, Ask, usd(101), UNIT);
    order::void_all(&mut world.accounts[0]);
    world.deposit(0, -10_000 * USD);
    world.accounts[0] = bytemuck::Zeroable::zeroed();
    world
        .place(2, &take(Bid, usd(101), UNIT))
        .expect("passes it");
    let gone = world.report.removed()[0];
    assert_eq!((number(&gone.maker), gone.reason), (0, Reason::Void));
    assert_eq!(world.fills(), [(1, usd(101), UNIT)]);
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
