//! Winding a bankrupt account up (D7), whole or by an equal fraction of everything, in one
//! instruction that handles one market at a time:
//!
//! [`begin`], then [`move_leg`] for every leg, [`sell_collateral`] once, [`close`] (books the
//! loss),
//! [`allocate_leg`] for every leg (or [`allocate_rest`] where there is none), [`finish`].
//!
//! A [`Plan`] on the stack carries what the steps share and refuses a step out of turn or left out:
//! nothing of the account can be forgotten, and every unit of the loss is allocated (INV-LEDGER).
//!
//! What the gate closes (a leg whose price is dead, a token whose price is old) stays behind, and
//! with it as much debt as it is worth at the price that favours the account: one lot of a dead
//! market neither holds a wind-up up (a11), nor is the loss of the rest counted twice.

mod steps;

pub use steps::{
    Moved, Sale, allocate_leg, allocate_rest, close, finish, move_leg, sell_collateral,
};

use bulwark_state::{Board, Collateral, Deltas, MAX_POSITIONS, MarginAccount, QuoteTotals};

use crate::error::{Error, Result};
use crate::gate::{self, Cell, LegUse, conditions, liquidation_price};
use crate::health::{self, Measure, leg_ratios, measured};
use crate::ledger;
use crate::liquidation::{Circumstances, SETTLED, same_account};
use crate::math::{PPM, mul_pow10_div_floor};
use crate::order;

/// Smallest fraction of a wind-up, ppm; the largest is the whole, 1,000,000 ppm.
pub const MIN_FRACTION_PPM: u32 = 10_000;

/// What the steps of one wind-up share.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// φ, ppm.
    fraction_ppm: u32,
    /// Position slots whose legs move, one bit each.
    legs: u8,
    /// Those of them that are long.
    longs: u8,
    /// Those that have moved.
    moved: u8,
    /// Those whose share of the loss is allocated.
    allocated: u8,
    /// Premium on the legs' notional, from insurance, ppm.
    premium_ppm: u32,
    /// Discount on collateral, ppm.
    discount_ppm: u32,
    /// Something stays behind because the gate closes it.
    kept: bool,
    /// Collateral is sold.
    sold: bool,
    /// The loss is booked.
    closed: bool,
    /// Market of each slot.
    markets: [u8; MAX_POSITIONS],
    /// r_M·N of each slot before, UsdE6.
    weights: [u64; MAX_POSITIONS],
    /// Their sum.
    weight: u64,
    /// x before, touched.
    quote_before: i64,
    /// H_M before.
    surplus_before: i64,
    /// L.
    loss: u64,
    /// Of it not allocated yet.
    left: u64,
}

impl Plan {
    /// Markets whose legs move, in the order of their slots: the steps want each of them once.
    pub fn markets(&self) -> impl Iterator<Item = u8> + '_ {
        let legs = self.legs;
        let wanted = move |(slot, market): (usize, &u8)| bit(legs, slot).then_some(*market);
        self.markets.iter().enumerate().filter_map(wanted)
    }

    /// L, once [`close`] has booked it, UsdE6.
    pub fn loss(&self) -> u64 {
        self.loss
    }

    /// Slot of the market's leg that isn't in `done` yet.
    fn slot(&self, market: u8, done: u8) -> Result<usize> {
        let open = self.legs & !done;
        let at = |(slot, of): (usize, &u8)| (*of == market && bit(open, slot)).then_some(slot);
        self.markets
            .iter()
            .enumerate()
            .find_map(at)
            .ok_or(Error::NoPosition)
    }
}

fn bit(mask: u8, slot: usize) -> bool {
    mask >> (slot & 7) & 1 == 1
}

fn set(mask: &mut u8, slot: usize) {
    *mask |= 1 << (slot & 7);
}

/// Starts to wind a bankrupt account up by `fraction_ppm` of everything. Its orders are void, its
/// interest is booked.
///
/// # Errors
/// [`Error::SelfLiquidation`], [`Error::BadValue`] for a fraction out of range,
/// [`Error::TicketsWait`] before what waits in tickets was taken back
/// ([`crate::withdrawal::reclaim_token`], [`crate::withdrawal::reclaim_quote`]),
/// [`Error::NotBankrupt`], [`Error::MarketForbids`] for a leg in a settled market (it is closed
/// there first), [`Error::OracleGate`] while a jump waits, and for a part while the gate closes a
/// leg or token, [`Error::NothingToTake`].
pub fn begin(
    board: &Board,
    liquidatee: &mut MarginAccount,
    receiver: &MarginAccount,
    deltas: &mut Deltas,
    totals: &QuoteTotals,
    fraction_ppm: u32,
    around: &Circumstances,
) -> Result<Plan> {
    if same_account(liquidatee, receiver) {
        return Err(Error::SelfLiquidation);
    }
    if !(MIN_FRACTION_PPM..=PPM).contains(&fraction_ppm) {
        return Err(Error::BadValue);
    }
    let waits = |token: &Collateral| token.pending != 0;
    if waits(&liquidatee.quote_claims) || liquidatee.collaterals.iter().any(waits) {
        return Err(Error::TicketsWait);
    }
    order::void_all(liquidatee);
    ledger::touch_quote(board, liquidatee, deltas)?;
    let surplus_before = surplus(board, liquidatee, around)?;
    if surplus_before >= 0 || health::raw_value(board, liquidatee, around.now)? >= 0 {
        return Err(Error::NotBankrupt);
    }
    let mut plan = Plan {
        fraction_ppm,
        legs: 0,
        longs: 0,
        moved: 0,
        allocated: 0,
        premium_ppm: totals.wind_up_premium_ppm,
        discount_ppm: totals.wind_up_discount_ppm,
        kept: false,
        sold: false,
        closed: false,
        markets: [0; MAX_POSITIONS],
        weights: [0; MAX_POSITIONS],
        weight: 0,
        quote_before: liquidatee.quote,
        surplus_before,
        loss: 0,
        left: 0,
    };
    plan_legs(&mut plan, board, liquidatee, around)?;
    let tokens = plan_tokens(&mut plan, board, liquidatee, around)?;
    if plan.kept && fraction_ppm != PPM {
        return Err(Error::OracleGate);
    }
    if plan.legs == 0 && !tokens && liquidatee.quote >= 0 {
        return Err(Error::NothingToTake);
    }
    Ok(plan)
}

/// H_M at the newest prints: a bankrupt account is below every critical level.
fn surplus(board: &Board, account: &MarginAccount, around: &Circumstances) -> Result<i64> {
    let measure = Measure {
        end: false,
        pair: false,
        paused: around.paused,
    };
    measured(board, account, measure, around.now)?.surplus()
}

/// Notes which legs move, and their weights r_M·N.
fn plan_legs(
    plan: &mut Plan,
    board: &Board,
    account: &MarginAccount,
    around: &Circumstances,
) -> Result<()> {
    let places = plan.markets.iter_mut().zip(plan.weights.iter_mut());
    for (slot, (position, (place, weight))) in account.positions.iter().zip(places).enumerate() {
        if position.active == 0 || position.base == 0 {
            continue;
        }
        let market = board
            .markets
            .get(usize::from(position.market))
            .ok_or(Error::BadIndex)?;
        if market.status == SETTLED {
            return Err(Error::MarketForbids);
        }
        if !opens(board, market.feed, LegUse::Liquidate, around)? {
            plan.kept = true;
            continue;
        }
        let ratio = leg_ratios(board, position.market, position.base, around.now)?.maintenance;
        let mark = health::mark(board, position.market)?;
        *weight = mul_pow10_div_floor::<10>(position.base.unsigned_abs(), mark)
            .and_then(|notional| mul_pow10_div_floor::<9>(notional, ratio))
            .ok_or(Error::Overflow)?;
        plan.weight = plan.weight.checked_add(*weight).ok_or(Error::Overflow)?;
        *place = position.market;
        set(&mut plan.legs, slot);
        if position.base > 0 {
            set(&mut plan.longs, slot);
        }
    }
    Ok(())
}

/// Whether there is a token to sell; notes the ones that the gate closes.
fn plan_tokens(
    plan: &mut Plan,
    board: &Board,
    account: &MarginAccount,
    around: &Circumstances,
) -> Result<bool> {
    let mut found = false;
    for token in account
        .collaterals
        .iter()
        .filter(|c| c.active != 0 && c.amount != 0)
    {
        let bank = board
            .banks
            .get(usize::from(token.bank))
            .ok_or(Error::BadIndex)?;
        if opens(board, bank.feed, LegUse::Convert, around)? {
            found = true;
        } else {
            plan.kept = true;
        }
    }
    Ok(found)
}

/// Whether the gate opens a leg or token. A jump that waits to be confirmed makes the whole wait.
fn opens(board: &Board, feed: u8, usage: LegUse, around: &Circumstances) -> Result<bool> {
    let feed = board.feeds.get(usize::from(feed)).ok_or(Error::BadIndex)?;
    let dead_in_pause = around.paused && conditions(feed, around.now).old;
    match gate::cell(feed, usage, around.now) {
        Cell::Wait => Err(Error::OracleGate),
        Cell::No => Ok(false),
        _ => Ok(!dead_in_pause),
    }
}

/// Price at which a leg moves (a bankrupt account is below the critical level): the newest print,
/// at the favourable edge where the gate says so. In Paused only live legs move.
fn price(
    board: &Board,
    feed: u8,
    base: i64,
    margin_ppm: u32,
    around: &Circumstances,
) -> Result<u64> {
    let feed = board.feeds.get(usize::from(feed)).ok_or(Error::BadIndex)?;
    if around.paused && conditions(feed, around.now).old {
        return Err(Error::OracleGate);
    }
    liquidation_price(feed, base > 0, margin_ppm, true, around.now)
}
