//! Modes (D12): records of times that only grow, broken bits, and what holds now as a pure
//! function.
//!
//! Nothing here needs a crank: a time that has passed counts for nothing. Nobody shortens another's
//! pause, no standing bit holds Paused beyond automation's budget, and every grant of Paused is
//! charged to the compartment whose users it stops.

mod above;
mod broken;
mod budget;
mod capability;
mod grace;
mod transitions;

use bulwark_state::{Compartment, End, ModeRecord, Protocol};

use crate::error::{Error, Result};
use crate::time::Now;

pub use above::{above_normal_since, above_normal_within};
pub use broken::{Finding, Global, Item, Observed, any_broken, observe, observe_account};
pub use budget::{Limits, WINDOW, left, used};
pub(crate) use capability::spend;
pub use capability::{Capability, REVOCATION_MAX, lift_revocations, revoke, revoked};
pub use grace::{GRACE, GRACE_LEAST, Grace, stretched};
pub use transitions::{
    AUTOMATION_PAUSE, Act, By, GUARDIAN_PAUSE, LONE_RESTRICT_MAX, PAIR_RESTRICT, Paused,
    charged_end, latch, pause, pause_protocol, relax, relax_compartment, restrict, restrict_alone,
    restrict_together,
};

/// Slot length that ends are counted with until a guardian sets another, milliseconds.
pub const SLOT_MS: u32 = 300;
/// Smallest and largest slot length that may be set, milliseconds.
pub const SLOT_MS_BOUNDS: (u32, u32) = (200, 400);

/// What the protocol lets anybody do, loosest first. Recovery is a phase of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Everything.
    #[default]
    Normal,
    /// No new risk; exits at half the rate.
    Restricted,
    /// Exits, repayment, liquidation of live legs; nothing accrues.
    Paused,
}

impl Mode {
    /// All modes, loosest first.
    pub const ALL: [Mode; 3] = [Mode::Normal, Mode::Restricted, Mode::Paused];
}

/// Phase of a compartment's Recovery (D9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// None.
    #[default]
    None,
    /// Announced: the modes still rule.
    Announced,
    /// Frozen: prices are fixed.
    Frozen,
    /// Accounts are being marked.
    Marking,
    /// The quote pot is open.
    Settled,
}

impl Phase {
    /// From `Compartment::recovery_phase`. `BadValue` above 4.
    pub const fn from_u8(value: u8) -> Result<Self> {
        match value {
            0 => Ok(Self::None),
            1 => Ok(Self::Announced),
            2 => Ok(Self::Frozen),
            3 => Ok(Self::Marking),
            4 => Ok(Self::Settled),
            _ => Err(Error::BadValue),
        }
    }

    /// Whether the Recovery column of the tables rules.
    pub const fn rules(self) -> bool {
        matches!(self, Self::Frozen | Self::Marking | Self::Settled)
    }
}

/// `Compartment::recovery_cause` of an announcement by the guardian, which pauses at once.
pub const CAUSE_GUARDIAN: u8 = 1;

/// Whether something that lasts until `end` still lasts: it ends when unix time or the slot gets
/// there, whichever is first.
#[inline]
pub const fn running(end: &End, now: Now) -> bool {
    now.unix < end.at && now.slot < end.slot
}

/// The end of something that begins now and lasts `seconds`: unix time, or twice the time in slots
/// of `slot_ms` milliseconds, whichever is first (D12). `BadValue` for a slot length out of bounds.
pub fn end_after(now: Now, seconds: u64, slot_ms: u32) -> Result<End> {
    if slot_ms < SLOT_MS_BOUNDS.0 || slot_ms > SLOT_MS_BOUNDS.1 {
        return Err(Error::BadValue);
    }
    let slots = seconds.checked_mul(2_000).ok_or(Error::Overflow)?;
    let slots = slots.div_ceil(u64::from(slot_ms));
    Ok(End {
        at: now
            .unix
            .checked_add_unsigned(seconds)
            .ok_or(Error::Overflow)?,
        slot: now.slot.checked_add(slots).ok_or(Error::Overflow)?,
    })
}

/// The mode that a record asks for now, its broken bits not counted.
#[inline]
pub const fn effective_record(record: &ModeRecord, now: Now) -> Mode {
    if running(&record.paused, now) {
        Mode::Paused
    } else if running(&record.restricted, now) {
        Mode::Restricted
    } else {
        Mode::Normal
    }
}

/// The mode that holds in a compartment now: the stricter of the protocol's record, its own, and
/// its standing broken bits (D12). A guardian's announcement of Recovery pauses until the freeze.
///
/// A bit counts as Restricted. Where value is missing, [`observe`] has set the pause that
/// automation's budget still holds, so that once it is used up the bit falls to Restricted.
pub fn effective(protocol: &Protocol, compartment: &Compartment, now: Now) -> Mode {
    let announced = compartment.recovery_phase == 1;
    if announced && compartment.recovery_cause == CAUSE_GUARDIAN {
        return Mode::Paused;
    }
    let own = if any_broken(&compartment.broken) {
        Mode::Restricted
    } else {
        Mode::Normal
    };
    effective_record(&protocol.mode, now)
        .max(effective_record(&compartment.mode, now))
        .max(own)
}
