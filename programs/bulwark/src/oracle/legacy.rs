//! Legacy push accounts through `pyth-sdk-solana`, which checks magic number, version and account
//! type. Its convenience functions aren't used: they fall back to the price before where a feed
//! isn't trading.

use anchor_lang::prelude::*;
use pyth_sdk_solana::state::{
    CorpAction, PriceStatus, PriceType, SolanaPriceAccount, load_price_account,
};

use super::Message;
use crate::error::{BulwarkError, ensure, refusal};

/// Places of the bytes that become Rust enums, checked before the account is looked at as one.
const PRICE_TYPE: usize = 16;
const STATUS: usize = 224;
const CORPORATE_ACTION: usize = 225;

/// Reads an account whose owner is a legacy push program, and whose key is the feed's.
pub(super) fn parse(data: &[u8]) -> Result<Message> {
    ensure(
        data.len() >= size_of::<SolanaPriceAccount>(),
        BulwarkError::OracleData,
    )?;
    let at_most = |place: usize, last: u8| data.get(place).is_some_and(|byte| *byte <= last);
    let sound = at_most(PRICE_TYPE, PriceType::Price as u8)
        && at_most(STATUS, PriceStatus::Ignored as u8)
        && at_most(CORPORATE_ACTION, CorpAction::NoCorpAct as u8);
    ensure(sound, BulwarkError::OracleData)?;
    let account: &SolanaPriceAccount =
        load_price_account::<32, ()>(data).map_err(|_| refusal(BulwarkError::OracleData))?;
    ensure(account.ptype == PriceType::Price, BulwarkError::OracleData)?;
    ensure(
        account.agg.status == PriceStatus::Trading,
        BulwarkError::OracleStatus,
    )?;
    Ok(Message {
        price: account.agg.price,
        conf: account.agg.conf,
        ema: account.ema_price.val,
        exponent: account.expo,
        publish_at: account.timestamp,
    })
}
