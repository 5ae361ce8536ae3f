//! The guardian (DESIGN section 8, D12): members, typed proposals, quorums and delays.
//!
//! One table, [`Kind::row`], says for each kind of action how many members it needs, how long it
//! waits, and whether exits quicken while it does. Quorums and floors of delays are compiled in. No
//! kind touches an account, a balance or a claim of a user.

mod action;
mod members;
mod proposal;
mod steps;
mod waiting;

use bulwark_state::{Guardian, MAX_MEMBERS};

use crate::error::{Error, Result};
use crate::mode;

pub use action::{
    ALL_COMPARTMENTS, Action, MAX_SETTINGS, MAX_SUBJECTS, Setting, Subject, Successor, decode,
    encode,
};
pub use members::{
    POWERS_RETURN, SILENT_AFTER, VETO, create, heartbeat, heartbeat_veto, index_of, is_live,
    live_index, of_membership,
};
pub use proposal::{EXPIRES_AFTER, OPEN_FOR, SLACK, State, Step, action_of, standing};
pub use steps::{approve_proposal, execute, expire, object_to_proposal, propose};
pub use waiting::{Quickening, quickening};

/// Fewest members a guardian may have.
pub const MIN_MEMBERS: u8 = 5;

/// Ordinary delay, and its floor, seconds (7 d).
pub const ORDINARY_DELAY: u64 = 7 * 86_400;
/// Delay of a Relax, and its floor, seconds (48 h).
pub const RELAX_DELAY: u64 = 48 * 3_600;
/// Delay of a removal, seconds (30 d).
pub const REMOVAL_DELAY: u64 = 30 * 86_400;
/// Delay of an incident upgrade that nobody objects to, seconds (48 h).
pub const INCIDENT_DELAY: u64 = 48 * 3_600;
/// Longest delay that may be set, seconds (60 d): a delay can't be made into a lock.
pub const DELAY_MAX: u64 = 60 * 86_400;

/// How many members an action needs, of `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quorum {
    /// Two.
    Pair,
    /// ⌊n/2⌋ + 1.
    Majority,
    /// ⌈4n/5⌉.
    Relax,
    /// Every member who is not a subject of it.
    AllButSubjects,
}

/// How long an action waits after its quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delay {
    /// Not at all: it only tightens, within budgets, and lapses by itself.
    None,
    /// The guardian's delay for Relax.
    Relax,
    /// The guardian's ordinary delay.
    Ordinary,
    /// [`REMOVAL_DELAY`].
    Removal,
    /// [`INCIDENT_DELAY`], the ordinary delay once a member objects.
    Incident,
}

/// What an action needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Members.
    pub quorum: Quorum,
    /// Time.
    pub delay: Delay,
    /// Whether every exit quickens from quorum until it is executed, cancelled or expired.
    pub quickens: bool,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+
       $name:ident = $value:literal: $quorum:ident, $delay:ident, $quick:literal;)+) => {
        /// Kinds of action. There are no others: an action that isn't here can't be decoded.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Kind { $($(#[doc = $doc])+ $name = $value,)+ }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),+];

            /// From a proposal's number. `BadAction` if it names nothing.
            pub const fn from_u16(value: u16) -> Result<Self> {
                match value {
                    $($value => Ok(Kind::$name),)+
                    _ => Err(Error::BadAction),
                }
            }

            /// What this kind needs.
            pub const fn row(self) -> Row {
                match self {
                    $(Kind::$name => Row {
                        quorum: Quorum::$quorum,
                        delay: Delay::$delay,
                        quickens: $quick,
                    },)+
                }
            }
        }
    };
}

kinds! {
    /// Restrict a compartment, or all, for at most 72 h within the pairs' budget.
    Restrict = 1: Pair, None, false;
    /// Close an item for new risk, or lower one of its caps. Lapses after 72 h.
    Tighten = 2: Pair, None, false;
    /// Pause a compartment, or all, for at most 72 h within the guardians' budget.
    Pause = 3: Majority, None, false;
    /// Revoke a capability for at most 72 h.
    Revoke = 4: Majority, None, false;
    /// Lift restrictions, revocations and breaker latches up to a sequence number.
    Relax = 5: Relax, Relax, false;
    /// Set parameters of one subject, together.
    SetParameters = 6: Relax, Ordinary, true;
    /// Add a member.
    AddMember = 7: Relax, Ordinary, true;
    /// Replace members by successors.
    RemoveMembers = 8: AllButSubjects, Removal, true;
    /// Set delays and the slot length that they are counted with.
    SetDelays = 9: Relax, Ordinary, true;
    /// Set or clear the veto seat.
    SetVeto = 10: Relax, Ordinary, true;
    /// List a feed, bank or market whose creation has this hash.
    List = 11: Relax, Ordinary, true;
    /// Give a feed another source.
    SetOracle = 12: Relax, Ordinary, true;
    /// Settle a market or close a bank.
    WindDown = 13: Relax, Ordinary, true;
    /// Pay fees above the floor to the treasury.
    PayTreasury = 14: Relax, Ordinary, false;
    /// Announce the Recovery of a compartment. Enters Paused at once.
    AnnounceRecovery = 15: Relax, None, false;
    /// Upgrade the program from a buffer with this hash.
    Upgrade = 16: Relax, Ordinary, true;
    /// The same in an incident: quorum is reached while Paused.
    IncidentUpgrade = 17: Relax, Incident, true;
}

/// ⌈4n/5⌉.
const fn relax_quorum(members: u8) -> u8 {
    (4 * members as u16).div_ceil(5) as u8
}

/// Members that a kind of action needs when there are `members` (5 to 16) of whom `subjects` are
/// subjects of it. `BadValue` for another number of members or more subjects than members.
pub const fn quorum(kind: Kind, members: u8, subjects: u8) -> Result<u8> {
    if members < MIN_MEMBERS || members as usize > MAX_MEMBERS || subjects > members {
        return Err(Error::BadValue);
    }
    Ok(match kind.row().quorum {
        Quorum::Pair => 2,
        Quorum::Majority => members / 2 + 1,
        Quorum::Relax => relax_quorum(members),
        Quorum::AllButSubjects => members - subjects,
    })
}

/// Members who cancel together what is proposed or queued: n − relax + 1, at least 2. The veto seat
/// counts as one of them.
pub const fn blocking(members: u8) -> u8 {
    members.saturating_sub(relax_quorum(members)) + 1
}

/// Seconds that a kind waits after its quorum.
pub const fn delay(guardian: &Guardian, kind: Kind) -> u64 {
    match kind.row().delay {
        Delay::None => 0,
        Delay::Relax => floored(guardian.relax_delay, RELAX_DELAY),
        Delay::Ordinary => floored(guardian.delay, ORDINARY_DELAY),
        Delay::Removal => REMOVAL_DELAY,
        Delay::Incident => INCIDENT_DELAY,
    }
}

/// Whatever an account holds, no delay is below its compiled floor.
const fn floored(set: u64, floor: u64) -> u64 {
    if set < floor { floor } else { set }
}

/// Checks delays before they are set. `ParameterOutOfBounds` names no value: the table is above.
pub const fn check_delays(ordinary: u64, relax: u64, slot_ms: u32) -> Result<()> {
    let (low, high) = mode::SLOT_MS_BOUNDS;
    if ordinary < ORDINARY_DELAY
        || ordinary > DELAY_MAX
        || relax < RELAX_DELAY
        || relax > ordinary
        || slot_ms < low
        || slot_ms > high
    {
        return Err(Error::ParameterOutOfBounds);
    }
    Ok(())
}
