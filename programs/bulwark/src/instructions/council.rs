//! What the guardian's instructions share. What a member may say is decided in
//! `bulwark_core::guardian`, when he may say it in [`crate::fresh`]; what was decided is carried
//! out by `execute_proposal`. A guardian's signature moves no token and touches no account of a
//! user.

use anchor_lang::prelude::*;
use bulwark_core::Now;
use bulwark_core::guardian::{self, Action, Kind as ActionKind, Step, quickening, standing};
use bulwark_core::mode::effective_record;
use bulwark_state::{Guardian, OracleSource, Protocol};

use crate::decided::{self, Go, Scene, Sourcing};
use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, Kind, NO_COMPARTMENT, ProposalAnswered};
use crate::state::{Access, GuardianState, ProposalState, ProtocolState, same};
use crate::{guard, invariant, upgrade};

/// A kind by its number. Each is carried out by some instruction: `execute_proposal`, or its own.
pub(super) fn kind_of(number: u16) -> Result<ActionKind> {
    ActionKind::from_u16(number).map_err(|_| refusal(BulwarkError::BadAction))
}

/// Tries or carries out what an action changes through [`crate::decided`]; `false` for an action
/// that changes nothing there.
pub(super) fn decide(scene: &Scene, action: &Action) -> Result<bool> {
    match action {
        Action::SetParameters(id, subject, count, list) => {
            let settings = list.get(..usize::from(*count)).or_refuse()?;
            decided::set_parameters(scene, *id, *subject, settings)?;
        }
        Action::Tighten(id, subject, setting) => {
            decided::tighten(scene, *id, *subject, *setting)?;
        }
        Action::WindDown(id, subject) => decided::wind_down(scene, *id, *subject)?,
        Action::SetOracle(compartment, feed, seat, kind, id) => {
            let (id, kind) = (*id, *kind);
            let source = OracleSource {
                id,
                kind,
                reserved: [0; 7],
            };
            let of = Sourcing {
                compartment: *compartment,
                feed: *feed,
                seat: *seat,
                source,
            };
            decided::set_oracle(scene, &of)?;
        }
        // Carried out by the instruction that lists, and by `execute_upgrade`.
        Action::List(..) | Action::Upgrade(..) | Action::IncidentUpgrade(..) => {
            ensure(scene.go == Go::Try, BulwarkError::BadAction)?;
            return check_proposed(scene, action);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// A buffer is the guardian's before it is proposed: from then on nobody changes it.
fn check_proposed(scene: &Scene, action: &Action) -> Result<bool> {
    let Some((key, _)) = upgrade::buffer_of(action) else {
        return Ok(false);
    };
    match scene.accounts {
        [buffer] => {
            ensure(key == *buffer.key, BulwarkError::WrongBuffer)?;
            upgrade::check_buffer(buffer, scene.guardian)?;
            Ok(true)
        }
        _ => Err(refusal(BulwarkError::MissingAccount)),
    }
}

/// Tells every withdrawal how fast exits are now.
pub(crate) fn note_quickening(protocol: &mut Protocol, guardian: &Guardian, now: Now) {
    let quick = quickening(guardian, now);
    protocol.quick_until = quick.until;
    protocol.quick_ppm = quick.ppm;
}

/// Accounts of `approve_proposal` and `object_to_proposal`.
#[derive(Accounts)]
pub struct Voice<'info> {
    /// The member, or to object the veto seat.
    pub member: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Guardian.
    #[account(mut)]
    pub guardian: AccountLoader<'info, GuardianState>,
    /// Proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, ProposalState>,
    /// CHECK: the address is compared: the transaction's instructions.
    pub instructions: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// What an answer led to, as its event says it.
const fn outcome(step: Step) -> u64 {
    match step {
        Step::Counted(_) => 0,
        Step::Queued(_) => 1,
        Step::Lengthened(_) => 2,
        Step::Cancelled => 3,
        Step::Void => 4,
        Step::Executed => 5,
    }
}

/// Notes an approval (`yes`) or an objection.
pub(super) fn answer(accounts: &Voice, yes: bool) -> Result<()> {
    let now = guard::now()?;
    let event = {
        let mut protocol = accounts.protocol.write()?;
        let mut guardian = accounts.guardian.write()?;
        let mut proposal = accounts.proposal.write()?;
        let ours = same(&protocol.guardian, &accounts.guardian.key())
            && same(&proposal.guardian, &accounts.guardian.key());
        ensure(ours, BulwarkError::WrongProtocol)?;
        let key = accounts.member.key.as_array();
        let step = if yes {
            let mode = effective_record(&protocol.mode, now);
            guardian::approve_proposal(&mut guardian, &mut proposal, key, mode, now)
        } else {
            guardian::object_to_proposal(&mut guardian, &mut proposal, key, now)
        };
        let step = step.or_refuse()?;
        note_quickening(&mut protocol, &guardian, now);
        let action = guardian::action_of(&proposal).or_refuse()?;
        let sequence = event::next_chained(&protocol)?;
        let common = ProposalAnswered::head(now, accounts.member.key, NO_COMPARTMENT, sequence);
        let event = ProposalAnswered {
            common,
            proposal: accounts.proposal.key(),
            nonce: proposal.nonce,
            yes: u64::from(yes),
            approvals: u64::from(standing(&guardian, &action, &proposal.approvals)),
            objections: u64::from(standing(&guardian, &action, &proposal.objections)),
            outcome: outcome(step),
            eta_unix: proposal.eta.at,
            eta_slot: proposal.eta.slot,
        };
        event::chain(&mut protocol, &common, &event)?;
        invariant::guardian(&guardian)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
