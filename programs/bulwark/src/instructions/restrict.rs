//! One member restricts: a compartment or all, for at most six hours, twice in seven days.
//!
//! Any live member CAN, alone and at once, fresh and in person; nobody else CAN. It closes new risk
//! and halves the outflow, nothing more, and ends by itself.

use anchor_lang::prelude::*;
use bulwark_core::guardian::{ALL_COMPARTMENTS, live_index};
use bulwark_core::mode::{self, Act};

use super::execute_proposal::compartments;
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, MemberRestricted};
use crate::fresh::{self, Quote};
use crate::state::{Access, GuardianState, ProtocolState, same};
use crate::{guard, invariant};

/// Arguments of `restrict`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct RestrictArgs {
    /// Compartment, or 65,535 for all.
    pub scope: u16,
    /// Seconds; more than six hours count as six hours.
    pub seconds: u32,
    /// Reason code of the member's choice.
    pub reason: u16,
    /// A block of the last 512.
    pub quote: Quote,
}

/// Accounts of `restrict`; the compartment follows, unless it is for all.
#[derive(Accounts)]
pub struct Restrict<'info> {
    /// The member.
    pub member: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Guardian.
    #[account(mut)]
    pub guardian: AccountLoader<'info, GuardianState>,
    /// CHECK: the address is compared: the transaction's instructions.
    pub instructions: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Restricts.
pub fn restrict<'info>(ctx: Context<'info, Restrict<'info>>, args: RestrictArgs) -> Result<()> {
    let accounts = &*ctx.accounts;
    fresh::check(&args.quote, &accounts.instructions)?;
    let now = guard::now()?;
    let event = {
        let mut protocol = accounts.protocol.write()?;
        let ours = same(&protocol.guardian, &accounts.guardian.key());
        ensure(ours, BulwarkError::WrongProtocol)?;
        let mut guardian = accounts.guardian.write()?;
        let member = accounts.member.key;
        let index = live_index(&guardian, member.as_array(), now).or_refuse()?;
        let act = Act {
            seconds: u64::from(args.seconds),
            reason: args.reason,
            slot_ms: guardian.slot_ms,
        };
        let given_at = &mut guardian
            .members
            .get_mut(index)
            .or_refuse()?
            .lone_restricts_at;
        let end = if args.scope == ALL_COMPARTMENTS {
            let none = ctx.remaining_accounts.is_empty();
            ensure(none, BulwarkError::IncompleteSet)?;
            mode::restrict_alone(&mut protocol.mode, given_at, act, now).or_refuse()?
        } else {
            let key = accounts.protocol.key();
            let list = ctx.remaining_accounts;
            let loaders = compartments((&key, &protocol), args.scope, list)?;
            let mut compartment = loaders.first().or_refuse()?.write()?;
            let end = mode::restrict_alone(&mut compartment.mode, given_at, act, now);
            let end = end.or_refuse()?;
            invariant::compartment(&compartment)?;
            end
        };
        bulwark_core::guardian::heartbeat(&mut guardian, member.as_array(), now).or_refuse()?;
        let sequence = event::next_chained(&protocol)?;
        let common = MemberRestricted::head(now, member, args.scope, sequence);
        let event = MemberRestricted {
            common,
            until: end.at,
            until_slot: end.slot,
            reason: u64::from(args.reason),
        };
        event::chain(&mut protocol, &common, &event)?;
        invariant::guardian(&guardian)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
