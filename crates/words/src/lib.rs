//! What a proposal of the guardian does, in one plain sentence: whoever votes reads what he votes
//! for, with the values before and after, their units, and the earliest moment at which it counts.
//!
//! Nothing here decides anything, and nothing is allocated: the sentence is written to where the
//! caller says, so that the command line and a page in a browser have the same words.

#![no_std]

mod action;
mod figures;
mod seen;

use core::fmt::{Result, Write};

use bulwark_core::guardian::{
    Action, Kind, SLACK, State, Subject, action_of, decode, quorum, standing,
};
use bulwark_state::Proposal;

pub use figures::{Address, Date, Lasting};
pub use seen::{Foreign, Seen};

/// Said instead of a sentence about bytes that are no action: somebody wants a blind signature.
pub const UNREADABLE: &str = "unreadable: do not vote for it";

/// What an action is about, so that a caller knows which accounts to look up.
pub fn subject(proposal: &Proposal) -> Option<(u16, Subject)> {
    match action_of(proposal).ok()? {
        Action::Tighten(id, subject, _)
        | Action::SetParameters(id, subject, ..)
        | Action::WindDown(id, subject) => Some((id, subject)),
        Action::SetOracle(id, feed, ..) => Some((id, Subject::Feed(feed))),
        _ => None,
    }
}

/// Writes the sentence of a proposal: its number, what it does, how it stands, when it counts.
pub fn write_proposal(out: &mut impl Write, proposal: &Proposal, seen: &Seen) -> Result {
    write!(out, "Proposal {}: ", proposal.nonce)?;
    let (Ok(action), Ok(state)) = (action_of(proposal), State::from_u8(proposal.state)) else {
        return out.write_str(UNREADABLE);
    };
    action::write(out, &action, seen)?;
    out.write_str("; ")?;
    standing_of(out, proposal, &action, state, seen)
}

/// Writes the second half of that sentence alone: how a proposal stands, when it counts.
pub fn write_standing(out: &mut impl Write, proposal: &Proposal, seen: &Seen) -> Result {
    let (Ok(action), Ok(state)) = (action_of(proposal), State::from_u8(proposal.state)) else {
        return out.write_str(UNREADABLE);
    };
    standing_of(out, proposal, &action, state, seen)
}

/// Writes what an action does that is no proposal: a kind's number and its bytes.
pub fn write_action(out: &mut impl Write, kind: u16, bytes: &[u8], seen: &Seen) -> Result {
    match Kind::from_u16(kind).and_then(|kind| decode(kind, bytes)) {
        Ok(action) => action::write(out, &action, seen),
        Err(_) => out.write_str(UNREADABLE),
    }
}

fn standing_of(
    out: &mut impl Write,
    proposal: &Proposal,
    action: &Action,
    state: State,
    seen: &Seen,
) -> Result {
    let end = Date(proposal.expires_at);
    if !state.is_final() && seen.now.is_some_and(|now| now.unix >= proposal.expires_at) {
        return write!(out, "void since {end}.");
    }
    match state {
        State::Executed => return out.write_str("executed."),
        State::Cancelled => return out.write_str("cancelled."),
        State::Void => return out.write_str("expired."),
        State::Queued => {
            let eta = proposal.eta;
            let waits = proposal.eta != proposal.queued;
            if waits {
                let (at, slot) = (Date(eta.at.saturating_add(SLACK)), eta.slot);
                write!(out, "effective earliest {at} and not before slot {slot}")?;
            } else {
                out.write_str("effective at once")?;
            }
        }
        State::Open => {
            match seen.guardian {
                Some(guardian) => {
                    let given = standing(guardian, action, &proposal.approvals);
                    write!(
                        out,
                        "{given} of {} approvals",
                        needed(proposal, action, seen)
                    )?;
                }
                None => write!(out, "needs {} approvals", needed(proposal, action, seen))?,
            }
            wait(out, action.kind(), seen)?;
            return write!(out, "; void from {end} unless it is decided by then.");
        }
    }
    write!(out, "; void from {end}.")
}

fn needed(proposal: &Proposal, action: &Action, seen: &Seen) -> u8 {
    let subjects = u8::try_from(action.subjects().len()).unwrap_or(u8::MAX);
    let members = seen.guardian.map_or(0, |guardian| guardian.member_count);
    let today = quorum(action.kind(), members, subjects).unwrap_or(0);
    today.max(proposal.quorum)
}

fn wait(out: &mut impl Write, kind: Kind, seen: &Seen) -> Result {
    let Some(guardian) = seen.guardian else {
        return Ok(());
    };
    match bulwark_core::guardian::delay(guardian, kind) {
        0 => out.write_str(", then effective at once"),
        seconds => {
            write!(out, ", then {} of delay", Lasting(seconds))?;
            let Some(now) = seen.now else {
                return Ok(());
            };
            let earliest = now.unix.saturating_add_unsigned(seconds);
            let earliest = Date(earliest.saturating_add(SLACK));
            write!(out, " (earliest {earliest}, were they all given now)")
        }
    }
}
