//! Acts on a proposal: propose, approve, object, execute, expire.
//!
//! No single member voids or postpones what is queued (INV-NOVOID), but for the one objection that
//! turns an incident upgrade back into an ordinary one.

use bulwark_state::{ACTION_BYTES, Approval, End, Guardian, Key, MAX_MEMBERS, Proposal};

use super::proposal::{
    EXPIRES_AFTER, OPEN_FOR, SLACK, State, Step, action_of, eta, expired, is_subject, needed, over,
    standing,
};
use super::{Action, Delay, Kind, blocking, check_delays, delay, encode, members, waiting};
use super::{MAX_SUBJECTS, Successor, quorum};
use crate::error::{Error, Result};
use crate::mode::{Capability, Mode};
use crate::params;
use crate::time::Now;

/// What can be said of an action before anyone is asked: `BadAction`, `BadMember`,
/// `ParameterOutOfBounds`.
fn check(guardian: &Guardian, action: &Action) -> Result<()> {
    match action {
        Action::AddMember(_) if usize::from(guardian.member_count) >= MAX_MEMBERS => {
            Err(Error::BadMember)
        }
        Action::AddMember(key) => members::check_new(guardian, key),
        Action::SetVeto(key) => members::check_veto(guardian, key),
        Action::RemoveMembers(count, list) => check_removal(guardian, *count, list),
        Action::SetDelays(ordinary, relax, slot_ms) => check_delays(*ordinary, *relax, *slot_ms),
        Action::SetParameters(_, _, count, list) => {
            let settings = list.get(..usize::from(*count)).ok_or(Error::BadAction)?;
            params::is_listed(settings)
        }
        Action::PayTreasury(_, 0) => Err(Error::ZeroAmount),
        Action::Revoke(_, capability, _) => match Capability::ALL.get(usize::from(*capability)) {
            Some(_) => Ok(()),
            None => Err(Error::BadAction),
        },
        _ => Ok(()),
    }
}

/// A removal names between one member and a blocking minority, each once and a member now, and a
/// successor for each who may become one.
fn check_removal(guardian: &Guardian, count: u8, list: &[Successor; MAX_SUBJECTS]) -> Result<()> {
    if count == 0 || count > blocking(guardian.member_count) {
        return Err(Error::BadAction);
    }
    let list = list.get(..usize::from(count)).ok_or(Error::BadAction)?;
    for (index, subject) in list.iter().enumerate() {
        let earlier = list.get(..index).unwrap_or(&[]);
        if earlier
            .iter()
            .any(|e| e.membership == subject.membership || e.key == subject.key)
            || members::of_membership(guardian, subject.membership).is_none()
        {
            return Err(Error::BadMember);
        }
        members::check_new(guardian, &subject.key)?;
    }
    Ok(())
}

/// Opens a proposal with its proposer's approval. Writes every field of `proposal` but payer, bump
/// and hash, which are the program's.
///
/// `NotMember`, `MemberSilent`; `BadAction` and its kin for an action that could never be executed;
/// `ModeForbids` for an incident upgrade outside Paused.
pub fn propose(
    guardian: &mut Guardian,
    proposal: &mut Proposal,
    proposer: &Key,
    action: &Action,
    mode: Mode,
    now: Now,
) -> Result<Step> {
    members::live_index(guardian, proposer, now)?;
    check(guardian, action)?;
    let subjects = u8::try_from(action.subjects().len()).map_err(|_| Error::BadAction)?;
    let mut bytes = [0; ACTION_BYTES];
    proposal.action_len = encode(action, &mut bytes)?;
    proposal.action = bytes;
    proposal.kind = action.kind() as u16;
    proposal.nonce = guardian.nonce;
    guardian.nonce = guardian.nonce.checked_add(1).ok_or(Error::Overflow)?;
    proposal.quorum = quorum(action.kind(), guardian.member_count, subjects)?;
    proposal.state = State::Open as u8;
    proposal.proposed = End {
        at: now.unix,
        slot: now.slot,
    };
    proposal.queued = End::default();
    proposal.eta = End::default();
    let until = now.unix.checked_add(OPEN_FOR).ok_or(Error::Overflow)?;
    proposal.expires_at = until;
    proposal.approvals = [Approval::default(); MAX_MEMBERS];
    proposal.objections = [Approval::default(); MAX_MEMBERS];
    approve_proposal(guardian, proposal, proposer, mode, now)
}

/// Notes one voice in the first free place. `AlreadyApproved` if it is there.
///
/// A place whose giver left counts as free: sixteen members always find one.
fn note(
    guardian: &Guardian,
    list: &mut [Approval; MAX_MEMBERS],
    membership: u64,
    now: Now,
) -> Result<()> {
    if list.iter().any(|a| a.membership == membership) {
        return Err(Error::AlreadyApproved);
    }
    let gone = |a: &Approval| {
        a.membership != members::VETO && members::of_membership(guardian, a.membership).is_none()
    };
    let place = list.iter_mut().find(|a| a.membership == 0 || gone(a));
    *place.ok_or(Error::AlreadyApproved)? = Approval {
        membership,
        at: now.unix,
    };
    Ok(())
}

/// A live member approves. At quorum the delay begins, with ends that nothing shortens later; then
/// approvals may still be added, which changes no end.
///
/// `NotMember`, `MemberSilent`, `SubjectOfProposal`, `AlreadyApproved`, `ProposalClosed` (final, or
/// expired), `ModeForbids` for the quorum of an incident upgrade outside Paused, `TooManyWaiting`.
pub fn approve_proposal(
    guardian: &mut Guardian,
    proposal: &mut Proposal,
    member: &Key,
    mode: Mode,
    now: Now,
) -> Result<Step> {
    let index = members::live_index(guardian, member, now)?;
    if State::from_u8(proposal.state)?.is_final() || expired(proposal, now) {
        return Err(Error::ProposalClosed);
    }
    let action = action_of(proposal)?;
    let membership = members::membership_at(guardian, index)?;
    if is_subject(&action, membership) {
        return Err(Error::SubjectOfProposal);
    }
    note(guardian, &mut proposal.approvals, membership, now)?;
    members::heartbeat(guardian, member, now)?;
    let queued = proposal.state == State::Queued as u8;
    if queued || live(guardian, &action, proposal, now) < needed(guardian, proposal, &action)? {
        let count = standing(guardian, &action, &proposal.approvals);
        return Ok(Step::Counted(count));
    }
    queue(guardian, proposal, &action, mode, now)
}

/// Approvals by members who are live now: what a quorum is made of.
fn live(guardian: &Guardian, action: &Action, proposal: &Proposal, now: Now) -> u8 {
    let mut count = 0u8;
    for given in proposal.approvals.iter().filter(|a| a.membership != 0) {
        let member = members::of_membership(guardian, given.membership);
        let counts = member.is_some_and(|m| members::is_live(m, now))
            && !is_subject(action, given.membership);
        // Sixteen places at most.
        count = count.saturating_add(u8::from(counts));
    }
    count
}

/// Quorum is reached: fixes both ends.
fn queue(
    guardian: &mut Guardian,
    proposal: &mut Proposal,
    action: &Action,
    mode: Mode,
    now: Now,
) -> Result<Step> {
    let kind = action.kind();
    if kind == Kind::IncidentUpgrade && mode != Mode::Paused {
        return Err(Error::ModeForbids);
    }
    let seconds = delay(guardian, kind);
    proposal.queued = End {
        at: now.unix,
        slot: now.slot,
    };
    fix(guardian, proposal, seconds)?;
    proposal.state = State::Queued as u8;
    waiting::prune(guardian, now);
    if kind.row().quickens {
        waiting::note(guardian, proposal.nonce, seconds, proposal.expires_at)?;
    }
    Ok(Step::Queued(proposal.eta))
}

/// Sets the ends of a delay that began when quorum was reached.
fn fix(guardian: &Guardian, proposal: &mut Proposal, seconds: u64) -> Result<()> {
    proposal.eta = eta(proposal.queued, seconds, guardian.slot_ms)?;
    let slack = if seconds == 0 { 0 } else { SLACK };
    let until = proposal.eta.at.checked_add(slack);
    let until = until.and_then(|u| u.checked_add(EXPIRES_AFTER));
    proposal.expires_at = until.ok_or(Error::Overflow)?;
    Ok(())
}

/// A live member, or the veto seat, objects. A blocking minority cancels what waits for a delay;
/// what has none only tightens, and a minority that could cancel it would forbid a pause in the
/// worst hour: there an objection takes back the objector's own approval, no more. In an incident
/// upgrade that is queued the first objection of a live member lengthens the delay to the ordinary
/// one.
///
/// An objector's approval of a proposal that is still open is withdrawn; of a queued one it stays,
/// or else one member could void it by approving first.
pub fn object_to_proposal(
    guardian: &mut Guardian,
    proposal: &mut Proposal,
    key: &Key,
    now: Now,
) -> Result<Step> {
    let state = State::from_u8(proposal.state)?;
    if state.is_final() || expired(proposal, now) {
        return Err(Error::ProposalClosed);
    }
    let action = action_of(proposal)?;
    let voice = if members::is_veto(guardian, key) {
        if !members::veto_awake(guardian, now) {
            return Err(Error::MemberSilent);
        }
        members::heartbeat_veto(guardian, key, now)?;
        members::VETO
    } else {
        let index = members::live_index(guardian, key, now)?;
        members::heartbeat(guardian, key, now)?;
        members::membership_at(guardian, index)?
    };
    if is_subject(&action, voice) {
        return Err(Error::SubjectOfProposal);
    }
    note(guardian, &mut proposal.objections, voice, now)?;
    if state == State::Open {
        for given in proposal
            .approvals
            .iter_mut()
            .filter(|a| a.membership == voice)
        {
            *given = Approval::default();
        }
    }
    let against = standing(guardian, &action, &proposal.objections);
    let delay = action.kind().row().delay;
    if delay != Delay::None && against >= blocking(guardian.member_count) {
        proposal.state = State::Cancelled as u8;
        waiting::forget(guardian, proposal.nonce);
        return Ok(Step::Cancelled);
    }
    if delay == Delay::Incident && state == State::Queued && voice != members::VETO {
        return lengthen(guardian, proposal);
    }
    Ok(Step::Counted(against))
}

/// Lengthens an incident upgrade to the ordinary delay, from the same start. Never shortens.
fn lengthen(guardian: &mut Guardian, proposal: &mut Proposal) -> Result<Step> {
    let before = (proposal.eta, proposal.expires_at);
    let seconds = delay(guardian, Kind::Upgrade);
    fix(guardian, proposal, seconds)?;
    proposal.eta = End {
        at: proposal.eta.at.max(before.0.at),
        slot: proposal.eta.slot.max(before.0.slot),
    };
    proposal.expires_at = proposal.expires_at.max(before.1);
    waiting::note(guardian, proposal.nonce, seconds, proposal.expires_at)?;
    Ok(Step::Lengthened(proposal.eta))
}

/// Executes a queued proposal whose delay is over: by anyone, once. Changes of the guardian itself
/// are made here; everything else is the caller's, in the same instruction.
///
/// `QuorumMissing` while too few of its approvals stand: nothing is voided by that, since anyone
/// may call this; members may add approvals until it expires. `ProposalNotQueued`, `DelayRuns`,
/// `ProposalClosed`.
pub fn execute(guardian: &mut Guardian, proposal: &mut Proposal, now: Now) -> Result<Step> {
    match State::from_u8(proposal.state)? {
        State::Queued => {}
        State::Open => return Err(Error::ProposalNotQueued),
        _ => return Err(Error::ProposalClosed),
    }
    if expired(proposal, now) {
        return Err(Error::ProposalClosed);
    }
    if !over(proposal, now) {
        return Err(Error::DelayRuns);
    }
    let action = action_of(proposal)?;
    let stands = standing(guardian, &action, &proposal.approvals);
    if stands < needed(guardian, proposal, &action)? {
        return Err(Error::QuorumMissing);
    }
    proposal.state = State::Executed as u8;
    waiting::forget(guardian, proposal.nonce);
    apply(guardian, &action, now)?;
    Ok(Step::Executed)
}

/// What an action changes in the guardian itself.
fn apply(guardian: &mut Guardian, action: &Action, now: Now) -> Result<()> {
    match action {
        Action::AddMember(key) => members::add(guardian, *key, now),
        Action::SetVeto(key) => members::set_veto(guardian, *key, now),
        Action::RemoveMembers(..) => {
            for subject in action.subjects() {
                members::replace(guardian, subject.membership, subject.key, now)?;
            }
            Ok(())
        }
        Action::SetDelays(ordinary, relax, slot_ms) => {
            check_delays(*ordinary, *relax, *slot_ms)?;
            guardian.delay = *ordinary;
            guardian.relax_delay = *relax;
            guardian.slot_ms = *slot_ms;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Closes a proposal that expired, by anyone, so that exits slow down again and its rent can go
/// back. `ProposalClosed` if it is final, `DelayRuns` if it hasn't expired.
pub fn expire(guardian: &mut Guardian, proposal: &mut Proposal, now: Now) -> Result<Step> {
    if State::from_u8(proposal.state)?.is_final() {
        return Err(Error::ProposalClosed);
    }
    if !expired(proposal, now) {
        return Err(Error::DelayRuns);
    }
    proposal.state = State::Void as u8;
    waiting::forget(guardian, proposal.nonce);
    Ok(Step::Void)
}
