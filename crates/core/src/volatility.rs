//! Realised variance of a feed in the hands of nobody (D5): one print per grid period is committed
//! into three rational averages, every other print is only read against the last committed one.

use bulwark_state::{Feed, Mark};

use crate::feed::{distance_e9, elapsed};
use crate::math::{div_wide_ceil, mul_div_ceil, u128_from_halves, wide_mul};
use crate::{Error, Result};

/// Largest return that can enter, e9: the upper bound of `clamp`.
pub const RETURN_MAX: u64 = 200_000_000;
/// Shortest grid, seconds: the lower bound of `grid`.
pub const GRID_MIN: u64 = 60;
/// Shortest tracker, seconds: the lower bound of `tau[0]`.
pub const TAU_MIN: u64 = 1_298;

const SQUARE_MAX: u64 = RETURN_MAX * RETURN_MAX;

/// Largest committed variance per second, e18. With `Δ ≥ 60` and `r ≤ 20 %` a variance `v ≤ B`
/// stays there: `τ·v + r² ≤ τ·B + 60·B ≤ (τ + Δ)·B` for `B = ⌈r²/60⌉`. 500 % a year is far below.
pub const VARIANCE_MAX: u64 = SQUARE_MAX.div_ceil(GRID_MIN);

/// Largest variance as read between two samples: `(τ·v + r²)/(τ + Δ) ≤ v + r²/τ`.
///
/// Times the longest horizon (3,600 s) and the largest congestion factor (3) it is 7.6e18 < 2^63:
/// every root in this crate is a 64-bit one.
pub const READ_MAX: u64 = VARIANCE_MAX + SQUARE_MAX.div_ceil(TAU_MIN) + 1;

/// Seconds of a year for annual volatilities.
const YEAR: u64 = 31_536_000;

/// Reads the newest print against the last committed sample into `variance_read`, and commits it
/// once a grid period has passed; says whether it did. The very first print only becomes the
/// sample. Rounds up.
pub fn sample(feed: &mut Feed) -> Result<bool> {
    let print = Mark {
        price: feed.last.price,
        at: feed.last.publish_at,
    };
    if feed.sample.price == 0 {
        feed.sample = print;
        feed.sample_seen_at = print.at;
        feed.variance_read = feed.variance;
        return Ok(true);
    }
    let gap = elapsed(print.at, feed.sample.at);
    let clamp = u64::from(feed.params.clamp_e9).min(RETURN_MAX);
    let r = distance_e9(print.price, feed.sample.price).min(clamp);
    // r <= 2e8: the square has 56 bits.
    let square = r.wrapping_mul(r);
    let trackers = feed.variance.iter().zip(&feed.params.tau);
    for (read, (held, tau)) in feed.variance_read.iter_mut().zip(trackers) {
        *read = averaged_ceil(*held, *tau, square, gap)?;
    }
    feed.sample_seen_at = print.at;
    let commits = gap >= u64::from(feed.params.grid).max(GRID_MIN);
    if commits {
        feed.variance = feed.variance_read;
        feed.sample = print;
    }
    Ok(commits)
}

/// `⌈(τ·v + r²)/(τ + Δ)⌉` for `v ≤` [`VARIANCE_MAX`] and `r² ≤ 4e16`.
/// [`Error::BadValue`] for a stored value beyond.
fn averaged_ceil(held: u64, tau: u32, square: u64, gap: u64) -> Result<u64> {
    if held > VARIANCE_MAX || u64::from(tau) < TAU_MIN {
        return Err(Error::BadValue);
    }
    let (hi, lo) = wide_mul(held, u64::from(tau));
    let (lo, carry) = lo.overflowing_add(square);
    // The product is below 2^82: its high half takes a carry.
    let sum = u128_from_halves(hi.wrapping_add(u64::from(carry)), lo);
    let weight = u64::from(tau).checked_add(gap).ok_or(Error::Overflow)?;
    div_wide_ceil(sum, weight).ok_or(Error::Overflow)
}

/// Variance per second, e18, of an annual volatility in e9 (1 % to 500 %), rounded up: what a new
/// feed starts with. `None` beyond 500 %.
pub fn seed_variance(annual_vol_e9: u64) -> Option<u64> {
    if annual_vol_e9 > 5_000_000_000 {
        return None;
    }
    mul_div_ceil(annual_vol_e9, annual_vol_e9, YEAR)
}

/// Gives a new feed its variances before the first print.
pub fn seed(feed: &mut Feed, annual_vol_e9: u64) -> Result<()> {
    let variance = seed_variance(annual_vol_e9).ok_or(Error::ParameterOutOfBounds)?;
    feed.variance = [variance; 3];
    feed.variance_read = feed.variance;
    Ok(())
}
