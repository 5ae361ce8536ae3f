//! Steps between layout versions of a margin account. A release reads every version since 1, so
//! that an account which nobody has migrated trades, is liquidated and leaves as before; a step
//! only writes the account as the newest version has it. No step changes a health number.

use bulwark_state::{MARGIN_VERSION, MarginAccount};

use crate::error::{Error, Result};

/// Step `n` takes an account of version `n + 1` to the next.
const STEPS: [fn(&mut MarginAccount); 1] = [delegates_end];

const _: () = assert!(STEPS.len() + 1 == MARGIN_VERSION as usize);

/// Version 2: a delegate may have an end. Whoever is one keeps his power until the owner ends it.
fn delegates_end(account: &mut MarginAccount) {
    let named = account.delegate != [0; 32];
    account.delegate_until = if named { i64::MAX } else { 0 };
}

/// Takes an account to the newest version, step by step. Returns the version that it had; the
/// newest is left as it is.
///
/// # Errors
/// [`Error::BadValue`] for a version that this release doesn't know.
pub fn migrate(account: &mut MarginAccount) -> Result<u8> {
    let before = account.version;
    if before == 0 || before > MARGIN_VERSION {
        return Err(Error::BadValue);
    }
    while let Some(step) = account
        .version
        .checked_sub(1)
        .and_then(|done| STEPS.get(usize::from(done)))
    {
        step(account);
        account.version = account.version.checked_add(1).ok_or(Error::Overflow)?;
    }
    Ok(before)
}
