//! Names the delegate of a margin account, or none.
//!
//! The owner CAN, in every mode but Recovery. Nobody else CAN, the delegate least of all. A
//! delegate may trade within the price band and cancel; his power ends by itself at the second that
//! the owner gives, and at once where the owner names another or none.

use anchor_lang::prelude::*;
use bulwark_core::delegate;
use bulwark_core::permits::Action;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, DelegateNamed, Kind};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, CompartmentState, MarginState, ProtocolState, same};

/// Accounts of `set_delegate` and `assign_claims`.
#[derive(Accounts)]
pub struct SetDelegate<'info> {
    /// Owner of the margin account.
    pub owner: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// The margin account.
    #[account(mut)]
    pub margin: AccountLoader<'info, MarginState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Names `named` the delegate through unix second `until` (`i64::MAX`: for good), or with the zero
/// key nobody.
pub fn set_delegate(ctx: Context<SetDelegate>, named: Pubkey, until: i64) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.margin(&accounts.margin)?;
    guard.permit(Action::CreateAccount)?;
    let event = {
        let mut margin = accounts.margin.write()?;
        let owns = same(&margin.owner, accounts.owner.key);
        ensure(owns, BulwarkError::NotOwner)?;
        let before = margin.delegate;
        delegate::name(&mut margin, named.as_array(), until, guard.now).or_refuse()?;
        invariant::margin(&margin)?;
        let sequence = event::count(&mut margin.event_sequence)?;
        let owner = accounts.owner.key;
        DelegateNamed {
            common: DelegateNamed::head(guard.now, owner, guard.compartment, sequence),
            margin: accounts.margin.key(),
            delegate_before: Pubkey::new_from_array(before),
            delegate_after: named,
            until: margin.delegate_until,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
