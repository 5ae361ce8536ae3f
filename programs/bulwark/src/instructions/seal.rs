//! Ends the creator's powers for ever.
//!
//! The creator CAN at any time. Anyone else CAN once a compartment's deposits at Board prices
//! exceed the compiled sum, shown with all of its banks; nobody CAN before. No instruction reopens
//! it.

use anchor_lang::prelude::*;

use crate::error::{BulwarkError, ensure};
use crate::event::{self, CreatorSealed, Kind};
use crate::guard::Guard;
use crate::state::{Access, BoardState, CompartmentState, ProtocolState, same};
use crate::{creator, invariant, lists};

/// Accounts of `seal`; for anyone but the creator every bank of the compartment follows, in order.
#[derive(Accounts)]
pub struct Seal<'info> {
    /// The creator, or anyone who shows the deposits.
    pub signer: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Any compartment; for anyone but the creator the one with the deposits.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Seals.
pub fn seal<'info>(ctx: Context<'info, Seal<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    let signer = accounts.signer.key;
    let event = {
        let mut protocol = accounts.protocol.write()?;
        ensure(protocol.sealed == 0, BulwarkError::Sealed)?;
        let deposits = if same(&protocol.creator, signer) {
            0
        } else {
            let banks = lists::every_bank(&*accounts.compartment.read()?, ctx.remaining_accounts)?;
            let deposits = creator::deposits(&*accounts.board.read()?, &banks)?;
            ensure(deposits > creator::DEPOSITS_MAX, BulwarkError::NotSealable)?;
            deposits
        };
        protocol.sealed = 1;
        let sequence = event::next_chained(&protocol)?;
        let common = CreatorSealed::head(guard.now, signer, guard.compartment, sequence);
        let event = CreatorSealed { common, deposits };
        event::chain(&mut protocol, &common, &event)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
