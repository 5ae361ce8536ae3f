//! The attestation chain: numbers from 1 without a gap, each hash over the one before.

use anyhow::{Result, bail, ensure};
use bulwark::event::is_chained;
use bulwark_state::Protocol;
use sha2::{Digest, Sha256};

use crate::event::Raw;

/// The head after an event: SHA-256 over the head before it and the event as it was emitted.
#[must_use]
pub fn head_after(head: &[u8; 32], event: &Raw) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(head);
    hash.update(event.bytes());
    hash.finalize().into()
}

/// A head that somebody has seen: the hash after a number of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Number of the event.
    pub sequence: u64,
    /// Head after it.
    pub hash: [u8; 32],
}

impl Link {
    /// What the Protocol still shows: the links of its ring in order, the head last.
    #[must_use]
    pub fn shown(protocol: &Protocol) -> Vec<Self> {
        let ring = protocol.events.iter().filter(|link| link.sequence != 0);
        let mut shown: Vec<_> = ring
            .map(|link| Self {
                sequence: link.sequence,
                hash: link.hash,
            })
            .chain([Self {
                sequence: protocol.event_sequence,
                hash: protocol.event_head,
            }])
            .collect();
        shown.sort_by_key(|link| link.sequence);
        shown.dedup();
        shown
    }
}

/// The chain as far as a history has been read.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Heads that the history must come to, by number.
    known: Vec<Link>,
    /// Events chained so far.
    sequence: u64,
    /// Head after them.
    head: [u8; 32],
    /// The latest number whose head was known and met.
    confirmed: u64,
}

impl Chain {
    /// A chain from its beginning, to be compared with heads that are known otherwise.
    #[must_use]
    pub fn new(mut known: Vec<Link>) -> Self {
        known.sort_by_key(|link| link.sequence);
        Self {
            known,
            ..Self::default()
        }
    }

    /// Number and head as far as it has been read.
    #[must_use]
    pub fn head(&self) -> Link {
        Link {
            sequence: self.sequence,
            hash: self.head,
        }
    }

    /// The latest number whose head was known and met: up to it no byte is another.
    #[must_use]
    pub fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// Takes the next event of the history; one that isn't chained is passed over.
    ///
    /// # Errors
    /// The first break: a number out of turn, or a head that is another than the known one.
    pub fn take(&mut self, event: &Raw) -> Result<()> {
        let common = event.common()?;
        if !is_chained(common.kind) {
            return Ok(());
        }
        let (is, due) = (common.sequence, self.sequence.saturating_add(1));
        if is > due {
            bail!("chained event {due} is missing: {is} follows");
        }
        ensure!(is == due, "chained event {is} comes again, {due} is due");
        self.sequence = due;
        self.head = head_after(&self.head, event);
        for link in self.known.iter().filter(|link| link.sequence == due) {
            ensure!(
                link.hash == self.head,
                "chained event {due} is not the one that was chained{}",
                since(self.confirmed, due)
            );
        }
        if self.known.iter().any(|link| link.sequence == due) {
            self.confirmed = due;
        }
        Ok(())
    }

    /// Ends the history.
    ///
    /// # Errors
    /// A known head that it doesn't reach.
    pub fn end(&self) -> Result<()> {
        let last = self.known.last().map_or(0, |link| link.sequence);
        ensure!(
            last <= self.sequence,
            "the history ends after chained event {}, but {last} were chained",
            self.sequence
        );
        Ok(())
    }
}

/// Where an altered event may lie.
fn since(confirmed: u64, now: u64) -> String {
    if confirmed.saturating_add(1) == now {
        return String::new();
    }
    let first = confirmed.saturating_add(1);
    format!(", or one of {first} to {now} isn't")
}
