//! The freeze (D9): prices, indexes, claims and money stand still. Resumable: [`freeze`] locks the
//! Board, after which nothing moves, then every bank and market is counted once, in any order.

use bulwark_state::{Bank, Board, Compartment, Market, Recovery, SignedWide, Wide};

use super::pot::STAKERS;
use super::{DEADLINE, Evidence, expect, is_audit, may_freeze, reward};
use crate::coverage;
use crate::error::{Error, Result};
use crate::mode::Phase;
use crate::time::{self, Now};

/// Freezes an announced Recovery whose notice is over: locks the Board, keeps its indexes, stops
/// the open-second clock. Anyone may.
///
/// A feed that had never printed when the Recovery was announced is frozen at its last print.
///
/// # Errors
/// Those of [`may_freeze`].
pub fn freeze(
    board: &mut Board,
    compartment: &mut Compartment,
    recovery: &mut Recovery,
    evidence: &Evidence,
    now: Now,
) -> Result<()> {
    may_freeze(compartment, recovery, evidence, now)?;
    for (price, feed) in recovery.prices.iter_mut().zip(&mut board.feeds) {
        if feed.active != 0 && *price == 0 {
            *price = feed.last.price;
            feed.announced = *price;
        }
    }
    for (market, entry) in board.markets.iter().enumerate() {
        set(&mut recovery.funding, market, entry.funding)?;
        set(&mut recovery.loss_long, market, entry.loss_long)?;
        set(&mut recovery.loss_short, market, entry.loss_short)?;
    }
    board.locked = 1;
    time::close(&mut compartment.clock, now.unix, i64::MAX);
    recovery.phase = Phase::Frozen as u8;
    recovery.frozen_at = now.unix;
    recovery.deadline_at = now
        .unix
        .checked_add_unsigned(DEADLINE)
        .ok_or(Error::Overflow)?;
    let stakers = recovery.classes.get_mut(STAKERS).ok_or(Error::BadIndex)?;
    stakers.claims = Wide::new(evidence.staked.into());
    compartment.recovery_phase = Phase::Frozen as u8;
    Ok(())
}

fn set<T>(places: &mut [T], index: usize, value: T) -> Result<()> {
    *places.get_mut(index).ok_or(Error::BadIndex)? = value;
    Ok(())
}

/// Takes bit `index` of `counted`, once.
fn once(counted: &mut u32, index: u8) -> Result<()> {
    let bit = 1u32.checked_shl(index.into()).ok_or(Error::BadIndex)?;
    if *counted & bit != 0 {
        return Err(Error::AlreadyMarked);
    }
    *counted |= bit;
    Ok(())
}

fn add_signed(sum: &mut SignedWide, parts: &[i64]) -> Result<()> {
    let total = parts.iter().try_fold(sum.get(), |total, part| {
        total.checked_add(i128::from(*part))
    });
    *sum = SignedWide::new(total.ok_or(Error::Overflow)?);
    Ok(())
}

fn add_live(recovery: &mut Recovery, live: i64) -> Result<()> {
    let sum = recovery.live_signed.checked_add(live);
    recovery.live_signed = sum.ok_or(Error::Overflow)?;
    Ok(())
}

/// Counts a bank into a frozen Recovery: what is claimed of it, K, and the money that those claims
/// share, A = min(K, (V_j − A_j)⁺). Once each, by anyone. What the vault lacks is expected no more:
/// if it comes back, it is found and shared like any other late money.
///
/// # Errors
/// [`Error::RecoveryPhase`], [`Error::AlreadyMarked`] for the second time.
pub fn freeze_bank(recovery: &mut Recovery, bank: &mut Bank, vault: u64) -> Result<()> {
    expect(recovery, &[Phase::Frozen])?;
    once(&mut recovery.banks_counted, bank.index)?;
    let money = coverage::money(bank, vault);
    let seat = recovery
        .banks
        .get_mut(usize::from(bank.index))
        .ok_or(Error::BadIndex)?;
    if bank.index == 0 {
        // D is what the money lacks; the pot's own claims are known once all are marked.
        let lacks = coverage::quote_loss(bank, vault)?;
        seat.claims = money.checked_add(lacks).ok_or(Error::Overflow)?;
        seat.assigned = money;
        seat.frozen = money;
        let totals = &bank.totals;
        let tickets = i64::try_from(bank.tickets).map_err(|_| Error::Overflow)?;
        let owed = totals.negative.checked_neg().ok_or(Error::Overflow)?;
        add_signed(
            &mut recovery.quote_frozen,
            &[totals.positive, owed, tickets, totals.interest_pot],
        )?;
        reward::note_fees(recovery, totals)?;
        add_live(recovery, totals.live_count)?;
    } else {
        seat.claims = bank.claims;
        seat.assigned = money.min(bank.claims);
        seat.frozen = seat.assigned;
    }
    if !is_audit(recovery) {
        bank.expected = coverage::counted(bank, vault);
    }
    add_live(recovery, bank.live_delta)
}

/// Counts a market into a frozen Recovery: what it owes in quote. Once each, by anyone.
///
/// # Errors
/// [`Error::RecoveryPhase`], [`Error::AlreadyMarked`] for the second time.
pub fn freeze_market(recovery: &mut Recovery, market: &Market) -> Result<()> {
    expect(recovery, &[Phase::Frozen])?;
    once(&mut recovery.markets_counted, market.index)?;
    let deltas = &market.deltas;
    let owed = deltas.negative.checked_neg().ok_or(Error::Overflow)?;
    add_signed(
        &mut recovery.quote_frozen,
        &[
            deltas.positive,
            owed,
            deltas.interest_pot,
            market.quote_sum,
            market.pot,
        ],
    )?;
    reward::add_fees(recovery, deltas.fees)?;
    add_live(recovery, deltas.live)
}

/// Goes on to marking once every bank and market has been counted. Says whether it did.
///
/// The live count decides when the quote pot may open early and nothing else, so a damaged one
/// stops nobody: below zero it counts as zero.
///
/// # Errors
/// [`Error::RecoveryPhase`].
pub fn complete(recovery: &mut Recovery, compartment: &mut Compartment) -> Result<bool> {
    expect(recovery, &[Phase::Frozen])?;
    let banks = u32::from(compartment.bank_count);
    let markets = u32::from(compartment.market_count);
    if recovery.banks_counted.count_ones() < banks
        || recovery.markets_counted.count_ones() < markets
    {
        return Ok(false);
    }
    recovery.live_count = recovery.live_signed.max(0).unsigned_abs();
    recovery.phase = Phase::Marking as u8;
    if !is_audit(recovery) {
        reward::set_aside(recovery)?;
        compartment.recovery_phase = Phase::Marking as u8;
    }
    Ok(true)
}
