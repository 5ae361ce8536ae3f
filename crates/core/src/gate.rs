//! The oracle gate of D12: how bad a leg's price is, and what may still be done with the leg.
//!
//! [`Conditions`] are all the faults that a price has at once; [`Severity`] is the one of them that
//! names the leg. A use is permitted by the strictest cell over all faults ([`cell`]), so that a
//! second fault never loosens what the first forbids.

use bulwark_state::{Feed, Print};

use crate::error::{Error, Result};
use crate::math::{mul_div_floor, ppm_mul_floor};
use crate::time::Now;

/// Age at which the favour that a dead leg enjoys has faded to nothing, seconds.
pub const DEAD_FAVOUR_UNTIL: u64 = 21_600;

/// How bad a price is. Columns of the gate table, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Fresh, sure and undisputed.
    Ok,
    /// Its confidence is wide.
    Uncertain,
    /// A jump waits to be confirmed.
    Unconfirmed,
    /// A little old.
    Stale,
    /// Old.
    Old,
    /// A second witness says something else.
    Diverged,
    /// Too old, or unusable.
    Dead,
}

impl Severity {
    /// All severities, in the table's order.
    pub const ALL: [Severity; 7] = [
        Severity::Ok,
        Severity::Uncertain,
        Severity::Unconfirmed,
        Severity::Stale,
        Severity::Old,
        Severity::Diverged,
        Severity::Dead,
    ];
}

/// What is to be done with a leg. Rows of the gate table, the last one split in three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LegUse {
    /// Raise open interest.
    OpenInterestUp,
    /// Reduce or transfer by matching.
    Reduce,
    /// Count for a withdrawal, and for every check at the initial level.
    Withdraw,
    /// Be taken over.
    Liquidate,
    /// Be seized or converted (collateral).
    Convert,
    /// Carry a loss.
    AllocateLoss,
    /// Sample funding.
    FundingSample,
    /// Sample variance.
    VarianceSample,
}

impl LegUse {
    /// All uses, in the table's order.
    pub const ALL: [LegUse; 8] = [
        LegUse::OpenInterestUp,
        LegUse::Reduce,
        LegUse::Withdraw,
        LegUse::Liquidate,
        LegUse::Convert,
        LegUse::AllocateLoss,
        LegUse::FundingSample,
        LegUse::VarianceSample,
    ];
}

/// A cell of the gate table, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// Permitted.
    Yes,
    /// Permitted inside the price band.
    InBand,
    /// Counts with its confidence doubled.
    ConfDoubled,
    /// Permitted at the edge of the confidence that favours the account.
    FavourableEdge,
    /// Permitted at the one of the last two prints that favours the account.
    FavourableOfTwo,
    /// Counts at the worse of the two prices that differ.
    WorseOfBoth,
    /// Permitted only if it would be under both prices.
    UnderBoth,
    /// Counts at the adverse bound.
    Adverse,
    /// Permitted below the critical level, at the favourable edge.
    BelowCritical,
    /// Once the jump is confirmed.
    OnceConfirmed,
    /// Once both prices agree.
    OnceBothAgree,
    /// Waits for the jump to be confirmed.
    Wait,
    /// Refused.
    No,
}

use Cell::{
    Adverse, BelowCritical, ConfDoubled, FavourableEdge, FavourableOfTwo, InBand, No,
    OnceBothAgree, OnceConfirmed, UnderBoth, Wait, WorseOfBoth, Yes,
};

/// The gate table of D12: a row per [`LegUse`], a column per [`Severity`].
pub const TABLE: [[Cell; 7]; 8] = [
    // Ok, Uncertain, Unconfirmed, Stale, Old, Diverged, Dead
    [Yes, No, No, No, No, No, No],
    [Yes, InBand, No, InBand, No, No, No],
    [
        Yes,
        ConfDoubled,
        Adverse,
        Adverse,
        Adverse,
        WorseOfBoth,
        Adverse,
    ],
    [
        Yes,
        FavourableEdge,
        Wait,
        FavourableOfTwo,
        BelowCritical,
        UnderBoth,
        No,
    ],
    [Yes, Yes, Wait, Yes, No, UnderBoth, No],
    [Yes, Yes, No, Yes, No, No, No],
    [Yes, No, No, No, No, No, No],
    [Yes, Yes, OnceConfirmed, No, No, OnceBothAgree, No],
];

/// One cell of the table.
pub const fn allows(severity: Severity, usage: LegUse) -> Cell {
    // Both enums are dense and as long as the table: the indexes can't leave it.
    TABLE[usage as usize][severity as usize]
}

/// Everything that is wrong with a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The confidence is wide.
    pub uncertain: bool,
    /// A jump waits.
    pub unconfirmed: bool,
    /// Older than an Ok print.
    pub stale: bool,
    /// Older than a Stale print.
    pub old: bool,
    /// Away from the second source.
    pub diverged: bool,
    /// Away from the signed average.
    pub ema_apart: bool,
    /// Older than an Old print, or unusable.
    pub dead: bool,
    /// Seconds since publication.
    pub age: u64,
}

/// Seconds since publication by the cluster's clock. A clock that went back gains nothing, one
/// behind the publisher counts as none.
pub fn age(feed: &Feed, print: &Print, now: Now) -> u64 {
    let present = now.unix.max(feed.last.seen_at);
    present
        .saturating_sub(print.publish_at)
        .max(0)
        .unsigned_abs()
}

/// Whether two prices are further apart than `ppm` of the smaller one.
fn apart(a: u64, b: u64, ppm: u32) -> bool {
    ppm_mul_floor(a.min(b), ppm).is_some_and(|limit| a.abs_diff(b) > limit)
}

/// Judges a feed's newest accepted print (D12).
pub fn conditions(feed: &Feed, now: Now) -> Conditions {
    let (last, params) = (&feed.last, &feed.params);
    let age = age(feed, last, now);
    if feed.active == 0 || last.price == 0 || last.ema == 0 || age > u64::from(params.age_old) {
        return Conditions {
            dead: true,
            old: true,
            stale: true,
            age,
            ..Conditions::default()
        };
    }
    let second = &feed.second_last;
    let witness = feed.second.kind != 0
        && second.price != 0
        && second.publish_at.abs_diff(last.publish_at) <= u64::from(params.age_stale);
    Conditions {
        uncertain: ppm_mul_floor(last.price, params.conf_max_ppm)
            .is_none_or(|limit| last.conf > limit),
        unconfirmed: feed.pending.price != 0,
        stale: age > u64::from(params.age_ok),
        old: age > u64::from(params.age_stale),
        diverged: witness && apart(last.price, second.price, params.diverged_ppm),
        ema_apart: apart(last.price, last.ema, params.diverged_ppm),
        dead: false,
        age,
    }
}

impl Conditions {
    /// Whether nothing is wrong.
    pub fn is_ok(&self) -> bool {
        !(self.uncertain
            || self.unconfirmed
            || self.stale
            || self.diverged
            || self.ema_apart
            || self.dead)
    }

    /// The fault that names the leg: of those that hold the first of Dead, Diverged, Unconfirmed,
    /// Old, Stale, Uncertain.
    pub fn severity(&self) -> Severity {
        if self.dead {
            Severity::Dead
        } else if self.diverged || self.ema_apart {
            Severity::Diverged
        } else if self.unconfirmed {
            Severity::Unconfirmed
        } else if self.old {
            Severity::Old
        } else if self.stale {
            Severity::Stale
        } else if self.uncertain {
            Severity::Uncertain
        } else {
            Severity::Ok
        }
    }

    /// The strictest cell over all faults that hold.
    ///
    /// Distance to the signed average counts as Diverged for new risk and withdrawals alone. That
    /// average lags by an hour, so in every real crash the price leaves it: if that closed
    /// liquidation and reducing too, a crash would stop what it makes necessary (a12).
    pub fn cell(&self, usage: LegUse) -> Cell {
        let ema = matches!(usage, LegUse::OpenInterestUp | LegUse::Withdraw);
        let faults = [
            (self.uncertain, Severity::Uncertain),
            (self.unconfirmed, Severity::Unconfirmed),
            (self.stale && !self.old, Severity::Stale),
            (self.old && !self.dead, Severity::Old),
            (self.diverged || (ema && self.ema_apart), Severity::Diverged),
            (self.dead, Severity::Dead),
        ];
        let mut cell = allows(Severity::Ok, usage);
        for (holds, severity) in faults {
            if holds {
                cell = cell.max(allows(severity, usage));
            }
        }
        cell
    }
}

/// How bad a feed's price is: the name of the leg (D12). What is permitted says [`cell`].
pub fn severity(feed: &Feed, now: Now) -> Severity {
    conditions(feed, now).severity()
}

/// What may be done with a leg on this feed (D12), with the younger age that raising open interest
/// asks for.
pub fn cell(feed: &Feed, usage: LegUse, now: Now) -> Cell {
    let conditions = conditions(feed, now);
    if usage == LegUse::OpenInterestUp && conditions.age > u64::from(feed.params.age_open) {
        return No;
    }
    conditions.cell(usage)
}

/// The favour of a dead leg, as a share of `whole`: full until the leg died, nothing at
/// [`DEAD_FAVOUR_UNTIL`], linear between, rounded down (D12).
pub fn dead_favour(feed: &Feed, age: u64, whole: u64) -> Result<u64> {
    let from = u64::from(feed.params.age_old);
    let span = DEAD_FAVOUR_UNTIL
        .checked_sub(from)
        .filter(|span| *span != 0);
    let (Some(span), Some(left)) = (span, DEAD_FAVOUR_UNTIL.checked_sub(age)) else {
        return Ok(0);
    };
    mul_div_floor(whole, left.min(span), span).ok_or(Error::Overflow)
}

/// Moves a price by a distance, up or down; down not below zero.
pub fn shifted(price: u64, distance: u64, up: bool) -> Result<u64> {
    if up {
        price.checked_add(distance).ok_or(Error::Overflow)
    } else {
        Ok(price.checked_sub(distance).unwrap_or(0))
    }
}

/// The higher or the lower of two prices; a price of zero is none.
pub fn pick(a: u64, b: u64, higher: bool) -> u64 {
    match (a, b) {
        (price, 0) | (0, price) => price,
        (a, b) if higher => a.max(b),
        (a, b) => a.min(b),
    }
}

/// Bounds of a price at the initial level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// P↓, PriceE8.
    pub down: u64,
    /// P↑, PriceE8.
    pub up: u64,
    /// The leg is at its adverse bound: collateral counts nothing, a position can't gain.
    pub adverse: bool,
}

/// P↓ and P↑ of the initial level (D2) under the Withdraw row: confidence doubled where Uncertain,
/// the worse of both where Diverged, and flagged where only the adverse bound counts.
pub fn initial_bounds(feed: &Feed, faults: &Conditions) -> Result<Bounds> {
    let last = &feed.last;
    let shift = initial_confidence(last).checked_mul(if faults.uncertain { 2 } else { 1 });
    let shift = shift.ok_or(Error::Overflow)?;
    let mut bounds = Bounds {
        down: shifted(last.price, shift, false)?
            .min(feed.slow)
            .min(last.ema),
        up: shifted(last.price, shift, true)?
            .max(feed.slow)
            .max(last.ema),
        adverse: faults.cell(LegUse::Withdraw) == Adverse,
    };
    if faults.diverged {
        bounds.down = bounds.down.min(feed.second_last.price);
        bounds.up = bounds.up.max(feed.second_last.price);
    }
    if faults.unconfirmed {
        bounds.down = bounds.down.min(feed.pending.price);
        bounds.up = bounds.up.max(feed.pending.price);
    }
    if feed.announced != 0 {
        bounds.down = bounds.down.min(feed.announced);
        bounds.up = bounds.up.max(feed.announced);
    }
    Ok(bounds)
}

/// conf' = min(⌈2.12·conf⌉, ⌊5 %·p⌋), PriceE8 (D2).
fn initial_confidence(print: &Print) -> u64 {
    let cap = print.price / 20;
    if print.conf >> 56 != 0 {
        // 2.12·conf is above 5 % of any price: the cap holds for the widest.
        return cap;
    }
    // conf < 2^56 and 212 < 2^8: the product has 64 bits.
    print.conf.wrapping_mul(212).div_ceil(100).min(cap)
}

/// Price of a leg at the levels LiquidationEnd and Maintenance (D2) under the Liquidate row.
///
/// `gains_up`: the account gains when the price rises. `margin_ppm`: r_M of the position, or the
/// maintenance haircut of collateral. An Ok leg is moved by its confidence, at most ¼ of the
/// margin, against the account; a leg with faults counts at the price that favours it. `pair`: at
/// the favourable one of the last two prints if both are young enough (D5, eligibility).
pub fn maintenance_price(
    feed: &Feed,
    faults: &Conditions,
    gains_up: bool,
    margin_ppm: u32,
    pair: bool,
    now: Now,
) -> Result<u64> {
    let (price, edge) = favourable(feed, faults, gains_up, pair, now);
    let price = if faults.dead {
        let margin = ppm_mul_floor(price, margin_ppm).ok_or(Error::Overflow)?;
        shifted(price, dead_favour(feed, faults.age, margin)?, gains_up)?
    } else if feed.last.conf == 0 {
        price
    } else {
        let quarter = ppm_mul_floor(feed.last.price, margin_ppm).ok_or(Error::Overflow)? / 4;
        shifted(price, feed.last.conf.min(quarter), gains_up == edge)?
    };
    if feed.announced == 0 {
        return Ok(price);
    }
    // Announced Recovery: the worse of live and announced (D9).
    Ok(pick(price, feed.announced, !gains_up))
}

/// The price that favours the account among those that the faults leave open, and whether the
/// confidence counts in its favour.
fn favourable(
    feed: &Feed,
    faults: &Conditions,
    gains_up: bool,
    pair: bool,
    now: Now,
) -> (u64, bool) {
    let mut price = feed.last.price;
    if faults.is_ok() && !pair {
        return (price, false);
    }
    let young = pair && is_pair(feed, now);
    if (faults.stale && !faults.old) || young {
        price = pick(price, feed.previous.price, gains_up);
    }
    if faults.unconfirmed {
        price = pick(price, feed.pending.price, gains_up);
    }
    if faults.diverged {
        price = pick(price, feed.second_last.price, gains_up);
    }
    (price, faults.uncertain || faults.old)
}

/// Whether the last two accepted prints are both young enough for a take-over (D5).
fn is_pair(feed: &Feed, now: Now) -> bool {
    let limit = u64::from(feed.params.age_pair);
    feed.previous.price != 0
        && age(feed, &feed.previous, now) <= limit
        && age(feed, &feed.last, now) <= limit
}

/// Price at which a leg is taken over (D5, D12), PriceE8: the one of the last two young prints that
/// favours the account, at the favourable edge of the confidence where the gate says so. Below the
/// critical level the newest print, unless the gate says otherwise.
///
/// `gains_up`, `margin_ppm` as for [`maintenance_price`]. Fails with `OracleGate` where the leg
/// can't be taken over.
pub fn liquidation_price(
    feed: &Feed,
    gains_up: bool,
    margin_ppm: u32,
    below_critical: bool,
    now: Now,
) -> Result<u64> {
    let faults = conditions(feed, now);
    match faults.cell(LegUse::Liquidate) {
        Yes | FavourableEdge | FavourableOfTwo | UnderBoth => {}
        BelowCritical if below_critical => {}
        _ => return Err(Error::OracleGate),
    }
    let (price, edge) = favourable(feed, &faults, gains_up, !below_critical, now);
    if !edge {
        return Ok(price);
    }
    let quarter = ppm_mul_floor(feed.last.price, margin_ppm).ok_or(Error::Overflow)? / 4;
    shifted(price, feed.last.conf.min(quarter), gains_up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strictest_cell_wins() {
        let faults = Conditions {
            old: true,
            stale: true,
            diverged: true,
            ..Default::default()
        };
        assert_eq!(faults.severity(), Severity::Diverged);
        assert_eq!(faults.cell(LegUse::Withdraw), Adverse);
        assert_eq!(faults.cell(LegUse::Convert), No);
        assert_eq!(faults.cell(LegUse::Liquidate), BelowCritical);
    }

    #[test]
    fn favour_of_a_dead_leg_fades() {
        let mut feed: Feed = bytemuck::Zeroable::zeroed();
        feed.params.age_old = 600;
        assert_eq!(dead_favour(&feed, 600, 21_000), Ok(21_000));
        assert_eq!(dead_favour(&feed, 601, 21_000), Ok(20_999));
        assert_eq!(dead_favour(&feed, 11_100, 21_000), Ok(10_500));
        assert_eq!(dead_favour(&feed, 21_600, 21_000), Ok(0));
        assert_eq!(dead_favour(&feed, u64::MAX, 21_000), Ok(0));
    }
}
