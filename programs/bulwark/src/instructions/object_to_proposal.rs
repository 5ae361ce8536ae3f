//! Objects to a proposal: a blocking minority cancels it.
//!
//! Live members CAN, fresh and in person ([`crate::fresh`]), but subjects of a removal; the veto
//! seat CAN, through a program too: it may be a DAO's.

use anchor_lang::prelude::*;

use super::council::{Voice, answer};
use crate::fresh::{self, Quote};
use crate::state::{Access, same};

/// Objects.
pub fn object_to_proposal(ctx: Context<Voice>, quote: Quote) -> Result<()> {
    let veto = same(&ctx.accounts.guardian.read()?.veto, ctx.accounts.member.key);
    if !veto {
        fresh::check(&quote, &ctx.accounts.instructions)?;
    }
    answer(ctx.accounts, false)
}
