//! The guardian under every interleaving.
//!
//! Members are interchangeable, so on each proposal they speak in the order of their seats; a
//! removal names the first seat or the last, so both a subject who approved something and one who
//! didn't occur. Time moves to every moment at which a rule changes its answer and to the second
//! before, with both clocks or with one of them alone. Where a plan says so members have slept and
//! are heard of again whenever they like, in the order of their seats, and the mode becomes any
//! other at any moment.

mod acts;
mod calls;
pub mod laws;
mod moves;

use bulwark_core::Now;
use bulwark_core::guardian::{
    Action, Kind, MAX_SETTINGS, MAX_SUBJECTS, SILENT_AFTER, SLACK, Setting, State, Subject,
    Successor, blocking, create, decode, expire, quickening,
};
use bulwark_core::mode::Mode;
use bulwark_state::{Guardian, Key, Proposal};
use bytemuck::Zeroable;
use stateright::{Model, Property};

use crate::Account;
pub use acts::payload;
pub use calls::Call;
pub use moves::{Move, Mutant, Rest};

const DAY: i64 = 86_400;
/// Unix second and slot at which everything begins.
pub const START: (i64, u64) = (1_000 * DAY, 1_000_000_000);
/// First key of a successor whom a removal names.
const SUCCESSORS: u8 = 150;
/// The veto seat's key.
const VETO: Key = [0xEE; 32];
const MODES: [Mode; 3] = [Mode::Normal, Mode::Restricted, Mode::Paused];

/// A proposal with what the properties need to know of its past.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Case {
    /// The account.
    pub proposal: Account<Proposal>,
    /// Keys of the members who approved it, in order.
    pub approvers: Vec<Key>,
    /// Voices against it.
    pub against: u8,
    /// Members when it was proposed.
    pub members: u8,
    /// Delay that held at quorum, seconds, and slots of the longest slot that it may count with.
    pub waits: Option<(u64, u64)>,
    /// Ends when it was queued.
    pub eta: (i64, u64),
    /// Unix second and slot at which it was opened, then at which it had its quorum.
    pub began: (i64, u64),
    /// The mode in which it had its quorum.
    pub queued_in: Option<Mode>,
    /// Hash of what was proposed.
    pub payload: u64,
    /// Whether someone's approval counted who had no powers then.
    pub unfit: bool,
    /// Executions.
    pub executed: u8,
    /// Moment of the execution, and the approvers who were members then.
    pub done: Option<(i64, u64, u8, u8)>,
}

/// State of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scene {
    /// The guardian.
    pub guardian: Account<Guardian>,
    /// Proposals so far.
    pub cases: Vec<Case>,
    /// Unix second and slot.
    pub now: (i64, u64),
    /// The mode that holds.
    pub mode: Mode,
    /// When each of those who slept was heard of again, in their order.
    pub woken: Vec<i64>,
    /// Moves of time so far.
    pub moved: u8,
    /// Whether members, delays or the veto seat changed but by a decision that was due.
    pub backdoor: bool,
}

/// A plan: who acts, what may be proposed, how far.
#[derive(Clone, Debug)]
pub struct Council {
    /// Members, 5 to 16.
    pub members: u8,
    /// How many of them ever do anything.
    pub actors: u8,
    /// Whether anyone objects.
    pub objections: bool,
    /// Who objects whenever something is queued, before anything else happens.
    pub rest: Rest,
    /// Whether nobody has been heard of for longer than powers last, when those who act wake.
    pub asleep: bool,
    /// Actions that may be proposed, each once.
    pub plan: Vec<Kind>,
    /// Most proposals at the same time.
    pub cases: usize,
    /// Most moves of time.
    pub times: u8,
    /// Members that one removal names.
    pub removed: u8,
    /// Whether the clocks may move apart.
    pub skew: bool,
    /// Whether the council begins with an ordinary delay of nine days.
    pub long: bool,
    /// How many of the last seats have been silent for longer than powers last. They are heard of
    /// again whenever they like, in the order of their seats, while the others act.
    pub sleepers: u8,
    /// Mode that the compartments begin in.
    pub mode: Mode,
    /// Whether the mode becomes any other at any moment: more than pauses and their ends can do.
    pub modes: bool,
    /// A rule broken on purpose.
    pub mutant: Option<Mutant>,
}

/// Key of a founding member, from 1.
pub fn key(number: u8) -> Key {
    [number; 32]
}

impl Council {
    /// A council in which all members do whatever they like.
    pub fn all(members: u8, plan: &[Kind]) -> Self {
        Self {
            members,
            actors: members,
            objections: true,
            rest: Rest::Silent,
            asleep: false,
            plan: plan.to_vec(),
            cases: 2,
            times: 2,
            removed: 1,
            skew: true,
            long: false,
            sleepers: 0,
            mode: Mode::Paused,
            modes: false,
            mutant: None,
        }
    }

    /// The action of a plan's entry; the second half of the alphabet of removals names the last
    /// seat.
    pub fn action(&self, guardian: &Guardian, kind: Kind, index: usize) -> Action {
        match kind {
            Kind::Restrict => Action::Restrict(0, 3_600, 1),
            Kind::Pause => Action::Pause(0, 3_600, 1),
            Kind::Revoke => Action::Revoke(0, 0, 3_600),
            Kind::Relax => Action::Relax(0, 1),
            Kind::AddMember => Action::AddMember(key(100 + index as u8)),
            Kind::RemoveMembers if index.is_multiple_of(2) => removal(guardian, self.removed, 0),
            // Every second entry of a plan removes the first seat.
            Kind::RemoveMembers => removal(guardian, 1, guardian.member_count - 1),
            // Up first, then back to the floor.
            Kind::SetDelays if guardian.delay == 7 * 86_400 => {
                Action::SetDelays(9 * 86_400, 3 * 86_400, 400)
            }
            Kind::SetDelays => Action::SetDelays(7 * 86_400, 2 * 86_400, 400),
            Kind::SetVeto => Action::SetVeto(key(200)),
            Kind::Upgrade => Action::Upgrade(key(50), key(51)),
            Kind::IncidentUpgrade => Action::IncidentUpgrade(key(50), key(51)),
            Kind::List => Action::List(0, key(52)),
            Kind::SetOracle => Action::SetOracle(0, 0, 0, 0, key(53)),
            Kind::WindDown => Action::WindDown(0, Subject::Market(0)),
            Kind::PayTreasury => Action::PayTreasury(0, 1),
            Kind::AnnounceRecovery => Action::AnnounceRecovery(0),
            Kind::Tighten => Action::Tighten(0, Subject::Market(0), Setting::default()),
            Kind::SetParameters => {
                let mut list = [Setting::default(); MAX_SETTINGS];
                list[0] = Setting { id: 1, value: 1 };
                Action::SetParameters(0, Subject::Compartment, 1, list)
            }
        }
    }

    /// Whether a key is of those who slept when everything began.
    fn slept(&self, key: &Key) -> bool {
        (self.members - self.sleepers..self.members).contains(&key[0].wrapping_sub(1))
    }

    fn seats(&self, guardian: &Guardian) -> Vec<Key> {
        let count = usize::from(guardian.member_count);
        let passive = usize::from(self.members - self.actors);
        let active = count - passive.min(count);
        let seats = guardian.members[..count].iter().enumerate();
        // Successors are those of who named them.
        seats
            .filter(|(index, m)| *index < active || m.key[0] >= SUCCESSORS)
            .map(|(_, m)| m.key)
            .collect()
    }
}

/// Memberships that a removal names.
fn subjects(proposal: &Proposal) -> Vec<u64> {
    let kind = Kind::from_u16(proposal.kind).expect("a kind of the table");
    let bytes = &proposal.action[..usize::from(proposal.action_len)];
    let action = decode(kind, bytes).expect("an action that was encoded");
    action.subjects().iter().map(|s| s.membership).collect()
}

/// A removal of the last `count` seats before the last `skip`, as many as one can name.
pub fn removal(guardian: &Guardian, count: u8, skip: u8) -> Action {
    let count = count.min(blocking(guardian.member_count));
    let mut list = [Successor::default(); MAX_SUBJECTS];
    for (index, place) in list.iter_mut().take(usize::from(count)).enumerate() {
        let seat = usize::from(guardian.member_count - skip) - 1 - index;
        place.membership = guardian.members[seat].membership;
        place.key = key(SUCCESSORS + 10 * skip + index as u8);
    }
    Action::RemoveMembers(count, list)
}

impl Scene {
    /// Both clocks.
    pub fn time(&self) -> Now {
        Now {
            unix: self.now.0,
            slot: self.now.1,
        }
    }

    fn edges(&self) -> Vec<(i64, u64)> {
        let members = self.guardian.0.members.iter();
        let powers = members.filter(|m| m.powers_at != 0);
        let mut edges: Vec<_> = powers.map(|m| (m.powers_at, 0)).collect();
        for case in &self.cases {
            let p = &case.proposal.0;
            if p.state == State::Queued as u8 && case.waits.is_some_and(|w| w.0 > 0) {
                edges.push((p.eta.at + SLACK, p.eta.slot));
                edges.push((p.expires_at, p.eta.slot));
            } else if p.state == State::Open as u8 {
                edges.push((p.expires_at, 0));
            }
        }
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    fn times(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        for (at, slot) in self.edges() {
            for unix in [at - 1, at] {
                if unix > self.now.0 {
                    moves.push(Move::Until(unix));
                    moves.push(Move::Clock(unix));
                }
            }
            for slot in [slot.saturating_sub(1), slot] {
                if slot > self.now.1 {
                    moves.push(Move::Slots(slot));
                }
            }
        }
        moves
    }
}

impl Model for Council {
    type State = Scene;
    type Action = Move;

    fn init_states(&self) -> Vec<Scene> {
        let keys: Vec<Key> = (1..=self.members).map(key).collect();
        let now = START;
        let mut guardian = Guardian::zeroed();
        let start = Now {
            unix: now.0,
            slot: now.1,
        };
        create(&mut guardian, &keys, VETO, start).expect("founding members are distinct");
        if self.long {
            guardian.delay = 9 * 86_400;
        }
        if self.asleep {
            self.wake(&mut guardian, start);
        }
        for member in &mut guardian.members {
            if self.slept(&member.key) {
                member.heartbeat_at = now.0 - SILENT_AFTER - 1;
            }
        }
        vec![Scene {
            guardian: Account(guardian),
            cases: Vec::new(),
            now,
            mode: self.mode,
            woken: Vec::new(),
            moved: 0,
            backdoor: false,
        }]
    }

    fn actions(&self, scene: &Scene, moves: &mut Vec<Move>) {
        if scene.cases.len() < self.cases {
            moves.extend((0..self.plan.len()).map(Move::Propose));
        }
        for (index, case) in scene.cases.iter().enumerate() {
            let state = State::from_u8(case.proposal.0.state).expect("a state of the table");
            if state.is_final() && case.executed == 0 {
                continue;
            }
            moves.extend([
                Move::Approve(index),
                Move::Execute(index),
                Move::Expire(index),
            ]);
            if self.objections {
                moves.extend([Move::Object(index), Move::Veto(index)]);
            }
            if self.sleepers > 0 {
                moves.push(Move::Late(index));
                moves.extend(self.objections.then_some(Move::LateObject(index)));
            }
        }
        if scene.woken.len() < usize::from(self.sleepers) {
            moves.push(Move::Wake);
        }
        if self.modes {
            let others = MODES.into_iter().filter(|mode| *mode != scene.mode);
            moves.extend(others.map(Move::Mode));
        }
        if scene.moved < self.times {
            let times = scene.times().into_iter();
            moves.extend(times.filter(|m| self.skew || matches!(m, Move::Until(_))));
        }
    }

    fn next_state(&self, last: &Scene, step: Move) -> Option<Scene> {
        let mut scene = last.clone();
        let done = match step {
            Move::Propose(index) => self.propose(&mut scene, index),
            Move::Approve(index) | Move::Late(index) => self.approve(&mut scene, index, &step),
            Move::Object(index) | Move::LateObject(index) | Move::Veto(index) => {
                self.object(&mut scene, index, &step)
            }
            Move::Wake => self.wake_next(&mut scene),
            Move::Mode(mode) => {
                scene.mode = mode;
                true
            }
            Move::Execute(index) => self.execute(&mut scene, index),
            Move::Expire(index) => {
                let now = scene.time();
                let case = &mut scene.cases[index];
                expire(&mut scene.guardian.0, &mut case.proposal.0, now).is_ok()
            }
            Move::Until(unix) => {
                let seconds = unix.abs_diff(scene.now.0);
                // Slots of 300 ms, none lost: the fastest that the guardian counts with.
                scene.now = (unix, scene.now.1 + (seconds * 10).div_ceil(3));
                self.beat(&mut scene, last)
            }
            Move::Clock(unix) => {
                scene.now.0 = unix;
                self.beat(&mut scene, last)
            }
            Move::Slots(slot) => {
                scene.now.1 = slot;
                scene.moved += 1;
                true
            }
        };
        if done && self.rest != Rest::Silent {
            self.rest_objects(&mut scene);
        }
        scene.backdoor |= governed(last) != governed(&scene) && !self.decided(last, &scene);
        done.then_some(scene).filter(|scene| scene != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        laws::all()
    }
}

/// Members with their memberships, delays, the veto seat.
type Governed = ([(Key, u64); 16], (u64, u64, u32), Key);

/// What only a decision may change: members, delays, the veto seat.
fn governed(scene: &Scene) -> Governed {
    let guardian = &scene.guardian.0;
    let members = guardian.members.map(|m| (m.key, m.membership));
    let delays = (guardian.delay, guardian.relax_delay, guardian.slot_ms);
    (members, delays, guardian.veto)
}

impl Council {
    /// Whether a decision of members, delays or the veto seat was carried out in this step, after
    /// a week at least.
    fn decided(&self, last: &Scene, scene: &Scene) -> bool {
        let pairs = last.cases.iter().zip(&scene.cases);
        let mut done = pairs.filter(|(old, new)| old.executed != new.executed);
        done.any(|(_, case)| {
            let governs = matches!(
                Kind::from_u16(case.proposal.0.kind),
                Ok(Kind::AddMember | Kind::RemoveMembers | Kind::SetDelays | Kind::SetVeto)
            );
            governs && scene.now.0 - case.proposal.0.queued.at >= 7 * DAY
        })
    }
}

/// Whether exits are as fast as the waiting changes ask: out a day before the earliest could land.
pub fn quick_enough(scene: &Scene) -> bool {
    let mut most = 0;
    for case in &scene.cases {
        let p = &case.proposal.0;
        let kind = Kind::from_u16(p.kind).expect("a kind of the table");
        let exempt = matches!(
            kind,
            Kind::Relax
                | Kind::AnnounceRecovery
                | Kind::PayTreasury
                | Kind::Restrict
                | Kind::Tighten
                | Kind::Pause
                | Kind::Revoke
        );
        let queued = p.state == State::Queued as u8 && scene.now.0 < p.expires_at;
        if let (Some((seconds, _)), true, false) = (case.waits, queued, exempt) {
            most = most.max(1_000_000 * 86_400 / (seconds - 86_400));
        }
    }
    quickening(&scene.guardian.0, scene.time()).ppm >= most
}
