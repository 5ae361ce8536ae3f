//! Pays what has been assigned to an account's residual claim in a bank: late money for what
//! coverage once took from a withdrawal.
//!
//! Anyone CAN, always. It goes into the owner's associated token account, or where the owner says.

use anchor_lang::prelude::*;
use bulwark_core::assignment::payee;
use bulwark_core::permits::Action;
use bulwark_core::withdrawal::{self, collect_residual as collect};

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, ResidualCollected};
use crate::guard::Guard;
use crate::invariant;
use crate::seeds::VAULT_AUTHORITY_AND_BUMP;
use crate::state::{Access, BankState, CompartmentState, MarginState, ProtocolState};
use crate::token::{self, Movement};

/// Accounts of `collect_residual`.
#[derive(Accounts)]
pub struct CollectResidual<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Bank.
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
    /// CHECK: a token account of the owner: which one is checked in `token`.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's token program.
    pub token_program: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl<'info> CollectResidual<'info> {
    fn validate(&self, guard: &mut Guard) -> Result<()> {
        guard.margin(&self.margin)?;
        guard.bank(&self.bank)?;
        guard.permit(Action::CollectResidual)?;
        let owner = Pubkey::new_from_array(payee(&*self.margin.read()?));
        let program = self.token_program.key;
        let named = *self.caller.key == owner
            || token::is_associated(self.destination.key, &owner, self.mint.key, program);
        ensure(named, BulwarkError::WrongTokenAccount)?;
        token::check_destination(&self.destination, program, &owner)
    }

    fn movement(&self) -> Movement<'_, 'info> {
        Movement {
            token_program: &self.token_program,
            mint: &self.mint,
            vault: &self.vault,
            other: &self.destination,
        }
    }
}

/// Collects.
pub fn collect_residual(ctx: Context<CollectResidual>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&mut guard)?;
    let event = {
        let mut bank = accounts.bank.write()?;
        let mut margin = accounts.margin.write()?;
        token::check_vault(&bank, &accounts.vault)?;
        let vault = token::balance(&accounts.vault)?;
        let (residuals_before, assigned_before) = (bank.residuals.total, bank.residuals.assigned);
        let flow = guard.flow();
        let counted = guard.context.phase.rules();
        withdrawal::crank(&mut bank, vault, &flow, guard.now).or_refuse()?;
        let paid = collect(&mut margin, &mut bank, vault, counted).or_refuse()?;
        accounts
            .movement()
            .pay(&bank, &accounts.vault_authority, paid)?;
        invariant::bank(&bank)?;
        invariant::margin(&margin)?;
        let sequence = event::count(&mut bank.event_sequence)?;
        let caller = accounts.caller.key;
        ResidualCollected {
            common: ResidualCollected::head(guard.now, caller, guard.compartment, sequence),
            bank: accounts.bank.key(),
            margin: accounts.margin.key(),
            destination: accounts.destination.key(),
            account_sequence: event::count(&mut margin.event_sequence)?,
            paid,
            residuals_before,
            residuals_after: bank.residuals.total,
            assigned_before,
            assigned_after: bank.residuals.assigned,
            expected_after: bank.expected,
            counted: u64::from(counted),
        }
    };
    event::emit(&accounts.event_authority, &event)
}
