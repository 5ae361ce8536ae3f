//! Grace after a halt or a restart (D12): only for accounts between the critical level and
//! maintenance, and never for one that was liquidatable at the last prints before. The window
//! itself is [`crate::mode::Grace`], after a restart [`crate::breaker::restart`].

use bulwark_state::{Board, Feed, MarginAccount};

use crate::error::{Error, Result};
use crate::feed::print_before_closing;
use crate::health::{bank_weights, leg_ratios};
use crate::ledger::{interest_due, position_due};
use crate::math::{
    mul_pow10_div_ceil, mul_pow10_div_floor, mul_pow10_div_floor_by, signed_mul_pow10_div_floor,
};
use crate::time::Now;
use crate::units::value_exponent;

/// Whether the account's present positions were below maintenance at the last print of each feed
/// before the compartment last closed, with the margins of now. A feed without such a print counts
/// at its present one.
///
/// # Errors
/// [`Error::BadIndex`], [`Error::BadValue`], [`Error::Overflow`].
pub fn was_liquidatable(board: &Board, account: &MarginAccount, now: Now) -> Result<bool> {
    let mut worth = account
        .quote
        .checked_add(interest_due(board, account)?)
        .and_then(|own| own.checked_add_unsigned(account.quote_claims.pending))
        .ok_or(Error::Overflow)?;
    for position in account.positions.iter().filter(|p| p.active != 0) {
        let market = board
            .markets
            .get(usize::from(position.market))
            .ok_or(Error::BadIndex)?;
        let feed = feed(board, market.feed)?;
        let price = print_before_closing(feed, &board.clock, now).price;
        let due = position_due(market, position)?;
        let ratio = leg_ratios(board, position.market, position.base, now)?.maintenance;
        let required = mul_pow10_div_ceil::<10>(position.base.unsigned_abs(), price)
            .and_then(|notional| mul_pow10_div_ceil::<9>(notional, ratio))
            .ok_or(Error::Overflow)?;
        worth = signed_mul_pow10_div_floor::<10>(position.base, price)
            .and_then(|value| value.checked_add(position.quote))
            .and_then(|value| value.checked_add(due))
            .and_then(|value| value.checked_sub_unsigned(required))
            .and_then(|value| worth.checked_add(value))
            .ok_or(Error::Overflow)?;
    }
    for token in account.collaterals.iter().filter(|c| c.active != 0) {
        let bank = board
            .banks
            .get(usize::from(token.bank))
            .ok_or(Error::BadIndex)?;
        let feed = feed(board, bank.feed)?;
        let price = print_before_closing(feed, &board.clock, now).price;
        let price = if bank.price_cap == 0 {
            price
        } else {
            price.min(bank.price_cap)
        };
        let exponent = value_exponent(bank.decimals, feed.unit_exp).ok_or(Error::BadValue)?;
        let weight = bank_weights(board, bank, now)?.maintenance;
        let counted = token
            .amount
            .checked_add(token.pending)
            .and_then(|amount| mul_pow10_div_floor_by(amount, price, exponent))
            .and_then(|value| mul_pow10_div_floor::<9>(value, weight))
            .and_then(|value| worth.checked_add_unsigned(value));
        worth = counted.ok_or(Error::Overflow)?;
    }
    Ok(worth < 0)
}

fn feed(board: &Board, index: u8) -> Result<&Feed> {
    board.feeds.get(usize::from(index)).ok_or(Error::BadIndex)
}
