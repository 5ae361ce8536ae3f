//! Brings tokens into a margin account: a new deposit, a top-up of an account with positions or
//! debt, or a repayment.
//!
//! The owner CAN: repay and top up with quote in every mode but Recovery; top up with a token while
//! its bank is active; deposit anew in Normal, and a little in Restricted. Nobody CAN deposit for
//! another, beyond the bank's caps, or (but for repaying) while the bank's coverage is below one.

use anchor_lang::prelude::*;
use bulwark_core::contagion;
use bulwark_core::withdrawal::{self, Deposit as Booking, deposit_action, held};
use bulwark_state::{Bank, Board, MAX_BANKS};

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Deposited, Kind};
use crate::explain;
use crate::guard::Guard;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, MarginState, ProtocolState, same,
};
use crate::token::{self, Movement};
use crate::{invariant, lists};

/// Accounts of `deposit`. Where the token's origin class or group has limits, every bank of the
/// compartment follows, in order.
#[derive(Accounts)]
pub struct Deposit<'info> {
    /// Owner of the margin account, and authority of the source.
    pub owner: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// Bank of the token.
    #[account(mut)]
    pub bank: AccountLoader<'info, BankState>,
    /// The margin account.
    #[account(mut)]
    pub margin: AccountLoader<'info, MarginState>,
    /// CHECK: compared with the bank's vault.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's mint.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: checked by the token program, which moves it by the owner's signature.
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

impl<'info> Deposit<'info> {
    fn movement(&self) -> Movement<'_, 'info> {
        Movement {
            token_program: &self.token_program,
            mint: &self.mint,
            vault: &self.vault,
            other: &self.source,
        }
    }
}

/// The class and the group of the token stay within the compartment's caps.
#[inline(never)]
fn check_class(board: &Board, bank: &Bank, banks: &[AccountLoader<BankState>]) -> Result<()> {
    let mut claims = [0; MAX_BANKS];
    for ((place, other), index) in claims.iter_mut().zip(banks).zip(0_u8..) {
        *place = if index == bank.index {
            // It is being written.
            bank.claims
        } else {
            other.read()?.claims
        };
    }
    contagion::check_deposit(board, bank, &claims).or_refuse()
}

/// Deposits `amount`, in the mint's smallest unit; what arrives in the vault is booked.
pub fn deposit<'info>(ctx: Context<'info, Deposit<'info>>, amount: u64) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.margin(&accounts.margin)?;
    guard.bank(&accounts.bank)?;
    guard.board(&accounts.board)?;
    ensure(amount > 0, BulwarkError::ZeroAmount)?;
    let board = accounts.board.read()?;
    let index = accounts.bank.read()?.index;
    let shown = if contagion::binds_deposits(&board, index) {
        let compartment = accounts.compartment.read()?;
        lists::every_bank(&compartment, ctx.remaining_accounts)?
    } else {
        Vec::new()
    };
    let event = {
        let mut margin = accounts.margin.write()?;
        let mut bank = accounts.bank.write()?;
        ensure(
            same(&margin.owner, accounts.owner.key),
            BulwarkError::NotOwner,
        )?;
        guard.class(&board, &bank);
        let permit = guard.permit(deposit_action(&margin, bank.index))?;
        let flow = guard.flow();
        let total_before = total(&bank)?;
        let balance_before = balance(&margin, bank.index)?;
        let vault = token::balance(&accounts.vault)?;
        let arrived = accounts
            .movement()
            .receive(&bank, &accounts.owner, amount)?;
        let booking = Booking {
            amount: arrived,
            vault,
            flow: &flow,
            limited: permit.limited_deposit,
        };
        withdrawal::deposit(&mut margin, &mut bank, Some(&board), &booking, guard.now).map_err(
            |rule| {
                let clash = explain::deposit(rule, &margin, &bank, arrived);
                explain::explained(rule, clash)
            },
        )?;
        if !shown.is_empty() {
            check_class(&board, &bank, &shown)?;
        }
        invariant::margin(&margin)?;
        invariant::bank(&bank)?;
        let sequence = event::count(&mut bank.event_sequence)?;
        let owner = accounts.owner.key;
        Deposited {
            common: Deposited::head(guard.now, owner, guard.compartment, sequence),
            bank: accounts.bank.key(),
            margin: accounts.margin.key(),
            account_sequence: event::count(&mut margin.event_sequence)?,
            amount: arrived,
            balance_before,
            balance_after: balance(&margin, bank.index)?,
            total_before,
            total_after: total(&bank)?,
            expected_after: bank.expected,
            limited: permit.limited_deposit.into(),
        }
    };
    event::emit(&accounts.event_authority, &event)
}

/// What an account holds of a bank, for events: quote with its sign.
pub(super) fn balance(margin: &bulwark_state::MarginAccount, bank: u8) -> Result<i64> {
    if bank == 0 {
        return Ok(margin.quote);
    }
    i64::try_from(held(margin, bank)).ok().or_refuse()
}

/// What a bank owes, for events: claims of a token, X⁺ and tickets of quote.
pub(super) fn total(bank: &Bank) -> Result<i64> {
    let owed = if bank.index == 0 {
        bank.tickets
    } else {
        bank.claims
    };
    let owed = i64::try_from(owed).ok().or_refuse()?;
    if bank.index == 0 {
        bank.totals.positive.checked_add(owed).or_refuse()
    } else {
        Ok(owed)
    }
}
