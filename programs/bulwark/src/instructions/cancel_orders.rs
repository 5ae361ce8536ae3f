//! Cancels orders: one by its slot, its sequence number or the client's own number, or all of a
//! market.
//!
//! The owner or the delegate CAN cancel in every mode but Recovery, where all orders are void.
//! Nobody else CAN cancel; anybody CAN prune what is void.

use anchor_lang::prelude::*;
use bulwark_core::error::Error as Rule;
use bulwark_core::permits::Action;
use bulwark_core::{Now, delegate, order};
use bulwark_state::{Book, MarginAccount};

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, OrdersCancelled};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{
    Access, BookState, CompartmentState, MarginState, MarketState, ProtocolState, same,
};

/// Which orders.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub enum Which {
    /// The order in this slot of the account.
    Slot(u8),
    /// The order with this sequence number in the book.
    Sequence(u64),
    /// The first order with this number of the client's.
    Client(u32),
    /// All orders of the account in this market.
    All,
}

/// Accounts of `cancel_orders`.
#[derive(Accounts)]
pub struct CancelOrders<'info> {
    /// Owner or delegate of the margin account.
    pub trader: Signer<'info>,
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
    /// The trader's margin account.
    #[account(mut)]
    pub margin: AccountLoader<'info, MarginState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl CancelOrders<'_> {
    fn validate(&self, guard: &mut Guard) -> Result<()> {
        guard.market(&self.market)?;
        guard.book(&self.market, &self.book)?;
        guard.margin(&self.margin)?;
        let margin = self.margin.read()?;
        let signs = same(&margin.owner, self.trader.key)
            || delegate::acts(&margin, self.trader.key.as_array(), guard.now);
        ensure(signs, BulwarkError::NotOwner)?;
        guard.permit(Action::Cancel).map(|_| ())
    }
}

/// Cancels the orders. That none of all is left is no error.
pub fn cancel_orders(ctx: Context<CancelOrders>, which: Which) -> Result<()> {
    act(&ctx, |book, margin, key, market, now| {
        cancel(book, margin, key, market, which, now)
    })
    .map(|_| ())
}

/// Cancels by a way that says which slots it freed, and tells it.
pub(super) fn act(
    ctx: &Context<CancelOrders>,
    way: impl FnOnce(&mut Book, &mut MarginAccount, &Pubkey, u8, Now) -> Result<u64>,
) -> Result<u64> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&mut guard)?;
    let event = {
        let mut market = accounts.market.write()?;
        let mut book = accounts.book.write()?;
        let mut margin = accounts.margin.write()?;
        let key = accounts.margin.key();
        let now = guard.now;
        let freed = way(&mut book, &mut margin, &key, market.index, now)?;
        invariant::margin(&margin)?;
        let sequence = event::count(&mut market.event_sequence)?;
        OrdersCancelled {
            common: OrdersCancelled::head(now, accounts.trader.key, guard.compartment, sequence),
            market: accounts.market.key(),
            margin: key,
            account_sequence: event::count(&mut margin.event_sequence)?,
            cancelled: freed.count_ones().into(),
            freed,
        }
    };
    event::emit(&accounts.event_authority, &event)?;
    Ok(event.cancelled)
}

/// Cancels what `which` names; the slots that it freed, one bit each.
pub(crate) fn cancel(
    book: &mut Book,
    margin: &mut MarginAccount,
    key: &Pubkey,
    market: u8,
    which: Which,
    now: Now,
) -> Result<u64> {
    cancel_one(book, margin, key, market, which, now).or_refuse()
}

pub(super) fn cancel_one(
    book: &mut Book,
    margin: &mut MarginAccount,
    key: &Pubkey,
    market: u8,
    which: Which,
    now: Now,
) -> bulwark_core::Result<u64> {
    let key = key.as_array();
    let at = match which {
        Which::Slot(slot) => slot.into(),
        Which::Sequence(sequence) => order::slot_of_sequence(book, margin, market, sequence)?,
        Which::Client(client) => order::slot_of_client(margin, market, client)?,
        Which::All => return order::cancel_each(book, margin, key, market, None, now),
    };
    let bit = u32::try_from(at).ok().and_then(|at| 1_u64.checked_shl(at));
    order::cancel_slot(book, margin, key, market, at, now)?;
    bit.ok_or(Rule::NoSuchOrder)
}
