//! Stakes: each act is done again by the functions that the program does it with.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, bail, ensure};
use bulwark::event::{StakeChanged, StressProved};
use bulwark::seeds;
use bulwark_core::staking::{self, stress};
use bulwark_core::withdrawal::{expect_in, expect_out};
use bulwark_core::{Now, recovery};
use bulwark_state::{Stake, VERSION};
use bytemuck::Zeroable;

use crate::event::Event;
use crate::ledger::{Compartment, Refused, counts, same};

/// Numbers of [`StakeChanged::act`].
const JOINED: u64 = 1;
const EARNED: u64 = 2;
const ASKED: u64 = 3;
const LEFT: u64 = 4;
const CLOSED: u64 = 5;
const BOUGHT: u64 = 6;
const CLAIMED: u64 = 7;
const ASSIGNED: u64 = 8;

/// Takes an event of insurance's stakers. Says whether it was one.
pub(super) fn take(to: &mut Compartment, event: &Event, now: Now) -> Result<bool> {
    match event {
        Event::StakeChanged(changed) => change(to, changed, now)?,
        Event::StressProved(proved) => prove(to, proved, now)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn prove(to: &mut Compartment, told: &StressProved, now: Now) -> Result<()> {
    let (board, insurance) = (&mut *to.board, &mut *to.insurance);
    let account = to.margins.get_mut(&told.margin);
    let account = account.context("the account was never created")?;
    let before = stress::ease_e9(board, now);
    let of = (told.margin.as_array(), &**account);
    let proved = stress::prove(board, insurance, of, now).refused("the proof")?;
    let count = &mut account.event_sequence;
    counts("event of the account", count, told.common.sequence)?;
    let is = (proved.shortfall, proved.total, insurance.balance);
    let said = (told.shortfall, told.total, told.insurance);
    same("shortfall, total, insurance", said, is)?;
    let is = (before, board.cover.ease_e9, insurance.at_risk_until);
    let said = (told.ease_before, told.ease_after, told.at_risk_until);
    same("ease before and after, at risk", said, is)
}

/// A stake that was made: its bump is one of those that lead to its address.
fn begin(to: &Compartment, is: &StakeChanged) -> Result<Stake> {
    let found: [&[u8]; 2] = [seeds::INSURANCE, to.key.as_ref()];
    let (insurance, _) = Pubkey::find_program_address(&found, &bulwark::ID);
    let owner = is.owner;
    let at = |bump: u8| {
        let seeds: [&[u8]; 4] = [seeds::STAKE, insurance.as_ref(), owner.as_ref(), &[bump]];
        Pubkey::create_program_address(&seeds, &bulwark::ID) == Ok(is.stake)
    };
    let mut stake = Stake::zeroed();
    let key = (insurance.to_bytes(), owner.to_bytes());
    staking::begin(&mut stake, &to.insurance, key.0, key.1);
    let bump = (0..=u8::MAX).rev().find(|bump| at(*bump));
    stake.bump = bump.context("its address is no stake's of its owner")?;
    stake.version = VERSION;
    Ok(stake)
}

fn change(to: &mut Compartment, is: &StakeChanged, now: Now) -> Result<()> {
    let mut stake = match to.stakes.remove(&is.stake) {
        Some(stake) => stake,
        None if matches!(is.act, JOINED | BOUGHT) => begin(to, is)?,
        None => bail!("the stake was never made"),
    };
    let count = &mut stake.event_sequence;
    counts("event of the stake", count, is.account_sequence)?;
    let quote = to.quote()?;
    let count = &mut quote.event_sequence;
    counts("event of the bank", count, is.common.sequence)?;
    ensure!(
        is.counted <= quote.expected,
        "more lay there than was booked"
    );
    ensure!(is.act == ASKED || is.asked == 0, "nothing was asked for");
    same("fees before", is.fees_before, quote.totals.fees)?;
    same("insurance before", is.balance_before, to.insurance.balance)?;
    let (moved, earned) = if to.board.locked != 0 {
        (recovered(to, &mut stake, is)?, 0)
    } else {
        acted(to, &mut stake, is, now)?
    };
    same(
        "what moved and was earned",
        (is.amount, is.earned),
        (moved, earned),
    )?;
    told(to, &stake, is)?;
    if is.act != CLOSED {
        to.stakes.insert(is.stake, stake);
    }
    Ok(())
}

/// An act before the freeze of a Recovery; what moved, what all who earn have earned.
fn acted(
    to: &mut Compartment,
    stake: &mut Stake,
    is: &StakeChanged,
    now: Now,
) -> Result<(u64, u64)> {
    let (board, insurance) = (&to.board, &mut *to.insurance);
    let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
    let earned = staking::share_fees(board, insurance, quote, is.counted, now);
    let earned = earned.refused("what is earned")?;
    staking::ripen(insurance, stake, now).refused("the stake")?;
    let moved = match is.act {
        JOINED => {
            expect_in(quote, is.amount).refused("the money")?;
            staking::join(insurance, stake, is.amount, now).refused("the stake")?;
            is.amount
        }
        BOUGHT => {
            expect_in(quote, is.amount).refused("the money")?;
            staking::buy(board, insurance, stake, is.amount, now).refused("the stake")?;
            is.amount
        }
        ASKED => {
            staking::ask(insurance, stake, is.asked, now).refused("what was asked")?;
            stake.asked_value
        }
        LEFT => {
            let of = (&mut **quote, is.counted);
            staking::leave(insurance, stake, of, now).refused("what left")?
        }
        CLOSED => {
            ensure!(staking::is_empty(stake), "something is left in it");
            0
        }
        EARNED => 0,
        act => bail!("act {act} of a stake"),
    };
    Ok((moved, earned))
}

/// An act after the freeze of a Recovery: pools stand still; what was paid.
fn recovered(to: &mut Compartment, stake: &mut Stake, is: &StakeChanged) -> Result<u64> {
    let (_, recovery) = to
        .records
        .recoveries
        .last_mut()
        .context("no Recovery runs")?;
    match is.act {
        CLAIMED => {
            let paid = recovery::pay_stake(recovery, &to.insurance, stake);
            let paid = paid.refused("what is due")?;
            expect_out(to.quote()?, paid).refused("the payment")?;
            Ok(paid)
        }
        ASSIGNED => {
            same("who assigns", stake.owner, is.common.actor.to_bytes())?;
            let assigned = recovery::assign_stake(stake, is.owner.as_array());
            assigned.refused("a stake assigned")?;
            Ok(0)
        }
        CLOSED => {
            let due = recovery::due_of_stake(recovery, &to.insurance, stake);
            same("what is due", due.refused("what is due")?, 0)?;
            Ok(0)
        }
        act => bail!("act {act} of a stake after the freeze"),
    }
}

/// What an event tells of a stake and its insurance.
fn told(to: &Compartment, stake: &Stake, is: &StakeChanged) -> Result<()> {
    let insurance = &to.insurance;
    let (_, quote) = to.banks.first().context("no quote bank was listed")?;
    same("owner", is.owner.to_bytes(), stake.owner)?;
    same("insurance after", is.balance_after, insurance.balance)?;
    same("fees after", is.fees_after, quote.totals.fees)?;
    same("expected after", is.expected_after, quote.expected)?;
    let (earning, idle) = (&insurance.earning, &insurance.idle);
    let values = (is.earning_value, is.idle_value);
    same("the pools' money", values, (earning.value, idle.value))?;
    let words = |wide: bulwark_state::Wide| [wide.lo, wide.hi];
    let shares = (is.earning_shares, is.idle_shares);
    let follow = (words(earning.shares), words(idle.shares));
    same("the pools' shares", shares, follow)?;
    let shares = (is.earning, is.young, is.leaving);
    let follow = (
        words(stake.earning),
        words(stake.young),
        words(stake.leaving),
    );
    same("its shares", shares, follow)?;
    let generations = (is.earning_generation, is.idle_generation);
    let follow = (stake.earning_generation, stake.idle_generation);
    same("its generations", generations, follow)?;
    let asked = (is.young_at, is.asked_at, is.asked_value);
    let follow = (stake.young_at, stake.asked_at, stake.asked_value);
    same("what it asked", asked, follow)
}
