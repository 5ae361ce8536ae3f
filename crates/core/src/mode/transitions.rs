//! Changes of a mode record. Times only grow; Relax alone lifts a restriction (D12).

use bulwark_state::{Budget, Compartment, End, ModeRecord, Protocol};

use super::capability::{bump, spend};
use super::{Limits, above, budget, capability, end_after, grace, running};
use crate::error::{Error, Result};
use crate::time::{self, Now};

/// Guardians' pauses of one compartment: 72 h each, 96 h in any 30 days.
pub const GUARDIAN_PAUSE: Limits = Limits {
    each: 72 * 3_600,
    window: 96 * 3_600,
};
/// Automation's pauses of one compartment: 24 h each, 72 h in any 30 days.
pub const AUTOMATION_PAUSE: Limits = Limits {
    each: 24 * 3_600,
    window: 72 * 3_600,
};
/// Restrictions by two guardians: 72 h each, 96 h in any 30 days.
pub const PAIR_RESTRICT: Limits = Limits {
    each: 72 * 3_600,
    window: 96 * 3_600,
};
/// Longest restriction by one guardian, seconds (6 h); at most two in any 7 days.
pub const LONE_RESTRICT_MAX: u64 = 6 * 3_600;
/// Window in which one guardian may restrict twice, seconds.
const LONE_WINDOW: i64 = 7 * 86_400;

/// Whose budget a pause is charged to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// A majority of guardians.
    Guardian = 1,
    /// A check or a breaker.
    Automation = 2,
}

/// What an act asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    /// Seconds from now.
    pub seconds: u64,
    /// Reason code.
    pub reason: u16,
    /// Slot length that the slot end is counted with, milliseconds.
    pub slot_ms: u32,
}

/// A pause that was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paused {
    /// Unix second at which it ends.
    pub until: i64,
    /// Both ends.
    pub end: End,
}

/// The later of a running end and a new one, component by component; the new one if the old has
/// passed.
pub(super) fn grown(old: &End, new: End, now: Now) -> End {
    if !running(old, now) {
        return new;
    }
    End {
        at: old.at.max(new.at),
        slot: old.slot.max(new.slot),
    }
}

/// Grows a record's restriction. An act that ends before the running one stands beside it, so that
/// a Relax naming the older leaves the newer (D12).
pub fn restrict(record: &mut ModeRecord, end: End, reason: u16, now: Now) -> Result<()> {
    bump(&mut record.sequence)?;
    let longest = record.restricted;
    if !running(&longest, now) || (end.at >= longest.at && end.slot >= longest.slot) {
        record.restricted_sequence = record.sequence;
        record.newer = End::default();
    } else {
        record.newer = grown(&record.newer, end, now);
    }
    record.restricted = grown(&longest, end, now);
    record.restricted_reason = reason;
    Ok(())
}

/// One guardian restricts: at most 6 h, at most twice in any 7 days (`given_at` is his own).
pub fn restrict_alone(
    record: &mut ModeRecord,
    given_at: &mut [i64; 2],
    act: Act,
    now: Now,
) -> Result<End> {
    spend(given_at, LONE_WINDOW, now.unix)?;
    let end = end_after(now, act.seconds.min(LONE_RESTRICT_MAX), act.slot_ms)?;
    restrict(record, end, act.reason, now)?;
    Ok(end)
}

/// Two guardians restrict: at most 72 h, at most 96 h in any 30 days of `budget`.
pub fn restrict_together(
    record: &mut ModeRecord,
    budget: &mut Budget,
    act: Act,
    now: Now,
) -> Result<End> {
    let until = budget::grant(budget, PAIR_RESTRICT, act.seconds, now.unix)?;
    let end = end_at(until.ok_or(Error::BudgetExhausted)?, act.slot_ms, now)?;
    restrict(record, end, act.reason, now)?;
    Ok(end)
}

/// A breaker restricts a compartment. Counts for the dead-man rule.
pub fn latch(compartment: &mut Compartment, act: Act, now: Now) -> Result<End> {
    let ran_out = above::before(compartment, now);
    let end = end_after(now, act.seconds, act.slot_ms)?;
    let mode = &mut compartment.mode;
    restrict(mode, end, act.reason, now)?;
    mode.automatic = grown(&mode.automatic, end, now);
    above::after(compartment, ran_out, now);
    Ok(end)
}

/// Pauses a compartment for what is asked, cut to what the power may do at once and to what its
/// budget still holds. Stops the open-second clock and notes the grace after it.
///
/// `None` if that adds nothing: the budget is used up, or a longer pause of the same power runs.
pub fn pause(compartment: &mut Compartment, by: By, act: Act, now: Now) -> Result<Option<Paused>> {
    let (budget, limits) = match by {
        By::Guardian => (&mut compartment.guardian_budget, GUARDIAN_PAUSE),
        By::Automation => (&mut compartment.automation_budget, AUTOMATION_PAUSE),
    };
    let granted = match budget::grant(budget, limits, act.seconds, now.unix) {
        // All its places hold short pauses of the month: a check must not fail for that.
        Err(Error::BudgetExhausted) if by == By::Automation => None,
        granted => granted?,
    };
    let Some(until) = granted else {
        return Ok(None);
    };
    let end = end_at(until, act.slot_ms, now)?;
    let ran_out = above::before(compartment, now);
    let mode = &mut compartment.mode;
    bump(&mut mode.sequence)?;
    mode.paused = grown(&mode.paused, end, now);
    mode.paused_reason = act.reason;
    mode.paused_by = by as u8;
    if by == By::Automation {
        compartment.above.paused = grown(&compartment.above.paused, end, now);
    }
    above::after(compartment, ran_out, now);
    time::close(&mut compartment.clock, now.unix, until);
    grace::grant(compartment, until);
    Ok(Some(Paused { until, end }))
}

/// The end to which the guardians' budget of a compartment is charged now; the past if it isn't.
/// The earliest of all compartments' is what [`pause_protocol`] may note.
pub fn charged_end(compartment: &Compartment, slot_ms: u32, now: Now) -> Result<End> {
    let spans = &compartment.guardian_budget.spans;
    let span = spans
        .iter()
        .find(|s| s.from <= now.unix && now.unix < s.until);
    match span {
        Some(span) => end_at(span.until, slot_ms, now),
        None => Ok(End::default()),
    }
}

/// Notes a pause of the whole protocol, after **every** compartment was paused with [`pause`], each
/// within its own budget: `shortest` is the earliest of their ends, so that this record asks no
/// compartment for more than it was charged.
pub fn pause_protocol(protocol: &mut Protocol, shortest: End, reason: u16, now: Now) -> Result<()> {
    let mode = &mut protocol.mode;
    bump(&mut mode.sequence)?;
    mode.paused = grown(&mode.paused, shortest, now);
    mode.paused_reason = reason;
    mode.paused_by = By::Guardian as u8;
    Ok(())
}

/// Lifts every restriction and breaker latch up to the sequence number `named`; newer ones stand.
/// Paused and broken bits are untouched. Returns whether anything was lifted.
pub fn relax(record: &mut ModeRecord, named: u64) -> bool {
    if named < record.restricted_sequence {
        return false;
    }
    let stands = if named >= record.sequence {
        End::default()
    } else {
        record.newer
    };
    let changed = record.restricted != stands;
    record.restricted = stands;
    record.newer = End::default();
    // What still stands came from an act newer than `named`: the latest of them, to be safe.
    record.restricted_sequence = record.sequence;
    let automatic = &mut record.automatic;
    *automatic = End {
        at: automatic.at.min(stands.at),
        slot: automatic.slot.min(stands.slot),
    };
    changed
}

/// [`relax`] of a compartment, by a Relax that was proposed at `proposed_at`: its revocations too,
/// and the time above Normal counts up to here.
pub fn relax_compartment(compartment: &mut Compartment, named: u64, proposed_at: i64, now: Now) {
    above::before(compartment, now);
    relax(&mut compartment.mode, named);
    capability::lift_revocations(compartment, proposed_at);
    // It forgets the ends: what ran out in this very second is closed too.
    above::after(compartment, false, now);
}

/// Both ends of something that lasts from now until a unix second.
fn end_at(until: i64, slot_ms: u32, now: Now) -> Result<End> {
    let seconds = until.checked_sub(now.unix).ok_or(Error::Overflow)?;
    end_after(
        now,
        u64::try_from(seconds).map_err(|_| Error::Overflow)?,
        slot_ms,
    )
}
