//! Money, as the accounts have it.

use anyhow::{Context, Result, anyhow};
use bulwark_state::{Bank, Insurance};
use bulwark_svm::Audit;
use bulwark_svm::vm::address;

use super::Venue;

/// What losses have cost, UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Drawn from insurance.
    pub insurance_e6: i64,
    /// Charged to the gaining side.
    pub socialised_e6: i64,
    /// Covered by nobody yet.
    pub deficit_e6: i64,
}

impl Money {
    /// All of it: what bankrupt accounts could not pay.
    pub fn bad_debt_e6(&self) -> i64 {
        self.insurance_e6 + self.socialised_e6 + self.deficit_e6
    }
}

impl Venue {
    /// Reads the figures from the accounts.
    pub fn money(&self) -> Result<Money> {
        let insurance = self
            .vm
            .read::<Insurance>(address(self.deployment.insurance));
        let quote = self.vm.read::<Bank>(address(self.deployment.banks[0].bank));
        let (insurance, quote) = insurance
            .zip(quote)
            .context("no insurance or no quote bank")?;
        let signed = |e6: u64| i64::try_from(e6).map_err(|_| anyhow!("{e6} is out of range"));
        Ok(Money {
            insurance_e6: signed(insurance.drawn_total)?,
            socialised_e6: signed(insurance.socialised_total)?,
            deficit_e6: signed(quote.totals.deficit)?,
        })
    }

    /// By how much INV-LEDGER is missed, recomputed from every account and the vault (D1): the hole
    /// beyond the deficit or a surplus, in the smallest unit of quote (nobody steals or donates
    /// here), and one for each counter or invariant that the accounts contradict.
    pub fn conservation_error(&self) -> Result<u64> {
        let margins: Vec<_> = self
            .parties()
            .map(|party| address(self.seat(party).margin))
            .collect();
        let audit = Audit::read(&self.vm, &self.deployment, &margins)?;
        let problems = audit.problems()?;
        for problem in &problems {
            eprintln!("{problem}");
        }
        let stock = audit.stock()?;
        let deficit = u128::from(audit.banks[0].0.totals.deficit);
        let error = stock.missing[0].abs_diff(deficit) + stock.surplus[0] + problems.len() as u128;
        u64::try_from(error).context("the ledger is off by more than can be said")
    }
}
