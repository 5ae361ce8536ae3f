//! Opens the quote pot of a Recovery once every live account is marked, or at the deadline, and
//! assigns what it holds to seniors, juniors and stakers in that order. Later calls assign what has
//! come since.
//!
//! Anyone CAN. Nobody CAN pay a class before the one above it.

use anchor_lang::prelude::*;
use bulwark_core::mode::Phase;
use bulwark_core::permits::Action;
use bulwark_core::recovery;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, QuotePotAssigned};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, BoardState, CompartmentState, ProtocolState, RecoveryState};

use super::mark_accounts::root;

/// Accounts of `open_quote_pot` and `close_audit`.
#[derive(Accounts)]
pub struct OpenQuotePot<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    #[account(mut)]
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// The Recovery.
    #[account(mut)]
    pub recovery: AccountLoader<'info, RecoveryState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Opens, or assigns.
pub fn open_quote_pot(ctx: Context<OpenQuotePot>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.recovery(&accounts.compartment, &accounts.recovery)?;
    guard.permit(Action::Claim)?;
    let event = {
        let mut compartment = accounts.compartment.write()?;
        let mut recovery = accounts.recovery.write()?;
        let opens = recovery.phase != Phase::Settled as u8;
        if opens {
            recovery::open_pot(&mut recovery, &mut compartment, guard.now).or_refuse()?;
        }
        let changed = recovery::assign(&*accounts.board.read()?, &mut recovery).or_refuse()?;
        ensure(opens || changed, BulwarkError::NothingDue)?;
        recovery.root = root(&recovery)?;
        invariant::compartment(&compartment)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let caller = accounts.caller.key;
        let common = QuotePotAssigned::head(guard.now, caller, guard.compartment, sequence);
        let [senior, junior, stakers] = recovery.classes;
        let event = QuotePotAssigned {
            common,
            recovery: accounts.recovery.key(),
            root: Pubkey::new_from_array(recovery.root.hash),
            claims: [senior, junior, stakers].map(|class| class.claims.lo),
            quote: [senior, junior, stakers].map(|class| class.assigned[0]),
            reserve: recovery.reserve,
            leaves: recovery.leaves,
        };
        event::chain(&mut protocol, &common, &event)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
