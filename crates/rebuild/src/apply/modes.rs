//! Modes: what guardians restrict, pause, revoke and lift, by the functions that the program does
//! it with.

use anyhow::{Context, Result, ensure};
use bulwark::event::MemberRestricted;
use bulwark_core::Now;
use bulwark_core::guardian::{ALL_COMPARTMENTS, Action, action_of};
use bulwark_core::mode::{self, Act, By, Capability};
use bulwark_state::{Compartment, End, ModeRecord, Proposal};

use crate::ledger::{Ledger, Refused, same};

/// One member restricts a record until the end that is told.
pub(super) fn restrict_alone(
    record: &mut ModeRecord,
    given_at: &mut [i64; 2],
    said: &MemberRestricted,
    slot_ms: u32,
    now: Now,
) -> Result<()> {
    let seconds = said.until.checked_sub(now.unix).context("its length")?;
    let act = Act {
        seconds: u64::try_from(seconds)?,
        reason: u16::try_from(said.reason)?,
        slot_ms,
    };
    let end = mode::restrict_alone(record, given_at, act, now).refused("the restriction")?;
    same("its end", (said.until, said.until_slot), (end.at, end.slot))
}

/// Carries out what a decision changes in the modes.
pub(super) fn carry_out(ledger: &mut Ledger, proposal: &Proposal, now: Now) -> Result<()> {
    let slot_ms = ledger.guardian.slot_ms;
    let act = |seconds: u32, reason| Act {
        seconds: seconds.into(),
        reason,
        slot_ms,
    };
    match action_of(proposal).refused("its action")? {
        Action::Restrict(ALL_COMPARTMENTS, seconds, reason) => {
            let (record, budget) = (
                &mut ledger.protocol.mode,
                &mut ledger.guardian.restrict_budget,
            );
            let end = mode::restrict_together(record, budget, act(seconds, reason), now);
            end.refused("the restriction").map(|_| ())
        }
        Action::Restrict(id, seconds, reason) => {
            let Compartment {
                mode,
                restrict_budget,
                ..
            } = &mut *ledger.compartment(id)?.state;
            let end = mode::restrict_together(mode, restrict_budget, act(seconds, reason), now);
            end.refused("the restriction").map(|_| ())
        }
        Action::Pause(scope, seconds, reason) => pause(ledger, scope, act(seconds, reason), now),
        Action::Revoke(id, capability, seconds) => {
            let capability = Capability::ALL.get(usize::from(capability));
            let capability = *capability.context("no such capability")?;
            let state = &mut ledger.compartment(id)?.state;
            let revoked = mode::revoke(state, capability, seconds.into(), slot_ms, now);
            revoked.refused("the revocation")
        }
        Action::Relax(ALL_COMPARTMENTS, sequence) => {
            mode::relax(&mut ledger.protocol.mode, sequence);
            Ok(())
        }
        Action::Relax(id, sequence) => {
            let state = &mut ledger.compartment(id)?.state;
            mode::relax_compartment(state, sequence, proposal.proposed.at, now);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn pause(ledger: &mut Ledger, scope: u16, act: Act, now: Now) -> Result<()> {
    let mut shortest: Option<End> = None;
    let mut added = false;
    let spoken_of = |id: &u16| scope == ALL_COMPARTMENTS || *id == scope;
    for (_, to) in ledger
        .compartments
        .iter_mut()
        .filter(|(id, _)| spoken_of(id))
    {
        let paused = mode::pause(&mut to.state, By::Guardian, act, now).refused("the pause")?;
        added |= paused.is_some();
        let end = mode::charged_end(&to.state, act.slot_ms, now).refused("its end")?;
        shortest = Some(shortest.map_or(end, |sooner: End| End {
            at: sooner.at.min(end.at),
            slot: sooner.slot.min(end.slot),
        }));
    }
    ensure!(added, "no budget was left for the pause");
    if let (ALL_COMPARTMENTS, Some(end)) = (scope, shortest) {
        let noted = mode::pause_protocol(&mut ledger.protocol, end, act.reason, now);
        noted.refused("the pause")?;
    }
    Ok(())
}
