//! Interest on negative quote (D1): a kinked rate on the utilisation of the quote vault.

use bulwark_state::{Board, QuoteTotals, Wide};

use crate::error::{Error, Result};
use crate::math::{PPM, mul_div_ceil, mul_div_floor_u128, shift64_div_floor};
use crate::time::{Now, open_seconds};

/// Seconds of a year, times one in ppm: a yearly rate in ppm per second is divided by it.
const YEAR_PPM: u64 = 31_536_000 * PPM as u64;

/// Money of the quote bank that the totals don't hold, UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuoteMoney {
    /// V_0: balance of the vault.
    pub vault: u64,
    /// A_0: money assigned to residual claims.
    pub assigned: u64,
    /// T_0: unpaid tickets.
    pub tickets: u64,
    /// I: balance of insurance.
    pub insurance: u64,
}

/// A total of the folded ledger that can't be below zero.
fn total(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| Error::InvariantBroken)
}

/// Utilisation of the quote vault, ppm of one, rounded up (D1): the share of what is owed to
/// holders of quote that isn't in the vault. 0 where nothing is owed.
pub fn utilisation_ppm(totals: &QuoteTotals, money: &QuoteMoney) -> Result<u32> {
    let owed = total(totals.positive)?
        .checked_add(money.tickets)
        .and_then(|sum| sum.checked_add(money.insurance))
        .and_then(|sum| sum.checked_add(total(totals.fees).ok()?))
        .ok_or(Error::Overflow)?;
    // (V_0 − A_0)⁺ and (owed − held)⁺ of the definition: no money is lost by stopping at zero.
    let held = money.vault.saturating_sub(money.assigned);
    let lent = owed.saturating_sub(held);
    if lent == 0 {
        return Ok(0);
    }
    let share = mul_div_ceil(lent, u64::from(PPM), owed).ok_or(Error::Overflow)?;
    u32::try_from(share).map_err(|_| Error::Overflow)
}

/// Yearly rate at a utilisation, ppm, rounded up: flat to the low kink, then two straight lines.
pub fn yearly_rate_ppm(totals: &QuoteTotals, utilisation: u32) -> Result<u32> {
    let line = |at: (u32, u32), to: (u32, u32)| -> Result<u32> {
        let rise = to.1.checked_sub(at.1).ok_or(Error::BadValue)?;
        let span = to.0.checked_sub(at.0).ok_or(Error::BadValue)?;
        let walked = utilisation.checked_sub(at.0).ok_or(Error::BadValue)?;
        let step = mul_div_ceil(rise.into(), walked.into(), span.into()).ok_or(Error::BadValue)?;
        u32::try_from(step)
            .ok()
            .and_then(|step| at.1.checked_add(step))
            .ok_or(Error::Overflow)
    };
    let low = (totals.kink_low_ppm, totals.rate_low_ppm);
    let kink = (totals.kink_high_ppm, totals.rate_kink_ppm);
    if utilisation <= low.0 {
        return Ok(low.1);
    }
    if utilisation <= kink.0 {
        return line(low, kink);
    }
    line(kink, (PPM, totals.rate_high_ppm))
}

/// Accrues interest up to `now` (D1): the debtors' index rises by the rate over the open seconds
/// since the last time, the lenders' by what that collects over X⁺, rounded down.
///
/// Every market's deltas must have been folded in this instruction: fails with `InvariantBroken`
/// where a total is below zero. The first call only starts the clock.
pub fn accrue_interest(
    board: &mut Board,
    totals: &mut QuoteTotals,
    money: &QuoteMoney,
    now: Now,
) -> Result<()> {
    let open = open_seconds(&board.clock, now.unix);
    let since = totals.interest_open;
    let Some(elapsed) = open.checked_sub(since).filter(|elapsed| *elapsed != 0) else {
        return Ok(());
    };
    let (positive, negative) = (total(totals.positive)?, total(totals.negative)?);
    totals.interest_open = open;
    if since == 0 || negative == 0 {
        return Ok(());
    }
    let rate = u64::from(yearly_rate_ppm(totals, utilisation_ppm(totals, money)?)?);
    let owed = rate.checked_mul(elapsed).ok_or(Error::Overflow)?;
    let rise = shift64_div_floor(owed, YEAR_PPM).ok_or(Error::Overflow)?;
    board.debt_index = added(board.debt_index, rise)?;
    if positive != 0 {
        let share = mul_div_floor_u128(u128::from(negative), rise, u128::from(positive))
            .ok_or(Error::Overflow)?;
        board.lend_index = added(board.lend_index, share)?;
    }
    Ok(())
}

fn added(index: Wide, rise: u128) -> Result<Wide> {
    index
        .get()
        .checked_add(rise)
        .map(Wide::new)
        .ok_or(Error::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals() -> QuoteTotals {
        QuoteTotals {
            kink_low_ppm: 500_000,
            kink_high_ppm: 800_000,
            rate_kink_ppm: 200_000,
            rate_high_ppm: 2_000_000,
            ..QuoteTotals::default()
        }
    }

    #[test]
    fn rate_has_two_kinks() {
        let totals = totals();
        for (utilisation, rate) in [
            (0, 0),
            (500_000, 0),
            (650_000, 100_000),
            (800_000, 200_000),
            (900_000, 1_100_000),
            (1_000_000, 2_000_000),
        ] {
            assert_eq!(
                yearly_rate_ppm(&totals, utilisation),
                Ok(rate),
                "at {utilisation}"
            );
        }
    }

    #[test]
    fn utilisation_is_what_is_owed_and_not_there() {
        let mut totals = totals();
        let mut money = QuoteMoney {
            vault: 700,
            assigned: 100,
            tickets: 100,
            insurance: 200,
        };
        assert_eq!(utilisation_ppm(&totals, &money), Ok(0));
        totals.positive = 600;
        totals.fees = 100;
        // 1,000 owed, 600 there.
        assert_eq!(utilisation_ppm(&totals, &money), Ok(400_000));
        money.vault = 50;
        assert_eq!(utilisation_ppm(&totals, &money), Ok(1_000_000));
        assert_eq!(
            utilisation_ppm(&QuoteTotals::default(), &QuoteMoney::default()),
            Ok(0)
        );
    }
}
