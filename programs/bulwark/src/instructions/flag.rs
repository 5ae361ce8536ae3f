//! Starts the liquidation clock of an account that is below its maintenance requirement: the
//! premium rises from here on.
//!
//! Anybody CAN, in every mode. Nobody CAN flag an account that isn't liquidatable.

use anchor_lang::prelude::*;
use bulwark_core::mode::Mode;
use bulwark_core::permits::Action;
use bulwark_core::{health, liquidation};

use crate::error::OrRefuse;
use crate::event::{self, AccountFlagged, Kind};
use crate::explain::{self, WHOLE_PPM};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, BoardState, CompartmentState, MarginState, ProtocolState};

/// Accounts of `flag`.
#[derive(Accounts)]
pub struct Flag<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
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

/// Flags the account.
pub fn flag(ctx: Context<Flag>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.margin(&accounts.margin)?;
    guard.permit(Action::Flag)?;
    let event = {
        let board = accounts.board.read()?;
        let mut margin = accounts.margin.write()?;
        let paused = guard.context.mode == Mode::Paused;
        let health = health::eligibility(&board, &margin, guard.now, paused).or_refuse()?;
        liquidation::flag(&board, &mut margin, guard.now, paused).map_err(|rule| {
            let clash = explain::health(rule, &board, &margin, (guard.now, paused), WHOLE_PPM);
            explain::explained(rule, clash)
        })?;
        invariant::margin(&margin)?;
        let sequence = event::count(&mut margin.event_sequence)?;
        AccountFlagged {
            common: AccountFlagged::head(
                guard.now,
                accounts.caller.key,
                guard.compartment,
                sequence,
            ),
            margin: accounts.margin.key(),
            value: health.value,
            requirement: health.requirement,
            flagged_open: margin.flagged_open,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
