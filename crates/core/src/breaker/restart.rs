//! Restart of the cluster: users were away and prices moved. For [`SLOTS`] slots after it new risk
//! waits, and accounts between the critical level and maintenance have grace (D12).
//!
//! Nobody has to notice it, so nobody can choose when it is noticed (a28): both windows are counted
//! from the slot that the LastRestartSlot sysvar names.

use crate::mode;

/// Slots after a restart in which new risk waits: 15 minutes at 400 ms, half of that at 200 ms.
pub const SLOTS: u64 = 2_250;

/// Whether new risk waits. `restart`: the sysvar's value, 0 if there never was one.
pub const fn waits(restart: u64, slot: u64) -> bool {
    within(restart, slot, SLOTS)
}

/// Whether grace runs: a third of the slots, times congestion (e9, one to three).
pub const fn grace(restart: u64, slot: u64, factor_e9: u64) -> bool {
    within(restart, slot, mode::stretched(SLOTS / 3, factor_e9))
}

const fn within(restart: u64, slot: u64, slots: u64) -> bool {
    restart != 0 && restart <= slot && slot < restart.saturating_add(slots)
}
