//! A member, or the veto seat, says that he is there.
//!
//! Members CAN in person ([`crate::fresh`]), also silent ones, whose powers come back 48 h later: a
//! heartbeat signed beforehand would keep a lost member's powers awake for ever. The veto seat CAN,
//! through a program too. Nobody CAN for another.

use anchor_lang::prelude::*;
use bulwark_core::guardian;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, HeartbeatNoted, Kind, NO_COMPARTMENT};
use crate::state::{Access, GuardianState, ProtocolState, same};
use crate::{fresh, guard, invariant};

/// Accounts of `heartbeat`.
#[derive(Accounts)]
pub struct Heartbeat<'info> {
    /// Member or veto seat.
    pub member: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Guardian.
    #[account(mut)]
    pub guardian: AccountLoader<'info, GuardianState>,
    /// CHECK: the address is compared where a member speaks: the transaction's instructions.
    pub instructions: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Notes a heartbeat.
pub fn heartbeat(ctx: Context<Heartbeat>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let now = guard::now()?;
    let key = accounts.member.key;
    let event = {
        let mut protocol = accounts.protocol.write()?;
        let ours = same(&protocol.guardian, &accounts.guardian.key());
        ensure(ours, BulwarkError::WrongProtocol)?;
        let mut guardian = accounts.guardian.write()?;
        ensure(*key != Pubkey::default(), BulwarkError::NotMember)?;
        let mut powers_at = 0;
        if same(&guardian.veto, key) {
            guardian::heartbeat_veto(&mut guardian, key.as_array(), now).or_refuse()?;
        } else {
            guardian::heartbeat(&mut guardian, key.as_array(), now).or_refuse()?;
            fresh::in_person(&accounts.instructions)?;
            let index = guardian::index_of(&guardian, key.as_array()).or_refuse()?;
            powers_at = guardian.members.get(index).or_refuse()?.powers_at;
        }
        invariant::guardian(&guardian)?;
        let sequence = event::next_chained(&protocol)?;
        let common = HeartbeatNoted::head(now, key, NO_COMPARTMENT, sequence);
        let event = HeartbeatNoted { common, powers_at };
        event::chain(&mut protocol, &common, &event)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
