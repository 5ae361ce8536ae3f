//! Accounts noted and put back: for tests that try many things from one state.

use anyhow::{Result, anyhow};
use solana_account::Account;
use solana_address::Address;

use crate::Vm;

impl Vm {
    /// Notes accounts as they are, to be put back by [`Vm::restore`].
    pub fn keep(&self, keys: &[Address]) -> Vec<(Address, Account)> {
        let noted = keys.iter().map(|key| (*key, self.svm.get_account(key)));
        noted
            .filter_map(|(key, account)| Some((key, account?)))
            .collect()
    }

    /// Puts accounts back as they were.
    pub fn restore(&mut self, kept: &[(Address, Account)]) -> Result<()> {
        for (key, account) in kept {
            let set = self.svm.set_account(*key, account.clone());
            set.map_err(|error| anyhow!("{key}: {error:?}"))?;
        }
        Ok(())
    }
}
