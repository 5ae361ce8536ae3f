//! The accounts that values before are read from.

use core::fmt::{Display, Formatter, Result};

use bulwark_core::guardian::{ALL_COMPARTMENTS, Action, Subject, action_of};
use bulwark_core::mode::{Mode, Phase, effective, effective_record};
use bulwark_core::time::Now;
use bulwark_state::{Bank, Board, Compartment, Guardian, Insurance, Market, Proposal, Protocol};

/// What values before are read from; what is missing is said to be unknown.
#[derive(Clone, Copy, Default)]
pub struct Seen<'a> {
    /// The Protocol.
    pub protocol: Option<&'a Protocol>,
    /// The guardian.
    pub guardian: Option<&'a Guardian>,
    /// The compartment that the action is about.
    pub compartment: Option<&'a Compartment>,
    /// Its Board.
    pub board: Option<&'a Board>,
    /// Its insurance.
    pub insurance: Option<&'a Insurance>,
    /// The market that the action is about.
    pub market: Option<&'a Market>,
    /// The bank that the action is about; of a payment to the treasury the quote bank.
    pub bank: Option<&'a Bank>,
    /// Name of the item that the action is about, as its readers know it.
    pub name: Option<&'a str>,
    /// The present: modes, and whether a proposal is void, are said with it alone.
    pub now: Option<Now>,
}

/// An account of another item than the one that an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    what: &'static str,
    wanted: u16,
    found: u16,
}

impl Display for Foreign {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let Self {
            what,
            wanted,
            found,
        } = self;
        write!(
            out,
            "the action is about {what} {wanted}, the account is of {found}"
        )
    }
}

impl Seen<'_> {
    /// Nothing, or the account that isn't that of the proposal's action.
    pub fn foreign(&self, proposal: &Proposal) -> Option<Foreign> {
        let action = action_of(proposal).ok()?;
        let found = self.compartment.map(|one| one.id);
        if let (Some(found), Some(wanted)) = (found, compartment(&action))
            && found != wanted
        {
            return foreign("compartment", wanted, found);
        }
        let (what, wanted, found) = match subject(&action)? {
            Subject::Market(index) => ("market", index, self.market?.index),
            Subject::Bank(index) => ("bank", index, self.bank?.index),
            _ => return None,
        };
        (wanted != found).then_some(Foreign {
            what,
            wanted: wanted.into(),
            found: found.into(),
        })
    }
}

fn foreign(what: &'static str, wanted: u16, found: u16) -> Option<Foreign> {
    Some(Foreign {
        what,
        wanted,
        found,
    })
}

fn subject(action: &Action) -> Option<Subject> {
    match action {
        Action::Tighten(_, subject, _)
        | Action::SetParameters(_, subject, ..)
        | Action::WindDown(_, subject) => Some(*subject),
        Action::PayTreasury(..) => Some(Subject::Bank(0)),
        _ => None,
    }
}

fn compartment(action: &Action) -> Option<u16> {
    match action {
        Action::Restrict(id, ..)
        | Action::Tighten(id, ..)
        | Action::Pause(id, ..)
        | Action::Revoke(id, ..)
        | Action::Relax(id, _)
        | Action::SetParameters(id, ..)
        | Action::List(id, _)
        | Action::SetOracle(id, ..)
        | Action::WindDown(id, _)
        | Action::PayTreasury(id, _)
        | Action::AnnounceRecovery(id) => (*id != ALL_COMPARTMENTS).then_some(*id),
        _ => None,
    }
}

/// The mode that rules a scope now, as words behind its name; nothing where it isn't known.
pub(crate) struct ModeNow<'a>(pub u16, pub &'a Seen<'a>);

impl Display for ModeNow<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let Self(scope, seen) = self;
        let (Some(protocol), Some(now)) = (seen.protocol, seen.now) else {
            return Ok(());
        };
        if *scope == ALL_COMPARTMENTS {
            let mode = mode(effective_record(&protocol.mode, now));
            return write!(out, " (now {mode} by the protocol's own record)");
        }
        let Some(compartment) = seen.compartment else {
            return Ok(());
        };
        if Phase::from_u8(compartment.recovery_phase).is_ok_and(Phase::rules) {
            return out.write_str(" (now in Recovery)");
        }
        write!(
            out,
            " (now {})",
            mode(effective(protocol, compartment, now))
        )
    }
}

const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Normal => "Normal",
        Mode::Restricted => "Restricted",
        Mode::Paused => "Paused",
    }
}
