//! The attestation chain (DESIGN section 10): changes of mode, breaker, guardian, parameter and
//! settlement are numbered from 1 and linked by hashes in the Protocol, so that nobody who shows a
//! history can leave one out, add one, or change a byte of one.
//!
//! Core has no hash of its own: whoever appends or checks brings SHA-256. The hash of an event is
//! over the head before it and the event as it was emitted, behind the tag of the self-call: its
//! discriminator, then its fields.

use bulwark_state::{EVENT_RING, EventLink, Protocol};

use crate::error::{Error, Result};

/// What a link says of its event beside the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Number of the event: [`next`] of the Protocol that it is appended to.
    pub sequence: u64,
    /// Slot.
    pub slot: u64,
    /// Kind of event.
    pub kind: u16,
    /// Compartment, `u16::MAX` for the protocol.
    pub compartment: u16,
}

/// The number that the next chained event will have.
///
/// # Errors
/// [`Error::Overflow`].
pub fn next(protocol: &Protocol) -> Result<u64> {
    protocol
        .event_sequence
        .checked_add(1)
        .ok_or(Error::Overflow)
}

/// Appends an event to the chain. `hash` gets the head before it and returns the new one.
///
/// # Errors
/// [`Error::InvariantBroken`] for another number than [`next`]: a number counts once.
pub fn append(
    protocol: &mut Protocol,
    entry: &Entry,
    hash: impl FnOnce(&[u8; 32]) -> [u8; 32],
) -> Result<()> {
    if entry.sequence != next(protocol)? {
        return Err(Error::InvariantBroken);
    }
    let head = hash(&protocol.event_head);
    let place = place(entry.sequence).ok_or(Error::BadIndex)?;
    let link = protocol.events.get_mut(place).ok_or(Error::BadIndex)?;
    *link = EventLink {
        hash: head,
        sequence: entry.sequence,
        slot: entry.slot,
        kind: entry.kind,
        compartment: entry.compartment,
        reserved: [0; 4],
    };
    protocol.event_head = head;
    protocol.event_sequence = entry.sequence;
    Ok(())
}

/// The link of an event, while the ring still holds it.
#[must_use]
pub fn link(protocol: &Protocol, sequence: u64) -> Option<&EventLink> {
    let link = protocol.events.get(place(sequence)?)?;
    (sequence != 0 && link.sequence == sequence).then_some(link)
}

/// Entry n lies at n modulo the ring's length.
fn place(sequence: u64) -> Option<usize> {
    usize::try_from(sequence)
        .ok()
        .map(|number| number % EVENT_RING)
}
