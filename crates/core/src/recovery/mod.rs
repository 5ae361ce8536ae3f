//! Recovery (D9): a compartment that can't go on pays everyone from what is there, by a rule known
//! beforehand and without anybody's permission.
//!
//! Announced ([`announce`]: prices are fixed, the modes still rule) → Frozen ([`freeze`], then each
//! bank and market once) → Marking ([`mark`]: each live account once, into its shadow) → Settled
//! ([`open_pot`]). Tokens are paid from the mark on, quote claims once the pot is open.
//!
//! Every payment is ⌊E·A/K⌋ less what was paid before: K is fixed, A only grows, so nobody's
//! payment depends on who was paid first, and late money pays everybody again.

mod audit;
mod entry;
mod freeze;
mod late;
mod mark;
mod pot;
mod reward;
mod stakers;
mod tree;

pub use audit::{AUDIT, AUDIT_EVERY, AUDIT_LASTS, begin_audit, close_audit, is_audit, may_audit};
pub use entry::{Cause, Evidence, announce, may_freeze, note_deficit, undo};
pub use freeze::{complete, freeze, freeze_bank, freeze_market};
pub use late::{Late, late_money};
pub use mark::{Figures, Marked, figures, mark, marked};
pub use pot::{
    CLASSES, JUNIOR, SENIOR, STAKERS, assign, due_of_pot, due_of_token, open_pot, pay_pot,
    pay_token,
};
pub use reward::reward;
pub use stakers::{assign_stake, due_of_stake, pay_stake, staked};
pub use tree::{Hash, Leaf, Proof, append, joined, node_hash, root, verify};

use crate::error::{Error, Result};
use crate::mode::Phase;
use bulwark_state::{Board, Recovery};

/// Notice of an announcement by the guardian or because of missing value, seconds.
pub const NOTICE: u64 = 86_400;
/// Notice of an announcement because nobody has brought the mode back to Normal, seconds.
pub const DEAD_MAN_NOTICE: u64 = 7 * 86_400;
/// Seconds above Normal without a break after which anybody may announce.
pub const DEAD_MAN: u64 = 14 * 86_400;
/// Time above Normal within 30 days that announces Recovery as well, breaks or not (20 days).
pub const DEAD_MAN_OF_MONTH: u64 = 20 * 86_400;
/// Seconds that value must have been missing before anybody may announce.
pub const STANDS: u64 = 86_400;
/// Seconds between the two sights of a deficit beyond insurance and fees.
pub const SECOND_LOOK: u64 = 3_600;
/// Seconds within which the second sight counts.
pub const LOOK_LASTS: u64 = 86_400;
/// Seconds between two announcements by the guardian.
pub const GUARDIAN_EVERY: u64 = 30 * 86_400;
/// Seconds after the freeze at which the quote pot opens whatever is unmarked.
pub const DEADLINE: u64 = 14 * 86_400;

/// Paid for each first mark of a live account, UsdE6, out of fees above their floor.
pub const MARK_REWARD: u64 = 2_000;

/// `Recovery::phase` of an announcement that was taken back.
pub const UNDONE: u8 = 5;

/// Refuses unless the Recovery is in one of `phases`.
fn expect(recovery: &Recovery, phases: &[Phase]) -> Result<()> {
    if phases.iter().any(|phase| *phase as u8 == recovery.phase) {
        return Ok(());
    }
    Err(Error::RecoveryPhase)
}

/// What a bank's token is worth: price and exponent, so that value = units·price/10^exponent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Quotation {
    /// PriceE8.
    price: u64,
    /// Of ten.
    exponent: u32,
}

/// The quotation of bank `index` at `price_of` its feed. Not capped: what is given up is worth what
/// it fetches.
fn quotation(board: &Board, prices: &[u64], index: usize) -> Result<Quotation> {
    let bank = board.banks.get(index).ok_or(Error::BadIndex)?;
    let feed = usize::from(bank.feed);
    let listed = board.feeds.get(feed).ok_or(Error::BadIndex)?;
    Ok(Quotation {
        price: prices.get(feed).copied().ok_or(Error::BadIndex)?,
        exponent: crate::units::value_exponent(bank.decimals, listed.unit_exp)
            .ok_or(Error::BadValue)?,
    })
}
