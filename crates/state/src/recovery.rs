use crate::common::layout;
use crate::{Key, MAX_BANKS, MAX_FEEDS, MAX_MARKETS, SignedWide, Wide};
use bytemuck::{Pod, Zeroable};

/// Depth of the sum-Merkle tree.
pub const TREE_DEPTH: usize = 32;

/// A node of the tree's frontier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct TreeNode {
    /// Hash.
    pub hash: [u8; 32],
    /// Sum of the leaves below.
    pub sum: SignedWide,
}
layout!(TreeNode, 48);

/// A bank's figures in Recovery, or in an audit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct RecoveryBank {
    /// Claims at Frozen.
    pub claims: u64,
    /// Money at Frozen that they share.
    pub assigned: u64,
    /// Paid so far; of an audit: units that unchanged accounts have a claim on.
    pub paid: u64,
    /// Units given up to the quote pot.
    pub seized: u64,
    /// Units of the quote pot paid so far; of an audit: units of accounts that had changed.
    pub seized_paid: u64,
    /// `assigned` as of Frozen: the coverage that debtors' tokens are counted at.
    pub frozen: u64,
}
layout!(RecoveryBank, 48);

/// A class of quote claims: 0 senior, 1 junior, 2 stakers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct ClaimClass {
    /// Σ of claims.
    pub claims: Wide,
    /// Money assigned so far, per component (quote first, then banks by index).
    pub assigned: [u64; MAX_BANKS],
    /// Paid so far.
    pub paid: Wide,
}
layout!(ClaimClass, 160);

/// One Recovery of one compartment.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Recovery {
    /// Compartment.
    pub compartment: Key,
    /// Announced median price per feed, PriceE8.
    pub prices: [u64; MAX_FEEDS],
    /// Funding index per market at Frozen.
    pub funding: [SignedWide; MAX_MARKETS],
    /// Loss indexes of longs at Frozen.
    pub loss_long: [Wide; MAX_MARKETS],
    /// Loss indexes of shorts at Frozen.
    pub loss_short: [Wide; MAX_MARKETS],
    /// Banks.
    pub banks: [RecoveryBank; MAX_BANKS],
    /// Classes of quote claims.
    pub classes: [ClaimClass; 3],
    /// Frontier of the tree.
    pub frontier: [TreeNode; TREE_DEPTH],
    /// Root at the last mark.
    pub root: TreeNode,
    /// Leaves.
    pub leaves: u64,
    /// Live accounts at Frozen.
    pub live_count: u64,
    /// Accounts marked.
    pub marked: u64,
    /// Signed sum of the final quote of marked accounts.
    pub quote_marked: SignedWide,
    /// Signed sum of all quote at Frozen.
    pub quote_frozen: SignedWide,
    /// Reserve kept for unmarked accounts.
    pub reserve: u64,
    /// Unix second of Frozen.
    pub frozen_at: i64,
    /// Unix second at which the quote pot opens at the latest.
    pub deadline_at: i64,
    /// Slot of the announcement.
    pub announced_slot: u64,
    /// Unix second of the announcement.
    pub announced_at: i64,
    /// Epoch; of an audit its number, with the highest bit set.
    pub epoch: u32,
    /// Phase: 1 announced, 2 frozen, 3 marking, 4 settled, 5 undone.
    pub phase: u8,
    /// Why.
    pub cause: u8,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// What is left of `reserve` for accounts marked after the pot was opened, UsdE6.
    pub reserve_left: u64,
    /// Live accounts as counted so far, while banks and markets are being frozen.
    pub live_signed: i64,
    /// Bit j: bank j has been counted.
    pub banks_counted: u32,
    /// Bit m: market m has been counted.
    pub markets_counted: u32,
    /// F less its floor at the freeze, signed: what markers may be paid from, UsdE6.
    pub spare_fees: i64,
    /// Set aside for markers, UsdE6.
    pub rewards: u64,
    /// Paid to markers so far, UsdE6.
    pub rewarded: u64,
    /// Of an audit: signed quote of accounts that had changed since their mark in the one before.
    pub changed_quote: SignedWide,
    /// Of an audit: those accounts.
    pub changed: u64,
    /// Reserved.
    pub reserved: [u8; 440],
}
layout!(
    Recovery,
    32 + 256 + 3 * 512 + 768 + 480 + 1536 + 48 + 24 + 32 + 40 + 8 + 512
);
const _: () = assert!(core::mem::size_of::<Recovery>() < 10_240);
