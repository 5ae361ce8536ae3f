//! Events of Recovery.

use super::*;

events! {
    /// A deficit beyond insurance and fees was seen, or an earlier sight forgotten.
    DeficitNoted = 100 {
        /// UsdE6.
        pub deficit: u64,
        /// Unix second of the sight, 0 for none.
        pub seen_before: i64,
        pub seen_after: i64,
    }
    /// A Recovery was announced.
    RecoveryAnnounced = 101 {
        pub recovery: Pubkey,
        /// Unix second from which it may be frozen.
        pub freeze_at: i64,
        pub epoch: u32,
        /// 1 guardian, 2 missing value, 3 dead-man, 4 deficit.
        pub cause: u32,
        /// Announced price per feed, PriceE8; 0 for one that had never printed.
        pub prices: [u64; 32],
        /// The proposal that was carried out by it, zero where it wasn't the guardian's.
        pub proposal: Pubkey,
    }
    /// An announcement was taken back.
    RecoveryUndone = 102 {
        pub recovery: Pubkey,
    }
    /// Prices, indexes and the Board were frozen.
    RecoveryFrozen = 103 {
        pub recovery: Pubkey,
        /// Unix second at which the quote pot opens at the latest.
        pub deadline_at: i64,
        /// What of insurance is its stakers', UsdE6.
        pub staked: u64,
        /// Price per feed at which everything is settled, PriceE8.
        pub prices: [u64; 32],
    }
    /// Banks and markets were counted.
    RecoveryCounted = 104 {
        pub recovery: Pubkey,
        /// Bit j: bank j is counted.
        pub banks: u32,
        /// Bit m: market m is counted.
        pub markets: u32,
        /// Accounts to be marked, once complete.
        pub live_count: u64,
        /// 1 once marking may begin.
        pub complete: u64,
        /// Claims on each bank that is counted, token units.
        pub claims: [u64; 16],
        /// Money that they shared when it was counted, token units.
        pub frozen: [u64; 16],
        /// Fees less their floor as counted so far, UsdE6.
        pub spare_fees: i64,
        /// Set aside for markers once all is counted, UsdE6.
        pub rewards: u64,
        /// Of what was expected in the vault of each bank counted now, what lay there, token units.
        pub counted: [u64; 16],
    }
    /// The quote pot was opened, or money in it assigned.
    QuotePotAssigned = 106 {
        pub recovery: Pubkey,
        /// Root of the commitment.
        pub root: Pubkey,
        /// Claims of seniors, juniors, stakers, UsdE6.
        pub claims: [u64; 3],
        /// Quote assigned to each so far, UsdE6.
        pub quote: [u64; 3],
        /// Kept for accounts that weren't marked by the deadline, UsdE6.
        pub reserve: u64,
        pub leaves: u64,
    }
    /// An account's claims were assigned. `actor` is the owner; `sequence` counts in the account.
    ClaimsAssigned = 109 {
        pub margin: Pubkey,
        pub to: Pubkey,
    }
    /// An audit was begun.
    AuditBegun = 110 {
        pub recovery: Pubkey,
        /// Its number, with the highest bit of 32 set.
        pub epoch: u64,
        /// Price per feed that it counts with, PriceE8.
        pub prices: [u64; 32],
    }
    /// An audit was closed: who was marked, and what is owed in quote. Tokens stand in its record.
    AuditClosed = 111 {
        pub recovery: Pubkey,
        /// Root of its commitment.
        pub root: Pubkey,
        /// Slot and unix second at which it was begun and prices were fixed.
        pub began_slot: u64,
        pub began_at: i64,
        pub leaves: u64,
        /// Live accounts when banks and markets were counted.
        pub live_count: u64,
        /// Accounts that had changed since their mark in the audit before.
        pub changed: u64,
        /// Signed quote of the others, and of these, positions closed at the fixed prices, UsdE6.
        pub quote_unchanged: i64,
        pub quote_changed: i64,
        /// What the ledger owed when banks and markets were counted, UsdE6.
        pub quote_owed: i64,
        /// What the quote vault held for it, UsdE6.
        pub quote_held: u64,
    }
    /// An account was paid in one token.
    RecoveryPaid = 107 {
        pub bank: Pubkey,
        pub margin: Pubkey,
        pub destination: Pubkey,
        pub account_sequence: u64,
        /// Units of what it kept.
        pub kept: u64,
        /// Units of the quote pot.
        pub pot: u64,
    }
    /// Money came into a Recovery.
    RecoveryMoneyAdded = 108 {
        pub bank: Pubkey,
        /// Given by the signer.
        pub given: u64,
        /// Found in the vault.
        pub found: u64,
        pub residuals: u64,
        pub claims: u64,
        pub surplus: u64,
    }
}

list_events! {
    /// Accounts were marked. `sequence` is the number of leaves after it.
    AccountsMarked(AccountsMarkedHead) = 105 {
        pub recovery: Pubkey,
        pub marked: u64,
        pub live_count: u64,
        /// Paid to the marker out of fees, UsdE6.
        pub reward: u64,
    } accounts: AccountMarked {
        pub margin: Pubkey,
        pub owner: Pubkey,
        /// Signed quote, UsdE6.
        pub quote: i64,
        pub senior: u64,
        pub junior: u64,
        /// Debt that the collateral didn't cover, UsdE6.
        pub shortfall: u64,
        /// Bank per collateral slot, 255 for none.
        pub banks: [u8; 8],
        /// Units kept per collateral slot.
        pub kept: [u64; 8],
        /// Units given up per collateral slot.
        pub given: [u64; 8],
    }
}
