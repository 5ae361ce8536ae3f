//! Clears what is void in a book: expired orders of anybody, and orders of one account that its
//! epoch has voided, with the account's slots that have no order behind them any more.
//!
//! Anybody CAN prune in every mode but Recovery. Nobody CAN remove an order that may still be
//! filled.

use anchor_lang::prelude::*;
use bulwark_core::order;
use bulwark_core::permits::Action;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, OrdersPruned};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, BookState, CompartmentState, MarginState, MarketState, ProtocolState};

/// Accounts of `prune_orders`.
#[derive(Accounts)]
pub struct PruneOrders<'info> {
    /// Anyone.
    pub cranker: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Market.
    #[account(mut)]
    pub market: AccountLoader<'info, MarketState>,
    /// Book of the market.
    #[account(mut)]
    pub book: AccountLoader<'info, BookState>,
    /// The margin account to clear.
    #[account(mut)]
    pub margin: AccountLoader<'info, MarginState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Prunes. An instruction that finds nothing to clear is refused.
pub fn prune_orders(ctx: Context<PruneOrders>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.market(&accounts.market)?;
    guard.book(&accounts.market, &accounts.book)?;
    guard.margin(&accounts.margin)?;
    guard.permit(Action::Prune)?;
    let event = {
        let mut market = accounts.market.write()?;
        let mut book = accounts.book.write()?;
        let mut margin = accounts.margin.write()?;
        let key = accounts.margin.key();
        let pruned = order::prune(
            &mut book,
            &mut margin,
            key.as_array(),
            market.index,
            guard.now,
        )
        .or_refuse()?;
        ensure(
            pruned.entries > 0 || pruned.slots > 0,
            BulwarkError::NoSuchOrder,
        )?;
        invariant::margin(&margin)?;
        let sequence = event::count(&mut market.event_sequence)?;
        let cranker = accounts.cranker.key;
        OrdersPruned {
            common: OrdersPruned::head(guard.now, cranker, guard.compartment, sequence),
            market: accounts.market.key(),
            margin: key,
            account_sequence: event::count(&mut margin.event_sequence)?,
            entries: pruned.entries.into(),
            slots: pruned.slots.into(),
        }
    };
    event::emit(&accounts.event_authority, &event)
}
