//! Takes a position of a liquidatable account over, at the mark that favours it, for a premium.
//!
//! Any owner of a healthy margin account CAN take over, in every mode but Recovery; while Paused
//! only accounts below 0.8 of the requirement. Nobody CAN take over more than lifts the account to
//! LiquidationEnd, nor so that its health falls (INV-LIQ), nor his own account into itself.

use anchor_lang::prelude::*;
use bulwark_core::gate::{Cell, LegUse};
use bulwark_core::mode::Mode;
use bulwark_core::permits::Action;
use bulwark_core::{health, liquidation};

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, PositionTakenOver};
use crate::explain::parties;
use crate::guard::Guard;
use crate::invariant;
use crate::state::{
    Access, BoardState, CompartmentState, InsuranceState, MarginState, MarketState, ProtocolState,
    distinct, same,
};

/// Accounts of `take_over`.
#[derive(Accounts)]
pub struct TakeOver<'info> {
    /// Owner of the receiver.
    pub liquidator: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// Market of the position.
    #[account(mut)]
    pub market: AccountLoader<'info, MarketState>,
    /// Insurance of the compartment.
    #[account(mut)]
    pub insurance: AccountLoader<'info, InsuranceState>,
    /// The account that is liquidated.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginState>,
    /// The account that receives the position.
    #[account(mut)]
    pub receiver: AccountLoader<'info, MarginState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl TakeOver<'_> {
    fn validate(&self, guard: &mut Guard) -> Result<()> {
        guard.board(&self.board)?;
        guard.market(&self.market)?;
        guard.insurance(&self.insurance)?;
        guard.margin(&self.liquidatee)?;
        guard.margin(&self.receiver)?;
        distinct(&self.liquidatee.key(), &self.receiver.key())?;
        let owns = same(&self.receiver.read()?.owner, self.liquidator.key);
        ensure(owns, BulwarkError::NotOwner)
    }
}

/// Takes over at most `largest` of the base (BaseE8).
pub fn take_over(ctx: Context<TakeOver>, largest: u64) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&mut guard)?;
    ensure(largest > 0, BulwarkError::ZeroAmount)?;
    let event = {
        let board = accounts.board.read()?;
        let mut market = accounts.market.write()?;
        let mut insurance = accounts.insurance.write()?;
        let mut liquidatee = accounts.liquidatee.write()?;
        let mut receiver = accounts.receiver.write()?;
        guard.gate(&board, market.feed, LegUse::Liquidate)?;
        // Two passes over all legs, so only where the tables ask for it.
        if guard.context.gate == Some(Cell::BelowCritical) {
            let paused = guard.context.mode == Mode::Paused;
            let health = health::eligibility(&board, &liquidatee, guard.now, paused).or_refuse()?;
            guard.context.critical = health.below_critical();
        }
        let permit = guard.permit(Action::TakeOver)?;
        let around = guard.circumstances(&board, &permit, false)?;
        let insurance_before = insurance.balance;
        let taken = liquidation::take_over(
            &board,
            &mut market,
            &mut liquidatee,
            &mut receiver,
            &mut insurance,
            largest,
            &around,
        )
        .map_err(|rule| parties(rule, &board, (&liquidatee, &receiver), &around))?;
        invariant::market(&market)?;
        invariant::margin(&liquidatee)?;
        invariant::margin(&receiver)?;
        let sequence = event::count(&mut market.event_sequence)?;
        let signer = accounts.liquidator.key;
        PositionTakenOver {
            common: PositionTakenOver::head(guard.now, signer, guard.compartment, sequence),
            market: accounts.market.key(),
            liquidatee: accounts.liquidatee.key(),
            receiver: accounts.receiver.key(),
            liquidatee_sequence: event::count(&mut liquidatee.event_sequence)?,
            receiver_sequence: event::count(&mut receiver.event_sequence)?,
            size: taken.size,
            price: taken.price,
            notional: taken.notional,
            premium: taken.premium,
            top_up: taken.top_up,
            fee: taken.fee,
            long: u64::from(taken.long),
            liquidatee_quote_after: liquidatee.quote,
            receiver_quote_after: receiver.quote,
            insurance_before,
            insurance_after: insurance.balance,
            flagged_open: liquidatee.flagged_open,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
