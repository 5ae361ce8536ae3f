//! Liquidation (D7): flag and unflag, who may be taken over, and the take-over of a leg at the
//! account-favourable mark for a premium that can't worsen the account (INV-LIQ).

mod grace;
pub mod premium;
mod seizure;
mod sizing;
mod takeover;

pub use grace::was_liquidatable;
pub use seizure::{KAPPA_PPM, RAMP_SECONDS, Seized, hand_over, seize};
pub use sizing::Leg;
pub use takeover::{
    TakenOver, cascading, count_liquidated, credit, debit, move_leg, note_taken, take_over,
};

pub(crate) use seizure::Lot;
pub(crate) use takeover::favouring;

use bulwark_state::{Board, MarginAccount};

use crate::error::{Error, Result};
use crate::health::{self, Health, Level, Measure, Measured, Raw};
use crate::math::wide_mul;
use crate::time::{Now, open_seconds};

/// Open seconds between the two calls of [`unflag`].
pub const UNFLAG_GAP: u64 = 60;

/// Status of a settled market: its positions are closed at the settlement price, nothing else.
pub(crate) const SETTLED: u8 = 6;

/// What holds around a liquidation, as the instruction layer has found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// Present.
    pub now: Now,
    /// Effective mode is Paused: a fifth of the requirement is spared (D12).
    pub paused: bool,
    /// A window of grace runs ([`crate::mode::Grace`], [`crate::breaker::restart`]).
    pub grace: bool,
    /// What the receiver must have of his initial requirement: 1,000,000 ppm in Normal, 1,100,000
    /// outside.
    pub receiver_scale_ppm: u32,
    /// cov_0 < 1: who buys collateral pays in quote that the same instruction transfers in.
    pub uncovered: bool,
}

/// A liquidatable account as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Health at Maintenance that decided.
    pub health: Health,
    /// How it was measured.
    pub measure: Measure,
    /// Of its value, that of the positions, UsdE6.
    pub legs: i64,
    /// Value without haircut and confidence.
    pub raw: Raw,
    /// Below the critical level: no ramp, grace or cap per slot holds.
    pub critical: bool,
    /// max(ramp, depth) of the premium, e9.
    pub urgency_e9: u64,
    /// clamp(E/MM, 0, 1), e9.
    pub standing_e9: u64,
}

/// Whether two borrowed accounts are one and the same.
pub fn same_account(a: &MarginAccount, b: &MarginAccount) -> bool {
    a.owner == b.owner && a.index == b.index && a.compartment == b.compartment
}

/// Starts the clock of the premium (D7). Anyone may, for an account that is liquidatable now.
///
/// # Errors
/// [`Error::AlreadyFlagged`], [`Error::NotLiquidatable`].
pub fn flag(board: &Board, account: &mut MarginAccount, now: Now, paused: bool) -> Result<()> {
    if account.flagged_open != 0 {
        return Err(Error::AlreadyFlagged);
    }
    if health::eligibility(board, account, now, paused)?.surplus()? >= 0 {
        return Err(Error::NotLiquidatable);
    }
    start_clock(board, account, now)
}

/// Ends the clock: anyone calls twice, at least [`UNFLAG_GAP`] open seconds apart, both times at
/// H_E ≥ 0 and with no take-over between (a50). Says whether the flag is gone.
///
/// # Errors
/// [`Error::NotFlagged`], [`Error::StageForbids`] where H_E < 0, [`Error::TooEarly`].
pub fn unflag(board: &Board, account: &mut MarginAccount, now: Now, paused: bool) -> Result<bool> {
    if account.flagged_open == 0 {
        return Err(Error::NotFlagged);
    }
    let end = health::health(board, account, Level::LiquidationEnd, now, paused)?;
    if end.surplus()? < 0 {
        return Err(Error::StageForbids);
    }
    let open = open_seconds(&board.clock, now.unix);
    let Some(first) = account.unflag_open.checked_sub(1) else {
        account.unflag_open = open.checked_add(1).ok_or(Error::Overflow)?;
        return Ok(false);
    };
    if open
        .checked_sub(first)
        .is_none_or(|passed| passed < UNFLAG_GAP)
    {
        return Err(Error::TooEarly);
    }
    clear_flag(account);
    Ok(true)
}

/// Forgets flag and unflag.
pub fn clear_flag(account: &mut MarginAccount) {
    account.flagged_open = 0;
    account.unflag_open = 0;
    account.flagged_at = 0;
}

fn start_clock(board: &Board, account: &mut MarginAccount, now: Now) -> Result<()> {
    let open = open_seconds(&board.clock, now.unix);
    account.flagged_open = open.checked_add(1).ok_or(Error::Overflow)?;
    account.flagged_at = now.unix;
    Ok(())
}

/// Judges an account that is to be liquidated (D5, D7, D12). Its orders must be void.
///
/// # Errors
/// [`Error::NotLiquidatable`], [`Error::Bankrupt`] for one that can only be wound up,
/// [`Error::GraceHolds`].
pub fn judge(
    board: &Board,
    account: &MarginAccount,
    ramp_seconds: u64,
    around: &Circumstances,
) -> Result<Standing> {
    let now = around.now;
    let [spot, pair] = health::both(board, account, now, around.paused)?;
    let critical = spot.health.below_critical();
    let at_pair = !critical && spot.health.surplus()? < 0;
    let Measured { health, legs } = if at_pair { pair } else { spot };
    if health.surplus()? >= 0 {
        return Err(Error::NotLiquidatable);
    }
    let raw = health::raw(board, account, now)?;
    if raw.value < 0 {
        return Err(Error::Bankrupt);
    }
    if around.grace && !critical && !was_liquidatable(board, account, now)? {
        return Err(Error::GraceHolds);
    }
    let standing_e9 = premium::standing(health.value, health.requirement);
    let waited = account
        .flagged_open
        .checked_sub(1)
        .map(|since| open_seconds(&board.clock, now.unix).saturating_sub(since));
    Ok(Standing {
        health,
        measure: Measure {
            end: false,
            pair: at_pair,
            paused: around.paused,
        },
        legs,
        raw,
        critical,
        urgency_e9: premium::urgency(waited, ramp_seconds, standing_e9),
        standing_e9,
    })
}

/// INV-LIQ for the account, after anything that a liquidation did: H has not fallen, nor has E/MM
/// while E ≥ 0.
///
/// # Errors
/// [`Error::WouldWorsenHealth`].
pub fn not_worse(before: &Health, after: &Health) -> Result<()> {
    if after.surplus()? < before.surplus()? {
        return Err(Error::WouldWorsenHealth);
    }
    if before.value < 0 {
        return Ok(());
    }
    if after.value < 0 {
        return Err(Error::WouldWorsenHealth);
    }
    let better = wide_mul(after.value.unsigned_abs(), before.requirement);
    let worse = wide_mul(before.value.unsigned_abs(), after.requirement);
    if better < worse {
        return Err(Error::WouldWorsenHealth);
    }
    Ok(())
}
