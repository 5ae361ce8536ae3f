//! Modes under every sequence of pauses, restrictions, alarms and time.
//!
//! Guardians pause and restrict whenever they like and for as long as they like, automation does
//! too, and time moves by hours or to the end of what runs. The properties look at the hours that
//! users really lived through, not at the budgets.

use bulwark_core::Now;
use bulwark_core::mode::{
    Act, By, Finding, Item, Mode, effective, observe, pause, relax, restrict_together,
};
use bulwark_state::{Compartment, Protocol};
use bytemuck::Zeroable;
use stateright::{Model, Property};

use crate::Account;

const HOUR: i64 = 3_600;
/// Length of the rolling window in hours (30 d).
const WINDOW: i64 = 30 * 24;

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
/// An alarm whenever it may pause again.
const ALARMS: &[Move] = &[Move::Missing, Move::Wait(24)];

/// State of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scene {
    /// Compartment.
    pub compartment: Account<Compartment>,
    /// Hours since the start.
    pub hour: i64,
    /// Acts so far.
    pub acts: u8,
    /// Whether value is missing.
    pub missing: bool,
    /// Hours, from and to, in which users lived in Paused.
    pub paused: Vec<(i64, i64)>,
    /// The mode before the last step and whether the step moved time.
    pub before: (u8, bool),
}

/// How far to look.
#[derive(Clone, Debug)]
pub struct Pauses {
    /// Most acts and moves of time together.
    pub acts: u8,
    /// What may happen.
    pub moves: &'static [Move],
    /// A rule broken on purpose.
    pub mutant: Option<Mutant>,
}

fn now(hour: i64) -> Now {
    Now {
        unix: 1_000_000_000 + hour * HOUR,
        slot: 1_000_000_000 + hour.unsigned_abs() * 12_000,
    }
}

impl Scene {
    /// The mode that holds.
    pub fn mode(&self) -> Mode {
        effective(&Protocol::zeroed(), &self.compartment.0, now(self.hour))
    }

    /// Hours lived in Paused within the window that ends now.
    pub fn paused_hours(&self) -> i64 {
        let from = self.hour - WINDOW;
        let spans = self.paused.iter();
        spans.map(|(a, b)| (b - (*a).max(from)).max(0)).sum()
    }

    /// Whether the act was accepted.
    fn act(&mut self, step: Move, mutant: Option<Mutant>) -> bool {
        let time = now(self.hour);
        let compartment = &mut self.compartment.0;
        let act = |hours: u64| Act {
            seconds: hours * 3_600,
            reason: 1,
            slot_ms: 300,
        };
        match step {
            Move::Pause(hours) => {
                if mutant == Some(Mutant::NoBudget) {
                    compartment.guardian_budget = Zeroable::zeroed();
                }
                if mutant == Some(Mutant::Shorter) {
                    compartment.mode.paused = Zeroable::zeroed();
                    compartment.guardian_budget = Zeroable::zeroed();
                }
                matches!(
                    pause(compartment, By::Guardian, act(hours), time),
                    Ok(Some(_))
                )
            }
            Move::Restrict(hours) => {
                let mut budget = compartment.restrict_budget;
                let mode = &mut compartment.mode;
                let done = restrict_together(mode, &mut budget, act(hours), time).is_ok();
                compartment.restrict_budget = budget;
                done
            }
            Move::Relax => {
                let named = compartment.mode.sequence;
                if mutant == Some(Mutant::RelaxUnpauses) {
                    compartment.mode.paused = Zeroable::zeroed();
                }
                relax(&mut compartment.mode, named) || mutant.is_some()
            }
            Move::Missing => {
                if mutant == Some(Mutant::NoAutomationBudget) {
                    compartment.automation_budget = Zeroable::zeroed();
                }
                self.missing = true;
                observe(compartment, Item::Bank(1), Finding::ValueMissing, time).is_ok()
            }
            Move::Sound => {
                self.missing = false;
                observe(compartment, Item::Bank(1), Finding::Sound, time).is_ok()
            }
            Move::Wait(hours) => {
                self.wait(hours);
                if mutant == Some(Mutant::ForgetsBits) {
                    self.compartment.0.broken = Zeroable::zeroed();
                }
                true
            }
        }
    }

    /// Lives through so many hours, one by one: a pause may end in between.
    fn wait(&mut self, hours: i64) {
        for _ in 0..hours {
            let paused = self.mode() == Mode::Paused;
            let from = self.hour;
            self.hour += 1;
            if !paused {
                continue;
            }
            match self.paused.last_mut() {
                Some(last) if last.1 == from => last.1 = self.hour,
                _ => self.paused.push((from, self.hour)),
            }
        }
    }
}

impl Model for Pauses {
    type State = Scene;
    type Action = Move;

    fn init_states(&self) -> Vec<Scene> {
        vec![Scene {
            compartment: Account(Compartment::zeroed()),
            hour: 0,
            acts: 0,
            missing: false,
            paused: Vec::new(),
            before: (0, false),
        }]
    }

    fn actions(&self, scene: &Scene, moves: &mut Vec<Move>) {
        if scene.acts >= self.acts {
            return;
        }
        moves.extend_from_slice(self.moves);
    }

    fn next_state(&self, last: &Scene, step: Move) -> Option<Scene> {
        let mut scene = last.clone();
        scene.before = (last.mode() as u8, matches!(step, Move::Wait(_)));
        if !scene.act(step, self.mutant) {
            return None;
        }
        scene.acts += 1;
        Some(scene)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties()
    }
}

/// 96 h of guardians' pauses and 72 h of automation's in any 30 days, whatever was asked, cut off
/// by expiry alone.
fn pauses_are_budgeted(_: &Pauses, scene: &Scene) -> bool {
    scene.paused_hours() <= 96 + 72
}

/// Nobody's act but time ends Paused.
fn paused_ends_by_expiry(_: &Pauses, scene: &Scene) -> bool {
    scene.before.0 < Mode::Paused as u8 || scene.before.1 || scene.mode() == Mode::Paused
}

/// While value is missing the mode never falls to Normal.
fn no_false_release(_: &Pauses, scene: &Scene) -> bool {
    !scene.missing || scene.mode() >= Mode::Restricted
}

/// Guardians alone can't keep users paused for longer than their own budget.
fn guardians_alone(_: &Pauses, scene: &Scene) -> bool {
    scene
        .compartment
        .0
        .automation_budget
        .spans
        .iter()
        .any(|s| s.until > 0)
        || scene.paused_hours() <= 96
}

/// Nor can alarms, however often value is missing.
fn automation_alone(_: &Pauses, scene: &Scene) -> bool {
    scene
        .compartment
        .0
        .guardian_budget
        .spans
        .iter()
        .any(|s| s.until > 0)
        || scene.paused_hours() <= 72
}

/// Plans: name and model.
pub fn plans(full: bool) -> Vec<(String, Pauses)> {
    let acts = if full { 6 } else { 5 };
    let plan = |acts, moves| {
        let name = format!("modes: every sequence of {acts} of {} acts", MOVES.len());
        (
            name,
            Pauses {
                acts,
                moves,
                mutant: None,
            },
        )
    };
    vec![plan(acts, MOVES)]
}

/// All properties of the modes.
pub fn properties() -> Vec<Property<Pauses>> {
    vec![
        Property::always("pauses_are_budgeted", pauses_are_budgeted),
        Property::always("paused_ends_by_expiry", paused_ends_by_expiry),
        Property::always("no_false_release", no_false_release),
        Property::always("guardians_alone", guardians_alone),
        Property::always("automation_alone", automation_alone),
    ]
}

/// A mutant, the property that must find it out, the acts that it takes, what may happen.
pub type Case = (Mutant, &'static str, u8, &'static [Move]);

/// All mutants.
pub const MUTANTS: &[Case] = &[
    (Mutant::NoBudget, "guardians_alone", 5, MOVES),
    (
        Mutant::NoBudget,
        "pauses_are_budgeted",
        6,
        &[Move::Pause(1_000), Move::Wait(72)],
    ),
    (Mutant::NoAutomationBudget, "automation_alone", 8, ALARMS),
    (Mutant::RelaxUnpauses, "paused_ends_by_expiry", 4, MOVES),
    (Mutant::Shorter, "guardians_alone", 5, MOVES),
    (Mutant::ForgetsBits, "no_false_release", 4, MOVES),
];
