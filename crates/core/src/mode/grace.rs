//! Grace after a pause (D12): a window, the same for all, stored for nobody, which congestion
//! stretches.

use bulwark_state::Compartment;

use crate::targets::FACTOR_MAX;
use crate::time::Now;

/// Longest window, seconds (15 min).
pub const GRACE: i64 = 900;
/// Window while there is no congestion, seconds (5 min).
pub const GRACE_LEAST: u64 = 300;

const ONE_E9: u64 = 1_000_000_000;

/// Grace from a second on. A window already noted is only ever moved later.
pub(super) fn grant(compartment: &mut Compartment, from: i64) {
    let until = from.saturating_add(GRACE);
    if until > compartment.grace_until {
        compartment.grace_from = from;
        compartment.grace_until = until;
    }
}

/// A length times the congestion factor (e9), which counts as one to three.
pub const fn stretched(length: u64, factor_e9: u64) -> u64 {
    let factor = if factor_e9 < ONE_E9 {
        ONE_E9
    } else if factor_e9 > FACTOR_MAX {
        FACTOR_MAX
    } else {
        factor_e9
    };
    // Lengths are thousands: far below 2^32 times 3e9.
    length.wrapping_mul(factor) / ONE_E9
}

/// The window that a compartment has noted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grace {
    /// First unix second.
    pub from: i64,
    /// First unix second after the longest that it may be.
    pub until: i64,
}

impl Grace {
    /// Of a compartment.
    pub const fn of(compartment: &Compartment) -> Self {
        Self {
            from: compartment.grace_from,
            until: compartment.grace_until,
        }
    }

    /// Whether the window runs; `factor_e9` is the congestion factor. Who it protects is the
    /// account's matter: between critical level and maintenance, and not liquidatable at the last
    /// print before the closing. Restricted gives none.
    pub const fn runs(&self, factor_e9: u64, now: Now) -> bool {
        let stretched = stretched(GRACE_LEAST, factor_e9);
        let until = self.from.saturating_add_unsigned(stretched);
        self.from <= now.unix && now.unix < until && now.unix < self.until
    }
}
