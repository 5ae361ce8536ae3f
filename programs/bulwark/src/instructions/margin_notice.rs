//! Margin notice of an account as return data: [`MarginNotice`], byte for byte: when the thresholds
//! that rise now will reach it at today's prices, and at which price each position would be.
//!
//! Anybody CAN look, in every mode, without a signature. Nobody CAN change anything by it, so no
//! table is asked.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::program::set_return_data;
use bulwark_core::health;
use bulwark_core::mode::Mode;
use bulwark_state::MarginNotice;

use super::health_view::*;
use crate::error::OrRefuse;
use crate::state::Access;

/// Returns the notice, Paused as the mode is.
pub fn margin_notice(ctx: Context<View>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = accounts.guard()?;
    let mut notice = Box::<MarginNotice>::default();
    health::notice(
        &*accounts.board.read()?,
        &*accounts.margin.read()?,
        guard.now,
        guard.context.mode == Mode::Paused,
        &mut notice,
    )
    .or_refuse()?;
    set_return_data(bytemuck::bytes_of(&*notice));
    Ok(())
}
