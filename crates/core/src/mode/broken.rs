//! Broken bits: one per item, set and cleared by a check of that very item alone (D12).

use bulwark_state::{BrokenBits, Compartment, Key, MAX_BANKS, MAX_MARKETS};

use super::{Act, By, SLOT_MS, above, running, transitions};
use crate::breaker::Breaker;
use crate::error::{Error, Result};
use crate::time::Now;

/// Seconds between two observations of missing value that Recovery asks for (D9).
const SECOND_LOOK: i64 = 3_600;

/// Invariants of a whole compartment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Global {
    /// The explained part of the hole is above zero (D1, D8).
    Deficit,
    /// An index went backwards.
    Index,
    /// A pot is below what it owes (INV-FUND).
    Pot,
    /// A total of quote is below zero.
    Counter,
    /// A margin account contradicts itself or the indexes of the Board.
    Account,
    /// A pause stands that no budget was charged with, or a budget is overdrawn.
    Budget,
}

impl Global {
    /// All of them, in the order of their bits.
    pub const ALL: [Global; 6] = [
        Global::Deficit,
        Global::Index,
        Global::Pot,
        Global::Counter,
        Global::Account,
        Global::Budget,
    ];

    /// Its bit in `BrokenBits::globals`.
    pub const fn bit(self) -> u64 {
        1 << self as u8
    }
}

/// What a check looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// Bank by index.
    Bank(u8),
    /// Market by index.
    Market(u8),
    /// An invariant of the compartment.
    Global(Global),
}

impl Item {
    /// Its code in events: 0x100 + bank, 0x200 + market, 0x300 + bit of a global invariant.
    pub const fn code(self) -> u16 {
        match self {
            Item::Bank(index) => 0x100 | index as u16,
            Item::Market(index) => 0x200 | index as u16,
            Item::Global(global) => 0x300 | global as u16,
        }
    }
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finding {
    /// The invariant holds.
    Sound,
    /// It doesn't.
    Broken,
    /// A bank has less than it owes, and the difference is not a known deficit.
    ValueMissing,
}

/// What an observation changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// A bit was set or cleared.
    pub changed: bool,
    /// Unix second until which automation paused because of it, 0 if it didn't.
    pub paused_until: i64,
}

/// Whether any bit stands.
pub const fn any_broken(bits: &BrokenBits) -> bool {
    bits.banks | bits.banks_missing | bits.markets | bits.globals != 0
}

/// Records what a check of `item` found. Sets or clears the bits of that item alone.
///
/// Missing value pauses within automation's budget, again whenever it is still seen after that
/// pause has ended, and notes the first sight and the second at least an hour later (D9).
pub fn observe(
    compartment: &mut Compartment,
    item: Item,
    finding: Finding,
    now: Now,
) -> Result<Observed> {
    let ran_out = above::before(compartment, now);
    let changed = mark(&mut compartment.broken, item, finding, now)?;
    let mut observed = Observed {
        changed,
        paused_until: 0,
    };
    if changed {
        super::capability::bump(&mut compartment.mode.sequence)?;
    }
    note_missing(&mut compartment.broken, finding, now);
    if finding == Finding::ValueMissing && !running(&compartment.mode.paused, now) {
        let act = Act {
            seconds: u64::MAX,
            reason: Breaker::Invariant.reason(),
            slot_ms: SLOT_MS,
        };
        let paused = transitions::pause(compartment, By::Automation, act, now)?;
        observed.paused_until = paused.map_or(0, |p| p.until);
    }
    above::after(compartment, ran_out, now);
    Ok(observed)
}

/// Records what a check of a margin account found. The bit of accounts keeps the first that was
/// broken: only a check of that very account clears it.
pub fn observe_account(
    compartment: &mut Compartment,
    account: &Key,
    finding: Finding,
    now: Now,
) -> Result<Observed> {
    let kept = compartment.broken_account;
    let none = kept == Key::default();
    if !none && kept != *account || none && finding == Finding::Sound {
        return Ok(Observed::default());
    }
    compartment.broken_account = match finding {
        Finding::Sound => Key::default(),
        _ => *account,
    };
    observe(compartment, Item::Global(Global::Account), finding, now)
}

fn mark(bits: &mut BrokenBits, item: Item, finding: Finding, now: Now) -> Result<bool> {
    let (word, checked, index) = match item {
        Item::Bank(index) if usize::from(index) < MAX_BANKS => (
            &mut bits.banks,
            bits.bank_checked_slot.get_mut(usize::from(index)),
            index,
        ),
        Item::Market(index) if usize::from(index) < MAX_MARKETS => (
            &mut bits.markets,
            bits.market_checked_slot.get_mut(usize::from(index)),
            index,
        ),
        Item::Global(global) => {
            let index = global as u8;
            (
                &mut bits.globals,
                bits.global_checked_slot.get_mut(usize::from(index)),
                index,
            )
        }
        _ => return Err(Error::BadIndex),
    };
    *checked.ok_or(Error::BadIndex)? = now.slot;
    let bit = 1u64.checked_shl(u32::from(index)).ok_or(Error::BadIndex)?;
    let mut changed = set(word, bit, finding != Finding::Sound);
    if matches!(item, Item::Bank(_)) {
        let missing = finding == Finding::ValueMissing;
        changed |= set(&mut bits.banks_missing, bit, missing);
    } else if finding == Finding::ValueMissing {
        // Only a bank can miss value.
        return Err(Error::BadValue);
    }
    Ok(changed)
}

/// Sets or clears a bit; whether that changed it.
fn set(word: &mut u64, bit: u64, on: bool) -> bool {
    let before = *word;
    *word = if on { before | bit } else { before & !bit };
    *word != before
}

/// Notes the first sight of missing value and the second. A look at anything else is neither: it
/// would count as seen again what may be made good since.
fn note_missing(bits: &mut BrokenBits, finding: Finding, now: Now) {
    if bits.banks_missing == 0 {
        bits.missing_at = 0;
        bits.missing_again_at = 0;
        return;
    }
    if finding != Finding::ValueMissing {
        return;
    }
    if bits.missing_at == 0 {
        bits.missing_at = now.unix;
    } else if bits.missing_again_at == 0 && now.unix.saturating_sub(bits.missing_at) >= SECOND_LOOK
    {
        bits.missing_again_at = now.unix;
    }
}
