//! Modes under every sequence of pauses, restrictions, alarms and time.
//!
//! Guardians pause, restrict and revoke whenever they like and for as long as they like, automation
//! does too, and time moves by hours or to the end of what runs, in both clocks or in one. The
//! properties ([`laws`]) look at the hours that users really lived through, not at the budgets.

pub mod laws;
mod moves;

use std::cell::RefCell;

use bulwark_core::Now;
use bulwark_core::breaker::depeg;
use bulwark_core::guardian::{RELAX_DELAY, SLACK};
use bulwark_core::mode::{
    Act, By, Capability, Finding, Item, Mode, charged_end, effective, end_after, observe, pause,
    pause_protocol, relax, relax_compartment, restrict_alone, restrict_together, revoke, running,
};
use bulwark_state::{Board, Compartment, End, Protocol};
use bytemuck::Zeroable;
use stateright::{Model, Property};

use crate::Account;
pub use moves::{ALL, Case, Last, MOVES, MUTANTS, Move, Mutant, plans};

const HOUR: i64 = 3_600;
/// Slots of 300 ms in an hour.
const SLOTS: u64 = 12_000;
/// Length of the rolling window in hours (30 d).
const WINDOW: i64 = 30 * 24;

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
    /// Whether a market is broken.
    pub broken: bool,
    /// Until when the peg's breaker and automation's pause were granted, in unix seconds.
    pub granted: (i64, i64),
    /// Hours, from and to, in which alarms of any kind lasted.
    pub alarmed: Vec<(i64, i64)>,
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

    /// Whether both clocks have run alike.
    pub fn in_step(&self) -> bool {
        self.slot == self.hour.unsigned_abs() * SLOTS
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
                let paused = pause(compartment, By::Guardian, act(hours), time);
                if mutant == Some(Mutant::CountsGuardians) {
                    compartment.above.paused = compartment.mode.paused;
                }
                matches!(paused, Ok(Some(_)))
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
            Move::Latch(hours) => {
                let latched = latch_peg(compartment, hours, time);
                if latched {
                    self.granted.0 = time.unix + hours.cast_signed() * HOUR;
                }
                if mutant == Some(Mutant::CountsWeeks) {
                    compartment.mode.above_normal_at -= 7 * 24 * HOUR;
                }
                latched
            }
            Move::Relax => {
                let protocol = &mut self.protocol.0.mode;
                let all = protocol.sequence;
                relax(protocol, all);
                let named = compartment.mode.sequence;
                if mutant == Some(Mutant::RelaxUnpauses) {
                    compartment.mode.paused = Zeroable::zeroed();
                }
                let before = compartment.mode.restricted;
                relax_compartment(compartment, named, decided_at(time), time);
                let lifted = compartment.mode.restricted != before || mutant.is_some();
                self.granted.0 = 0;
                self.calm(true);
                lifted
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
                let alarm = self.alarm();
                self.missing = false;
                self.forget(alarm, mutant);
                self.check(Item::Bank(1), Finding::Sound, mutant)
            }
            Move::Broken => {
                self.broken = true;
                self.check(Item::Market(0), Finding::Broken, mutant)
            }
            Move::Mended => {
                let alarm = self.alarm();
                self.broken = false;
                self.forget(alarm, mutant);
                self.check(Item::Market(0), Finding::Sound, mutant)
            }
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
        if mutant == Some(Mutant::DeafCheck) {
            return true;
        }
        let observed = observe(&mut self.compartment.0, item, finding, time);
        let paused_until = observed.as_ref().map_or(0, |seen| seen.paused_until);
        self.granted.1 = self.granted.1.max(paused_until);
        observed.is_ok()
    }

    /// After what may have ended the last alarm: from here on it would be another.
    fn calm(&mut self, alarm: bool) {
        if alarm && !self.alarm() {
            self.alarmed.push((self.hour, self.hour));
        }
    }

    fn forget(&mut self, alarm: bool, mutant: Option<Mutant>) {
        self.calm(alarm);
        if mutant == Some(Mutant::ForgetsDays) {
            self.compartment.0.above = Zeroable::zeroed();
        }
    }

    /// Whether an alarm lasts: not a guardian's act.
    fn alarm(&self) -> bool {
        let now = self.now().unix;
        self.missing || self.broken || now < self.granted.0 || now < self.granted.1
    }

    /// Lives through so many hours, one by one: a pause may end in between.
    fn wait(&mut self, hours: i64, slots: u64) {
        for _ in 0..hours {
            let (paused, alarm) = (self.mode() == Mode::Paused, self.alarm());
            let from = self.hour;
            self.hour += 1;
            self.slot += slots;
            for (lasted, hours) in [(paused, &mut self.paused), (alarm, &mut self.alarmed)] {
                match hours.last_mut() {
                    _ if !lasted => {}
                    Some(last) if last.1 == from => last.1 = self.hour,
                    _ => hours.push((from, self.hour)),
                }
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
            broken: false,
            granted: (0, 0),
            alarmed: Vec::new(),
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
