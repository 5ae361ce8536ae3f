//! What the instructions of Recovery share.

use anchor_lang::prelude::*;
use bulwark_core::recovery::{self, Evidence};

use crate::error::OrRefuse;
use crate::guard::Guard;
use crate::state::{Access, BankState, InsuranceState};

/// Opens quote bank and insurance of the guard's compartment as the evidence that Recovery is
/// judged by.
pub(super) fn facts<T>(
    guard: &Guard,
    (quote, insurance): (&AccountLoader<BankState>, &AccountLoader<InsuranceState>),
    act: impl FnOnce(&Evidence) -> Result<T>,
) -> Result<T> {
    guard.quote_bank(quote)?;
    guard.insurance(insurance)?;
    let insurance = insurance.read()?;
    let quote = quote.read()?;
    act(&Evidence {
        quote: &quote,
        insurance: insurance.balance,
        staked: recovery::staked(&insurance).or_refuse()?,
    })
}
