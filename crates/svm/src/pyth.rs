//! Pyth accounts as their programs write them: bytes for tests, never a shortcut around the reader.

use litesvm::LiteSVM;
use solana_account::Account;
use solana_address::Address;

/// Classic receiver, owner of `PriceUpdateV2` accounts.
pub const CLASSIC_RECEIVER: Address =
    Address::from_str_const("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// Receiver since August 2026.
pub const PRO_RECEIVER: Address =
    Address::from_str_const("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp");
/// Legacy push program, mainnet.
pub const LEGACY_MAINNET: Address =
    Address::from_str_const("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");

/// Legacy push program, devnet.
pub const LEGACY_DEVNET: Address =
    Address::from_str_const("gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWocc92s");

/// Anchor discriminator of `PriceUpdateV2`.
pub const PRICE_UPDATE_DISCRIMINATOR: [u8; 8] = [34, 241, 35, 99, 157, 126, 244, 205];

/// A message of a `PriceUpdateV2` account, in the feed's own exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceMessage {
    pub feed_id: [u8; 32],
    pub price: i64,
    pub conf: u64,
    pub exponent: i32,
    pub publish_at: i64,
    pub ema_price: i64,
    pub ema_conf: u64,
}

/// Bytes of a fully verified `PriceUpdateV2`, 134 long as on the cluster.
pub fn price_update(message: &PriceMessage, posted_slot: u64) -> Vec<u8> {
    let mut data = Vec::with_capacity(134);
    data.extend_from_slice(&PRICE_UPDATE_DISCRIMINATOR);
    data.extend_from_slice(&[7; 32]);
    data.push(1);
    data.extend_from_slice(&message.feed_id);
    data.extend_from_slice(&message.price.to_le_bytes());
    data.extend_from_slice(&message.conf.to_le_bytes());
    data.extend_from_slice(&message.exponent.to_le_bytes());
    data.extend_from_slice(&message.publish_at.to_le_bytes());
    data.extend_from_slice(&(message.publish_at - 1).to_le_bytes());
    data.extend_from_slice(&message.ema_price.to_le_bytes());
    data.extend_from_slice(&message.ema_conf.to_le_bytes());
    data.extend_from_slice(&posted_slot.to_le_bytes());
    data.resize(134, 0);
    data
}

/// Writes an oracle account.
pub fn write(svm: &mut LiteSVM, key: Address, owner: Address, data: Vec<u8>) {
    let lamports = svm.minimum_balance_for_rent_exemption(data.len());
    let account = Account {
        lamports,
        data,
        owner,
        executable: false,
        rent_epoch: u64::MAX,
    };
    svm.set_account(key, account)
        .expect("a data account is always accepted");
}

/// A legacy price account in trading, 3,312 bytes, with the exponent −8.
pub fn legacy_account(price: i64, conf: u64, ema: i64, publish_at: i64) -> Vec<u8> {
    let mut data = vec![0; 3_312];
    let mut put =
        |place: usize, bytes: &[u8]| data[place..place + bytes.len()].copy_from_slice(bytes);
    put(0, &0xa1b2_c3d4_u32.to_le_bytes());
    put(4, &2_u32.to_le_bytes());
    put(8, &3_u32.to_le_bytes());
    put(12, &3_312_u32.to_le_bytes());
    put(16, &[1]);
    put(20, &(-8_i32).to_le_bytes());
    put(48, &ema.to_le_bytes());
    put(96, &publish_at.to_le_bytes());
    put(208, &price.to_le_bytes());
    put(216, &conf.to_le_bytes());
    put(224, &[1]);
    data
}
