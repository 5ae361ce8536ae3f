//! Health as a view: the numbers of every level, and what each leg and token adds to them. For
//! people, clients and liquidators; nothing on chain decides by it.

use bulwark_state::{
    Board, CollateralView, Feed, HealthView, LegView, MarginAccount, VIEW_CRITICAL, VIEW_FLAGGED,
    VIEW_LIQUIDATABLE, VIEW_PAUSED, VIEW_PLAIN, VIEW_VERSION,
};

use super::initial::{self, Part};
use super::ratio::Present;
use super::{
    Health, Level, Measure, Sheet, Stage, add, eligibility, is_plain, raw_value, stage, standing,
};
use crate::error::{Error, Result};
use crate::gate;
use crate::ledger::interest_due;
use crate::time::Now;

/// Writes the health of an account into `out`, whatever was there. `paused`: levels below Initial
/// as in mode Paused; Initial is always that of new risk.
///
/// # Errors
/// Those of [`super::health`].
pub fn view(
    board: &Board,
    account: &MarginAccount,
    now: Now,
    paused: bool,
    out: &mut HealthView,
) -> Result<()> {
    *out = HealthView::default();
    out.version = VIEW_VERSION;
    out.stage = stage(board, account, now, paused)?.number();
    (out.unix, out.slot) = (now.unix, now.slot);
    out.quote = add(account.quote, interest_due(board, account)?)?;
    out.quote_pending = account.quote_claims.pending;
    let present = Present::new(board, now);
    parts(present, account, out)?;
    let sheet = Sheet::new(board, now);
    let initial = initial::walk(&sheet, account, false, |part| tell(out, part))?;
    (out.initial_value, out.initial_requirement) = (initial.value, initial.requirement);
    let end = super::health(board, account, Level::LiquidationEnd, now, paused)?;
    (out.end_value, out.end_requirement) = (end.value, end.requirement);
    let lowest = super::health(board, account, Level::Maintenance, now, paused)?;
    (out.maintenance_value, out.maintenance_requirement) = (lowest.value, lowest.requirement);
    out.critical = lowest.critical;
    out.raw_value = raw_value(board, account, now)?;
    let decides = eligibility(board, account, now, paused)?.surplus()?;
    for (holds, bit) in [
        (lowest.below_critical(), VIEW_CRITICAL),
        (account.flagged_open != 0, VIEW_FLAGGED),
        (decides < 0, VIEW_LIQUIDATABLE),
        (paused, VIEW_PAUSED),
        (is_plain(account), VIEW_PLAIN),
    ] {
        out.flags |= if holds { bit } else { 0 };
    }
    Ok(())
}

/// What a leg or token adds at Initial.
fn tell(out: &mut HealthView, part: Part) {
    match part {
        Part::Leg {
            slot,
            price,
            value,
            requirement,
        } => {
            if let Some(leg) = out.legs.get_mut(slot) {
                (leg.worst, leg.initial_value) = (price, value);
                leg.initial_requirement = requirement;
            }
        }
        Part::Token { slot, value } => {
            if let Some(token) = out.collaterals.get_mut(slot) {
                token.initial_value = value;
            }
        }
    }
}

fn severity(feed: &Feed, now: Now) -> u8 {
    // The enum is dense and has seven variants.
    gate::severity(feed, now) as u8
}

/// Legs and tokens with what they add at Maintenance.
fn parts(present: Present, account: &MarginAccount, out: &mut HealthView) -> Result<()> {
    let measure = Measure {
        end: false,
        pair: false,
        paused: false,
    };
    for (position, leg) in account.positions.iter().zip(&mut out.legs) {
        if position.active == 0 {
            continue;
        }
        let (_, feed) = present.market(position.market)?;
        let mut alone = Health::default();
        standing::count(present, position, measure, &mut alone)?;
        *leg = LegView {
            active: 1,
            market: position.market,
            severity: severity(feed, present.now),
            base: position.base,
            mark: feed.last.price,
            maintenance_value: alone.value,
            maintenance_requirement: alone.requirement,
            ..LegView::default()
        };
    }
    for (token, told) in account.collaterals.iter().zip(&mut out.collaterals) {
        if token.active == 0 {
            continue;
        }
        let (_, feed) = present.bank(token.bank)?;
        let mut alone = Health::default();
        standing::count_token(present, token, measure, &mut alone)?;
        *told = CollateralView {
            active: 1,
            bank: token.bank,
            severity: severity(feed, present.now),
            amount: token.amount,
            maintenance_value: alone.value,
            ..CollateralView::default()
        };
    }
    Ok(())
}

impl Stage {
    /// From [`HealthView::stage`].
    ///
    /// # Errors
    /// [`Error::BadValue`] for none.
    pub const fn from_u8(value: u8) -> Result<Self> {
        match value {
            1 => Ok(Self::Healthy),
            2 => Ok(Self::ReduceOnly),
            3 => Ok(Self::Warned),
            4 => Ok(Self::Liquidatable),
            5 => Ok(Self::Bankrupt),
            _ => Err(Error::BadValue),
        }
    }
}
