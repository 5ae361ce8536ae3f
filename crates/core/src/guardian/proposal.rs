//! What a proposal is and what counts for it.

use bulwark_state::{Approval, End, Guardian, Proposal};

use super::{Action, Kind, decode, members, quorum};
use crate::error::{Error, Result};
use crate::time::Now;

/// Seconds that an end in unix time is waited beyond (30 min): the clock may run ahead by so much.
pub const SLACK: i64 = 1_800;
/// Seconds after its eta in which a queued proposal can be executed (7 d).
pub const EXPIRES_AFTER: i64 = 7 * 86_400;
/// Seconds in which an open proposal must reach its quorum (7 d).
pub const OPEN_FOR: i64 = 7 * 86_400;

/// State of a proposal. All but the first two are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// Approvals are collected.
    Open = 1,
    /// Quorum is reached; the delay runs.
    Queued = 2,
    /// Done, once.
    Executed = 3,
    /// A blocking minority said no.
    Cancelled = 4,
    /// Expired.
    Void = 5,
}

impl State {
    /// From `Proposal::state`. `BadValue` for another number.
    pub const fn from_u8(value: u8) -> Result<Self> {
        match value {
            1 => Ok(Self::Open),
            2 => Ok(Self::Queued),
            3 => Ok(Self::Executed),
            4 => Ok(Self::Cancelled),
            5 => Ok(Self::Void),
            _ => Err(Error::BadValue),
        }
    }

    /// Whether nothing can happen to it any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Open | Self::Queued)
    }
}

/// What an act on a proposal led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// One more approval or objection.
    Counted(u8),
    /// Quorum is reached: executable when both ends have passed.
    Queued(End),
    /// An objection lengthened an incident upgrade to the ordinary delay.
    Lengthened(End),
    /// Cancelled by a blocking minority.
    Cancelled,
    /// Void: it expired.
    Void,
    /// To be carried out in this instruction.
    Executed,
}

/// The action that a proposal holds. `BadAction` if its bytes are none.
pub fn action_of(proposal: &Proposal) -> Result<Action> {
    let bytes = proposal.action.get(..usize::from(proposal.action_len));
    decode(
        Kind::from_u16(proposal.kind)?,
        bytes.ok_or(Error::BadAction)?,
    )
}

/// Subjects of an action who are members still.
pub(super) fn standing_subjects(guardian: &Guardian, action: &Action) -> Result<u8> {
    let list = action.subjects().iter();
    let count = list
        .filter(|s| members::of_membership(guardian, s.membership).is_some())
        .count();
    u8::try_from(count).map_err(|_| Error::BadAction)
}

/// Whether a membership is a subject of an action.
pub(super) fn is_subject(action: &Action, membership: u64) -> bool {
    let mut subjects = action.subjects().iter();
    subjects.any(|s| s.membership == membership)
}

/// Approvals or objections that count now: their givers have been members without break and aren't
/// subjects. The veto seat's objection counts as long as a veto seat is taken.
pub fn standing(guardian: &Guardian, action: &Action, list: &[Approval]) -> u8 {
    let mut count = 0u8;
    for given in list.iter().filter(|a| a.membership != 0) {
        let stands = match given.membership {
            members::VETO => guardian.veto != [0; 32],
            number => {
                members::of_membership(guardian, number).is_some() && !is_subject(action, number)
            }
        };
        // Sixteen places at most.
        count = count.saturating_add(u8::from(stands));
    }
    count
}

/// Members needed now: the larger of the quorum at proposal and that of today's membership.
pub(super) fn needed(guardian: &Guardian, proposal: &Proposal, action: &Action) -> Result<u8> {
    let subjects = standing_subjects(guardian, action)?;
    let now = quorum(action.kind(), guardian.member_count, subjects)?;
    Ok(now.max(proposal.quorum))
}

/// Both ends of a delay that begins at `from`: unix time, and slots counted at the guardian's slot
/// length, rounded up. **Both** must pass.
pub(super) fn eta(from: End, seconds: u64, slot_ms: u32) -> Result<End> {
    let (low, high) = crate::mode::SLOT_MS_BOUNDS;
    let slot_ms = slot_ms.clamp(low, high);
    let slots = seconds.checked_mul(1_000).ok_or(Error::Overflow)?;
    let slots = slots.div_ceil(u64::from(slot_ms));
    let at = from.at.checked_add_unsigned(seconds);
    Ok(End {
        at: at.ok_or(Error::Overflow)?,
        slot: from.slot.checked_add(slots).ok_or(Error::Overflow)?,
    })
}

/// Whether a delay is over: unix time with [`SLACK`], and the slot. An action without delay waits
/// for neither.
pub(super) fn over(proposal: &Proposal, now: Now) -> bool {
    let waits = proposal.eta != proposal.queued;
    let slack = if waits { SLACK } else { 0 };
    now.unix >= proposal.eta.at.saturating_add(slack) && now.slot >= proposal.eta.slot
}

/// Whether a proposal can't be approved or executed any more.
pub(super) const fn expired(proposal: &Proposal, now: Now) -> bool {
    now.unix >= proposal.expires_at
}
