//! Calls a settlement off that was announced because of a cap or a dead feed, once neither holds.
//!
//! Anybody CAN. Nobody CAN call off what the guardian or the creator has decided.

use anchor_lang::prelude::*;
use bulwark_core::settlement;

use super::WindMarketDown;
use super::announce_settlement::wind_down;
use crate::error::OrRefuse;

/// Calls off.
pub fn call_off_settlement(ctx: Context<WindMarketDown>) -> Result<()> {
    wind_down(&*ctx.accounts, |board, market, guard| {
        settlement::call_off(board, market, guard.now).or_refuse()?;
        Ok(0)
    })
}
