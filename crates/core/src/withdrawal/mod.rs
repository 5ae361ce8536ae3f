//! What enters and leaves a bank: deposits, withdrawals, tickets, late money (D1, D3, D6).
//!
//! Amounts are in the token's smallest unit. *Nominal* is what a claim is lowered by, *coins* is
//! what is paid for it: nominal times coverage, rounded down; the difference becomes a residual
//! claim. `vault` is always the vault's real balance **before** the instruction moves tokens.
//!
//! None of this reads a price. Quote balances carry interest: where the Board is at hand, call
//! [`crate::ledger::touch_quote`] first; the plain exit works without it and then leaves behind the
//! interest of what it takes.

mod account;
mod deposit;
mod exit;
mod money;
mod ticket;
mod transfer;

use bulwark_state::Bank;

use crate::coverage::{self, Coverage};
use crate::error::Result;
use crate::outflow::{self, Flow, Rates};
use crate::time::Now;

pub use account::{can_close, claim, exposed, held, largest, largest_withdrawal};
pub use deposit::{Deposit, deposit, deposit_action};
pub use exit::{ALL, Applied, Plan, Request, Seat, apply, plan_withdraw};
pub use money::{
    NewMoney, donation, expect_in, expect_out, recapitalise, recapitalise_quote, sweep, sweep_quote,
};
pub use ticket::{
    Served, book_served, collect_residual, reclaim_quote, reclaim_token, serve, write_ticket,
};
pub use transfer::{Moved, Transfer, transfer, transfer_action};

/// A bank brought up to now: what its claims are paid, and what may leave.
#[derive(Clone, Copy, Debug)]
pub struct Present {
    /// cov_j.
    pub coverage: Coverage,
    /// (V_j − A_j)⁺, token units.
    pub money: u64,
    /// Rates of its buckets.
    pub rates: Rates,
}

/// Brings a bank up to now; must come before its claims change.
pub fn begin(bank: &mut Bank, vault: u64, flow: &Flow, now: Now) -> Result<Present> {
    coverage::note_gone(bank, vault)?;
    let coverage = coverage::coverage(bank, vault)?;
    let money = coverage::money(bank, vault);
    let rates = outflow::advance(bank, flow, &coverage, money, now)?;
    Ok(Present {
        coverage,
        money,
        rates,
    })
}

/// Moves the queue of tickets on (D6). Anyone may.
pub fn crank(bank: &mut Bank, vault: u64, flow: &Flow, now: Now) -> Result<()> {
    begin(bank, vault, flow, now).map(|_| ())
}
