//! What two guardians may do at once (D12), and nothing else: lower an open-interest, notional,
//! leverage or deposit cap, close a market or a bank for new risk. Each lapses by itself, at most
//! twice per item in 30 days, and touches new risk alone.

use bulwark_state::{Bank, BoardBank, End, Lowered, Market};

use super::Group;
use super::change::{CLOSED, NEVER};
use crate::error::{Error, Result};
use crate::guardian::Setting;
use crate::mode::{WINDOW, end_after, running, spend};
use crate::time::Now;

/// Longest that an instant tightening lasts, seconds (72 h).
pub const TIGHTENING: u64 = 72 * 3_600;

const OI_CAP: u16 = Group::Market.id(0);
const NOTIONAL_CAP: u16 = Group::Market.id(1);
const LEVERAGE_CAP: u16 = Group::Market.id(2);
const DEPOSIT_CAP: u16 = Group::Bank.id(0);

/// The later of a running end and a new one.
fn grown(old: &End, new: End, now: Now) -> End {
    if !running(old, now) {
        return new;
    }
    End {
        at: old.at.max(new.at),
        slot: old.slot.max(new.slot),
    }
}

/// Lowers a cap. One that is lowered already never rises by it.
fn lower(lowered: &mut Lowered, cap: u64, value: u64, end: End, now: Now) -> Result<()> {
    if value >= cap {
        return Err(Error::ParameterOutOfBounds);
    }
    spend(&mut lowered.given_at, WINDOW, now.unix)?;
    let runs = running(&lowered.until, now);
    lowered.value = if runs {
        value.min(lowered.value)
    } else {
        value
    };
    lowered.until = grown(&lowered.until, end, now);
    Ok(())
}

/// Closes for new risk.
fn close(until: &mut End, given_at: &mut [i64; 2], value: u64, end: End, now: Now) -> Result<()> {
    if value != 1 || *until == NEVER {
        return Err(Error::ParameterOutOfBounds);
    }
    spend(given_at, WINDOW, now.unix)?;
    *until = grown(until, end, now);
    Ok(())
}

/// Tightens a market for [`TIGHTENING`] seconds.
///
/// # Errors
/// `BadAction` for a parameter that isn't one of the instant powers, `ParameterOutOfBounds` for a
/// value that lowers nothing, `BudgetExhausted`.
pub fn tighten_market(market: &mut Market, setting: Setting, slot_ms: u32, now: Now) -> Result<()> {
    let end = end_after(now, TIGHTENING, slot_ms)?;
    let value = setting.value;
    match setting.id {
        OI_CAP => lower(&mut market.lowered_oi, market.oi_cap, value, end, now),
        NOTIONAL_CAP => {
            let cap = market.slot_notional_cap;
            lower(&mut market.lowered_notional, cap, value, end, now)
        }
        LEVERAGE_CAP => {
            let cap = u64::from(market.leverage_cap);
            lower(&mut market.lowered_leverage, cap, value, end, now)
        }
        CLOSED => {
            let Market {
                closed_until,
                closed_at,
                ..
            } = market;
            close(closed_until, closed_at, value, end, now)
        }
        _ => Err(Error::BadAction),
    }
}

/// Tightens a bank for [`TIGHTENING`] seconds, on the Board too.
///
/// # Errors
/// As [`tighten_market`].
pub fn tighten_bank(
    bank: &mut Bank,
    seat: &mut BoardBank,
    setting: Setting,
    slot_ms: u32,
    now: Now,
) -> Result<()> {
    let end = end_after(now, TIGHTENING, slot_ms)?;
    match setting.id {
        DEPOSIT_CAP => {
            let cap = bank.deposit_cap;
            lower(&mut bank.lowered_deposits, cap, setting.value, end, now)
        }
        CLOSED => {
            let Bank {
                no_new_risk_until,
                closed_at,
                ..
            } = bank;
            close(no_new_risk_until, closed_at, setting.value, end, now)?;
            seat.no_new_risk_until = *no_new_risk_until;
            Ok(())
        }
        _ => Err(Error::BadAction),
    }
}

/// The cap that holds now: the bank's own, or a lower one while it was lowered.
pub fn deposit_cap(bank: &Bank, now: Now) -> u64 {
    if running(&bank.lowered_deposits.until, now) {
        bank.deposit_cap.min(bank.lowered_deposits.value)
    } else {
        bank.deposit_cap
    }
}
