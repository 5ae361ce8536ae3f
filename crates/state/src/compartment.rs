use crate::common::layout;
use crate::{Budget, End, Key, ModeRecord, OpenClock};
use crate::{MAX_BANKS, MAX_CAPABILITIES, MAX_MARKETS};
use bytemuck::{Pod, Zeroable};

/// Global invariants of a compartment that have a broken bit of their own.
pub const GLOBAL_ITEMS: usize = 8;

/// Broken bits: set and cleared only by `check` of the very item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct BrokenBits {
    /// Bit j: bank j broke an invariant.
    pub banks: u64,
    /// Bit j: value is missing in bank j.
    pub banks_missing: u64,
    /// Bit m: market m broke an invariant.
    pub markets: u64,
    /// Bit g: global invariant g is broken.
    pub globals: u64,
    /// Slot of the last check, per bank.
    pub bank_checked_slot: [u64; MAX_BANKS],
    /// Slot of the last check, per market.
    pub market_checked_slot: [u64; MAX_MARKETS],
    /// Slot of the last check, per global invariant.
    pub global_checked_slot: [u64; GLOBAL_ITEMS],
    /// Unix second since when value has been missing, 0 if it isn't.
    pub missing_at: i64,
    /// Unix second at which missing value was observed for the second time, 0 if it wasn't.
    pub missing_again_at: i64,
}
layout!(BrokenBits, 32 + 128 + 256 + 64 + 16);

/// One revocable capability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Revocation {
    /// Revoked until here.
    pub until: End,
    /// Unix seconds of the latest two revocations: at most two in 30 days.
    pub given_at: [i64; 2],
}
layout!(Revocation, 32);

/// Time above Normal because of bits and breakers, for the dead-man rule (D9). The stretch that
/// runs began at `ModeRecord::above_normal_at`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Above {
    /// Paused by automation until here, whatever guardians added.
    pub paused: End,
    /// Unix second up to which time is counted.
    pub until: i64,
    /// Seconds above Normal of each of the 32 days up to that one, at the day's number since 1970
    /// modulo 32.
    pub seconds: [u32; 32],
}
layout!(Above, 152);

/// A unit of cross margin and of loss. Cold: trading reads it and never writes it.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Compartment {
    /// Protocol.
    pub protocol: Key,
    /// The Board of this compartment.
    pub board: Key,
    /// Insurance account.
    pub insurance: Key,
    /// Banks by index; index 0 is the quote bank.
    pub banks: [Key; MAX_BANKS],
    /// Markets by index.
    pub markets: [Key; MAX_MARKETS],
    /// Mode of this compartment.
    pub mode: ModeRecord,
    /// Broken bits.
    pub broken: BrokenBits,
    /// Pauses charged to the guardian.
    pub guardian_budget: Budget,
    /// Pauses charged to automation.
    pub automation_budget: Budget,
    /// Restrictions by pairs of guardians.
    pub restrict_budget: Budget,
    /// Revocations by capability.
    pub revocations: [Revocation; MAX_CAPABILITIES],
    /// Seconds closed by a pause.
    pub clock: OpenClock,
    /// Unix second of the latest closing or restart that grants grace, 0 if none.
    pub grace_from: i64,
    /// End of that grace.
    pub grace_until: i64,
    /// Recovery epoch: 0 before the first announcement.
    pub recovery_epoch: u32,
    /// Recovery phase: 0 none, 1 announced, 2 frozen, 3 marking, 4 settled.
    pub recovery_phase: u8,
    /// Why Recovery was announced: 1 guardian, 2 missing value, 3 dead-man, 4 deficit.
    pub recovery_cause: u8,
    /// Number of this compartment.
    pub id: u16,
    /// Unix second of the announcement.
    pub recovery_announced_at: i64,
    /// Unix second from which it may be frozen.
    pub recovery_freeze_at: i64,
    /// Banks in use.
    pub bank_count: u8,
    /// Markets in use.
    pub market_count: u8,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Reserved.
    pub reserved0: [u8; 4],
    /// Margin account that the broken bit of accounts was set for, zero if it isn't set.
    pub broken_account: Key,
    /// Unix second of the last reward for a latch.
    pub rewarded_at: i64,
    /// Unix second at which a deficit beyond insurance and fees was first seen, 0 if it wasn't.
    pub deficit_seen_at: i64,
    /// Unix second of the guardian's latest announcement of Recovery, 0 if there was none.
    pub guardian_recovery_at: i64,
    /// The drawdown breaker keeps new risk out until here.
    pub no_new_risk: End,
    /// Time above Normal that isn't running.
    pub above: Above,
    /// Number of events of its own: checks that found nothing new.
    pub event_sequence: u64,
    /// Reserved.
    pub reserved: [u8; 304],
}
layout!(
    Compartment,
    96 + 512 + 1024 + 96 + 496 + 3 * 192 + 512 + 24 + 16 + 8 + 16 + 8 + 24 + 512
);
