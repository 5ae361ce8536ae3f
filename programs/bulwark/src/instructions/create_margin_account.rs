//! Creates a margin account.
//!
//! Anyone CAN for himself, as many as he pays rent for, in every mode but Recovery. Nobody CAN for
//! another: the owner signs.

use anchor_lang::prelude::*;
use bulwark_core::delegate::{self, FOR_GOOD};
use bulwark_core::permits::Action;

use crate::error::OrRefuse;
use crate::event::{self, Kind, MarginAccountCreated};
use crate::guard::Guard;
use crate::state::{Access, CompartmentState, Layout, MarginState, ProtocolState};
use crate::{invariant, seeds};

/// Accounts of `create_margin_account`.
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct CreateMarginAccount<'info> {
    /// Owner; pays.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Margin account, to be made.
    #[account(
        init,
        payer = owner,
        space = MarginState::SPACE,
        seeds = [
            seeds::MARGIN,
            compartment.key().as_ref(),
            owner.key().as_ref(),
            index.to_le_bytes().as_ref(),
        ],
        bump
    )]
    pub margin: AccountLoader<'info, MarginState>,
    /// System program.
    pub system_program: Program<'info, System>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Creates margin account `index` of its owner. `named` may trade for him but never withdraw;
/// the zero key for nobody.
pub fn create_margin_account(
    ctx: Context<CreateMarginAccount>,
    index: u16,
    named: Pubkey,
) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.permit(Action::CreateAccount)?;
    let event = {
        let mut margin = accounts.margin.write_new()?;
        margin.compartment = accounts.compartment.key().to_bytes();
        margin.owner = accounts.owner.key().to_bytes();
        delegate::name(&mut margin, named.as_array(), FOR_GOOD, guard.now).or_refuse()?;
        margin.index = index;
        margin.bump = ctx.bumps.margin;
        invariant::margin(&margin)?;
        let sequence = event::count(&mut margin.event_sequence)?;
        let owner = accounts.owner.key;
        MarginAccountCreated {
            common: MarginAccountCreated::head(guard.now, owner, guard.compartment, sequence),
            margin: accounts.margin.key(),
            owner: *owner,
            delegate: named,
            index: index.into(),
        }
    };
    event::emit(&accounts.event_authority, &event)
}
