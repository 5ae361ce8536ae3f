//! Creates the one Protocol.
//!
//! The program's upgrade authority CAN, once; he becomes the creator. Nobody else CAN, so nobody
//! can initialise a fresh deployment before its owner (a25). An immutable program has no authority
//! left and can't be initialised any more.

use anchor_lang::prelude::*;

use crate::error::{BulwarkError, ensure};
use crate::event::{self, Kind, NO_COMPARTMENT, ProtocolCreated};
use crate::program::Bulwark;
use crate::state::{Access, Layout, ProtocolState};
use crate::{guard, invariant, seeds};

/// Arguments of `create_protocol`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct CreateProtocolArgs {
    /// The only account that fees will ever be paid to.
    pub treasury: Pubkey,
}

/// Accounts of `create_protocol`.
#[derive(Accounts)]
pub struct CreateProtocol<'info> {
    /// The program's upgrade authority; pays.
    #[account(mut)]
    pub authority: Signer<'info>,
    /// Protocol, to be made.
    #[account(
        init,
        payer = authority,
        space = ProtocolState::SPACE,
        seeds = [seeds::PROTOCOL],
        bump
    )]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// The loader's data account of this program.
    pub program_data: Account<'info, ProgramData>,
    /// System program.
    pub system_program: Program<'info, System>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// This program.
    pub program: Program<'info, Bulwark>,
}

impl CreateProtocol<'_> {
    fn validate(&self, args: &CreateProtocolArgs) -> Result<()> {
        let own = self.program.programdata_address()? == Some(self.program_data.key());
        ensure(own, BulwarkError::WrongAddress)?;
        let authority = self.program_data.upgrade_authority_address;
        ensure(
            authority == Some(self.authority.key()),
            BulwarkError::NotUpgradeAuthority,
        )?;
        ensure(args.treasury != Pubkey::default(), BulwarkError::BadValue)
    }
}

/// Creates the Protocol.
pub fn create_protocol(ctx: Context<CreateProtocol>, args: CreateProtocolArgs) -> Result<()> {
    let accounts = &*ctx.accounts;
    accounts.validate(&args)?;
    let now = guard::now()?;
    let event = {
        let mut protocol = accounts.protocol.write_new()?;
        protocol.creator = accounts.authority.key().to_bytes();
        protocol.treasury = args.treasury.to_bytes();
        protocol.bump = ctx.bumps.protocol;
        let sequence = event::next_chained(&protocol)?;
        let actor = accounts.authority.key;
        let common = ProtocolCreated::head(now, actor, NO_COMPARTMENT, sequence);
        let event = ProtocolCreated {
            common,
            protocol: accounts.protocol.key(),
            creator: *actor,
            treasury: args.treasury,
        };
        event::chain(&mut protocol, &common, &event)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
