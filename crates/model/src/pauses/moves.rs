//! What may happen to the modes, the rules broken on purpose, and how far each list is explored.

use bulwark_core::mode::{Finding, Item};

use super::Pauses;

/// A rule that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutant {
    /// The guardians' budget is forgotten.
    NoBudget,
    /// Automation's budget is forgotten.
    NoAutomationBudget,
    /// A Relax ends a pause.
    RelaxUnpauses,
    /// A pause overwrites the running one.
    Shorter,
    /// Expiry goes to Normal whatever bits stand.
    ForgetsBits,
    /// One guardian's restriction overwrites what stands.
    LooseLone,
    /// The plain exit is closed while Paused.
    ClosedExit,
    /// The plain exit goes with the capabilities.
    RevokedExit,
    /// Open interest rises while Paused.
    PausedTrades,
    /// Grace is given without a pause.
    EndlessGrace,
    /// Nobody is liquidated in Restricted.
    RestrictedShields,
    /// A check sets no bit.
    DeafCheck,
    /// Each sight of missing value is the first.
    Amnesia,
    /// The dead-man's clock starts anew with every hour.
    StuckClock,
    /// A restriction stands until it is lifted.
    RestrictsForEver,
    /// What is sound again has never been broken.
    ForgetsDays,
    /// A latch counts as a week.
    CountsWeeks,
    /// A pause of guardians counts.
    CountsGuardians,
}

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Move {
    /// Guardians pause for so many hours.
    Pause(u64),
    /// A pair restricts for so many hours.
    Restrict(u64),
    /// Guardians relax everything up to now.
    Relax,
    /// A check finds value missing.
    Missing,
    /// A check finds it made good.
    Sound,
    /// So many hours pass.
    Wait(i64),
    /// Guardians pause the whole protocol for so many hours.
    PauseAll(u64),
    /// One guardian restricts.
    Lone,
    /// Guardians revoke everything that can be revoked.
    Revoke,
    /// Quote is off its peg, and a check latches that breaker for so many hours.
    Latch(u64),
    /// A check finds a market broken.
    Broken,
    /// A check finds it sound.
    Mended,
    /// So many hours pass without a slot.
    Stall(i64),
    /// Slots of so many hours run, the clock stands.
    Slots(u64),
}

/// What the last act was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Last {
    /// Nothing, or an act that tightens.
    Tightened,
    /// A check that found something.
    Tripped(Item, Finding),
    /// A Relax, or a check that found an item sound.
    Loosened,
    /// Time.
    Time,
}

/// Everything that may happen.
pub const MOVES: &[Move] = &[
    Move::Pause(10),
    Move::Pause(1_000),
    Move::Restrict(72),
    Move::Relax,
    Move::Missing,
    Move::Sound,
    Move::Wait(1),
    Move::Wait(24),
    Move::Wait(71),
    Move::Wait(72),
    Move::Wait(240),
];
/// The acts of both records, of all powers and of both clocks.
pub const ALL: &[Move] = &[
    Move::Pause(72),
    Move::PauseAll(72),
    Move::Restrict(72),
    Move::Lone,
    Move::Revoke,
    Move::Latch(24),
    Move::Relax,
    Move::Missing,
    Move::Sound,
    Move::Broken,
    Move::Mended,
    Move::Wait(1),
    Move::Wait(72),
    Move::Wait(240),
    Move::Stall(24),
    Move::Slots(48),
];
/// What the dead-man rule counts, and what it doesn't.
const WEEKS: &[Move] = &[
    Move::Broken,
    Move::Mended,
    Move::Missing,
    Move::Sound,
    Move::Latch(24),
    Move::Relax,
    Move::Pause(72),
    Move::Wait(24),
    Move::Wait(72),
    Move::Wait(240),
];
/// An alarm whenever it may pause again.
const ALARMS: &[Move] = &[Move::Missing, Move::Wait(24)];

impl Move {
    pub(super) const fn sort(self) -> Last {
        match self {
            Move::Missing => Last::Tripped(Item::Bank(1), Finding::ValueMissing),
            Move::Broken => Last::Tripped(Item::Market(0), Finding::Broken),
            Move::Relax | Move::Sound | Move::Mended => Last::Loosened,
            Move::Wait(_) | Move::Stall(_) | Move::Slots(_) => Last::Time,
            _ => Last::Tightened,
        }
    }
}

/// Plans: name and model.
pub fn plans(full: bool) -> Vec<(String, Pauses)> {
    let more = u8::from(full);
    let plan = |acts, moves: &'static [Move], what| {
        let name = format!("modes: every sequence of {acts} of {} {what}", moves.len());
        let model = Pauses {
            acts,
            moves,
            mutant: None,
        };
        (name, model)
    };
    vec![
        plan(5 + more, MOVES, "acts of one record"),
        plan(
            4 + more,
            ALL,
            "acts of both records, all powers, both clocks",
        ),
        plan(
            5 + more,
            WEEKS,
            "acts that the dead-man rule counts or doesn't",
        ),
    ]
}

/// A mutant, the property that must find it out, the acts that it takes, what may happen.
pub type Case = (Mutant, &'static str, u8, &'static [Move]);

/// All mutants.
pub const MUTANTS: &[Case] = &[
    (Mutant::NoBudget, "guardians_alone", 5, MOVES),
    (
        Mutant::NoBudget,
        "pause_budget",
        6,
        &[Move::Pause(1_000), Move::Wait(72)],
    ),
    (Mutant::NoAutomationBudget, "automation_alone", 8, ALARMS),
    (Mutant::RelaxUnpauses, "paused_ends_by_expiry", 4, MOVES),
    (Mutant::Shorter, "guardians_alone", 5, MOVES),
    (Mutant::ForgetsBits, "no_false_release", 4, MOVES),
    (Mutant::LooseLone, "asymmetry", 3, ALL),
    (Mutant::RelaxUnpauses, "asymmetry", 3, ALL),
    (Mutant::ClosedExit, "exit_always_open", 3, ALL),
    (Mutant::RevokedExit, "inv_exit", 3, ALL),
    (Mutant::PausedTrades, "inv_mono", 3, ALL),
    (Mutant::EndlessGrace, "liquidation_stays_live", 3, ALL),
    (Mutant::RestrictedShields, "liquidation_stays_live", 3, ALL),
    (Mutant::DeafCheck, "autonomous_trip", 3, ALL),
    (Mutant::Amnesia, "liveness", 3, ALL),
    (Mutant::StuckClock, "liveness", 3, ALL),
    (Mutant::RestrictsForEver, "liveness", 3, ALL),
    (Mutant::ForgetsDays, "dead_man", 6, WEEKS),
    (Mutant::CountsWeeks, "dead_man", 4, WEEKS),
    (Mutant::CountsGuardians, "dead_man", 6, WEEKS),
];
