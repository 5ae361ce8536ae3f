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

/// Moves up to `amount` of what is left from one to the other and says how much. Both go on fading
/// at the speed that they had: together never more than before, now or later.
pub fn fading_move_brief(
    from: &mut Fading,
    to: &mut Fading,
    amount: u64,
    now: Now,
    window: u64,
) -> Result<u64> {
    let left = fading_left(from, now, window)?;
    let moved = left.min(amount);
    if moved == 0 {
        return Ok(0);
    }
    // What the moved part was when `from` began to fade, and what stays of it.
    let part = mul_div_floor(from.amount, moved, left).ok_or(Error::Overflow)?;
    let rest = from.amount.checked_sub(part).ok_or(Error::Overflow)?;
    let there = fading_left(to, now, window)?;
    if there == 0 {
        *to = Fading {
            amount: part,
            at: from.at,
        };
    } else {
        // Two that fade as one: a·(1 − e/window) = both left, at the sum of their speeds.
        let sum = to.amount.checked_add(part).ok_or(Error::Overflow)?;
        let both = there.checked_add(moved).ok_or(Error::Overflow)?;
        let gone = sum.saturating_sub(both);
        let age = mul_div_ceil(window, gone, sum).ok_or(Error::Overflow)?;
        to.amount = sum;
        to.at = now.unix.checked_sub_unsigned(age).ok_or(Error::Overflow)?;
    }
    from.amount = if moved == left { 0 } else { rest };
    Ok(moved)
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

    /// However a mark is moved to and fro, it fades as if it had never been moved.
    #[test]
    fn moving_stretches_nothing() {
        let alone = Fading {
            amount: 1_000_000,
            at: 0,
        };
        let (mut one, mut other) = (alone, Fading::default());
        for hour in 1..=24 {
            let now = at(hour * 3_600);
            let part = 137_000 + 1_000 * hour.unsigned_abs();
            if hour % 2 == 0 {
                fading_move_brief(&mut other, &mut one, part, now, DAY).unwrap();
            } else {
                fading_move_brief(&mut one, &mut other, part, now, DAY).unwrap();
            }
            let sum = fading_left(&one, now, DAY).unwrap() + fading_left(&other, now, DAY).unwrap();
            let expected = fading_left(&alone, now, DAY).unwrap();
            assert!(sum <= expected, "{hour}: {sum} of {expected}");
            assert!(sum + 1_000 >= expected, "{hour}: {sum} of {expected}");
        }
    }
}
