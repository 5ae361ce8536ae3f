//! Ends the liquidation clock: two calls at least 60 open seconds apart, both at LiquidationEnd or
//! better, with no take-over between (a50).
//!
//! Anybody CAN, in every mode. Nobody CAN reset the clock by a moment of health.

use anchor_lang::prelude::*;
use bulwark_core::mode::Mode;
use bulwark_core::permits::Action;
use bulwark_core::{health, liquidation};

use crate::error::OrRefuse;
use crate::event::{self, AccountUnflagged, Kind};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, BoardState, CompartmentState, MarginState, ProtocolState};

/// Accounts of `unflag`.
#[derive(Accounts)]
pub struct Unflag<'info> {
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

/// Notes health for the first time, or clears the flag the second time.
pub fn unflag(ctx: Context<Unflag>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.margin(&accounts.margin)?;
    guard.permit(Action::Unflag)?;
    let event = {
        let board = accounts.board.read()?;
        let mut margin = accounts.margin.write()?;
        let paused = guard.context.mode == Mode::Paused;
        let health = health::health(
            &board,
            &margin,
            health::Level::LiquidationEnd,
            guard.now,
            paused,
        )
        .or_refuse()?;
        let cleared = liquidation::unflag(&board, &mut margin, guard.now, paused).or_refuse()?;
        invariant::margin(&margin)?;
        let sequence = event::count(&mut margin.event_sequence)?;
        AccountUnflagged {
            common: AccountUnflagged::head(
                guard.now,
                accounts.caller.key,
                guard.compartment,
                sequence,
            ),
            margin: accounts.margin.key(),
            value: health.value,
            requirement: health.requirement,
            cleared: u64::from(cleared),
            unflag_open: margin.unflag_open,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
