//! Closes an account's position in a settled market at its settlement price: value, quote leg and
//! what is due become quote, and the account's orders there are cancelled.
//!
//! Anybody CAN, for any account, in any order, in every mode but Recovery. Nobody CAN change what
//! anyone gets by it: one price holds for all, and no health below Initial moves.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::settlement;

use crate::error::OrRefuse;
use crate::event::{self, Kind, PositionSettled};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{
    Access, BoardState, BookState, CompartmentState, InsuranceState, MarginState, MarketState,
    ProtocolState,
};

/// Accounts of `settle_position`.
#[derive(Accounts)]
pub struct SettlePosition<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// The settled market.
    #[account(mut)]
    pub market: AccountLoader<'info, MarketState>,
    /// Book of the market.
    #[account(mut)]
    pub book: AccountLoader<'info, BookState>,
    /// Insurance of the compartment: gets the dust of the pot once nobody is in.
    #[account(mut)]
    pub insurance: AccountLoader<'info, InsuranceState>,
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

impl SettlePosition<'_> {
    fn validate(&self, guard: &mut Guard) -> Result<()> {
        guard.board(&self.board)?;
        guard.insurance(&self.insurance)?;
        guard.market(&self.market)?;
        guard.book(&self.market, &self.book)?;
        guard.margin(&self.margin)?;
        guard.permit(Action::SettlePosition).map(|_| ())
    }
}

/// Closes the position.
pub fn settle_position(ctx: Context<SettlePosition>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&mut guard)?;
    let event = {
        let board = accounts.board.read()?;
        let mut market = accounts.market.write()?;
        let mut book = accounts.book.write()?;
        let mut insurance = accounts.insurance.write()?;
        let mut margin = accounts.margin.write()?;
        let key = accounts.margin.key();
        let (quote_before, insurance_before) = (margin.quote, insurance.balance);
        let closed = settlement::close_position(
            &board,
            (key.as_array(), &mut margin),
            (&mut market, &mut book),
            &mut insurance,
            guard.now,
        )
        .or_refuse()?;
        invariant::market(&market)?;
        invariant::insurance(&insurance)?;
        invariant::margin(&margin)?;
        let seat = board.markets.get(usize::from(market.index)).or_refuse()?;
        let sequence = event::count(&mut market.event_sequence)?;
        let caller = accounts.caller.key;
        PositionSettled {
            common: PositionSettled::head(guard.now, caller, guard.compartment, sequence),
            market: accounts.market.key(),
            margin: key,
            account_sequence: event::count(&mut margin.event_sequence)?,
            base: closed.base,
            price: seat.settle_price,
            realised: closed.realised,
            orders: closed.orders.into(),
            quote_before,
            quote_after: margin.quote,
            pot_after: market.pot,
            insurance_before,
            insurance_after: insurance.balance,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
