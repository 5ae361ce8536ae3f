//! What each move asks of the program: who calls what. The moves of [`super::acts`] are made of
//! these calls, and the traces that are replayed on the bytecode send them as transactions.

use bulwark_core::error::Result;
use bulwark_core::guardian::{
    Action, SILENT_AFTER, State, Step, approve_proposal, execute, expire, heartbeat,
    object_to_proposal, propose,
};
use bulwark_state::{Guardian, Key, Proposal};
use bytemuck::Zeroable;

use super::{Council, Move, Rest, Scene, VETO, key, subjects};

/// A call of the program.
#[expect(
    clippy::large_enum_variant,
    reason = "one lives at a time, and a copy is cheaper than a box a move"
)]
#[derive(Clone, Copy, Debug)]
pub enum Call {
    /// This member proposes.
    Propose(Key, Action),
    /// This member approves the case of this index.
    Approve(usize, Key),
    /// This member, or the veto seat, objects to it.
    Object(usize, Key),
    /// Anyone executes it.
    Execute(usize),
    /// Anyone ends it.
    Expire(usize),
    /// This member sends a heartbeat.
    Heartbeat(Key),
}

impl Council {
    /// The call that a move is; `None` for time and for modes, and where nobody is left who would
    /// speak.
    pub fn call(&self, scene: &Scene, step: &Move) -> Option<Call> {
        match *step {
            Move::Propose(index) => {
                let (proposer, action) = self.proposer(&scene.guardian.0, index)?;
                Some(Call::Propose(proposer, action))
            }
            Move::Approve(index) | Move::Late(index) => {
                let late = matches!(step, Move::Late(_));
                let member = self.next_approver(scene, index, late)?;
                Some(Call::Approve(index, member))
            }
            Move::Object(index) | Move::LateObject(index) => {
                let late = matches!(step, Move::LateObject(_));
                let member = self.next_objector(scene, index, late)?;
                Some(Call::Object(index, member))
            }
            Move::Veto(index) => Some(Call::Object(index, VETO)),
            Move::Execute(index) => Some(Call::Execute(index)),
            Move::Expire(index) => Some(Call::Expire(index)),
            Move::Wake => self.next_sleeper(scene).map(Call::Heartbeat),
            Move::Until(_) | Move::Clock(_) | Move::Slots(_) | Move::Mode(_) => None,
        }
    }

    /// What the production rules answer to a call, on copies.
    pub fn answer(&self, scene: &Scene, call: &Call) -> Result<Step> {
        let (mut guardian, now) = (scene.guardian.0, scene.time());
        let of = |index: usize| scene.cases[index].proposal.0;
        match *call {
            Call::Propose(member, action) => {
                let mut new = Proposal::zeroed();
                propose(&mut guardian, &mut new, &member, &action, scene.mode, now)
            }
            Call::Approve(index, member) => {
                approve_proposal(&mut guardian, &mut of(index), &member, scene.mode, now)
            }
            Call::Object(index, voice) => {
                object_to_proposal(&mut guardian, &mut of(index), &voice, now)
            }
            Call::Execute(index) => execute(&mut guardian, &mut of(index), now),
            Call::Expire(index) => expire(&mut guardian, &mut of(index), now),
            Call::Heartbeat(key) => heartbeat(&mut guardian, &key, now).map(|()| Step::Counted(0)),
        }
    }

    /// Who is heard of whenever time passes: those who act, and who objects for the rest, unless he
    /// sleeps.
    pub fn awake(&self, scene: &Scene) -> Vec<Key> {
        let guardian = &scene.guardian.0;
        let mut keys = self.seats(guardian);
        keys.extend(self.rest_key(guardian).filter(|key| !keys.contains(key)));
        let sleeping = self.asleep_now(scene);
        keys.retain(|key| !sleeping.contains(key));
        keys
    }

    /// Those who slept and haven't been heard of since, in the order of their seats.
    fn asleep_now(&self, scene: &Scene) -> Vec<Key> {
        let members = scene.guardian.0.members.iter();
        let silent = members.filter(|m| scene.now.0 - m.heartbeat_at > SILENT_AFTER);
        silent
            .map(|m| m.key)
            .filter(|key| self.slept(key))
            .collect()
    }

    /// Who is heard of next of those who slept.
    pub(super) fn next_sleeper(&self, scene: &Scene) -> Option<Key> {
        self.asleep_now(scene).first().copied()
    }

    /// The voices that object to whatever is queued, in their order.
    pub fn objectors(&self, guardian: &Guardian) -> Vec<Key> {
        let member = self.rest_key(guardian);
        let veto = (self.rest == Rest::OneAndVeto).then_some(VETO);
        member.into_iter().chain(veto).collect()
    }

    /// Key of the last seat, if its member is awake and objects.
    pub(super) fn rest_key(&self, guardian: &Guardian) -> Option<Key> {
        let last = usize::from(guardian.member_count) - 1;
        (self.rest != Rest::Silent).then(|| guardian.members[last].key)
    }

    /// Who proposes the plan's action of this index: the first whom it doesn't name.
    pub(super) fn proposer(&self, guardian: &Guardian, index: usize) -> Option<(Key, Action)> {
        let kind = self.plan.get(index)?;
        let action = self.action(guardian, *kind, index);
        let subjects: Vec<u64> = action.subjects().iter().map(|s| s.membership).collect();
        let count = usize::from(guardian.member_count);
        let free = guardian.members[..count]
            .iter()
            .find(|m| !subjects.contains(&m.membership));
        let proposer = free.map_or(key(1), |m| m.key);
        let acts = self.seats(guardian).contains(&proposer);
        acts.then_some((proposer, action))
    }

    /// The first seat that hasn't approved and isn't named.
    pub(super) fn next_approver(&self, scene: &Scene, index: usize, late: bool) -> Option<Key> {
        let case = &scene.cases[index];
        let gone = subjects(&case.proposal.0);
        let named = |k: &Key| {
            let mut members = scene.guardian.0.members.iter();
            members.any(|m| m.key == *k && gone.contains(&m.membership))
        };
        let mut seats = self.seats(&scene.guardian.0).into_iter();
        seats.find(|k| self.slept(k) == late && !case.approvers.contains(k) && !named(k))
    }

    /// The last seat that hasn't objected: the last object first, those who didn't approve.
    pub(super) fn next_objector(&self, scene: &Scene, index: usize, late: bool) -> Option<Key> {
        let case = &scene.cases[index];
        let gone = subjects(&case.proposal.0);
        let silent = |k: &Key| {
            let number = scene.guardian.0.members.iter().find(|m| m.key == *k);
            let number = number.map_or(0, |m| m.membership);
            let mut objections = case.proposal.0.objections.iter();
            !objections.any(|o| o.membership == number) && !gone.contains(&number)
        };
        let mut seats = self.seats(&scene.guardian.0).into_iter().rev();
        seats.find(|k| self.slept(k) == late && silent(k))
    }

    /// Whether the rest would object to a case now.
    pub fn rest_would_object(scene: &Scene, index: usize) -> bool {
        let case = &scene.cases[index];
        case.proposal.0.state == State::Queued as u8 && case.against == 0
    }
}
