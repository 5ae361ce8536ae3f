//! The guardian's instructions. What a member may say is decided in `bulwark_core::guardian`, when
//! he may say it in [`crate::fresh`]; what was decided is carried out by [`execute_proposal`].
//!
//! A guardian's signature moves no token and touches no account of a user.

mod close_proposal;
mod create_guardian;
mod execute_proposal;
mod expire_proposal;
mod heartbeat;
mod propose;
mod restrict;
mod voice;

pub use close_proposal::*;
pub use create_guardian::*;
pub use execute_proposal::*;
pub use expire_proposal::*;
pub use heartbeat::*;
pub use propose::*;
pub use restrict::*;
pub use voice::*;

use bulwark_core::Now;
use bulwark_core::guardian::{Kind, quickening};
use bulwark_state::{Guardian, Protocol};

use crate::error::{BulwarkError, refusal};

/// Kinds of action that can be carried out.
const CARRIED_OUT: [Kind; 8] = [
    Kind::Restrict,
    Kind::Pause,
    Kind::Revoke,
    Kind::Relax,
    Kind::AddMember,
    Kind::RemoveMembers,
    Kind::SetDelays,
    Kind::SetVeto,
];

/// A kind by its number, if it can be carried out: what can't must not be proposed either.
fn kind_of(number: u16) -> anchor_lang::Result<Kind> {
    match Kind::from_u16(number) {
        Ok(kind) if CARRIED_OUT.contains(&kind) => Ok(kind),
        _ => Err(refusal(BulwarkError::BadAction)),
    }
}

/// Tells every withdrawal how fast exits are now.
fn note_quickening(protocol: &mut Protocol, guardian: &Guardian, now: Now) {
    let quick = quickening(guardian, now);
    protocol.quick_until = quick.until;
    protocol.quick_ppm = quick.ppm;
}
