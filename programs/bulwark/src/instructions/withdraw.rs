//! Takes tokens out of a margin account: paid at once as far as the buckets hold, the rest queued
//! in a ticket; at the bank's coverage, the rest of that a residual claim.
//!
//! The owner CAN, in every mode but Recovery. Without positions, orders or debt (the plain exit) he
//! needs neither Board nor oracle, and no market, guardian or breaker can stop him; with them his
//! account must have its initial requirement after, every leg at its adverse bound while Paused. A
//! delegate CANNOT, and nobody CAN take an account below zero or be paid elsewhere than into a
//! token account of the owner.

use anchor_lang::prelude::*;
use bulwark_core::error::Error as Rule;
use bulwark_core::health::{Level, health, is_plain};
use bulwark_core::ledger::{fold, touch_quote};
use bulwark_core::outflow::{Flow, UsdLimit, charge, usd_limit};
use bulwark_core::permits::{Action, Permit};
use bulwark_core::withdrawal::{
    self, ALL, Applied, Plan, Request, apply, largest, plan_withdraw, write_ticket,
};
use bulwark_state::{Bank, Board, Deltas, MarginAccount};

use super::deposit::{balance, total};
use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, Kind, Withdrawn};
use crate::explain::{self, Clash, explained};
use crate::guard::Guard;
use crate::seeds::VAULT_AUTHORITY_AND_BUMP;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, MarginState, ProtocolState, TicketState,
    create, same,
};
use crate::token::{self, Movement};
use crate::{invariant, seeds};

/// What became of a withdrawal: the instruction's return data.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Coins that were paid.
    pub paid: u64,
    /// Units that wait in a ticket.
    pub queued: u64,
}

/// Accounts of `withdraw`.
#[derive(Accounts)]
pub struct Withdraw<'info> {
    /// Owner of the margin account; pays for a ticket.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Bank of the token.
    #[account(mut)]
    pub bank: AccountLoader<'info, BankState>,
    /// The margin account.
    #[account(mut)]
    pub margin: AccountLoader<'info, MarginState>,
    /// CHECK: compared with the bank's vault.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the payment.
    #[account(address = VAULT_AUTHORITY_AND_BUMP.0)]
    pub vault_authority: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's mint.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: a token account of the owner, checked in `token`.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's token program.
    pub token_program: UncheckedAccount<'info>,
    /// Board of the compartment: needed with positions, orders or debt.
    pub board: Option<AccountLoader<'info, BoardState>>,
    /// Quote bank, for another token: needed with positions, orders or debt.
    #[account(mut)]
    pub quote_bank: Option<AccountLoader<'info, BankState>>,
    /// CHECK: compared with the quote bank's vault; goes with it.
    pub quote_vault: Option<UncheckedAccount<'info>>,
    /// CHECK: made at its address if something is queued; the account's next ticket in this bank.
    #[account(mut)]
    pub ticket: Option<UncheckedAccount<'info>>,
    /// System program: goes with the ticket.
    pub system_program: Option<Program<'info, System>>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl<'info> Withdraw<'info> {
    fn validate(&self, guard: &mut Guard) -> Result<()> {
        guard.margin(&self.margin)?;
        guard.bank(&self.bank)?;
        if let Some(board) = &self.board {
            guard.board(board)?;
        }
        Ok(())
    }

    fn movement(&self) -> Movement<'_, 'info> {
        Movement {
            token_program: &self.token_program,
            mint: &self.mint,
            vault: &self.vault,
            other: &self.destination,
        }
    }

    /// What the compartment's buckets leave: the quote bank holds them, which is `bank` itself
    /// where there is no other.
    fn limit(
        &self,
        board: &Board,
        bank: &mut Bank,
        quote: Option<&mut Bank>,
        flow: &Flow,
        guard: &Guard,
    ) -> Result<UsdLimit> {
        let Some(quote) = quote else {
            let vault = token::balance(&self.vault)?;
            withdrawal::crank(bank, vault, flow, guard.now).or_refuse()?;
            return usd_limit(board, bank, None, flow, guard.now).or_refuse();
        };
        let missing = || refusal(BulwarkError::MissingAccount);
        let vault = self.quote_vault.as_ref().ok_or_else(missing)?;
        token::check_vault(quote, vault)?;
        withdrawal::crank(quote, token::balance(vault)?, flow, guard.now).or_refuse()?;
        usd_limit(board, quote, Some(bank), flow, guard.now).or_refuse()
    }

    /// What the event says beside numbers: interest booked, a small exit.
    fn flags(&self, bank: &Bank, plan: &Plan, bump: u8) -> u64 {
        let touched = self.board.is_some() && bank.index == 0;
        u64::from(touched) | u64::from(plan.small) << 1 | u64::from(bump) << 8
    }

    /// Plans, books and asks for health. With it what the quote vault is expected to hold, where
    /// another bank's buckets were asked.
    fn book(
        &self,
        guard: &Guard,
        margin: &mut MarginAccount,
        bank: &mut Bank,
        amount: u64,
    ) -> Result<(Plan, Applied, u64)> {
        let plain = is_plain(margin);
        let permit = guard.permit(action(plain))?;
        let flow = guard.flow();
        let board = self.board.as_ref().map(|board| board.read()).transpose()?;
        let board = board.as_deref();
        ensure(plain || board.is_some(), BulwarkError::MissingAccount)?;
        if let Some(board) = board.filter(|_| bank.index == 0) {
            let mut deltas = Deltas::default();
            touch_quote(board, margin, &mut deltas).or_refuse()?;
            fold(&mut bank.totals, &mut deltas).or_refuse()?;
        }
        let amount = match board.filter(|_| !plain && amount == ALL) {
            Some(board) => {
                let adverse = permit.adverse;
                let most = largest(board, margin, bank.index, guard.now, adverse).or_refuse()?;
                ensure(most > 0, BulwarkError::BelowInitialMargin)?;
                most
            }
            None => amount,
        };
        // One more look at an account costs as much as a bucket.
        let mut quote = if plain || bank.index == 0 {
            match &self.quote_bank {
                // The bank itself, which is being written.
                Some(quote) if quote.key() == self.bank.key() => guard.is_quote(bank)?,
                Some(quote) => guard.quote_bank(quote)?,
                None => {}
            }
            None
        } else {
            let missing = || refusal(BulwarkError::MissingAccount);
            let quote = self.quote_bank.as_ref().ok_or_else(missing)?.write()?;
            guard.is_quote(&quote)?;
            Some(quote)
        };
        let limit = match board.filter(|_| !plain) {
            Some(board) => Some(self.limit(board, bank, quote.as_deref_mut(), &flow, guard)?),
            None => None,
        };
        let vault = token::balance(&self.vault)?;
        let request = Request {
            amount,
            vault,
            flow: &flow,
            limit,
        };
        let plan = plan_withdraw(margin, bank, &request, guard.now).map_err(|rule| {
            explain::explained(rule, explain::balance(rule, margin, bank.index, amount))
        })?;
        let applied = apply(margin, bank, &plan, guard.now).or_refuse()?;
        if plan.charge != 0 {
            let buckets = quote.as_deref_mut().unwrap_or(bank);
            charge(buckets, plan.charge).or_refuse()?;
            if let Some(quote) = &quote {
                invariant::bank(quote)?;
            }
        }
        if let Some(board) = board.filter(|_| !plain) {
            check_health(board, margin, guard, &permit)?;
        }
        Ok((plan, applied, quote.map_or(0, |quote| quote.expected)))
    }
}

/// What taking something out of an account is.
pub(super) fn action(plain: bool) -> Action {
    if plain {
        Action::PlainExit
    } else {
        Action::WithdrawWithPositions
    }
}

/// H_I ≥ 0 after, at adverse bounds where the permit says so.
pub(super) fn check_health(
    board: &Board,
    margin: &MarginAccount,
    guard: &Guard,
    permit: &Permit,
) -> Result<()> {
    let health = health(board, margin, Level::Initial, guard.now, permit.adverse).or_refuse()?;
    if health.surplus().or_refuse()? >= 0 {
        return Ok(());
    }
    let clash = Clash {
        have: health.value,
        need: health.requirement,
    };
    Err(explained(Rule::BelowInitialMargin, Some(clash)))
}

/// Writes the ticket of what waits.
fn ticket(accounts: &Withdraw, applied: &Applied, guard: &Guard, bump: u8) -> Result<()> {
    let Some(seat) = &applied.seat else {
        return Ok(());
    };
    let missing = || refusal(BulwarkError::MissingAccount);
    let info = accounts.ticket.as_ref().ok_or_else(missing)?;
    let system = accounts.system_program.as_ref().ok_or_else(missing)?;
    let (bank, margin) = (accounts.bank.key(), accounts.margin.key());
    let number = seat.number.to_le_bytes();
    let seeds = [
        seeds::TICKET,
        bank.as_ref(),
        margin.as_ref(),
        &number,
        &[bump],
    ];
    let destination = accounts.destination.key().to_bytes();
    let keys = (bank.to_bytes(), margin.to_bytes(), destination);
    create::<TicketState>(info, &accounts.owner, system, &seeds, |ticket| {
        write_ticket(ticket, keys, seat, guard.now);
        ticket.bump = bump;
        invariant::ticket(ticket)
    })
}

/// Withdraws `amount`, in the mint's smallest unit, or with `u64::MAX` as much as may leave now:
/// all that the account holds, with positions, orders or debt what leaves its initial requirement.
/// `ticket_bump` is the bump of the ticket's address, unused where nothing is queued.
pub fn withdraw(ctx: Context<Withdraw>, amount: u64, ticket_bump: u8) -> Result<Withdrawal> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&mut guard)?;
    let (event, applied) = {
        let mut margin = accounts.margin.write()?;
        ensure(
            same(&margin.owner, accounts.owner.key),
            BulwarkError::NotOwner,
        )?;
        let program = accounts.token_program.key;
        token::check_destination(&accounts.destination, program, accounts.owner.key)?;
        let mut bank = accounts.bank.write()?;
        token::check_vault(&bank, &accounts.vault)?;
        let total_before = total(&bank)?;
        let balance_before = balance(&margin, bank.index)?;
        let (plan, applied, quote_expected_after) =
            accounts.book(&guard, &mut margin, &mut bank, amount)?;
        accounts
            .movement()
            .pay(&bank, &accounts.vault_authority, applied.coins)?;
        invariant::margin(&margin)?;
        invariant::bank(&bank)?;
        let sequence = event::count(&mut bank.event_sequence)?;
        let event = Withdrawn {
            common: Withdrawn::head(guard.now, accounts.owner.key, guard.compartment, sequence),
            bank: accounts.bank.key(),
            margin: accounts.margin.key(),
            destination: accounts.destination.key(),
            account_sequence: event::count(&mut margin.event_sequence)?,
            paid: applied.coins,
            queued: applied.queued,
            residual: plan.residual,
            ticket: applied.seat.map_or(0, |seat| seat.number),
            balance_before,
            balance_after: balance(&margin, bank.index)?,
            total_before,
            total_after: total(&bank)?,
            free: plan.free,
            collected: plan.collected,
            expected_after: bank.expected,
            flags: accounts.flags(&bank, &plan, ticket_bump),
            quote_expected_after,
        };
        (event, applied)
    };
    ticket(accounts, &applied, &guard, ticket_bump)?;
    event::emit(&accounts.event_authority, &event)?;
    Ok(Withdrawal {
        paid: applied.coins,
        queued: applied.queued,
    })
}
