//! What a refresh has read: all that the Board's own rules need to do the same again.

use anchor_lang::Discriminator;
use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use super::{Common, Kind};

/// What a [`Read`] was read from.
pub mod read {
    /// A feed's first source.
    pub const FIRST: u8 = 0;
    /// A feed's second source. Follows its first.
    pub const SECOND: u8 = 1;
    /// A market.
    pub const MARKET: u8 = 2;
    /// A bank with its vault.
    pub const BANK: u8 = 3;
}

list_events! {
    /// Prices were read into the Board, and copies of markets and banks renewed: what was read
    /// follows, in the order of the accounts. `sequence` is the number of refreshes after it.
    PricesRefreshed(PricesRefreshedHead) = 34 {
        /// The compartment's open-second clock, as it was copied: seconds closed before
        /// `closed_from`.
        pub closed_sum: u64,
        /// Unix second at which the latest closing began.
        pub closed_from: i64,
        /// Unix second at which the latest closing ends.
        pub closed_until: i64,
        /// Slot of the cluster's latest restart, 0 if there was none.
        pub restart_slot: u64,
    } reads: Read {
        /// 0 a feed's first source, 1 its second source, 2 a market, 3 a bank.
        pub kind: u8,
        /// Number of the feed, market or bank.
        pub index: u8,
        /// What became of the feed: 0 nothing new, 1 second source only, 2 unconfirmed jump,
        /// 3 accepted, 4 accepted and sampled. The same for both sources; 0 of the others.
        pub outcome: u8,
        pub reserved: [u8; 5],
        /// Price, PriceE8; of a market open interest of longs, BaseE8; of a bank coverage, e9.
        pub value: u64,
        /// Confidence, PriceE8; of a market its band's multiple, 1e-3.
        pub conf: u64,
        /// Exponential average, PriceE8; of a market its band's smallest half width, ppm.
        pub ema: u64,
        /// Publish time, unix seconds.
        pub publish_at: i64,
    }
}
