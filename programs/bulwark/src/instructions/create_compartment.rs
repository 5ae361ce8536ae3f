//! Creates a compartment: empty, in Normal, without a Board.
//!
//! The creator CAN until he is sealed; nobody else CAN.

use anchor_lang::prelude::*;

use crate::creator;
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, CompartmentCreated, Kind};
use crate::state::{Access, CompartmentState, Layout, ProtocolState};
use crate::{guard, invariant, seeds};
use bulwark_state::MAX_COMPARTMENTS;

/// Accounts of `create_compartment`.
#[derive(Accounts)]
#[instruction(id: u16)]
pub struct CreateCompartment<'info> {
    /// The creator; pays.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment, to be made.
    #[account(
        init,
        payer = creator,
        space = CompartmentState::SPACE,
        seeds = [seeds::COMPARTMENT, id.to_le_bytes().as_ref()],
        bump
    )]
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// System program.
    pub system_program: Program<'info, System>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Creates compartment `id`, which must be the next number.
pub fn create_compartment(ctx: Context<CreateCompartment>, id: u16) -> Result<()> {
    let accounts = &*ctx.accounts;
    let now = guard::now()?;
    let event = {
        let mut protocol = accounts.protocol.write()?;
        creator::check_key(&protocol, accounts.creator.key)?;
        ensure(
            usize::from(id) < MAX_COMPARTMENTS,
            BulwarkError::TooManyCompartments,
        )?;
        ensure(id == protocol.compartment_count, BulwarkError::BadIndex)?;
        protocol.compartment_count = id.checked_add(1).or_refuse()?;
        let mut compartment = accounts.compartment.write_new()?;
        compartment.protocol = accounts.protocol.key().to_bytes();
        compartment.id = id;
        compartment.bump = ctx.bumps.compartment;
        let sequence = event::next_chained(&protocol)?;
        let common = CompartmentCreated::head(now, accounts.creator.key, id, sequence);
        let event = CompartmentCreated {
            common,
            key: accounts.compartment.key(),
        };
        event::chain(&mut protocol, &common, &event)?;
        invariant::protocol(&protocol)?;
        invariant::compartment(&compartment)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
