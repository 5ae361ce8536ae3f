//! The delegate of a margin account: may trade within the price band and cancel, never withdraw,
//! close, take over or name a delegate. His power ends by itself.

use bulwark_state::{Key, MarginAccount};

use crate::book::Side;
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

/// Whether a delegate's order may rest at `price` (PriceE8): no bid above the price band, no ask
/// below it. Resting beyond it, the order would wait for whoever the delegate likes to give to: the
/// taker's band is the owner's affair (a58).
///
/// # Errors
/// [`Error::TooFarFromOracle`].
pub const fn may_rest(side: Side, price: u64, (low, high): (u64, u64)) -> Result<()> {
    let gives = match side {
        Side::Bid => price > high,
        Side::Ask => price < low,
    };
    if gives {
        return Err(Error::TooFarFromOracle);
    }
    Ok(())
}
