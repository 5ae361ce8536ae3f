//! Brings money into a Recovery: what the signer gives, and what lies in the vault unbooked (a
//! thief's return, say). Residual claims get their part, the rest pays everybody again.
//!
//! Anyone CAN, from the moment that the bank is counted. Nobody CAN get anything for it, or direct
//! it.

use anchor_lang::prelude::*;
use bulwark_core::mode::Phase;
use bulwark_core::permits::Action;
use bulwark_core::recovery;

use crate::error::OrRefuse;
use crate::event::{self, Kind, RecoveryMoneyAdded};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, BankState, BoardState, CompartmentState, ProtocolState, RecoveryState};
use crate::token::{self, Movement};

/// Accounts of `add_recovery_money`.
#[derive(Accounts)]
pub struct AddRecoveryMoney<'info> {
    /// Who gives: authority of the source.
    pub giver: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// The Recovery.
    #[account(mut)]
    pub recovery: AccountLoader<'info, RecoveryState>,
    /// Bank.
    #[account(mut)]
    pub bank: AccountLoader<'info, BankState>,
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

/// Gives `amount`, in the mint's smallest unit, 0 to book only what lies in the vault.
pub fn add_recovery_money(ctx: Context<AddRecoveryMoney>, amount: u64) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.bank(&accounts.bank)?;
    guard.recovery(&accounts.compartment, &accounts.recovery)?;
    guard.permit(Action::Claim)?;
    let event = {
        let mut bank = accounts.bank.write()?;
        let mut recovery = accounts.recovery.write()?;
        token::check_vault(&bank, &accounts.vault)?;
        let found = token::balance(&accounts.vault)?.saturating_sub(bank.expected);
        let given = if amount == 0 {
            0
        } else {
            let movement = Movement {
                token_program: &accounts.token_program,
                mint: &accounts.mint,
                vault: &accounts.vault,
                other: &accounts.source,
            };
            movement.receive(&bank, &accounts.giver, amount)?
        };
        let money = found.checked_add(given).or_refuse()?;
        let late = recovery::late_money(&mut recovery, &mut bank, money).or_refuse()?;
        if recovery.phase == Phase::Settled as u8 {
            recovery::assign(&*accounts.board.read()?, &mut recovery).or_refuse()?;
        }
        invariant::bank(&bank)?;
        let sequence = event::count(&mut bank.event_sequence)?;
        let giver = accounts.giver.key;
        RecoveryMoneyAdded {
            common: RecoveryMoneyAdded::head(guard.now, giver, guard.compartment, sequence),
            bank: accounts.bank.key(),
            given,
            found,
            residuals: late.residuals,
            claims: late.claims,
            surplus: late.surplus,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
