//! Assigns what an account is owed to somebody else, once and for good: what it is marked with in a
//! Recovery, or residual claims if it holds nothing else.
//!
//! The owner CAN, with his own signature. Nobody else CAN, his delegate least of all. Amounts,
//! ratios and order of payment stay as they are.

use anchor_lang::prelude::*;
use bulwark_core::assignment;
use bulwark_core::permits::Action;

use super::set_delegate::*;
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, ClaimsAssigned, Kind};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, same};

/// Assigns to `to`, with the accounts of `set_delegate`.
pub fn assign_claims(ctx: Context<SetDelegate>, to: Pubkey) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.margin(&accounts.margin)?;
    guard.permit(Action::CollectResidual)?;
    let event = {
        let mut margin = accounts.margin.write()?;
        let owns = same(&margin.owner, accounts.owner.key);
        ensure(owns, BulwarkError::NotOwner)?;
        let epoch = accounts.compartment.read()?.recovery_epoch;
        assignment::assign(&mut margin, to.as_array(), epoch).or_refuse()?;
        invariant::margin(&margin)?;
        let sequence = event::count(&mut margin.event_sequence)?;
        let owner = accounts.owner.key;
        ClaimsAssigned {
            common: ClaimsAssigned::head(guard.now, owner, guard.compartment, sequence),
            margin: accounts.margin.key(),
            to,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
