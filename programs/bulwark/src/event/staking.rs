//! Events of insurance's stakers and of what insurance may have to pay.

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use super::{Common, Kind};

events! {
    /// A stake was changed, after fees were shared: what it is now, and insurance with it.
    StakeChanged = 36 {
        pub stake: Pubkey,
        pub owner: Pubkey,
        /// 1 joined, 2 earned, 3 asked to leave, 4 left, 5 closed, 6 bought, 7 paid by a Recovery,
        /// 8 assigned in one: `owner` is who has it now.
        pub act: u64,
        /// Quote that came, asked or left, UsdE6.
        pub amount: u64,
        /// Fees that went to all who earn, UsdE6.
        pub earned: u64,
        pub account_sequence: u64,
        pub balance_before: u64,
        pub balance_after: u64,
        pub fees_before: i64,
        pub fees_after: i64,
        pub expected_after: u64,
        /// The two pools: money and shares (low and high word).
        pub earning_value: u64,
        pub idle_value: u64,
        pub earning_shares: [u64; 2],
        pub idle_shares: [u64; 2],
        /// The stake's shares.
        pub earning: [u64; 2],
        pub young: [u64; 2],
        pub leaving: [u64; 2],
        pub earning_generation: u64,
        pub idle_generation: u64,
        pub young_at: i64,
        pub asked_at: i64,
        pub asked_value: u64,
        /// What was asked for, `u64::MAX` for everything; 0 of other acts.
        pub asked: u64,
        /// Of what was expected in the quote vault, what lay there before.
        pub counted: u64,
    }
    /// What an account would lack under stress was proved.
    StressProved = 37 {
        pub margin: Pubkey,
        /// Of the account, UsdE6.
        pub shortfall: u64,
        /// Of the compartment, UsdE6.
        pub total: u64,
        /// Insurance, UsdE6.
        pub insurance: u64,
        /// Share of leverage caps that is left, e9.
        pub ease_before: u64,
        pub ease_after: u64,
        /// Stakers can't leave until here, unix seconds.
        pub at_risk_until: i64,
    }
}
