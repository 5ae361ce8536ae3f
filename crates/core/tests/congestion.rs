//! The congestion factor: one at rest, up with slow slots or sparse prints, at most three.

mod oracle;

use bulwark_core::congestion;
use bulwark_core::{Now, congestion::FACTOR_MAX};
use bulwark_state::{Board, Congestion};
use bytemuck::Zeroable;
use oracle::dice::Dice;
use oracle::*;

struct Cluster {
    board: Box<Board>,
    now: Now,
    /// Slots not shown yet, in milliseconds.
    rest: u64,
}

impl Cluster {
    fn new() -> Self {
        Self {
            board: Box::new(Board::zeroed()),
            now: Now {
                unix: START,
                slot: 5_000,
            },
            rest: 0,
        }
    }

    /// Runs for `seconds` with a print every `gap` of them.
    fn run(&mut self, seconds: u64, gap: u64, slot_ms: u64) {
        for _ in 0..seconds / gap {
            self.now.unix += gap as i64;
            self.rest += gap * 1_000;
            self.now.slot += self.rest / slot_ms;
            self.rest %= slot_ms;
            congestion::update(&mut self.board, self.now);
        }
    }

    fn state(&self) -> &Congestion {
        &self.board.congestion
    }
}

#[test]
fn rest_is_one() {
    let mut cluster = Cluster::new();
    cluster.run(30, 2, 400);
    assert_eq!(cluster.state().factor_e9, E9, "no window yet");
    cluster.run(3_600, 2, 400);
    let state = cluster.state();
    assert_eq!((state.slot_base_us, state.gap_base_ms), (400_000, 2_000));
    assert_eq!(state.factor_e9, E9);
}

#[test]
fn slow_slots_show_within_a_minute_or_two_and_pass() {
    let mut cluster = Cluster::new();
    cluster.run(7_200, 2, 400);
    cluster.run(30, 2, 800);
    let rising = cluster.state().factor_e9;
    assert!((1_200_000_000..1_500_000_000).contains(&rising), "{rising}");
    cluster.run(40, 2, 800);
    let factor = cluster.state().factor_e9;
    assert!((1_990_000_000..2_010_000_000).contains(&factor), "{factor}");
    cluster.run(120, 2, 4_000);
    assert_eq!(cluster.state().factor_e9, FACTOR_MAX);
    cluster.run(80, 2, 400);
    assert!(
        cluster.state().factor_e9 < 1_010_000_000,
        "{}",
        cluster.state().factor_e9
    );
}

#[test]
fn sparse_prints_show_and_pass() {
    let mut cluster = Cluster::new();
    cluster.run(7_200, 2, 400);
    cluster.run(300, 10, 400);
    let rising = cluster.state().factor_e9;
    assert!((2_300_000_000..=FACTOR_MAX).contains(&rising), "{rising}");
    cluster.run(1_200, 2, 400);
    assert!(
        cluster.state().factor_e9 < 1_100_000_000,
        "{}",
        cluster.state().factor_e9
    );
    // Ten minutes of silence, seen with the first print after it.
    cluster.run(600, 600, 400);
    assert_eq!(cluster.state().factor_e9, FACTOR_MAX);
}

#[test]
fn baselines_follow_over_days_within_their_bounds() {
    let mut cluster = Cluster::new();
    cluster.run(3_600, 4, 400);
    // After a half-life of 7 days at 200 ms and 8 s the baselines stand half way.
    cluster.run(7 * 86_400, 8, 200);
    let state = cluster.state();
    assert!(
        (299_000..301_500).contains(&state.slot_base_us),
        "{}",
        state.slot_base_us
    );
    assert!(
        (5_980..6_020).contains(&state.gap_base_ms),
        "{}",
        state.gap_base_ms
    );
    cluster.run(200 * 86_400, 120, 2_000);
    let state = cluster.state();
    assert!(
        (799_000..=800_000).contains(&state.slot_base_us),
        "{}",
        state.slot_base_us
    );
    assert!(
        (29_900..=30_000).contains(&state.gap_base_ms),
        "{}",
        state.gap_base_ms
    );
    assert_eq!(state.factor_e9, FACTOR_MAX);
}

#[test]
fn prints_of_one_second_are_one_and_time_backwards_is_none() {
    let mut cluster = Cluster::new();
    cluster.run(3_600, 2, 400);
    let before = *cluster.state();
    for _ in 0..50 {
        congestion::update(&mut cluster.board, cluster.now);
    }
    let back = Now {
        unix: cluster.now.unix - 100,
        slot: cluster.now.slot + 900,
    };
    congestion::update(&mut cluster.board, back);
    assert_eq!(*cluster.state(), before);
}

#[test]
fn the_factor_stays_in_its_range_whatever_the_clocks_do() {
    for seed in 0..50 {
        let mut dice = Dice(seed);
        let mut cluster = Cluster::new();
        for _ in 0..2_000 {
            let jump = if dice.one_in(50) {
                dice.next() >> dice.within(30, 60)
            } else {
                3
            };
            cluster.now.unix = START.max(cluster.now.unix + jump as i64 - dice.within(0, 4) as i64);
            cluster.now.slot += dice.next() >> dice.within(40, 63);
            congestion::update(&mut cluster.board, cluster.now);
            let state = cluster.state();
            assert!((E9..=FACTOR_MAX).contains(&state.factor_e9), "seed {seed}");
            let (slot, gap) = (state.slot_base_us, state.gap_base_ms);
            assert!(
                slot == 0 || (150_000..=800_000).contains(&slot),
                "seed {seed}: {slot}"
            );
            assert!(
                gap == 0 || (1_000..=30_000).contains(&gap),
                "seed {seed}: {gap}"
            );
        }
    }
    assert_eq!(Congestion::zeroed().factor_e9, 0);
}
