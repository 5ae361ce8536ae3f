//! Assigning claims (D9): the owner of an account may sell what it is owed, residual claims and
//! those of a Recovery, once. Claims don't change by it, only who is paid.

use bulwark_state::{Key, MarginAccount};

use crate::error::{Error, Result};

/// Whether the account's claims are somebody else's.
pub fn is_assigned(account: &MarginAccount) -> bool {
    account.assignee != Key::default()
}

/// Who is paid what the account is owed: its owner, or who has its claims.
pub fn payee(account: &MarginAccount) -> Key {
    if is_assigned(account) {
        return account.assignee;
    }
    account.owner
}

/// Assigns the account's claims to `to`, for good: residual claims of an account with nothing else
/// in it, or everything that an account marked in the Recovery of `epoch` is owed (0 where none
/// runs). The caller has checked that the owner signs.
///
/// # Errors
/// [`Error::ClaimsAssigned`] for the second time, [`Error::BadValue`] to nobody or the owner,
/// [`Error::NothingDue`] where nothing of the kind is there, or more.
pub fn assign(account: &mut MarginAccount, to: &Key, epoch: u32) -> Result<()> {
    if is_assigned(account) {
        return Err(Error::ClaimsAssigned);
    }
    if *to == Key::default() || *to == account.owner {
        return Err(Error::BadValue);
    }
    let marked = epoch != 0 && account.shadow.epoch == epoch;
    if !marked && !only_residual(account) {
        return Err(Error::NothingDue);
    }
    account.assignee = *to;
    Ok(())
}

/// Whether residual claims are all that the account holds.
fn only_residual(account: &MarginAccount) -> bool {
    let claims = || account.collaterals.iter().chain([&account.quote_claims]);
    claims().any(|claim| claim.residual != 0)
        && claims().all(|claim| claim.amount == 0 && claim.pending == 0)
        && account.quote == 0
        && account.ticket_count == 0
        && account.positions.iter().all(|leg| leg.active == 0)
        && account.orders.iter().all(|order| order.size == 0)
}
