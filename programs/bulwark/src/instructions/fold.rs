//! Folds what trades changed of the quote bank's totals into it.
//!
//! Anybody CAN, in every mode, for any subset of markets: every formula counts unfolded deltas.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::{ledger, outflow};

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, BankState, CompartmentState, MarketState, ProtocolState, same};

/// Accounts of `fold`; the markets follow, writable.
#[derive(Accounts)]
pub struct Fold<'info> {
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Quote bank of the compartment.
    #[account(mut)]
    pub quote_bank: AccountLoader<'info, BankState>,
}

/// Folds the markets that follow. The same market twice does nothing the second time.
pub fn fold<'info>(ctx: Context<'info, Fold<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.quote_bank(&accounts.quote_bank)?;
    guard.permit(Action::Fold)?;
    ensure(
        !ctx.remaining_accounts.is_empty(),
        BulwarkError::MissingAccount,
    )?;
    let mut quote = accounts.quote_bank.write()?;
    let flow = guard.flow();
    outflow::carry(&mut quote, &flow, guard.now).or_refuse()?;
    for info in ctx.remaining_accounts {
        let loader = AccountLoader::<MarketState>::try_from(info)?;
        let mut market = loader.write()?;
        ensure(
            same(&market.compartment, guard.key()),
            BulwarkError::WrongCompartment,
        )?;
        ledger::fold(&mut quote.totals, &mut market.deltas).or_refuse()?;
    }
    invariant::bank(&quote)
}
