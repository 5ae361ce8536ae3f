//! The guardian: what was proposed is carried out by the functions that the program carries it out
//! with.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark::event::{
    GuardianCreatedHead, GuardianMember, HeartbeatNoted, MemberRestricted, ProposalAnswered,
    ProposalExecuted, ProposalOpenedHead,
};
use bulwark::seeds;
use bulwark_core::guardian::{
    self, Action, Kind, Setting, State, Step, Subject, action_of, decode, quickening, standing,
};
use bulwark_core::mode::effective_record;
use bulwark_core::settlement::{self, Cause};
use bulwark_core::time::{open_seconds, open_seconds_of_market};
use bulwark_core::{Now, feed, params};
use bulwark_state::{OracleSource, Proposal, VERSION};
use bytemuck::allocation::zeroed_box;

use super::modes;
use crate::commitment::sha256;
use crate::event::Event;
use crate::ledger::{Compartment, Ledger, Refused, same};

/// Takes an event of the guardian. Says whether it was one.
pub(super) fn take(ledger: &mut Ledger, event: &Event, now: Now) -> Result<bool> {
    match event {
        Event::GuardianCreated(made, members) => create(ledger, made, members, now)?,
        Event::ProposalOpened(head, action) => open(ledger, head, action, now)?,
        Event::ProposalAnswered(said) => answer(ledger, said, now)?,
        Event::ProposalExecuted(done) => {
            let proposal = carried_out(ledger, &done.proposal, now)?;
            execute(ledger, done, &proposal, now)?;
            modes::carry_out(ledger, &proposal, now)?;
        }
        Event::ProposalExpired(said) => {
            let mut proposal = lift(ledger, &said.proposal)?;
            same("number", said.nonce, proposal.nonce)?;
            let expired = guardian::expire(&mut ledger.guardian, &mut proposal, now);
            expired.refused("its end")?;
            lay(ledger, said.proposal, proposal, now);
        }
        Event::ProposalClosed(said) => {
            let proposal = lift(ledger, &said.proposal)?;
            same("number", said.nonce, proposal.nonce)?;
            let state = State::from_u8(proposal.state).refused("its state")?;
            ensure!(state.is_final(), "it is open");
        }
        Event::HeartbeatNoted(said) => heartbeat(ledger, said, now)?,
        Event::MemberRestricted(said) => restrict(ledger, said, now)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Carries the proposal out that an event of another kind names: money and Recovery have their own
/// instructions.
pub(super) fn pay(ledger: &mut Ledger, event: &Event, now: Now) -> Result<()> {
    let (key, is) = match event {
        Event::TreasuryPaid(paid) => {
            let id = paid.common.compartment;
            (paid.proposal, Action::PayTreasury(id, paid.amount))
        }
        Event::RecoveryAnnounced(said) if said.proposal != Pubkey::default() => {
            let id = said.common.compartment;
            (said.proposal, Action::AnnounceRecovery(id))
        }
        _ => return Ok(()),
    };
    let proposal = carried_out(ledger, &key, now)?;
    same("what was decided", read(&proposal)?, is)
}

fn create(
    ledger: &mut Ledger,
    made: &GuardianCreatedHead,
    members: &[GuardianMember],
    now: Now,
) -> Result<()> {
    let (key, bump) = Pubkey::find_program_address(&[seeds::GUARDIAN], &bulwark::ID);
    same("its address", made.guardian, key)?;
    ensure!(ledger.guardian.version == 0, "it was created before");
    let keys: Vec<_> = members.iter().map(|member| member.key.to_bytes()).collect();
    let guardian = &mut *ledger.guardian;
    let created = guardian::create(guardian, &keys, made.veto.to_bytes(), now);
    created.refused("its members")?;
    guardian.protocol = super::listing::protocol().0.to_bytes();
    (guardian.bump, guardian.version) = (bump, VERSION);
    ledger.protocol.guardian = key.to_bytes();
    Ok(())
}

/// Lends a proposal out of the map.
fn lift(ledger: &mut Ledger, key: &Pubkey) -> Result<Box<Proposal>> {
    let found = ledger.proposals.remove(key);
    found.with_context(|| format!("proposal {key} was never opened"))
}

/// Lays it back, and tells withdrawals how fast exits are.
fn lay(ledger: &mut Ledger, key: Pubkey, proposal: Box<Proposal>, now: Now) {
    ledger.proposals.insert(key, proposal);
    let quick = quickening(&ledger.guardian, now);
    ledger.protocol.quick_until = quick.until;
    ledger.protocol.quick_ppm = quick.ppm;
}

fn open(ledger: &mut Ledger, head: &ProposalOpenedHead, bytes: &[u8], now: Now) -> Result<()> {
    let number = u16::try_from(head.action_kind)?;
    let hash = sha256(&[&number.to_le_bytes(), bytes]);
    same("hash of the action", head.action_hash.to_bytes(), hash)?;
    let kind = Kind::from_u16(number).refused("its kind")?;
    let action = decode(kind, bytes).refused("its action")?;
    let found: [&[u8]; 2] = [seeds::PROPOSAL, &head.nonce.to_le_bytes()];
    let (key, bump) = Pubkey::find_program_address(&found, &bulwark::ID);
    same("its address", head.proposal, key)?;
    same("its number", head.nonce, ledger.guardian.nonce)?;
    let member = head.common.actor;
    let mode = effective_record(&ledger.protocol.mode, now);
    let mut proposal: Box<Proposal> = zeroed_box();
    let guardian = &mut ledger.guardian;
    let by = member.as_array();
    let opened = guardian::propose(guardian, &mut proposal, by, &action, mode, now);
    opened.refused("the proposal")?;
    same("its quorum", head.quorum, proposal.quorum.into())?;
    proposal.guardian = ledger.protocol.guardian;
    proposal.payer = member.to_bytes();
    proposal.action_hash = hash;
    (proposal.bump, proposal.version) = (bump, VERSION);
    ensure!(!ledger.proposals.contains_key(&key), "it was opened before");
    lay(ledger, key, proposal, now);
    Ok(())
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

fn answer(ledger: &mut Ledger, said: &ProposalAnswered, now: Now) -> Result<()> {
    let mut proposal = lift(ledger, &said.proposal)?;
    same("number", said.nonce, proposal.nonce)?;
    let mode = effective_record(&ledger.protocol.mode, now);
    let guardian = &mut ledger.guardian;
    let by = said.common.actor.as_array();
    let step = match said.yes {
        0 => guardian::object_to_proposal(guardian, &mut proposal, by, now),
        _ => guardian::approve_proposal(guardian, &mut proposal, by, mode, now),
    };
    same(
        "outcome",
        said.outcome,
        outcome(step.refused("the answer")?),
    )?;
    let action = action_of(&proposal).refused("its action")?;
    let counts = [&proposal.approvals, &proposal.objections];
    let counts = counts.map(|list| u64::from(standing(guardian, &action, list)));
    same("voices", [said.approvals, said.objections], counts)?;
    let eta = (proposal.eta.at, proposal.eta.slot);
    same("its delay", (said.eta_unix, said.eta_slot), eta)?;
    lay(ledger, said.proposal, proposal, now);
    Ok(())
}

fn read(proposal: &Proposal) -> Result<Action> {
    action_of(proposal).refused("its action")
}

/// Executes a proposal; what it changes in the guardian itself is done.
fn carried_out(ledger: &mut Ledger, key: &Pubkey, now: Now) -> Result<Box<Proposal>> {
    let mut proposal = lift(ledger, key)?;
    let executed = guardian::execute(&mut ledger.guardian, &mut proposal, now);
    executed.refused("the execution")?;
    lay(ledger, *key, proposal.clone(), now);
    Ok(proposal)
}

fn heartbeat(ledger: &mut Ledger, said: &HeartbeatNoted, now: Now) -> Result<()> {
    let guardian = &mut *ledger.guardian;
    let key = said.common.actor.as_array();
    if guardian.veto == *key {
        same("powers", said.powers_at, 0)?;
        return guardian::heartbeat_veto(guardian, key, now).refused("the veto seat");
    }
    guardian::heartbeat(guardian, key, now).refused("the member")?;
    let index = guardian::index_of(guardian, key).refused("the member")?;
    let member = guardian.members.get(index).context("no such member")?;
    same("powers", said.powers_at, member.powers_at)
}

fn restrict(ledger: &mut Ledger, said: &MemberRestricted, now: Now) -> Result<()> {
    let member = said.common.actor.as_array();
    let guardian = &mut *ledger.guardian;
    let index = guardian::live_index(guardian, member, now).refused("the member")?;
    let slot_ms = guardian.slot_ms;
    let place = guardian.members.get_mut(index).context("no such member")?;
    let given_at = &mut place.lone_restricts_at;
    let compartment = ledger.compartments.get_mut(&said.common.compartment);
    let record = match (said.common.compartment, compartment) {
        (guardian::ALL_COMPARTMENTS, _) => &mut ledger.protocol.mode,
        (_, Some(to)) => &mut to.state.mode,
        (id, None) => anyhow::bail!("compartment {id} was never created"),
    };
    modes::restrict_alone(record, given_at, said, slot_ms, now)?;
    guardian::heartbeat(guardian, member, now).refused("the member")
}

fn execute(
    ledger: &mut Ledger,
    done: &ProposalExecuted,
    proposal: &Proposal,
    now: Now,
) -> Result<()> {
    let is = (proposal.nonce, u64::from(proposal.kind));
    same("number and kind", (done.nonce, done.action_kind), is)?;
    let hash = proposal.action_hash;
    same("hash of the action", done.action_hash.to_bytes(), hash)?;
    let slot_ms = ledger.guardian.slot_ms;
    match read(proposal)? {
        Action::SetParameters(id, subject, count, settings) => {
            let settings = settings.get(..usize::from(count)).context("settings")?;
            let to = ledger.compartment(id)?;
            set(to, subject, settings, now)
        }
        Action::Tighten(id, subject, setting) => {
            tighten(ledger.compartment(id)?, subject, setting, slot_ms, now)
        }
        Action::SetOracle(id, index, seat, kind, key) => {
            let source = OracleSource {
                id: key,
                kind,
                reserved: [0; 7],
            };
            let feeds = &mut ledger.compartment(id)?.board.feeds;
            let of = feeds.get_mut(usize::from(index)).context("no such feed")?;
            let set = match seat {
                0 => feed::switch_source(of, source, now),
                _ => feed::set_second(of, source),
            };
            set.refused("the source")
        }
        Action::WindDown(id, subject) => wind_down(ledger.compartment(id)?, subject, now),
        // Modes and members; or what is told by the event of its own instruction.
        _ => Ok(()),
    }
}

fn set(to: &mut Compartment, subject: Subject, settings: &[Setting], now: Now) -> Result<()> {
    let board = &mut *to.board;
    let changed = match subject {
        Subject::Compartment => params::change_compartment(board, &mut to.insurance, settings),
        Subject::Feed(index) => {
            let shortest = params::shortest_horizon(board, index);
            let feed = board.feeds.get_mut(usize::from(index));
            params::change_feed(feed.context("no such feed")?, shortest, settings, now)
        }
        Subject::Bank(index) => {
            let at = usize::from(index);
            let (_, bank) = to.banks.get_mut(at).context("no such bank was listed")?;
            let open = open_seconds(&board.clock, now.unix);
            let seat = board.banks.get_mut(at).context("no such bank")?;
            let feed = board.feeds.get(usize::from(seat.feed));
            let feed = feed.context("no such feed")?;
            params::change_bank(bank, seat, feed, settings, open, now)
        }
        Subject::Market(index) => {
            let at = usize::from(index);
            let venue = to
                .markets
                .get_mut(at)
                .context("no such market was listed")?;
            let seat = board.markets.get_mut(at).context("no such market")?;
            let open = open_seconds_of_market(&board.clock, &seat.clock, now.unix);
            let feed = board.feeds.get(usize::from(seat.feed));
            let feed = feed.context("no such feed")?;
            params::change_market(&mut venue.market, seat, feed, settings, open, now)
        }
    };
    changed.refused("the parameters")
}

fn tighten(
    to: &mut Compartment,
    subject: Subject,
    setting: Setting,
    slot_ms: u32,
    now: Now,
) -> Result<()> {
    let tightened = match subject {
        Subject::Bank(index) => {
            let at = usize::from(index);
            let (_, bank) = to.banks.get_mut(at).context("no such bank was listed")?;
            let seat = to.board.banks.get_mut(at).context("no such bank")?;
            params::tighten_bank(bank, seat, setting, slot_ms, now)
        }
        Subject::Market(index) => {
            let venue = to.markets.get_mut(usize::from(index));
            let market = &mut venue.context("no such market was listed")?.market;
            params::tighten_market(market, setting, slot_ms, now)
        }
        _ => anyhow::bail!("nothing else is tightened"),
    };
    tightened.refused("what is tightened")
}

fn wind_down(to: &mut Compartment, subject: Subject, now: Now) -> Result<()> {
    match subject {
        Subject::Market(index) => {
            let venue = to.markets.get_mut(usize::from(index));
            let market = &mut venue.context("no such market was listed")?.market;
            let announced = settlement::announce(&mut to.board, market, Cause::Decided, now);
            announced.refused("the settlement").map(|_| ())
        }
        Subject::Bank(index) => {
            let bank = to.banks.get_mut(usize::from(index));
            let (_, bank) = bank.context("no such bank was listed")?;
            settlement::close_bank(&mut to.board, bank, now).refused("the closing")
        }
        _ => anyhow::bail!("nothing else ends alone"),
    }
}
