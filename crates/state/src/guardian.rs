use crate::common::layout;
use crate::{Budget, End, Key, MAX_MEMBERS};
use bytemuck::{Pod, Zeroable};

/// A guardian member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Member {
    /// Wallet key, zero for an empty seat.
    pub key: Key,
    /// Membership number: never used twice, so an approval can name the membership that gave it.
    pub membership: u64,
    /// Unix second of joining.
    pub joined_at: i64,
    /// Slot of joining.
    pub joined_slot: u64,
    /// Unix second of the last heartbeat.
    pub heartbeat_at: i64,
    /// Slot of the last heartbeat.
    pub heartbeat_slot: u64,
    /// A member who fell silent has his powers back from this unix second on.
    pub powers_at: i64,
    /// Unix seconds of his latest lone restrictions.
    pub lone_restricts_at: [i64; 2],
    /// Reserved.
    pub reserved: [u8; 32],
}
layout!(Member, 128);

/// Proposals that can wait with exits quickened at the same time.
pub const WAITING: usize = 8;

/// A proposal that waits, and how fast everyone may leave while it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Waiting {
    /// Number of the proposal, 0 for a free place.
    pub nonce: u64,
    /// Unix second at which it expires.
    pub expires_at: i64,
    /// Share of the base that may leave in 24 h, ppm.
    pub ppm: u64,
}
layout!(Waiting, 24);

/// The guardian: members, quorums' inputs, budgets. Signs one thing ever: the loader's `Upgrade`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Guardian {
    /// Protocol.
    pub protocol: Key,
    /// Members; `member_count` of them are in use.
    pub members: [Member; MAX_MEMBERS],
    /// Optional veto seat (a DAO's PDA): cancel and heartbeat only. Zero if none.
    pub veto: Key,
    /// Unix second of the veto seat's last heartbeat.
    pub veto_heartbeat_at: i64,
    /// Number of the next proposal.
    pub nonce: u64,
    /// Number of the next membership.
    pub next_membership: u64,
    /// Restrictions by pairs, protocol-wide.
    pub restrict_budget: Budget,
    /// Members in use.
    pub member_count: u8,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Reserved.
    pub reserved0: [u8; 1],
    /// Slot length that delays are counted with, milliseconds (200 to 400).
    pub slot_ms: u32,
    /// Ordinary delay of parameter changes, seconds; never below the compiled floor.
    pub delay: u64,
    /// Delay of Relax, seconds; never below the compiled floor.
    pub relax_delay: u64,
    /// Proposals that wait.
    pub waiting: [Waiting; WAITING],
    /// Reserved.
    pub reserved: [u8; 312],
}
layout!(Guardian, 32 + 2048 + 32 + 24 + 192 + 8 + 16 + 192 + 312);

/// Bytes of a typed action.
pub const ACTION_BYTES: usize = 512;

/// One approval of a proposal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Approval {
    /// Membership number of the giver, 0 if empty.
    pub membership: u64,
    /// Unix second.
    pub at: i64,
}
layout!(Approval, 16);

/// A proposed action of the guardian.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Proposal {
    /// Guardian.
    pub guardian: Key,
    /// Who pays, and gets back, the rent.
    pub payer: Key,
    /// Hash of the action's bytes.
    pub action_hash: [u8; 32],
    /// Number of the proposal.
    pub nonce: u64,
    /// Kind of action, which fixes quorum and delay.
    pub kind: u16,
    /// Bytes of `action` in use.
    pub action_len: u16,
    /// State: 1 open, 2 queued, 3 executed, 4 cancelled, 5 void.
    pub state: u8,
    /// Quorum at proposal.
    pub quorum: u8,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Unix second and slot at proposal.
    pub proposed: End,
    /// Executable when both have passed (fixed when quorum is reached).
    pub eta: End,
    /// Unix second after which it is void.
    pub expires_at: i64,
    /// Sequence number of the mode record that a Relax lifts up to.
    pub sequence: u64,
    /// Approvals.
    pub approvals: [Approval; MAX_MEMBERS],
    /// Cancels and objections.
    pub objections: [Approval; MAX_MEMBERS],
    /// The typed action, encoded.
    pub action: [u8; ACTION_BYTES],
    /// Unix second and slot at which quorum was reached: where the delay begins.
    pub queued: End,
    /// Reserved.
    pub reserved: [u8; 112],
}
layout!(Proposal, 96 + 8 + 8 + 32 + 16 + 512 + 512 + 16 + 112);
