//! Coverage (D3): which share of its claims a bank can pay. Leaving first gains nothing.
//!
//! Money that came without an instruction doesn't count until it is swept: V_j here is
//! min(vault, expected), so that neither a donation nor its sweep lowers a coverage (INV-COV).

use bulwark_state::{Bank, Market};

use crate::conserve::Balance;
use crate::error::{Error, Result};
use crate::math::mul_div_floor;
use crate::time::Now;

/// A share `num/den`, at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    num: u64,
    den: u64,
}

impl Coverage {
    /// Everything is paid.
    pub const FULL: Self = Self { num: 1, den: 1 };

    /// `num/den`, one where `num ≥ den` or nothing is owed.
    pub const fn new(num: u64, den: u64) -> Self {
        if num >= den {
            Self::FULL
        } else {
            Self { num, den }
        }
    }

    /// Whether everything is paid.
    pub const fn is_full(&self) -> bool {
        self.num >= self.den
    }

    /// ⌊w·cov⌋, token units.
    pub fn pay(&self, nominal: u64) -> Result<u64> {
        if self.is_full() {
            return Ok(nominal);
        }
        mul_div_floor(nominal, self.num, self.den).ok_or(Error::Overflow)
    }

    /// ⌊money/cov⌋: the most that this money pays, nominal. `None`: anything, since it costs
    /// nothing at coverage 0 or is more than any amount.
    pub fn nominal(&self, money: u64) -> Option<u64> {
        if self.is_full() {
            return Some(money);
        }
        mul_div_floor(money, self.den, self.num)
    }

    /// In 1e-9, rounded down: what the Board keeps for health.
    pub fn e9(&self) -> Result<u64> {
        self.pay(1_000_000_000)
    }

    /// Whether this pays no less than another: both shares compared exactly.
    pub fn at_least(&self, other: &Coverage) -> bool {
        let own = u128::from(self.num).wrapping_mul(other.den.into());
        own >= u128::from(other.num).wrapping_mul(self.den.into())
    }
}

/// (a − b)⁺.
pub(crate) const fn excess(a: u64, b: u64) -> u64 {
    if a > b { a.abs_diff(b) } else { 0 }
}

/// V_j: what lies in the vault and was expected there.
pub fn counted(bank: &Bank, vault: u64) -> u64 {
    vault.min(bank.expected)
}

/// (V_j − A_j)⁺: money that claims share, token units.
pub fn money(bank: &Bank, vault: u64) -> u64 {
    excess(counted(bank, vault), bank.residuals.assigned)
}

/// By how much the vault is below what was expected.
fn gap(bank: &Bank, vault: u64) -> u64 {
    excess(bank.expected, vault)
}

/// Notes that money has gone from the vault: what is expected there falls to what is there. No
/// coverage changes. Whatever comes back later is new money, of which those who have left since,
/// and hold residual claims, get their part (D1); it would else be lost to them in the gap.
pub(crate) fn note_gone(bank: &mut Bank, vault: u64) -> Result<()> {
    if gap(bank, vault) == 0 {
        return Ok(());
    }
    if bank.index == 0 {
        see_gap(bank, vault)?;
    }
    bank.expected = vault;
    Ok(())
}

/// Moves what has gone from the quote vault since the last check into D and M as they are stored.
fn see_gap(quote: &mut Bank, vault: u64) -> Result<()> {
    let loss = quote_loss(quote, vault)?;
    let hole = quote.totals.check_hole.checked_add(gap(quote, vault));
    let hole = excess(hole.ok_or(Error::Overflow)?, quote.totals.check_gap);
    quote.totals.check_loss = loss;
    quote.totals.check_hole = hole;
    quote.totals.check_gap = 0;
    Ok(())
}

/// Notes in the quote bank that a loss was booked of which nobody bears `deficit`: D rises in that
/// instruction by what insurance and fees don't cover, not at the next check, or who leaves between
/// the two would be paid by those who stay (a03). `insurance` is I after its own payment.
pub fn note_deficit(quote: &mut Bank, deficit: u64, insurance: u64, vault: u64) -> Result<()> {
    see_gap(quote, vault)?;
    quote.expected = counted(quote, vault);
    let cushion = cushion(quote, insurance)?;
    let totals = &mut quote.totals;
    totals.check_hole = totals
        .check_hole
        .checked_add(deficit)
        .ok_or(Error::Overflow)?;
    let loss = excess(totals.check_hole, cushion);
    totals.check_loss = totals.check_loss.max(loss);
    Ok(())
}

/// The part of C that the quote bank counts itself: X⁺ + T_0 + pot_int, UsdE6.
pub fn own_claims(quote: &Bank) -> Result<i64> {
    let totals = &quote.totals;
    totals
        .positive
        .checked_add_unsigned(quote.tickets)
        .and_then(|sum| sum.checked_add(totals.interest_pot))
        .ok_or(Error::Overflow)
}

/// The part of C that a market counts: its deltas, SQ_m and pot_m, UsdE6.
pub fn market_claims(market: &Market) -> Result<i64> {
    let deltas = &market.deltas;
    let parts = [deltas.interest_pot, market.quote_sum, market.pot];
    parts
        .iter()
        .try_fold(deltas.positive, |sum, part| sum.checked_add(*part))
        .ok_or(Error::Overflow)
}

/// Moves C as it is stored by what an instruction changed of it: of debts repaid with claims both
/// are gone.
pub fn note_claims(quote: &mut Bank, before: i64, after: i64) -> Result<()> {
    let change = after.checked_sub(before).ok_or(Error::Overflow)?;
    let claims = quote.totals.check_claims.checked_add(change);
    quote.totals.check_claims = claims.ok_or(Error::Overflow)?;
    Ok(())
}

/// I + F, what bears a hole before claims do, UsdE6.
fn cushion(quote: &Bank, insurance: u64) -> Result<u64> {
    let fees = u64::try_from(quote.totals.fees.max(0)).map_err(|_| Error::Overflow)?;
    insurance.checked_add(fees).ok_or(Error::Overflow)
}

/// D of D3, UsdE6: the loss of the last check, and what has gone from the quote vault since.
pub fn quote_loss(quote: &Bank, vault: u64) -> Result<u64> {
    let totals = &quote.totals;
    let loss = totals
        .check_loss
        .checked_add(gap(quote, vault))
        .ok_or(Error::Overflow)?;
    // A gap that has closed since lowers the loss, not below nothing.
    Ok(excess(loss, totals.check_gap))
}

/// cov_j with `vault` in the vault (D3).
pub fn coverage(bank: &Bank, vault: u64) -> Result<Coverage> {
    if bank.index != 0 {
        return Ok(Coverage::new(money(bank, vault), bank.claims));
    }
    let loss = quote_loss(bank, vault)?;
    if loss == 0 {
        return Ok(Coverage::FULL);
    }
    let claims = u64::try_from(bank.totals.check_claims).unwrap_or(0);
    match claims.checked_sub(loss) {
        Some(covered) if covered != 0 => Ok(Coverage::new(covered, claims)),
        _ => Ok(Coverage { num: 0, den: 1 }),
    }
}

/// s of D1: the shortfall of a bank's claims, token units: (K_j + A_j − V_j)⁺, for quote D.
pub fn shortfall(bank: &Bank, vault: u64) -> Result<u64> {
    if bank.index == 0 {
        return quote_loss(bank, vault);
    }
    let owed = bank
        .claims
        .checked_add(bank.residuals.assigned)
        .ok_or(Error::Overflow)?;
    Ok(excess(owed, counted(bank, vault)))
}

/// Lowers the quote bank's loss by an amount that claims have borne or that was made good.
pub(crate) fn lower_loss(quote: &mut Bank, amount: u64) -> Result<()> {
    let totals = &mut quote.totals;
    totals.check_hole = excess(totals.check_hole, amount);
    let from_check = totals.check_loss.min(amount);
    totals.check_loss = totals
        .check_loss
        .checked_sub(from_check)
        .ok_or(Error::Overflow)?;
    // The rest was a gap opened since the check: it counts as seen now.
    let rest = amount.checked_sub(from_check).ok_or(Error::Overflow)?;
    totals.check_gap = totals.check_gap.checked_add(rest).ok_or(Error::Overflow)?;
    Ok(())
}

/// Moves the quote bank's claims C by what entered or left them (D3).
pub(crate) fn move_claims(quote: &mut Bank, amount: u64, up: bool) -> Result<()> {
    let claims = quote.totals.check_claims;
    let moved = if up {
        claims.checked_add_unsigned(amount)
    } else {
        claims.checked_sub_unsigned(amount)
    };
    quote.totals.check_claims = moved.ok_or(Error::Overflow)?;
    Ok(())
}

/// What a check of a bank found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// M or M_j: the hole, token units.
    pub hole: u64,
    /// Explained part of it (quote): above zero the compartment is Restricted.
    pub deficit: u64,
    /// The rest: value is missing.
    pub missing: u64,
    /// Coverage from now on, e9.
    pub coverage_e9: u64,
}

fn narrow(value: u128) -> Result<u64> {
    u64::try_from(value).map_err(|_| Error::Overflow)
}

/// Checks a token bank's vault (D1). Changes nothing.
pub fn check_token(bank: &Bank, vault: u64) -> Result<Checked> {
    let balance = crate::conserve::token_balance(bank, vault)?;
    let hole = narrow(balance.missing())?;
    let coverage_e9 = coverage(bank, vault)?.e9()?;
    Ok(Checked {
        hole,
        deficit: 0,
        missing: hole,
        coverage_e9,
    })
}

/// Checks the quote bank: stores D = (M − I − F)⁺ and C for the withdrawals to come, and lets the
/// deficit fall to what is left of the hole (D1, D3).
///
/// `balance` must be of now, from **all** markets, all folded; `insurance` is I.
pub fn check_quote(
    quote: &mut Bank,
    balance: &Balance,
    insurance: u64,
    vault: u64,
    now: Now,
) -> Result<Checked> {
    note_gone(quote, vault)?;
    // What came unasked fills no hole before it is swept: residual claims share it.
    let counted = Balance {
        vault: counted(quote, vault).into(),
        ..*balance
    };
    let hole = narrow(counted.missing())?;
    let cushion = cushion(quote, insurance)?;
    let gap = gap(quote, vault);
    let totals = &mut quote.totals;
    totals.deficit = totals.deficit.min(hole);
    totals.check_hole = hole;
    totals.check_loss = excess(hole, cushion);
    totals.check_claims = i64::try_from(balance.claims).map_err(|_| Error::Overflow)?;
    totals.check_gap = gap;
    totals.check_slot = now.slot;
    let deficit = totals.deficit;
    let missing = hole.checked_sub(deficit).ok_or(Error::Overflow)?;
    let coverage_e9 = coverage(quote, vault)?.e9()?;
    Ok(Checked {
        hole,
        deficit,
        missing,
        coverage_e9,
    })
}
