//! Modes under every sequence of pauses, restrictions, alarms and time.
//!
//! Guardians pause, restrict and revoke whenever they like and for as long as they like, automation
//! does too, and time moves by hours or to the end of what runs, in both clocks or in one. The
//! properties ([`laws`]) look at the hours that users really lived through, not at the budgets.

pub mod laws;

use std::cell::RefCell;

use bulwark_core::Now;
use bulwark_core::breaker::depeg;
use bulwark_core::guardian::{RELAX_DELAY, SLACK};
use bulwark_core::mode::{
    Act, By, Capability, Finding, Item, Mode, charged_end, effective, end_after, lift_revocations,
    observe, pause, pause_protocol, relax, restrict_alone, restrict_together, revoke, running,
};
use bulwark_state::{Board, Compartment, End, Protocol};
use bytemuck::Zeroable;
use stateright::{Model, Property};

use crate::Account;

const HOUR: i64 = 3_600;
/// Slots of 300 ms in an hour.
const SLOTS: u64 = 12_000;
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
/// An alarm whenever it may pause again.
const ALARMS: &[Move] = &[Move::Missing, Move::Wait(24)];

/// State of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scene {
    /// Protocol.
    pub protocol: Account<Protocol>,
    /// Compartment.
    pub compartment: Account<Compartment>,
    /// When one guardian restricted.
    pub lone: [i64; 2],
    /// Hours since the start.
    pub hour: i64,
    /// Slots since the start.
    pub slot: u64,
    /// Acts so far.
    pub acts: u8,
    /// Whether value is missing.
    pub missing: bool,
    /// Hours, from and to, in which users lived in Paused.
    pub paused: Vec<(i64, i64)>,
    /// The mode before the last act, and what it was.
    pub before: (u8, Last),
    /// When what ran before it would have ended, restriction and pause; 0 for none.
    pub ends: (i64, i64),
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

impl Scene {
    /// The mode that holds.
    pub fn mode(&self) -> Mode {
        effective(&self.protocol.0, &self.compartment.0, self.now())
    }

    /// Unix seconds at which the restriction and the pause that run now end, 0 for none.
    pub fn ends(&self) -> (i64, i64) {
        let until = |end: &End| match running(end, self.now()) {
            true => end.at,
            false => 0,
        };
        let mode = &self.compartment.0.mode;
        (until(&mode.restricted), until(&mode.paused))
    }

    /// Both clocks.
    pub fn now(&self) -> Now {
        Now {
            unix: 1_000_000_000 + self.hour * HOUR,
            slot: 1_000_000_000 + self.slot,
        }
    }

    /// Hours lived in Paused within the window that ends now.
    pub fn paused_hours(&self) -> i64 {
        let from = self.hour - WINDOW;
        let spans = self.paused.iter();
        spans.map(|(a, b)| (b - (*a).max(from)).max(0)).sum()
    }

    /// Whether the act was accepted.
    fn act(&mut self, step: Move, mutant: Option<Mutant>) -> bool {
        let time = self.now();
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
                if mutant == Some(Mutant::RestrictsForEver) {
                    compartment.mode.restricted.at = i64::MAX;
                    compartment.mode.restricted.slot = u64::MAX;
                }
                done
            }
            Move::PauseAll(hours) => {
                let paused = pause(compartment, By::Guardian, act(hours), time);
                let Ok(Some(_)) = paused else { return false };
                let end = charged_end(compartment, 300, time).expect("a charged pause");
                pause_protocol(&mut self.protocol.0, end, 1, time).is_ok()
            }
            Move::Lone => {
                if mutant == Some(Mutant::LooseLone) {
                    compartment.mode.restricted = Zeroable::zeroed();
                }
                restrict_alone(&mut compartment.mode, &mut self.lone, act(6), time).is_ok()
            }
            Move::Revoke => {
                let mut all = Capability::ALL.into_iter();
                all.all(|one| revoke(compartment, one, u64::MAX, 300, time).is_ok())
            }
            Move::Latch(hours) => latch_peg(compartment, hours, time),
            Move::Relax => {
                let protocol = &mut self.protocol.0.mode;
                let all = protocol.sequence;
                relax(protocol, all);
                let named = compartment.mode.sequence;
                lift_revocations(compartment, decided_at(time));
                if mutant == Some(Mutant::RelaxUnpauses) {
                    compartment.mode.paused = Zeroable::zeroed();
                }
                relax(&mut compartment.mode, named) || mutant.is_some()
            }
            Move::Missing => {
                if mutant == Some(Mutant::NoAutomationBudget) {
                    compartment.automation_budget = Zeroable::zeroed();
                }
                if mutant == Some(Mutant::Amnesia) {
                    let bits = &mut compartment.broken;
                    (bits.missing_at, bits.missing_again_at) = (0, 0);
                }
                self.missing = true;
                self.check(Item::Bank(1), Finding::ValueMissing, mutant)
            }
            Move::Sound => {
                self.missing = false;
                self.check(Item::Bank(1), Finding::Sound, mutant)
            }
            Move::Broken => self.check(Item::Market(0), Finding::Broken, mutant),
            Move::Mended => self.check(Item::Market(0), Finding::Sound, mutant),
            Move::Wait(hours) => {
                self.wait(hours, SLOTS);
                match mutant {
                    Some(Mutant::ForgetsBits) => {
                        self.compartment.0.broken = Zeroable::zeroed();
                    }
                    Some(Mutant::EndlessGrace) => {
                        let now = self.now().unix;
                        self.compartment.0.grace_from = now;
                        self.compartment.0.grace_until = now + 900;
                    }
                    _ => {}
                }
                true
            }
            Move::Stall(hours) => {
                self.wait(hours, 0);
                true
            }
            Move::Slots(hours) => {
                self.slot += hours * SLOTS;
                true
            }
        }
    }

    fn check(&mut self, item: Item, finding: Finding, mutant: Option<Mutant>) -> bool {
        let time = self.now();
        mutant == Some(Mutant::DeafCheck)
            || observe(&mut self.compartment.0, item, finding, time).is_ok()
    }

    /// Lives through so many hours, one by one: a pause may end in between.
    fn wait(&mut self, hours: i64, slots: u64) {
        for _ in 0..hours {
            let paused = self.mode() == Mode::Paused;
            let from = self.hour;
            self.hour += 1;
            self.slot += slots;
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

/// Unix second at which the Relax that is carried out now was proposed.
pub const fn decided_at(now: Now) -> i64 {
    now.unix - RELAX_DELAY.cast_signed() - SLACK
}

/// Until when quote is off its peg, seen now by a refresh.
pub fn off_peg(hours: u64, now: Now) -> End {
    end_after(now, hours * 3_600, 300).expect("a slot length of the table")
}

thread_local! {
    static BOARD: RefCell<Box<Board>> = RefCell::new(Box::new(Zeroable::zeroed()));
}

/// A check finds quote off its peg: the breaker latches for so many hours.
fn latch_peg(compartment: &mut Compartment, hours: u64, now: Now) -> bool {
    BOARD.with_borrow_mut(|board| {
        board.pegs.quote = off_peg(hours, now);
        matches!(depeg::latch(board, compartment, now), Ok(Some(_)))
    })
}

impl Model for Pauses {
    type State = Scene;
    type Action = Move;

    fn init_states(&self) -> Vec<Scene> {
        vec![Scene {
            protocol: Account(Protocol::zeroed()),
            compartment: Account(Compartment::zeroed()),
            lone: [0; 2],
            hour: 0,
            slot: 0,
            acts: 0,
            missing: false,
            paused: Vec::new(),
            before: (0, Last::Tightened),
            ends: (0, 0),
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
        scene.before = (last.mode() as u8, step.sort());
        scene.ends = last.ends();
        if !scene.act(step, self.mutant) {
            return None;
        }
        scene.acts += 1;
        Some(scene)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        laws::all()
    }
}

impl Move {
    const fn sort(self) -> Last {
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
];
