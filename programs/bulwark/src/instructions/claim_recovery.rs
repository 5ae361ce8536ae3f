//! Pays an account what a Recovery owes it in one token: what it kept of it, at the bank's
//! coverage, from the moment it is marked; its share of the quote pot in that token, once that is
//! open.
//!
//! Anyone CAN, as often as something is due. It goes into the associated token account of the
//! owner, or of whom he has assigned it to, or where that one says, into an account of his. Nobody
//! CAN be paid twice, or earlier than another at another's cost: each payment is ⌊E·A/K⌋ less what
//! was paid.

use anchor_lang::prelude::*;
use bulwark_core::Error;
use bulwark_core::assignment::payee;
use bulwark_core::permits::Action;
use bulwark_core::recovery;
use bulwark_state::{MarginAccount, Recovery};

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, RecoveryPaid};
use crate::guard::Guard;
use crate::invariant;
use crate::seeds::VAULT_AUTHORITY_AND_BUMP;
use crate::state::{
    Access, BankState, CompartmentState, MarginState, ProtocolState, RecoveryState,
};
use crate::token::{self, Movement};

/// Accounts of `claim_recovery`.
#[derive(Accounts)]
pub struct ClaimRecovery<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// The Recovery.
    #[account(mut)]
    pub recovery: AccountLoader<'info, RecoveryState>,
    /// Bank that pays.
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

impl<'info> ClaimRecovery<'info> {
    fn validate(&self, guard: &mut Guard) -> Result<()> {
        guard.margin(&self.margin)?;
        guard.bank(&self.bank)?;
        guard.recovery(&self.compartment, &self.recovery)?;
        guard.permit(Action::Claim)?;
        let owner = Pubkey::new_from_array(payee(&*self.margin.read()?));
        let program = self.token_program.key;
        let named = *self.caller.key == owner
            || token::is_associated(self.destination.key, &owner, self.mint.key, program);
        ensure(named, BulwarkError::WrongTokenAccount)?;
        token::check_destination(&self.destination, program, &owner)
    }
}

/// Books what is due of one bank's token: kept, and of the pot.
fn book(recovery: &mut Recovery, account: &mut MarginAccount, bank: u8) -> Result<(u64, u64)> {
    let or_nothing = |due: bulwark_core::Result<u64>| match due {
        Err(Error::NothingDue | Error::RecoveryPhase) => Ok(0),
        due => due.or_refuse(),
    };
    let mut kept = 0u64;
    for slot in 0..account.collaterals.len() {
        let held = account.collaterals.get(slot).or_refuse()?;
        if held.active != 0 && held.bank == bank {
            kept = or_nothing(recovery::pay_token(recovery, account, slot))?;
        }
    }
    let pot = or_nothing(recovery::pay_pot(recovery, account, bank.into()))?;
    Ok((kept, pot))
}

/// Pays.
pub fn claim_recovery(ctx: Context<ClaimRecovery>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&mut guard)?;
    let event = {
        let mut recovery = accounts.recovery.write()?;
        let mut bank = accounts.bank.write()?;
        let mut margin = accounts.margin.write()?;
        let marked = margin.shadow.epoch == recovery.epoch;
        ensure(marked, BulwarkError::NotMarked)?;
        let (kept, pot) = book(&mut recovery, &mut margin, bank.index)?;
        let paid = kept.checked_add(pot).or_refuse()?;
        ensure(paid != 0, BulwarkError::NothingDue)?;
        let movement = Movement {
            token_program: &accounts.token_program,
            mint: &accounts.mint,
            vault: &accounts.vault,
            other: &accounts.destination,
        };
        movement.pay(&bank, &accounts.vault_authority, paid)?;
        bank.expected = bank.expected.checked_sub(paid).or_refuse()?;
        invariant::margin(&margin)?;
        let sequence = event::count(&mut bank.event_sequence)?;
        let caller = accounts.caller.key;
        RecoveryPaid {
            common: RecoveryPaid::head(guard.now, caller, guard.compartment, sequence),
            bank: accounts.bank.key(),
            margin: accounts.margin.key(),
            destination: accounts.destination.key(),
            account_sequence: event::count(&mut margin.event_sequence)?,
            kept,
            pot,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
