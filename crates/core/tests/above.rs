//! Time above Normal because of bits and breakers (D9), against a list of the hours lived through.

mod fixture;

use bulwark_core::Now;
use bulwark_core::mode::{
    Act, By, Finding, Item, SLOT_MS, above_normal_since, above_normal_within, latch, observe,
    pause, relax_compartment, running,
};
use bulwark_state::{Compartment, End};
use bytemuck::Zeroable;
use fixture::Dice;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const WINDOW: i64 = 30 * DAY;
/// Not the beginning of a day.
const START: i64 = 1_700_000_000;
/// The most that may be missing: half of the day in which the window begins.
const HALF_A_DAY: u64 = 12 * 3_600;

/// So many seconds after the start, slots of 400 ms.
fn at(seconds: i64) -> Now {
    let unix = START + seconds;
    Now {
        unix,
        slot: unix.unsigned_abs() * 10 / 4,
    }
}

fn act(seconds: i64) -> Act {
    Act {
        seconds: seconds.unsigned_abs(),
        reason: 7,
        slot_ms: SLOT_MS,
    }
}

fn compartment() -> Box<Compartment> {
    Box::new(Compartment::zeroed())
}

fn market(compartment: &mut Compartment, finding: Finding, seconds: i64) {
    observe(compartment, Item::Market(3), finding, at(seconds)).unwrap();
}

fn bank(compartment: &mut Compartment, finding: Finding, seconds: i64) {
    observe(compartment, Item::Bank(1), finding, at(seconds)).unwrap();
}

#[test]
fn stretches_with_breaks_add_up_to_the_second() {
    let mut c = compartment();
    market(&mut c, Finding::Broken, 0);
    market(&mut c, Finding::Sound, 5 * DAY + 7);
    assert_eq!(above_normal_since(&c, at(6 * DAY)), None, "a break");
    assert_eq!(above_normal_within(&c, at(6 * DAY)), 5 * 86_400 + 7);
    market(&mut c, Finding::Broken, 8 * DAY);
    // What runs counts as it runs, whoever looks.
    assert_eq!(above_normal_within(&c, at(9 * DAY + 1)), 6 * 86_400 + 8);
    assert_eq!(above_normal_since(&c, at(9 * DAY)), Some(at(8 * DAY).unix));
    market(&mut c, Finding::Sound, 10 * DAY);
    // Latches run out by themselves: nobody need come by in time.
    latch(&mut c, act(2 * HOUR), at(11 * DAY)).unwrap();
    assert_eq!(
        above_normal_within(&c, at(20 * DAY)),
        7 * 86_400 + 7 + 7_200
    );
    bank(&mut c, Finding::Sound, 21 * DAY);
    assert_eq!(c.mode.above_normal_at, 0, "closed where it ran out");
    assert_eq!(
        above_normal_within(&c, at(22 * DAY)),
        7 * 86_400 + 7 + 7_200
    );
    // Of the first stretch a day lies before the window by now.
    assert_eq!(
        above_normal_within(&c, at(31 * DAY)),
        6 * 86_400 + 7 + 7_200
    );
    assert_eq!(above_normal_within(&c, at(100 * DAY)), 0);
}

/// a16: whoever trips a breaker for a minute a day counts minutes, and pushes nothing out.
#[test]
fn a16_minutes_count_as_minutes_and_forget_nothing() {
    let mut c = compartment();
    for day in 0..60 {
        latch(&mut c, act(60), at(day * DAY)).unwrap();
    }
    assert_eq!(above_normal_within(&c, at(59 * DAY + 60)), 30 * 60);
    // Two weeks of a bit, then a breaker for a minute in every ten, for two weeks.
    let mut c = compartment();
    market(&mut c, Finding::Broken, 0);
    market(&mut c, Finding::Sound, 13 * DAY);
    for minutes in 0..14 * 144 {
        latch(&mut c, act(60), at(13 * DAY + 60 + minutes * 600)).unwrap();
    }
    let all = 13 * 86_400 + 14 * 144 * 60;
    assert_eq!(above_normal_within(&c, at(27 * DAY + 600)), all);
}

/// a73: no act of guardians adds to the count or takes from it, but a Relax, which brings the mode
/// back indeed.
#[test]
fn a73_guardians_neither_add_to_the_count_nor_reset_it() {
    let mut c = compartment();
    pause(&mut c, By::Guardian, act(72 * HOUR), at(0)).unwrap();
    assert_eq!(above_normal_within(&c, at(2 * DAY)), 0);
    // Value is missing: automation pauses for a day. Made good at once, its pause still runs.
    let mut c = compartment();
    bank(&mut c, Finding::ValueMissing, 0);
    bank(&mut c, Finding::Sound, 1);
    let alone = above_normal_within(&c, at(DAY + 10));
    assert_eq!(alone, 86_400);
    // Guardians pause on top of it: it is no break, and their longer pause doesn't count.
    pause(&mut c, By::Guardian, act(72 * HOUR), at(HOUR)).unwrap();
    assert_eq!(above_normal_since(&c, at(DAY - 1)), Some(at(0).unix));
    assert_eq!(above_normal_since(&c, at(DAY)), None);
    assert_eq!(above_normal_within(&c, at(3 * DAY)), alone);
    // The other way round: automation's day within guardians' three counts as a day.
    let mut c = compartment();
    pause(&mut c, By::Guardian, act(72 * HOUR), at(0)).unwrap();
    pause(&mut c, By::Automation, act(DAY), at(HOUR)).unwrap();
    assert_eq!(above_normal_within(&c, at(3 * DAY)), 86_400);
    // A Relax ends a latch: what was lived through stays.
    let mut c = compartment();
    latch(&mut c, act(DAY), at(0)).unwrap();
    let named = c.mode.sequence;
    relax_compartment(&mut c, named, at(0).unix, at(6 * HOUR));
    assert_eq!(above_normal_since(&c, at(6 * HOUR)), None);
    assert_eq!(above_normal_within(&c, at(DAY)), 6 * 3_600);
}

/// What runs out in the second in which the next begins is no break, whoever acts in between.
#[test]
fn nobody_slips_a_break_into_the_second_between_two_alarms() {
    let mut c = compartment();
    latch(&mut c, act(DAY), at(0)).unwrap();
    pause(&mut c, By::Guardian, act(HOUR), at(DAY)).unwrap();
    market(&mut c, Finding::Sound, DAY);
    latch(&mut c, act(DAY), at(DAY)).unwrap();
    assert_eq!(above_normal_since(&c, at(DAY)), Some(at(0).unix));
    market(&mut c, Finding::Sound, 2 * DAY + 1);
    assert_eq!(above_normal_within(&c, at(3 * DAY)), 2 * 86_400);
}

#[test]
fn a_clock_that_goes_backwards_counts_nothing_twice() {
    let mut c = compartment();
    market(&mut c, Finding::Broken, 0);
    market(&mut c, Finding::Sound, 1_000);
    market(&mut c, Finding::Broken, 400);
    market(&mut c, Finding::Sound, 1_100);
    assert_eq!(above_normal_within(&c, at(2_000)), 1_100);
    market(&mut c, Finding::Broken, 500);
    market(&mut c, Finding::Sound, 600);
    assert_eq!(above_normal_within(&c, at(2_000)), 1_100);
}

/// Where slots end a latch before its time, it counts to the next act, and never beyond its end.
#[test]
fn a_latch_that_slots_end_counts_to_the_next_act() {
    let slot = |seconds, slots| Now {
        slot: at(0).slot + slots,
        ..at(seconds)
    };
    let mut c = compartment();
    latch(&mut c, act(HOUR), slot(0, 0)).unwrap();
    let late = slot(600, 3_600 * 2_000 / 300);
    assert_eq!(above_normal_since(&c, late), None);
    observe(&mut c, Item::Bank(1), Finding::Sound, late).unwrap();
    assert_eq!(above_normal_within(&c, at(DAY)), 600);
}

/// What was lived through, in pieces of half an hour.
#[derive(Default)]
struct Lived {
    bit: bool,
    latch: End,
    paused: End,
    pieces: Vec<(i64, i64)>,
    /// Acts that ended what stood.
    breaks: Vec<i64>,
}

impl Lived {
    fn stands(&self, now: Now) -> bool {
        self.bit || running(&self.latch, now) || running(&self.paused, now)
    }

    fn look(&mut self, stood: bool, now: i64) {
        if stood && !self.stands(at(now)) {
            self.breaks.push(at(now).unix);
        }
    }

    fn live(&mut self, from: i64, to: i64) {
        for piece in (from..to).step_by(1_800) {
            let now = at(piece);
            if self.stands(now) {
                self.pieces.push((now.unix, now.unix + 1_800));
            }
        }
    }

    fn within(&self, now: i64) -> u64 {
        let from = at(now).unix - WINDOW;
        let pieces = self.pieces.iter();
        let sum: i64 = pieces.map(|(a, b)| (b - (*a).max(from)).max(0)).sum();
        sum.unsigned_abs()
    }

    fn since(&self, now: i64) -> Option<i64> {
        let mut since = at(now).unix;
        for (from, to) in self.pieces.iter().rev() {
            if *to != since || self.breaks.contains(to) {
                break;
            }
            since = *from;
        }
        Some(since).filter(|since| *since != at(now).unix)
    }
}

#[test]
fn the_count_against_every_half_hour_lived_through() {
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let (mut c, mut lived, mut now) = (compartment(), Lived::default(), 0);
        while now < 90 * DAY {
            let hours = dice.range(1, 60);
            let stood = lived.stands(at(now));
            let act_of = dice.below(9);
            match act_of {
                0 | 1 => {
                    lived.bit = dice.below(3) > 0;
                    let finding = [Finding::Sound, Finding::Broken][usize::from(lived.bit)];
                    market(&mut c, finding, now);
                }
                2 | 3 => {
                    let end = latch(&mut c, act(hours * 1_800), at(now)).unwrap();
                    if end.at > lived.latch.at {
                        lived.latch = end;
                    }
                }
                4 => {
                    let asked = act(hours * 1_800);
                    let granted = pause(&mut c, By::Automation, asked, at(now)).unwrap();
                    lived.paused = granted.map_or(lived.paused, |paused| paused.end);
                }
                5 => {
                    pause(&mut c, By::Guardian, act(hours * HOUR), at(now)).unwrap();
                }
                6 => {
                    let named = c.mode.sequence;
                    relax_compartment(&mut c, named, at(now).unix, at(now));
                    lived.latch = End::default();
                }
                _ => {}
            }
            lived.look(stood || act_of == 6, now);
            let next = now + dice.range(0, 40) * HOUR;
            lived.live(now, next);
            now = next;
            let (found, exact) = (above_normal_within(&c, at(now)), lived.within(now));
            assert!(found <= exact, "seed {seed}: {found} of {exact}");
            assert!(
                exact - found <= HALF_A_DAY,
                "seed {seed}: {found} of {exact}"
            );
            if let Some(since) = above_normal_since(&c, at(now)).filter(|s| *s < at(now).unix) {
                assert_eq!(Some(since), lived.since(now), "seed {seed}");
            }
        }
    }
}
