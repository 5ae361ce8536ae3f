//! What a check has looked at, and what it has changed. What changed is chained in the Protocol; a
//! check that changed no bit, mode or breaker counts in its compartment alone, or anybody could
//! wash the Protocol's ring by looking again and again.

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
        /// 1 if the quote bank was looked at, and so every market, in order, before the items.
        pub quote: u64,
        /// What the quote vault held, if it was looked at or a reward was paid.
        pub quote_vault: u64,
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
    } items: ItemChecked
    /// A check found everything as the one before it had. Counts in the compartment.
    ItemsChecked(ItemsCheckedHead) = 38 {
        /// 1 if the quote bank was looked at, and so every market, in order, before the items.
        pub quote: u64,
        /// What the quote vault held, if it was looked at.
        pub quote_vault: u64,
    } items: ItemChecked {
        /// 0x100 + bank, 0x200 + market, 0x304 a margin account.
        pub item: u32,
        /// 0 sound, 1 broken, 2 value is missing.
        pub found: u32,
        /// What the bank's vault held, token units; 0 for everything else.
        pub vault: u64,
        /// The margin account, zero for everything else.
        pub margin: Pubkey,
    }
}
