//! Samples the premium of a market's book over the oracle and moves its funding index by what has
//! counted since the last sample.
//!
//! Anybody CAN while time runs (not while Paused), once a slot and market. Nobody CAN sample a book
//! or a price of this very slot, nor gain by when he samples: of two samples the premium nearer to
//! zero counts for the time between (a55).

use anchor_lang::prelude::*;
use bulwark_core::funding;
use bulwark_core::permits::Action;

use crate::error::OrRefuse;
use crate::event::{self, FundingSampled, Kind};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, BoardState, BookState, CompartmentState, MarketState, ProtocolState};

/// Accounts of `sample_funding`.
#[derive(Accounts)]
pub struct SampleFunding<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
    /// Market.
    #[account(mut)]
    pub market: AccountLoader<'info, MarketState>,
    /// Book of the market.
    pub book: AccountLoader<'info, BookState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Samples.
pub fn sample_funding(ctx: Context<SampleFunding>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.market(&accounts.market)?;
    guard.book(&accounts.market, &accounts.book)?;
    guard.permit(Action::Accrue)?;
    let event = {
        let mut board = accounts.board.write()?;
        let mut market = accounts.market.write()?;
        let book = accounts.book.read()?;
        let done = funding::sample(&mut board, &mut market, &book, guard.now).or_refuse()?;
        invariant::board(&board)?;
        invariant::market(&market)?;
        let sequence = event::count(&mut market.event_sequence)?;
        let caller = accounts.caller.key;
        FundingSampled {
            common: FundingSampled::head(guard.now, caller, guard.compartment, sequence),
            market: accounts.market.key(),
            premium_ppm: done.premium_ppm,
            counted_ppm: done.counted_ppm,
            seconds: done.seconds,
            average_ppm: funding::average_ppm(&market.funding),
            index_before: [done.before.lo, done.before.hi],
            index_after: [done.after.lo, done.after.hi],
        }
    };
    event::emit(&accounts.event_authority, &event)
}
