//! What a proposal of the guardian does, in one plain sentence: whoever votes reads what he votes
//! for, with the values before and after, their units, and the earliest moment at which it counts.
//!
//! Nothing here decides anything, and nothing is allocated: the sentence is written to where the
//! caller says, so that the command line and a page in a browser have the same words.

#![no_std]

mod action;
mod figures;

use core::fmt::{Result, Write};

use bulwark_core::guardian::{Action, Kind, State, Subject, action_of, quorum, standing};
use bulwark_state::{Bank, Board, Guardian, Insurance, Market, Proposal, Protocol};

pub use figures::{Address, Date, Lasting};

/// Said instead of a sentence about bytes that are no action: somebody wants a blind signature.
pub const UNREADABLE: &str = "unreadable: do not vote for it";

/// What values before are read from; what is missing is said to be unknown.
#[derive(Clone, Copy, Default)]
pub struct Seen<'a> {
    /// The Protocol.
    pub protocol: Option<&'a Protocol>,
    /// The guardian.
    pub guardian: Option<&'a Guardian>,
    /// Board of the compartment that the action is about.
    pub board: Option<&'a Board>,
    /// Its insurance.
    pub insurance: Option<&'a Insurance>,
    /// The market that the action is about.
    pub market: Option<&'a Market>,
    /// The bank that the action is about.
    pub bank: Option<&'a Bank>,
    /// Name of the item that the action is about, as its readers know it.
    pub name: Option<&'a str>,
}

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

fn standing_of(
    out: &mut impl Write,
    proposal: &Proposal,
    action: &Action,
    state: State,
    seen: &Seen,
) -> Result {
    match state {
        State::Executed => return out.write_str("executed."),
        State::Cancelled => return out.write_str("cancelled."),
        State::Void => return out.write_str("expired."),
        State::Queued => {
            let eta = proposal.eta;
            let waits = proposal.eta != proposal.queued;
            if waits {
                let slack = bulwark_core::guardian::SLACK;
                let (at, slot) = (Date(eta.at.saturating_add(slack)), eta.slot);
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
        }
    }
    write!(out, "; void from {}.", Date(proposal.expires_at))
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
        seconds => write!(out, ", then {} of delay", Lasting(seconds)),
    }
}
