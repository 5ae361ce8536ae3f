//! Rolling budgets: how long a power may act within any thirty days.

use bulwark_state::{Budget, Span};

use crate::error::{Error, Result};

/// Length of the rolling window, seconds (30 days).
pub const WINDOW: i64 = 30 * 86_400;

/// How long a power may act, seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In one act, from the moment of the act.
    pub each: u64,
    /// In any [`WINDOW`].
    pub window: u64,
}

/// Part of a span after `from`, seconds.
fn length(span: &Span, from: i64) -> u64 {
    let start = span.from.max(from);
    if span.until <= start {
        return 0;
    }
    span.until.abs_diff(start)
}

/// Seconds granted that lie within the window up to `now`, what is still to come included.
///
/// Every window that contains a later second of these grants contains at most this, so a grant that
/// keeps this sum within the limit keeps every window within it.
pub fn used(budget: &Budget, now: i64) -> u64 {
    let from = now.saturating_sub(WINDOW);
    let mut sum = 0u64;
    for span in &budget.spans {
        // Twelve spans of at most a few days each.
        sum = sum.saturating_add(length(span, from));
    }
    sum
}

/// Seconds that a budget still holds.
pub fn left(budget: &Budget, limits: Limits, now: i64) -> u64 {
    limits.window.saturating_sub(used(budget, now))
}

/// Grants `asked` seconds from now, cut to `each` and to what is left, and charges what that adds.
///
/// Returns the unix second at which the grant ends, `None` if nothing is left or the act would add
/// nothing to a running grant. `BudgetExhausted` if all twelve places hold spans of the window.
pub fn grant(budget: &mut Budget, limits: Limits, asked: u64, now: i64) -> Result<Option<i64>> {
    let wanted = now
        .checked_add_unsigned(asked.min(limits.each))
        .ok_or(Error::Overflow)?;
    let available = left(budget, limits, now);
    if let Some(span) = budget
        .spans
        .iter_mut()
        .find(|s| s.from <= now && now <= s.until)
    {
        let most = span
            .until
            .checked_add_unsigned(available)
            .ok_or(Error::Overflow)?;
        let until = wanted.min(most);
        if until <= span.until {
            return Ok(None);
        }
        span.until = until;
        return Ok(Some(until));
    }
    let most = now.checked_add_unsigned(available).ok_or(Error::Overflow)?;
    let until = wanted.min(most);
    if until <= now {
        return Ok(None);
    }
    let from = now.saturating_sub(WINDOW);
    let place = budget
        .spans
        .iter_mut()
        .find(|s| s.until <= from || s.until <= s.from);
    *place.ok_or(Error::BudgetExhausted)? = Span { from: now, until };
    Ok(Some(until))
}
