//! Approves a proposal.
//!
//! Live members CAN, fresh and in person ([`crate::fresh`]), but subjects of a removal; the veto
//! seat CANNOT. With the last of the quorum the delay begins.

use anchor_lang::prelude::*;

use super::council::{Voice, answer};
use crate::fresh::{self, Quote};

/// Approves.
pub fn approve_proposal(ctx: Context<Voice>, quote: Quote) -> Result<()> {
    fresh::check(&quote, &ctx.accounts.instructions)?;
    answer(ctx.accounts, true)
}
