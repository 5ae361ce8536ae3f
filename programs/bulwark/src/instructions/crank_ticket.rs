//! Moves a bank's queue on and pays a ticket as far as it goes; a ticket that is done is closed,
//! its rent goes back to the owner.
//!
//! Anyone CAN, in every mode but Recovery. Nobody CAN pay it elsewhere than into the token account
//! written in the ticket, into the owner's associated account where that is gone, or where the
//! owner himself says.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::withdrawal::serve;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, TicketCranked};
use crate::guard::Guard;
use crate::invariant;
use crate::seeds::VAULT_AUTHORITY_AND_BUMP;
use crate::state::{
    Access, BankState, CompartmentState, MarginState, ProtocolState, TicketState, same,
};
use crate::token::{self, Movement};

/// Accounts of `crank_ticket`.
#[derive(Accounts)]
pub struct CrankTicket<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Bank of the ticket.
    #[account(mut)]
    pub bank: AccountLoader<'info, BankState>,
    /// The ticket.
    #[account(mut)]
    pub ticket: AccountLoader<'info, TicketState>,
    /// Margin account of the ticket.
    #[account(mut)]
    pub margin: AccountLoader<'info, MarginState>,
    /// CHECK: compared with the margin account's owner; gets the ticket's rent.
    #[account(mut)]
    pub owner: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's vault.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the payment.
    #[account(address = VAULT_AUTHORITY_AND_BUMP.0)]
    pub vault_authority: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's mint.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: a token account of the owner: which one is checked below.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's token program.
    pub token_program: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl<'info> CrankTicket<'info> {
    fn validate(&self, guard: &mut Guard) -> Result<()> {
        guard.margin(&self.margin)?;
        guard.bank(&self.bank)?;
        let ticket = self.ticket.read()?;
        ensure(
            same(&ticket.bank, &self.bank.key()),
            BulwarkError::WrongTicket,
        )?;
        ensure(
            same(&ticket.margin, &self.margin.key()),
            BulwarkError::WrongTicket,
        )?;
        let owned = same(&self.margin.read()?.owner, self.owner.key);
        ensure(owned, BulwarkError::NotOwner)?;
        let (destination, program) = (self.destination.key, self.token_program.key);
        let named = same(&ticket.destination, destination)
            || self.caller.key == self.owner.key
            || token::is_associated(destination, self.owner.key, self.mint.key, program);
        ensure(named, BulwarkError::WrongTokenAccount)?;
        token::check_destination(&self.destination, program, self.owner.key)?;
        guard.permit(Action::ServeTicket).map(|_| ())
    }

    fn movement(&self) -> Movement<'_, 'info> {
        Movement {
            token_program: &self.token_program,
            mint: &self.mint,
            vault: &self.vault,
            other: &self.destination,
        }
    }
}

/// Cranks.
pub fn crank_ticket(ctx: Context<CrankTicket>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&mut guard)?;
    let (event, done) = {
        let mut bank = accounts.bank.write()?;
        let mut margin = accounts.margin.write()?;
        let mut ticket = accounts.ticket.write()?;
        token::check_vault(&bank, &accounts.vault)?;
        let flow = guard.flow();
        let vault = token::balance(&accounts.vault)?;
        let served_before = ticket.served;
        let served = serve(
            &mut ticket,
            &mut margin,
            &mut bank,
            (vault, &flow),
            guard.now,
        );
        let served = served.or_refuse()?;
        accounts
            .movement()
            .pay(&bank, &accounts.vault_authority, served.coins)?;
        invariant::bank(&bank)?;
        invariant::margin(&margin)?;
        invariant::ticket(&ticket)?;
        let sequence = event::count(&mut bank.event_sequence)?;
        let caller = accounts.caller.key;
        let event = TicketCranked {
            common: TicketCranked::head(guard.now, caller, guard.compartment, sequence),
            bank: accounts.bank.key(),
            margin: accounts.margin.key(),
            ticket: accounts.ticket.key(),
            account_sequence: event::count(&mut margin.event_sequence)?,
            served_before,
            served_after: ticket.served,
            paid: served.coins,
            collected: served.collected,
            residual: served.residual,
            voided: served.voided,
            expected_after: bank.expected,
            done: served.done.into(),
        };
        (event, served.done)
    };
    event::emit(&accounts.event_authority, &event)?;
    if done {
        accounts.ticket.close(accounts.owner.to_account_info())
    } else {
        Ok(())
    }
}
