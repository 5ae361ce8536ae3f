//! The quote bank with everything that belongs to it: all markets folded, so that INV-LEDGER can be
//! written down from counters.

use std::cell::RefMut;

use anchor_lang::prelude::*;
use bulwark_core::conserve::{Balance, quote_balance};
use bulwark_core::{ledger, withdrawal};
use bulwark_state::{Bank, Market};

use crate::error::OrRefuse;
use crate::guard::Guard;
use crate::state::{Access, CompartmentState, MarketState};
use crate::{invariant, lists};

/// Every market of the compartment, which must follow in `accounts` in order, writable.
pub fn every_market<'info>(
    compartment: &AccountLoader<'info, CompartmentState>,
    accounts: &'info [AccountInfo<'info>],
) -> Result<Vec<AccountLoader<'info, MarketState>>> {
    lists::every_market(&*compartment.read()?, accounts)
}

/// Brings the quote bank up to now (its means and buckets see the claims as they were), then folds
/// every market into it. `vault` is the balance of its vault before the instruction moves tokens.
pub fn fold_all<'a>(
    guard: &Guard,
    quote: &mut Bank,
    vault: u64,
    markets: &'a [AccountLoader<MarketState>],
) -> Result<Vec<RefMut<'a, Market>>> {
    let flow = guard.flow();
    withdrawal::crank(quote, vault, &flow, guard.now).or_refuse()?;
    let mut folded = Vec::with_capacity(markets.len());
    for market in markets {
        let mut market = market.write()?;
        ledger::fold(&mut quote.totals, &mut market.deltas).or_refuse()?;
        invariant::market(&market)?;
        folded.push(market);
    }
    Ok(folded)
}

/// INV-LEDGER of quote from counters. `markets` as [`fold_all`] gave them.
pub fn balance(
    quote: &Bank,
    vault: u64,
    insurance: u64,
    markets: &[RefMut<Market>],
) -> Result<Balance> {
    quote_balance(
        quote,
        vault,
        insurance,
        markets.iter().map(|market| &**market),
    )
    .or_refuse()
}
