//! Grace after a restart or a pause (D12): a window, the same for all, stored for nobody.

use bulwark_state::Compartment;

use crate::time::Now;

/// Length of the window, seconds (15 min).
pub const GRACE: i64 = 900;

/// Notes that the cluster restarted: grace runs from now. A later closing replaces it.
pub fn note_restart(compartment: &mut Compartment, now: Now) {
    grant(compartment, now.unix);
}

/// Grace from a second on. A window already noted is only ever moved later.
pub(super) fn grant(compartment: &mut Compartment, from: i64) {
    let until = from.saturating_add(GRACE);
    if until > compartment.grace_until {
        compartment.grace_from = from;
        compartment.grace_until = until;
    }
}

/// Whether the window runs. Who it protects is the account's matter: between critical level and
/// maintenance, and not liquidatable at the last print before the closing. Restricted gives none.
pub const fn in_grace(compartment: &Compartment, now: Now) -> bool {
    compartment.grace_from <= now.unix && now.unix < compartment.grace_until
}
