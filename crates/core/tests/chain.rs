//! The attestation chain: numbers count once, in turn, and the ring keeps the latest.

use bulwark_core::Error;
use bulwark_core::chain::{Entry, append, link, next};
use bulwark_state::{EVENT_RING, Protocol};
use bytemuck::Zeroable;

fn entry(sequence: u64) -> Entry {
    Entry {
        sequence,
        slot: sequence.wrapping_add(1_000),
        kind: 7,
        compartment: 3,
    }
}

/// Not a hash: but one that no two heads share here.
fn mark(head: &[u8; 32], sequence: u64) -> [u8; 32] {
    let mut after = *head;
    after.rotate_left(9);
    after[..8].copy_from_slice(&sequence.to_le_bytes());
    after
}

#[test]
fn numbers_count_once_and_in_turn() {
    let mut protocol = Box::new(Protocol::zeroed());
    assert_eq!(next(&protocol), Ok(1));
    for wrong in [0, 2, u64::MAX] {
        let refused = append(&mut protocol, &entry(wrong), |head| mark(head, wrong));
        assert_eq!(refused, Err(Error::InvariantBroken));
    }
    assert_eq!(
        bytemuck::bytes_of(&*protocol),
        bytemuck::bytes_of(&Protocol::zeroed())
    );
    append(&mut protocol, &entry(1), |head| mark(head, 1)).unwrap();
    let again = append(&mut protocol, &entry(1), |head| mark(head, 1));
    assert_eq!(again, Err(Error::InvariantBroken));
    assert_eq!(next(&protocol), Ok(2));
    protocol.event_sequence = u64::MAX;
    assert_eq!(next(&protocol), Err(Error::Overflow));
}

#[test]
fn the_ring_keeps_the_latest() {
    let mut protocol = Box::new(Protocol::zeroed());
    let ring = EVENT_RING as u64;
    let mut head = [0; 32];
    for sequence in 1..=2 * ring + 5 {
        append(&mut protocol, &entry(sequence), |before| {
            assert_eq!(*before, head, "each hash is over the head before it");
            mark(before, sequence)
        })
        .unwrap();
        head = mark(&head, sequence);
        assert_eq!(
            (protocol.event_head, protocol.event_sequence),
            (head, sequence)
        );
        let kept = link(&protocol, sequence).unwrap();
        assert_eq!((kept.hash, kept.slot), (head, 1_000 + sequence));
        assert_eq!((kept.kind, kept.compartment), (7, 3));
        let oldest = sequence.saturating_sub(ring - 1).max(1);
        assert!(link(&protocol, oldest).is_some());
        assert!(link(&protocol, oldest - 1).is_none());
        assert!(link(&protocol, sequence + 1).is_none());
    }
}
