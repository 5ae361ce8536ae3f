//! Gives money to a bank: residual claims and missing coverage share it, then in quote the hole,
//! then insurance.
//!
//! Anyone CAN, always, Recovery included. Nobody CAN get anything for it, or direct it.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::withdrawal;

use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, Kind, Recapitalised};
use crate::guard::Guard;
use crate::state::{Access, BankState, CompartmentState, InsuranceState, ProtocolState};
use crate::token::{self, Movement};
use crate::{invariant, quote};

/// Accounts of `recapitalise` and `fund_insurance`; for the former in quote every market of the
/// compartment follows, in order, writable.
#[derive(Accounts)]
pub struct Recapitalise<'info> {
    /// Who gives: authority of the source.
    pub giver: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Bank.
    #[account(mut)]
    pub bank: AccountLoader<'info, BankState>,
    /// Insurance of the compartment: needed for quote.
    #[account(mut)]
    pub insurance: Option<AccountLoader<'info, InsuranceState>>,
    /// CHECK: compared with the bank's vault.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's mint.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: checked by the token program, which moves it by the giver's signature.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's token program.
    pub token_program: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Gives `amount`, in the mint's smallest unit; what arrives in the vault is booked.
pub fn recapitalise<'info>(ctx: Context<'info, Recapitalise<'info>>, amount: u64) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.bank(&accounts.bank)?;
    guard.permit(Action::Recapitalise)?;
    ensure(amount > 0, BulwarkError::ZeroAmount)?;
    let event = {
        let mut bank = accounts.bank.write()?;
        token::check_vault(&bank, &accounts.vault)?;
        let vault = token::balance(&accounts.vault)?;
        let movement = Movement {
            token_program: &accounts.token_program,
            mint: &accounts.mint,
            vault: &accounts.vault,
            other: &accounts.source,
        };
        let arrived = movement.receive(&bank, &accounts.giver, amount)?;
        let mut event = Recapitalised {
            bank: accounts.bank.key(),
            amount: arrived,
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
            let (held, money) = (&mut insurance.balance, (vault, arrived));
            withdrawal::recapitalise_quote(&mut bank, &balance, held, money, guard.now)
                .or_refuse()?;
            invariant::insurance(&insurance)?;
            event.insurance_after = insurance.balance;
        } else {
            let flow = guard.flow();
            withdrawal::crank(&mut bank, vault, &flow, guard.now).or_refuse()?;
            withdrawal::recapitalise(&mut bank, vault, arrived).or_refuse()?;
        }
        invariant::bank(&bank)?;
        let sequence = event::count(&mut bank.event_sequence)?;
        let giver = accounts.giver.key;
        event.common = Recapitalised::head(guard.now, giver, guard.compartment, sequence);
        event.residuals_after = bank.residuals.total;
        event.deficit_after = bank.totals.deficit;
        event.expected_after = bank.expected;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
