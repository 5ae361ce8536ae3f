//! Which sets of members can still act: some are honest, some are silent for ever, the rest object
//! to everything at once and approve nothing.

use bulwark_core::Now;
use bulwark_core::guardian::{
    Kind, SLACK, State, Step, approve_proposal, create, execute, heartbeat, object_to_proposal,
    propose,
};
use bulwark_core::mode::Mode;
use bulwark_state::{Guardian, Key, Proposal};
use bytemuck::Zeroable;

use crate::council::{Council, key, removal};

/// What a set of members can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Can {
    /// Pause.
    pub pause: bool,
    /// Return to Normal before expiry does.
    pub relax: bool,
    /// Change a parameter or the code.
    pub upgrade: bool,
    /// Replace all others, silent or hostile, named together.
    pub remove: bool,
}

/// What `honest` members of `members` can do, when `hostile` ones object and the rest is silent.
///
/// # Panics
/// If the three don't fit `members`.
pub fn can(members: u8, honest: u8, hostile: u8) -> Can {
    assert!(honest + hostile <= members, "more members than seats");
    Can {
        pause: carried(members, honest, hostile, Kind::Pause),
        relax: carried(members, honest, hostile, Kind::Relax),
        upgrade: carried(members, honest, hostile, Kind::Upgrade),
        remove: honest < members && carried(members, honest, hostile, Kind::RemoveMembers),
    }
}

/// Whether the honest carry an action: they approve, the hostile object wherever they may, everyone
/// waits.
fn carried(members: u8, honest: u8, hostile: u8, kind: Kind) -> bool {
    let keys: Vec<Key> = (1..=members).map(key).collect();
    let start = Now {
        unix: 1_000_000,
        slot: 1_000,
    };
    let mut guardian = Guardian::zeroed();
    create(&mut guardian, &keys, [0; 32], start).expect("founding members are distinct");
    // Sixty days later only those who beat are awake.
    let now = Now {
        unix: start.unix + 60 * 86_400,
        slot: start.slot + 60 * 86_400 * 10 / 3,
    };
    let honest_keys = &keys[..usize::from(honest)];
    let hostile_keys = &keys[usize::from(members - hostile)..];
    for key in honest_keys.iter().chain(hostile_keys) {
        let before = Now {
            unix: now.unix - 3 * 86_400,
            ..now
        };
        heartbeat(&mut guardian, key, before).expect("a member");
    }
    let Some(first) = honest_keys.first() else {
        return false;
    };
    let action = match kind {
        Kind::RemoveMembers => removal(&guardian, members - honest, 0),
        _ => Council::all(members, &[kind]).action(&guardian, kind, 0),
    };
    let mut proposal = Proposal::zeroed();
    let opened = propose(
        &mut guardian,
        &mut proposal,
        first,
        &action,
        Mode::Normal,
        now,
    );
    if opened.is_err() {
        return false;
    }
    for key in hostile_keys {
        let _refused_for_a_subject = object_to_proposal(&mut guardian, &mut proposal, key, now);
    }
    for key in &honest_keys[1..] {
        if approve_proposal(&mut guardian, &mut proposal, key, Mode::Normal, now).is_err() {
            break;
        }
    }
    if proposal.state != State::Queued as u8 {
        return false;
    }
    let due = Now {
        unix: proposal.eta.at + SLACK,
        slot: proposal.eta.slot,
    };
    execute(&mut guardian, &mut proposal, due) == Ok(Step::Executed)
}
