//! Gives quote to the insurance of a compartment.
//!
//! Anybody CAN, in every mode but Recovery, unless the capability is revoked. It earns nothing and
//! CANNOT be taken back: this is protection given, not a stake.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, InsuranceFunded, Kind};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, BankState, CompartmentState, InsuranceState, ProtocolState};
use crate::token::Movement;

/// Accounts of `fund_insurance`.
#[derive(Accounts)]
pub struct FundInsurance<'info> {
    /// Owner or delegate of the token account that pays.
    pub funder: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Quote bank of the compartment.
    #[account(mut)]
    pub quote_bank: AccountLoader<'info, BankState>,
    /// CHECK: compared with the bank's vault.
    #[account(mut)]
    pub quote_vault: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's mint.
    pub quote_mint: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's token program.
    pub token_program: UncheckedAccount<'info>,
    /// CHECK: the token program checks it against the signer.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// Insurance of the compartment.
    #[account(mut)]
    pub insurance: AccountLoader<'info, InsuranceState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Funds by `amount`, or by what arrives of it.
pub fn fund_insurance(ctx: Context<FundInsurance>, amount: u64) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.quote_bank(&accounts.quote_bank)?;
    guard.insurance(&accounts.insurance)?;
    guard.permit(Action::FundInsurance)?;
    ensure(amount > 0, BulwarkError::ZeroAmount)?;
    let event = {
        let mut quote = accounts.quote_bank.write()?;
        let mut insurance = accounts.insurance.write()?;
        let movement = Movement {
            token_program: &accounts.token_program,
            mint: &accounts.quote_mint,
            vault: &accounts.quote_vault,
            other: &accounts.source,
        };
        let arrived = movement.receive(&quote, &accounts.funder, amount)?;
        quote.expected = quote.expected.checked_add(arrived).or_refuse()?;
        let balance_before = insurance.balance;
        insurance.balance = insurance.balance.checked_add(arrived).or_refuse()?;
        invariant::bank(&quote)?;
        invariant::insurance(&insurance)?;
        let sequence = event::count(&mut quote.event_sequence)?;
        let funder = accounts.funder.key;
        InsuranceFunded {
            common: InsuranceFunded::head(guard.now, funder, guard.compartment, sequence),
            insurance: accounts.insurance.key(),
            amount: arrived,
            balance_before,
            balance_after: insurance.balance,
            expected_after: quote.expected,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
