//! Every account of a deployment rebuilt from its events alone, and the attestation chain proved or
//! refuted.
//!
//! An event says what an instruction decided (amounts, prices, who); what follows from it is
//! computed by the same functions of `bulwark-core` that the program calls. Interest, funding and
//! socialised losses are booked lazily on chain: they follow from the events that moved their
//! indexes. So a [`Ledger`] that has taken every event since the Protocol was created holds every
//! account of the program byte by byte, and [`differences`] finds nothing between it and the chain.
//!
//! Wherever an event repeats a number that its history already fixes (`…_before`, `…_after`, its
//! place in an account's own count), the two are compared: a history with an event left out,
//! repeated, moved or altered doesn't fit itself.

mod apply;
mod chain;
mod commitment;
mod compare;
mod event;
mod ledger;

pub use apply::NO_RULE;
pub use chain::{Chain, Link, head_after};
pub use commitment::{ClaimProof, Commitment, Totals, leaf_of, sha256};
pub use compare::{Above, Found, differences, differences_above};
pub use event::{Event, Raw, head_of};
pub use ledger::{Compartment, Ledger, Records, Venue};
