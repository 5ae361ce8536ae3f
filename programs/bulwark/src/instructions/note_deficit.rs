//! Notes that a booked deficit is larger than insurance and fees together: the first of the two
//! sights, an hour apart, after which anybody may announce Recovery. Where it is no more, an
//! earlier sight is forgotten.
//!
//! Anyone CAN, while no Recovery is announced. Nobody CAN use a price for it: only what was booked
//! counts (a22).

use anchor_lang::prelude::*;
use bulwark_core::recovery;

use super::recovery_facts::facts;
use crate::error::OrRefuse;
use crate::event::{self, DeficitNoted, Kind};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, BankState, CompartmentState, InsuranceState, ProtocolState};

/// Accounts of `note_deficit`.
#[derive(Accounts)]
pub struct NoteDeficit<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    #[account(mut)]
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Quote bank.
    pub quote_bank: AccountLoader<'info, BankState>,
    /// Insurance.
    pub insurance: AccountLoader<'info, InsuranceState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Notes it.
pub fn note_deficit(ctx: Context<NoteDeficit>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    let event = {
        let mut compartment = accounts.compartment.write()?;
        let seen_before = compartment.deficit_seen_at;
        let deficit = facts(
            &guard,
            (&accounts.quote_bank, &accounts.insurance),
            |evidence| {
                recovery::note_deficit(&mut compartment, evidence, guard.now).or_refuse()?;
                Ok(evidence.quote.totals.deficit)
            },
        )?;
        invariant::compartment(&compartment)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let caller = accounts.caller.key;
        let common = DeficitNoted::head(guard.now, caller, guard.compartment, sequence);
        let event = DeficitNoted {
            common,
            deficit,
            seen_before,
            seen_after: compartment.deficit_seen_at,
        };
        event::chain(&mut protocol, &common, &event)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
