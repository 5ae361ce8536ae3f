//! The attestation chain's events: hashed as they are emitted, linked in the Protocol.

use anchor_lang::prelude::*;
use bulwark_core::chain as rule;
use bulwark_state::Protocol;
use bytemuck::Pod;
use solana_program::hash::hashv;

use super::{Common, Kind, Laid, TAG_BYTES, length};
use crate::error::{BulwarkError, OrRefuse, refusal};

/// Whether events of a kind are chained: those numbered 1 to 19 (listing), 60 to 106 (guardian,
/// modes, breakers, parameters, settlement, Recovery) but for positions settled (71), transfers
/// (73) and accounts marked (105), and 110 to 111 (audits). A new kind takes a number accordingly.
#[must_use]
pub const fn is_chained(kind: u16) -> bool {
    matches!(kind, 1..=19 | 60..=70 | 72 | 74..=104 | 106 | 110..=111)
}

/// The number that the next chained event will have.
pub fn next_chained(protocol: &Protocol) -> Result<u64> {
    rule::next(protocol).or_refuse()
}

/// Appends an event to the Protocol's chain ([`bulwark_core::chain`]). Its `sequence` is
/// [`next_chained`].
pub fn chain<E: Kind>(protocol: &mut Protocol, common: &Common, event: &E) -> Result<()> {
    append(
        protocol,
        common,
        E::DISCRIMINATOR,
        bytemuck::bytes_of(event),
        [&[], &[]],
    )
}

/// [`chain`] for an event that ends with a list: the list is hashed with it.
pub fn chain_list<E: Kind, R: Pod>(
    protocol: &mut Protocol,
    common: &Common,
    event: &E,
    list: &[R],
) -> Result<()> {
    let list = [&length(list)[..], bytemuck::cast_slice(list)];
    append(
        protocol,
        common,
        E::DISCRIMINATOR,
        bytemuck::bytes_of(event),
        list,
    )
}

/// [`chain`] for an event that was laid out already.
pub fn chain_laid(protocol: &mut Protocol, common: &Common, event: &Laid) -> Result<()> {
    let bytes = event.0.get(TAG_BYTES..).or_refuse()?;
    append(protocol, common, bytes, &[], [&[], &[]])
}

#[inline(never)]
fn append(
    protocol: &mut Protocol,
    common: &Common,
    discriminator: &[u8],
    fields: &[u8],
    [length, records]: [&[u8]; 2],
) -> Result<()> {
    if !is_chained(common.kind) {
        return Err(refusal(BulwarkError::InvariantBroken));
    }
    let entry = rule::Entry {
        sequence: common.sequence,
        slot: common.slot,
        kind: common.kind,
        compartment: common.compartment,
    };
    let hash = |head: &[u8; 32]| {
        let parts = [head, discriminator, fields, length, records];
        hashv(&parts).to_bytes()
    };
    rule::append(protocol, &entry, hash).or_refuse()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{CompartmentCreated, LegWoundUp};
    use bulwark_core::Now;

    #[test]
    fn the_chain_links_and_keeps_the_latest() {
        let mut protocol: Protocol = bytemuck::Zeroable::zeroed();
        let mut heads = vec![protocol.event_head];
        for number in 1..=40_u64 {
            let now = Now {
                unix: 0,
                slot: number,
            };
            let sequence = next_chained(&protocol).unwrap();
            assert_eq!(sequence, number);
            let common = CompartmentCreated::head(now, &Pubkey::default(), 0, sequence);
            let event = CompartmentCreated {
                common,
                key: Pubkey::default(),
            };
            chain(&mut protocol, &common, &event).unwrap();
            assert!(
                chain(&mut protocol, &common, &event).is_err(),
                "a number counts once"
            );
            assert!(!heads.contains(&protocol.event_head));
            heads.push(protocol.event_head);
        }
        // Entry n lies at n modulo 32: 33 took the place of 1.
        assert_eq!(protocol.events[1].sequence, 33);
        assert_eq!(protocol.events[8].hash, protocol.event_head);
        assert_eq!(protocol.events[8].slot, 40);
        assert_eq!(protocol.events[9].sequence, 9);
    }

    #[test]
    fn a_list_is_hashed_with_its_event() {
        let common = CompartmentCreated::head(Now { unix: 0, slot: 1 }, &Pubkey::default(), 0, 1);
        let event = CompartmentCreated {
            common,
            key: Pubkey::default(),
        };
        let leg = |size| LegWoundUp {
            size,
            ..LegWoundUp::default()
        };
        let mut heads = Vec::new();
        for list in [vec![], vec![leg(1)], vec![leg(2)], vec![leg(1), leg(1)]] {
            let mut protocol: Protocol = bytemuck::Zeroable::zeroed();
            chain_list(&mut protocol, &common, &event, &list).unwrap();
            let mut emitted = CompartmentCreated::DISCRIMINATOR.to_vec();
            emitted.extend(bytemuck::bytes_of(&event));
            list.serialize(&mut emitted).unwrap();
            let hash = hashv(&[&[0; 32], &emitted]).to_bytes();
            assert_eq!(protocol.event_head, hash);
            assert!(!heads.contains(&hash));
            heads.push(hash);
        }
    }
}
