//! How much of a fill is permitted: its class by open interest, the caps, the room they leave.

use bulwark_state::{Board, BoardMarket, Lowered, Market};

use super::{Ended, Rules};
use crate::error::{Error, Result};
use crate::math::{mul_div_floor, mul_pow10_div_ceil};
use crate::staking::stress;
use crate::targets;
use crate::time::Now;

/// Least share of its cap that a trading limit shrinks to, e9.
pub const LEAST_E9: u64 = 200_000_000;
const ONE_E9: u64 = 1_000_000_000;
/// Largest step up of the cap of leverage, e9: from [`LEAST_E9`] of it to the whole, as the
/// coverage breaker ends.
pub const LEVERAGE_RISE_E9: u64 = ONE_E9 / LEAST_E9 * ONE_E9;

/// `BaseE8 × PriceE8` over `UsdE6`.
const SCALE: u64 = 10_000_000_000;

/// What a fill does to open interest (D12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    /// It rises: both open, or one opens more than the other closes.
    Up = 0,
    /// It stays: what one closes the other opens.
    #[default]
    Transfer = 1,
    /// It falls: both close.
    Reduce = 2,
}

/// Size by which a fill of `base` raises open interest, and its class: `base` less what either side
/// closes of its position (BaseE8).
pub fn raised(base: u64, taker_closes: u64, maker_closes: u64) -> (u64, Class) {
    let (taker, maker) = (base.min(taker_closes), base.min(maker_closes));
    // Both are at most `base`, so the first difference exists.
    let opened = base.wrapping_sub(taker);
    match opened.checked_sub(maker) {
        None => (0, Class::Reduce),
        Some(0) => (0, Class::Transfer),
        Some(up) => (up, Class::Up),
    }
}

/// The trading limits of a market that hold now (D4): its caps times [`targets::ease`], new
/// notional also over congestion g, leverage also times what the coverage breaker leaves, never
/// less than [`LEAST_E9`] of a cap; or a guardian's while
/// one was lowered. They bind new risk alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Largest open interest, BaseE8.
    pub open_interest: u64,
    /// Largest new notional per slot, UsdE6.
    pub slot_notional: u64,
    /// Largest leverage, 1e-3.
    pub leverage: u64,
}

/// The limits that hold at `now`. Zero means closed.
///
/// # Errors
/// [`Error::BadIndex`] for a market that the Board doesn't hold.
pub fn caps(board: &Board, market: &Market, now: Now) -> Result<Caps> {
    let entry = board
        .markets
        .get(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    let ease = targets::ease(&entry.margin);
    let factor = board
        .congestion
        .factor_e9
        .clamp(ONE_E9, targets::FACTOR_MAX);
    // Both factors stay below 2^32.
    let crowded = ease.wrapping_mul(ONE_E9) / factor;
    let (oi, leverage) = (
        warmed(entry, market.oi_cap, now)?,
        u64::from(market.leverage_cap),
    );
    let notional = share(market.slot_notional_cap, crowded)?;
    // Both are at most 1e9.
    let covered = ease.wrapping_mul(stress::ease_e9(board, now)) / ONE_E9;
    Ok(Caps {
        open_interest: lower(share(oi, ease)?, &market.lowered_oi, now),
        slot_notional: lower(notional, &market.lowered_notional, now),
        leverage: lower(share(leverage, covered)?, &market.lowered_leverage, now),
    })
}

/// What of a cap holds while a market that the guardian listed warms up from zero.
fn warmed(entry: &BoardMarket, cap: u64, now: Now) -> Result<u64> {
    if now.unix >= entry.warm_until {
        return Ok(cap);
    }
    let walked = now.unix.saturating_sub(entry.warm_from).max(0);
    let whole = entry.warm_until.saturating_sub(entry.warm_from);
    let (walked, whole) = (walked.unsigned_abs(), whole.unsigned_abs());
    mul_div_floor(cap, walked, whole).ok_or(Error::Overflow)
}

/// `⌊cap·ease⌋`, at least [`LEAST_E9`] of the cap.
fn share(cap: u64, ease: u64) -> Result<u64> {
    let ease = ease.max(LEAST_E9);
    if ease >= ONE_E9 {
        return Ok(cap);
    }
    mul_div_floor(cap, ease, ONE_E9).ok_or(Error::Overflow)
}

fn lower(cap: u64, lowered: &Lowered, now: Now) -> u64 {
    let holds = now.unix < lowered.until.at && now.slot < lowered.until.slot;
    if holds { cap.min(lowered.value) } else { cap }
}

/// Size (BaseE8, whole lots) by which fills at `price` may raise open interest now, and what bounds
/// it.
pub(super) fn room(market: &Market, caps: &Caps, price: u64, rules: &Rules) -> (u64, Ended) {
    if !rules.open_interest_up {
        return (0, Ended::InterestClosed);
    }
    // Sizes of limits, no money: below zero there is no room.
    let interest = caps.open_interest.saturating_sub(market.oi_long);
    let used = slot_notional(market, rules.now);
    let notional = caps.slot_notional.saturating_sub(used);
    // Beyond 64 bits no order is as large: the open-interest cap decides.
    let by_slot = mul_div_floor(notional, SCALE, price).unwrap_or(u64::MAX);
    let (room, bound) = if by_slot < interest {
        (by_slot, Ended::SlotCap)
    } else {
        (interest, Ended::InterestCap)
    };
    let part = room.checked_rem(market.lot).unwrap_or(room);
    (room.saturating_sub(part), bound)
}

/// Counts what a fill at `price` has raised open interest by (BaseE8) as new notional of this slot.
///
/// # Errors
/// [`Error::Overflow`].
#[inline]
pub fn note_raised(market: &mut Market, raised: u64, price: u64, now: Now) -> Result<()> {
    let raised = mul_pow10_div_ceil::<10>(raised, price).ok_or(Error::Overflow)?;
    let used = slot_notional(market, now).checked_add(raised);
    market.slot_notional = used.ok_or(Error::Overflow)?;
    market.slot = now.slot;
    Ok(())
}

/// New notional of this slot so far, UsdE6.
fn slot_notional(market: &Market, now: Now) -> u64 {
    if market.slot == now.slot {
        market.slot_notional
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The class against open interest counted from positions, over all small cases.
    #[test]
    fn class_is_the_change_of_open_interest() {
        let longs = |bases: [i64; 2]| bases.iter().map(|base| base.max(&0)).sum::<i64>();
        let shorts = |bases: [i64; 2]| bases.iter().map(|base| -base.min(&0)).sum::<i64>();
        for buyer in -6i64..=6 {
            for seller in -6i64..=6 {
                for base in 1i64..=8 {
                    let after = [buyer + base, seller - base];
                    let change = longs(after) - longs([buyer, seller]);
                    assert_eq!(change, shorts(after) - shorts([buyer, seller]));
                    let (closes, opens) =
                        (buyer.min(0).unsigned_abs(), seller.max(0).unsigned_abs());
                    let (up, class) = raised(base.unsigned_abs(), closes, opens);
                    assert_eq!(up, change.max(0).unsigned_abs());
                    let wanted = match change {
                        1.. => Class::Up,
                        0 => Class::Transfer,
                        _ => Class::Reduce,
                    };
                    assert_eq!(class, wanted, "{buyer} buys {base} from {seller}");
                    // What does not raise it ends exactly at the sum of what both close.
                    let most = closes + opens;
                    assert_eq!(up > 0, base.unsigned_abs() > most);
                }
            }
        }
    }
}
