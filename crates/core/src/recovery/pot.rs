//! Payments (D9): tokens at their bank's coverage from the mark on; quote claims out of the quote
//! pot, seniors first, then juniors, then stakers, each in a bundle of the pot's components: quote
//! is component 0, the token of bank j, given up by debtors, component j.

use bulwark_state::{Board, Compartment, MAX_BANKS, MarginAccount, Recovery, RecoveryBank, Wide};

use super::mark::{self, Figures};
use super::{Quotation, expect, is_audit, quotation, reward};
use crate::coverage::Coverage;
use crate::error::{Error, Result};
use crate::math::{mul_div_floor_u128, mul_pow10_div_ceil_by, mul_pow10_div_floor_by};
use crate::mode::Phase;
use crate::time::Now;

/// Class of quote claims that is paid first.
pub const SENIOR: usize = 0;
/// Class of unrealised profit and of profit realised within a day.
pub const JUNIOR: usize = 1;
/// Class of the insurance's stakers: paid last, in quote alone.
pub const STAKERS: usize = 2;
/// All classes in their order.
pub const CLASSES: [usize; 3] = [SENIOR, JUNIOR, STAKERS];

/// Opens the quote pot: once all live accounts are marked, or at the deadline with a reserve for
/// those that aren't, as senior claims. Anyone may. Call [`assign`] after it.
///
/// # Errors
/// [`Error::RecoveryPhase`], [`Error::TooEarly`].
pub fn open_pot(recovery: &mut Recovery, compartment: &mut Compartment, now: Now) -> Result<()> {
    expect(recovery, &[Phase::Marking])?;
    if recovery.marked < recovery.live_count {
        if now.unix < recovery.deadline_at {
            return Err(Error::TooEarly);
        }
        let owed = recovery
            .quote_frozen
            .get()
            .checked_sub(recovery.quote_marked.get())
            .ok_or(Error::Overflow)?;
        let reserve = u64::try_from(owed.max(0)).map_err(|_| Error::Overflow)?;
        recovery.reserve = reserve;
        recovery.reserve_left = reserve;
        let seniors = recovery.classes.get_mut(SENIOR).ok_or(Error::BadIndex)?;
        let claims = seniors.claims.get().checked_add(reserve.into());
        seniors.claims = Wide::new(claims.ok_or(Error::Overflow)?);
    }
    reward::give_back(recovery)?;
    recovery.phase = Phase::Settled as u8;
    compartment.recovery_phase = Phase::Settled as u8;
    Ok(())
}

/// Coins of component `index` that the pot has had so far.
fn component(recovery: &Recovery, index: usize) -> Result<u64> {
    let bank = recovery.banks.get(index).ok_or(Error::BadIndex)?;
    if index == 0 {
        return Ok(bank.assigned);
    }
    Coverage::new(bank.assigned, bank.claims).pay(bank.seized)
}

/// Assigns what the pot holds to the classes in their order: of every component as much as the
/// class's claims still ask for at the frozen prices. Assignments only grow. Anyone may, whenever
/// money has come. Returns whether anything changed.
///
/// # Errors
/// [`Error::RecoveryPhase`] before the pot is open.
pub fn assign(board: &Board, recovery: &mut Recovery) -> Result<bool> {
    expect(recovery, &[Phase::Settled])?;
    let mut changed = false;
    for index in 0..MAX_BANKS {
        let mut left = component(recovery, index)?;
        for class in &recovery.classes {
            let taken = class.assigned.get(index).ok_or(Error::BadIndex)?;
            left = left.checked_sub(*taken).ok_or(Error::InvariantBroken)?;
        }
        for class in CLASSES {
            if left == 0 {
                break;
            }
            let most = room(board, recovery, class, index)?;
            let class = recovery.classes.get_mut(class).ok_or(Error::BadIndex)?;
            let place = class.assigned.get_mut(index).ok_or(Error::BadIndex)?;
            let more = most.saturating_sub(*place).min(left);
            *place = place.checked_add(more).ok_or(Error::Overflow)?;
            left = left.checked_sub(more).ok_or(Error::Overflow)?;
            changed |= more != 0;
        }
    }
    Ok(changed)
}

/// The most of component `index` that may stand assigned to a class: Σ over the components of
/// ⌈A·P⌉ stays within its claims.
fn room(board: &Board, recovery: &Recovery, class: usize, index: usize) -> Result<u64> {
    if class == STAKERS && index != 0 {
        return Ok(0);
    }
    let seat = recovery.classes.get(class).ok_or(Error::BadIndex)?;
    let mut free = seat.claims.get();
    if free == 0 {
        return Ok(0);
    }
    for (other, amount) in seat.assigned.iter().enumerate() {
        if other == index || *amount == 0 {
            continue;
        }
        let value = value_ceil(board, recovery, other, *amount)?;
        free = free.saturating_sub(value.into());
    }
    if index == 0 {
        return Ok(u64::try_from(free).unwrap_or(u64::MAX));
    }
    let Quotation { price, exponent } = quotation(board, &recovery.prices, index)?;
    if price == 0 {
        // Worth nothing, so it takes no room: the first class has it.
        return Ok(u64::MAX);
    }
    let scale = 10u128.checked_pow(exponent).ok_or(Error::BadValue)?;
    let units = mul_div_floor_u128(free, scale, price.into());
    Ok(units
        .and_then(|units| u64::try_from(units).ok())
        .unwrap_or(u64::MAX))
}

fn value_ceil(board: &Board, recovery: &Recovery, index: usize, amount: u64) -> Result<u64> {
    if index == 0 {
        return Ok(amount);
    }
    let Quotation { price, exponent } = quotation(board, &recovery.prices, index)?;
    mul_pow10_div_ceil_by(amount, price, exponent).ok_or(Error::Overflow)
}

/// ⌊E·A/K⌋, at most E's own share however often it is asked for.
pub(super) fn share(claim: u64, assigned: u64, claims: u128) -> Result<u64> {
    if claim == 0 || assigned == 0 {
        return Ok(0);
    }
    mul_div_floor_u128(claim.into(), assigned.into(), claims)
        .and_then(|share| u64::try_from(share).ok())
        .ok_or(Error::Overflow)
}

/// Refuses an account that isn't marked in this Recovery; an audit's marks are no claims.
fn marked(recovery: &Recovery, account: &MarginAccount) -> Result<()> {
    if !is_audit(recovery) && mark::marked(recovery, account) {
        return Ok(());
    }
    Err(Error::NotMarked)
}

/// Units that an account can have now of the token in collateral slot `slot`.
///
/// # Errors
/// [`Error::NotMarked`], [`Error::BadIndex`].
pub fn due_of_token(recovery: &Recovery, account: &MarginAccount, slot: usize) -> Result<u64> {
    marked(recovery, account)?;
    let held = account.collaterals.get(slot).ok_or(Error::BadIndex)?;
    let kept = account.shadow.kept.get(slot).ok_or(Error::BadIndex)?;
    let paid = account.shadow.kept_paid.get(slot).ok_or(Error::BadIndex)?;
    let seat = recovery.banks.get(usize::from(held.bank));
    let seat = seat.ok_or(Error::BadIndex)?;
    let whole = Coverage::new(seat.assigned, seat.claims).pay(*kept)?;
    whole.checked_sub(*paid).ok_or(Error::InvariantBroken)
}

/// Books the payment of [`due_of_token`], which the caller moves to the owner. Returns it.
///
/// # Errors
/// Those of [`due_of_token`], [`Error::NothingDue`].
pub fn pay_token(recovery: &mut Recovery, account: &mut MarginAccount, slot: usize) -> Result<u64> {
    expect(recovery, &[Phase::Marking, Phase::Settled])?;
    let due = due_of_token(recovery, account, slot)?;
    if due == 0 {
        return Err(Error::NothingDue);
    }
    let held = account.collaterals.get(slot).ok_or(Error::BadIndex)?;
    let seat = recovery.banks.get_mut(usize::from(held.bank));
    let seat = seat.ok_or(Error::BadIndex)?;
    seat.paid = seat.paid.checked_add(due).ok_or(Error::Overflow)?;
    within(seat)?;
    let paid = account
        .shadow
        .kept_paid
        .get_mut(slot)
        .ok_or(Error::BadIndex)?;
    *paid = paid.checked_add(due).ok_or(Error::Overflow)?;
    Ok(due)
}

/// No bank pays more than was assigned, whatever an account says.
pub(super) fn within(bank: &RecoveryBank) -> Result<()> {
    let paid = bank.paid.checked_add(bank.seized_paid);
    if paid.is_some_and(|paid| paid <= bank.assigned) {
        return Ok(());
    }
    Err(Error::InvariantBroken)
}

/// Coins of component `index` that an account's quote claims can have now.
///
/// # Errors
/// [`Error::NotMarked`], [`Error::BadIndex`].
pub fn due_of_pot(recovery: &Recovery, account: &MarginAccount, index: usize) -> Result<u64> {
    marked(recovery, account)?;
    let shadow = &account.shadow;
    let mut whole = 0u64;
    for (class, claim) in [(SENIOR, shadow.senior), (JUNIOR, shadow.junior)] {
        let class = recovery.classes.get(class).ok_or(Error::BadIndex)?;
        let assigned = class.assigned.get(index).ok_or(Error::BadIndex)?;
        whole = share(claim, *assigned, class.claims.get())?
            .checked_add(whole)
            .ok_or(Error::Overflow)?;
    }
    let paid = account.pot_paid.get(index).ok_or(Error::BadIndex)?;
    whole.checked_sub(*paid).ok_or(Error::InvariantBroken)
}

/// Books the payment of [`due_of_pot`], which the caller moves to the owner. Returns it. A frozen
/// mint blocks its own component alone.
///
/// # Errors
/// Those of [`due_of_pot`], [`Error::NothingDue`], [`Error::RecoveryPhase`] while it is closed.
pub fn pay_pot(recovery: &mut Recovery, account: &mut MarginAccount, index: usize) -> Result<u64> {
    expect(recovery, &[Phase::Settled])?;
    let due = due_of_pot(recovery, account, index)?;
    if due == 0 {
        return Err(Error::NothingDue);
    }
    let seat = recovery.banks.get_mut(index).ok_or(Error::BadIndex)?;
    let total = if index == 0 {
        &mut seat.paid
    } else {
        &mut seat.seized_paid
    };
    *total = total.checked_add(due).ok_or(Error::Overflow)?;
    within(seat)?;
    let paid = account.pot_paid.get_mut(index).ok_or(Error::BadIndex)?;
    *paid = paid.checked_add(due).ok_or(Error::Overflow)?;
    Ok(due)
}

/// A creditor marked after the pot was opened is paid from the reserve, at the ratio of the marked
/// of his class and never above it: his junior part counts as the senior claim of the same worth.
pub(super) fn admit_late(
    board: &Board,
    recovery: &mut Recovery,
    figures: &mut Figures,
) -> Result<()> {
    let junior = scaled(board, recovery, figures.junior)?;
    let claim = figures.senior.checked_add(junior).ok_or(Error::Overflow)?;
    let claim = claim.min(recovery.reserve_left);
    recovery.reserve_left = recovery
        .reserve_left
        .checked_sub(claim)
        .ok_or(Error::Overflow)?;
    (figures.senior, figures.junior) = (claim, 0);
    Ok(())
}

/// ⌊u·(A_J/K_J)/(A_S/K_S)⌋ by value; nothing where juniors get nothing.
fn scaled(board: &Board, recovery: &Recovery, junior: u64) -> Result<u64> {
    let worth = |class: usize| -> Result<(u128, u128)> {
        let seat = recovery.classes.get(class).ok_or(Error::BadIndex)?;
        let mut sum = 0u128;
        for (index, amount) in seat.assigned.iter().enumerate() {
            if *amount != 0 {
                let value = value_floor(board, recovery, index, *amount)?;
                sum = sum.checked_add(value.into()).ok_or(Error::Overflow)?;
            }
        }
        Ok((sum, seat.claims.get()))
    };
    let (senior, seniors) = worth(SENIOR)?;
    let (paid, juniors) = worth(JUNIOR)?;
    if senior == 0 || seniors == 0 || juniors == 0 || paid == 0 {
        return Ok(0);
    }
    let part = mul_div_floor_u128(junior.into(), paid, juniors).ok_or(Error::Overflow)?;
    let claim = mul_div_floor_u128(part, seniors, senior).ok_or(Error::Overflow)?;
    Ok(u64::try_from(claim).unwrap_or(junior).min(junior))
}

fn value_floor(board: &Board, recovery: &Recovery, index: usize, amount: u64) -> Result<u64> {
    if index == 0 {
        return Ok(amount);
    }
    let Quotation { price, exponent } = quotation(board, &recovery.prices, index)?;
    mul_pow10_div_floor_by(amount, price, exponent).ok_or(Error::Overflow)
}
