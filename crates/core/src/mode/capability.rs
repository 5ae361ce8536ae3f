//! Capabilities that a guardian majority can take away for hours, never for good (D12).

use bulwark_state::{Compartment, MAX_CAPABILITIES};

use super::{WINDOW, end_after, running};
use crate::error::{Error, Result};
use crate::time::Now;

/// Longest revocation, seconds (72 h).
pub const REVOCATION_MAX: u64 = 72 * 3_600;

/// What can be revoked: twelve ways through the program, each of which guardians may have to shut
/// for hours because of a fault that was found there. Plain exit, tickets, top-up, repayment,
/// cancelling, liquidation, check, refresh, recapitalisation and Recovery can't: they have no
/// capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Raising open interest.
    NewRisk,
    /// New deposits.
    Deposit,
    /// Matching of orders.
    Matching,
    /// Withdrawals by accounts with positions, orders or debt.
    PositionWithdrawal,
    /// Staking into insurance, and gifts to it.
    Insurance,
    /// Listing of feeds, banks and markets.
    Listing,
    /// Asking to leave insurance, and leaving.
    Unstaking,
    /// Transfers between margin accounts of one owner.
    Transfer,
    /// Orders signed by a delegate. Owners trade on, and delegates cancel.
    Delegation,
    /// Payments of fees to the treasury.
    Treasury,
    /// Buying into insurance at a recapitalisation's discount.
    Auction,
    /// Rewards for a first latch. Checks go on without them.
    Rewards,
}

impl Capability {
    /// All capabilities, in the order of their bits.
    pub const ALL: [Capability; 12] = [
        Capability::NewRisk,
        Capability::Deposit,
        Capability::Matching,
        Capability::PositionWithdrawal,
        Capability::Insurance,
        Capability::Listing,
        Capability::Unstaking,
        Capability::Transfer,
        Capability::Delegation,
        Capability::Treasury,
        Capability::Auction,
        Capability::Rewards,
    ];

    /// The capability's bit.
    pub const fn bit(self) -> u32 {
        1 << self as u32
    }
}

// Each has its place in the layout.
const _: () = assert!(Capability::ALL.len() <= MAX_CAPABILITIES);

/// Bits of the capabilities that are revoked now, by guardians or, new risk alone, by the drawdown
/// breaker.
pub fn revoked(compartment: &Compartment, now: Now) -> u32 {
    let mut bits = 0;
    if running(&compartment.no_new_risk, now) {
        bits = Capability::NewRisk.bit();
    }
    for (capability, revocation) in Capability::ALL.iter().zip(&compartment.revocations) {
        if running(&revocation.until, now) {
            bits |= capability.bit();
        }
    }
    bits
}

/// Revokes a capability for `asked` seconds, at most [`REVOCATION_MAX`] and at most twice in any 30
/// days (`BudgetExhausted`). A running revocation is never shortened.
pub fn revoke(
    compartment: &mut Compartment,
    capability: Capability,
    asked: u64,
    slot_ms: u32,
    now: Now,
) -> Result<()> {
    let place = compartment.revocations.get_mut(capability as usize);
    let revocation = place.ok_or(Error::BadIndex)?;
    spend(&mut revocation.given_at, WINDOW, now.unix)?;
    let end = end_after(now, asked.min(REVOCATION_MAX), slot_ms)?;
    revocation.until = super::transitions::grown(&revocation.until, end, now);
    bump(&mut compartment.mode.sequence)
}

/// Lifts every revocation given up to the unix second at which a Relax was proposed.
pub fn lift_revocations(compartment: &mut Compartment, proposed_at: i64) {
    for revocation in &mut compartment.revocations {
        if revocation.given_at.iter().all(|at| *at <= proposed_at) {
            revocation.until = Default::default();
        }
    }
}

/// Notes one of two acts that any `window` may see.
pub(crate) fn spend(given_at: &mut [i64; 2], window: i64, now: i64) -> Result<()> {
    let from = now.saturating_sub(window);
    let place = given_at.iter_mut().find(|at| **at == 0 || **at <= from);
    *place.ok_or(Error::BudgetExhausted)? = now;
    Ok(())
}

/// Raises a sequence number by one.
pub(super) fn bump(sequence: &mut u64) -> Result<()> {
    *sequence = sequence.checked_add(1).ok_or(Error::Overflow)?;
    Ok(())
}
