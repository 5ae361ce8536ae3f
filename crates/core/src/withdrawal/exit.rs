//! Withdrawals (D3, D6): plan, then apply. With positions, orders or debt the caller then asks for
//! H_I ≥ 0.

use bulwark_state::{Bank, Collateral, MarginAccount, Wide};

use super::account::{QUOTE, claim, claim_mut, held, tidy};
use super::{Present, begin};
use crate::assignment;
use crate::coverage::{lower_loss, move_claims};
use crate::error::{Error, Result};
use crate::health::is_plain;
use crate::ledger::{fading_left, fading_take};
use crate::outflow::{DAY, Flow, UsdLimit, enqueue, is_waiting, take};
use crate::residual::{self, Collect};
use crate::time::Now;

/// As an amount: all that the account holds.
pub const ALL: u64 = u64::MAX;

/// A wish to withdraw.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Token units, or [`ALL`].
    pub amount: u64,
    /// Vault balance before.
    pub vault: u64,
    /// Outflow of the compartment now.
    pub flow: &'a Flow,
    /// What the compartment's buckets leave: required with positions, orders or debt, and only
    /// used then.
    pub limit: Option<UsdLimit>,
}

/// How a withdrawal is met. `free + now + lane` is paid at once, `queued` gets a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Nominal that leaves the balance.
    pub amount: u64,
    /// Own recent deposit: leaves free of the buckets.
    pub free: u64,
    /// Paid from the buckets.
    pub now: u64,
    /// Paid from the lane of small exits.
    pub lane: u64,
    /// Goes to the queue.
    pub queued: u64,
    /// The ticket may also use the lane.
    pub small: bool,
    /// Coins for what is paid at once.
    pub paid: u64,
    /// What coverage takes of it: becomes a residual claim.
    pub residual: u64,
    /// Coins for residual claims of before, paid along with it.
    pub collected: u64,
    /// To be taken from the compartment's buckets with [`crate::outflow::charge`], UsdE6.
    pub charge: u64,
    /// Vault balance that was planned with.
    pub vault: u64,
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seat {
    /// q_in before.
    pub start: Wide,
    /// Nominal.
    pub amount: u64,
    /// Number of the ticket in its margin account.
    pub number: u64,
    /// May use the lane of small exits.
    pub small: bool,
}

/// What a withdrawal moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Coins out of the vault to the owner, residuals collected included.
    pub coins: u64,
    /// Nominal that waits.
    pub queued: u64,
    /// The ticket to write, if something waits.
    pub seat: Option<Seat>,
}

/// Plans a withdrawal and brings the bank up to now (D3, D6). The account is not changed.
///
/// The own recent deposit leaves free; the rest as far as every bucket holds it, unless a ticket
/// waits; what is left of a small one from the lane, once per account and day; the rest queues.
pub fn plan_withdraw(
    account: &MarginAccount,
    bank: &mut Bank,
    request: &Request,
    now: Now,
) -> Result<Plan> {
    let held = held(account, bank.index);
    let amount = if request.amount == ALL {
        held
    } else {
        request.amount
    };
    if amount == 0 {
        return Err(Error::ZeroAmount);
    }
    if amount > held {
        return Err(Error::InsufficientBalance);
    }
    let limit = match is_plain(account) {
        true => None,
        false => Some(request.limit.ok_or(Error::BadValue)?),
    };
    let claim = claim(account, bank.index).ok_or(Error::InsufficientBalance)?;
    let present = begin(bank, request.vault, request.flow, now)?;
    let collect = residual::collectable(claim, bank, request.vault)?;
    refuse_assigned(account, &collect)?;
    let mut plan = Plan {
        amount,
        collected: collect.coins,
        vault: request.vault,
        ..Plan::default()
    };
    split(&mut plan, claim, bank, &present, limit.as_ref(), now)?;
    let leaves = plan.leaves()?;
    plan.paid = present.coverage.pay(leaves)?;
    plan.residual = leaves.checked_sub(plan.paid).ok_or(Error::Overflow)?;
    Ok(plan)
}

impl Plan {
    /// Nominal that is paid at once.
    pub fn leaves(&self) -> Result<u64> {
        let sum = self
            .free
            .checked_add(self.now)
            .and_then(|sum| sum.checked_add(self.lane));
        sum.ok_or(Error::Overflow)
    }
}

/// Divides the amount over what is free, the buckets, the lane and the queue.
fn split(
    plan: &mut Plan,
    claim: &Collateral,
    bank: &Bank,
    present: &Present,
    limit: Option<&UsdLimit>,
    now: Now,
) -> Result<()> {
    // Nominal that the vault's money pays.
    let payable = present.coverage.nominal(present.money).unwrap_or(u64::MAX);
    plan.free = fading_left(&claim.recent, now, DAY)?
        .min(plan.amount)
        .min(payable);
    let mut rest = plan.amount.checked_sub(plan.free).ok_or(Error::Overflow)?;
    let payable = payable.checked_sub(plan.free).ok_or(Error::Overflow)?;
    let usd = limit.map_or(Ok(u64::MAX), UsdLimit::tokens)?;
    if !is_waiting(bank) {
        plan.now = rest
            .min(bank.hour.level)
            .min(bank.day.level)
            .min(usd)
            .min(payable);
        rest = rest.checked_sub(plan.now).ok_or(Error::Overflow)?;
    }
    let payable = payable.checked_sub(plan.now).ok_or(Error::Overflow)?;
    let usd = usd.checked_sub(plan.now).ok_or(Error::Overflow)?;
    plan.small = rest != 0 && rest <= bank.small_exit && lane_is_free(claim, now);
    if plan.small && rest <= bank.small.level.min(payable).min(usd) {
        plan.lane = rest;
        rest = 0;
    }
    plan.queued = rest;
    if let Some(limit) = limit {
        let bound = plan.now.checked_add(plan.lane).ok_or(Error::Overflow)?;
        // Rounded up, but never above the level that paid for it.
        plan.charge = limit.value(bound)?.min(limit.level);
    }
    Ok(())
}

/// Whether the account hasn't used the lane for a day.
fn lane_is_free(claim: &Collateral, now: Now) -> bool {
    let day = DAY.cast_signed();
    claim.small_exit_at == 0 || now.unix.saturating_sub(claim.small_exit_at) >= day
}

/// Carries a plan out, in the instruction that made it. The caller moves `coins` to the owner,
/// charges the compartment with `plan.charge`, writes the ticket, and checks health.
pub fn apply(
    account: &mut MarginAccount,
    bank: &mut Bank,
    plan: &Plan,
    now: Now,
) -> Result<Applied> {
    let buckets = take(&mut bank.hour, plan.now)
        && take(&mut bank.day, plan.now)
        && take(&mut bank.small, plan.lane);
    if !buckets {
        return Err(Error::InvariantBroken);
    }
    let mut seat = None;
    if plan.queued != 0 {
        seat = Some(Seat {
            start: enqueue(bank, plan.queued, now)?,
            amount: plan.queued,
            number: account.ticket_next,
            small: plan.small,
        });
        account.ticket_next = raised(account.ticket_next, 1)?;
        account.ticket_count = raised(account.ticket_count, 1)?;
        bank.tickets = raised(bank.tickets, plan.queued)?;
    }
    // After the ticket: the base that it holds is of the claims before it.
    lower_claim(account, bank, plan, now)?;
    release(bank, plan.leaves()?, plan.paid, plan.residual)?;
    tidy(account, bank)?;
    Ok(Applied {
        coins: raised(plan.paid, plan.collected)?,
        queued: plan.queued,
        seat,
    })
}

/// What is due to claims that are assigned isn't paid to the owner beside his own.
pub(super) fn refuse_assigned(account: &MarginAccount, collect: &Collect) -> Result<()> {
    if collect.due != 0 && assignment::is_assigned(account) {
        return Err(Error::ClaimsAssigned);
    }
    Ok(())
}

fn raised(value: u64, by: u64) -> Result<u64> {
    value.checked_add(by).ok_or(Error::Overflow)
}

/// Takes the amount from the balance, what queues into pending, and settles the residual claim.
fn lower_claim(account: &mut MarginAccount, bank: &mut Bank, plan: &Plan, now: Now) -> Result<()> {
    let claim = claim_mut(account, bank.index).ok_or(Error::InsufficientBalance)?;
    fading_take(&mut claim.recent, plan.free, now, DAY)?;
    let collect = residual::collect(claim, bank, plan.vault)?;
    if collect.coins != plan.collected {
        return Err(Error::InvariantBroken);
    }
    residual::add(claim, &mut bank.residuals, plan.residual)?;
    claim.pending = raised(claim.pending, plan.queued)?;
    if plan.small {
        claim.small_exit_at = now.unix;
    }
    if bank.index == QUOTE {
        let lower = |value: i64| value.checked_sub_unsigned(plan.amount);
        account.quote = lower(account.quote).ok_or(Error::Overflow)?;
        bank.totals.positive = lower(bank.totals.positive).ok_or(Error::Overflow)?;
    } else {
        let rest = claim.amount.checked_sub(plan.amount);
        claim.amount = rest.ok_or(Error::InsufficientBalance)?;
    }
    Ok(())
}

/// Lets `leaves` of the claims go for `coins`: K_j and what the vault is expected to hold fall, and
/// of a known loss what the residual has borne (D3).
pub(super) fn release(bank: &mut Bank, leaves: u64, coins: u64, residual: u64) -> Result<()> {
    if bank.index == QUOTE {
        move_claims(bank, leaves, false)?;
        lower_loss(bank, residual)?;
    } else {
        bank.claims = bank
            .claims
            .checked_sub(leaves)
            .ok_or(Error::InvariantBroken)?;
    }
    bank.expected = bank
        .expected
        .checked_sub(coins)
        .ok_or(Error::InvariantBroken)?;
    Ok(())
}
