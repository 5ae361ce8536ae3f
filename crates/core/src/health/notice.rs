//! Margin notice (D4): applied margins walk to their targets in open time, so anyone can say now
//! when an account will be liquidatable at today's prices, and at which price it would be.
//!
//! Prices, their faults and everything due stay as they are now; only the thresholds walk. H_M
//! falls with them and never rises, so the moment is found by halving.

use bulwark_state::{
    Board, LegNotice, MarginAccount, MarginNotice, Targets, VIEW_PAUSED, VIEW_VERSION,
};

use super::ratio::{Present, market_open};
use super::{Health, Measure, SETTLED, add, standing};
use crate::error::{Error, Result};
use crate::math::mul_div_floor;
use crate::time::Now;

/// How far above a short's price one is looked for that would reach it.
const FARTHEST: u64 = 10;
/// A price is told to one part in this power of two.
const PRECISION: u32 = 20;
/// Steps after which the search for a price ends wherever it is: each third one halves.
const STEPS: u32 = 96;
/// Status of a bank whose weight fades.
const CLOSING: u8 = 3;

/// Writes the margin notice of an account into `out`, whatever was there. `paused` as for
/// [`super::health`] below Initial.
///
/// # Errors
/// Those of [`super::health`].
pub fn notice(
    board: &Board,
    account: &MarginAccount,
    now: Now,
    paused: bool,
    out: &mut MarginNotice,
) -> Result<()> {
    let measure = Measure {
        end: false,
        pair: false,
        paused,
    };
    let present = Present::new(board, now);
    let rising = rising(present, account)?;
    let after = |ahead: u64| surplus(present.walked(ahead), account, measure);
    *out = MarginNotice {
        version: VIEW_VERSION,
        flags: if paused { VIEW_PAUSED } else { 0 },
        unix: now.unix,
        slot: now.slot,
        after_open: u64::MAX,
        rising_open: rising,
        surplus_now: after(0)?,
        surplus_then: after(rising)?,
        ..MarginNotice::default()
    };
    if out.surplus_then < 0 {
        let open = first(rising, |ahead| Ok(after(ahead)? < 0))?;
        out.reached = if open == 0 { 2 } else { 1 };
        out.after_open = open;
        out.reached_at = now.unix.checked_add_unsigned(open).ok_or(Error::Overflow)?;
    }
    prices(present, account, measure, rising, out)
}

/// The smallest of 0..=`most` that `holds`, which holds at `most` and, once, for all above.
fn first(most: u64, mut holds: impl FnMut(u64) -> Result<bool>) -> Result<u64> {
    if holds(0)? {
        return Ok(0);
    }
    let (mut below, mut at) = (0, most);
    while at.abs_diff(below) > 1 {
        let middle = below.midpoint(at);
        if holds(middle)? {
            at = middle;
        } else {
            below = middle;
        }
    }
    Ok(at)
}

/// H_M.
fn surplus(present: Present, account: &MarginAccount, measure: Measure) -> Result<i64> {
    let mut health = standing::sums(present, account, measure)?;
    standing::spare(measure, &mut health)?;
    health.surplus()
}

/// Open seconds until targets stand.
fn walk_left(targets: &Targets, open: u64) -> u64 {
    if targets.mm <= targets.m0 {
        return 0;
    }
    let walked = open.saturating_sub(targets.m0_open);
    u64::from(targets.params.ramp).saturating_sub(walked)
}

/// Open seconds until every threshold of the account stands.
fn rising(present: Present, account: &MarginAccount) -> Result<u64> {
    let mut longest = 0;
    for position in account.positions.iter().filter(|leg| leg.base != 0) {
        let (market, _) = present.market(position.market)?;
        let left = walk_left(&market.margin, market_open(present, market));
        longest = longest.max(left);
    }
    for token in account.collaterals.iter().filter(|c| c.active != 0) {
        let (bank, _) = present.bank(token.bank)?;
        longest = longest.max(walk_left(&bank.haircut, present.open));
        if bank.status == CLOSING {
            let walked = present.open.saturating_sub(bank.closing_open);
            longest = longest.max(bank.closing_ramp.saturating_sub(walked));
        }
    }
    Ok(longest)
}

/// Tells the prices of every position, at today's thresholds and at their targets.
#[inline(never)]
fn prices(
    present: Present,
    account: &MarginAccount,
    measure: Measure,
    rising: u64,
    out: &mut MarginNotice,
) -> Result<()> {
    let now = standing::sums(present, account, measure)?;
    let then = standing::sums(present.walked(rising), account, measure)?;
    for (position, told) in account.positions.iter().zip(&mut out.legs) {
        if position.active == 0 {
            continue;
        }
        let (market, feed) = present.market(position.market)?;
        *told = LegNotice {
            active: 1,
            market: position.market,
            mark: feed.last.price,
            ..LegNotice::default()
        };
        if position.base == 0 || market.status == SETTLED || feed.last.price == 0 {
            continue;
        }
        let number = market.feed;
        let ask = |present, whole| Question {
            present,
            account,
            measure,
            whole,
            feed: number,
        };
        let down = position.base > 0;
        told.price_now = ask(present, now).reach(down)?;
        told.price_then = ask(present.walked(rising), then).reach(down)?;
    }
    Ok(())
}

/// At which price of one feed H_M falls below zero.
#[derive(Clone, Copy)]
struct Question<'a> {
    present: Present<'a>,
    account: &'a MarginAccount,
    measure: Measure,
    /// Sums of the whole account as it is.
    whole: Health,
    feed: u8,
}

impl Question<'_> {
    /// What the legs and tokens of the feed add.
    fn part(&self, present: Present) -> Result<Health> {
        let mut part = Health::default();
        for position in self.account.positions.iter().filter(|leg| leg.active != 0) {
            let (market, _) = present.market(position.market)?;
            if market.feed == self.feed {
                standing::count(present, position, self.measure, &mut part)?;
            }
        }
        for token in self.account.collaterals.iter().filter(|c| c.active != 0) {
            let (bank, _) = present.bank(token.bank)?;
            if bank.feed == self.feed {
                standing::count_token(present, token, self.measure, &mut part)?;
            }
        }
        Ok(part)
    }

    /// H_M if the newest print of the feed, sure and undisputed, said `price`.
    #[inline(never)]
    fn surplus_at(&self, rest: &Health, price: u64) -> Result<i64> {
        let number = usize::from(self.feed);
        let stored = self.present.board.feeds.get(number);
        let mut feed = *stored.ok_or(Error::BadIndex)?;
        feed.last.price = price;
        feed.previous.price = price;
        feed.pending.price = 0;
        feed.second_last.price = 0;
        let part = self.part(Present {
            instead: Some((self.feed, &feed)),
            ..self.present
        })?;
        let mut health = joined(rest, &part)?;
        standing::spare(self.measure, &mut health)?;
        health.surplus()
    }

    /// The price, searched downwards or upwards from the mark: by interpolation, H_M being all but
    /// linear in it. 0 for none.
    fn reach(&self, down: bool) -> Result<u64> {
        let stored = self.present.board.feeds.get(usize::from(self.feed));
        let mark = stored.ok_or(Error::BadIndex)?.last.price;
        let rest = less(&self.whole, &self.part(self.present)?)?;
        let at = |price| self.surplus_at(&rest, price);
        let (mut safe, mut safe_surplus) = (mark, at(mark)?);
        if safe_surplus < 0 {
            return Ok(mark);
        }
        let mut reached = if down {
            1
        } else {
            mark.checked_mul(FARTHEST).ok_or(Error::Overflow)?
        };
        let mut reached_surplus = at(reached)?;
        if reached_surplus >= 0 {
            return Ok(0);
        }
        let fine = (mark >> PRECISION).max(1);
        for step in 0..STEPS {
            let distance = safe.abs_diff(reached);
            if distance <= fine {
                break;
            }
            let walked = if step % 3 == 2 {
                distance / 2
            } else {
                // Of the way from safe to reached, the share that the surplus lasts for.
                let (over, under) = (safe_surplus.unsigned_abs(), reached_surplus.unsigned_abs());
                let whole = over.checked_add(under).ok_or(Error::Overflow)?;
                mul_div_floor(distance, over, whole.max(1)).ok_or(Error::Overflow)?
            };
            // Never on an end: both stay what they are.
            let walked = walked.clamp(fine.div_ceil(2), distance.saturating_sub(1).max(1));
            let price = if down {
                safe.saturating_sub(walked)
            } else {
                safe.saturating_add(walked)
            };
            let surplus = at(price)?;
            if surplus < 0 {
                (reached, reached_surplus) = (price, surplus);
                safe_surplus /= 2;
            } else {
                (safe, safe_surplus) = (price, surplus);
                reached_surplus /= 2;
            }
        }
        Ok(reached)
    }
}

fn joined(rest: &Health, part: &Health) -> Result<Health> {
    let sum = |a: u64, b: u64| a.checked_add(b).ok_or(Error::Overflow);
    Ok(Health {
        value: add(rest.value, part.value)?,
        requirement: sum(rest.requirement, part.requirement)?,
        critical: sum(rest.critical, part.critical)?,
    })
}

fn less(whole: &Health, part: &Health) -> Result<Health> {
    let rest = |a: u64, b: u64| a.checked_sub(b).ok_or(Error::Overflow);
    Ok(Health {
        value: whole.value.checked_sub(part.value).ok_or(Error::Overflow)?,
        requirement: rest(whole.requirement, part.requirement)?,
        critical: rest(whole.critical, part.critical)?,
    })
}
