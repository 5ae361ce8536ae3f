//! What the exports answer, as safe functions over layouts.

use bulwark_core::health::{self, Health, Level};
use bulwark_core::{Error, Now, Result, gate, ledger};
use bulwark_state::{Board, MarginAccount};

/// Level by number: 0 Initial, 1 LiquidationEnd, 2 Maintenance.
pub fn level(number: u32) -> Result<Level> {
    match number {
        0 => Ok(Level::Initial),
        1 => Ok(Level::LiquidationEnd),
        2 => Ok(Level::Maintenance),
        _ => Err(Error::BadIndex),
    }
}

/// Value, requirement, critical level.
pub fn health(health: Health) -> Result<[i64; 3]> {
    Ok([
        health.value,
        signed(health.requirement)?,
        signed(health.critical)?,
    ])
}

/// Ratios of a leg of `base` in a market, e9: initial, end of a liquidation, maintenance.
pub fn ratios(board: &Board, market: u32, base: i64, now: Now) -> Result<[i64; 3]> {
    let ratios = health::leg_ratios(board, index(market)?, base, now)?;
    Ok([
        signed(ratios.initial)?,
        signed(ratios.end)?,
        signed(ratios.maintenance)?,
    ])
}

/// Weights of a bank's token, e9: initial, end of a liquidation, maintenance.
pub fn weights(board: &Board, bank: u32, now: Now) -> Result<[i64; 3]> {
    let bank = usize::from(index(bank)?);
    let seat = board.banks.get(bank).ok_or(Error::BadIndex)?;
    let weights = health::bank_weights(board, seat, now)?;
    Ok([
        signed(weights.initial)?,
        signed(weights.end)?,
        signed(weights.maintenance)?,
    ])
}

/// What is wrong with a feed: its age in seconds, its severity (0 ok to 6 dead), then 1 or 0 for
/// uncertain, unconfirmed, stale, old, diverged, apart from its average, dead.
pub fn conditions(board: &Board, feed: u32, now: Now) -> Result<[i64; 9]> {
    let feed = usize::from(index(feed)?);
    let feed = board.feeds.get(feed).ok_or(Error::BadIndex)?;
    let found = gate::conditions(feed, now);
    Ok([
        signed(found.age)?,
        // The enum is dense and has seven variants.
        i64::from(found.severity() as u8),
        i64::from(found.uncertain),
        i64::from(found.unconfirmed),
        i64::from(found.stale),
        i64::from(found.old),
        i64::from(found.diverged),
        i64::from(found.ema_apart),
        i64::from(found.dead),
    ])
}

/// What a touch would book into the quote balance as interest and, per position slot, as funding
/// and loss, UsdE6, credits above zero.
pub fn dues(board: &Board, account: &MarginAccount) -> Result<[i64; 9]> {
    let mut dues = [0; 9];
    let (interest, legs) = dues.split_first_mut().ok_or(Error::BadIndex)?;
    *interest = ledger::interest_due(board, account)?;
    for (due, position) in legs.iter_mut().zip(&account.positions) {
        if position.active != 0 {
            let market = board
                .markets
                .get(usize::from(position.market))
                .ok_or(Error::BadIndex)?;
            *due = ledger::position_due(market, position)?;
        }
    }
    Ok(dues)
}

/// A number that JavaScript passed as a place in a list.
pub fn index(number: u32) -> Result<u8> {
    u8::try_from(number).map_err(|_| Error::BadIndex)
}

/// An unsigned figure among signed ones.
pub fn signed(figure: u64) -> Result<i64> {
    i64::try_from(figure).map_err(|_| Error::Overflow)
}
