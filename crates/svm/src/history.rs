//! What a history keeps of transactions: their events.

use anchor_lang::event::EVENT_IX_TAG_LE;
use litesvm::types::TransactionMetadata;

/// A transaction that succeeded, as a history keeps it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Slot.
    pub slot: u64,
    /// First signature.
    pub signature: String,
    /// Data of its self-calls that carry events, in order.
    pub events: Vec<Vec<u8>>,
}

impl Recorded {
    /// What is kept of a transaction; nothing of one without events.
    pub fn of(meta: &TransactionMetadata, slot: u64) -> Option<Self> {
        let calls = meta.inner_instructions.iter().flatten();
        let data = calls.map(|call| &call.instruction.data);
        let events: Vec<_> = data
            .filter(|data| data.starts_with(EVENT_IX_TAG_LE))
            .cloned()
            .collect();
        let signature = meta.signature.to_string();
        (!events.is_empty()).then_some(Self {
            slot,
            signature,
            events,
        })
    }
}
