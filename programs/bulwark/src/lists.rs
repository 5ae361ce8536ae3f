//! Accounts that follow the named ones in lists. A list that must be whole is compared with the
//! compartment's own, place by place, so that leaving one out, passing one twice or another order
//! is refused (INV-SUBSET).

use anchor_lang::prelude::*;
use bulwark_state::{Compartment, Key as StoredKey};

use crate::error::{BulwarkError, ensure, refusal};
use crate::state::{BankState, Layout, MarketState, same};

/// The first `count` accounts of a list, and the rest.
pub fn split<'info>(
    accounts: &'info [AccountInfo<'info>],
    count: u8,
) -> Result<(&'info [AccountInfo<'info>], &'info [AccountInfo<'info>])> {
    let parts = accounts.split_at_checked(usize::from(count));
    parts.ok_or_else(|| refusal(BulwarkError::MissingAccount))
}

fn whole<'info, T: Layout>(
    keys: &[StoredKey],
    count: u8,
    accounts: &'info [AccountInfo<'info>],
) -> Result<Vec<AccountLoader<'info, T>>> {
    ensure(
        accounts.len() == usize::from(count),
        BulwarkError::IncompleteSet,
    )?;
    let mut loaders = Vec::with_capacity(accounts.len());
    for (key, account) in keys.iter().zip(accounts) {
        ensure(same(key, account.key), BulwarkError::IncompleteSet)?;
        loaders.push(AccountLoader::try_from(account)?);
    }
    Ok(loaders)
}

/// Every bank of the compartment, in its order, and nothing else.
pub fn every_bank<'info>(
    compartment: &Compartment,
    accounts: &'info [AccountInfo<'info>],
) -> Result<Vec<AccountLoader<'info, BankState>>> {
    whole(&compartment.banks, compartment.bank_count, accounts)
}

/// Every market of the compartment, in its order, and nothing else.
pub fn every_market<'info>(
    compartment: &Compartment,
    accounts: &'info [AccountInfo<'info>],
) -> Result<Vec<AccountLoader<'info, MarketState>>> {
    whole(&compartment.markets, compartment.market_count, accounts)
}

/// Any markets of the compartment, none twice, in the order of their numbers.
pub fn some_markets<'info>(
    compartment: &Compartment,
    accounts: &'info [AccountInfo<'info>],
) -> Result<Vec<AccountLoader<'info, MarketState>>> {
    let mut loaders = Vec::with_capacity(accounts.len());
    let mut keys = compartment
        .markets
        .iter()
        .take(usize::from(compartment.market_count));
    for account in accounts {
        let found = keys.any(|key| same(key, account.key));
        ensure(found, BulwarkError::WrongMarket)?;
        loaders.push(AccountLoader::try_from(account)?);
    }
    Ok(loaders)
}
