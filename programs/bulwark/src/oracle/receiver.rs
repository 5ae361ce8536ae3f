//! `PriceUpdateV2` of the Pyth receivers, read by hand: the layout is 134 bytes, and so each check
//! can be seen. Only full verification is taken, which also fixes every offset behind it.

use anchor_lang::prelude::*;

use super::Message;
use crate::error::{BulwarkError, ensure, refusal};

/// sha256("account:PriceUpdateV2")[..8].
const DISCRIMINATOR: [u8; 8] = [34, 241, 35, 99, 157, 126, 244, 205];
/// Discriminator and write authority stand before it.
const VERIFICATION: usize = 40;
const FULL: u8 = 1;
// Offsets behind a full verification (one byte; a partial one has two).
const FEED: usize = 41;
const PRICE: usize = 73;
const CONF: usize = 81;
const EXPONENT: usize = 89;
const PUBLISH_AT: usize = 93;
const EMA: usize = 109;
/// Up to and with the posted slot.
const LENGTH: usize = 133;

fn bytes<const N: usize>(data: &[u8], at: usize) -> Result<[u8; N]> {
    let end = at.checked_add(N);
    let found = end
        .and_then(|end| data.get(at..end))
        .and_then(|found| found.try_into().ok());
    found.ok_or_else(|| refusal(BulwarkError::OracleData))
}

/// Reads an account whose owner is a receiver.
pub(super) fn parse(data: &[u8], feed_id: &[u8; 32]) -> Result<Message> {
    ensure(data.len() >= LENGTH, BulwarkError::OracleData)?;
    ensure(bytes(data, 0)? == DISCRIMINATOR, BulwarkError::OracleData)?;
    ensure(
        bytes(data, VERIFICATION)? == [FULL],
        BulwarkError::OracleVerification,
    )?;
    ensure(bytes(data, FEED)? == *feed_id, BulwarkError::OracleFeed)?;
    Ok(Message {
        price: i64::from_le_bytes(bytes(data, PRICE)?),
        conf: u64::from_le_bytes(bytes(data, CONF)?),
        ema: i64::from_le_bytes(bytes(data, EMA)?),
        exponent: i32::from_le_bytes(bytes(data, EXPONENT)?),
        publish_at: i64::from_le_bytes(bytes(data, PUBLISH_AT)?),
    })
}
