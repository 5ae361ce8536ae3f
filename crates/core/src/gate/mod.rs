//! The oracle gate of D12: how bad a leg's price is, and what may still be done with the leg.
//!
//! [`Conditions`] are all the faults that a price has at once; [`Severity`] is the one of them that
//! names the leg. A use is permitted by the strictest cell over all faults ([`cell`]), so that a
//! second fault never loosens what the first forbids.

mod price;

pub use price::{
    Bounds, DEAD_FAVOUR_UNTIL, dead_favour, fair_price, initial_bounds, liquidation_price,
    maintenance_price, pick, shifted,
};

use bulwark_state::{Feed, Print};

use crate::math::ppm_mul_floor;
use crate::time::Now;

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
#[inline]
pub fn age(feed: &Feed, print: &Print, now: Now) -> u64 {
    let present = now.unix.max(feed.last.seen_at);
    if present > print.publish_at {
        present.abs_diff(print.publish_at)
    } else {
        0
    }
}

/// Whether two prices are further apart than `ppm` of the smaller one.
#[inline]
fn apart(a: u64, b: u64, ppm: u32) -> bool {
    ppm_mul_floor(a.min(b), ppm).is_some_and(|limit| a.abs_diff(b) > limit)
}

/// Judges a feed's newest accepted print (D12).
pub fn conditions(feed: &Feed, now: Now) -> Conditions {
    let mut conditions = faults(feed, now);
    conditions.ema_apart =
        !conditions.dead && apart(feed.last.price, feed.last.ema, feed.params.diverged_ppm);
    conditions
}

/// [`conditions`] but for the distance to the signed average, which no price below depends on: at
/// Initial the average counts anyway (D2), below it never (see [`Conditions::cell`]).
#[inline]
pub(crate) fn faults(feed: &Feed, now: Now) -> Conditions {
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
        ema_apart: false,
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
}
