//! What buyers of collateral pay with: their quote balance, or quote that the same instruction
//! transfers in while the quote bank's coverage is below one (D1).

use anchor_lang::prelude::*;
use bulwark_core::{coverage, ledger};
use bulwark_state::{Bank, Deltas};

use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::token::{self, Movement};

/// Coverage of one, e9.
const WHOLE_E9: u64 = 1_000_000_000;

/// Accounts of a payment into the quote vault.
pub(crate) struct Payment<'a, 'info> {
    /// Who signs for it.
    pub buyer: &'a AccountInfo<'info>,
    /// Quote vault.
    pub vault: &'a AccountInfo<'info>,
    /// Quote mint.
    pub mint: Option<&'a AccountInfo<'info>>,
    /// Token program.
    pub token_program: Option<&'a AccountInfo<'info>>,
    /// Token account that pays.
    pub from: Option<&'a AccountInfo<'info>>,
}

impl Payment<'_, '_> {
    /// Whether cov_0 < 1, by what lies in the vault now.
    pub fn uncovered(&self, bank: &Bank) -> Result<bool> {
        token::check_vault(bank, self.vault)?;
        let vault = token::balance(self.vault)?;
        let coverage = coverage::coverage(bank, vault).or_refuse()?;
        Ok(coverage.e9().or_refuse()? < WHOLE_E9)
    }

    /// Folds what a purchase changed into the bank, C of the last check included.
    pub fn fold(&self, bank: &mut Bank, deltas: &mut Deltas) -> Result<()> {
        let before = coverage::own_claims(bank).or_refuse()?;
        ledger::fold(&mut bank.totals, deltas).or_refuse()?;
        let after = coverage::own_claims(bank).or_refuse()?;
        coverage::note_claims(bank, before, after).or_refuse()
    }

    /// Transfers `amount` in, if it is anything, and notes that the vault holds it.
    pub fn pay(&self, bank: &mut Bank, amount: u64) -> Result<()> {
        if amount == 0 {
            return Ok(());
        }
        let missing = || refusal(BulwarkError::MissingAccount);
        let movement = Movement {
            token_program: self.token_program.ok_or_else(missing)?,
            mint: self.mint.ok_or_else(missing)?,
            vault: self.vault,
            other: self.from.ok_or_else(missing)?,
        };
        let arrived = movement.receive(bank, self.buyer, amount)?;
        ensure(arrived == amount, BulwarkError::VaultMismatch)?;
        bank.expected = bank.expected.checked_add(amount).or_refuse()?;
        Ok(())
    }
}
