//! Outflow (D6): leaky buckets per bank and compartment, and a queue: first come, first served.
//!
//! Everything begins with [`advance`]: it carries the mean of the claims, refills the buckets or
//! moves the queue on, and must run **before** an instruction changes what a bank owes.

mod base;
mod compartment;
mod queue;
mod rate;

use bulwark_state::{Bank, Protocol};

use crate::coverage::Coverage;
use crate::error::Result;
use crate::mode::Mode;
use crate::time::Now;

pub use base::{base, carry, claims, mean};
pub use compartment::{UsdLimit, base_value, charge, note_value, usd_limit};
pub use queue::{enqueue, is_waiting, note_served, note_void, payable};
pub use rate::{MIN_DAY_PPM, MIN_HOUR_PPM, Rate, Rates, fill, rates, take};

/// Seconds of an hour and of a day: periods of the two buckets.
pub const HOUR: u64 = 3_600;
/// See [`HOUR`].
pub const DAY: u64 = 86_400;

/// What the mode and queued changes make of every rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Rates are divided by this: 1, 2 in Restricted, 4 in Paused.
    pub divisor: u32,
    /// While a change waits: at least this share of the base leaves per 24 h, ppm, in every mode.
    pub quick_ppm: u64,
    /// Unix end of that, 0 if no change waits.
    pub quick_until: i64,
}

impl Flow {
    /// Outflow in a mode, nothing waiting.
    pub const fn of(mode: Mode) -> Self {
        let divisor = match mode {
            Mode::Normal => 1,
            Mode::Restricted => 2,
            Mode::Paused => 4,
        };
        Self {
            divisor,
            quick_ppm: 0,
            quick_until: 0,
        }
    }

    /// Outflow now: quickened in every compartment while a change of the guardian waits.
    pub const fn new(mode: Mode, protocol: &Protocol, now: Now) -> Self {
        let mut flow = Self::of(mode);
        if now.unix < protocol.quick_until {
            flow.quick_ppm = protocol.quick_ppm;
            flow.quick_until = protocol.quick_until;
        }
        flow
    }
}

/// Carries the mean up to now, then refills the buckets, or, while tickets wait, keeps them empty
/// and moves the queue on (D6). `coverage` and `money` are of now: money is (V_j − A_j)⁺.
///
/// Must run before the bank's claims change. Returns the rates that hold.
pub fn advance(
    bank: &mut Bank,
    flow: &Flow,
    coverage: &Coverage,
    money: u64,
    now: Now,
) -> Result<Rates> {
    base::carry(bank, flow, now)?;
    let rates = rates(bank, flow, base(bank)?)?;
    fill(&mut bank.small, &rates.lane, now)?;
    if is_waiting(bank) {
        queue::crank(bank, &rates, coverage.nominal(money), now)?;
    } else {
        fill(&mut bank.hour, &rates.hour, now)?;
        fill(&mut bank.day, &rates.day, now)?;
    }
    Ok(rates)
}
