//! Folds what trades changed of the quote bank's totals into it.
//!
//! Anybody CAN, in every mode, for any subset of markets: every formula counts unfolded deltas.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::{ledger, outflow};
use bulwark_state::Bank;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, MarketsFolded};
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
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
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
    let event = {
        let mut quote = accounts.quote_bank.write()?;
        outflow::carry(&mut quote, &guard.flow(), guard.now).or_refuse()?;
        let markets = each(&guard, &mut quote, ctx.remaining_accounts)?;
        invariant::bank(&quote)?;
        let sequence = event::count(&mut quote.event_sequence)?;
        let nobody = Pubkey::default();
        MarketsFolded {
            common: MarketsFolded::head(guard.now, &nobody, guard.compartment, sequence),
            bank: accounts.quote_bank.key(),
            markets,
        }
    };
    event::emit(&accounts.event_authority, &event)
}

/// Folds each market; which they are, one bit each.
fn each<'info>(guard: &Guard, quote: &mut Bank, infos: &'info [AccountInfo<'info>]) -> Result<u64> {
    let mut markets = 0;
    for info in infos {
        let loader = AccountLoader::<MarketState>::try_from(info)?;
        let mut market = loader.write()?;
        ensure(
            same(&market.compartment, guard.key()),
            BulwarkError::WrongCompartment,
        )?;
        ledger::fold(&mut quote.totals, &mut market.deltas).or_refuse()?;
        markets |= 1_u64.checked_shl(market.index.into()).or_refuse()?;
    }
    Ok(markets)
}
