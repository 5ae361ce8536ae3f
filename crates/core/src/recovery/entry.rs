//! Into Recovery, and out of it before the freeze (D9).

use bulwark_state::{Bank, Board, Compartment, MAX_FEEDS, Recovery};

use super::{
    AUDIT, DEAD_MAN, DEAD_MAN_NOTICE, DEAD_MAN_OF_MONTH, GUARDIAN_EVERY, LOOK_LASTS, NOTICE,
    SECOND_LOOK, STANDS, expect,
};
use crate::error::{Error, Result};
use crate::feed::median_close;
use crate::mode::{Phase, SLOT_MS, above_normal_since, above_normal_within};
use crate::time::Now;

/// Why a Recovery is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The guardian's quorum. Final.
    Guardian = 1,
    /// Value has been missing for a day.
    Missing = 2,
    /// Bits and breakers have kept the mode above Normal for a fortnight, or for twenty days of
    /// thirty.
    DeadMan = 3,
    /// A deficit beyond insurance and fees, seen twice.
    Deficit = 4,
}

impl Cause {
    /// From `Compartment::recovery_cause`. `BadValue` for none.
    pub const fn from_u8(value: u8) -> Result<Self> {
        match value {
            1 => Ok(Self::Guardian),
            2 => Ok(Self::Missing),
            3 => Ok(Self::DeadMan),
            4 => Ok(Self::Deficit),
            _ => Err(Error::BadValue),
        }
    }

    /// Seconds between announcement and freeze.
    pub const fn notice(self) -> u64 {
        match self {
            Self::DeadMan => DEAD_MAN_NOTICE,
            Self::Guardian | Self::Missing | Self::Deficit => NOTICE,
        }
    }
}

/// What lies on chain besides the compartment's own account.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The quote bank.
    pub quote: &'a Bank,
    /// I: the insurance's balance, UsdE6.
    pub insurance: u64,
    /// What of it is its stakers' ([`super::staked`]), UsdE6.
    pub staked: u64,
}

impl Evidence<'_> {
    /// Whether a loss was booked that insurance and fees together don't bear.
    fn deficit(&self) -> Result<bool> {
        let fees = self.quote.totals.fees.max(0).unsigned_abs();
        let cushion = self.insurance.checked_add(fees).ok_or(Error::Overflow)?;
        Ok(self.quote.totals.deficit > cushion)
    }
}

/// Whether `now` is at least `seconds` after `since`.
fn passed(since: i64, seconds: u64, now: Now) -> bool {
    since
        .checked_add_unsigned(seconds)
        .is_some_and(|until| now.unix >= until)
}

/// Whether bits and breakers have kept the mode above Normal long enough: a fortnight without a
/// break, or twenty of the last thirty days.
fn dead_man(compartment: &Compartment, now: Now) -> bool {
    above_normal_since(compartment, now).is_some_and(|since| passed(since, DEAD_MAN, now))
        || above_normal_within(compartment, now) >= DEAD_MAN_OF_MONTH
}

/// Whether value is missing by a check of this very slot, and has been for a day, seen twice.
fn missing(compartment: &Compartment, now: Now) -> bool {
    let bits = &compartment.broken;
    let seen_now = bits
        .bank_checked_slot
        .iter()
        .enumerate()
        .any(|(bank, slot)| bits.banks_missing >> bank & 1 == 1 && *slot == now.slot);
    seen_now && bits.missing_again_at != 0 && passed(bits.missing_at, STANDS, now)
}

/// Notes that a deficit is larger than insurance and fees: the first of the two sights that D9 asks
/// for. Anyone may. Where it is no more, an earlier sight is forgotten.
///
/// # Errors
/// [`Error::RecoveryPhase`] if a Recovery is announced or runs, [`Error::TooEarly`] while a sight
/// stands that [`announce`] may still use, [`Error::NotNeeded`] where there is neither a deficit
/// nor a sight: nothing is chained for nothing.
pub fn note_deficit(compartment: &mut Compartment, evidence: &Evidence, now: Now) -> Result<()> {
    if compartment.recovery_phase != Phase::None as u8 {
        return Err(Error::RecoveryPhase);
    }
    let seen = compartment.deficit_seen_at;
    if !evidence.deficit()? {
        if seen == 0 {
            return Err(Error::NotNeeded);
        }
        compartment.deficit_seen_at = 0;
        return Ok(());
    }
    if seen != 0 && seen <= now.unix && !passed(seen, LOOK_LASTS, now) {
        return Err(Error::TooEarly);
    }
    compartment.deficit_seen_at = now.unix;
    Ok(())
}

/// Whether a deficit stands that was noted at least an hour and at most a day ago.
fn deficit_stands(compartment: &Compartment, evidence: &Evidence, now: Now) -> Result<bool> {
    let seen = compartment.deficit_seen_at;
    Ok(seen != 0
        && passed(seen, SECOND_LOOK, now)
        && !passed(seen, LOOK_LASTS, now)
        && evidence.deficit()?)
}

/// Announces a Recovery of a compartment (D9): fixes the price of each feed, the median of the
/// thirty one-minute closes before this minute, and starts the notice. Until the freeze health
/// takes the worse of live and announced price. Who calls, and when within the minute, changes
/// nothing. Returns the unix second from which it may be frozen.
///
/// Anyone may but for [`Cause::Guardian`], which the guardian's quorum decides. `recovery` is a new
/// account of the epoch after the compartment's.
///
/// # Errors
/// [`Error::RecoveryPhase`] if one is announced or runs, [`Error::NotNeeded`] where the cause
/// doesn't hold or wasn't seen as often as it must be, [`Error::BudgetExhausted`] for a second one
/// of the guardian within 30 days.
pub fn announce(
    board: &mut Board,
    compartment: &mut Compartment,
    recovery: &mut Recovery,
    (cause, evidence): (Cause, &Evidence),
    now: Now,
) -> Result<i64> {
    if compartment.recovery_phase != Phase::None as u8 {
        return Err(Error::RecoveryPhase);
    }
    match cause {
        Cause::Guardian => guardian_budget(compartment, now)?,
        Cause::Missing if missing(compartment, now) => {}
        // In Normal nobody announces: what has healed is traded in, and the announced prices of a
        // falling market would make sound accounts liquidatable.
        Cause::DeadMan
            if above_normal_since(compartment, now).is_some() && dead_man(compartment, now) => {}
        Cause::Deficit if deficit_stands(compartment, evidence, now)? => {}
        _ => return Err(Error::NotNeeded),
    }
    start(board, compartment, recovery, cause, now)
}

/// Each feed's median of its last thirty one-minute closes before this minute, its last print where
/// it has none; 0 for a seat without a feed.
pub(super) fn fix_prices(board: &Board, prices: &mut [u64; MAX_FEEDS], now: Now) -> Result<()> {
    let before = now.unix.checked_sub(60).ok_or(Error::Overflow)?;
    for (feed, price) in board.feeds.iter().zip(prices) {
        if feed.active == 0 {
            continue;
        }
        let median = median_close(feed, before);
        *price = if median == 0 { feed.last.price } else { median };
    }
    Ok(())
}

fn guardian_budget(compartment: &mut Compartment, now: Now) -> Result<()> {
    let last = compartment.guardian_recovery_at;
    if last != 0 && !passed(last, GUARDIAN_EVERY, now) {
        return Err(Error::BudgetExhausted);
    }
    compartment.guardian_recovery_at = now.unix;
    Ok(())
}

fn start(
    board: &mut Board,
    compartment: &mut Compartment,
    recovery: &mut Recovery,
    cause: Cause,
    now: Now,
) -> Result<i64> {
    let notice = cause.notice();
    let freeze_at = now
        .unix
        .checked_add_unsigned(notice)
        .ok_or(Error::Overflow)?;
    let epoch = compartment
        .recovery_epoch
        .checked_add(1)
        .filter(|epoch| epoch & AUDIT == 0)
        .ok_or(Error::Overflow)?;
    fix_prices(board, &mut recovery.prices, now)?;
    for (feed, price) in board.feeds.iter_mut().zip(&recovery.prices) {
        feed.announced = *price;
    }
    recovery.epoch = epoch;
    recovery.phase = Phase::Announced as u8;
    recovery.cause = cause as u8;
    recovery.announced_at = now.unix;
    recovery.announced_slot = now.slot;
    compartment.recovery_epoch = epoch;
    compartment.recovery_phase = Phase::Announced as u8;
    compartment.recovery_cause = cause as u8;
    compartment.recovery_announced_at = now.unix;
    compartment.recovery_freeze_at = freeze_at;
    compartment.deficit_seen_at = 0;
    Ok(freeze_at)
}

/// Whether the cause of an announcement still holds. The guardian's word stands.
fn holds(compartment: &Compartment, cause: Cause, evidence: &Evidence, now: Now) -> Result<bool> {
    Ok(match cause {
        Cause::Guardian => true,
        Cause::Missing => compartment.broken.banks_missing != 0,
        Cause::DeadMan => dead_man(compartment, now),
        Cause::Deficit => evidence.deficit()?,
    })
}

/// Whether an announced Recovery may be frozen: its notice is over in both clocks, slots counted at
/// [`SLOT_MS`], and its cause still holds.
///
/// # Errors
/// [`Error::RecoveryPhase`], [`Error::DelayRuns`], [`Error::NotNeeded`] where the cause is gone:
/// [`undo`] it.
pub fn may_freeze(
    compartment: &Compartment,
    recovery: &Recovery,
    evidence: &Evidence,
    now: Now,
) -> Result<()> {
    expect(recovery, &[Phase::Announced])?;
    let cause = Cause::from_u8(recovery.cause)?;
    let slots = cause.notice().checked_mul(1_000).ok_or(Error::Overflow)?;
    let slots = slots.div_ceil(u64::from(SLOT_MS));
    let slot = recovery.announced_slot.checked_add(slots);
    let due = slot.is_some_and(|slot| now.slot >= slot);
    if !due || !passed(recovery.announced_at, cause.notice(), now) {
        return Err(Error::DelayRuns);
    }
    if !holds(compartment, cause, evidence, now)? {
        return Err(Error::NotNeeded);
    }
    Ok(())
}

/// Takes an announcement back whose cause is gone (D9): by anyone, before the freeze. Live prices
/// count again, and everybody is where he was: announcing changed no account. The guardian's is
/// final, for it would else be an option on the prices of the settlement.
///
/// # Errors
/// [`Error::RecoveryPhase`], [`Error::ModeForbids`] for the guardian's, [`Error::NotNeeded`] while
/// the cause holds.
pub fn undo(
    board: &mut Board,
    compartment: &mut Compartment,
    recovery: &mut Recovery,
    evidence: &Evidence,
    now: Now,
) -> Result<()> {
    expect(recovery, &[Phase::Announced])?;
    let cause = Cause::from_u8(recovery.cause)?;
    if cause == Cause::Guardian {
        return Err(Error::ModeForbids);
    }
    if holds(compartment, cause, evidence, now)? {
        return Err(Error::NotNeeded);
    }
    for feed in &mut board.feeds {
        feed.announced = 0;
    }
    recovery.phase = super::UNDONE;
    compartment.recovery_phase = Phase::None as u8;
    compartment.recovery_cause = 0;
    compartment.recovery_freeze_at = 0;
    Ok(())
}
