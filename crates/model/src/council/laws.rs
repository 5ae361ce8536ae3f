//! What must hold in every state of a council. Figures are written anew, not read from core: a
//! table that both sides share could be wrong on both.

use bulwark_core::guardian::{Kind, SLACK, State, VETO};
use bulwark_core::mode::Mode;
use stateright::Property;

use super::{Case, Council, Scene, payload, quick_enough, subjects};

const HOURS_48: u64 = 48 * 3_600;
const DAYS_30: u64 = 30 * 86_400;
const WEEK: i64 = 7 * 86_400;

/// Members that four fifths are, rounded up: n − ⌊n/5⌋.
const fn relax_quorum(members: u8) -> u8 {
    members - members / 5
}

fn quorum_of(kind: Kind, members: u8) -> u8 {
    match kind {
        Kind::Restrict | Kind::Tighten => 2,
        Kind::Pause | Kind::Revoke => members / 2 + 1,
        // One subject.
        Kind::RemoveMembers => members - 1,
        _ => relax_quorum(members),
    }
}

/// Kinds that only tighten.
const fn tightens(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Restrict | Kind::Tighten | Kind::Pause | Kind::Revoke
    )
}

fn kind(case: &Case) -> Kind {
    Kind::from_u16(case.proposal.0.kind).expect("a kind of the table")
}

fn every(scene: &Scene, holds: impl Fn(&Case) -> bool) -> bool {
    scene.cases.iter().all(holds)
}

/// 2: whatever loosens had four fifths and 48 h; whatever tightens waits for no more than a
/// majority. A removal has its own quorum, all but its subjects, and waits for longer.
fn asymmetry(_: &Council, scene: &Scene) -> bool {
    every(scene, |case| {
        let (kind, members) = (kind(case), case.members);
        if tightens(kind) {
            let open = case.proposal.0.state == State::Open as u8;
            // Who joined meanwhile counts.
            let members = members.max(scene.guardian.0.member_count);
            return !open || standing(scene, case) < usize::from(members / 2 + 1);
        }
        let Some((unix, slot, approvers, _)) = case.done else {
            return true;
        };
        let least = match kind {
            Kind::RemoveMembers => members - (members / 5 + 1),
            _ => relax_quorum(members),
        };
        // An announcement of Recovery tightens as far as can be: Paused, then settled.
        let waited = kind == Kind::AnnounceRecovery
            || unix.abs_diff(case.began.0) >= HOURS_48
                && slot.saturating_sub(case.began.1) >= HOURS_48 * 1_000 / 400;
        approvers >= least && waited
    })
}

/// Approvers who have been members since.
fn standing(scene: &Scene, case: &Case) -> usize {
    let members = scene.guardian.0.members.iter();
    let keys: Vec<_> = members.map(|m| m.key).collect();
    let all = case.approvers.iter();
    all.filter(|key| keys.contains(key)).count()
}

/// 3: executed only when both clocks have passed the delay that held at quorum, whatever became of
/// delays meanwhile.
fn delay_monotonicity(_: &Council, scene: &Scene) -> bool {
    every(scene, |case| match (case.done, case.waits) {
        (Some((unix, slot, _, _)), Some((seconds, slots))) => {
            let slack = if seconds == 0 { 0 } else { SLACK };
            unix.abs_diff(case.began.0) >= seconds + slack.unsigned_abs()
                && slot >= case.began.1 + slots
        }
        (Some(_), None) => false,
        _ => true,
    })
}

/// 4: executed only with a quorum of approvals whose givers have been members without break.
fn membership_epoch(council: &Council, scene: &Scene) -> bool {
    every(scene, |case| match case.done {
        Some((_, _, approvers, members)) => {
            if kind(case) == Kind::RemoveMembers && council.removed > 1 {
                return approvers >= members - (members / 5 + 1);
            }
            let needed = |n| quorum_of(kind(case), n);
            approvers >= needed(members).max(needed(case.members))
        }
        None => true,
    })
}

/// 6: executed at most once, and what was proposed, under a number of its own.
fn once_only(_: &Council, scene: &Scene) -> bool {
    let numbers: Vec<u64> = scene.cases.iter().map(|c| c.proposal.0.nonce).collect();
    let apart = numbers
        .iter()
        .enumerate()
        .all(|(at, number)| !numbers[..at].contains(number));
    apart
        && every(scene, |case| {
            case.executed <= 1 && payload(&case.proposal.0) == case.payload
        })
}

/// 7: members are distinct and never fewer; approvals count of live members alone; what a blocking
/// minority of today's members objects to is not executed.
fn quorum_soundness(council: &Council, scene: &Scene) -> bool {
    let guardian = &scene.guardian.0;
    let count = guardian.member_count;
    let members = &guardian.members[..usize::from(count)];
    let distinct = members.iter().enumerate().all(|(i, m)| {
        m.key != [0; 32]
            && m.membership != 0
            && m.membership < guardian.next_membership
            && members[..i]
                .iter()
                .all(|e| e.key != m.key && e.membership != m.membership)
    });
    distinct
        && (council.members..=16).contains(&count)
        && every(scene, |case| {
            let stands = |number| number == VETO || members.iter().any(|m| m.membership == number);
            let objections = case.proposal.0.objections.iter();
            let against = objections.filter(|o| o.membership != 0 && stands(o.membership));
            let opposed = against.count() > usize::from(count / 5);
            let waited = case.waits.is_some_and(|w| w.0 > 0);
            !(case.unfit || case.executed > 0 && waited && opposed)
        })
}

/// 16: members, delays and the veto seat change by decisions that waited a week, and delays stand
/// on their floors.
fn self_governance(_: &Council, scene: &Scene) -> bool {
    let guardian = &scene.guardian.0;
    !scene.backdoor
        && guardian.delay >= 7 * 86_400
        && guardian.relax_delay >= HOURS_48
        && (200..=400).contains(&guardian.slot_ms)
}

/// INV-TTL: no claim falls within 48 h of the theft, whatever was stolen, nor below the relax
/// quorum within 30 d.
fn inv_ttl(council: &Council, scene: &Scene) -> bool {
    let start = super::START;
    let floor = if council.actors < relax_quorum(council.members) {
        DAYS_30
    } else {
        HOURS_48
    };
    every(scene, |case| {
        let harmless = tightens(kind(case))
            || matches!(
                kind(case),
                Kind::Relax | Kind::AnnounceRecovery | Kind::PayTreasury
            );
        harmless
            || case
                .done
                .is_none_or(|(unix, ..)| unix.abs_diff(start.0) >= floor)
    })
}

/// INV-NOVOID: one voice cancels nothing and moves no end.
fn inv_novoid(_: &Council, scene: &Scene) -> bool {
    every(scene, |case| {
        let p = &case.proposal.0;
        let cancelled = p.state == State::Cancelled as u8;
        let queued = p.state == State::Queued as u8;
        (!cancelled || case.against >= 2) && (!queued || (p.eta.at, p.eta.slot) == case.eta)
    })
}

/// While a change waits, all can be out a day before it can land.
fn delay_means_exit(_: &Council, scene: &Scene) -> bool {
    quick_enough(scene)
}

/// An incident upgrade has its quorum only while Paused, whatever the mode was before and becomes
/// afterwards.
fn incident_in_paused(_: &Council, scene: &Scene) -> bool {
    every(scene, |case| {
        let incident = kind(case) == Kind::IncidentUpgrade;
        !incident || case.waits.is_none() || case.queued_in == Some(Mode::Paused)
    })
}

/// When a case is due and when it ends, of the delay that was noted at its quorum and of no figure
/// of the proposal's own: a week to find its quorum, a week after the delay to be carried out.
fn horizon(case: &Case) -> ((i64, u64), i64) {
    let (from, slot) = case.began;
    let (seconds, slots) = case.waits.unwrap_or_default();
    let slack = if seconds == 0 { 0 } else { SLACK };
    let due = from + seconds.cast_signed() + slack;
    ((due, slot + slots + 1), due + WEEK)
}

/// 20, of guardians: what has its quorum and no objection is executed once it is due, by anyone,
/// and what nobody executes ends: a venue isn't locked by what waits.
fn nothing_waits_for_ever(_: &Council, scene: &Scene) -> bool {
    use bulwark_core::guardian::{execute, expire};
    every(scene, |case| {
        let p = &case.proposal.0;
        let ((at, slot), end) = horizon(case);
        if State::from_u8(p.state)
            .expect("a state of the table")
            .is_final()
        {
            return true;
        }
        let mut later = scene.time();
        later.unix = later.unix.max(end);
        later.slot = later.slot.max(slot);
        let (mut guardian, mut ended) = (scene.guardian.0, *p);
        let ends = expire(&mut guardian, &mut ended, later).is_ok();
        let mut due = scene.time();
        due.unix = due.unix.max(at);
        due.slot = due.slot.max(slot);
        let ripe = p.state == State::Queued as u8 && due.unix < end;
        let (mut guardian, mut carried) = (scene.guardian.0, *p);
        let enough = standing(scene, case) >= case.approvers.len();
        // More are needed once members joined, or the subject of a removal was replaced.
        let seats = scene.guardian.0.members;
        let mut gone = subjects(p).into_iter();
        let grew = scene.guardian.0.member_count > case.members
            || gone.any(|number| seats.iter().all(|m| m.membership != number));
        ends && (!ripe || !enough || grew || execute(&mut guardian, &mut carried, due).is_ok())
    })
}

/// All properties of a council.
pub fn all() -> Vec<Property<Council>> {
    vec![
        Property::always("asymmetry", asymmetry),
        Property::always("delay_monotonicity", delay_monotonicity),
        Property::always("membership_epoch", membership_epoch),
        Property::always("once_only", once_only),
        Property::always("quorum_soundness", quorum_soundness),
        Property::always("self_governance", self_governance),
        Property::always("inv_ttl", inv_ttl),
        Property::always("inv_novoid", inv_novoid),
        Property::always("delay_means_exit", delay_means_exit),
        Property::always("incident_in_paused", incident_in_paused),
        Property::always("nothing_waits_for_ever", nothing_waits_for_ever),
    ]
}
