//! What a check has changed. Chained in the Protocol.

use anchor_lang::Discriminator;
use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use super::{Common, Kind};

list_events! {
    /// A check set or cleared broken bits, latched, paused, or found breakers that had tripped:
    /// they follow.
    Checked(CheckedHead) = 80 {
        /// Bit j: bank j broke an invariant.
        pub banks_before: u64,
        pub banks_after: u64,
        /// Bit j: value is missing in bank j.
        pub missing_before: u64,
        pub missing_after: u64,
        /// Bit m: market m broke an invariant.
        pub markets_before: u64,
        pub markets_after: u64,
        /// Bit g: global invariant g is broken.
        pub globals_before: u64,
        pub globals_after: u64,
        /// Unix second until which this paused the compartment, 0 if it didn't.
        pub paused_until: i64,
        /// Level of the drawdown that this latched, 1 to 3; 0 if it didn't.
        pub drawdown: u64,
        /// Slot of a restart of the cluster that wasn't noted before, else 0.
        pub restart_slot: u64,
        /// Paid to the caller out of fees, UsdE6.
        pub reward: u64,
        /// Margin account that it was paid into, zero if none.
        pub reward_to: Pubkey,
    } trips: BreakerTripped {
        /// Market; 0x100 + bank for the depeg breaker.
        pub market: u64,
        /// Reason code of the latest trip: 0x400 + number of the breaker.
        pub reason: u64,
        /// Sequence numbers of the trips that are chained by this, first and last. A market counts
        /// those of liquidations (cascade) apart from those of refreshes (band, oracle). Both are
        /// the latest where a restriction that stood was renewed.
        pub first: u64,
        pub last: u64,
    }
}
