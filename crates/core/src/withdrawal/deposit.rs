//! Deposits (D1, D3, D6).

use bulwark_state::{Bank, Board, Bucket, Deltas, MarginAccount};

use super::account::{QUOTE, claim_or_new, exposed, held, tidy};
use super::begin;
use crate::coverage::{move_claims, shortfall};
use crate::error::{Error, Result};
use crate::ledger::{add_quote, fading_add_brief, fold, touch_quote};
use crate::math::ppm_mul_floor;
use crate::outflow::{DAY, Flow, Rate, claims, fill, take};
use crate::params::deposit_cap;
use crate::permits::Action;
use crate::time::Now;

/// New deposits in Restricted: compiled share of the 24-hour mean per day, ppm.
pub const RESTRICTED_PPM: u32 = 10_000;

/// A deposit.
#[derive(Clone, Copy, Debug)]
pub struct Deposit<'a> {
    /// Token units that the vault received: the difference of its balances.
    pub amount: u64,
    /// Vault balance before.
    pub vault: u64,
    /// Outflow of the compartment now.
    pub flow: &'a Flow,
    /// [`crate::permits::Permit::limited_deposit`].
    pub limited: bool,
}

/// The act that a deposit is: asks the tables, and this module, for different things.
pub fn deposit_action(account: &MarginAccount, bank: u8) -> Action {
    match (bank == QUOTE, exposed(account)) {
        (true, _) if account.quote < 0 => Action::Repay,
        (true, true) => Action::TopUpQuote,
        (false, true) => Action::TopUp,
        (_, false) => Action::NewDeposit,
    }
}

/// Books a deposit: raises the balance and what the bank owes by the amount received (D1).
///
/// `board` is needed for quote, whose balance is touched first. While the bank is short only what
/// repays a negative balance enters (`NotCovered`): new money would fill an old hole, that of
/// residuals' assigned money too, which coverage doesn't show where nobody has a claim.
///
/// Caps, the smallest deposit and the limit of Restricted hold for new deposits, caps also for
/// tokens that top up; quote always tops up.
pub fn deposit(
    account: &mut MarginAccount,
    bank: &mut Bank,
    board: Option<&Board>,
    deposit: &Deposit,
    now: Now,
) -> Result<()> {
    let amount = deposit.amount;
    if amount == 0 {
        return Err(Error::ZeroAmount);
    }
    let short = shortfall(bank, deposit.vault)?;
    begin(bank, deposit.vault, deposit.flow, now)?;
    let mut deltas = Deltas::default();
    if bank.index == QUOTE {
        touch_quote(board.ok_or(Error::BadValue)?, account, &mut deltas)?;
    }
    let action = deposit_action(account, bank.index);
    let repaid = if bank.index == QUOTE {
        account.quote.min(0).unsigned_abs().min(amount)
    } else {
        0
    };
    let fresh = amount.checked_sub(repaid).ok_or(Error::Overflow)?;
    if fresh != 0 && short != 0 {
        return Err(Error::NotCovered);
    }
    limits(account, bank, deposit, action, now)?;
    if bank.index == QUOTE {
        let change = i64::try_from(amount).map_err(|_| Error::Overflow)?;
        let board = board.ok_or(Error::BadValue)?;
        add_quote(board, account, change, &mut deltas, now)?;
        fold(&mut bank.totals, &mut deltas)?;
        move_claims(bank, fresh, true)?;
    } else {
        bank.claims = bank.claims.checked_add(amount).ok_or(Error::Overflow)?;
    }
    let claim = claim_or_new(account, bank.index)?;
    if bank.index != QUOTE {
        claim.amount = claim.amount.checked_add(amount).ok_or(Error::Overflow)?;
    }
    fading_add_brief(&mut claim.recent, fresh, now, DAY)?;
    bank.expected = bank.expected.checked_add(amount).ok_or(Error::Overflow)?;
    tidy(account, bank)
}

/// Caps and limits of what isn't a repayment.
fn limits(
    account: &MarginAccount,
    bank: &mut Bank,
    deposit: &Deposit,
    action: Action,
    now: Now,
) -> Result<()> {
    let amount = deposit.amount;
    if !matches!(action, Action::NewDeposit | Action::TopUp) {
        return Ok(());
    }
    let owed = claims(bank)?.checked_add(amount).ok_or(Error::Overflow)?;
    // What two guardians lowered binds new deposits, never who tops up.
    let cap = match action {
        Action::NewDeposit => deposit_cap(bank, now),
        _ => bank.deposit_cap,
    };
    if owed > cap {
        return Err(Error::DepositCap);
    }
    let own = held(account, bank.index)
        .checked_add(amount)
        .ok_or(Error::Overflow)?;
    if own > bank.account_cap {
        return Err(Error::AccountCap);
    }
    if action != Action::NewDeposit {
        return Ok(());
    }
    if amount < bank.deposit_min && crate::ledger::is_empty(account) {
        return Err(Error::BelowMinimumDeposit);
    }
    if deposit.limited && !take_restricted(bank, amount, now)? {
        return Err(Error::ModeForbids);
    }
    Ok(())
}

/// Draws on the bucket of new deposits in Restricted: at most 1 % of the 24-hour mean per day.
fn take_restricted(bank: &mut Bank, amount: u64, now: Now) -> Result<bool> {
    let mean = bank.mean_claims;
    let bucket: &mut Bucket = &mut bank.restricted_in;
    let ppm = bucket.cap_ppm.min(RESTRICTED_PPM);
    let cap = ppm_mul_floor(mean, ppm).ok_or(Error::Overflow)?;
    let rate = Rate {
        cap,
        refill: cap,
        period: DAY.max(bucket.period.into()),
    };
    fill(bucket, &rate, now)?;
    Ok(take(bucket, amount))
}
