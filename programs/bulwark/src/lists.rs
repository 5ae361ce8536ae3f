//! Accounts that follow the named ones in lists. A list that must be whole is compared with the
//! compartment's own, place by place, so that leaving one out, passing one twice or another order
//! is refused (INV-SUBSET).

use anchor_lang::prelude::*;
use bulwark_state::{Compartment, Key as StoredKey};

use crate::error::{BulwarkError, ensure};
use crate::state::{BankState, Layout, MarketState, same};

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
