//! Time as an argument: cluster clock and slot, and the open-second clock.

use bulwark_state::OpenClock;

/// The present, as the instruction layer read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Unix seconds of the cluster.
    pub unix: i64,
    /// Slot.
    pub slot: u64,
}

/// Seconds of `clock` that lie before `unix` and were closed.
fn closed_seconds(clock: &OpenClock, unix: i64) -> u64 {
    let until = unix.min(clock.closed_until);
    let running = until
        .saturating_sub(clock.closed_from)
        .max(0)
        .unsigned_abs();
    clock.closed_sum.saturating_add(running)
}

/// Open seconds of a compartment up to `unix`: time in which its users could act (INV-CLOCK).
/// Only differences mean anything; a time before zero counts as zero.
pub fn open_seconds(clock: &OpenClock, unix: i64) -> u64 {
    unix.max(0)
        .unsigned_abs()
        .saturating_sub(closed_seconds(clock, unix))
}

/// Open seconds of a market: neither its compartment paused nor itself halted. Seconds closed by
/// both running closings count once.
pub fn open_seconds_of_market(compartment: &OpenClock, market: &OpenClock, unix: i64) -> u64 {
    open_beside(open_seconds(compartment, unix), compartment, market, unix)
}

/// [`open_seconds_of_market`] where the compartment's own are known.
#[inline]
pub(crate) fn open_beside(
    open: u64,
    compartment: &OpenClock,
    market: &OpenClock,
    unix: i64,
) -> u64 {
    let from = compartment.closed_from.max(market.closed_from);
    let until = compartment.closed_until.min(market.closed_until).min(unix);
    let both = until.saturating_sub(from).max(0).unsigned_abs();
    open.saturating_add(both)
        .saturating_sub(closed_seconds(market, unix))
}

/// Notes a closing from `now` until `until`. A closing inside one that runs extends it.
pub fn close(clock: &mut OpenClock, now: i64, until: i64) {
    if until <= now {
        return;
    }
    if now < clock.closed_until {
        clock.closed_until = clock.closed_until.max(until);
        return;
    }
    clock.closed_sum = closed_seconds(clock, now);
    clock.closed_from = now;
    clock.closed_until = until;
}

/// Notes a closing that will run from `from` until `until` unless [`reopen`] comes first. One that
/// runs now is extended.
pub fn schedule(clock: &mut OpenClock, now: i64, from: i64, until: i64) {
    if clock.closed_from <= now && now < clock.closed_until {
        clock.closed_until = clock.closed_until.max(until);
        return;
    }
    clock.closed_sum = closed_seconds(clock, now);
    clock.closed_from = from;
    clock.closed_until = until.max(from);
}

/// Ends the closing that runs; one that has not begun never will.
pub fn reopen(clock: &mut OpenClock, now: i64) {
    clock.closed_until = clock.closed_until.min(now.max(clock.closed_from));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_time_does_not_count() {
        let mut clock = OpenClock::default();
        assert_eq!(open_seconds(&clock, 1_000), 1_000);
        close(&mut clock, 1_000, 1_300);
        assert_eq!(open_seconds(&clock, 1_100), 1_000);
        assert_eq!(open_seconds(&clock, 1_400), 1_100);
        close(&mut clock, 1_200, 1_500);
        assert_eq!(open_seconds(&clock, 1_600), 1_100);
        let mut shorter = clock;
        close(&mut shorter, 1_250, 1_300);
        assert_eq!(shorter, clock);
        close(&mut clock, 1_700, 1_800);
        assert_eq!(open_seconds(&clock, 1_900), 1_300);
    }

    #[test]
    fn overlapping_closings_count_once() {
        let mut compartment = OpenClock::default();
        let mut market = OpenClock::default();
        close(&mut compartment, 1_000, 1_300);
        close(&mut market, 1_100, 1_500);
        assert_eq!(open_seconds_of_market(&compartment, &market, 1_600), 1_100);
    }

    #[test]
    fn a_closing_that_was_scheduled_can_be_called_off_or_cut_short() {
        let mut clock = OpenClock::default();
        schedule(&mut clock, 1_000, 1_015, 2_000);
        assert_eq!(open_seconds(&clock, 1_015), 1_015);
        let mut off = clock;
        reopen(&mut off, 1_010);
        assert_eq!(open_seconds(&off, 3_000), 3_000);
        schedule(&mut off, 1_011, 1_026, 1_030);
        assert_eq!(
            open_seconds(&off, 3_000),
            2_996,
            "the one called off is forgotten"
        );
        assert_eq!(open_seconds(&clock, 1_315), 1_015);
        reopen(&mut clock, 1_315);
        assert_eq!(open_seconds(&clock, 1_400), 1_100);
        reopen(&mut clock, 1_900);
        assert_eq!(
            open_seconds(&clock, 1_900),
            1_600,
            "what has ended stays ended"
        );
        schedule(&mut clock, 1_900, 1_915, 1_925);
        assert_eq!(open_seconds(&clock, 2_000), 1_690);
    }
}
