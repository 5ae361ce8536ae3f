//! Mode records, budgets, broken bits (D12), against a model that counts hours.

mod fixture;

use bulwark_core::breaker::restart;
use bulwark_core::mode::{
    Act, By, CAUSE_GUARDIAN, Finding, GRACE, GRACE_LEAST, Global, Grace, Item, Mode, SLOT_MS,
    above_normal_since, effective, effective_record, end_after, latch, observe, pause, relax,
    restrict_alone, restrict_together, running,
};
use bulwark_core::{Error, Now};
use bulwark_state::{Budget, Compartment, End, ModeRecord, Protocol};
use bytemuck::Zeroable;
use fixture::Dice;

const HOUR: i64 = 3_600;
const START: i64 = 1_700_000_000;

/// `hours` after the start, slots of 400 ms.
fn at(hours: i64) -> Now {
    let unix = START + hours * HOUR;
    Now {
        unix,
        slot: (unix as u64) * 10 / 4,
    }
}

fn later(seconds: i64) -> Now {
    let unix = START + seconds;
    Now {
        unix,
        slot: (unix as u64) * 10 / 4,
    }
}

fn act(hours: i64) -> Act {
    Act {
        seconds: (hours * HOUR) as u64,
        reason: 7,
        slot_ms: SLOT_MS,
    }
}

fn world() -> (Box<Protocol>, Box<Compartment>) {
    (
        Box::new(Protocol::zeroed()),
        Box::new(Compartment::zeroed()),
    )
}

#[test]
fn an_end_is_the_first_of_unix_and_twice_the_slots() {
    let now = Now {
        unix: 1_000,
        slot: 50_000,
    };
    let end = end_after(now, 600, 300).unwrap();
    assert_eq!(
        end,
        End {
            at: 1_600,
            slot: 54_000
        }
    );
    assert!(running(
        &end,
        Now {
            unix: 1_599,
            slot: 53_999
        }
    ));
    assert!(!running(
        &end,
        Now {
            unix: 1_600,
            slot: 50_001
        }
    ));
    assert!(!running(
        &end,
        Now {
            unix: 1_001,
            slot: 54_000
        }
    ));
    assert_eq!(end_after(now, 600, 199), Err(Error::BadValue));
    assert_eq!(end_after(now, 600, 401), Err(Error::BadValue));
}

#[test]
fn strictest_of_both_records_and_bits() {
    let (mut protocol, mut compartment) = world();
    let now = at(0);
    assert_eq!(effective(&protocol, &compartment, now), Mode::Normal);
    restrict_alone(&mut protocol.mode, &mut [0; 2], act(2), now).unwrap();
    assert_eq!(effective(&protocol, &compartment, now), Mode::Restricted);
    pause(&mut compartment, By::Guardian, act(1), now).unwrap();
    assert_eq!(effective(&protocol, &compartment, now), Mode::Paused);
    assert_eq!(effective(&protocol, &compartment, at(1)), Mode::Restricted);
    assert_eq!(effective(&protocol, &compartment, at(2)), Mode::Normal);
    observe(&mut compartment, Item::Market(3), Finding::Broken, at(2)).unwrap();
    assert_eq!(
        effective(&protocol, &compartment, at(2_000)),
        Mode::Restricted
    );
    observe(&mut compartment, Item::Market(3), Finding::Sound, at(2_001)).unwrap();
    assert_eq!(effective(&protocol, &compartment, at(2_001)), Mode::Normal);
    compartment.recovery_phase = 1;
    compartment.recovery_cause = CAUSE_GUARDIAN;
    assert_eq!(effective(&protocol, &compartment, at(2_001)), Mode::Paused);
    compartment.recovery_cause = 2;
    assert_eq!(effective(&protocol, &compartment, at(2_001)), Mode::Normal);
}

#[test]
fn a_pause_ends_by_slots_when_unix_stalls() {
    let (protocol, mut compartment) = world();
    let now = at(0);
    pause(&mut compartment, By::Guardian, act(72), now).unwrap();
    let slots = 2 * 72 * 3_600 * 1_000 / 300;
    let stalled = |slot| Now {
        unix: now.unix + 60,
        slot,
    };
    assert_eq!(
        effective(&protocol, &compartment, stalled(now.slot + slots - 1)),
        Mode::Paused
    );
    assert_eq!(
        effective(&protocol, &compartment, stalled(now.slot + slots)),
        Mode::Normal
    );
}

/// a35: only a check of the very item clears its bit.
#[test]
fn a35_other_items_do_not_clear_a_bit() {
    let (protocol, mut compartment) = world();
    let broken = [
        Item::Bank(3),
        Item::Market(31),
        Item::Global(Global::Deficit),
    ];
    for item in broken {
        observe(&mut compartment, item, Finding::Broken, at(0)).unwrap();
    }
    for bank in 0..16 {
        if bank != 3 {
            observe(&mut compartment, Item::Bank(bank), Finding::Sound, at(1)).unwrap();
        }
    }
    assert_eq!(compartment.broken.banks, 1 << 3);
    for (left, item) in broken.into_iter().enumerate() {
        assert_eq!(
            effective(&protocol, &compartment, at(900)),
            Mode::Restricted,
            "{left}"
        );
        observe(&mut compartment, item, Finding::Sound, at(2)).unwrap();
    }
    assert_eq!(effective(&protocol, &compartment, at(2)), Mode::Normal);
    assert_eq!(compartment.broken.bank_checked_slot[3], at(2).slot);
    assert_eq!(compartment.broken.market_checked_slot[31], at(2).slot);
    let bad = observe(&mut compartment, Item::Bank(16), Finding::Sound, at(2));
    assert_eq!(bad, Err(Error::BadIndex));
    let bad = observe(
        &mut compartment,
        Item::Market(1),
        Finding::ValueMissing,
        at(2),
    );
    assert_eq!(bad, Err(Error::BadValue));
}

#[test]
fn missing_value_is_seen_twice_an_hour_apart() {
    let (_, mut compartment) = world();
    let seen = |c: &mut Compartment, seconds, finding| {
        observe(c, Item::Bank(1), finding, later(seconds)).unwrap();
        (c.broken.missing_at, c.broken.missing_again_at)
    };
    let c = &mut *compartment;
    assert_eq!(seen(c, 0, Finding::ValueMissing), (START, 0));
    assert_eq!(seen(c, 3_599, Finding::ValueMissing), (START, 0));
    // Whoever looks elsewhere hasn't seen it again: it may be made good since.
    observe(c, Item::Bank(2), Finding::Sound, later(3_600)).unwrap();
    assert_eq!(c.broken.missing_again_at, 0);
    assert_eq!(
        seen(c, 3_600, Finding::ValueMissing),
        (START, START + 3_600)
    );
    assert_eq!(seen(c, 9_000, Finding::Broken), (0, 0));
    assert_eq!(seen(c, 9_001, Finding::ValueMissing), (START + 9_001, 0));
}

/// a73: guardians' own acts don't count for the dead-man rule; bits and breakers do, without break.
#[test]
fn a73_dead_man_counts_bits_and_breakers() {
    let (_, mut compartment) = world();
    let c = &mut *compartment;
    restrict_alone(&mut c.mode, &mut [0; 2], act(6), at(0)).unwrap();
    pause(c, By::Guardian, act(70), at(0)).unwrap();
    assert_eq!(above_normal_since(c, at(1)), None);
    latch(c, act(10), at(2)).unwrap();
    assert_eq!(above_normal_since(c, at(3)), Some(at(2).unix));
    latch(c, act(10), at(8)).unwrap();
    observe(c, Item::Market(0), Finding::Broken, at(17)).unwrap();
    assert_eq!(above_normal_since(c, at(400)), Some(at(2).unix), "no break");
    observe(c, Item::Market(0), Finding::Sound, at(401)).unwrap();
    assert_eq!(above_normal_since(c, at(401)), None);
    latch(c, act(1), at(402)).unwrap();
    assert_eq!(above_normal_since(c, at(403)), None, "it has passed");
    latch(c, act(1), at(404)).unwrap();
    assert_eq!(above_normal_since(c, at(404)), Some(at(404).unix));
}

#[test]
fn relax_lifts_what_it_names_and_newer_acts_stand() {
    let mut record = ModeRecord::default();
    let mut budget = Budget::default();
    restrict_together(&mut record, &mut budget, act(72), at(0)).unwrap();
    let named = record.sequence;
    assert_eq!(effective_record(&record, at(48)), Mode::Restricted);
    // a06: one guardian restricts for an hour to keep the long restriction alive.
    restrict_alone(&mut record, &mut [0; 2], act(1), at(48)).unwrap();
    assert!(relax(&mut record, named));
    assert_eq!(
        effective_record(&record, later(48 * HOUR + 1)),
        Mode::Restricted
    );
    assert_eq!(effective_record(&record, at(49)), Mode::Normal);
    // A number that names nothing newer lifts nothing.
    restrict_alone(&mut record, &mut [0; 2], act(6), at(50)).unwrap();
    assert!(!relax(&mut record, named));
    assert_eq!(effective_record(&record, at(51)), Mode::Restricted);
    let latest = record.sequence;
    assert!(relax(&mut record, latest));
    assert_eq!(effective_record(&record, at(51)), Mode::Normal);
}

/// Relax never lifts a pause or a bit, and leaves exactly the acts newer than it names, or more.
#[test]
fn relax_against_a_list_of_acts() {
    for seed in 0..2_000u64 {
        let mut dice = Dice(seed);
        let (protocol, mut compartment) = world();
        let c = &mut *compartment;
        let mut acts: Vec<(u64, i64)> = Vec::new();
        let mut named = 0;
        for hour in 0..60i64 {
            match dice.below(8) {
                0 | 1 => {
                    let mut own = [0; 2];
                    let end =
                        restrict_alone(&mut c.mode, &mut own, act(dice.range(1, 6)), at(hour));
                    acts.push((c.mode.sequence, end.unwrap().at));
                }
                2 => {
                    let end = latch(c, act(dice.range(1, 20)), at(hour)).unwrap();
                    acts.push((c.mode.sequence, end.at));
                }
                3 => named = c.mode.sequence,
                4 => {
                    let paused = c.mode.paused;
                    relax(&mut c.mode, named);
                    assert_eq!(c.mode.paused, paused);
                    let stands = acts
                        .iter()
                        .filter(|(n, _)| *n > named)
                        .map(|(_, at)| *at)
                        .max();
                    let stands = stands.unwrap_or(0).max(at(hour).unix);
                    assert!(
                        c.mode.restricted.at >= stands || stands == at(hour).unix,
                        "seed {seed}: a newer act was lifted"
                    );
                    if acts.iter().all(|(n, _)| *n <= named) {
                        assert_eq!(effective_record(&c.mode, at(hour)), Mode::Normal);
                    }
                    acts.retain(|(n, _)| *n > named);
                }
                _ => {}
            }
            let model = acts.iter().any(|(_, end)| *end > at(hour).unix);
            if model {
                assert_eq!(
                    effective(&protocol, c, at(hour)),
                    Mode::Restricted,
                    "seed {seed}"
                );
            }
        }
    }
}

/// a28: grace is one window after a closing, longer where the cluster is slow.
#[test]
fn a28_grace_is_one_window() {
    let (_, mut compartment) = world();
    let c = &mut *compartment;
    let least = GRACE_LEAST.cast_signed();
    pause(c, By::Guardian, act(1), later(2_000)).unwrap();
    let calm = |c: &Compartment, seconds| Grace::of(c).runs(0, later(seconds));
    assert!(!calm(c, 2_001), "paused is not grace");
    assert!(!calm(c, 5_599) && calm(c, 5_600) && calm(c, 5_600 + least - 1));
    assert!(!calm(c, 5_600 + least));
    // Twice as slow: twice as long. Slower than three times counts as three.
    for (factor_e9, length) in [(2_000_000_000, 2 * least), (u64::MAX, GRACE)] {
        let runs = |seconds| Grace::of(c).runs(factor_e9, later(5_600 + seconds));
        assert!(runs(length - 1) && !runs(length), "{factor_e9}");
    }
    assert_eq!(c.grace_until - c.grace_from, GRACE);
}

/// a28: after a restart both windows begin at its slot, whenever somebody notices.
#[test]
fn a28_windows_after_a_restart_begin_with_it() {
    assert!(!restart::waits(0, 5) && !restart::grace(0, 5, 0), "never");
    let third = restart::SLOTS / 3;
    for (slot, waits, calm, slow) in [
        (99, false, false, false),
        (100, true, true, true),
        (100 + third - 1, true, true, true),
        (100 + third, true, false, true),
        (100 + restart::SLOTS - 1, true, false, true),
        (100 + restart::SLOTS, false, false, false),
    ] {
        assert_eq!(restart::waits(100, slot), waits, "{slot}");
        assert_eq!(restart::grace(100, slot, 1_000_000_000), calm, "{slot}");
        assert_eq!(restart::grace(100, slot, 3_000_000_000), slow, "{slot}");
    }
}
