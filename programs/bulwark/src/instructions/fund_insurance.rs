//! Gives quote to the insurance of a compartment.
//!
//! Anybody CAN, in every mode but Recovery, unless the capability is revoked. It earns nothing and
//! CANNOT be taken back: this is protection given, not a stake.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;

use super::Recapitalise;
use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, InsuranceFunded, Kind};
use crate::guard::Guard;
use crate::invariant;
use crate::state::Access;
use crate::token::Movement;

/// Funds by `amount`, or by what arrives of it. No list follows the accounts.
pub fn fund_insurance(ctx: Context<Recapitalise>, amount: u64) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.quote_bank(&accounts.bank)?;
    let missing = || refusal(BulwarkError::MissingAccount);
    let held = accounts.insurance.as_ref().ok_or_else(missing)?;
    guard.insurance(held)?;
    guard.permit(Action::FundInsurance)?;
    ensure(amount > 0, BulwarkError::ZeroAmount)?;
    let event = {
        let mut quote = accounts.bank.write()?;
        let mut insurance = held.write()?;
        let movement = Movement {
            token_program: &accounts.token_program,
            mint: &accounts.mint,
            vault: &accounts.vault,
            other: &accounts.source,
        };
        let arrived = movement.receive(&quote, &accounts.giver, amount)?;
        quote.expected = quote.expected.checked_add(arrived).or_refuse()?;
        let balance_before = insurance.balance;
        insurance.balance = insurance.balance.checked_add(arrived).or_refuse()?;
        invariant::bank(&quote)?;
        invariant::insurance(&insurance)?;
        let sequence = event::count(&mut quote.event_sequence)?;
        let funder = accounts.giver.key;
        InsuranceFunded {
            common: InsuranceFunded::head(guard.now, funder, guard.compartment, sequence),
            insurance: held.key(),
            amount: arrived,
            balance_before,
            balance_after: insurance.balance,
            expected_after: quote.expected,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
