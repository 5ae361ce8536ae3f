//! Settles a market whose notice is over: notes the one price at which all its positions close, the
//! median of the last thirty one-minute closes of its feed.
//!
//! Anybody CAN. Nobody CAN choose the price: fifteen of the thirty minutes must have had a print,
//! unless the feed is dead.

use anchor_lang::prelude::*;
use bulwark_core::settlement;

use super::WindMarketDown;
use super::announce_settlement::wind_down;
use crate::error::OrRefuse;

/// Settles.
pub fn settle_market(ctx: Context<WindMarketDown>) -> Result<()> {
    wind_down(&*ctx.accounts, |board, market, guard| {
        settlement::close(board, market, guard.now).or_refuse()
    })
}
