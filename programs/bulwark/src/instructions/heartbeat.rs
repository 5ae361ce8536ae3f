//! A member, or the veto seat, says that he is there.
//!
//! Members CAN, also silent ones, whose powers come back 48 h later; the veto seat CAN, through a
//! program too. Nobody CAN for another.

use anchor_lang::prelude::*;
use bulwark_core::guardian;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::state::{Access, GuardianState, same};
use crate::{guard, invariant};

/// Accounts of `heartbeat`.
#[derive(Accounts)]
pub struct Heartbeat<'info> {
    /// Member or veto seat.
    pub member: Signer<'info>,
    /// Guardian.
    #[account(mut)]
    pub guardian: AccountLoader<'info, GuardianState>,
}

/// Notes a heartbeat.
pub fn heartbeat(ctx: Context<Heartbeat>) -> Result<()> {
    let now = guard::now()?;
    let key = ctx.accounts.member.key;
    let mut guardian = ctx.accounts.guardian.write()?;
    ensure(*key != Pubkey::default(), BulwarkError::NotMember)?;
    if same(&guardian.veto, key) {
        guardian::heartbeat_veto(&mut guardian, key.as_array(), now).or_refuse()?;
    } else {
        guardian::heartbeat(&mut guardian, key.as_array(), now).or_refuse()?;
    }
    invariant::guardian(&guardian)
}
