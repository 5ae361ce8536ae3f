//! Residual claims (D3): what withdrawals were not paid while value was missing, and the late money
//! that is shared among them in proportion.
//!
//! A claim keeps its amount, the factor σ at which it had it, and what it was paid since; what is
//! left of it is ⌈amount·σ_now/σ_then⌉. So how often it is touched changes nothing, and always
//! Σ (amount − paid) = Res_j + A_j exactly.

use bulwark_state::{Bank, Collateral, Residuals, Wide};

use crate::coverage::counted;
use crate::error::{Error, Result};
use crate::math::{mul_div_ceil_u128, mul_div_floor};

/// σ of a new generation.
const START: u128 = 1 << 64;
/// σ is not kept below this: there it goes up by [`STEP`] bits and the low half by one.
const LOWEST: u128 = 1 << 32;
/// Bits of a step.
const STEP: u32 = 32;
/// Most steps that a share of two 64-bit numbers can take.
const STEPS: u32 = 2;

/// Generation in two halves: what was paid in full, and steps since.
const fn halves(generation: u64) -> (u64, u64) {
    (generation >> 32, generation & 0xffff_ffff)
}

/// σ_j; a bank that never had a residual starts at one.
fn factor(residuals: &Residuals) -> u128 {
    match residuals.factor.get() {
        0 => START,
        factor => factor,
    }
}

/// What is left of a claim: ⌈amount·σ_j/σ_i⌉, 0 once its generation was paid in full.
pub fn left(claim: &Collateral, residuals: &Residuals) -> Result<u64> {
    let (paid_up, steps) = halves(residuals.generation);
    let (since, from) = halves(claim.residual_generation);
    if claim.residual == 0 || paid_up != since {
        return Ok(0);
    }
    let amount = u128::from(claim.residual);
    let then = claim.residual_factor.get();
    let mut left = mul_div_ceil_u128(amount, factor(residuals), then).ok_or(Error::Overflow)?;
    for _ in from..steps {
        if left <= 1 {
            break;
        }
        left = left.div_ceil(1 << STEP);
    }
    u64::try_from(left).map_err(|_| Error::Overflow)
}

/// What a claim is owed now of the money assigned, nominal.
pub fn due(claim: &Collateral, residuals: &Residuals) -> Result<u64> {
    let settled = left(claim, residuals)?
        .checked_add(claim.residual_paid)
        .ok_or(Error::Overflow)?;
    claim
        .residual
        .checked_sub(settled)
        .ok_or(Error::InvariantBroken)
}

/// What collecting would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collect {
    /// Owed of the money assigned.
    pub due: u64,
    /// Paid of it: all, or ⌊due·V_j/A_j⌋ where V_j < A_j.
    pub coins: u64,
}

/// What [`collect`] would pay with `vault` in the vault.
pub fn collectable(claim: &Collateral, bank: &Bank, vault: u64) -> Result<Collect> {
    let due = due(claim, &bank.residuals)?;
    let (held, assigned) = (counted(bank, vault), bank.residuals.assigned);
    if due == 0 || held >= assigned {
        return Ok(Collect { due, coins: due });
    }
    let coins = mul_div_floor(due, held, assigned).ok_or(Error::Overflow)?;
    Ok(Collect { due, coins })
}

/// Pays a claim what is assigned to it (D3). What the vault could not pay of that becomes a
/// residual again. The caller moves `coins` out of the vault, to the account's owner.
pub fn collect(claim: &mut Collateral, bank: &mut Bank, vault: u64) -> Result<Collect> {
    let collect = collectable(claim, bank, vault)?;
    pay(claim, bank, collect)?;
    Ok(collect)
}

/// Books that a claim was paid `collect.coins` of what it is owed.
///
/// # Errors
/// [`Error::InvariantBroken`] for more than is assigned or expected, [`Error::Overflow`].
pub fn pay(claim: &mut Collateral, bank: &mut Bank, collect: Collect) -> Result<()> {
    let residuals = &mut bank.residuals;
    residuals.assigned = residuals
        .assigned
        .checked_sub(collect.due)
        .ok_or(Error::InvariantBroken)?;
    claim.residual_paid = claim
        .residual_paid
        .checked_add(collect.due)
        .ok_or(Error::Overflow)?;
    if claim.residual_paid == claim.residual {
        clear(claim);
    }
    bank.expected = bank
        .expected
        .checked_sub(collect.coins)
        .ok_or(Error::InvariantBroken)?;
    let unpaid = collect
        .due
        .checked_sub(collect.coins)
        .ok_or(Error::Overflow)?;
    add(claim, &mut bank.residuals, unpaid)
}

fn clear(claim: &mut Collateral) {
    claim.residual = 0;
    claim.residual_paid = 0;
    claim.residual_factor = Wide::default();
    claim.residual_generation = 0;
}

/// Adds a new residual to a claim that has been collected in this instruction.
pub fn add(claim: &mut Collateral, residuals: &mut Residuals, amount: u64) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    if due(claim, residuals)? != 0 {
        return Err(Error::InvariantBroken);
    }
    let left = left(claim, residuals)?;
    claim.residual = left.checked_add(amount).ok_or(Error::Overflow)?;
    claim.residual_paid = 0;
    residuals.total = residuals.total.checked_add(amount).ok_or(Error::Overflow)?;
    residuals.factor = Wide::new(factor(residuals));
    claim.residual_factor = residuals.factor;
    claim.residual_generation = residuals.generation;
    Ok(())
}

/// Assigns `amount ≤ Res_j` of new money to the residuals (D3): each falls by the same share.
///
/// σ := ⌈σ·(Res − d)/Res⌉, with 32 bits more as often as it would leave its range, so that claims
/// keep their precision for ever; at Res = 0 all claims of the generation are due in full.
pub fn assign(residuals: &mut Residuals, amount: u64) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let total = residuals.total;
    let rest = total.checked_sub(amount).ok_or(Error::InvariantBroken)?;
    residuals.assigned = residuals
        .assigned
        .checked_add(amount)
        .ok_or(Error::Overflow)?;
    let (paid_up, steps) = halves(residuals.generation);
    if rest == 0 {
        let next = paid_up.checked_add(1).ok_or(Error::Overflow)?;
        if next >> 32 != 0 {
            return Err(Error::Overflow);
        }
        residuals.generation = next << 32;
        residuals.factor = Wide::new(START);
    } else {
        let (factor, taken) = shrunk(factor(residuals), rest, total)?;
        residuals.factor = Wide::new(factor);
        let steps = steps.checked_add(taken.into()).ok_or(Error::Overflow)?;
        if steps >> 32 != 0 {
            return Err(Error::Overflow);
        }
        residuals.generation = (paid_up << 32) | steps;
    }
    residuals.total = rest;
    Ok(())
}

/// ⌈σ·rest/total⌉ after as many steps as bring it to [`LOWEST`], and how many those were.
fn shrunk(factor: u128, rest: u64, total: u64) -> Result<(u128, u32)> {
    let mut scaled = factor;
    for taken in 0..=STEPS {
        let shrunk = mul_div_ceil_u128(scaled, rest.into(), total.into()).ok_or(Error::Overflow)?;
        if shrunk >= LOWEST {
            return Ok((shrunk, taken));
        }
        // σ ≤ 2^64: a first step has at most 96 bits; a second is only needed below 2^64.
        scaled = scaled.checked_mul(1 << STEP).ok_or(Error::Overflow)?;
    }
    Err(Error::Overflow)
}
