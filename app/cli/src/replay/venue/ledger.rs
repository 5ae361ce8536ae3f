//! Money, as the accounts have it.

use anchor_lang::Discriminator;
use anchor_lang::event::EVENT_IX_TAG_LE;
use anyhow::{Context, Result, anyhow};
use bulwark::event::AccountWoundUpHead;
use bulwark_state::{Bank, Insurance};
use bulwark_svm::vm::address;
use bulwark_svm::{Audit, Receipt};

use super::Venue;

/// What losses have cost, UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// What accounts that were wound up could not pay.
    pub bad_debt_e6: i64,
    /// Drawn from insurance, for losses and for premiums to the liquidator.
    pub insurance_e6: i64,
    /// Charged to the gaining side.
    pub socialised_e6: i64,
    /// Covered by nobody yet.
    pub deficit_e6: i64,
}

/// The loss that a wind-up booked, as its event says.
pub fn booked_loss(receipt: &Receipt) -> Option<u64> {
    let calls = receipt.meta.inner_instructions.iter().flatten();
    calls
        .filter_map(|call| {
            let fields = call.instruction.data.strip_prefix(EVENT_IX_TAG_LE)?;
            let fields = fields.strip_prefix(AccountWoundUpHead::DISCRIMINATOR)?;
            let head = fields.get(..size_of::<AccountWoundUpHead>())?;
            Some(bytemuck::pod_read_unaligned::<AccountWoundUpHead>(head).loss)
        })
        .next()
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
            bad_debt_e6: signed(self.lost_e6)?,
            insurance_e6: signed(insurance.drawn_total)?,
            socialised_e6: signed(insurance.socialised_total)?,
            deficit_e6: signed(quote.totals.deficit)?,
        })
    }

    /// By how much INV-LEDGER is missed, recomputed from every account and the vault (D1): the hole
    /// that no booked loss explains or a surplus, in the smallest unit of quote (nobody steals or
    /// donates here), and one for each counter or invariant that the accounts contradict.
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
        let error = stock.missing[0] + stock.surplus[0] + problems.len() as u128;
        u64::try_from(error).context("the ledger is off by more than can be said")
    }
}
