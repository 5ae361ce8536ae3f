//! Permission as a conjunction of tables (D12): mode or Recovery, market status, bank status,
//! capability, oracle gate of the touched leg, stage of the account, grace.
//!
//! Whatever an action asks for must be in the [`Context`]: a status that wasn't given counts as
//! refused, so that leaving an account out never turns refusal into permission (INV-SUBSET).

mod action;
mod tables;

use bulwark_state::{Compartment, Protocol};

use crate::error::{Error, Result};
use crate::gate;
use crate::health::Stage;
use crate::mode::{self, Mode, Phase};
use crate::time::Now;

pub use action::Action;
pub use tables::{
    BANK, BankCell, CAPABILITY, GATE, GRACE, MARKET, MODE, MarketCell, ModeCell, STAGE, StageCell,
};

/// One, in parts per million.
const ONE: u32 = 1_000_000;

/// Status of a market. `BoardMarket::status`, `Market::status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarketStatus {
    /// Trades.
    Open = 1,
    /// Matching inside the band only, open interest not up.
    Limit,
    /// No matching.
    Halted,
    /// Open interest not up.
    ReduceOnly,
    /// Announced to be closed: open interest not up.
    Settling,
    /// Closed at its settlement price.
    Settled,
}

impl MarketStatus {
    /// All statuses, in the table's order.
    pub const ALL: [MarketStatus; 6] = [
        MarketStatus::Open,
        MarketStatus::Limit,
        MarketStatus::Halted,
        MarketStatus::ReduceOnly,
        MarketStatus::Settling,
        MarketStatus::Settled,
    ];

    /// From the layouts' number. `MarketForbids` for none and for an unknown one.
    pub const fn from_u8(value: u8) -> Result<Self> {
        match value {
            1 => Ok(Self::Open),
            2 => Ok(Self::Limit),
            3 => Ok(Self::Halted),
            4 => Ok(Self::ReduceOnly),
            5 => Ok(Self::Settling),
            6 => Ok(Self::Settled),
            _ => Err(Error::MarketForbids),
        }
    }
}

/// Status of a bank. `BoardBank::status`, `Bank::status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BankStatus {
    /// Takes deposits.
    Active = 1,
    /// Weight for new risk 0, deposits closed.
    NoNewRisk,
    /// Weight falls to 0, deposits closed.
    Closing,
}

impl BankStatus {
    /// All statuses, in the table's order.
    pub const ALL: [BankStatus; 3] = [
        BankStatus::Active,
        BankStatus::NoNewRisk,
        BankStatus::Closing,
    ];

    /// From the layouts' number. `BankForbids` for none and for an unknown one.
    pub const fn from_u8(value: u8) -> Result<Self> {
        match value {
            1 => Ok(Self::Active),
            2 => Ok(Self::NoNewRisk),
            3 => Ok(Self::Closing),
            _ => Err(Error::BankForbids),
        }
    }
}

/// What permission depends on. Build it with [`Context::new`] and add what the action touches.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// [`mode::effective`].
    pub mode: Mode,
    /// Phase of Recovery.
    pub phase: Phase,
    /// [`mode::revoked`].
    pub revoked: u32,
    /// Status of the market that is touched.
    pub market: Option<MarketStatus>,
    /// Status of the bank that is touched.
    pub bank: Option<BankStatus>,
    /// Strictest cell of the oracle gate over the touched legs, for the use that [`GATE`] names.
    pub gate: Option<gate::Cell>,
    /// Stage of the account before the action. `None` where the action's own health rule decides.
    pub stage: Option<Stage>,
    /// Whether the account is below its critical level.
    pub critical: bool,
    /// Whether grace protects the account.
    pub grace: bool,
}

impl Context {
    /// The context of a compartment now; nothing touched yet.
    pub fn new(protocol: &Protocol, compartment: &Compartment, now: Now) -> Result<Self> {
        Ok(Self {
            mode: mode::effective(protocol, compartment, now),
            phase: Phase::from_u8(compartment.recovery_phase)?,
            revoked: mode::revoked(compartment, now),
            market: None,
            bank: None,
            gate: None,
            stage: None,
            critical: false,
            grace: false,
        })
    }
}

/// A permission with what it is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Outflow runs at one over this (1, 2 or 4).
    pub rate_divisor: u32,
    /// Share of its initial requirement that a receiver must have, ppm.
    pub receiver_ppm: u32,
    /// Share of the maintenance requirement that counts for liquidation, ppm. The critical level
    /// is unchanged.
    pub requirement_ppm: u32,
    /// Every leg counts at its adverse bound.
    pub adverse: bool,
    /// The deposit draws on the bank's small bucket for Restricted.
    pub limited_deposit: bool,
    /// Only inside the price band.
    pub in_band: bool,
    /// The cell of the oracle gate that the leg must be priced by.
    pub gate: Option<gate::Cell>,
}

impl Permit {
    const FREE: Permit = Permit {
        rate_divisor: 1,
        receiver_ppm: ONE,
        requirement_ppm: ONE,
        adverse: false,
        limited_deposit: false,
        in_band: false,
        gate: None,
    };

    /// Whether everything that this permits, `other` permits too.
    pub fn within(&self, other: &Permit) -> bool {
        self.rate_divisor >= other.rate_divisor
            && self.receiver_ppm >= other.receiver_ppm
            && self.requirement_ppm <= other.requirement_ppm
            && self.adverse >= other.adverse
            && self.limited_deposit >= other.limited_deposit
            && self.in_band >= other.in_band
            && self.gate >= other.gate
    }
}

/// Whether an action is permitted, and within which bounds (D12). The error names the table that
/// refuses first: mode, market, bank, capability, oracle, stage, grace.
pub fn permits(action: Action, context: &Context) -> Result<Permit> {
    let mut permit = Permit::FREE;
    mode_allows(action, context, &mut permit)?;
    market_allows(action, context, &mut permit)?;
    bank_allows(action, context)?;
    let needed = action.row(&CAPABILITY);
    if needed.iter().any(|c| context.revoked & c.bit() != 0) {
        return Err(Error::CapabilityRevoked);
    }
    gate_allows(action, context, &mut permit)?;
    stage_allows(action, context)?;
    if context.grace && *action.row(&GRACE) {
        return Err(Error::GraceHolds);
    }
    Ok(permit)
}

fn mode_allows(action: Action, context: &Context, permit: &mut Permit) -> Result<()> {
    let [normal, restricted, paused, recovery] = action.row(&MODE);
    let cell = if context.phase.rules() {
        recovery
    } else {
        match context.mode {
            Mode::Normal => normal,
            Mode::Restricted => restricted,
            Mode::Paused => paused,
        }
    };
    match cell {
        ModeCell::Yes => {}
        ModeCell::Rate(divisor) => permit.rate_divisor = *divisor,
        ModeCell::Adverse(divisor) => {
            permit.rate_divisor = *divisor;
            permit.adverse = true;
        }
        ModeCell::Limited => permit.limited_deposit = true,
        ModeCell::Receiver(ppm) => permit.receiver_ppm = *ppm,
        ModeCell::Softened(requirement, receiver) => {
            permit.requirement_ppm = *requirement;
            permit.receiver_ppm = *receiver;
        }
        ModeCell::No | ModeCell::Frozen | ModeCell::Stops | ModeCell::ByRecovery => {
            return Err(Error::ModeForbids);
        }
    }
    Ok(())
}

fn market_allows(action: Action, context: &Context, permit: &mut Permit) -> Result<()> {
    let Some(row) = action.row(&MARKET) else {
        return Ok(());
    };
    let status = context.market.ok_or(Error::MarketForbids)?;
    let column = MarketStatus::ALL.iter().position(|s| *s == status);
    match column.and_then(|column| row.get(column)) {
        Some(MarketCell::Yes) => Ok(()),
        Some(MarketCell::InBand) => {
            permit.in_band = true;
            Ok(())
        }
        Some(MarketCell::No) | None => Err(Error::MarketForbids),
    }
}

fn bank_allows(action: Action, context: &Context) -> Result<()> {
    let Some(row) = action.row(&BANK) else {
        return Ok(());
    };
    let status = context.bank.ok_or(Error::BankForbids)?;
    let column = BankStatus::ALL.iter().position(|s| *s == status);
    match column.and_then(|column| row.get(column)) {
        Some(BankCell::Yes) => Ok(()),
        Some(BankCell::No) | None => Err(Error::BankForbids),
    }
}

fn gate_allows(action: Action, context: &Context, permit: &mut Permit) -> Result<()> {
    if action.row(&GATE).is_none() {
        return Ok(());
    }
    let cell = context.gate.ok_or(Error::OracleGate)?;
    permit.gate = Some(cell);
    match cell {
        gate::Cell::No
        | gate::Cell::Wait
        | gate::Cell::OnceConfirmed
        | gate::Cell::OnceBothAgree => Err(Error::OracleGate),
        // Old: not a live leg in Paused, else only below the critical level.
        gate::Cell::BelowCritical if !context.critical || permit.requirement_ppm < ONE => {
            Err(Error::OracleGate)
        }
        gate::Cell::InBand => {
            permit.in_band = true;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn stage_allows(action: Action, context: &Context) -> Result<()> {
    let Some(stage) = context.stage else {
        return Ok(());
    };
    let [healthy, reduce_only, warned, liquidatable, bankrupt] = action.row(&STAGE);
    let cell = match stage {
        Stage::Healthy => healthy,
        Stage::ReduceOnly => reduce_only,
        Stage::Warned => warned,
        Stage::Liquidatable => liquidatable,
        Stage::Bankrupt => bankrupt,
    };
    match cell {
        StageCell::Yes => Ok(()),
        StageCell::No => Err(Error::StageForbids),
        StageCell::NotLiquidatable => Err(Error::NotLiquidatable),
        StageCell::NotBankrupt => Err(Error::NotBankrupt),
        StageCell::WindUpOnly => Err(Error::Bankrupt),
    }
}
