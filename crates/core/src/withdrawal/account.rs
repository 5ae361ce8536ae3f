//! What an account holds of a bank.

use bulwark_state::{Bank, Board, Collateral, Deltas, MarginAccount};

use crate::error::{Error, Result};
use crate::health::{self, Level};
use crate::ledger::update_live;
use crate::math::mul_div_ceil;
use crate::time::Now;

/// Index of the quote bank.
pub(super) const QUOTE: u8 = 0;

/// The account's place for a bank's tickets, residual and recent deposit, and for a token's amount.
pub fn claim(account: &MarginAccount, bank: u8) -> Option<&Collateral> {
    if bank == QUOTE {
        return Some(&account.quote_claims);
    }
    account
        .collaterals
        .iter()
        .find(|held| held.active != 0 && held.bank == bank)
}

pub(super) fn claim_mut(account: &mut MarginAccount, bank: u8) -> Option<&mut Collateral> {
    if bank == QUOTE {
        return Some(&mut account.quote_claims);
    }
    account
        .collaterals
        .iter_mut()
        .find(|held| held.active != 0 && held.bank == bank)
}

/// The account's place for a bank, taking a free one where it has none.
pub(super) fn claim_or_new(account: &mut MarginAccount, bank: u8) -> Result<&mut Collateral> {
    if claim(account, bank).is_none() {
        let free = account.collaterals.iter_mut().find(|held| held.active == 0);
        let place = free.ok_or(Error::CollateralSlotsFull)?;
        *place = Collateral {
            active: 1,
            bank,
            ..Collateral::default()
        };
    }
    claim_mut(account, bank).ok_or(Error::CollateralSlotsFull)
}

/// c_ij, or x⁺ for quote: what can be withdrawn at most, token units.
pub fn held(account: &MarginAccount, bank: u8) -> u64 {
    if bank == QUOTE {
        return account.quote.max(0).unsigned_abs();
    }
    claim(account, bank).map_or(0, |held| held.amount)
}

/// Whether the account has positions or debt: what a top-up is for.
pub fn exposed(account: &MarginAccount) -> bool {
    let position = |p: &bulwark_state::Position| p.base != 0 || p.quote != 0;
    account.quote < 0 || account.positions.iter().any(position)
}

/// Frees the place of a token of which nothing is left, and keeps the live count in step.
pub(super) fn tidy(account: &mut MarginAccount, bank: &mut Bank) -> Result<()> {
    for held in &mut account.collaterals {
        let empty = held.amount == 0 && held.pending == 0 && held.residual == 0;
        if held.active != 0 && held.bank == bank.index && empty {
            *held = Collateral::default();
        }
    }
    let mut deltas = Deltas::default();
    update_live(account, &mut deltas)?;
    bank.live_delta = bank
        .live_delta
        .checked_add(deltas.live)
        .ok_or(Error::Overflow)?;
    Ok(())
}

/// Whether an account may be closed (a63): nothing in it, no ticket, residual, order or flag, and
/// nothing that a Recovery still owes it.
pub fn can_close(account: &MarginAccount) -> Result<()> {
    let shadow = &account.shadow;
    let owed = shadow
        .senior
        .checked_add(shadow.junior)
        .ok_or(Error::Overflow)?;
    let kept = shadow
        .kept
        .iter()
        .zip(&shadow.kept_paid)
        .all(|(kept, paid)| kept <= paid);
    let marked = shadow.epoch == 0 || (owed <= shadow.paid && kept);
    let places = account.collaterals.iter().all(|held| held.active == 0);
    let legs = account
        .positions
        .iter()
        .all(|position| position.active == 0);
    let orders = account.orders.iter().all(|order| order.size == 0);
    let clocks = account.flagged_open == 0 && account.unflag_open == 0 && account.ticket_count == 0;
    if crate::ledger::is_empty(account)
        && account.live == 0
        && (places && legs && orders && clocks && marked)
    {
        return Ok(());
    }
    Err(Error::AccountNotEmpty)
}

/// The largest withdrawal of a bank's token (D3) without a search: what is held of it, less what
/// H_I ≥ 0 needs of it. Of quote exact; of a token less than the exact amount by at most what
/// $0.000001 buys and a unit. The quote balance counts with its interest due. `adverse` as for
/// [`health::health`] at Initial.
///
/// # Errors
/// Those of [`health::health`].
pub fn largest(
    board: &Board,
    account: &MarginAccount,
    bank: u8,
    now: Now,
    adverse: bool,
) -> Result<u64> {
    let held = held(account, bank);
    if health::is_plain(account) {
        return Ok(held);
    }
    let surplus = health::health(board, account, Level::Initial, now, adverse)?.surplus()?;
    let Ok(surplus) = u64::try_from(surplus) else {
        return Ok(0);
    };
    if bank == QUOTE {
        return Ok(held.min(surplus));
    }
    let value = health::initial_value(board, bank, held, now, adverse)?;
    // What must stay, of value and so of units: a floor is passed by the same share of its whole.
    let Some(stays) = value.checked_sub(surplus).filter(|stays| *stays != 0) else {
        return Ok(held);
    };
    let units = mul_div_ceil(held, stays, value).ok_or(Error::Overflow)?;
    held.checked_sub(units).ok_or(Error::Overflow)
}

/// The largest withdrawal (D3): at most `held`, and the largest that `allows`. `allows` must hold
/// for every amount below one that it holds for: H_I falls with the amount.
pub fn largest_withdrawal(held: u64, mut allows: impl FnMut(u64) -> Result<bool>) -> Result<u64> {
    if allows(held)? {
        return Ok(held);
    }
    let (mut below, mut above) = (0, held);
    if !allows(0)? {
        return Ok(0);
    }
    while above.abs_diff(below) > 1 {
        let middle = below.midpoint(above);
        if allows(middle)? {
            below = middle;
        } else {
            above = middle;
        }
    }
    Ok(below)
}
