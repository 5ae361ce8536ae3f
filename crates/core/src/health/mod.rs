//! Health: what an account is worth against what is required of it (D2). Board + margin account,
//! nothing else.

use bulwark_state::{Board, MarginAccount};

use crate::error::{Error, Result};
use crate::time::Now;

/// Level of a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Opens risk and withdraws.
    Initial,
    /// Ends a liquidation.
    LiquidationEnd,
    /// Starts a liquidation.
    Maintenance,
}

/// Value and requirement of an account at one level, UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Val_L, rounded down. At Maintenance this is E of D7.
    pub value: i64,
    /// Req_L, rounded up. At Maintenance this is MM of D7.
    pub requirement: u64,
    /// Σ hf·N at LiquidationEnd and Maintenance, rounded up; 0 at Initial. `value` below it is
    /// below the critical level.
    pub critical: u64,
}

impl Health {
    /// H_L = Val_L − Req_L.
    pub fn surplus(&self) -> Result<i64> {
        self.value
            .checked_sub_unsigned(self.requirement)
            .ok_or(Error::Overflow)
    }
    /// Whether the account is below the critical level.
    pub fn below_critical(&self) -> bool {
        i64::try_from(self.critical).is_ok_and(|critical| self.value < critical)
    }
}

/// Where an account stands (D2), worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// May open risk.
    Healthy,
    /// May only reduce.
    ReduceOnly,
    /// Near liquidation.
    Warned,
    /// May only top up, cancel and be taken over.
    Liquidatable,
    /// Worth less than nothing: is wound up.
    Bankrupt,
}

/// Margin ratios of a leg, e9.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratios {
    /// r_I with size and concentration, without closing fees.
    pub initial: u64,
    /// r_E.
    pub end: u64,
    /// r_M with size.
    pub maintenance: u64,
}

/// Health of an account at a level.
pub fn health(
    _board: &Board,
    _account: &MarginAccount,
    _level: Level,
    _now: Now,
    _paused: bool,
) -> Result<Health> {
    Err(Error::BadValue)
}

/// Health that decides whether the account may be liquidated.
pub fn eligibility(
    _board: &Board,
    _account: &MarginAccount,
    _now: Now,
    _paused: bool,
) -> Result<Health> {
    Err(Error::BadValue)
}

/// Whether `Val_I ≥ ⌈scale·Req_I⌉`.
pub fn initial_ok(
    _board: &Board,
    _account: &MarginAccount,
    _now: Now,
    _scale_ppm: u32,
) -> Result<bool> {
    Err(Error::BadValue)
}

/// Value without haircut and confidence.
pub fn raw_value(_board: &Board, _account: &MarginAccount, _now: Now) -> Result<i64> {
    Err(Error::BadValue)
}

/// Stage of an account.
pub fn stage(_board: &Board, _account: &MarginAccount, _now: Now, _paused: bool) -> Result<Stage> {
    Err(Error::BadValue)
}

/// Ratios of a position of `base` in a market.
pub fn leg_ratios(_board: &Board, _market: u8, _base: i64, _now: Now) -> Result<Ratios> {
    Err(Error::BadValue)
}

/// Mark price of a market.
pub fn mark(_board: &Board, _market: u8) -> Result<u64> {
    Err(Error::BadValue)
}

/// Whether the account leaves without any check of health.
pub fn is_plain(_account: &MarginAccount) -> bool {
    false
}
