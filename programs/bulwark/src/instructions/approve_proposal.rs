//! Approves a proposal.
//!
//! Live members CAN, fresh and in person ([`crate::fresh`]), but subjects of a removal; the veto
//! seat CANNOT. With the last of the quorum the delay begins.
//!
//! A vote names what it is for ([`action_hash`](crate::decided::action_hash)): who was shown
//! another action under this number has not approved this one.

use anchor_lang::prelude::*;

use super::council::{Voice, answer};
use crate::error::{BulwarkError, ensure};
use crate::fresh::{self, Quote};
use crate::state::Access;

/// Approves the action of this hash.
pub fn approve_proposal(ctx: Context<Voice>, action_hash: [u8; 32], quote: Quote) -> Result<()> {
    fresh::check(&quote, &ctx.accounts.instructions)?;
    let meant = ctx.accounts.proposal.read()?.action_hash == action_hash;
    ensure(meant, BulwarkError::AnotherAction)?;
    answer(ctx.accounts, true)
}
