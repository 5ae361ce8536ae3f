//! Creates the guardian: five to sixteen members, perhaps a veto seat.
//!
//! The creator CAN, once, before he is sealed; nobody else CAN, and a guardian is never replaced,
//! only its members are, by themselves. Members are wallets: a program can't be one.

use anchor_lang::prelude::*;
use bulwark_core::guardian::create;
use bulwark_state::MAX_MEMBERS;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, GuardianCreatedHead, GuardianMember, Kind, NO_COMPARTMENT};
use crate::state::{Access, GuardianState, Layout, ProtocolState};
use crate::{creator, guard, invariant, seeds};

/// Accounts of `create_guardian`; the members follow.
#[derive(Accounts)]
pub struct CreateGuardian<'info> {
    /// The creator; pays.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Guardian, to be made.
    #[account(
        init,
        payer = creator,
        space = GuardianState::SPACE,
        seeds = [seeds::GUARDIAN],
        bump
    )]
    pub guardian: AccountLoader<'info, GuardianState>,
    /// System program.
    pub system_program: Program<'info, System>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// A wallet: the system program's, without data, not a program.
pub(super) fn is_wallet(info: &AccountInfo) -> bool {
    !info.executable && info.data_is_empty() && *info.owner == system_program::ID
}

/// Creates the guardian. `veto`: a key that may cancel and nothing else, zero for none.
pub fn create_guardian<'info>(
    ctx: Context<'info, CreateGuardian<'info>>,
    veto: Pubkey,
) -> Result<()> {
    let accounts = &*ctx.accounts;
    let now = guard::now()?;
    let members = ctx.remaining_accounts;
    ensure(members.len() <= MAX_MEMBERS, BulwarkError::BadMember)?;
    ensure(members.iter().all(is_wallet), BulwarkError::BadMember)?;
    let keys: Vec<[u8; 32]> = members.iter().map(|m| m.key.to_bytes()).collect();
    let list = members.iter().map(|m| GuardianMember { key: *m.key });
    let list: Vec<GuardianMember> = list.collect();
    let event = {
        let mut protocol = accounts.protocol.write()?;
        creator::check_key(&protocol, accounts.creator.key)?;
        ensure(protocol.guardian == [0; 32], BulwarkError::BadValue)?;
        protocol.guardian = accounts.guardian.key().to_bytes();
        let mut guardian = accounts.guardian.write_new()?;
        create(&mut guardian, &keys, veto.to_bytes(), now).or_refuse()?;
        guardian.protocol = accounts.protocol.key().to_bytes();
        guardian.bump = ctx.bumps.guardian;
        let sequence = event::next_chained(&protocol)?;
        let actor = accounts.creator.key;
        let common = GuardianCreatedHead::head(now, actor, NO_COMPARTMENT, sequence);
        let event = GuardianCreatedHead {
            common,
            guardian: accounts.guardian.key(),
            veto,
        };
        event::chain_list(&mut protocol, &common, &event, &list)?;
        invariant::guardian(&guardian)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit_list(&accounts.event_authority, &event, &list)
}
