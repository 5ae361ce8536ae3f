//! Amounts that fade linearly to nothing (own recent deposit, recent profit, drawdown).

use bulwark_state::Fading;

use crate::error::{Error, Result};
use crate::math::{mul_div_ceil, mul_div_floor};
use crate::time::Now;

/// The window of D6 and D9, seconds.
pub const DAY: u64 = 86_400;

/// Seconds since the last change, at most `window`; a clock that went back counts as none.
fn elapsed(fading: &Fading, now: Now, window: u64) -> u64 {
    now.unix
        .saturating_sub(fading.at)
        .max(0)
        .unsigned_abs()
        .min(window)
}

/// What is left of the amount, rounded down. A window of zero leaves nothing.
pub fn fading_left(fading: &Fading, now: Now, window: u64) -> Result<u64> {
    if fading.amount == 0 || window == 0 {
        return Ok(0);
    }
    let rest = window
        .checked_sub(elapsed(fading, now, window))
        .ok_or(Error::Overflow)?;
    mul_div_floor(fading.amount, rest, window).ok_or(Error::Overflow)
}

/// Adds `amount` and starts the window anew for the sum: never less than the two apart. For what
/// must not be forgotten too early (profit, drawdown).
pub fn fading_add_lasting(fading: &mut Fading, amount: u64, now: Now, window: u64) -> Result<()> {
    let left = fading_left(fading, now, window)?;
    fading.amount = left.checked_add(amount).ok_or(Error::Overflow)?;
    fading.at = now.unix.max(fading.at);
    Ok(())
}

/// Adds `amount` and keeps the speed at which the sum fades: never more than the two apart. For
/// what must not be stretched by adding a little again and again (own recent deposit).
pub fn fading_add_brief(fading: &mut Fading, amount: u64, now: Now, window: u64) -> Result<()> {
    let left = fading_left(fading, now, window)?;
    if left == 0 {
        *fading = Fading {
            amount,
            at: now.unix.max(fading.at),
        };
        return Ok(());
    }
    // (old + new)·(1 − e/window) = left + new, so e = window·(old − left)/(old + new).
    let gone = fading.amount.checked_sub(left).ok_or(Error::Overflow)?;
    let sum = fading.amount.checked_add(amount).ok_or(Error::Overflow)?;
    let age = mul_div_ceil(window, gone, sum).ok_or(Error::Overflow)?;
    let present = now.unix.max(fading.at);
    fading.amount = sum;
    fading.at = present.checked_sub_unsigned(age).ok_or(Error::Overflow)?;
    Ok(())
}

/// Takes up to `amount` from what is left and says how much. The rest fades out when it would have.
pub fn fading_take(fading: &mut Fading, amount: u64, now: Now, window: u64) -> Result<u64> {
    let left = fading_left(fading, now, window)?;
    let taken = left.min(amount);
    let rest = left.checked_sub(taken).ok_or(Error::Overflow)?;
    fading.amount = if rest == 0 {
        0
    } else {
        mul_div_floor(fading.amount, rest, left).ok_or(Error::Overflow)?
    };
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(unix: i64) -> Now {
        Now { unix, slot: 0 }
    }

    #[test]
    fn fades_linearly_to_nothing() {
        let mut amount = Fading::default();
        fading_add_lasting(&mut amount, 864, at(1_000), DAY).unwrap();
        assert_eq!(fading_left(&amount, at(1_000), DAY), Ok(864));
        assert_eq!(fading_left(&amount, at(1_100), DAY), Ok(863));
        assert_eq!(fading_left(&amount, at(1_000 + 43_200), DAY), Ok(432));
        assert_eq!(fading_left(&amount, at(1_000 + 86_400), DAY), Ok(0));
        // A clock that went back restores nothing beyond the amount.
        assert_eq!(fading_left(&amount, at(0), DAY), Ok(864));
    }

    #[test]
    fn additions_bound_the_sum_from_both_sides() {
        let mut lasting = Fading {
            amount: 1_000,
            at: 0,
        };
        let mut brief = lasting;
        fading_add_lasting(&mut lasting, 500, at(43_200), DAY).unwrap();
        fading_add_brief(&mut brief, 500, at(43_200), DAY).unwrap();
        assert_eq!(fading_left(&lasting, at(43_200), DAY), Ok(1_000));
        assert_eq!(fading_left(&brief, at(43_200), DAY), Ok(1_000));
        // Apart: 250 of 1,000 and 375 of 500 after 64,800 s.
        assert_eq!(fading_left(&lasting, at(64_800), DAY), Ok(750));
        assert_eq!(fading_left(&brief, at(64_800), DAY), Ok(625));
        assert_eq!(fading_left(&brief, at(43_200 + 57_600), DAY), Ok(0));
    }

    #[test]
    fn dust_does_not_stretch_a_recent_deposit() {
        let mut recent = Fading {
            amount: 1_000_000,
            at: 0,
        };
        for hour in 1..=24 {
            fading_add_brief(&mut recent, 1, at(hour * 3_600), DAY).unwrap();
        }
        assert!(fading_left(&recent, at(86_400), DAY).unwrap() <= 24);
    }

    #[test]
    fn taking_is_bounded_by_what_is_left() {
        let mut amount = Fading {
            amount: 1_000,
            at: 0,
        };
        assert_eq!(fading_take(&mut amount, 100, at(43_200), DAY), Ok(100));
        assert_eq!(amount, Fading { amount: 800, at: 0 });
        assert_eq!(fading_left(&amount, at(64_800), DAY), Ok(200));
        assert_eq!(fading_take(&mut amount, 700, at(43_200), DAY), Ok(400));
        assert_eq!(amount, Fading { amount: 0, at: 0 });
    }
}
