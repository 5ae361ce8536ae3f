//! Books money that came into a vault without an instruction (a donation): residual claims and
//! missing coverage get it first; what is left of quote is insurance's, of a token it stays in the
//! vault.
//!
//! Anyone CAN, always. Nobody CAN direct it: where it goes is a rule (a01, a66).

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::withdrawal;

use crate::error::{BulwarkError, OrRefuse, refusal};
use crate::event::{self, Kind, SurplusSwept};
use crate::guard::Guard;
use crate::state::{Access, BankState, CompartmentState, InsuranceState, ProtocolState};
use crate::{invariant, quote, token};

/// Accounts of `sweep`; for quote every market of the compartment follows, in order, writable.
#[derive(Accounts)]
pub struct Sweep<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Bank.
    #[account(mut)]
    pub bank: AccountLoader<'info, BankState>,
    /// CHECK: compared with the bank's vault.
    pub vault: UncheckedAccount<'info>,
    /// Insurance of the compartment: needed for quote.
    #[account(mut)]
    pub insurance: Option<AccountLoader<'info, InsuranceState>>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Sweeps.
pub fn sweep<'info>(ctx: Context<'info, Sweep<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.bank(&accounts.bank)?;
    guard.permit(Action::Sweep)?;
    let event = {
        let mut bank = accounts.bank.write()?;
        token::check_vault(&bank, &accounts.vault)?;
        let vault = token::balance(&accounts.vault)?;
        let mut event = SurplusSwept {
            bank: accounts.bank.key(),
            expected_before: bank.expected,
            residuals_before: bank.residuals.total,
            deficit_before: bank.totals.deficit,
            ..bytemuck::Zeroable::zeroed()
        };
        if bank.index == 0 {
            let missing = || refusal(BulwarkError::MissingAccount);
            let loader = accounts.insurance.as_ref().ok_or_else(missing)?;
            guard.insurance(loader)?;
            let loaders = quote::every_market(&accounts.compartment, ctx.remaining_accounts)?;
            let markets = quote::fold_all(&guard, &mut bank, vault, &loaders)?;
            let mut insurance = loader.write()?;
            event.insurance_before = insurance.balance;
            let balance = quote::balance(&bank, vault, insurance.balance, &markets)?;
            let held = &mut insurance.balance;
            withdrawal::sweep_quote(&mut bank, &balance, held, vault, guard.now).or_refuse()?;
            invariant::insurance(&insurance)?;
            event.insurance_after = insurance.balance;
        } else {
            let flow = guard.flow();
            withdrawal::crank(&mut bank, vault, &flow, guard.now).or_refuse()?;
            withdrawal::sweep(&mut bank, vault).or_refuse()?;
        }
        invariant::bank(&bank)?;
        let sequence = event::count(&mut bank.event_sequence)?;
        let caller = accounts.caller.key;
        event.common = SurplusSwept::head(guard.now, caller, guard.compartment, sequence);
        event.expected_after = bank.expected;
        event.residuals_after = bank.residuals.total;
        event.deficit_after = bank.totals.deficit;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
