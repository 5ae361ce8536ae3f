//! Congestion factor g (D5): how slow slots and prints come against their own slow baselines. It
//! lengthens the horizon of new risk, and never blocks a liquidation.

use bulwark_state::{Board, CLOCK_SAMPLES, ClockSample, Congestion};

use crate::Now;
use crate::feed::elapsed;

/// Smallest distance of two samples, seconds.
pub const SAMPLE_DISTANCE: u64 = 4;
/// Shortest window that slot time is measured over, seconds.
pub const WINDOW: u64 = 60;
/// Time constant of the average gap between prints, seconds.
pub const GAP_TAU: u64 = 300;
/// Time constant of the baselines, seconds: a half-life of 7 days.
pub const BASE_TAU: u64 = 872_541;
/// Bounds of the baseline of slot time, microseconds.
pub const SLOT_BOUNDS_US: (u64, u64) = (150_000, 800_000);
/// Bounds of the baseline of the gap between prints, milliseconds.
pub const GAP_BOUNDS_MS: (u64, u64) = (1_000, 30_000);
/// Largest factor, e9; the smallest is one.
pub const FACTOR_MAX: u64 = crate::targets::FACTOR_MAX;

const ONE: u64 = 1_000_000_000;
/// Longest gap that counts, and longest time that moves a baseline at once, seconds.
const SPAN_MAX: u64 = 3_600;

/// Takes note of an accepted print of any feed, and renews the factor.
pub fn update(board: &mut Board, now: Now) {
    let congestion = &mut board.congestion;
    if congestion.factor_e9 == 0 {
        congestion.factor_e9 = ONE;
    }
    // Prints accepted in one second are one: else the gap would depend on how they are batched.
    if now.unix <= congestion.print_at {
        return;
    }
    note_gap(congestion, now);
    let newest = newest(congestion);
    let passed = elapsed(now.unix, newest.at);
    if newest.at != 0 && (passed < SAMPLE_DISTANCE || now.slot <= newest.slot) {
        return;
    }
    let slot_us = slot_time_us(congestion, now);
    push(congestion, now);
    let Some(slot_us) = slot_us else {
        return;
    };
    let seconds = passed.min(SPAN_MAX);
    let slot = slot_us.clamp(SLOT_BOUNDS_US.0, SLOT_BOUNDS_US.1);
    follow(
        &mut congestion.slot_base_us,
        &mut congestion.slot_rest,
        slot,
        seconds,
    );
    let gap = congestion.gap_ms.clamp(GAP_BOUNDS_MS.0, GAP_BOUNDS_MS.1);
    follow(
        &mut congestion.gap_base_ms,
        &mut congestion.gap_rest,
        gap,
        seconds,
    );
    let slots = ratio(slot_us, congestion.slot_base_us);
    let prints = ratio(congestion.gap_ms, congestion.gap_base_ms);
    congestion.factor_e9 = slots.max(prints).clamp(ONE, FACTOR_MAX);
}

/// Average gap between prints, weighted by time: `(τ·gap + δ²)/(τ + δ)`.
fn note_gap(congestion: &mut Congestion, now: Now) {
    let first = congestion.print_at == 0;
    let gap = elapsed(now.unix, congestion.print_at).min(SPAN_MAX);
    congestion.print_at = now.unix;
    if first {
        return;
    }
    // gap_ms stays below 3.6e6: products below 2^34.
    let gap_ms = congestion.gap_ms.min(SPAN_MAX * 1_000);
    let held = if gap_ms == 0 {
        gap.wrapping_mul(1_000)
    } else {
        gap_ms
    };
    let sum = GAP_TAU
        .wrapping_mul(held)
        .wrapping_add(gap.wrapping_mul(gap).wrapping_mul(1_000));
    congestion.gap_ms = sum / GAP_TAU.wrapping_add(gap).max(1);
}

fn newest(congestion: &Congestion) -> ClockSample {
    sample_back(congestion, 1)
}

/// The sample `back` places before the next.
fn sample_back(congestion: &Congestion, back: usize) -> ClockSample {
    let next = usize::try_from(congestion.next).unwrap_or_default() % CLOCK_SAMPLES;
    let place = next.wrapping_add(CLOCK_SAMPLES).wrapping_sub(back) % CLOCK_SAMPLES;
    congestion.samples.get(place).copied().unwrap_or_default()
}

fn push(congestion: &mut Congestion, now: Now) {
    let next = usize::try_from(congestion.next).unwrap_or_default() % CLOCK_SAMPLES;
    if let Some(place) = congestion.samples.get_mut(next) {
        *place = ClockSample {
            slot: now.slot,
            at: now.unix,
        };
    }
    congestion.next = next.wrapping_add(1) as u64 % CLOCK_SAMPLES as u64;
}

/// Microseconds a slot over the shortest window of at least 60 s, `None` while there is none.
fn slot_time_us(congestion: &Congestion, now: Now) -> Option<u64> {
    for back in 1..=CLOCK_SAMPLES {
        let sample = sample_back(congestion, back);
        if sample.at == 0 {
            return None;
        }
        let seconds = elapsed(now.unix, sample.at);
        if seconds >= WINDOW {
            let slots = now.slot.saturating_sub(sample.slot).max(1);
            // A day at most: below 2^37.
            return Some(seconds.min(86_400).wrapping_mul(1_000_000) / slots);
        }
    }
    None
}

/// Moves a baseline by `(value − base)·seconds/τ` and keeps what is left over for the next time.
fn follow(base: &mut u64, rest: &mut i64, value: u64, seconds: u64) {
    if *base == 0 {
        *base = value;
        return;
    }
    // Values below 2^20, seconds at most 3,600: products below 2^33.
    let weight = seconds.cast_signed();
    let pull = value
        .cast_signed()
        .wrapping_sub(base.cast_signed())
        .wrapping_mul(weight);
    let total = pull.wrapping_add(*rest);
    let tau = BASE_TAU.cast_signed();
    *base = base.wrapping_add_signed(total / tau);
    *rest = total % tau;
}

/// `value/base` in e9, at most the largest factor.
fn ratio(value: u64, base: u64) -> u64 {
    // Beyond four times its base it is at the largest anyway; bases stay below 2^20.
    let base = base.max(1);
    value.min(base.wrapping_mul(4)).wrapping_mul(ONE) / base
}
