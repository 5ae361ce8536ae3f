//! Realises the unrealised loss of an account's position into its quote balance, at the Board's
//! price.
//!
//! Anybody CAN while more than half of the quote vault is lent (D1): winners are owed quote that
//! losers still hold as unrealised loss. Nobody CAN change an account's health by it.

use anchor_lang::prelude::*;
use bulwark_core::ledger::{QuoteMoney, utilisation_ppm};
use bulwark_core::permits::Action;
use bulwark_core::settle as rule;

use crate::error::OrRefuse;
use crate::event::{self, Kind, LossSettled};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, InsuranceState, MarginState, MarketState,
    ProtocolState,
};
use crate::token;

/// Accounts of `settle`.
#[derive(Accounts)]
pub struct Settle<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// Quote bank of the compartment.
    pub quote_bank: AccountLoader<'info, BankState>,
    /// CHECK: compared with the bank's vault, then read as a token account.
    pub quote_vault: UncheckedAccount<'info>,
    /// Insurance of the compartment.
    pub insurance: AccountLoader<'info, InsuranceState>,
    /// Market of the position.
    #[account(mut)]
    pub market: AccountLoader<'info, MarketState>,
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

impl Settle<'_> {
    fn validate(&self, guard: &mut Guard) -> Result<()> {
        guard.board(&self.board)?;
        guard.quote_bank(&self.quote_bank)?;
        guard.insurance(&self.insurance)?;
        guard.market(&self.market)?;
        guard.margin(&self.margin)?;
        guard.permit(Action::Settle).map(|_| ())
    }
}

/// Settles.
pub fn settle(ctx: Context<Settle>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&mut guard)?;
    let event = {
        let board = accounts.board.read()?;
        let mut market = accounts.market.write()?;
        let mut margin = accounts.margin.write()?;
        let bank = accounts.quote_bank.read()?;
        let utilisation_ppm = {
            token::check_vault(&bank, &accounts.quote_vault)?;
            let money = QuoteMoney {
                vault: token::balance(&accounts.quote_vault)?,
                assigned: bank.residuals.assigned,
                tickets: bank.tickets,
                insurance: accounts.insurance.read()?.balance,
            };
            utilisation_ppm(&bank.totals, &money).or_refuse()?
        };
        let strain = rule::Strain {
            totals: &bank.totals,
            utilisation_ppm,
        };
        let quote_before = margin.quote;
        let loss = rule::settle(&board, &mut margin, &mut market, strain, guard.now).or_refuse()?;
        invariant::market(&market)?;
        invariant::margin(&margin)?;
        let sequence = event::count(&mut market.event_sequence)?;
        let caller = accounts.caller.key;
        LossSettled {
            common: LossSettled::head(guard.now, caller, guard.compartment, sequence),
            market: accounts.market.key(),
            margin: accounts.margin.key(),
            account_sequence: event::count(&mut margin.event_sequence)?,
            loss,
            quote_before,
            quote_after: margin.quote,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
