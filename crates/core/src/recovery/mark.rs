//! Marking (D9): what an account is owed and keeps, computed once into its shadow.

use bulwark_state::{Board, MAX_COLLATERALS, MAX_FEEDS, MarginAccount, Recovery, SignedWide, Wide};

use super::pot::{self, JUNIOR, SENIOR};
use super::{AUDIT, Quotation, audit, expect, is_audit, quotation};
use crate::coverage::Coverage;
use crate::error::{Error, Result};
use crate::ledger::{DAY, fading_left, interest_due, position_due};
use crate::liquidation::SETTLED;
use crate::math::{mul_div_ceil, mul_pow10_div_floor_by, signed_mul_pow10_div_floor};
use crate::mode::Phase;
use crate::time::Now;

/// What an account comes to at given prices and coverages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Signed quote with every position closed and every ticket back, UsdE6.
    pub quote: i64,
    /// Senior claim, UsdE6.
    pub senior: u64,
    /// Junior claim: profit unrealised, or realised within the last day, UsdE6.
    pub junior: u64,
    /// Units kept, per collateral slot.
    pub kept: [u64; MAX_COLLATERALS],
    /// Units given up for debt, per collateral slot.
    pub given: [u64; MAX_COLLATERALS],
    /// Debt that the collateral doesn't cover, UsdE6.
    pub shortfall: u64,
}

/// What marking an account did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The figures now in its shadow.
    pub figures: Figures,
    /// Its number among the marked, from 0.
    pub leaf: u64,
    /// Accounts that are still to be marked.
    pub left: u64,
}

/// The figures of an account at `prices` of the feeds, `coverage` of the banks by index, profit
/// counted as of `at` (D9). Waiting tickets count as balance, orders as nothing.
///
/// Profit is the sum over positions, so that a hedged account's legs offset each other, and what
/// was realised after `at` counts whole.
///
/// # Errors
/// [`Error::Overflow`], and those of the ledger for a damaged account.
pub fn figures(
    board: &Board,
    account: &MarginAccount,
    prices: &[u64; MAX_FEEDS],
    coverage: impl Fn(u8) -> Result<Coverage>,
    at: Now,
) -> Result<Figures> {
    let tickets = account.quote_claims.pending;
    let balance = account
        .quote
        .checked_add(interest_due(board, account)?)
        .and_then(|quote| quote.checked_add_unsigned(tickets))
        .ok_or(Error::Overflow)?;
    let unrealised = closed_value(board, account, prices)?;
    let quote = balance.checked_add(unrealised).ok_or(Error::Overflow)?;
    let mut figures = Figures {
        quote,
        ..Figures::default()
    };
    for (kept, held) in figures.kept.iter_mut().zip(&account.collaterals) {
        if held.active != 0 {
            *kept = held
                .amount
                .checked_add(held.pending)
                .ok_or(Error::Overflow)?;
        }
    }
    if quote < 0 {
        give_up(board, account, prices, coverage, &mut figures)?;
        return Ok(figures);
    }
    let profit = fading_left(&account.realised, at, DAY)?
        .checked_add(unrealised.max(0).unsigned_abs())
        .ok_or(Error::Overflow)?;
    let owed = quote.unsigned_abs();
    figures.junior = profit.min(owed);
    figures.senior = owed.checked_sub(figures.junior).ok_or(Error::Overflow)?;
    Ok(figures)
}

/// Σ ⌊b·P⌋ + q + due over the positions, UsdE6.
fn closed_value(board: &Board, account: &MarginAccount, prices: &[u64]) -> Result<i64> {
    let mut sum = 0i64;
    for position in account.positions.iter().filter(|leg| leg.active != 0) {
        let market = board
            .markets
            .get(usize::from(position.market))
            .ok_or(Error::BadIndex)?;
        let price = if market.status == SETTLED {
            market.settle_price
        } else {
            let feed = prices.get(usize::from(market.feed));
            *feed.ok_or(Error::BadIndex)?
        };
        let value = signed_mul_pow10_div_floor::<10>(position.base, price);
        sum = value
            .and_then(|value| value.checked_add(position.quote))
            .zip(Some(position_due(market, position)?))
            .and_then(|(value, due)| value.checked_add(due))
            .and_then(|value| value.checked_add(sum))
            .ok_or(Error::Overflow)?;
    }
    Ok(sum)
}

/// A debtor gives up the same share of every token, as much as covers his debt at coverage and
/// price, or all (D9).
fn give_up(
    board: &Board,
    account: &MarginAccount,
    prices: &[u64],
    coverage: impl Fn(u8) -> Result<Coverage>,
    figures: &mut Figures,
) -> Result<()> {
    let debt = figures.quote.unsigned_abs();
    let mut worth = 0u64;
    for (held, kept) in account.collaterals.iter().zip(&figures.kept) {
        if *kept == 0 {
            continue;
        }
        let covered = coverage(held.bank)?.pay(*kept)?;
        let Quotation { price, exponent } = quotation(board, prices, held.bank.into())?;
        worth = mul_pow10_div_floor_by(covered, price, exponent)
            .and_then(|value| value.checked_add(worth))
            .ok_or(Error::Overflow)?;
    }
    for (kept, given) in figures.kept.iter_mut().zip(&mut figures.given) {
        *given = if worth > debt {
            mul_div_ceil(*kept, debt, worth).ok_or(Error::Overflow)?
        } else {
            *kept
        };
        *kept = kept.checked_sub(*given).ok_or(Error::InvariantBroken)?;
    }
    figures.shortfall = debt.saturating_sub(worth);
    Ok(())
}

/// The coverage of bank `index` at the freeze: what a debtor's tokens are counted at.
fn frozen_coverage(recovery: &Recovery, index: u8) -> Result<Coverage> {
    let bank = recovery.banks.get(usize::from(index));
    let bank = bank.ok_or(Error::BadIndex)?;
    Ok(Coverage::new(bank.frozen, bank.claims))
}

/// Whether the account is marked in this Recovery, or in this audit.
pub fn marked(recovery: &Recovery, account: &MarginAccount) -> bool {
    let shadow = &account.shadow;
    let epoch = if is_audit(recovery) {
        shadow.audit_epoch
    } else {
        shadow.epoch
    };
    epoch == recovery.epoch
}

/// Marks an account: its figures at the frozen prices go into its shadow and into the sums of the
/// Recovery. Anyone may, once per account and epoch; nothing else of the account changes.
///
/// Coverage is that of the freeze, whatever money has come since, so that the order of marks
/// changes nothing.
///
/// # Errors
/// [`Error::RecoveryPhase`] before everything is frozen, [`Error::AlreadyMarked`],
/// [`Error::NotNeeded`] for an account with nothing in it.
pub fn mark(
    board: &Board,
    recovery: &mut Recovery,
    account: &mut MarginAccount,
    now: Now,
) -> Result<Marked> {
    let audit = is_audit(recovery);
    let phases: &[Phase] = if audit {
        &[Phase::Marking]
    } else {
        &[Phase::Marking, Phase::Settled]
    };
    expect(recovery, phases)?;
    if marked(recovery, account) {
        return Err(Error::AlreadyMarked);
    }
    if account.live == 0 {
        return Err(Error::NotNeeded);
    }
    // A count that is too low keeps nobody out: it is what the pot waits for, no more.
    let others = recovery.live_count.saturating_sub(recovery.marked);
    let left = others.saturating_sub(1);
    let at = Now {
        unix: recovery.announced_at,
        slot: recovery.announced_slot,
    };
    let frozen = &*recovery;
    let mut figures = figures(
        board,
        account,
        &frozen.prices,
        |bank| frozen_coverage(frozen, bank),
        at,
    )?;
    if audit {
        audit::add(recovery, account, &figures)?;
    } else if recovery.phase == Phase::Settled as u8 {
        pot::admit_late(board, recovery, &mut figures)?;
    } else {
        add_claims(recovery, SENIOR, figures.senior)?;
        add_claims(recovery, JUNIOR, figures.junior)?;
    }
    for (held, given) in account.collaterals.iter().zip(figures.given) {
        if given == 0 {
            continue;
        }
        let bank = recovery.banks.get_mut(usize::from(held.bank));
        let bank = bank.ok_or(Error::BadIndex)?;
        bank.seized = bank.seized.checked_add(given).ok_or(Error::Overflow)?;
    }
    let leaf = recovery.marked;
    recovery.marked = leaf.checked_add(1).ok_or(Error::Overflow)?;
    if !audit {
        let sum = recovery.quote_marked.get();
        let sum = sum.checked_add(figures.quote.into());
        recovery.quote_marked = SignedWide::new(sum.ok_or(Error::Overflow)?);
    }
    write(account, &figures, (recovery.epoch, leaf), now);
    Ok(Marked {
        figures,
        leaf,
        left,
    })
}

fn add_claims(recovery: &mut Recovery, class: usize, amount: u64) -> Result<()> {
    let class = recovery.classes.get_mut(class).ok_or(Error::BadIndex)?;
    let claims = class.claims.get().checked_add(amount.into());
    class.claims = Wide::new(claims.ok_or(Error::Overflow)?);
    Ok(())
}

fn write(account: &mut MarginAccount, figures: &Figures, (epoch, leaf): (u32, u64), now: Now) {
    let shadow = &mut account.shadow;
    if epoch & AUDIT == 0 {
        shadow.epoch = epoch;
        shadow.paid = 0;
        shadow.kept_paid = [0; MAX_COLLATERALS];
        account.pot_paid = [0; bulwark_state::MAX_BANKS];
    } else {
        shadow.audit_epoch = epoch;
        shadow.changes = account.changes;
    }
    shadow.quote = figures.quote;
    shadow.senior = figures.senior;
    shadow.junior = figures.junior;
    shadow.kept = figures.kept;
    shadow.leaf = leaf;
    shadow.slot = now.slot;
}
