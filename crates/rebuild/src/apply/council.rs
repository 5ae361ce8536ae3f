//! The guardian: what was proposed is carried out by the functions that the program carries it out
//! with.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark::event::{ProposalExecuted, ProposalOpenedHead};
use bulwark_core::guardian::{Action, Kind, Setting, Subject, decode};
use bulwark_core::mode::SLOT_MS;
use bulwark_core::settlement::{self, Cause};
use bulwark_core::time::{open_seconds, open_seconds_of_market};
use bulwark_core::{Now, feed, params};
use bulwark_state::OracleSource;

use crate::commitment::sha256;
use crate::event::Event;
use crate::ledger::{Compartment, Ledger, Refused, same};

/// Takes an event of the guardian. Says whether it was one.
pub(super) fn take(ledger: &mut Ledger, event: &Event, now: Now) -> Result<bool> {
    match event {
        Event::GuardianCreated(_) => ledger.slot_ms = SLOT_MS,
        Event::ProposalOpened(head, action) => open(ledger, head, action)?,
        Event::ProposalExecuted(done) => execute(ledger, done, now)?,
        Event::ProposalAnswered(_) | Event::ProposalExpired(_) | Event::MemberRestricted(_) => {}
        _ => return Ok(false),
    }
    Ok(true)
}

fn open(ledger: &mut Ledger, head: &ProposalOpenedHead, action: &[u8]) -> Result<()> {
    let hash = Pubkey::new_from_array(sha256(&[action]));
    same("hash of the action", head.action_hash, hash)?;
    let kind = u16::try_from(head.action_kind)?;
    read(kind, action)?;
    let stored = (kind, action.to_vec());
    let old = ledger.proposals.insert(head.proposal, stored);
    ensure!(old.is_none(), "it was opened before");
    Ok(())
}

fn read(kind: u16, action: &[u8]) -> Result<Action> {
    let kind = Kind::from_u16(kind).refused("its kind")?;
    decode(kind, action).refused("its action")
}

fn execute(ledger: &mut Ledger, done: &ProposalExecuted, now: Now) -> Result<()> {
    let stored = ledger.proposals.remove(&done.proposal);
    let (kind, action) = stored.context("it was never opened")?;
    let hash = Pubkey::new_from_array(sha256(&[&action]));
    same("hash of the action", done.action_hash, hash)?;
    let slot_ms = ledger.slot_ms;
    match read(kind, &action)? {
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
        Action::SetDelays(_, _, slot_ms) => {
            ledger.slot_ms = slot_ms;
            Ok(())
        }
        // Modes and members; or what is told by the event of its own instruction.
        _ => Ok(()),
    }
}

fn set(to: &mut Compartment, subject: Subject, settings: &[Setting], now: Now) -> Result<()> {
    let board = &mut *to.board;
    let changed = match subject {
        Subject::Compartment => params::change_compartment(board, &mut to.insured, settings),
        Subject::Feed(index) => {
            let shortest = params::shortest_horizon(board, index);
            let feed = board.feeds.get_mut(usize::from(index));
            params::change_feed(feed.context("no such feed")?, shortest, settings, now)
        }
        Subject::Bank(index) => {
            let at = usize::from(index);
            let bank = to.terms.get_mut(at).context("no such bank was listed")?;
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
            let bank = to.terms.get_mut(at).context("no such bank was listed")?;
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
            let bank = to.terms.get_mut(usize::from(index));
            let bank = bank.context("no such bank was listed")?;
            settlement::close_bank(&mut to.board, bank, now).refused("the closing")
        }
        _ => anyhow::bail!("nothing else ends alone"),
    }
}
