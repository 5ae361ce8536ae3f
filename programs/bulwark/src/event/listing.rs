//! Events of listing. Each ends with the arguments as the instruction took them: whoever reads the
//! events knows every parameter that anything was listed with. All of them are chained.

use anchor_lang::Discriminator;
use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use super::{Common, Kind};

quoting_events! {
    /// The Board of a compartment was adopted.
    BoardCreated(BoardCreatedHead) = 3 {
        pub board: Pubkey,
        /// The compartment's open-second clock, as it was copied: seconds closed before
        /// `closed_from`.
        pub closed_sum: u64,
        /// Unix second at which the latest closing began.
        pub closed_from: i64,
        /// Unix second at which the latest closing ends.
        pub closed_until: i64,
    }
    /// The arguments of `create_board`, borsh.
    arguments;

    /// A feed was listed.
    FeedCreated(FeedCreatedHead) = 4 {
        pub board: Pubkey,
        /// Feed id or price account.
        pub source: Pubkey,
        /// Second source, zero if none.
        pub second: Pubkey,
        pub index: u8,
        pub source_kind: u8,
        pub second_kind: u8,
        pub unit_exp: u8,
        pub reserved: [u8; 4],
    }
    /// The arguments of `create_feed`, borsh.
    arguments;

    /// A token was listed.
    BankCreated(BankCreatedHead) = 5 {
        pub bank: Pubkey,
        pub mint: Pubkey,
        pub vault: Pubkey,
        pub deposit_cap: u64,
        pub account_cap: u64,
        pub index: u8,
        pub decimals: u8,
        pub origin: u8,
        pub feed: u8,
        /// 1 SPL Token, 2 Token-2022.
        pub token_kind: u8,
        pub reserved: [u8; 3],
    }
    /// The arguments of `create_bank`, borsh.
    arguments;

    /// A market was listed.
    MarketCreated(MarketCreatedHead) = 6 {
        pub market: Pubkey,
        pub book: Pubkey,
        pub oi_cap: u64,
        pub index: u8,
        pub feed: u8,
        /// 1 if the guardian decided it: its open interest warms up.
        pub decided: u8,
        pub reserved: [u8; 5],
    }
    /// The arguments of `create_market`, borsh.
    arguments;

    /// The insurance of a compartment was created.
    InsuranceCreated(InsuranceCreatedHead) = 7 {
        pub insurance: Pubkey,
    }
    /// The parameters of `create_insurance`, borsh.
    arguments;
}
