//! Moves a token, or positive quote, between two margin accounts of the signer in one compartment.
//!
//! The owner CAN, where the giver could withdraw it (with positions, orders or debt: H_I ≥ 0 after,
//! every leg at its adverse bound while Paused) and the receiver could be topped up. No bucket is
//! asked: nothing leaves a vault. A delegate CANNOT; nobody CAN move to or from an account that
//! isn't his, nor get rid of a mark: recent deposits and profits travel, residuals, tickets and
//! flags stay.

use anchor_lang::prelude::*;
use bulwark_core::health::is_plain;
use bulwark_core::permits::Action;
use bulwark_core::withdrawal::{self, Transfer as Booking, transfer_action};
use bulwark_state::MarginAccount;

use super::deposit::balance;
use super::withdraw::{action, check_health};
use crate::error::{BulwarkError, ensure};
use crate::event::{self, Kind, Transferred};
use crate::explain;
use crate::guard::Guard;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, MarginState, ProtocolState, distinct, same,
};
use crate::{invariant, token};

/// Accounts of `transfer`.
#[derive(Accounts)]
pub struct Transfer<'info> {
    /// Owner of both margin accounts.
    pub owner: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment: needed for quote, and with positions, orders or debt.
    pub board: Option<AccountLoader<'info, BoardState>>,
    /// Bank of the token.
    #[account(mut)]
    pub bank: AccountLoader<'info, BankState>,
    /// CHECK: compared with the bank's vault, then read as a token account.
    pub vault: UncheckedAccount<'info>,
    /// The giver.
    #[account(mut)]
    pub from: AccountLoader<'info, MarginState>,
    /// The receiver.
    #[account(mut)]
    pub to: AccountLoader<'info, MarginState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl Transfer<'_> {
    fn validate(&self, guard: &mut Guard) -> Result<()> {
        if let Some(board) = &self.board {
            guard.board(board)?;
        }
        guard.bank(&self.bank)?;
        guard.margin(&self.from)?;
        guard.margin(&self.to)?;
        distinct(&self.from.key(), &self.to.key())?;
        token::check_vault(&*self.bank.read()?, &self.vault)?;
        let owns = |margin: &MarginAccount| same(&margin.owner, self.owner.key);
        let both = owns(&*self.from.read()?) && owns(&*self.to.read()?);
        ensure(both, BulwarkError::NotOwner)
    }
}

/// Moves `amount`, in the mint's smallest unit.
pub fn transfer(ctx: Context<Transfer>, amount: u64) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&mut guard)?;
    let event = {
        let board = accounts.board.as_ref().map(|board| board.read());
        let board = board.transpose()?;
        let mut bank = accounts.bank.write()?;
        let mut from = accounts.from.write()?;
        let mut to = accounts.to.write()?;
        let index = bank.index;
        let plain = is_plain(&from);
        let needed = !plain || index == 0;
        ensure(!needed || board.is_some(), BulwarkError::MissingAccount)?;
        // A top-up of an account with positions, orders or debt isn't anybody's to shut.
        if is_plain(&to) {
            guard.permit(Action::Transfer)?;
        }
        let permit = guard.permit(action(plain))?;
        guard.permit(transfer_action(&to, index))?;
        let before = (balance(&from, index)?, balance(&to, index)?);
        let booking = Booking {
            amount,
            vault: token::balance(&accounts.vault)?,
            flow: &guard.flow(),
        };
        let accounts_of = (&mut *from, &mut *to);
        let moved = withdrawal::transfer(
            accounts_of,
            &mut bank,
            board.as_deref(),
            &booking,
            guard.now,
        )
        .map_err(|rule| explain::explained(rule, explain::balance(rule, &from, index, amount)))?;
        if let Some(board) = board.as_deref().filter(|_| !plain) {
            check_health(board, &from, &guard, &permit)?;
        }
        invariant::margin(&from)?;
        invariant::margin(&to)?;
        invariant::bank(&bank)?;
        let sequence = event::count(&mut bank.event_sequence)?;
        let owner = accounts.owner.key;
        Transferred {
            common: Transferred::head(guard.now, owner, guard.compartment, sequence),
            bank: accounts.bank.key(),
            from: accounts.from.key(),
            to: accounts.to.key(),
            from_sequence: event::count(&mut from.event_sequence)?,
            to_sequence: event::count(&mut to.event_sequence)?,
            amount,
            recent: moved.recent,
            realised: moved.realised,
            from_before: before.0,
            from_after: balance(&from, index)?,
            to_before: before.1,
            to_after: balance(&to, index)?,
            expected_after: bank.expected,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
