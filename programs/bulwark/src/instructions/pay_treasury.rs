//! Pays fees to the treasury as the guardian decided.
//!
//! Anyone CAN once the delay is over in both clocks and the quorum stands, once: that sum, to a
//! token account of the one treasury that the Protocol was made with. Nobody CAN pay elsewhere,
//! below the floor of F, while anything is missing, or above Normal; no claim of a user is touched.

use anchor_lang::prelude::*;
use bulwark_core::guardian::{self, Action};
use bulwark_core::permits::Action as Permitted;
use bulwark_core::treasury;

use super::council::note_quickening;
use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, Kind, TreasuryPaid};
use crate::guard::Guard;
use crate::seeds::VAULT_AUTHORITY_AND_BUMP;
use crate::state::{
    Access, BankState, CompartmentState, GuardianState, InsuranceState, ProposalState,
    ProtocolState, same,
};
use crate::token::{self, Movement};
use crate::{invariant, quote};

/// Accounts of `pay_treasury`; then every market of the compartment follows, in order, writable.
#[derive(Accounts)]
pub struct PayTreasury<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Guardian.
    #[account(mut)]
    pub guardian: AccountLoader<'info, GuardianState>,
    /// Proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, ProposalState>,
    /// Quote bank.
    #[account(mut)]
    pub bank: AccountLoader<'info, BankState>,
    /// Insurance of the compartment.
    pub insurance: AccountLoader<'info, InsuranceState>,
    /// CHECK: compared with the bank's vault.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the payment.
    #[account(address = VAULT_AUTHORITY_AND_BUMP.0)]
    pub vault_authority: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's mint.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: a token account that the treasury owns.
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

impl<'info> PayTreasury<'info> {
    fn validate(&self) -> Result<Guard> {
        let mut guard = Guard::new(&self.protocol, &self.compartment)?;
        guard.bank(&self.bank)?;
        guard.insurance(&self.insurance)?;
        guard.permit(Permitted::PayTreasury)?;
        token::check_vault(&*self.bank.read()?, &self.vault)?;
        let treasury = Pubkey::new_from_array(self.protocol.read()?.treasury);
        token::check_destination(&self.destination, self.token_program.key, &treasury)?;
        Ok(guard)
    }

    fn movement(&self) -> Movement<'_, 'info> {
        Movement {
            token_program: &self.token_program,
            mint: &self.mint,
            vault: &self.vault,
            other: &self.destination,
        }
    }

    /// The sum that was decided for this very compartment: the proposal is carried out here.
    fn decided(&self, guard: &Guard) -> Result<u64> {
        let mut protocol = self.protocol.write()?;
        let mut guardian = self.guardian.write()?;
        let mut proposal = self.proposal.write()?;
        let ours = same(&protocol.guardian, &self.guardian.key())
            && same(&proposal.guardian, &self.guardian.key());
        ensure(ours, BulwarkError::WrongProtocol)?;
        let amount = match guardian::action_of(&proposal).or_refuse()? {
            Action::PayTreasury(id, amount) if id == guard.compartment => amount,
            _ => return Err(refusal(BulwarkError::BadAction)),
        };
        guardian::execute(&mut guardian, &mut proposal, guard.now).or_refuse()?;
        note_quickening(&mut protocol, &guardian, guard.now);
        invariant::guardian(&guardian)?;
        Ok(amount)
    }
}

/// Pays.
pub fn pay_treasury<'info>(ctx: Context<'info, PayTreasury<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = accounts.validate()?;
    let amount = accounts.decided(&guard)?;
    let event = {
        let mut bank = accounts.bank.write()?;
        let vault = token::balance(&accounts.vault)?;
        let loaders = quote::every_market(&accounts.compartment, ctx.remaining_accounts)?;
        let markets = quote::fold_all(&guard, &mut bank, vault, &loaders)?;
        let insurance = accounts.insurance.read()?.balance;
        let balance = quote::balance(&bank, vault, insurance, &markets)?;
        let fees_before = bank.totals.fees;
        treasury::pay(&mut bank, &balance, vault, amount).or_refuse()?;
        accounts
            .movement()
            .pay(&bank, &accounts.vault_authority, amount)?;
        invariant::bank(&bank)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let caller = accounts.caller.key;
        let common = TreasuryPaid::head(guard.now, caller, guard.compartment, sequence);
        let event = TreasuryPaid {
            common,
            proposal: accounts.proposal.key(),
            bank: accounts.bank.key(),
            destination: accounts.destination.key(),
            amount,
            fees_before,
            fees_after: bank.totals.fees,
            expected_after: bank.expected,
        };
        event::chain(&mut protocol, &common, &event)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
