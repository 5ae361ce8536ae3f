use crate::common::layout;
use crate::{Key, ModeRecord};
use bytemuck::{Pod, Zeroable};

/// Entries of the event chain that stay readable in [`Protocol`].
pub const EVENT_RING: usize = 32;

/// One link of the event chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct EventLink {
    /// Hash over the previous link and this event's bytes.
    pub hash: [u8; 32],
    /// Sequence number, from 1.
    pub sequence: u64,
    /// Slot.
    pub slot: u64,
    /// Kind of event.
    pub kind: u16,
    /// Compartment, or `u16::MAX` for the protocol.
    pub compartment: u16,
    /// Reserved.
    pub reserved: [u8; 4],
}
layout!(EventLink, 56);

/// The one account above all compartments. Cold: trading never writes it.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Protocol {
    /// Guardian PDA's address, zero before one exists.
    pub guardian: Key,
    /// Creator key: may create compartments, feeds, banks and markets until sealed.
    pub creator: Key,
    /// The only account that fees are ever paid to.
    pub treasury: Key,
    /// Protocol-wide mode.
    pub mode: ModeRecord,
    /// Head of the event chain.
    pub event_head: [u8; 32],
    /// Number of events chained so far.
    pub event_sequence: u64,
    /// The last entries of the chain; event n lies at n modulo the ring's length.
    pub events: [EventLink; EVENT_RING],
    /// Value of LastRestartSlot that was seen last.
    pub last_restart_slot: u64,
    /// Unix second at which that restart was seen.
    pub restart_seen_at: i64,
    /// Compartments created so far.
    pub compartment_count: u16,
    /// 1 once the creator key has lost its powers for ever.
    pub sealed: u8,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Reserved.
    pub reserved0: [u8; 3],
    /// Exits are quickened until this unix second (a queued change waits), 0 while none does.
    pub quick_until: i64,
    /// Rate at which they are, ppm of the base per 24 h.
    pub quick_ppm: u64,
    /// Reserved.
    pub reserved: [u8; 488],
}
layout!(Protocol, 96 + 96 + 32 + 8 + 32 * 56 + 16 + 512);
