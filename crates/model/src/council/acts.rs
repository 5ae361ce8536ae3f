//! What each move does to a scene: the production function, then what a mutant adds.

use std::hash::{DefaultHasher, Hash, Hasher};

use bulwark_core::Now;
use bulwark_core::guardian::{
    Action, Kind, SILENT_AFTER, State, Step, action_of, approve_proposal, execute, heartbeat,
    object_to_proposal, propose,
};
use bulwark_core::mode::Mode;
use bulwark_state::{Guardian, Key, Proposal};
use bytemuck::Zeroable;

use super::{Case, Council, DAY, Move, Mutant, Scene, VETO};
use crate::Account;

/// What was proposed, as one number.
pub fn payload(proposal: &Proposal) -> u64 {
    let mut hasher = DefaultHasher::new();
    (proposal.kind, proposal.nonce, proposal.action).hash(&mut hasher);
    hasher.finish()
}

impl Council {
    /// Who acts has been heard of all the time.
    pub(super) fn beat(&self, scene: &mut Scene, last: &Scene) -> bool {
        let awake = self.awake(last);
        for member in &mut scene.guardian.0.members {
            if awake.contains(&member.key) {
                member.heartbeat_at = scene.now.0;
            }
        }
        scene.moved += 1;
        true
    }

    /// Everyone has been silent for too long; those who act send a heartbeat now.
    pub(super) fn wake(&self, guardian: &mut Guardian, now: Now) {
        let seats = self.seats(guardian);
        let rest = self.rest_key(guardian);
        for member in &mut guardian.members {
            if rest != Some(member.key) {
                member.heartbeat_at = now.unix - SILENT_AFTER - 1;
            }
        }
        for key in seats {
            heartbeat(guardian, &key, now).expect("a member");
        }
    }

    /// The next of those who slept is heard of again.
    pub(super) fn wake_next(&self, scene: &mut Scene) -> bool {
        let Some(key) = self.next_sleeper(scene) else {
            return false;
        };
        let now = scene.time();
        scene.woken.push(now.unix);
        let guardian = &mut scene.guardian.0;
        heartbeat(guardian, &key, now).expect("a member");
        if self.mutant == Some(Mutant::WakesAtOnce) {
            let member = guardian.members.iter_mut().find(|m| m.key == key);
            member.expect("a member").powers_at = 0;
        }
        true
    }

    /// Whether a member slept and his powers can't be back, as remembered here.
    fn too_early(&self, scene: &Scene, key: &Key) -> bool {
        let place = usize::from(key[0] + self.sleepers - self.members).wrapping_sub(1);
        let back = scene.woken.get(place).map(|at| at + 2 * DAY);
        back.is_none_or(|back| scene.now.0 < back)
    }

    /// The rest objects to what is queued.
    pub(super) fn rest_objects(&self, scene: &mut Scene) {
        let now = scene.time();
        let voices = self.objectors(&scene.guardian.0);
        for case in &mut scene.cases {
            if case.proposal.0.state != State::Queued as u8 || case.against > 0 {
                continue;
            }
            for voice in &voices {
                let guardian = &mut scene.guardian.0;
                // Subjects have no voice, and what was cancelled takes none.
                let step = object_to_proposal(guardian, &mut case.proposal.0, voice, now);
                if let Ok(step) = step {
                    self.note_objection(case, guardian, step);
                }
            }
        }
    }

    pub(super) fn propose(&self, scene: &mut Scene, index: usize) -> bool {
        let Some((proposer, action)) = self.proposer(&scene.guardian.0, index) else {
            return false;
        };
        let guardian = &mut scene.guardian.0;
        let now = Now {
            unix: scene.now.0,
            slot: scene.now.1,
        };
        let mut proposal = Proposal::zeroed();
        let unfit = self.lend(guardian, &proposer, now);
        let members = guardian.member_count;
        let step = propose(guardian, &mut proposal, &proposer, &action, scene.mode, now);
        let Ok(step) = step else { return false };
        if self.mutant == Some(Mutant::Immortal) {
            proposal.expires_at += 36_500 * DAY;
        }
        if self.mutant == Some(Mutant::Forged) {
            for (place, member) in proposal.approvals.iter_mut().zip(&guardian.members).skip(1) {
                place.membership = member.membership;
            }
        }
        let mut case = Case {
            proposal: Account(proposal),
            approvers: vec![proposer],
            against: 0,
            members,
            waits: None,
            eta: (0, 0),
            began: scene.now,
            queued_in: None,
            payload: payload(&proposal),
            unfit,
            executed: 0,
            done: None,
        };
        self.note_queue(&mut case, scene, step);
        scene.cases.push(case);
        true
    }

    /// Remembers the delay that held at quorum, read from a table here, not from core.
    fn note_queue(&self, case: &mut Case, scene: &Scene, step: Step) {
        let Step::Queued(eta) = step else { return };
        let guardian = &scene.guardian.0;
        let kind = Kind::from_u16(case.proposal.0.kind).expect("a kind of the table");
        let seconds = match kind {
            Kind::Restrict | Kind::Tighten | Kind::Pause | Kind::Revoke => 0,
            Kind::AnnounceRecovery => 0,
            Kind::Relax => guardian.relax_delay,
            Kind::RemoveMembers => 30 * 86_400,
            Kind::IncidentUpgrade => 48 * 3_600,
            _ => guardian.delay,
        };
        let slots = seconds * 1_000 / u64::from(guardian.slot_ms);
        case.waits = Some((seconds, slots));
        case.eta = (eta.at, eta.slot);
        case.began = scene.now;
        case.queued_in = Some(scene.mode);
        match self.mutant {
            Some(Mutant::Undying) => case.proposal.0.expires_at += 36_500 * DAY,
            Some(Mutant::Stuck) => case.proposal.0.eta.at += 30 * DAY,
            _ => {}
        }
    }

    pub(super) fn approve(&self, scene: &mut Scene, index: usize, step: &Move) -> bool {
        let now = scene.time();
        let late = matches!(step, Move::Late(_));
        let Some(member) = self.next_approver(scene, index, late) else {
            return false;
        };
        let mut case = scene.cases[index].clone();
        let mode = match self.mutant {
            Some(Mutant::AnyMode) => Mode::Paused,
            _ => scene.mode,
        };
        case.unfit |= late && self.too_early(scene, &member);
        let guardian = &mut scene.guardian.0;
        let before = case.proposal.0.state;
        case.unfit |= self.lend(guardian, &member, now);
        let Ok(step) = approve_proposal(guardian, &mut case.proposal.0, &member, mode, now) else {
            return false;
        };
        case.approvers.push(member);
        if before == State::Open as u8 {
            self.note_queue(&mut case, scene, step);
        }
        match (self.mutant, action_of(&case.proposal.0)) {
            (Some(Mutant::SlowExit), _) => scene.guardian.0.waiting = Zeroable::zeroed(),
            (Some(Mutant::Backdoor), Ok(Action::SetDelays(delay, ..))) if case.waits.is_some() => {
                scene.guardian.0.delay = delay;
            }
            _ => {}
        }
        scene.cases[index] = case;
        true
    }

    /// Whether a member has no powers now (30 days of silence, 48 h after the next heartbeat); a
    /// mutant lends him some.
    fn lend(&self, guardian: &mut Guardian, key: &Key, now: Now) -> bool {
        let Some(member) = guardian.members.iter_mut().find(|m| m.key == *key) else {
            return true;
        };
        let unfit = now.unix - member.heartbeat_at > 30 * DAY || member.powers_at > now.unix;
        if unfit && self.mutant == Some(Mutant::NeverSilent) {
            (member.heartbeat_at, member.powers_at) = (now.unix, 0);
        }
        unfit
    }

    pub(super) fn object(&self, scene: &mut Scene, index: usize, step: &Move) -> bool {
        let now = scene.time();
        let late = matches!(step, Move::LateObject(_));
        let voice = match step {
            Move::Veto(_) => Some(VETO),
            _ => self.next_objector(scene, index, late),
        };
        let Some(voice) = voice else { return false };
        let early = late && self.too_early(scene, &voice);
        let case = &mut scene.cases[index];
        case.unfit |= early;
        let before = case.proposal.0.state;
        let guardian = &mut scene.guardian.0;
        let Ok(step) = object_to_proposal(guardian, &mut case.proposal.0, &voice, now) else {
            return false;
        };
        if case.proposal.0.state == State::Open as u8 {
            case.approvers.retain(|k| *k != voice);
        }
        self.note_objection(case, guardian, step);
        match self.mutant {
            Some(Mutant::LoneVeto) => case.proposal.0.state = State::Cancelled as u8,
            Some(Mutant::DeafToObjections) => {
                case.proposal.0.state = before;
            }
            Some(Mutant::Postpone) if case.waits.is_some() => {
                case.proposal.0.eta.at = now.unix + 7 * DAY;
            }
            _ => {}
        }
        true
    }

    fn note_objection(&self, case: &mut Case, guardian: &Guardian, step: Step) {
        case.against += 1;
        if let Step::Lengthened(eta) = step {
            // The one exception: an incident upgrade becomes an ordinary one.
            case.waits = Some((
                guardian.delay,
                guardian.delay * 1_000 / u64::from(guardian.slot_ms),
            ));
            case.eta = (eta.at, eta.slot);
        }
    }

    pub(super) fn execute(&self, scene: &mut Scene, index: usize) -> bool {
        let mut now = scene.time();
        let case = &mut scene.cases[index];
        let guardian = &mut scene.guardian.0;
        match self.mutant {
            Some(Mutant::NoSlots) => now.slot = u64::MAX,
            Some(Mutant::NoClock) => now.unix = now.unix.max(case.proposal.0.expires_at - 1),
            Some(Mutant::LiveDelay) if case.waits.is_some_and(|w| w.0 > 2 * 86_400) => {
                let queued = case.proposal.0.queued;
                let seconds = i64::try_from(guardian.delay).expect("days");
                case.proposal.0.eta.at = queued.at + seconds;
                case.proposal.0.eta.slot = queued.slot;
            }
            Some(Mutant::RelaxAtOnce) if case.proposal.0.kind == Kind::Relax as u16 => {
                case.proposal.0.eta = Zeroable::zeroed();
            }
            Some(Mutant::NoDelay) => case.proposal.0.eta = Zeroable::zeroed(),
            Some(Mutant::Rewritten) if case.waits.is_some() => case.proposal.0.action[8] ^= 1,
            _ => {}
        }
        let before = *guardian;
        let standing = case
            .approvers
            .iter()
            .filter(|k| before.members.iter().any(|m| m.key == **k))
            .count() as u8;
        if execute(guardian, &mut case.proposal.0, now).is_err() {
            return false;
        }
        match self.mutant {
            Some(Mutant::Twice) => guardian.members[0].key = guardian.members[1].key,
            Some(Mutant::NoFloor) => guardian.delay = 3_600,
            _ => {}
        }
        if self.mutant == Some(Mutant::SameMembership) {
            for (new, old) in guardian.members.iter_mut().zip(&before.members) {
                if old.membership != 0 {
                    new.membership = old.membership;
                }
            }
        }
        if self.mutant == Some(Mutant::Again) {
            case.proposal.0.state = State::Queued as u8;
        }
        case.executed = case.executed.saturating_add(1);
        case.done = Some((scene.now.0, scene.now.1, standing, before.member_count));
        true
    }
}
