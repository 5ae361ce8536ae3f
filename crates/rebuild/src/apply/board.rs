//! The Board: what refreshes have read, by the functions that the program refreshes with.

use anyhow::{Context, Result, ensure};
use bulwark::event::{PricesRefreshedHead, Read, read};
use bulwark::instructions::outcome;
use bulwark_core::feed::Reading;
use bulwark_core::{Now, refresh};
use bulwark_state::OpenClock;

use crate::event::Event;
use crate::ledger::{Compartment, Refused, counts, same};

/// What leverage caps are whole at, e9.
const WHOLE: u64 = 1_000_000_000;

/// Takes an event that moves the Board. Says whether it was one that moves nothing else.
pub(super) fn take(to: &mut Compartment, event: &Event, now: Now) -> Result<bool> {
    match event {
        Event::PricesRefreshed(head, reads) => prices(to, head, reads, now)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn prices(
    to: &mut Compartment,
    head: &PricesRefreshedHead,
    reads: &[Read],
    now: Now,
) -> Result<()> {
    let board = &mut *to.board;
    let mut count = board.sequence;
    counts("refresh", &mut count, head.common.sequence)?;
    let clock = OpenClock {
        closed_sum: head.closed_sum,
        closed_from: head.closed_from,
        closed_until: head.closed_until,
    };
    let forward = refresh::begin(board, &clock, now).refused("the Board")?;
    ensure!(forward, "time runs back");
    let mut left = reads;
    while let Some((one, rest)) = left.split_first() {
        left = match one.kind {
            read::FIRST => source(to, head.restart_slot, one, rest, now)?,
            _ => copied(to, one).map(|()| rest)?,
        };
    }
    Ok(())
}

/// A feed's source, with its second one if that follows. What comes behind them.
fn source<'a>(
    to: &mut Compartment,
    restart: u64,
    first: &Read,
    rest: &'a [Read],
    now: Now,
) -> Result<&'a [Read]> {
    let reading = |of: &Read| Reading {
        price: of.value,
        conf: of.conf,
        ema: of.ema,
        publish_at: of.publish_at,
    };
    let second = rest.first().filter(|next| next.kind == read::SECOND);
    let second = second.map(|next| {
        let both = (next.index, next.outcome);
        same(
            "feed of the second source",
            both,
            (first.index, first.outcome),
        )?;
        Ok::<_, anyhow::Error>(reading(next))
    });
    let second = second.transpose()?;
    let zero = first
        .reserved
        .iter()
        .chain(rest.first().map_or(&[][..], |next| &next.reserved[..]));
    ensure!(
        zero.copied().all(|byte: u8| byte == 0),
        "its reserved bytes"
    );
    let (board, index) = (&mut *to.board, first.index);
    refresh::note_restart(board, index, restart);
    let accepted = refresh::feed(board, index, &reading(first), second.as_ref(), now);
    let accepted = accepted.refused("a price")?;
    same("what became of it", first.outcome, outcome(accepted))?;
    rest.get(usize::from(second.is_some())..)
        .context("the second source")
}

/// What was copied of a market or a bank.
fn copied(to: &mut Compartment, one: &Read) -> Result<()> {
    let at = usize::from(one.index);
    let band = if one.kind == read::MARKET {
        (one.conf, one.ema)
    } else {
        (0, 0)
    };
    let plain = Read {
        kind: one.kind,
        index: one.index,
        value: one.value,
        conf: band.0,
        ema: band.1,
        ..Read::default()
    };
    same("what was copied", one, &plain)?;
    match one.kind {
        read::MARKET => {
            let market = &to
                .markets
                .get(at)
                .context("no such market was listed")?
                .market;
            let band = &market.band;
            let is = (market.oi_long, band.k.into(), band.min_ppm.into());
            same("open interest and band", (one.value, one.conf, one.ema), is)?;
            let seat = to.board.markets.get_mut(at).context("no such market")?;
            seat.open_interest = market.oi_long;
            (seat.watch.k, seat.watch.min_ppm) = (band.k, band.min_ppm);
        }
        read::BANK => {
            // What lies in a vault is no event's: it is told.
            ensure!(one.value <= WHOLE, "more than all is covered");
            let listed = at < to.banks.len();
            ensure!(listed, "no such bank was listed");
            let seat = to.board.banks.get_mut(at).context("no such bank")?;
            seat.coverage_e9 = one.value;
        }
        kind => anyhow::bail!("a read of kind {kind}"),
    }
    Ok(())
}
