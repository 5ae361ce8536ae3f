//! Accepting prices: what changes nothing, what is measured, rings, the slow price.

mod oracle;

use bulwark_core::feed::{self, Accepted, Ignored, Reading};
use bulwark_core::params::Class;
use bulwark_core::{Error, Now, time};
use bulwark_state::{Feed, Mark, OpenClock};
use oracle::dice::Dice;
use oracle::*;

fn bytes(feed: &Feed) -> &[u8] {
    bytemuck::bytes_of(feed)
}

#[test]
fn what_is_old_empty_or_backwards_changes_nothing() {
    let mut world = quiet();
    let last = world.feed.last;
    let before = world.feed;
    let now = world.now.unix;
    for (reading, why) in [
        (reading(0, P, now), Ignored::NotPositive),
        (reading(P, 0, now), Ignored::NotPositive),
        (reading(P, P, last.publish_at), Ignored::NotNewer),
        (reading(P, P, last.publish_at - 1), Ignored::NotNewer),
        (reading(P, P, -5), Ignored::NotNewer),
    ] {
        assert_eq!(world.take(&reading), Accepted::Nothing(why));
    }
    world.now.unix = last.seen_at - 1;
    let early = reading(P, P, last.publish_at + 1);
    assert_eq!(
        world.take(&early),
        Accepted::Nothing(Ignored::ClockBackwards)
    );
    assert_eq!(bytes(&world.feed), bytes(&before));
}

#[test]
fn the_future_and_the_absurd_are_refused() {
    let mut world = quiet();
    let before = world.feed;
    let now = world.now;
    let mut refuse = |reading: Reading, second: Option<Reading>, error| {
        let result = feed::accept(
            &mut world.feed,
            &reading,
            second.as_ref(),
            now,
            &world.clock,
        );
        assert_eq!(result, Err(error));
    };
    refuse(reading(P, P, now.unix + 3), None, Error::PriceFromFuture);
    let good = reading(P, P, now.unix);
    refuse(
        good,
        Some(reading(P, P, now.unix + 3)),
        Error::PriceFromFuture,
    );
    refuse(
        Reading {
            price: feed::PRICE_MAX + 1,
            ..good
        },
        None,
        Error::BadPrice,
    );
    refuse(
        Reading {
            ema: u64::MAX,
            ..good
        },
        None,
        Error::BadPrice,
    );
    refuse(
        Reading {
            conf: u64::MAX,
            ..good
        },
        None,
        Error::BadPrice,
    );
    assert_eq!(bytes(&world.feed), bytes(&before));
    printed(world.take(&reading(P, P, now.unix + 2)));
}

#[test]
fn the_newest_publish_time_wins() {
    let mut world = quiet();
    printed(world.take(&reading(P + 2, P, world.now.unix - 1)));
    printed(world.take(&reading(P + 3, P, world.now.unix)));
    assert_eq!(
        world.take(&reading(P + 9, P, world.now.unix - 1)),
        not_newer()
    );
    let same = reading(P + 9, P, world.now.unix);
    assert_eq!(world.take(&same), not_newer());
    assert_eq!(
        (world.feed.last.price, world.feed.previous.price),
        (P + 3, P + 2)
    );
    assert_eq!(world.feed.last.slot, world.now.slot);
    assert_eq!(world.feed.last.seen_at, world.now.unix);
}

#[test]
fn only_prints_that_the_gate_allows_are_measured() {
    let sampled = |change: fn(&mut World, &mut Reading)| {
        let mut world = quiet();
        let mut reading = reading(P + 500_000, P, world.now.unix);
        change(&mut world, &mut reading);
        let bits = world.feed.minutes;
        let printed = printed(world.take(&reading));
        if !printed.sampled {
            assert_eq!(world.feed.minutes, bits, "no witness either");
        }
        printed.sampled
    };
    assert!(sampled(|_, _| ()));
    assert!(sampled(|_, reading| reading.conf = P), "Uncertain");
    assert!(sampled(|_, reading| reading.publish_at -= 8));
    assert!(
        sampled(|_, reading| reading.ema = P * 2),
        "far from the signed average"
    );
    assert!(!sampled(|world, reading| {
        world.wait(61);
        reading.publish_at = world.now.unix - 11;
    }));
    assert!(!sampled(|world, reading| {
        world.wait(700);
        reading.publish_at = world.now.unix - 650;
    }));
    assert!(!sampled(|world, _| {
        world.feed.second.kind = 1;
        world.feed.second_last = world.feed.last;
        world.feed.second_last.price = P * 106 / 100;
    }));
    assert!(sampled(|world, _| {
        world.feed.second.kind = 1;
        world.feed.second_last = world.feed.last;
        world.feed.second_last.price = P * 104 / 100;
    }));
}

#[test]
fn the_second_source_is_noted_and_never_the_price() {
    let mut world = quiet();
    let now = world.now;
    let mut take = |main: &Reading, second: &Reading| {
        feed::accept(&mut world.feed, main, Some(second), now, &world.clock).unwrap()
    };
    let (old, second) = (reading(P, P, START), reading(P + 7, P, now.unix));
    assert_eq!(take(&old, &second), not_newer(), "none is set up");
    world.feed.second.kind = 2;
    let mut take = |main: &Reading, second: &Reading| {
        feed::accept(&mut world.feed, main, Some(second), now, &world.clock).unwrap()
    };
    assert_eq!(take(&old, &second), Accepted::SecondOnly(Ignored::NotNewer));
    assert_eq!(take(&old, &second), not_newer());
    let older = reading(P + 9, P, now.unix - 1);
    printed(take(&reading(P + 1, P, now.unix), &older));
    assert_eq!(world.feed.second_last.price, P + 7);
    assert_eq!(world.feed.last.price, P + 1);
}

#[test]
fn the_slow_price_follows_at_20_ppm_a_second() {
    let mut world = World::new(Class::Major);
    printed(world.post(P, P));
    assert_eq!(world.feed.slow, P);
    world.wait(5);
    printed(world.post(101_000_000, P));
    assert_eq!(world.feed.slow, 100_010_000);
    world.wait(10);
    printed(world.post(100_005_000, P));
    assert_eq!(world.feed.slow, 100_005_000, "it stops at the price");
    world.wait(1_000);
    printed(world.post(98_700_000, P));
    // At most 600 s at once: 100,005,000 · 1.2 %, rounded up, is more than there is to go.
    assert_eq!(world.feed.slow, 98_804_940);
    let mut tiny = World::new(Class::Small);
    printed(tiny.post(10_000, 10_000));
    tiny.wait(1);
    printed(tiny.post(10_100, 10_000));
    assert_eq!(tiny.feed.slow, 10_001, "a fifth of a step still moves");
}

#[test]
fn the_print_before_a_closing_is_kept() {
    let mut world = quiet();
    let before = world.feed.last;
    time::close(&mut world.clock, world.now.unix, world.now.unix + 600);
    assert_eq!(
        *feed::print_before_closing(&world.feed, &world.clock, world.now),
        before
    );
    for _ in 0..3 {
        world.wait(10);
        printed(world.post(P - 5, P));
        assert_eq!(
            *feed::print_before_closing(&world.feed, &world.clock, world.now),
            before
        );
    }
    // Extending it keeps it; the next one has its own.
    let now = world.now.unix;
    time::close(&mut world.clock, now, now + 900);
    world.wait(10);
    printed(world.post(P - 6, P));
    assert_eq!(
        *feed::print_before_closing(&world.feed, &world.clock, world.now),
        before
    );
    world.wait(2_000);
    printed(world.post(P - 7, P));
    let before = world.feed.last;
    let now = world.now.unix;
    time::close(&mut world.clock, now, now + 900);
    assert_eq!(
        *feed::print_before_closing(&world.feed, &world.clock, world.now),
        before,
        "not that of the closing before, while none has come"
    );
    world.wait(2);
    printed(world.post(P - 8, P));
    assert_eq!(
        *feed::print_before_closing(&world.feed, &world.clock, world.now),
        before
    );
}

#[test]
fn closes_keep_the_newest_print_of_each_minute() {
    let mut world = World::new(Class::Major);
    for minute in 0..40u64 {
        for second in [0, 20, 40] {
            printed(world.post(P + minute * 10 + second / 20, P));
            world.wait(20);
        }
    }
    let last_minute = START / 60 + 39;
    for minute in 10..40u64 {
        let at = START / 60 + minute as i64;
        let close = world.feed.closes[(at % 30) as usize];
        assert_eq!(
            close,
            Mark {
                price: P + minute * 10 + 2,
                at: START + minute as i64 * 60 + 40
            }
        );
    }
    // The middle of 100 to 390 in steps of ten, the lower one.
    assert_eq!(
        feed::median_close(&world.feed, last_minute * 60 + 59),
        P + 242
    );
    // A quarter of an hour later only the newer half counts; an hour later none.
    assert_eq!(
        feed::median_close(&world.feed, (last_minute + 15) * 60),
        P + 322
    );
    assert_eq!(feed::median_close(&world.feed, (last_minute + 60) * 60), 0);
}

#[test]
fn the_bitmap_tells_the_minutes_with_a_print() {
    let mut dice = Dice(7);
    let mut world = World::new(Class::Major);
    let mut minutes = std::collections::BTreeSet::new();
    for _ in 0..800 {
        world.wait(match dice.within(0, 30) {
            0 => dice.within(3_000, 9_000),
            1..6 => dice.within(60, 600),
            _ => dice.within(1, 50),
        });
        printed(world.post(P, P));
        let newest = world.now.unix / 60;
        minutes.insert(newest);
        assert_eq!(world.feed.minute_newest, newest);
        for span in [1, 2, 30, 63, 64, 65, 120, 127, 128] {
            let kept = minutes.range(newest - span + 1..).count() as u32;
            assert_eq!(
                feed::covered_minutes(&world.feed.minutes, span as u32),
                kept,
                "{span}"
            );
        }
    }
}

/// a60: what a halted market asks of its feed before it reopens.
#[test]
fn a60_reopening_sees_fresh_and_measured_prints() {
    let mut world = World::new(Class::Major);
    for _ in 0..3 {
        assert!(!feed::printed_in_each(&world.feed, world.now.unix, 3));
        printed(world.post(P, P));
        world.wait(60);
    }
    world.now.unix -= 1;
    assert!(feed::printed_in_each(&world.feed, world.now.unix, 3));
    assert!(!feed::printed_in_each(&world.feed, world.now.unix, 4));
    world.wait(60);
    assert!(
        !feed::printed_in_each(&world.feed, world.now.unix, 3),
        "a minute without one"
    );
    // A print that is Stale on arrival is no witness and no measurement.
    printed(world.take(&reading(P, P, world.now.unix - 15)));
    assert!(!feed::printed_in_each(&world.feed, world.now.unix, 1));
}

#[test]
fn prints_are_kept_eight_seconds_apart() {
    let mut world = World::new(Class::Major);
    for second in 0..100u64 {
        printed(world.post(P + second, P));
        world.wait(1);
    }
    let mut kept: Vec<_> = world
        .feed
        .prints
        .iter()
        .map(|mark| mark.at - START)
        .collect();
    kept.sort_unstable();
    assert_eq!(kept, [40, 48, 56, 64, 72, 80, 88, 96]);
}

/// Any messages in any order: time never goes back, the price is one that was posted, state is
/// whole.
#[test]
fn random_messages_leave_a_sound_feed() {
    for seed in 0..64 {
        let mut dice = Dice(seed);
        let mut world = World::new(Class::ALL[dice.within(0, 3) as usize]);
        let clock = OpenClock::default();
        let (mut price, mut waits) = (dice.within(1_000_000, 1 << 44), 0);
        for step in 0..2_000 {
            world.wait(dice.within(0, 3));
            world.now.slot += dice.within(0, 5);
            if dice.one_in(5) {
                price = (price / 100).max(1) * dice.within(80, 125);
            }
            let at = world.now.unix - dice.within(0, 30) as i64 + 2;
            let reading = reading(price * dice.within(0, 30).min(1), price, at);
            let back = if dice.one_in(20) {
                dice.within(0, 100) as i64
            } else {
                0
            };
            let now = Now {
                unix: world.now.unix - back,
                ..world.now
            };
            let before = world.feed;
            let result = feed::accept(&mut world.feed, &reading, None, now, &clock);
            let feed = &world.feed;
            let what = format!("seed {seed} step {step}: {result:?}");
            match result {
                Ok(Accepted::Print(_)) => {
                    waits = 0;
                    assert!(feed.last.publish_at > before.last.publish_at, "{what}");
                    assert_eq!(feed.previous, before.last, "{what}");
                    assert_eq!(feed.pending.price, 0, "{what}");
                    let posted = [reading.price, before.pending.price];
                    assert!(posted.contains(&feed.last.price), "{what}");
                    assert!(feed.slow > 0, "{what}");
                }
                Ok(Accepted::Unconfirmed) => {
                    waits = world.now.unix - feed.pending_from_at;
                    assert_eq!(feed.last, before.last, "{what}");
                    assert_eq!(feed.variance_read, before.variance_read, "{what}");
                    let slots = now.slot - feed.pending_from_slot;
                    assert!(waits < 10 + back || slots < 25, "{what}");
                }
                Ok(Accepted::Nothing(_)) | Err(Error::PriceFromFuture) => {
                    assert_eq!(bytes(feed), bytes(&before), "{what}");
                }
                other => panic!("{what}: {other:?}"),
            }
        }
        assert!(waits < 200);
    }
}
