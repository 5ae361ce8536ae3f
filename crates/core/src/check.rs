//! What the permissionless `check` recomputes from what lies on chain (DESIGN section 7, D12), item
//! by item. A finding is a value, never an error: an alarm that fails rolls itself back.
//!
//! Nothing here needs an earlier look to be honest: a vault is compared with its claims, longs with
//! shorts, an index with where the last check saw it. [`crate::mode::observe`] keeps the bits.

use core::ops::DerefMut;

use bulwark_state::{Bank, Board, Budget, Compartment, Deltas, MarginAccount, Market, Wide};

use crate::conserve::quote_balance;
use crate::coverage::{self, Checked};
use crate::error::{Error, Result};
use crate::ledger;
use crate::liquidation::SETTLED;
use crate::mode::{self, AUTOMATION_PAUSE, Finding, GUARDIAN_PAUSE, Global, Limits, running};
use crate::outflow::{self, Flow};
use crate::time::Now;

/// What the first latch of a bit pays out of fees, UsdE6 ($5).
pub const REWARD: u64 = 5_000_000;
/// A compartment rewards a latch once in so many seconds (a day).
pub const REWARD_EVERY: u64 = 86_400;

const fn sound(holds: bool) -> Finding {
    if holds {
        Finding::Sound
    } else {
        Finding::Broken
    }
}

/// Whether an index stands where it was last seen or further; notes where, if so.
fn forward(seen: &mut Wide, index: Wide) -> bool {
    let holds = index.get() >= seen.get();
    if holds {
        *seen = index;
    }
    holds
}

/// The Board's own: interest indexes only grow, and nothing was refreshed in a slot to come.
pub fn board(board: &mut Board, now: Now) -> Finding {
    let debt = forward(&mut board.debt_seen, board.debt_index);
    let lend = forward(&mut board.lend_seen, board.lend_index);
    sound(debt && lend && board.refresh_slot <= now.slot)
}

/// A market: OI_long = OI_short until it is settled; nothing is owed once no position is open; its
/// loss indexes only grow (D1, D8). `holds`: what the program asks of the account alone.
///
/// # Errors
/// [`Error::BadIndex`] for a market that the Board doesn't hold.
pub fn market(board: &Board, market: &mut Market, holds: bool) -> Result<Finding> {
    let entry = board
        .markets
        .get(usize::from(market.index))
        .ok_or(Error::BadIndex)?;
    let long = forward(&mut market.loss_long_seen, entry.loss_long);
    let short = forward(&mut market.loss_short_seen, entry.loss_short);
    let matched = market.status == SETTLED || market.oi_long == market.oi_short;
    let open = market.oi_long | market.oi_short != 0;
    let empty = open || (market.quote_sum == 0 && market.pot >= 0);
    Ok(sound(holds && long && short && matched && empty))
}

/// A token's bank: what lies in its vault against its claims (one-sided: a surplus is sound), and
/// `holds`, what the program asks of the account alone. Copies the coverage to the Board.
///
/// # Errors
/// [`Error::BadIndex`] for quote, or a bank that the Board doesn't hold.
pub fn token(board: &mut Board, bank: &Bank, vault: u64, holds: bool) -> Result<Finding> {
    let seat = board
        .banks
        .get_mut(usize::from(bank.index))
        .filter(|_| bank.index != 0)
        .ok_or(Error::BadIndex)?;
    // What can't be told from overflow is more than any vault holds.
    let Ok(checked) = coverage::check_token(bank, vault) else {
        seat.coverage_e9 = 0;
        return Ok(Finding::ValueMissing);
    };
    seat.coverage_e9 = checked.coverage_e9;
    Ok(found(&checked, holds))
}

const fn found(checked: &Checked, holds: bool) -> Finding {
    if checked.missing > 0 {
        Finding::ValueMissing
    } else {
        sound(holds)
    }
}

/// What a check of the quote bank found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Vault against all that is owed from it.
    pub bank: Finding,
    /// Whether a booked loss is borne by nobody.
    pub deficit: Finding,
    /// X⁺, X⁻ and F are not below zero. The live count may be: accounts that a token opened are
    /// counted in its bank.
    pub counters: Finding,
}

/// The quote bank, from **all** markets, which are folded: stores D and C for the withdrawals to
/// come, lets the deficit fall to what is left of the hole, and copies the coverage to the Board
/// (D1, D3). `holds`: what the program asks of the account alone.
pub fn quote<M: DerefMut<Target = Market>>(
    board: &mut Board,
    quote: &mut Bank,
    (vault, insurance): (u64, u64),
    markets: &mut [M],
    holds: bool,
    flow: &Flow,
    now: Now,
) -> Quote {
    let taken = stock(quote, (vault, insurance), markets, flow, now);
    let totals = &quote.totals;
    let least = totals.positive.min(totals.negative).min(totals.fees);
    let seat = board.banks.first_mut();
    let Ok(checked) = taken else {
        // Sums that don't fit are no account of anything: nobody is paid by what they say.
        return Quote {
            bank: Finding::Broken,
            deficit: sound(totals.deficit == 0),
            counters: Finding::Broken,
        };
    };
    if let Some(seat) = seat {
        seat.coverage_e9 = checked.coverage_e9;
    }
    Quote {
        bank: found(&checked, holds),
        deficit: sound(checked.deficit == 0),
        counters: sound(least >= 0),
    }
}

/// Folds all markets and compares the vault with what is owed from it.
fn stock<M: DerefMut<Target = Market>>(
    quote: &mut Bank,
    (vault, insurance): (u64, u64),
    markets: &mut [M],
    flow: &Flow,
    now: Now,
) -> Result<Checked> {
    outflow::carry(quote, flow, now)?;
    for market in &mut *markets {
        ledger::fold(&mut quote.totals, &mut market.deltas)?;
    }
    let folded = markets.iter().map(|market| &**market);
    let balance = quote_balance(quote, vault, insurance, folded)?;
    coverage::check_quote(quote, &balance, insurance, vault, now)
}

/// A margin account: no index that it has seen lies ahead of the Board's. `holds`: what the program
/// asks of the account alone.
pub fn account(board: &Board, account: &MarginAccount, holds: bool) -> Finding {
    let interest = if account.quote < 0 {
        board.debt_index
    } else {
        board.lend_index
    };
    let quote = account.quote == 0 || account.interest.get() <= interest.get();
    let legs = account.positions.iter().filter(|leg| leg.base != 0);
    let charged = legs.into_iter().all(|leg| {
        let market = board.markets.get(usize::from(leg.market));
        market.is_some_and(|market| {
            let index = if leg.base > 0 {
                market.loss_long
            } else {
                market.loss_short
            };
            leg.loss.get() <= index.get()
        })
    });
    sound(holds && quote && charged)
}

/// The modes' budgets (D12): neither is overdrawn, and a pause that runs was charged to one.
pub fn budgets(compartment: &Compartment, now: Now) -> Finding {
    let within = |budget: &Budget, limits: Limits| mode::used(budget, now.unix) <= limits.window;
    let guardian = &compartment.guardian_budget;
    let automation = &compartment.automation_budget;
    let paused = &compartment.mode.paused;
    let mut spans = guardian.spans.iter().chain(&automation.spans);
    let charged = !running(paused, now) || spans.any(|span| span.until >= paused.at);
    sound(within(guardian, GUARDIAN_PAUSE) && within(automation, AUTOMATION_PAUSE) && charged)
}

/// Bits of global invariants whose first latch is rewarded. Not a deficit: a trader can bring that
/// about, and would be paid for it.
const REWARDED: u64 = !Global::Deficit.bit();

/// Which bits stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    /// Of banks.
    pub banks: u64,
    /// Of banks that miss value.
    pub missing: u64,
    /// Of markets.
    pub markets: u64,
    /// Of global invariants.
    pub globals: u64,
}

impl Bits {
    /// Of a compartment now.
    pub const fn of(compartment: &Compartment) -> Self {
        let broken = &compartment.broken;
        Self {
            banks: broken.banks,
            missing: broken.banks_missing,
            markets: broken.markets,
            globals: broken.globals,
        }
    }

    /// Whether a bit stands that did not stand `before`, and whose latch is rewarded.
    const fn latched_since(&self, before: &Bits) -> bool {
        self.banks & !before.banks != 0
            || self.missing & !before.missing != 0
            || self.markets & !before.markets != 0
            || self.globals & !before.globals & REWARDED != 0
    }
}

/// What the caller of a check is paid, UsdE6: [`REWARD`] for a first latch, at most once in
/// [`REWARD_EVERY`] and never more than fees hold above their floor and above the hole, so that no
/// claim pays for it (INV-COV). Notes that it was paid.
///
/// # Errors
/// [`Error::Overflow`].
pub fn reward(
    compartment: &mut Compartment,
    before: &Bits,
    quote: &Bank,
    vault: u64,
    now: Now,
) -> Result<u64> {
    let since = now.unix.saturating_sub(compartment.rewarded_at);
    let lately = compartment.rewarded_at != 0 && since.max(0).unsigned_abs() < REWARD_EVERY;
    if lately || !Bits::of(compartment).latched_since(before) {
        return Ok(0);
    }
    let totals = &quote.totals;
    let fees = u64::try_from(totals.fees.max(0)).map_err(|_| Error::Overflow)?;
    let kept = totals
        .check_hole
        .checked_add(coverage::quote_loss(quote, vault)?)
        .and_then(|hole| hole.checked_add(totals.fee_floor_e6.into()))
        .ok_or(Error::Overflow)?;
    let paid = coverage::excess(fees, kept).min(REWARD);
    if paid != 0 {
        compartment.rewarded_at = now.unix;
    }
    Ok(paid)
}

/// Pays a reward out of fees into a margin account's quote.
///
/// # Errors
/// Those of [`ledger::add_quote`].
pub fn pay(
    board: &Board,
    quote: &mut Bank,
    account: &mut MarginAccount,
    amount: u64,
    flow: &Flow,
    now: Now,
) -> Result<()> {
    outflow::carry(quote, flow, now)?;
    let change = i64::try_from(amount).map_err(|_| Error::Overflow)?;
    let before = coverage::own_claims(quote)?;
    let mut deltas = Deltas::default();
    ledger::add_quote(board, account, change, &mut deltas, now)?;
    deltas.fees = deltas.fees.checked_sub(change).ok_or(Error::Overflow)?;
    ledger::update_live(account, &mut deltas)?;
    ledger::fold(&mut quote.totals, &mut deltas)?;
    let after = coverage::own_claims(quote)?;
    coverage::note_claims(quote, before, after)
}
