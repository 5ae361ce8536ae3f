//! Accrues quote interest, charges positions the premium on the stress that they add (D10), and
//! takes stock of the quote bank: what lies in its vault against what is owed from it, so that
//! withdrawals are paid at the true coverage.
//!
//! Anybody CAN while time runs (not while Paused). All markets of the compartment must follow, each
//! once, writable: leaving one out is refused, never believed (INV-SUBSET).

use std::cell::RefMut;

use anchor_lang::prelude::*;
use bulwark_core::coverage;
use bulwark_core::ledger::{self, QuoteMoney};
use bulwark_core::permits::Action;
use bulwark_core::staking::premium;
use bulwark_state::{Bank, Board, Insurance, MAX_MARKETS, Market};

use crate::error::OrRefuse;
use crate::event::{self, InterestAccrued, Kind};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, InsuranceState, ProtocolState,
};
use crate::{quote, token};

/// Accounts of `accrue`, which all markets of the compartment follow, writable; and of
/// `prove_stress`, which a margin account follows.
#[derive(Accounts)]
pub struct Accrue<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
    /// Quote bank of the compartment.
    #[account(mut)]
    pub quote_bank: AccountLoader<'info, BankState>,
    /// CHECK: compared with the bank's vault, then read as a token account.
    pub quote_vault: UncheckedAccount<'info>,
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

/// Accrues and takes stock.
pub fn accrue<'info>(ctx: Context<'info, Accrue<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.quote_bank(&accounts.quote_bank)?;
    guard.insurance(&accounts.insurance)?;
    guard.permit(Action::Accrue)?;
    let markets = quote::every_market(&accounts.compartment, ctx.remaining_accounts)?;
    let event = {
        let mut board = accounts.board.write()?;
        let mut quote = accounts.quote_bank.write()?;
        token::check_vault(&quote, &accounts.quote_vault)?;
        let vault = token::balance(&accounts.quote_vault)?;
        let mut insured = accounts.insurance.write()?;
        let mut folded = quote::fold_all(&guard, &mut quote, vault, &markets)?;
        let insurance = insured.balance;
        let money = QuoteMoney {
            vault,
            assigned: quote.residuals.assigned,
            tickets: quote.tickets,
            insurance,
        };
        let (lend_before, debt_before) = (board.lend_index, board.debt_index);
        let (expected_before, deficit_before) = (quote.expected, quote.totals.deficit);
        ledger::accrue_interest(&mut board, &mut quote.totals, &money, guard.now).or_refuse()?;
        let held = (&*quote, vault);
        let charged = charge_premium(&guard, &mut board, &mut insured, held, &mut folded)?;
        let insurance = insured.balance;
        let balance = quote::balance(&quote, vault, insurance, &folded)?;
        let checked =
            coverage::check_quote(&mut quote, &balance, insurance, vault, guard.now).or_refuse()?;
        if let Some(seat) = board.banks.first_mut() {
            seat.coverage_e9 = checked.coverage_e9;
        }
        invariant::board(&board)?;
        invariant::bank(&quote)?;
        invariant::insurance(&insured)?;
        let sequence = event::count(&mut quote.event_sequence)?;
        let caller = accounts.caller.key;
        InterestAccrued {
            common: InterestAccrued::head(guard.now, caller, guard.compartment, sequence),
            bank: accounts.quote_bank.key(),
            lend_before: [lend_before.lo, lend_before.hi],
            lend_after: [board.lend_index.lo, board.lend_index.hi],
            debt_before: [debt_before.lo, debt_before.hi],
            debt_after: [board.debt_index.lo, board.debt_index.hi],
            expected_before,
            expected_after: quote.expected,
            deficit_before,
            deficit_after: quote.totals.deficit,
            loss_after: quote.totals.check_loss,
            claims_after: quote.totals.check_claims,
            insurance_after: insurance,
            used_ppm: insured.premium_used_ppm,
            charged,
        }
    };
    event::emit(&accounts.event_authority, &event)
}

/// Charges all markets the premium since their last charge, into insurance. What each side of each
/// was charged.
#[inline(never)]
fn charge_premium(
    guard: &Guard,
    board: &mut Board,
    insurance: &mut Insurance,
    held: (&Bank, u64),
    markets: &mut [RefMut<Market>],
) -> Result<[u64; MAX_MARKETS]> {
    for market in &*markets {
        premium::note(board, market).or_refuse()?;
    }
    let price = premium::price(board, insurance, guard.now).or_refuse()?;
    let mut charged = [0u64; MAX_MARKETS];
    let (mut sum, mut any) = (0u64, false);
    for (market, place) in markets.iter_mut().zip(&mut charged) {
        let each = premium::charge(board, market, price.yearly_ppm, guard.now).or_refuse()?;
        any |= each.is_some();
        *place = each.unwrap_or(0);
        // Both sides.
        sum = place
            .checked_mul(2)
            .and_then(|both| sum.checked_add(both))
            .or_refuse()?;
    }
    if any {
        premium::collect(insurance, held, sum, &price).or_refuse()?;
    }
    Ok(charged)
}
