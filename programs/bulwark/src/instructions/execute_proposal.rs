//! Carries a proposal out.
//!
//! Anyone CAN once its delay is over in both clocks and its quorum stands, once; nobody CAN before.
//! The compartments that it speaks of follow: that one, or all in their order.

use anchor_lang::prelude::*;
use bulwark_core::Now;
use bulwark_core::guardian::{self, ALL_COMPARTMENTS, Action, Kind as ActionKind};
use bulwark_core::mode::{self, Act, By, Capability};
use bulwark_state::{Compartment, End, Guardian, Proposal, Protocol};

use super::council::{decide, kind_of, note_quickening};
use crate::decided::{Go, Scene, executed};
use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, Kind, NO_COMPARTMENT, ProposalExecuted};
use crate::state::{Access, CompartmentState, GuardianState, ProposalState, ProtocolState, same};
use crate::{guard, invariant};

/// Accounts of `execute_proposal`; then follow the accounts that the action speaks of: compartments
/// for modes, else as [`crate::decided`] wants them.
#[derive(Accounts)]
pub struct ExecuteProposal<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Guardian.
    #[account(mut)]
    pub guardian: AccountLoader<'info, GuardianState>,
    /// Proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, ProposalState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// The compartments that an action speaks of: the one with that number, or all, in their order.
pub(super) fn compartments<'info>(
    protocol: (&Pubkey, &Protocol),
    scope: u16,
    accounts: &'info [AccountInfo<'info>],
) -> Result<Vec<AccountLoader<'info, CompartmentState>>> {
    let (first, count) = match scope {
        ALL_COMPARTMENTS => (0, protocol.1.compartment_count),
        one => (one, 1),
    };
    ensure(
        accounts.len() == usize::from(count),
        BulwarkError::IncompleteSet,
    )?;
    let mut loaders = Vec::with_capacity(accounts.len());
    for (id, account) in (first..).zip(accounts) {
        let loader: AccountLoader<CompartmentState> = AccountLoader::try_from(account)?;
        let stored = loader.read()?;
        ensure(stored.id == id, BulwarkError::IncompleteSet)?;
        let ours = same(&stored.protocol, protocol.0);
        ensure(ours, BulwarkError::WrongProtocol)?;
        drop(stored);
        loaders.push(loader);
    }
    Ok(loaders)
}

/// What an action is about.
const fn scope(action: &Action) -> Option<u16> {
    match action {
        Action::Restrict(scope, ..) | Action::Pause(scope, ..) | Action::Relax(scope, _) => {
            Some(*scope)
        }
        Action::Revoke(compartment, ..)
        | Action::SetParameters(compartment, ..)
        | Action::SetOracle(compartment, ..)
        | Action::WindDown(compartment, _)
        | Action::Tighten(compartment, ..) => Some(*compartment),
        _ => None,
    }
}

/// The compartments of an action on modes; none for one on the guardian itself.
fn spoken_of<'info>(
    protocol: (&Pubkey, &Protocol),
    action: &Action,
    accounts: &'info [AccountInfo<'info>],
) -> Result<Vec<AccountLoader<'info, CompartmentState>>> {
    match scope(action) {
        Some(scope) => compartments(protocol, scope, accounts),
        None => {
            ensure(accounts.is_empty(), BulwarkError::IncompleteSet)?;
            Ok(Vec::new())
        }
    }
}

/// Executes the proposal.
pub fn execute_proposal<'info>(ctx: Context<'info, ExecuteProposal<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let now = guard::now()?;
    let event = {
        let mut protocol = accounts.protocol.write()?;
        let mut guardian = accounts.guardian.write()?;
        let mut proposal = accounts.proposal.write()?;
        let ours = same(&protocol.guardian, &accounts.guardian.key())
            && same(&proposal.guardian, &accounts.guardian.key());
        ensure(ours, BulwarkError::WrongProtocol)?;
        // These have their own instructions, which carry the proposal out.
        let elsewhere = [ActionKind::AnnounceRecovery, ActionKind::PayTreasury];
        let here = !elsewhere.contains(&kind_of(proposal.kind)?);
        ensure(here, BulwarkError::BadAction)?;
        guardian::execute(&mut guardian, &mut proposal, now).or_refuse()?;
        let action = guardian::action_of(&proposal).or_refuse()?;
        let scope = scope(&action);
        let key = accounts.protocol.key();
        let scene = Scene {
            protocol: &key,
            guardian: &accounts.guardian.key(),
            accounts: ctx.remaining_accounts,
            slot_ms: guardian.slot_ms,
            now,
            go: Go::Do,
        };
        let loaders = if decide(&scene, &action)? {
            Vec::new()
        } else {
            spoken_of((&key, &protocol), &action, ctx.remaining_accounts)?
        };
        let mut council = Council {
            protocol: &mut protocol,
            guardian: &mut guardian,
            proposal: &proposal,
            now,
        };
        council.carry_out(&action, &loaders)?;
        for loader in &loaders {
            invariant::compartment(&*loader.read()?)?;
        }
        note_quickening(&mut protocol, &guardian, now);
        let sequence = event::next_chained(&protocol)?;
        let number = scope.unwrap_or(NO_COMPARTMENT);
        let common = ProposalExecuted::head(now, accounts.caller.key, number, sequence);
        let event = executed(common, accounts.proposal.key(), &proposal);
        event::chain(&mut protocol, &common, &event)?;
        invariant::guardian(&guardian)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}

/// What an action acts on.
struct Council<'a> {
    protocol: &'a mut Protocol,
    guardian: &'a mut Guardian,
    proposal: &'a Proposal,
    now: Now,
}

impl Council<'_> {
    fn act(&self, seconds: u32, reason: u16) -> Act {
        Act {
            seconds: u64::from(seconds),
            reason,
            slot_ms: self.guardian.slot_ms,
        }
    }

    fn carry_out(
        &mut self,
        action: &Action,
        loaders: &[AccountLoader<CompartmentState>],
    ) -> Result<()> {
        match *action {
            Action::Restrict(scope, seconds, reason) => {
                let act = self.act(seconds, reason);
                self.restrict(scope, act, loaders)
            }
            Action::Pause(scope, seconds, reason) => {
                let act = self.act(seconds, reason);
                self.pause(scope, act, loaders)
            }
            Action::Revoke(_, capability, seconds) => {
                let capability = Capability::ALL.get(usize::from(capability)).or_refuse()?;
                let slot_ms = self.guardian.slot_ms;
                on_one(loaders, |compartment| {
                    let seconds = u64::from(seconds);
                    mode::revoke(compartment, *capability, seconds, slot_ms, self.now).or_refuse()
                })
            }
            Action::Relax(ALL_COMPARTMENTS, sequence) => {
                mode::relax(&mut self.protocol.mode, sequence);
                Ok(())
            }
            Action::Relax(_, sequence) => on_one(loaders, |compartment| {
                let proposed_at = self.proposal.proposed.at;
                mode::relax_compartment(compartment, sequence, proposed_at, self.now);
                Ok(())
            }),
            // Members and delays changed with the execution itself.
            _ => Ok(()),
        }
    }

    fn restrict(
        &mut self,
        scope: u16,
        act: Act,
        loaders: &[AccountLoader<CompartmentState>],
    ) -> Result<()> {
        if scope == ALL_COMPARTMENTS {
            let budget = &mut self.guardian.restrict_budget;
            let record = &mut self.protocol.mode;
            mode::restrict_together(record, budget, act, self.now).or_refuse()?;
            return Ok(());
        }
        on_one(loaders, |compartment| {
            let Compartment {
                mode,
                restrict_budget,
                ..
            } = compartment;
            mode::restrict_together(mode, restrict_budget, act, self.now).or_refuse()?;
            Ok(())
        })
    }

    /// Each compartment is charged on its own; the protocol's record asks none for more than that.
    fn pause(
        &mut self,
        scope: u16,
        act: Act,
        loaders: &[AccountLoader<CompartmentState>],
    ) -> Result<()> {
        let mut shortest: Option<End> = None;
        let mut added = false;
        for loader in loaders {
            let mut compartment = loader.write()?;
            let paused = mode::pause(&mut compartment, By::Guardian, act, self.now).or_refuse()?;
            added |= paused.is_some();
            let end = mode::charged_end(&compartment, act.slot_ms, self.now).or_refuse()?;
            let sooner = |s: End| End {
                at: s.at.min(end.at),
                slot: s.slot.min(end.slot),
            };
            shortest = Some(shortest.map_or(end, sooner));
        }
        ensure(added, BulwarkError::BudgetExhausted)?;
        if let (ALL_COMPARTMENTS, Some(end)) = (scope, shortest) {
            mode::pause_protocol(self.protocol, end, act.reason, self.now).or_refuse()?;
        }
        Ok(())
    }
}

/// Acts on the one compartment that an action speaks of.
fn on_one(
    loaders: &[AccountLoader<CompartmentState>],
    act: impl FnOnce(&mut Compartment) -> Result<()>,
) -> Result<()> {
    let [loader] = loaders else {
        return Err(refusal(BulwarkError::IncompleteSet));
    };
    act(&mut *loader.write()?)
}
