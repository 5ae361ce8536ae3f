//! INV-MARGIN, INV-CLOCK and the timing of rise, ramp, calm and loosening.

mod oracle;

use bulwark_core::feed::Accepted;
use bulwark_core::params::{self, Class};
use bulwark_core::targets::{self, Measure};
use bulwark_core::time;
use bulwark_state::{OpenClock, Targets};
use oracle::dice::Dice;
use oracle::*;

/// Targets of a major whose distance to the average counts once.
fn major() -> Targets {
    let mut targets = targets_of(Class::Major, START, 0);
    targets.params.gap_w = 1_000;
    targets
}

/// A measurement that asks for `ask` e9 through the distance to the average alone.
fn asking(targets: &Targets, ask: u64, at: i64) -> Measure {
    assert_eq!(targets.params.gap_w, 1_000);
    Measure {
        variance: [0; 3],
        gap: ask,
        at,
        minutes: [u64::MAX; 2],
    }
}

fn update(targets: &mut Targets, ask: u64, at: i64, open: u64) {
    let measure = asking(targets, ask, at);
    targets::update(targets, &measure, E9, open).unwrap();
}

/// One update and everything that INV-MARGIN says about it.
fn checked(targets: &mut Targets, measure: &Measure, factor: u64, open: u64, at: &str) {
    let (floor, cap) = (targets.params.floor_e9.into(), targets.params.cap_e9.into());
    let before = targets::maintenance(targets, open);
    targets::update(targets, measure, factor, open).unwrap();
    let after = targets::maintenance(targets, open);
    assert!(
        after <= before,
        "A rose in an update: {before} to {after}, {at}"
    );
    for ratio in [targets.im, targets.mm, after] {
        assert!(
            (floor..=cap).contains(&ratio),
            "{ratio} outside {floor}..{cap}, {at}"
        );
    }
}

/// 200 × 2,000 random updates: INV-MARGIN after each, with no rise faster than cap/ramp between.
#[test]
fn inv_margin_holds_under_random_updates() {
    for seed in 0..200u64 {
        let mut dice = Dice(seed);
        let class = Class::ALL[dice.within(0, 3) as usize];
        let mut targets = targets_of(class, START, 0);
        targets.params.ramp = dice.within(600, 7_200) as u32;
        targets.params.calm = dice.within(600, 7_200) as u32;
        targets.params.loosen_tau = dice.within(9_000, 72_000) as u32;
        let (cap, ramp) = (
            u64::from(targets.params.cap_e9),
            u64::from(targets.params.ramp),
        );
        let (mut at, mut open, mut stood) = (START, 0, 0);
        for step in 0..2_000 {
            let what = format!("seed {seed} step {step}");
            let seconds = if dice.one_in(100) {
                dice.within(0, 40_000)
            } else {
                dice.within(0, 90)
            };
            // Publish time, open time and one of them standing still.
            at += dice.within(u64::from(seconds == 0), seconds.max(1)) as i64;
            let applied = targets::maintenance(&targets, open);
            let passed = if dice.one_in(10) { 0 } else { seconds };
            open += passed;
            let walked = targets::maintenance(&targets, open);
            assert!(
                walked - applied <= cap * passed / ramp + 1,
                "too steep, {what}"
            );
            let shift = dice.within(0, 50);
            let variance = [0; 3].map(|_| (dice.next() >> shift) % volatility_max());
            let gap = if dice.one_in(20) {
                dice.within(0, E9)
            } else {
                dice.within(0, E9 / 50)
            };
            let minutes = [
                dice.next() | dice.next() | dice.next(),
                dice.next() | dice.next(),
            ];
            let measure = Measure {
                variance,
                gap,
                at,
                minutes,
            };
            let factor = dice.within(E9, 3 * E9);
            let target = targets.mm;
            checked(&mut targets, &measure, factor, open, &what);
            stood = if targets.mm == target {
                stood + passed
            } else {
                0
            };
            if stood >= ramp {
                assert_eq!(targets::maintenance(&targets, open), targets.mm, "{what}");
            }
        }
    }
}

fn volatility_max() -> u64 {
    bulwark_core::volatility::READ_MAX + 1
}

/// The rule as first written sets m0 at every update; skipping that under an unmoved target changes
/// nothing but roundings.
#[test]
fn an_unmoved_target_needs_no_new_start() {
    let mut targets = major();
    update(&mut targets, 200_000_000, START + 1, 0);
    let (mut m0, mut m0_open) = (targets.m0, targets.m0_open);
    for second in 1..=1_800u64 {
        let step = targets.mm * (second - m0_open) / 1_800;
        (m0, m0_open) = (targets.mm.min(m0 + step), second);
        update(&mut targets, 200_000_000, START + 1 + second as i64, second);
        let applied = targets::maintenance(&targets, second);
        assert!(applied - m0 <= second, "{second}: {applied} and {m0}");
    }
    assert_eq!(targets::maintenance(&targets, 1_800), 200_000_000);
    assert!(m0 <= 200_000_000 && 200_000_000 - m0 < 1_800);
}

#[test]
fn a_target_rises_at_once_and_the_applied_margin_walks() {
    let mut targets = major();
    let rest = targets.mm;
    assert_eq!(rest, 23_554_072);
    update(&mut targets, 203_554_071, START + 10, 10);
    assert_eq!((targets.im, targets.mm), (203_554_071, 203_554_071));
    assert_eq!(targets::initial(&targets), 305_331_107);
    // 203,554,071/1,800 = 113,085.595 a second from where it stood.
    assert_eq!(targets::maintenance(&targets, 10), rest);
    assert_eq!(targets::maintenance(&targets, 11), rest + 113_085);
    assert_eq!(targets::maintenance(&targets, 910), rest + 101_777_035);
    assert_eq!(targets::maintenance(&targets, 1_601), rest + 179_919_181);
    assert_eq!(targets::maintenance(&targets, 1_602), 203_554_071);
    assert_eq!(
        targets::maintenance(&targets, 0),
        rest,
        "time backwards is harmless"
    );
}

#[test]
fn it_loosens_only_after_calm_and_slowly() {
    let mut targets = major();
    update(&mut targets, 100_000_000, START + 1, 0);
    for second in 2..=1_801 {
        update(&mut targets, 0, START + second, second as u64);
        assert_eq!(targets.mm, 100_000_000, "second {second}");
    }
    update(&mut targets, 0, START + 1_802, 1_802);
    // One second: ⌈1e8 · 18,000/18,001⌉.
    assert_eq!(targets.mm, 99_994_445);
    for second in 1_803..=5_402 {
        update(&mut targets, 0, START + second, second as u64);
    }
    // 3,601 seconds in all: 1e8·(18,000/18,001)^3,601, and at most a unit of rounding for each.
    assert!(
        (81_868_982..=81_872_583).contains(&targets.mm),
        "{}",
        targets.mm
    );
    // A rise starts calm anew; loosening stops at what is asked for.
    update(&mut targets, 90_000_000, START + 5_403, 5_403);
    assert_eq!(
        (targets.mm, targets.mm_tight_at),
        (90_000_000, START + 5_403)
    );
    update(&mut targets, 0, START + 7_203, 7_203);
    assert_eq!(targets.mm, 90_000_000);
    update(&mut targets, 89_999_999, START + 7_204, 7_204);
    assert_eq!(targets.mm, 89_999_999);
    for hour in 0..30 {
        update(&mut targets, 0, START + 10_000 + 3_600 * hour, 10_000);
    }
    assert_eq!(targets.mm, 20_000_000, "never below the floor");
}

#[test]
fn no_loosening_without_witnesses() {
    let mut tight = major();
    update(&mut tight, 100_000_000, START + 1, 0);
    let loosens = |minutes: [u64; 2]| {
        let mut targets = tight;
        let measure = Measure {
            minutes,
            ..asking(&tight, 0, START + 1_900)
        };
        targets::update(&mut targets, &measure, E9, 1_900).unwrap();
        targets.mm < 100_000_000
    };
    // Calm is 30 minutes: 24 of the newest 30 must have had a print.
    assert!(loosens([(1 << 30) - 1, 0]));
    assert!(loosens([(1 << 24) - 1, 0]));
    assert!(!loosens([(1 << 23) - 1, 0]));
    assert!(
        !loosens([((1 << 23) - 1) | (u64::MAX << 30), u64::MAX]),
        "older minutes don't count"
    );
    // The longest calm needs 96 of 120, over both words.
    tight.params.calm = 7_200;
    let later = |minutes: [u64; 2]| {
        let mut targets = tight;
        let measure = Measure {
            minutes,
            ..asking(&tight, 0, START + 7_300)
        };
        targets::update(&mut targets, &measure, E9, 7_300).unwrap();
        targets.mm < 100_000_000
    };
    assert!(later([u64::MAX, (1 << 32) - 1]));
    assert!(!later([u64::MAX, (1 << 31) - 1]));
    assert!(!later([u64::MAX, ((1 << 31) - 1) | (u64::MAX << 56)]));
}

#[test]
fn congestion_lengthens_the_horizon_of_new_risk_alone() {
    let mut targets = targets_of(Class::Major, START, 0);
    let measure = Measure {
        variance: [1_000_000_000_000; 3],
        at: START + 1,
        ..Measure::default()
    };
    targets::update(&mut targets, &measure, 2_250_000_000, 0).unwrap();
    // √(1e12 · 600) = 24,494,897; · 1,350 = 36,742,346.
    assert_eq!(targets.mm, 24_494_897 * 9 + 1);
    assert_eq!(targets.im, 300_000_000);
    assert!(targets::at_cap(&targets));
    let mut wider = targets_of(Class::Small, START, 0);
    targets::update(&mut wider, &measure, 2_250_000_000, 0).unwrap();
    assert_eq!(
        (wider.im, wider.mm),
        (36_742_346 * 9 + 1, 24_494_897 * 9 + 1)
    );
    assert!(!targets::at_cap(&wider));
}

#[test]
fn the_fast_tracker_moves_new_risk_alone() {
    let mut targets = targets_of(Class::Major, START, 0);
    let variance = [1_000_000_000_000, 50_000_000_000, 11_415_525_115];
    let measure = Measure {
        variance,
        at: START + 1,
        ..Measure::default()
    };
    targets::update(&mut targets, &measure, E9, 0).unwrap();
    assert_eq!(targets.im, 24_494_897 * 9 + 1);
    // √(5e10 · 600) = 5,477,225.
    assert_eq!(targets.mm, 5_477_225 * 9 + 1);
}

/// INV-CLOCK: a closing stops the walk, and time that runs backwards starts none.
#[test]
fn closed_seconds_do_not_move_the_applied_margin() {
    let mut world = World::new(Class::Major);
    world.insist(100_000_000, 100_000_000);
    world.wait(20);
    world.insist(100_000_000, 85_000_000);
    assert_eq!(world.targets.mm, 264_705_884);
    world.wait(300);
    let applied = world.maintenance();
    // 300 s of 1,800 at 147,058.8 a second.
    assert_eq!(applied, 23_554_072 + 44_117_647);
    time::close(&mut world.clock, world.now.unix, world.now.unix + 3_600);
    for _ in 0..60 {
        world.wait(60);
        assert_eq!(world.maintenance(), applied);
        world.insist(100_000_000, 85_000_000);
        assert_eq!(world.maintenance(), applied);
    }
    world.wait(1);
    assert_eq!(world.maintenance(), applied + 147_059);
    world.wait(1_338);
    assert!(world.maintenance() < world.targets.mm);
    world.wait(1);
    assert_eq!(world.maintenance(), world.targets.mm);
    let back = OpenClock {
        closed_sum: 9_999,
        ..world.clock
    };
    let open = time::open_seconds(&back, world.now.unix);
    assert!(targets::maintenance(&world.targets, open) <= world.targets.mm);
}

/// INV-NOFLIP: parameters move nothing in the moment they change.
#[test]
fn new_parameters_do_not_move_the_applied_margin() {
    let mut targets = major();
    update(&mut targets, 200_000_000, START + 1, 0);
    for (ramp, floor) in [(600, 20_000_000), (7_200, 20_000_000), (1_800, 40_000_000)] {
        let before = targets::maintenance(&targets, 700);
        let params = bulwark_state::MarginParams {
            ramp,
            floor_e9: floor,
            ..targets.params
        };
        params::check_margin(&params).unwrap();
        targets::set_params(&mut targets, params, 700);
        assert_eq!(targets::maintenance(&targets, 700), before);
        let next = targets.seen_at + 1;
        update(&mut targets, 200_000_000, next, 700);
        assert_eq!(targets::maintenance(&targets, 700), before);
        let later = targets::maintenance(&targets, 760);
        assert!(later - before <= 300_000_000 * 60 / u64::from(ramp));
    }
    // A lower cap lowers both targets with the next measurement.
    let params = bulwark_state::MarginParams {
        cap_e9: 150_000_000,
        ..targets.params
    };
    targets::set_params(&mut targets, params, 5_000);
    let next = targets.seen_at + 1;
    update(&mut targets, 200_000_000, next, 5_000);
    assert_eq!(
        (targets.im, targets.mm, targets.m0),
        (150_000_000, 150_000_000, 150_000_000)
    );
}

/// Through the feed: calm, a jump, the walk up, calm again, the way down.
#[test]
fn calm_jump_calm_through_the_feed() {
    let mut world = World::new(Class::Major);
    let mut ema = 100_000_000u64;
    let minute = |world: &mut World, price: u64, ema: &mut u64| {
        world.wait(30);
        world.insist(price, *ema);
        world.wait(30);
        world.insist(price, *ema);
        *ema = (*ema * 57 + price) / 58;
    };
    for _ in 0..120 {
        minute(&mut world, 100_000_000, &mut ema);
    }
    assert_eq!(
        world.targets.mm, 23_457_511,
        "the 7-day tracker alone, fading"
    );
    world.wait(10);
    assert_eq!(world.post(93_000_000, ema), Accepted::Unconfirmed);
    let before = world.maintenance();
    world.wait(2);
    world.insist(93_000_000, ema);
    assert_eq!(world.maintenance(), before, "no rise in the update");
    // 9·√600 times the return of 7.53 % in 20,775 s; 1.5 times the distance to the average is less.
    assert_eq!(world.targets.mm, 116_058_007);
    let peak = world.targets.im;
    for _ in 0..31 {
        minute(&mut world, 93_000_000, &mut ema);
    }
    assert_eq!(world.maintenance(), world.targets.mm);
    assert!(world.targets.im <= peak && world.targets.mm < 116_058_007);
    for _ in 0..180 {
        minute(&mut world, 93_000_000, &mut ema);
    }
    // 42 samples of 300 s at the new price: √((20,775/21,075)^42) = 0.74 of the peak.
    assert_eq!(world.targets.mm, 85_762_027);
}
