//! How far trouble of one kind of collateral may reach: caps and a smallest haircut per origin
//! class (native, stable, liquid-stake, bridged) and per group of correlated tokens.
//!
//! * **Per account**: what a class or a group is worth at Initial counts up to its cap. More may be
//!   held, topped up, moved and withdrawn; it opens no risk. Below Initial nothing changes, so no
//!   cap, however low, makes anybody liquidatable (INV-NOFLIP).
//! * **Per compartment**: a deposit may not lift the claims of all banks of a class or a group, at
//!   the higher of slow and last price, over its cap. Quote is exempt: it always tops up.
//! * **Haircut**: a token's haircut at Initial is at least its class's and its group's.
//!
//! A cap of zero means closed, the largest means none.

use bulwark_state::{
    Bank, Board, BoardBank, COLLATERAL_KINDS, CollateralLimits, MAX_BANKS, MarginAccount,
};

use crate::error::{Error, Result};
use crate::math::mul_pow10_div_floor_by;
use crate::params;
use crate::units::value_exponent;

/// Origin classes.
pub const ORIGINS: usize = 4;
/// Groups of correlated tokens; group 0 is none.
pub const GROUPS: usize = 8;
const _: () = assert!(ORIGINS + GROUPS == COLLATERAL_KINDS);

/// A class or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An origin class: 1 native, 2 stable, 3 liquid-stake, 4 bridged.
    Origin(u8),
    /// A group of correlated tokens, 1 to 8.
    Group(u8),
}

impl Kind {
    /// Place of its limits on the Board.
    fn place(self) -> Result<usize> {
        let (number, count, first) = match self {
            Kind::Origin(number) => (number, ORIGINS, 0),
            Kind::Group(number) => (number, GROUPS, ORIGINS),
        };
        let number = usize::from(number);
        if number == 0 || number > count {
            return Err(Error::BadIndex);
        }
        number
            .checked_sub(1)
            .and_then(|place| place.checked_add(first))
            .ok_or(Error::Overflow)
    }

    /// Whether a bank is of it.
    fn has(self, bank: &BoardBank) -> bool {
        match self {
            Kind::Origin(number) => bank.origin == number,
            Kind::Group(number) => bank.group == number,
        }
    }
}

/// The largest cap: none.
pub const NO_CAP: u64 = 9_000_000_000_000_000_000;

/// Sets the limits of a class or a group when the Board is made.
///
/// # Errors
/// [`Error::BadIndex`] for none, [`Error::ParameterOutOfBounds`].
pub fn set_limits(board: &mut Board, kind: Kind, limits: &CollateralLimits) -> Result<()> {
    let place = kind.place()?;
    *board.limits.get_mut(place).ok_or(Error::BadIndex)? = *limits;
    params::check_board(board)?;
    note(board);
    Ok(())
}

/// Takes note of which limits bound something, after any of them was set.
pub fn note(board: &mut Board) {
    let mut limited = 0;
    for (place, limits) in board.limits.iter().enumerate() {
        let caps = limits.account_cap.min(limits.compartment_cap);
        if caps < NO_CAP || limits.haircut_e9 != 0 {
            limited |= bit(place);
        }
    }
    board.limited = limited;
}

/// Limits of a class or a group; none if it has none.
pub fn limits(board: &Board, kind: Kind) -> Option<&CollateralLimits> {
    let place = kind.place().ok()?;
    board
        .limits
        .get(place)
        .filter(|_| board.limited & bit(place) != 0)
}

fn bit(place: usize) -> u16 {
    u32::try_from(place)
        .ok()
        .and_then(|place| 1u16.checked_shl(place))
        .unwrap_or(0)
}

/// Limits that a bank falls under.
fn limits_of<'a>(
    board: &'a Board,
    bank: &BoardBank,
) -> impl Iterator<Item = (Kind, &'a CollateralLimits)> {
    [Kind::Origin(bank.origin), Kind::Group(bank.group)]
        .into_iter()
        .filter_map(|kind| limits(board, kind).map(|limits| (kind, limits)))
}

/// Smallest haircut of a bank at Initial, e9.
#[inline]
pub(crate) fn haircut(board: &Board, bank: &BoardBank) -> u64 {
    if board.limited == 0 {
        return 0;
    }
    least_haircut(board, bank)
}

#[cold]
#[inline(never)]
fn least_haircut(board: &Board, bank: &BoardBank) -> u64 {
    let all = limits_of(board, bank).map(|(_, limits)| u64::from(limits.haircut_e9));
    all.max().unwrap_or(0)
}

/// Whether deposits of a bank are bound by its class or its group: then every bank of the
/// compartment has to be shown.
pub fn binds_deposits(board: &Board, bank: u8) -> bool {
    let seat = board.banks.get(usize::from(bank));
    bank != 0 && board.limited != 0 && seat.is_some_and(|seat| limits_of(board, seat).count() > 0)
}

/// Whether claims after a deposit are within the compartment's caps of the bank's class and group.
/// `claims`: K_j of every bank, by number.
///
/// # Errors
/// [`Error::CollateralCap`], [`Error::BadIndex`], [`Error::Overflow`].
pub fn check_deposit(board: &Board, bank: &Bank, claims: &[u64; MAX_BANKS]) -> Result<()> {
    let seat = board.banks.get(usize::from(bank.index));
    for (kind, limits) in limits_of(board, seat.ok_or(Error::BadIndex)?) {
        let mut sum = 0u64;
        // Quote is exempt.
        for (other, claims) in board.banks.iter().zip(claims).skip(1) {
            if other.status != 0 && kind.has(other) {
                let value = value(board, other, *claims)?;
                sum = sum.checked_add(value).ok_or(Error::Overflow)?;
            }
        }
        if sum > limits.compartment_cap {
            return Err(Error::CollateralCap);
        }
    }
    Ok(())
}

/// Claims at the higher of slow and last price, UsdE6. A feed that has died keeps its last one.
fn value(board: &Board, bank: &BoardBank, claims: u64) -> Result<u64> {
    let feed = board.feeds.get(usize::from(bank.feed));
    let feed = feed.ok_or(Error::BadIndex)?;
    let exponent = value_exponent(bank.decimals, feed.unit_exp).ok_or(Error::BadValue)?;
    let price = feed.slow.max(feed.last.price);
    mul_pow10_div_floor_by(claims, price, exponent).ok_or(Error::Overflow)
}

/// Values by class and group; row and column 0 are those without.
type Sums = [[u64; GROUPS + 1]; ORIGINS + 1];

/// What of an account's collateral is beyond its caps, UsdE6. `worth` says what a token of a bank
/// is worth at Initial: bank, amount.
///
/// Classes and groups cross (SOL and its liquid stakes are one group of two classes), so that
/// what counts is a flow through both: by max-flow = min-cut the smallest, over all sets of
/// classes that are cut at their caps, of those caps and what the other classes bring into the
/// groups, each group up to its own. So more of a token never counts less, and the order of slots
/// doesn't matter.
#[inline(never)]
pub(crate) fn beyond(
    board: &Board,
    account: &MarginAccount,
    worth: impl Fn(u8, u64) -> Result<i64>,
) -> Result<i64> {
    let mut sums: Sums = [[0; GROUPS + 1]; ORIGINS + 1];
    let mut all = 0u64;
    for held in &account.collaterals {
        if held.active == 0 || held.amount == 0 {
            continue;
        }
        let value = u64::try_from(worth(held.bank, held.amount)?).map_err(|_| Error::Overflow)?;
        let bank = board.banks.get(usize::from(held.bank));
        let bank = bank.ok_or(Error::BadIndex)?;
        let row = sums.get_mut(usize::from(bank.origin));
        let cell = row.and_then(|row| row.get_mut(usize::from(bank.group)));
        let cell = cell.ok_or(Error::BadValue)?;
        *cell = cell.checked_add(value).ok_or(Error::Overflow)?;
        all = all.checked_add(value).ok_or(Error::Overflow)?;
    }
    let over = over(board, &sums)?;
    let mut counts = all;
    for cut in 0..1u8 << ORIGINS {
        if cut & !over == 0 {
            counts = counts.min(cut_at(board, &sums, cut)?);
        }
    }
    let beyond = all.checked_sub(counts).ok_or(Error::Overflow)?;
    i64::try_from(beyond).map_err(|_| Error::Overflow)
}

/// Cap per account of a class or a group, none as the largest number.
fn cap(board: &Board, kind: Kind) -> u64 {
    limits(board, kind).map_or(u64::MAX, |limits| limits.account_cap)
}

/// Classes, bit 0 for the first, that are worth more than their cap: cutting another saves nothing.
fn over(board: &Board, sums: &Sums) -> Result<u8> {
    let mut over = 0;
    for (class, row) in (1u8..).zip(sums.iter().skip(1)) {
        let sum = row
            .iter()
            .try_fold(0u64, |sum, value| sum.checked_add(*value));
        if sum.ok_or(Error::Overflow)? > cap(board, Kind::Origin(class)) {
            over |= mask(class);
        }
    }
    Ok(over)
}

fn mask(class: u8) -> u8 {
    1u8.checked_shl(u32::from(class.saturating_sub(1)))
        .unwrap_or(0)
}

/// What counts where the classes of `cut` are cut at their caps.
fn cut_at(board: &Board, sums: &Sums, cut: u8) -> Result<u64> {
    let mut counts = 0u64;
    let mut groups = [0u64; GROUPS + 1];
    for (class, row) in (0u8..).zip(sums) {
        if class != 0 && cut & mask(class) != 0 {
            counts = counts
                .checked_add(cap(board, Kind::Origin(class)))
                .ok_or(Error::Overflow)?;
            continue;
        }
        for (sum, value) in groups.iter_mut().zip(row) {
            *sum = sum.checked_add(*value).ok_or(Error::Overflow)?;
        }
    }
    for (group, sum) in (0u8..).zip(groups) {
        let kept = sum.min(cap(board, Kind::Group(group)));
        counts = counts.checked_add(kept).ok_or(Error::Overflow)?;
    }
    Ok(counts)
}
