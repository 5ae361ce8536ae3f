//! The delegate of a margin account: may trade within the price band and cancel, never withdraw,
//! close, take over or name a delegate. His power ends by itself.

use bulwark_state::{Key, MarginAccount};

use crate::error::{Error, Result};
use crate::migration;
use crate::time::Now;

/// Until the owner ends it.
pub const FOR_GOOD: i64 = i64::MAX;

/// Whether `signer` is the account's delegate now.
pub fn acts(account: &MarginAccount, signer: &Key, now: Now) -> bool {
    // In version 1 a delegate had no end.
    let lasts = account.version < 2 || now.unix <= account.delegate_until;
    account.delegate == *signer && *signer != [0; 32] && lasts
}

/// Names a delegate through unix second `until`, or none (the zero key). An account of an older
/// version is migrated first: it would ignore the end.
///
/// # Errors
/// [`Error::BadValue`] for the owner himself, who would pass for one inside the band only, and for
/// an end that has passed.
pub fn name(account: &mut MarginAccount, delegate: &Key, until: i64, now: Now) -> Result<()> {
    migration::migrate(account)?;
    let none = *delegate == [0; 32];
    if *delegate == account.owner || (!none && until <= now.unix) {
        return Err(Error::BadValue);
    }
    account.delegate = *delegate;
    account.delegate_until = if none { 0 } else { until };
    Ok(())
}
