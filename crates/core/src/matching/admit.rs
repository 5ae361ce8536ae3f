//! Whether an account may have a fill (D2, D12): who takes on risk has Initial after; who reduces
//! does no harm to his own margin, because what he loses beyond it others would pay (a14).

use bulwark_state::{Board, MarginAccount, Market};

use super::Rules;
use super::limits::Caps;
use super::undo::Undo;
use crate::book::Side;
use crate::error::{Error, Result};
use crate::health::{self, Health, Level, Sheet};
use crate::math::{mul_div_floor, mul_pow10_div_ceil, mul_pow10_div_floor, ppm_mul_ceil};
use crate::order;

/// What fills did to one position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// Base before, BaseE8.
    pub before: i64,
    /// Base after, BaseE8.
    pub after: i64,
    /// Whether it bought or sold.
    pub side: Side,
    /// Filled size, BaseE8.
    pub base: u64,
    /// Notional, UsdE6.
    pub notional: u64,
    /// Fee, UsdE6.
    pub fee: u64,
}

impl Change {
    /// Whether the position only became smaller.
    pub(super) const fn reduces(&self) -> bool {
        let same = (self.before < 0) == (self.after < 0);
        self.after == 0 || (same && self.after.unsigned_abs() <= self.before.unsigned_abs())
    }

    /// Whether a reduction was at the mark or better, fee included. Then no health falls: the value
    /// of the leg is taken at the mark or worse at every level, and its requirement has shrunk.
    fn harmless(&self, mark: u64) -> bool {
        match self.side {
            Side::Bid => {
                let paid = self.notional.checked_add(self.fee);
                let worth = mul_pow10_div_floor::<10>(self.base, mark);
                paid.zip(worth).is_some_and(|(paid, worth)| paid <= worth)
            }
            Side::Ask => {
                let got = self.notional.checked_sub(self.fee);
                let worth = mul_pow10_div_ceil::<10>(self.base, mark);
                got.zip(worth).is_some_and(|(got, worth)| got >= worth)
            }
        }
    }
}

/// Whether a maker may have the fill that was just booked.
pub(super) fn maker(
    judge: &Judge<'_>,
    market: &mut Market,
    account: &mut MarginAccount,
    change: &Change,
    undo: &mut Undo,
) -> Result<()> {
    if !change.reduces() {
        return judge.risk(account, change.after).map(drop);
    }
    if change.harmless(judge.mark) || judge.has_initial(account) {
        return Ok(());
    }
    let after = judge.maintenance(account)?;
    undo.swap(account, market);
    let before = judge.maintenance(account);
    undo.swap(account, market);
    no_worse(&before?, &after)
}

/// Whether the taker may have all fills of the order together, and what rests of it.
pub(super) fn taker(
    judge: &Judge<'_>,
    market: &Market,
    account: &MarginAccount,
    change: &Change,
    rests_risk: bool,
    before: Option<Health>,
) -> Result<()> {
    if rests_risk || !change.reduces() {
        let value = judge.risk(account, change.after)?;
        return if rests_risk {
            carries_orders(market, account, value)
        } else {
            Ok(())
        };
    }
    if change.base == 0 || change.harmless(judge.mark) || judge.has_initial(account) {
        return Ok(());
    }
    // Who could reduce had a position, so his health before is known.
    let before = before.ok_or(Error::BelowInitialMargin)?;
    no_worse(&before, &judge.maintenance(account)?)
}

/// Each resting order of an account takes the smallest notional of its equity (a56): few dollars
/// don't fill a book, from however many accounts.
fn carries_orders(market: &Market, account: &MarginAccount, value: u64) -> Result<()> {
    // At most eight counts of 8 bits each.
    let count = account.positions.iter().map(|leg| u64::from(leg.orders));
    let needed = market.min_notional.checked_mul(count.sum());
    if needed.is_some_and(|needed| value >= needed) {
        Ok(())
    } else {
        Err(Error::OrdersBeyondEquity)
    }
}

/// A reduction that is neither at the mark nor leaves Initial must leave Maintenance, and no less
/// above it than before.
fn no_worse(before: &Health, after: &Health) -> Result<()> {
    let surplus = after.surplus()?;
    if surplus >= 0 && surplus >= before.surplus()? {
        return Ok(());
    }
    Err(Error::BelowInitialMargin)
}

/// What accounts are judged by.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    /// Prices.
    pub board: &'a Board,
    /// What accounts share of the Board at Initial.
    pub sheet: &'a Sheet<'a>,
    /// Permissions and the present.
    pub rules: &'a Rules,
    /// Limits of the market.
    pub caps: &'a Caps,
    /// Mark of the market, PriceE8.
    pub mark: u64,
}

impl Judge<'_> {
    /// Who took on risk has the multiple of Initial, and no more than the market's leverage. Gives
    /// his value at Initial, UsdE6.
    fn risk(&self, account: &MarginAccount, base: i64) -> Result<u64> {
        let health = health::initial_of(self.sheet, account)?;
        let required = ppm_mul_ceil(health.requirement, self.rules.requirement_ppm);
        let value = u64::try_from(health.value).map_err(|_| Error::BelowInitialMargin)?;
        if required.is_none_or(|required| value < required) {
            return Err(Error::BelowInitialMargin);
        }
        let leverage = self.caps.leverage;
        if leverage == 0 {
            return Err(Error::MarketForbids);
        }
        let held = order::notional(base.unsigned_abs(), self.mark)?;
        // Beyond 64 bits the value carries any position.
        let most = mul_div_floor(value, leverage, 1_000).unwrap_or(u64::MAX);
        if held > most {
            Err(Error::BelowInitialMargin)
        } else {
            Ok(value)
        }
    }

    /// Whether the account has Initial; a leg that can't be judged has not.
    fn has_initial(&self, account: &MarginAccount) -> bool {
        let surplus = health::initial_of(self.sheet, account).and_then(|health| health.surplus());
        surplus.is_ok_and(|surplus| surplus >= 0)
    }

    fn maintenance(&self, account: &MarginAccount) -> Result<Health> {
        health::health(
            self.board,
            account,
            Level::Maintenance,
            self.rules.now,
            false,
        )
    }
}
