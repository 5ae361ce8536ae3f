//! Account layouts of Bulwark.
//!
//! Every account is a `repr(C)` plain-old-data struct with alignment 8 and no padding; its size is
//! asserted at compile time, so a layout that drifts doesn't build. Keys are 32 raw bytes, 128-bit
//! numbers are two words ([`Wide`], [`SignedWide`]), because `u128` would demand alignment 16.
//! Nothing here computes: the rules live in `bulwark-core`.
//!
//! Units, said once: `*_e6` is USD or quote in 1e-6, prices are USD per `10^unit_exp` tokens in
//! 1e-8, bases (position sizes) are in 1e-8, ratios are 1e-9 (`*_e9`) or 1e-6 (`*_ppm`), variances
//! are per second in 1e-18, times are unix seconds (`*_at`, `*_until`), open seconds (`*_open`) or
//! slots (`*_slot`). Token amounts are in the mint's own smallest unit. A limit of zero means
//! closed.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![deny(missing_docs)]

mod bank;
mod board;
mod book;
mod collateral;
mod common;
mod compartment;
mod guardian;
mod insurance;
mod margin;
mod market;
mod protocol;
mod recovery;
mod view;

pub use bank::*;
pub use board::*;
pub use book::*;
pub use collateral::*;
pub use common::*;
pub use compartment::*;
pub use guardian::*;
pub use insurance::*;
pub use margin::*;
pub use market::*;
pub use protocol::*;
pub use recovery::*;
pub use view::*;

/// Layout version written into every account that is created by this release, but for those that
/// have one of their own.
pub const VERSION: u8 = 1;
/// Layout version of margin accounts.
pub const MARGIN_VERSION: u8 = 2;
/// Feeds on one Board.
pub const MAX_FEEDS: usize = 32;
/// Banks (tokens) of one compartment. Index 0 is the quote bank.
pub const MAX_BANKS: usize = 16;
/// Origin classes of collateral (four) and groups of correlated tokens (eight).
pub const COLLATERAL_KINDS: usize = 12;
/// Markets of one compartment.
pub const MAX_MARKETS: usize = 32;
/// Compartments of one protocol.
pub const MAX_COMPARTMENTS: usize = 32;
/// Collateral tokens of one margin account (quote not counted).
pub const MAX_COLLATERALS: usize = 8;
/// Positions of one margin account.
pub const MAX_POSITIONS: usize = 8;
/// Open orders of one margin account, over all markets.
pub const MAX_ORDERS: usize = 32;
/// Open orders of one margin account in one market.
pub const MAX_ORDERS_PER_MARKET: usize = 16;
/// Orders on one side of a book.
pub const BOOK_SIDE: usize = 512;
/// Guardian members.
pub const MAX_MEMBERS: usize = 16;
/// Capability bits that can be revoked.
pub const MAX_CAPABILITIES: usize = 16;
