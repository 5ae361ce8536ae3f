//! What the creator may do before a guardian exists (D12), and how it ends: by his own `seal`, or
//! as soon as deposits exceed [`DEPOSITS_MAX`], by anybody's. No instruction reopens it.

use anchor_lang::prelude::*;
use bulwark_core::math::mul_pow10_div_floor_by;
use bulwark_core::permits::Action;
use bulwark_core::units::value_exponent;
use bulwark_state::{Board, Protocol};

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::guard::Guard;
use crate::state::{Access, BankState, ProtocolState, same};

/// Deposits of a compartment at Board prices beyond which its creator has no powers, UsdE6:
/// $100,000.
pub const DEPOSITS_MAX: u64 = 100_000_000_000;

/// The signer is the creator and hasn't been sealed.
pub fn check_key(protocol: &Protocol, signer: &Pubkey) -> Result<()> {
    ensure(same(&protocol.creator, signer), BulwarkError::NotCreator)?;
    ensure(protocol.sealed == 0, BulwarkError::Sealed)
}

/// The creator may list in this compartment, as far as its mode, Recovery and capabilities go.
pub fn may_list(
    guard: &Guard,
    protocol: &AccountLoader<ProtocolState>,
    signer: &Pubkey,
) -> Result<()> {
    check_key(&*protocol.read()?, signer)?;
    guard.permit(Action::List).map(|_| ())
}

/// Money that the program has booked into the compartment's vaults, at the Board's last prices,
/// UsdE6. `banks` must be all of them. A token that never had a price counts for nothing, as it
/// does in health.
pub fn deposits(board: &Board, banks: &[AccountLoader<BankState>]) -> Result<u64> {
    let mut sum = 0_u64;
    for bank in banks {
        let bank = bank.read()?;
        let amount = bank.expected;
        let value = if bank.index == 0 {
            amount
        } else {
            let seat = board.banks.get(usize::from(bank.index)).or_refuse()?;
            let feed = board.feeds.get(usize::from(seat.feed)).or_refuse()?;
            let exponent = value_exponent(seat.decimals, feed.unit_exp).or_refuse()?;
            mul_pow10_div_floor_by(amount, feed.last.price, exponent).or_refuse()?
        };
        sum = sum.checked_add(value).or_refuse()?;
    }
    Ok(sum)
}

/// Deposits are still at or below the sum up to which the creator may list.
pub fn check_deposits(board: &Board, banks: &[AccountLoader<BankState>]) -> Result<()> {
    ensure(
        deposits(board, banks)? <= DEPOSITS_MAX,
        BulwarkError::Sealed,
    )
}
