//! The take-over of a leg (D7): transfer at the mark that favours the account, premium, fee,
//! top-up.

use bulwark_state::{Board, Deltas, Insurance, MarginAccount, Market, Position};

use super::premium::{self, CASCADE_RAMP, ONE_E9, Terms, ppm_to_e9};
use super::sizing::Leg;
use super::{Circumstances, SETTLED, Standing, judge, not_worse, same_account, start_clock};
use crate::breaker;
use crate::error::{Error, Result};
use crate::gate::{conditions, liquidation_price, maintenance_price};
use crate::health::{self, PAUSED_REQUIREMENT_PPM, leg_ratios, measured};
use crate::ledger::{self, Traded};
use crate::loss;
use crate::math::{PPM, mul_pow10_div_ceil, mul_pow10_div_floor, ppm_mul_floor};
use crate::order;
use crate::time::Now;

/// Below this E/MM insurance tops the premium up: the auction's depth is at its end there.
const DEEP_E9: u64 = ONE_E9 / 2;

/// What a take-over did. Money in UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// Base that moved, BaseE8.
    pub size: u64,
    /// 1 if the leg was long.
    pub long: bool,
    /// Price, PriceE8.
    pub price: u64,
    /// Notional at that price.
    pub notional: u64,
    /// Paid by the account to the receiver.
    pub premium: u64,
    /// Paid by insurance to the receiver.
    pub top_up: u64,
    /// Paid by the account to the fees.
    pub fee: u64,
    /// What the receiver closed and opened.
    pub received: Traded,
}

/// Takes a leg of a liquidatable account over (D7). Orders of the liquidatee are void first.
///
/// The leg goes to `receiver` at the mark that favours the liquidatee (rounded in his favour): at
/// most `largest` (BaseE8), at most what lifts him to LiquidationEnd, at most the share of a slot
/// (halved in a cascade); below the critical level, or if only dust would stay, up to the whole
/// leg. Premium and fee come from the liquidatee; where he is deep under, insurance tops the
/// premium up. An account that isn't flagged yet is flagged by this.
///
/// # Errors
/// [`Error::SelfLiquidation`], [`Error::NoPosition`], [`Error::MarketForbids`] for a settled
/// market, those of [`judge`], [`Error::OracleGate`]
/// where the gate closes this leg, [`Error::SlotShare`], [`Error::NothingToTake`],
/// [`Error::WouldWorsenHealth`], [`Error::ReceiverUnhealthy`], [`Error::PositionSlotsFull`].
pub fn take_over(
    board: &Board,
    market: &mut Market,
    liquidatee: &mut MarginAccount,
    receiver: &mut MarginAccount,
    insurance: &mut Insurance,
    largest: u64,
    around: &Circumstances,
) -> Result<TakenOver> {
    if same_account(liquidatee, receiver) {
        return Err(Error::SelfLiquidation);
    }
    order::void_all(liquidatee);
    let now = around.now;
    let cascade = cascading(board, market, now)?;
    let ramp = u64::from(market.premium_ramp);
    let ramp = if cascade {
        ramp.saturating_mul(CASCADE_RAMP)
    } else {
        ramp
    };
    let before = judge(board, liquidatee, ramp, around)?;
    let slot = ledger::position_of(liquidatee, market.index).ok_or(Error::NoPosition)?;
    let deal = Deal::new(board, market, liquidatee, before, slot, now)?;
    let position = liquidatee.positions.get(slot).ok_or(Error::NoPosition)?;
    let size = deal.size(market, position, largest, cascade)?;
    let taken = deal.transfer(market, liquidatee, receiver, insurance, size)?;
    deal.note(market, liquidatee, &taken)?;
    ledger::release_position(liquidatee, slot);
    ledger::update_live(liquidatee, &mut market.deltas)?;
    ledger::update_live(receiver, &mut market.deltas)?;
    loss::sweep_pot(market, insurance)?;
    not_worse(
        &before.health,
        &measured(board, liquidatee, before.measure, now)?,
    )?;
    if !health::initial_ok(board, receiver, now, around.receiver_scale_ppm)? {
        return Err(Error::ReceiverUnhealthy);
    }
    Ok(taken)
}

/// Whether the liquidated notional of the cascade window is above its share of open interest, or
/// was within the window before: then premiums ramp longer and less of an account goes per slot
/// (never a global quota, a32).
///
/// # Errors
/// [`Error::Overflow`], [`Error::OracleGate`] before the first print.
pub fn cascading(board: &Board, market: &Market, now: Now) -> Result<bool> {
    if breaker::cascade::stands(market, now) {
        return Ok(true);
    }
    let mut bucket = market.cascade;
    loss::refill(&mut bucket, open_notional(board, market)?, now)?;
    Ok(bucket.level == 0)
}

/// Open interest at mark, UsdE6.
fn open_notional(board: &Board, market: &Market) -> Result<u64> {
    let mark = health::mark(board, market.index)?;
    mul_pow10_div_floor::<10>(market.oi_long, mark).ok_or(Error::Overflow)
}

/// A take-over about to happen.
struct Deal<'a> {
    leg: Leg<'a>,
    /// Slot of the leg in the liquidatee.
    slot: usize,
    /// −H_E, UsdE6.
    shortfall: u64,
    /// r_E, scaled, e9.
    end_margin: u64,
    before: Standing,
}

impl<'a> Deal<'a> {
    fn new(
        board: &'a Board,
        market: &Market,
        account: &MarginAccount,
        before: Standing,
        slot: usize,
        now: Now,
    ) -> Result<Self> {
        let position = account.positions.get(slot).ok_or(Error::NoPosition)?;
        let base = position.base;
        if base == 0 {
            return Err(Error::NoPosition);
        }
        let entry = board.markets.get(usize::from(market.index));
        if entry.ok_or(Error::BadIndex)?.status == SETTLED {
            return Err(Error::MarketForbids);
        }
        let feed = board
            .feeds
            .get(usize::from(market.feed))
            .ok_or(Error::BadIndex)?;
        let paused = before.measure.paused;
        let scale_ppm = if paused { PAUSED_REQUIREMENT_PPM } else { PPM };
        let scaled = |ratio| ppm_mul_floor(ratio, scale_ppm).ok_or(Error::Overflow);
        let ratios = leg_ratios(board, market.index, base, now)?;
        let margin = u32::try_from(ratios.maintenance.div_ceil(1_000));
        let margin = margin.map_err(|_| Error::Overflow)?;
        let faults = conditions(feed, now);
        if paused && faults.old {
            return Err(Error::OracleGate);
        }
        let pair = before.measure.pair;
        let terms = Terms {
            kappa_ppm: market.premium_kappa_ppm,
            cap_ppm: market.premium_cap_ppm,
            fee_ppm: market.liquidation_fee_ppm,
        };
        let maintenance = scaled(ratios.maintenance)?;
        let end = health::at_end(board, account, before.measure, before.legs, now)?;
        let shortfall = end.surplus()?.checked_neg().ok_or(Error::Overflow)?;
        Ok(Self {
            leg: Leg {
                board,
                market: market.index,
                base,
                value_price: maintenance_price(feed, &faults, base > 0, margin, pair, now)?,
                mark: health::mark(board, market.index)?,
                price: liquidation_price(feed, base > 0, margin, before.critical, now)?,
                cost: premium::price(terms, maintenance, before.standing_e9, before.urgency_e9)?,
                scale_ppm,
                lot: market.lot,
                now,
            },
            slot,
            shortfall: shortfall.max(0).unsigned_abs(),
            end_margin: scaled(ratios.end)?,
            before,
        })
    }

    /// Base to take over: see [`take_over`].
    fn size(
        &self,
        market: &Market,
        position: &Position,
        largest: u64,
        cascade: bool,
    ) -> Result<u64> {
        let whole = self.leg.base.unsigned_abs();
        let mut size = whole;
        if !self.before.critical {
            let needed = self.leg.size_to_end(self.shortfall, self.end_margin)?;
            let room = self.slot_room(market, position, cascade)?;
            size = needed.min(room);
            let rest = whole.checked_sub(size).ok_or(Error::Overflow)?;
            if self.leg.notional(rest)? < market.dust_notional {
                size = whole;
            } else if size == 0 {
                return Err(Error::SlotShare);
            }
        }
        if largest < size {
            let lot = market.lot.max(1);
            size = (largest / lot).checked_mul(lot).ok_or(Error::Overflow)?;
        }
        if size == 0 {
            return Err(Error::NothingToTake);
        }
        Ok(size)
    }

    /// What of the leg may still go in this slot, in lots, at least one at first.
    fn slot_room(&self, market: &Market, position: &Position, cascade: bool) -> Result<u64> {
        let (from, taken) = if position.taken_slot == self.leg.now.slot {
            (position.taken_from, position.taken_base)
        } else {
            (position.base.unsigned_abs(), 0)
        };
        let share = if cascade {
            market.slot_share_ppm / 2
        } else {
            market.slot_share_ppm
        };
        let lot = market.lot.max(1);
        let most = ppm_mul_floor(from, share.min(PPM))
            .ok_or(Error::Overflow)?
            .max(lot);
        let room = most.saturating_sub(taken) / lot;
        room.checked_mul(lot).ok_or(Error::Overflow)
    }

    /// Moves the leg, then premium and top-up.
    fn transfer(
        &self,
        market: &mut Market,
        liquidatee: &mut MarginAccount,
        receiver: &mut MarginAccount,
        insurance: &mut Insurance,
        size: u64,
    ) -> Result<TakenOver> {
        let (board, now) = (self.leg.board, self.leg.now);
        let notional = self.leg.notional(size)?;
        let (premium, fee) = self.leg.charges(notional)?;
        let wanted = self.top_up_wanted(market, notional, fee)?;
        let top_up = loss::draw(insurance, Some(&mut market.draws), wanted, now)?;
        let received = move_leg(
            board, market, liquidatee, receiver, self.slot, size, notional, fee, now,
        )?;
        let got = premium.checked_add(top_up).ok_or(Error::Overflow)?;
        debit(board, liquidatee, premium, &mut market.deltas, now)?;
        credit(board, receiver, got, &mut market.deltas, now)?;
        Ok(TakenOver {
            size,
            long: self.leg.base > 0,
            price: self.leg.price,
            notional,
            premium,
            top_up,
            fee,
            received,
        })
    }

    /// π_min − π of a deep account, never above the fees of opening and closing that notional as a
    /// maker, the liquidation fee included: so nobody earns by liquidating himself (a51).
    fn top_up_wanted(&self, market: &Market, notional: u64, fee: u64) -> Result<u64> {
        if self.before.standing_e9 >= DEEP_E9 {
            return Ok(0);
        }
        let least = ppm_to_e9(market.premium_min_ppm);
        let missing = least.saturating_sub(self.leg.cost.premium_e9);
        let wanted = mul_pow10_div_floor::<9>(notional, missing).ok_or(Error::Overflow)?;
        let side = ppm_mul_floor(notional, market.maker_fee_ppm.min(market.taker_fee_ppm));
        let fees = side
            .and_then(|side| side.checked_mul(2))
            .and_then(|fees| fees.checked_add(fee))
            .ok_or(Error::Overflow)?;
        Ok(wanted.min(fees))
    }

    /// Counters of the slot and of the cascade, flag clock.
    fn note(
        &self,
        market: &mut Market,
        account: &mut MarginAccount,
        taken: &TakenOver,
    ) -> Result<()> {
        let (board, now) = (self.leg.board, self.leg.now);
        note_taken(account, self.slot, self.leg.base, taken.size, now)?;
        account.unflag_open = 0;
        if account.flagged_open == 0 {
            start_clock(board, account, now)?;
        }
        count_liquidated(board, market, taken.notional, now)
    }
}

/// Counts what was taken of a leg in this slot; `base` is the leg before.
///
/// # Errors
/// [`Error::NoPosition`], [`Error::Overflow`].
pub fn note_taken(
    account: &mut MarginAccount,
    slot: usize,
    base: i64,
    size: u64,
    now: Now,
) -> Result<()> {
    let position = account.positions.get_mut(slot).ok_or(Error::NoPosition)?;
    if position.taken_slot != now.slot {
        position.taken_slot = now.slot;
        position.taken_base = 0;
        position.taken_from = base.unsigned_abs();
    }
    position.taken_base = position
        .taken_base
        .checked_add(size)
        .ok_or(Error::Overflow)?;
    Ok(())
}

/// Counts liquidated notional towards the cascade, and trips it where the bucket runs empty.
///
/// # Errors
/// [`Error::OracleGate`] before the first print, [`Error::Overflow`].
pub fn count_liquidated(board: &Board, market: &mut Market, notional: u64, now: Now) -> Result<()> {
    let base = open_notional(board, market)?;
    loss::refill(&mut market.cascade, base, now)?;
    market.cascade.level = market.cascade.level.saturating_sub(notional);
    if market.cascade.level == 0 {
        breaker::cascade::trip(market, now)?;
    }
    Ok(())
}

/// ⌊size·price⌋ or ⌈size·price⌉, UsdE6, whichever favours the account whose leg goes: a long is
/// paid it, a short pays it.
pub(crate) fn favouring(long: bool, size: u64, price: u64) -> Result<u64> {
    let rounded = if long {
        mul_pow10_div_ceil::<10>(size, price)
    } else {
        mul_pow10_div_floor::<10>(size, price)
    };
    rounded.ok_or(Error::Overflow)
}

/// Adds profit to an account's quote: it counts as realised lately (D9).
pub fn credit(
    board: &Board,
    account: &mut MarginAccount,
    amount: u64,
    deltas: &mut Deltas,
    now: Now,
) -> Result<()> {
    let change = i64::try_from(amount).map_err(|_| Error::Overflow)?;
    ledger::add_quote(board, account, change, deltas, now)?;
    ledger::fading_add_lasting(&mut account.realised, amount, now, ledger::DAY)
}

/// Takes a loss from an account's quote.
pub fn debit(
    board: &Board,
    account: &mut MarginAccount,
    amount: u64,
    deltas: &mut Deltas,
    now: Now,
) -> Result<()> {
    let change = i64::try_from(amount)
        .ok()
        .and_then(i64::checked_neg)
        .ok_or(Error::Overflow)?;
    ledger::add_quote(board, account, change, deltas, now)?;
    ledger::fading_take(&mut account.realised, amount, now, ledger::DAY)?;
    Ok(())
}

/// Moves `size` of the liquidatee's leg in `slot` to the receiver for `notional`: open interest is
/// transferred, or falls where the receiver holds the other side. The fee is the liquidatee's.
#[allow(clippy::too_many_arguments)]
pub fn move_leg(
    board: &Board,
    market: &mut Market,
    liquidatee: &mut MarginAccount,
    receiver: &mut MarginAccount,
    slot: usize,
    size: u64,
    notional: u64,
    fee: u64,
    now: Now,
) -> Result<Traded> {
    let position = liquidatee.positions.get(slot).ok_or(Error::NoPosition)?;
    let change = i64::try_from(size).map_err(|_| Error::Overflow)?;
    let back = change.checked_neg().ok_or(Error::Overflow)?;
    let (out, into) = if position.base > 0 {
        (back, change)
    } else {
        (change, back)
    };
    let theirs = ledger::open_position(board, receiver, market.index)?;
    ledger::trade(board, liquidatee, slot, market, out, notional, fee, now)?;
    let received = ledger::trade(board, receiver, theirs, market, into, notional, 0, now)?;
    ledger::release_position(receiver, theirs);
    Ok(received)
}
