//! Events of the guardian. All of them are chained in the Protocol.

use anchor_lang::Discriminator;
use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use super::{Common, Kind};

list_events! {
    /// The guardian was created.
    GuardianCreated(GuardianCreatedHead) = 60 {
        pub guardian: Pubkey,
        /// Veto seat, zero if none.
        pub veto: Pubkey,
    } members: GuardianMember {
        /// His wallet.
        pub key: Pubkey,
    }
}

events! {
    /// A member approved or objected.
    ProposalAnswered = 62 {
        pub proposal: Pubkey,
        pub nonce: u64,
        /// 1 for an approval, 0 for an objection.
        pub yes: u64,
        /// Those that count now.
        pub approvals: u64,
        pub objections: u64,
        /// What it led to: 0 counted, 1 queued, 2 lengthened, 3 cancelled.
        pub outcome: u64,
        /// Executable when both have passed; zero while it isn't queued.
        pub eta_unix: i64,
        pub eta_slot: u64,
    }
    /// A proposal was carried out.
    ProposalExecuted = 63 {
        pub proposal: Pubkey,
        pub nonce: u64,
        pub action_kind: u64,
        pub action_hash: Pubkey,
    }
    /// A proposal expired.
    ProposalExpired = 64 {
        pub proposal: Pubkey,
        pub nonce: u64,
    }
    /// Fees were paid to the treasury.
    TreasuryPaid = 66 {
        pub proposal: Pubkey,
        pub bank: Pubkey,
        /// Token account of the treasury.
        pub destination: Pubkey,
        /// Quote units.
        pub amount: u64,
        pub fees_before: i64,
        pub fees_after: i64,
        /// Vault balance of the quote bank afterwards.
        pub expected_after: u64,
    }
    /// A member, or the veto seat, said that he is there: `actor`.
    HeartbeatNoted = 67 {
        /// Unix second from which he has his powers.
        pub powers_at: i64,
    }
    /// The account of a final proposal was closed.
    ProposalClosed = 68 {
        pub proposal: Pubkey,
        pub nonce: u64,
    }
    /// One member restricted.
    MemberRestricted = 65 {
        pub until: i64,
        pub until_slot: u64,
        pub reason: u64,
    }
}

quoting_events! {
    /// A proposal was opened, with its proposer's approval.
    ProposalOpened(ProposalOpenedHead) = 61 {
        pub proposal: Pubkey,
        pub nonce: u64,
        pub action_kind: u64,
        /// SHA-256 of the kind's number (two bytes, little-endian) and the action's bytes.
        pub action_hash: Pubkey,
        pub quorum: u64,
    }
    /// The action, as it will be carried out.
    action;
}
