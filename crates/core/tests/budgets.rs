//! Budgets of restrictions, pauses and revocations (D12), against a model that counts hours.

mod fixture;

use bulwark_core::mode::{
    Act, By, Capability, Finding, Grace, Item, Mode, PAIR_RESTRICT, REVOCATION_MAX, SLOT_MS,
    charged_end, effective, effective_record, lift_revocations, observe, pause, pause_protocol,
    restrict_alone, restrict_together, revoke, revoked, running,
};
use bulwark_core::time::open_seconds;
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

/// a18: lone guardians restrict for hours, twice a week; a shorter act ends nobody's longer one.
#[test]
fn a18_one_guardian_restricts_for_hours_only() {
    let mut record = ModeRecord::default();
    let mut own = [0i64; 2];
    let end = restrict_alone(&mut record, &mut own, act(1_000), at(0)).unwrap();
    assert_eq!(end.at, START + 6 * HOUR);
    restrict_alone(&mut record, &mut own, act(6), at(6)).unwrap();
    assert_eq!(
        restrict_alone(&mut record, &mut own, act(6), at(12)),
        Err(Error::BudgetExhausted)
    );
    assert_eq!(effective_record(&record, at(12)), Mode::Normal);
    restrict_alone(&mut record, &mut own, act(6), at(7 * 24)).unwrap();
    // In 30 days one guardian alone restricts at most 6 h × 2 × 5 weeks.
    let mut pausing = Compartment::zeroed();
    pause(&mut pausing, By::Guardian, act(10), at(0)).unwrap();
    let long = pausing.mode.paused;
    restrict_alone(&mut pausing.mode, &mut [0; 2], act(1), at(1)).unwrap();
    assert_eq!(pause(&mut pausing, By::Guardian, act(1), at(1)), Ok(None));
    assert_eq!(pausing.mode.paused, long);
    assert_eq!(effective_record(&pausing.mode, at(9)), Mode::Paused);
    // No grace after Restricted.
    let mut restricted = Compartment::zeroed();
    restrict_alone(&mut restricted.mode, &mut [0; 2], act(1), at(0)).unwrap();
    assert!(!Grace::of(&restricted).runs(3_000_000_000, later(HOUR + 10)));
}

/// Two guardians: 72 h each, 96 h in any 30 days.
#[test]
fn a_pair_restricts_within_its_budget() {
    let mut record = ModeRecord::default();
    let mut budget = Budget::default();
    let end = restrict_together(&mut record, &mut budget, act(100), at(0)).unwrap();
    assert_eq!(end.at, START + 72 * HOUR);
    let end = restrict_together(&mut record, &mut budget, act(100), at(100)).unwrap();
    assert_eq!(end.at, START + 124 * HOUR, "24 h are left");
    for hour in [125, 400, 719] {
        let refused = restrict_together(&mut record, &mut budget, act(1), at(hour));
        assert_eq!(refused, Err(Error::BudgetExhausted), "hour {hour}");
    }
    let end = restrict_together(&mut record, &mut budget, act(100), at(725)).unwrap();
    assert_eq!(
        end.at,
        START + 730 * HOUR,
        "five hours have left the window"
    );
    assert_eq!(PAIR_RESTRICT.window, 96 * 3_600);
}

/// Longest paused time in any window of 720 hours.
fn most(hours: &[bool]) -> usize {
    let mut sum = 0;
    let mut most = 0;
    for (at, on) in hours.iter().enumerate() {
        sum += usize::from(*on);
        if at >= 720 {
            sum -= usize::from(hours[at - 720]);
        }
        most = most.max(sum);
    }
    most
}

/// Random interleavings of several powers over 200 days: the mode is what a model of single grants
/// says in every hour, times only grow, and no window of 30 days sees more than the budgets.
#[test]
fn budgets_hold_under_any_interleaving() {
    const HOURS: usize = 200 * 24;
    for seed in 0..300u64 {
        let mut dice = Dice(seed);
        let (protocol, mut compartment) = world();
        let mut guardian = vec![false; HOURS + 200];
        let mut automation = vec![false; HOURS + 200];
        let mut wanted = [0usize; 2];
        for hour in 0..HOURS {
            let now = at(hour as i64);
            let before = compartment.mode;
            // A burst of acts now and then.
            for _ in 0..dice.below(3) * u64::from(dice.one_in(12)) {
                let hours = dice.range(1, 100);
                let (by, own, each) = if dice.one_in(2) {
                    (By::Guardian, &mut guardian, 72)
                } else {
                    (By::Automation, &mut automation, 24)
                };
                wanted[by as usize - 1] += 1;
                let granted = pause(&mut compartment, by, act(hours), now);
                if let Ok(Some(granted)) = granted {
                    let until = (granted.until - START) / HOUR;
                    assert!(until <= hour as i64 + hours.min(each), "seed {seed}");
                    own[hour..until as usize].fill(true);
                }
            }
            if dice.one_in(30) {
                let _ = restrict_alone(&mut compartment.mode, &mut [0; 2], act(5), now);
            }
            let after = compartment.mode;
            for (old, new) in [
                (before.paused, after.paused),
                (before.restricted, after.restricted),
            ] {
                // What still runs only grows; what has passed makes room.
                let grown = new.at >= old.at && new.slot >= old.slot;
                assert!(grown || !running(&old, now), "seed {seed} hour {hour}");
            }
            let model = guardian[hour] || automation[hour];
            let paused = effective(&protocol, &compartment, now) == Mode::Paused;
            assert_eq!(paused, model, "seed {seed} hour {hour}");
        }
        assert!(most(&guardian) <= 96, "seed {seed}: {}", most(&guardian));
        assert!(
            most(&automation) <= 72,
            "seed {seed}: {}",
            most(&automation)
        );
        // The model is no empty one: the budgets are reached.
        assert!(wanted[0] > 100 && wanted[1] > 100, "seed {seed} {wanted:?}");
        assert!(
            most(&guardian) == 96 && most(&automation) == 72,
            "seed {seed}"
        );
    }
}

/// INV-CLOCK: the open-second clock stands still exactly while the compartment is paused.
#[test]
fn open_seconds_are_the_seconds_not_paused() {
    for seed in 0..100u64 {
        let mut dice = Dice(seed);
        let (protocol, mut compartment) = world();
        let mut open = open_seconds(&compartment.clock, START);
        for hour in 0..2_000i64 {
            let now = at(hour);
            if dice.one_in(40) {
                let by = if dice.one_in(2) {
                    By::Guardian
                } else {
                    By::Automation
                };
                let _ = pause(&mut compartment, by, act(dice.range(1, 80)), now);
            }
            assert_eq!(
                open_seconds(&compartment.clock, now.unix),
                open,
                "seed {seed} {hour}"
            );
            if effective(&protocol, &compartment, now) != Mode::Paused {
                open += HOUR as u64;
            }
        }
    }
}

/// a19: a standing bit of missing value holds Paused for 72 h of 30 days, then Restricted; the
/// guardians' budget is another.
#[test]
fn a19_bits_hold_paused_within_the_budget_of_automation() {
    let (protocol, mut compartment) = world();
    let mut hours = Vec::new();
    for hour in 0..100 * 24 {
        let now = at(hour);
        let seen = observe(&mut compartment, Item::Bank(2), Finding::ValueMissing, now).unwrap();
        assert_eq!(seen.changed, hour == 0);
        let mode = effective(&protocol, &compartment, now);
        assert!(mode >= Mode::Restricted);
        hours.push(mode == Mode::Paused);
    }
    assert!(
        hours[..72].iter().all(|paused| *paused),
        "the first three days"
    );
    assert!(
        hours[72..720].iter().all(|paused| !paused),
        "then Restricted"
    );
    assert_eq!(most(&hours), 72);
    assert!(
        pause(&mut compartment, By::Guardian, act(10), at(100))
            .unwrap()
            .is_some()
    );
    // Guardians who burnt theirs leave automation's.
    let (_, mut burnt) = world();
    for hour in [0, 72, 96] {
        let _ = pause(&mut burnt, By::Guardian, act(72), at(hour));
    }
    assert_eq!(pause(&mut burnt, By::Guardian, act(1), at(97)), Ok(None));
    let seen = observe(&mut burnt, Item::Bank(0), Finding::ValueMissing, at(97)).unwrap();
    assert_eq!(seen.paused_until, START + 121 * HOUR);
    // Its budget is kept while a pause of somebody else runs.
    let (_, mut held) = world();
    pause(&mut held, By::Guardian, act(30), at(0)).unwrap();
    let seen = observe(&mut held, Item::Bank(0), Finding::ValueMissing, at(1)).unwrap();
    assert_eq!((seen.changed, seen.paused_until), (true, 0));
    assert_eq!(held.automation_budget, Budget::default());
    let seen = observe(&mut held, Item::Bank(0), Finding::ValueMissing, at(30)).unwrap();
    assert_eq!(seen.paused_until, START + 54 * HOUR);
    assert!(revoke(&mut burnt, Capability::NewRisk, 1_000_000, SLOT_MS, at(98)).is_ok());
}

#[test]
fn revocations_are_budgeted_and_lifted_by_relax() {
    let (_, mut compartment) = world();
    let c = &mut *compartment;
    revoke(c, Capability::Deposit, u64::MAX, SLOT_MS, at(0)).unwrap();
    assert_eq!(revoked(c, at(71)), Capability::Deposit.bit());
    assert_eq!(revoked(c, at(72)), 0, "{REVOCATION_MAX} s");
    revoke(c, Capability::Deposit, 60, SLOT_MS, at(100)).unwrap();
    let third = revoke(c, Capability::Deposit, 60, SLOT_MS, at(719));
    assert_eq!(third, Err(Error::BudgetExhausted));
    assert!(revoke(c, Capability::Matching, 7_200, SLOT_MS, at(719)).is_ok());
    assert!(revoke(c, Capability::Deposit, 7_200, SLOT_MS, at(720)).is_ok());
    lift_revocations(c, at(719).unix);
    assert_eq!(
        revoked(c, at(720)),
        Capability::Deposit.bit(),
        "the newer one stands"
    );
    // In any 30 days at most 144 h.
}

/// A protocol pause asks no compartment for more than its own budget holds.
#[test]
fn a_protocol_pause_is_charged_to_every_compartment() {
    let mut protocol = Protocol::zeroed();
    let mut all: Vec<Box<Compartment>> = (0..3).map(|_| Box::new(Compartment::zeroed())).collect();
    pause(&mut all[1], By::Guardian, act(72), at(0)).unwrap();
    let now = at(80);
    let mut shortest = End {
        at: i64::MAX,
        slot: u64::MAX,
    };
    for compartment in &mut all {
        pause(compartment, By::Guardian, act(72), now).unwrap();
        let end = charged_end(compartment, SLOT_MS, now).unwrap();
        if end.at < shortest.at {
            shortest = end;
        }
    }
    pause_protocol(&mut protocol, shortest, 9, now).unwrap();
    assert_eq!(
        protocol.mode.paused.at,
        START + 104 * HOUR,
        "24 h were left to one"
    );
    let until = |c: &Compartment| {
        (80..200)
            .find(|h| effective(&protocol, c, at(*h)) != Mode::Paused)
            .unwrap()
    };
    assert_eq!(
        [until(&all[0]), until(&all[1]), until(&all[2])],
        [152, 104, 152]
    );
    // One whose budget is used up is not paused by the protocol's record either.
    let mut shortest = End {
        at: i64::MAX,
        slot: u64::MAX,
    };
    for compartment in &mut all {
        pause(compartment, By::Guardian, act(72), at(300)).unwrap();
        let end = charged_end(compartment, SLOT_MS, at(300)).unwrap();
        if end.at < shortest.at {
            shortest = end;
        }
    }
    pause_protocol(&mut protocol, shortest, 9, at(300)).unwrap();
    assert_eq!(effective(&protocol, &all[0], at(301)), Mode::Paused);
    assert_eq!(effective(&protocol, &all[1], at(301)), Mode::Normal);
}
