//! The only place that knows Pyth's bytes: account in, [`Reading`] out.
//!
//! * Owner programs are compiled in; which of them a feed takes is in its source's kind. Nothing is
//!   read before the owner has been compared, so a program of somebody's own can't be listed (a47).
//! * Exponents are converted here and nowhere else: price and average rounded down, confidence up.
//! * A price or average that isn't positive, doesn't fit, or vanishes in the conversion is refused.
//!   Age, confidence and jumps are judged by core.

mod legacy;
mod receiver;

use anchor_lang::prelude::*;
use bulwark_core::feed::Reading;
use bulwark_state::OracleSource;

use crate::error::{BulwarkError, ensure, refusal};

/// Kinds of a source.
pub mod kind {
    /// No source.
    pub const NONE: u8 = 0;
    /// `PriceUpdateV2` of the classic receiver.
    pub const CLASSIC: u8 = 1;
    /// `PriceUpdateV2` of the receiver since August 2026.
    pub const PRO: u8 = 2;
    /// Legacy push account, mainnet.
    pub const LEGACY_MAINNET: u8 = 3;
    /// Legacy push account, devnet.
    pub const LEGACY_DEVNET: u8 = 4;
}

/// The classic receiver.
pub const CLASSIC_RECEIVER: Pubkey = pubkey!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// The receiver since August 2026.
pub const PRO_RECEIVER: Pubkey = pubkey!("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp");
/// The legacy push program on mainnet.
pub const LEGACY_MAINNET: Pubkey = pubkey!("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");
/// The legacy push program on devnet.
pub const LEGACY_DEVNET: Pubkey = pubkey!("gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWocc92s");

/// The program that must own the accounts of a source. Refuses kinds that don't exist.
pub fn owner_of(kind: u8) -> Result<Pubkey> {
    match kind {
        kind::CLASSIC => Ok(CLASSIC_RECEIVER),
        kind::PRO => Ok(PRO_RECEIVER),
        kind::LEGACY_MAINNET => Ok(LEGACY_MAINNET),
        kind::LEGACY_DEVNET => Ok(LEGACY_DEVNET),
        _ => Err(refusal(BulwarkError::OracleKind)),
    }
}

/// What an oracle account says in its own exponent.
struct Message {
    price: i64,
    conf: u64,
    ema: i64,
    exponent: i32,
    publish_at: i64,
}

/// Reads the oracle account of `source` for a feed whose prices are per `10^unit_exp` tokens.
pub fn read(account: &AccountInfo, source: &OracleSource, unit_exp: u8) -> Result<Reading> {
    ensure(
        *account.owner == owner_of(source.kind)?,
        BulwarkError::OracleOwner,
    )?;
    let data = account.try_borrow_data()?;
    let message = match source.kind {
        kind::CLASSIC | kind::PRO => receiver::parse(&data, &source.id)?,
        _ => {
            ensure(source.id == account.key.to_bytes(), BulwarkError::OracleKey)?;
            legacy::parse(&data)?
        }
    };
    convert(&message, unit_exp).ok_or_else(|| refusal(BulwarkError::BadPrice))
}

/// To PriceE8 per `10^unit_exp` tokens: the price times `10^(exponent + unit_exp + 8)`, price and
/// average rounded down, confidence up; nothing beyond 64 bits.
fn convert(message: &Message, unit_exp: u8) -> Option<Reading> {
    let scale = message
        .exponent
        .checked_add(i32::from(unit_exp))?
        .checked_add(8)?;
    let factor = 10_u64.checked_pow(scale.unsigned_abs())?;
    let positive = |value: i64| u64::try_from(value).ok().filter(|value| *value != 0);
    let floor = |value: u64| match scale {
        0.. => value.checked_mul(factor),
        _ => value.checked_div(factor),
    };
    let kept = |value: u64| floor(value).filter(|value| *value != 0);
    Some(Reading {
        price: kept(positive(message.price)?)?,
        conf: match scale {
            0.. => message.conf.checked_mul(factor)?,
            _ => message.conf.div_ceil(factor),
        },
        ema: kept(positive(message.ema)?)?,
        publish_at: message.publish_at,
    })
}

#[cfg(test)]
mod tests;
