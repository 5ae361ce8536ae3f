//! Health of an account as return data: [`HealthView`], byte for byte.
//!
//! Anybody CAN look, in every mode, without a signature: a simulation is enough. Nobody CAN change
//! anything by it, so no table is asked.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::program::set_return_data;
use bulwark_core::health;
use bulwark_core::mode::Mode;
use bulwark_state::HealthView;

use crate::error::OrRefuse;
use crate::guard::Guard;
use crate::state::{Access, BoardState, CompartmentState, MarginState, ProtocolState};

/// Accounts of `health_view` and `margin_notice`.
#[derive(Accounts)]
pub struct View<'info> {
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// The margin account.
    pub margin: AccountLoader<'info, MarginState>,
}

impl View<'_> {
    /// The present, once the accounts are known to belong together.
    pub(crate) fn guard(&self) -> Result<Guard> {
        let guard = Guard::new(&self.protocol, &self.compartment)?;
        guard.board(&self.board)?;
        guard.margin(&self.margin)?;
        Ok(guard)
    }
}

/// Returns the health of the account now, Paused as the mode is.
pub fn health_view(ctx: Context<View>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = accounts.guard()?;
    let mut view = Box::<HealthView>::default();
    health::view(
        &*accounts.board.read()?,
        &*accounts.margin.read()?,
        guard.now,
        guard.context.mode == Mode::Paused,
        &mut view,
    )
    .or_refuse()?;
    set_return_data(bytemuck::bytes_of(&*view));
    Ok(())
}
