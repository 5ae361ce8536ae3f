//! What a guardian's decision changes outside of the guardian, by what it changes. A proposal is
//! tried here when it is opened, on copies, and carried out here when it is executed: what could
//! never land isn't proposed, and what no longer fits refuses whole.

mod listing;
mod oracle;
mod settings;
mod winding;

pub use listing::{By, Word, executed, feed_source, listing_hash, written};
pub use oracle::{Sourcing, set_oracle};
pub use settings::{set_parameters, tighten};
pub use winding::wind_down;

use anchor_lang::prelude::*;
use bulwark_core::Now;
use solana_program::hash::hashv;

/// What a vote names of what it is for: SHA-256 of the kind's number (two bytes, little-endian)
/// and the action's bytes. The same bytes are another action under another kind.
pub fn action_hash(kind: u16, action: &[u8]) -> [u8; 32] {
    hashv(&[&kind.to_le_bytes(), action]).to_bytes()
}

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// Try it on copies.
    Try,
    /// Carry it out.
    Do,
}

/// What a decision is carried out with.
#[derive(Clone, Copy)]
pub struct Scene<'a, 'info> {
    /// Address of the Protocol.
    pub protocol: &'a Pubkey,
    /// Address of the guardian.
    pub guardian: &'a Pubkey,
    /// The accounts that the action speaks of.
    pub accounts: &'info [AccountInfo<'info>],
    /// Slot length that ends are counted with, milliseconds.
    pub slot_ms: u32,
    /// The present.
    pub now: Now,
    /// How far to go.
    pub go: Go,
}
