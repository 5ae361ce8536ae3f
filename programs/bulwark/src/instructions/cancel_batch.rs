//! Cancels several orders of one market by lists of their numbers.
//!
//! Whoever may cancel CAN, with the accounts of `cancel_orders`. Nobody else CAN.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::program::set_return_data;
use bulwark_core::error::Error as Rule;
use bulwark_state::MAX_ORDERS;

use super::cancel_orders::*;
use crate::error::{BulwarkError, OrRefuse, ensure};

/// Cancels the orders with these sequence numbers in the book and with these numbers of the
/// client's, at most 32 together. What isn't there (filled, evicted, named twice) is passed over:
/// one fill in between must not keep the rest alive. Returns how many were cancelled, as a `u64`.
pub fn cancel_batch(
    ctx: Context<CancelOrders>,
    sequences: Vec<u64>,
    client_ids: Vec<u32>,
) -> Result<()> {
    let count = sequences.len().checked_add(client_ids.len()).or_refuse()?;
    ensure((1..=MAX_ORDERS).contains(&count), BulwarkError::BadIndex)?;
    let wanted = sequences.iter().map(|number| Which::Sequence(*number));
    let wanted = wanted.chain(client_ids.iter().map(|number| Which::Client(*number)));
    let cancelled = act(&ctx, |book, margin, key, market, now| {
        let mut freed = 0_u64;
        for which in wanted {
            match cancel_one(book, margin, key, market, which, now) {
                Err(Rule::NoSuchOrder) => {}
                other => freed |= other.or_refuse()?,
            }
        }
        Ok(freed)
    })?;
    set_return_data(&cancelled.to_le_bytes());
    Ok(())
}
