//! Who bears a loss that an account can't (D8): insurance through leaky buckets, then the gaining
//! side through a loss index no deeper than its gain of the last 30 open minutes, the rest latched
//! as deficit. Every unit of the loss ends in exactly one of the three.

use bulwark_state::{Board, BoardMarket, Bucket, Insurance, Market, QuoteTotals, Wide};

use crate::error::{Error, Result};
use crate::gate::{self, Cell, LegUse};
use crate::ledger::{DAY, fading_add_lasting, fading_left};
use crate::math::{
    mul_pow10_div_floor, mul_shift64_floor, ppm_mul_floor, shift64_div_ceil, u128_from_halves,
};
use crate::outflow::{self, Rate};
use crate::staking;
use crate::time::{Now, open_seconds_of_market};

/// Open minutes whose gain a loss may take back (D8).
pub const GAIN_MINUTES: u64 = 30;
/// A gain counts up to this share of the maintenance floor: one over it.
const GAIN_SHARE_OF_FLOOR: u64 = 5;

/// Where a loss went, UsdE6. The three add up to the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// Paid by insurance.
    pub insured: u64,
    /// Charged to the gaining side through its loss index (L'').
    pub charged: u64,
    /// Latched as deficit.
    pub deficit: u64,
}

/// Takes up to `wanted` (UsdE6) out of insurance: no more than its balance and what the leaky
/// buckets of the compartment and, where given, of the market let out. Returns what was taken; the
/// caller books it where it goes. Counts towards the drawdown breaker.
///
/// # Errors
/// [`Error::Overflow`].
pub fn draw(
    insurance: &mut Insurance,
    market: Option<&mut Bucket>,
    wanted: u64,
    now: Now,
) -> Result<u64> {
    if wanted == 0 || insurance.balance == 0 {
        return Ok(0);
    }
    rebase_drawdown(insurance, now)?;
    let base = insurance.drawdown_base;
    refill(&mut insurance.draws, base, now)?;
    let mut taken = wanted.min(insurance.balance).min(insurance.draws.level);
    if let Some(bucket) = market {
        refill(bucket, base, now)?;
        taken = taken.min(bucket.level);
        bucket.level = sub(bucket.level, taken)?;
    }
    insurance.draws.level = sub(insurance.draws.level, taken)?;
    let before = insurance.balance;
    insurance.balance = sub(before, taken)?;
    staking::bear(insurance, taken, before)?;
    insurance.drawn_total = add(insurance.drawn_total, taken)?;
    fading_add_lasting(&mut insurance.drawdown, taken, now, DAY)?;
    Ok(taken)
}

/// Allocates `loss` (UsdE6) of a bankrupt's leg, `bankrupt_long` being its side, after the leg has
/// moved: the whole loss is booked, never refused. The caller has credited the bankrupt's quote.
///
/// Insurance pays min(L, I, bucket of the market, bucket of the compartment). Of the rest L' the
/// gaining side is charged L'' = min(L', ⌊OI·(g₃₀ − what was charged in that window)⁺⌋) through
/// Δλ = ⌈L''·2⁶⁴/OI⌉, and pot falls by L''; L' − L'' becomes deficit. Where the gate forbids to
/// allocate at the market's price nothing is charged.
///
/// # Errors
/// [`Error::BadIndex`] for a market that the Board doesn't hold, [`Error::Overflow`].
pub fn allocate(
    board: &mut Board,
    market: &mut Market,
    insurance: &mut Insurance,
    totals: &mut QuoteTotals,
    loss: u64,
    bankrupt_long: bool,
    now: Now,
) -> Result<Allocation> {
    if loss == 0 {
        return Ok(Allocation::default());
    }
    let insured = draw(insurance, Some(&mut market.draws), loss, now)?;
    let rest = sub(loss, insured)?;
    let charged = if rest == 0 {
        0
    } else {
        rest.min(room(board, market, bankrupt_long, now)?)
    };
    charge(board, market, charged, bankrupt_long)?;
    if charged > 0 {
        rebase_drawdown(insurance, now)?;
        insurance.socialised_total = add(insurance.socialised_total, charged)?;
        fading_add_lasting(&mut insurance.drawdown, charged, now, DAY)?;
    }
    let deficit = sub(rest, charged)?;
    totals.deficit = add(totals.deficit, deficit)?;
    Ok(Allocation {
        insured,
        charged,
        deficit,
    })
}

/// Allocates a loss that no leg caused: insurance pays within the compartment's bucket, what it
/// does not pay goes to the deficit (D7).
///
/// # Errors
/// [`Error::Overflow`].
pub fn allocate_without_leg(
    insurance: &mut Insurance,
    totals: &mut QuoteTotals,
    loss: u64,
    now: Now,
) -> Result<Allocation> {
    let insured = draw(insurance, None, loss, now)?;
    let deficit = sub(loss, insured)?;
    totals.deficit = add(totals.deficit, deficit)?;
    Ok(Allocation {
        insured,
        charged: 0,
        deficit,
    })
}

/// Moves what rounding left in a market's pot to insurance, once no position is open. Returns it,
/// UsdE6.
///
/// # Errors
/// [`Error::Overflow`].
pub fn sweep_pot(market: &mut Market, insurance: &mut Insurance) -> Result<u64> {
    if market.oi_long != 0 || market.oi_short != 0 || market.quote_sum != 0 || market.pot <= 0 {
        return Ok(0);
    }
    let dust = market.pot.unsigned_abs();
    insurance.balance = add(insurance.balance, dust)?;
    market.pot = 0;
    Ok(dust)
}

/// The most that may be charged now to the side opposite to the bankrupt, UsdE6, rounded down.
fn room(board: &Board, market: &Market, bankrupt_long: bool, now: Now) -> Result<u64> {
    let entry = board_market(board, market)?;
    let feed = board
        .feeds
        .get(usize::from(market.feed))
        .ok_or(Error::BadIndex)?;
    if gate::cell(feed, LegUse::AllocateLoss, now) != Cell::Yes {
        return Ok(0);
    }
    let open = open_seconds_of_market(&board.clock, &entry.clock, now.unix);
    let gain = recent_gain(entry, feed.last.price, bankrupt_long, open)?;
    let (index, open_interest) = if bankrupt_long {
        (entry.loss_short, market.oi_short)
    } else {
        (entry.loss_long, market.oi_long)
    };
    let charged = index
        .get()
        .checked_sub(gain.index)
        .ok_or(Error::InvariantBroken)?;
    // Price (1e-8) times base (1e-8) over money (1e-6): the gain per unit of base, times 2^64.
    let limit = u128_from_halves(gain.distance, 0) / 10_000_000_000;
    let left = limit.saturating_sub(charged);
    mul_shift64_floor(left, open_interest).ok_or(Error::Overflow)
}

/// What a side gained per unit, and its loss index at the start of that window.
struct Gain {
    /// g₃₀, PriceE8.
    distance: u64,
    /// λ at the start.
    index: u128,
}

/// g₃₀ = min((±(P − P of 30 open minutes ago))⁺, ⅕·floor·P) in favour of the side opposite to the
/// bankrupt. The start is the newest minute at least 30 open minutes old, else the oldest there is:
/// price and index of one minute always go together, so no gain is charged twice.
fn recent_gain(entry: &BoardMarket, price: u64, bankrupt_long: bool, open: u64) -> Result<Gain> {
    let minute = open / 60;
    let mut start: Option<&bulwark_state::Minute> = None;
    for seen in &entry.minutes {
        if seen.open_minute == 0 || seen.price == 0 {
            continue;
        }
        let better = start.is_none_or(|best| {
            match (
                old_enough(seen.open_minute, minute),
                old_enough(best.open_minute, minute),
            ) {
                (true, true) => seen.open_minute > best.open_minute,
                (false, false) => seen.open_minute < best.open_minute,
                (old, _) => old,
            }
        });
        if better {
            start = Some(seen);
        }
    }
    let Some(start) = start else {
        let now = if bankrupt_long {
            entry.loss_short
        } else {
            entry.loss_long
        };
        return Ok(Gain {
            distance: 0,
            index: now.get(),
        });
    };
    let (moved, index) = if bankrupt_long {
        (start.price.checked_sub(price), start.loss_short)
    } else {
        (price.checked_sub(start.price), start.loss_long)
    };
    let floor = u64::from(entry.margin.params.floor_e9) / GAIN_SHARE_OF_FLOOR;
    let deepest = mul_pow10_div_floor::<9>(price, floor).ok_or(Error::Overflow)?;
    Ok(Gain {
        distance: moved.unwrap_or(0).min(deepest),
        index: index.get(),
    })
}

/// True for a close at least [`GAIN_MINUTES`] before `minute`. Entries count minutes from one.
fn old_enough(open_minute: u64, minute: u64) -> bool {
    open_minute
        .checked_add(GAIN_MINUTES)
        .is_some_and(|end| end <= minute.saturating_add(1))
}

/// Moves the loss index of the side opposite to the bankrupt by ⌈L''·2⁶⁴/OI⌉ and the pot by −L''.
///
/// # Errors
/// [`Error::BadIndex`], [`Error::Overflow`].
pub fn charge(
    board: &mut Board,
    market: &mut Market,
    charged: u64,
    bankrupt_long: bool,
) -> Result<()> {
    let open_interest = market.oi_long;
    let opposite = if bankrupt_long {
        market.oi_short
    } else {
        market.oi_long
    };
    let entry = board
        .markets
        .get_mut(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    entry.open_interest = open_interest;
    if charged == 0 {
        return Ok(());
    }
    let step = shift64_div_ceil(charged, opposite).ok_or(Error::Overflow)?;
    let index = if bankrupt_long {
        &mut entry.loss_short
    } else {
        &mut entry.loss_long
    };
    *index = Wide::new(index.get().checked_add(step).ok_or(Error::Overflow)?);
    market.pot = market
        .pot
        .checked_sub_unsigned(charged)
        .ok_or(Error::Overflow)?;
    Ok(())
}

/// The balance that the drawdown is compared with, and that the buckets are shares of: the one
/// before the first loss that still counts, or a later larger one. It does not fall with the draws.
fn rebase_drawdown(insurance: &mut Insurance, now: Now) -> Result<()> {
    let fresh = fading_left(&insurance.drawdown, now, DAY)? == 0;
    let kept = if fresh { 0 } else { insurance.drawdown_base };
    insurance.drawdown_base = kept.max(insurance.balance);
    Ok(())
}

/// Refills a bucket whose cap is a share of `base` (D6).
pub(crate) fn refill(bucket: &mut Bucket, base: u64, now: Now) -> Result<()> {
    let cap = ppm_mul_floor(base, bucket.cap_ppm).ok_or(Error::Overflow)?;
    let rate = Rate {
        cap,
        refill: cap,
        period: bucket.period.into(),
    };
    outflow::fill(bucket, &rate, now)
}

fn board_market<'a>(board: &'a Board, market: &Market) -> Result<&'a BoardMarket> {
    board
        .markets
        .get(usize::from(market.index))
        .ok_or(Error::BadIndex)
}

fn add(a: u64, b: u64) -> Result<u64> {
    a.checked_add(b).ok_or(Error::Overflow)
}

fn sub(a: u64, b: u64) -> Result<u64> {
    a.checked_sub(b).ok_or(Error::Overflow)
}
