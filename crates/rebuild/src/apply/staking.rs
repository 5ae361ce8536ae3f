//! Stakes: what an event says they are, with the money that moved.

use anyhow::{Context, Result, ensure};
use bulwark::event::StakeChanged;
use bulwark_core::recovery;
use bulwark_state::{Insurance, Stake, StakePool, VERSION, Wide};
use bytemuck::Zeroable;

use super::money::own;
use crate::event::Event;
use crate::ledger::{Compartment, Refused, counts, same};

/// Numbers of [`StakeChanged::act`].
const JOINED: u64 = 1;
const LEFT: u64 = 4;
const CLOSED: u64 = 5;
const BOUGHT: u64 = 6;
const CLAIMED: u64 = 7;
const ASSIGNED: u64 = 8;

/// Takes an event of insurance's stakers. Says whether it was one.
pub(super) fn take(to: &mut Compartment, event: &Event) -> Result<bool> {
    match event {
        Event::StakeChanged(changed) => change(to, changed)?,
        Event::StressProved(proved) => {
            same("insurance", proved.insurance, to.insurance)?;
            own(to, &proved.margin, proved.common.sequence, |_| Ok(()))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

const fn wide([lo, hi]: [u64; 2]) -> Wide {
    Wide { lo, hi }
}

/// Insurance's pools as they are told.
fn pools_of(is: &StakeChanged) -> Insurance {
    let pool = |value, shares, generation| StakePool {
        value,
        shares: wide(shares),
        generation,
    };
    Insurance {
        earning: pool(is.earning_value, is.earning_shares, is.earning_generation),
        idle: pool(is.idle_value, is.idle_shares, is.idle_generation),
        ..Insurance::zeroed()
    }
}

fn change(to: &mut Compartment, is: &StakeChanged) -> Result<()> {
    let (came, left) = match is.act {
        JOINED | BOUGHT => (is.amount, 0),
        LEFT | CLAIMED => (0, is.amount),
        _ => (0, 0),
    };
    to.ready(0, is.expected_after, came, left)?;
    let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
    let count = &mut quote.event_sequence;
    counts("event of the bank", count, is.common.sequence)?;
    quote.expected = is.expected_after;
    let earned = i64::try_from(is.earned)?;
    let fees = quote.totals.fees.checked_sub(earned);
    quote.totals.fees = fees.context("fees")?;
    same(
        "fees' fall",
        is.fees_before.checked_sub(is.fees_after),
        Some(earned),
    )?;
    same("insurance before", is.balance_before, to.insurance)?;
    let after = to.insurance.checked_add(is.earned);
    // A Recovery pays out of the quote pot, not out of insurance's balance.
    let drawn = if is.act == CLAIMED { 0 } else { left };
    let after = after.and_then(|sum| sum.checked_add(came)?.checked_sub(drawn));
    to.insurance = after.context("insurance")?;
    same("insurance after", is.balance_after, to.insurance)?;
    let pools = is.earning_value.checked_add(is.idle_value);
    let pools = pools.context("pools")?;
    ensure!(pools <= to.insurance, "stakers own more than there is");
    let stake = to.stakes.entry(is.stake).or_insert_with(Stake::zeroed);
    let count = &mut stake.event_sequence;
    counts("event of the stake", count, is.account_sequence)?;
    if is.act == CLOSED {
        to.stakes.remove(&is.stake);
        return Ok(());
    }
    if is.act == CLAIMED {
        let (_, recovery) = to
            .records
            .recoveries
            .last_mut()
            .context("no Recovery runs")?;
        let paid = recovery::pay_stake(recovery, &pools_of(is), stake);
        same("payment", is.amount, paid.refused("what is due")?)?;
    }
    if is.act == ASSIGNED {
        same("who assigns", stake.owner, is.common.actor.to_bytes())?;
        let assigned = recovery::assign_stake(stake, &is.owner.to_bytes());
        assigned.refused("a stake assigned")?;
    }
    *stake = Stake {
        insurance: stake.insurance,
        owner: is.owner.to_bytes(),
        earning: wide(is.earning),
        young: wide(is.young),
        leaving: wide(is.leaving),
        earning_generation: is.earning_generation,
        idle_generation: is.idle_generation,
        young_at: is.young_at,
        asked_at: is.asked_at,
        asked_value: is.asked_value,
        version: VERSION,
        ..*stake
    };
    Ok(())
}
