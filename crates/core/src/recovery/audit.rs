//! The audit epoch (D9): a rehearsal of Recovery in Normal. Banks and markets are counted and
//! accounts marked by the functions of a Recovery, into a record of its own; of an account nothing
//! changes but its shadow, which nobody is paid by. What it leaves is a dated root and total.

use bulwark_state::{Board, MarginAccount, Recovery, RecoveryBank, SignedWide, TreeNode};

use super::entry::fix_prices;
use super::{expect, mark::Figures};
use crate::error::{Error, Result};
use crate::mode::{Mode, Phase};
use crate::time::Now;

/// The highest bit of an audit's epoch. No Recovery has it, so neither record nor leaf nor shadow
/// of an audit passes for a Recovery's.
pub const AUDIT: u32 = 1 << 31;
/// Seconds between the beginnings of two audits of a compartment.
pub const AUDIT_EVERY: u64 = 20 * 3_600;
/// Seconds after which an audit may be closed though accounts that were counted aren't marked.
pub const AUDIT_LASTS: u64 = 3_600;

/// Whether a record is an audit's.
pub const fn is_audit(recovery: &Recovery) -> bool {
    recovery.epoch & AUDIT != 0
}

/// Audits run in Normal, while no Recovery is announced: after the freeze an account's shadow is
/// its claim, whatever the mode's record says.
///
/// # Errors
/// [`Error::ModeForbids`].
pub fn may_audit(mode: Mode, phase: Phase) -> Result<()> {
    if mode == Mode::Normal && phase == Phase::None {
        return Ok(());
    }
    Err(Error::ModeForbids)
}

/// Begins an audit: the record of the one before is cleared, and prices are fixed by the rule of an
/// announcement. Anyone may, where [`may_audit`].
///
/// # Errors
/// [`Error::TooEarly`] within [`AUDIT_EVERY`] of the
/// beginning of the one before, [`Error::Overflow`].
pub fn begin_audit(board: &Board, record: &mut Recovery, now: Now) -> Result<()> {
    if record.announced_at != 0 && now.unix < due(record.announced_at, AUDIT_EVERY)? {
        return Err(Error::TooEarly);
    }
    let epoch = record.epoch & !AUDIT;
    let epoch = epoch.checked_add(1).filter(|epoch| epoch & AUDIT == 0);
    clear(record);
    record.epoch = AUDIT | epoch.ok_or(Error::Overflow)?;
    fix_prices(board, &mut record.prices, now)?;
    record.phase = Phase::Frozen as u8;
    (record.announced_at, record.announced_slot) = (now.unix, now.slot);
    record.deadline_at = due(now.unix, AUDIT_LASTS)?;
    Ok(())
}

/// Forgets what the audit before has counted and marked.
fn clear(record: &mut Recovery) {
    record.prices.fill(0);
    record.banks.fill(RecoveryBank::default());
    record.frontier.fill(TreeNode::default());
    record.root = TreeNode::default();
    (record.leaves, record.marked, record.changed) = (0, 0, 0);
    (record.live_count, record.live_signed, record.spare_fees) = (0, 0, 0);
    record.quote_marked = SignedWide::default();
    record.quote_frozen = SignedWide::default();
    record.changed_quote = SignedWide::default();
    (record.banks_counted, record.markets_counted) = (0, 0);
}

fn due(since: i64, seconds: u64) -> Result<i64> {
    since.checked_add_unsigned(seconds).ok_or(Error::Overflow)
}

/// Closes an audit: all that were counted are marked, or [`AUDIT_LASTS`] is over. Anyone may.
///
/// # Errors
/// [`Error::RecoveryPhase`], [`Error::TooEarly`].
pub fn close_audit(record: &mut Recovery, now: Now) -> Result<()> {
    expect(record, &[Phase::Marking])?;
    if record.marked < record.live_count && now.unix < record.deadline_at {
        return Err(Error::TooEarly);
    }
    record.phase = Phase::Settled as u8;
    Ok(())
}

/// Adds an account's figures to the sums of an audit: to those of accounts that stand as they did
/// at their mark in the audit before, or to those of the others. Returns whether it had changed.
pub(super) fn add(
    record: &mut Recovery,
    account: &MarginAccount,
    figures: &Figures,
) -> Result<bool> {
    let shadow = &account.shadow;
    let changed = shadow.audit_epoch == 0 || shadow.changes != account.changes;
    let sum = if changed {
        record.changed = record.changed.checked_add(1).ok_or(Error::Overflow)?;
        &mut record.changed_quote
    } else {
        &mut record.quote_marked
    };
    let quote = sum.get().checked_add(figures.quote.into());
    *sum = SignedWide::new(quote.ok_or(Error::Overflow)?);
    for (held, (kept, given)) in account
        .collaterals
        .iter()
        .zip(figures.kept.iter().zip(figures.given))
    {
        let claim = kept.checked_add(given).ok_or(Error::Overflow)?;
        if claim == 0 {
            continue;
        }
        let bank = record.banks.get_mut(usize::from(held.bank));
        let bank = bank.ok_or(Error::BadIndex)?;
        let sum = if changed {
            &mut bank.seized_paid
        } else {
            &mut bank.paid
        };
        *sum = sum.checked_add(claim).ok_or(Error::Overflow)?;
    }
    Ok(changed)
}
