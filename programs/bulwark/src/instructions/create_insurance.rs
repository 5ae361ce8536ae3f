//! Creates the insurance of a compartment: empty, no stakers.
//!
//! The creator CAN, once per compartment, until he is sealed; nobody else CAN.

use anchor_lang::prelude::*;
use bulwark_core::params;

use super::InsuranceParameters;
use crate::decided::written;
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, InsuranceCreatedHead, Kind};
use crate::guard::Guard;
use crate::state::{Access, CompartmentState, InsuranceState, Layout, ProtocolState};
use crate::{creator, invariant, seeds};

/// Accounts of `create_insurance`.
#[derive(Accounts)]
pub struct CreateInsurance<'info> {
    /// The creator; pays.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    #[account(mut)]
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Insurance, to be made.
    #[account(
        init,
        payer = creator,
        space = InsuranceState::SPACE,
        seeds = [seeds::INSURANCE, compartment.key().as_ref()],
        bump
    )]
    pub insurance: AccountLoader<'info, InsuranceState>,
    /// System program.
    pub system_program: Program<'info, System>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Creates the insurance.
pub fn create_insurance(
    ctx: Context<CreateInsurance>,
    parameters: InsuranceParameters,
) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    creator::may_list(&guard, &accounts.protocol, accounts.creator.key)?;
    let arguments = written(&parameters)?;
    let event = {
        let mut compartment = accounts.compartment.write()?;
        ensure(
            compartment.insurance == [0; 32],
            BulwarkError::AlreadyListed,
        )?;
        compartment.insurance = accounts.insurance.key().to_bytes();
        let mut insurance = accounts.insurance.write_new()?;
        insurance.compartment = accounts.compartment.key().to_bytes();
        insurance.bump = ctx.bumps.insurance;
        // `draws` was last refilled at no time at all: it starts full.
        parameters.write(&mut insurance);
        params::check_insurance(&insurance).or_refuse()?;
        invariant::compartment(&compartment)?;
        invariant::insurance(&insurance)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let actor = accounts.creator.key;
        let common = InsuranceCreatedHead::head(guard.now, actor, guard.compartment, sequence);
        let event = InsuranceCreatedHead {
            common,
            insurance: accounts.insurance.key(),
        };
        event::chain_list(&mut protocol, &common, &event, &arguments)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit_list(&accounts.event_authority, &event, &arguments)
}
