//! Announces the Recovery of a compartment: fixes the median price of each feed's last thirty
//! closes, and starts the notice. Until the freeze health takes the worse of live and announced
//! price, and everything else goes on.
//!
//! Anyone CAN who shows its cause on chain: value missing for a day by a check of this slot, a
//! deficit beyond insurance and fees noted an hour ago, or a fortnight or twenty days of thirty
//! above Normal. The guardian's quorum CAN without one, once in 30 days; that pauses at once and is
//! final. Nobody CAN choose a price or a slot (a21, a22), and no announcement touches an account of
//! a user.

use anchor_lang::prelude::*;
use bulwark_core::guardian::{self, Action};
use bulwark_core::recovery::{self, Cause};

use super::council::note_quickening;
use super::recovery_facts::facts;
use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, Kind, RecoveryAnnounced};
use crate::guard::Guard;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, GuardianState, InsuranceState, Layout,
    ProposalState, ProtocolState, RecoveryState, same,
};
use crate::{invariant, seeds};

/// Accounts of `announce_recovery`.
#[derive(Accounts)]
#[instruction(cause: u8, epoch: u32)]
pub struct AnnounceRecovery<'info> {
    /// Anyone; pays.
    #[account(mut)]
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    #[account(mut)]
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
    /// The Recovery of that epoch, to be made.
    #[account(
        init,
        payer = caller,
        space = RecoveryState::SPACE,
        seeds = [seeds::RECOVERY, compartment.key().as_ref(), &epoch.to_le_bytes()],
        bump
    )]
    pub recovery: AccountLoader<'info, RecoveryState>,
    /// Quote bank.
    pub quote_bank: AccountLoader<'info, BankState>,
    /// Insurance.
    pub insurance: AccountLoader<'info, InsuranceState>,
    /// Guardian: needed for its own announcement.
    #[account(mut)]
    pub guardian: Option<AccountLoader<'info, GuardianState>>,
    /// Its proposal, which has reached its quorum.
    #[account(mut)]
    pub proposal: Option<AccountLoader<'info, ProposalState>>,
    /// System program.
    pub system_program: Program<'info, System>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Announces. `epoch` is that of the compartment plus one.
pub fn announce_recovery(ctx: Context<AnnounceRecovery>, cause: u8, epoch: u32) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    let cause = Cause::from_u8(cause).or_refuse()?;
    if cause == Cause::Guardian {
        decided(accounts, &guard)?;
    }
    let event = {
        let mut compartment = accounts.compartment.write()?;
        let next = compartment.recovery_epoch.checked_add(1).or_refuse()?;
        ensure(epoch == next, BulwarkError::BadIndex)?;
        let mut recovery = accounts.recovery.write_new()?;
        let mut board = accounts.board.write()?;
        recovery.compartment = accounts.compartment.key().to_bytes();
        recovery.bump = ctx.bumps.recovery;
        let freeze_at = facts(
            &guard,
            (&accounts.quote_bank, &accounts.insurance),
            |evidence| {
                let state = (&mut *board, &mut *compartment, &mut *recovery);
                let (board, compartment, recovery) = state;
                let why = (cause, evidence);
                recovery::announce(board, compartment, recovery, why, guard.now).or_refuse()
            },
        )?;
        invariant::board(&board)?;
        invariant::compartment(&compartment)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let caller = accounts.caller.key;
        let common = RecoveryAnnounced::head(guard.now, caller, guard.compartment, sequence);
        let event = RecoveryAnnounced {
            common,
            recovery: accounts.recovery.key(),
            freeze_at,
            epoch,
            cause: u32::from(recovery.cause),
            prices: recovery.prices,
            proposal: match (cause, &accounts.proposal) {
                (Cause::Guardian, Some(proposal)) => proposal.key(),
                _ => Pubkey::default(),
            },
        };
        event::chain(&mut protocol, &common, &event)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}

/// The guardian's quorum has decided on the Recovery of this very compartment: the proposal is
/// carried out here.
fn decided(accounts: &AnnounceRecovery, guard: &Guard) -> Result<()> {
    let missing = || refusal(BulwarkError::MissingAccount);
    let guardian = accounts.guardian.as_ref().ok_or_else(missing)?;
    let proposal = accounts.proposal.as_ref().ok_or_else(missing)?;
    let mut protocol = accounts.protocol.write()?;
    let ours = same(&protocol.guardian, &guardian.key())
        && same(&proposal.read()?.guardian, &guardian.key());
    ensure(ours, BulwarkError::WrongProtocol)?;
    let mut stored = proposal.write()?;
    let action = guardian::action_of(&stored).or_refuse()?;
    let meant = action == Action::AnnounceRecovery(guard.compartment);
    ensure(meant, BulwarkError::BadAction)?;
    let mut council = guardian.write()?;
    guardian::execute(&mut council, &mut stored, guard.now).or_refuse()?;
    note_quickening(&mut protocol, &council, guard.now);
    invariant::guardian(&council)
}
