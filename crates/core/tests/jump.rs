//! Jumps and their confirmation: a12, a43.

mod oracle;

use bulwark_core::feed::{self, Accepted};
use bulwark_core::gate::{self, Severity};
use oracle::*;

/// The largest price above `P` that is no jump: j* = 2 % of the lower one.
const EDGE: u64 = 102_000_000;

#[test]
fn a_jump_waits_for_two_seconds_and_four_slots() {
    let mut world = quiet();
    assert!(!printed(world.post(EDGE, P)).jumped);

    let mut world = quiet();
    let before = world.targets;
    assert_eq!(world.post(EDGE + 1, P), Accepted::Unconfirmed);
    assert_eq!(world.feed.last.price, P);
    assert_eq!(
        gate::severity(&world.feed, world.now),
        Severity::Unconfirmed
    );
    assert_eq!(world.targets, before, "not measured before it is confirmed");
    // Three slots are too few, one second is too short; neither starts the wait anew.
    world.now.slot += 3;
    world.now.unix += 2;
    assert_eq!(world.post(EDGE + 1, P), Accepted::Unconfirmed);
    let pending = world.feed.pending;
    world.now.slot += 1;
    let early = reading(EDGE + 1, P, pending.publish_at + 1);
    assert_eq!(world.take(&early), Accepted::Unconfirmed);
    assert_eq!(world.feed.pending, pending);
    assert!(printed(world.post(EDGE + 1, P)).jumped);
    assert_eq!(world.feed.last.price, EDGE + 1);
    assert_eq!(world.feed.pending.price, 0);
    assert_eq!(
        (world.feed.pending_from_at, world.feed.pending_from_slot),
        (0, 0)
    );
    assert!(
        world.targets.im > before.im,
        "measured once it is confirmed"
    );
    // What follows at the new price is no jump any more.
    world.wait(1);
    assert!(!printed(world.post(EDGE + 1, P)).jumped);
    world.wait(1);
    assert!(!printed(world.post(EDGE + 100, P)).jumped);
}

#[test]
fn a_false_print_goes_as_it_came() {
    let mut world = quiet();
    let before = world.targets;
    assert_eq!(world.post(80_000_000, P), Accepted::Unconfirmed);
    world.wait(3);
    assert!(!printed(world.post(P + 1, P)).jumped);
    assert_eq!(
        (world.feed.last.price, world.feed.pending.price),
        (P + 1, 0)
    );
    assert_eq!((world.targets.im, world.targets.mm), (before.im, before.mm));
}

/// a12: a crash that runs on is accepted after 10 s and 25 slots, wherever it then stands.
#[test]
fn a12_a_running_crash_waits_no_longer_than_ten_seconds() {
    let mut world = quiet();
    let mut price = P;
    let from = world.now;
    let mut accepted = Vec::new();
    for _ in 0..30 {
        price = price * 97 / 100;
        if let Accepted::Print(_) = world.post(price, P) {
            accepted.push((
                world.now.unix - from.unix,
                world.now.slot - from.slot,
                price,
            ));
            break;
        }
        world.now.unix += 1;
        world.now.slot += 2;
    }
    // 25 slots at 2 a second come after 13 s.
    assert_eq!(accepted, [(13, 26, price)]);
    assert_eq!(world.feed.last.price, price);

    // With quick slots 10 s decide.
    let mut world = quiet();
    assert_eq!(world.post(80_000_000, P), Accepted::Unconfirmed);
    world.now.slot += 100;
    world.now.unix += 9;
    assert_eq!(world.post(60_000_000, P), Accepted::Unconfirmed);
    assert!(!feed::overdue(&world.feed, world.now));
    world.now.unix += 1;
    assert!(feed::overdue(&world.feed, world.now));
    assert!(printed(world.post(50_000_000, P)).jumped);
}

#[test]
fn a_price_that_runs_on_and_stands_is_confirmed_where_it_stands() {
    let mut world = quiet();
    assert_eq!(world.post(97_000_000, P), Accepted::Unconfirmed);
    world.wait(2);
    world.now.slot += 1;
    assert_eq!(world.post(90_000_000, P), Accepted::Unconfirmed);
    assert_eq!(world.feed.pending.price, 90_000_000);
    let from = world.feed.pending_from_at;
    world.wait(2);
    assert_eq!(world.feed.pending_from_at, from);
    assert!(printed(world.post(89_500_000, P)).jumped);
}

#[test]
fn a_jump_that_nobody_confirms_counts_by_itself() {
    let mut world = quiet();
    let jump = reading(90_000_000, P, world.now.unix);
    assert_eq!(world.take(&jump), Accepted::Unconfirmed);
    world.now.unix += 9;
    world.now.slot += 30;
    assert_eq!(world.take(&jump), not_newer());
    world.now.unix += 1;
    let accepted = printed(world.take(&jump));
    assert!(accepted.jumped);
    assert_eq!(
        (world.feed.last.price, world.feed.last.publish_at),
        (90_000_000, jump.publish_at)
    );
    assert_eq!(world.take(&jump), not_newer());
}

/// a43: three moves just under the limit of 10 s are one jump in 60 s.
#[test]
fn a43_three_small_moves_are_one_jump() {
    let mut world = quiet();
    assert!(!printed(world.post(101_200_000, P)).jumped);
    world.wait(20);
    assert_eq!(
        world.post(102_300_000, P),
        Accepted::Unconfirmed,
        "1.1 % in 20 s, 2.3 % in 60 s"
    );
    // The same three moves over three minutes are none.
    let mut world = quiet();
    for price in [101_200_000, 102_300_000, 103_500_000] {
        assert!(!printed(world.post(price, P)).jumped);
        world.wait(70);
        printed(world.post(price, P));
        world.wait(10);
    }
}

/// a43: a gap is no jump: the limit grows with √Δ.
#[test]
fn a43_a_gap_is_no_jump() {
    // σ = 60 % a year = 1.0684e-4 a √s; 6σ·√3,600 s = 3.8464 %.
    let jumps = |gap: u64, price: u64| {
        let mut world = quiet();
        world.wait(gap - 10);
        world.post(price, P) == Accepted::Unconfirmed
    };
    assert!(!jumps(3_600, 103_840_000));
    assert!(jumps(3_600, 103_850_000));
    assert!(!jumps(1_600, 102_560_000));
    assert!(jumps(1_600, 102_570_000));
    assert!(jumps(60, EDGE + 1), "the floor j* below that");
}

/// With the variance as read, which has the first move in it, the limit of the second would be 5 %.
#[test]
fn the_limit_is_not_widened_by_the_moves_it_judges() {
    let mut world = quiet();
    world.feed.params.jump_k = 16_000;
    world.feed.params.tau[0] = 1_298;
    assert!(!printed(world.post(101_400_000, P)).jumped);
    world.wait(10);
    assert_eq!(world.post(103_000_000, P), Accepted::Unconfirmed);
}
