//! Events of what ends alone: a market that settles, a bank that closes; and of what moves between
//! accounts of one owner.

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use super::{Common, Kind};

events! {
    /// The settlement of a market was announced, called off or carried out. Chained.
    MarketWoundDown = 70 {
        pub market: Pubkey,
        /// Unix second from which it may be settled, 0 once called off.
        pub settle_at: i64,
        /// Price at which its positions close, PriceE8; 0 before.
        pub price: u64,
        pub index: u8,
        pub status_before: u8,
        pub status_after: u8,
        /// 1 if announced because of a cap or a dead feed.
        pub short: u8,
        pub reserved: [u8; 4],
    }
    /// A position of a settled market became quote, and its orders there were cancelled.
    PositionSettled = 71 {
        pub market: Pubkey,
        pub margin: Pubkey,
        pub account_sequence: u64,
        pub base: i64,
        pub price: u64,
        /// Value, quote leg, funding and loss charges.
        pub realised: i64,
        pub orders: u64,
        pub quote_before: i64,
        pub quote_after: i64,
        pub pot_after: i64,
        pub insurance_before: u64,
        pub insurance_after: u64,
    }
    /// A bank began to close, or (status 0) was retired. Chained.
    BankClosed = 72 {
        pub bank: Pubkey,
        pub mint: Pubkey,
        pub index: u8,
        pub status_before: u8,
        pub status_after: u8,
        pub reserved: [u8; 5],
    }
    /// Units went from one account of an owner to another one of his.
    Transferred = 73 {
        pub bank: Pubkey,
        pub from: Pubkey,
        pub to: Pubkey,
        pub from_sequence: u64,
        pub to_sequence: u64,
        pub amount: u64,
        /// Recent deposit that went along, token units.
        pub recent: u64,
        /// Recent profit that went along, UsdE6.
        pub realised: u64,
        pub from_before: i64,
        pub from_after: i64,
        pub to_before: i64,
        pub to_after: i64,
        /// What the vault is expected to hold.
        pub expected_after: u64,
    }
}
