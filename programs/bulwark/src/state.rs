//! The layouts of `bulwark-state` as Anchor accounts, and how instructions open them.
//!
//! * Each account is a zero-copy wrapper with one field, the layout: `BoardState { inner: Board }`.
//! * [`Access::read`] and [`Access::write`] open a loaded account as its layout. They check
//!   discriminator, size and layout version (from the oldest that this release reads to its own);
//!   the owner was checked when it was loaded. Writing leaves the version as it is.
//! * Which account it is, is compared by a stored key or number ([`same`]), never derived again.
//! * Board and Book are larger than an inner `init` can make: the client creates them owned by this
//!   program, and [`adopt`] takes them while they are still all zero.
//! * [`create`] makes an account at a derived address where Anchor's `init` can't (tickets, which
//!   not every withdrawal needs).

use std::cell::{Ref, RefMut};

use anchor_lang::prelude::*;
use anchor_lang::solana_program::program::invoke_signed;
use anchor_lang::solana_program::program_memory::sol_memcmp;
use anchor_lang::solana_program::system_instruction;
use anchor_lang::{Owner, ZeroCopy};
use bulwark_state::{
    Bank, Board, Book, Compartment, Guardian, Insurance, Key as StoredKey, MARGIN_VERSION,
    MarginAccount, Market, Proposal, Protocol, Recovery, Stake, Ticket, VERSION,
};

use crate::error::{BulwarkError, ensure, refusal};

/// Bytes of an account's discriminator.
pub const DISCRIMINATOR: usize = 8;

/// A zero-copy wrapper around a layout.
pub trait Layout: ZeroCopy + Owner {
    /// The layout.
    type Inner;
    /// Layout version that this release writes.
    const VERSION: u8;
    /// Oldest version that it reads.
    const OLDEST: u8 = 1;
    /// Bytes of the account.
    const SPACE: usize = DISCRIMINATOR + size_of::<Self>();
    /// The layout inside.
    fn inner(&self) -> &Self::Inner;
    /// The layout inside, to be changed.
    fn inner_mut(&mut self) -> &mut Self::Inner;
    /// Version that the account was written with.
    fn version(&self) -> u8;
    /// Writes the version of this release.
    fn stamp(&mut self);
}

macro_rules! accounts {
    ($($(#[$doc:meta])+ $name:ident($inner:ident, $version:expr);)+) => {$(
        $(#[$doc])+
        #[account(zero_copy)]
        #[repr(C)]
        pub struct $name {
            /// The layout.
            pub inner: $inner,
        }

        impl Layout for $name {
            type Inner = $inner;
            const VERSION: u8 = $version;
            #[inline]
            fn inner(&self) -> &$inner {
                &self.inner
            }
            #[inline]
            fn inner_mut(&mut self) -> &mut $inner {
                &mut self.inner
            }
            #[inline]
            fn version(&self) -> u8 {
                self.inner.version
            }
            #[inline]
            fn stamp(&mut self) {
                self.inner.version = Self::VERSION;
            }
        }
    )+};
}

accounts! {
    /// The one account above all compartments.
    ProtocolState(Protocol, VERSION);
    /// A unit of cross margin and of loss.
    CompartmentState(Compartment, VERSION);
    /// The one place of prices; made by the client, adopted by `create_board`.
    BoardState(Board, VERSION);
    /// A token of a compartment.
    BankState(Bank, VERSION);
    /// A perpetual market.
    MarketState(Market, VERSION);
    /// Resting orders; made by the client, adopted by `create_market`.
    BookState(Book, VERSION);
    /// A margin account.
    MarginState(MarginAccount, MARGIN_VERSION);
    /// A withdrawal that waits.
    TicketState(Ticket, VERSION);
    /// Insurance of a compartment.
    InsuranceState(Insurance, VERSION);
    /// A stake in insurance.
    StakeState(Stake, VERSION);
    /// The guardian.
    GuardianState(Guardian, VERSION);
    /// A proposed action of the guardian.
    ProposalState(Proposal, VERSION);
    /// A Recovery of a compartment.
    RecoveryState(Recovery, VERSION);
}

/// Opens an account as its layout.
pub trait Access {
    /// The layout.
    type Inner;
    /// For reading. Several at once are fine.
    fn read(&self) -> Result<Ref<'_, Self::Inner>>;
    /// For writing. Fails while any other opening of the same account stands, and where the
    /// transaction didn't pass it writable.
    fn write(&self) -> Result<RefMut<'_, Self::Inner>>;
    /// For the first writing of an account that was made in this instruction.
    fn write_new(&self) -> Result<RefMut<'_, Self::Inner>>;
}

impl<T: Layout> Access for AccountLoader<'_, T> {
    type Inner = T::Inner;

    #[inline]
    fn read(&self) -> Result<Ref<'_, T::Inner>> {
        let state = self.load()?;
        known(&*state)?;
        Ok(Ref::map(state, T::inner))
    }

    #[inline]
    fn write(&self) -> Result<RefMut<'_, T::Inner>> {
        let state = self.load_mut()?;
        known(&*state)?;
        Ok(RefMut::map(state, T::inner_mut))
    }

    fn write_new(&self) -> Result<RefMut<'_, T::Inner>> {
        let mut state = self.load_init()?;
        state.stamp();
        Ok(RefMut::map(state, T::inner_mut))
    }
}

/// The account has a version that this release reads.
#[inline]
fn known<T: Layout>(state: &T) -> Result<()> {
    let known = T::OLDEST <= state.version() && state.version() <= T::VERSION;
    ensure(known, BulwarkError::WrongVersion)
}

/// Whether an address is the one that is stored.
#[inline]
pub fn same(stored: &StoredKey, key: &Pubkey) -> bool {
    stored == key.as_array()
}

/// Refuses two accounts of one kind that are one account.
#[inline]
pub fn distinct(a: &Pubkey, b: &Pubkey) -> Result<()> {
    ensure(a != b, BulwarkError::DuplicateAccount)
}

/// Checks an account that the client made for this program and nobody has written yet: right size,
/// rent-exempt, every byte zero (Anchor's `zero` constraint has seen the owner and the first
/// eight). The caller then opens it with [`Access::write_new`].
pub fn adopt<T: Layout>(loader: &AccountLoader<T>) -> Result<()> {
    let info = loader.as_ref();
    ensure(info.data_len() == T::SPACE, BulwarkError::WrongSize)?;
    let exempt = Rent::get()?.is_exempt(info.lamports(), T::SPACE);
    ensure(exempt, BulwarkError::NotRentExempt)?;
    ensure(is_zero(&info.try_borrow_data()?), BulwarkError::NotZeroed)
}

/// Whether all bytes are zero: the first is, and each equals the one before it. One syscall, where
/// a loop over a Board would cost 100,000 units.
fn is_zero(data: &[u8]) -> bool {
    let [first, rest @ ..] = data else {
        return true;
    };
    let Some(ahead) = data.get(..rest.len()) else {
        return false;
    };
    // SAFETY: both slices are `rest.len()` bytes long.
    *first == 0 && unsafe { sol_memcmp(ahead, rest, rest.len()) } == 0
}

/// Makes the account of `T` at the address of `seeds` (the bump last), paid by `payer`, and writes
/// it with `fill`. Lamports that somebody sent there before don't stop it.
pub fn create<'info, T: Layout>(
    info: &AccountInfo<'info>,
    payer: &AccountInfo<'info>,
    system_program: &AccountInfo<'info>,
    seeds: &[&[u8]],
    fill: impl FnOnce(&mut T::Inner) -> Result<()>,
) -> Result<()> {
    allocate(&[payer, info, system_program], seeds, T::SPACE)?;
    let mut data = info.try_borrow_mut_data()?;
    let (discriminator, rest) = data
        .split_at_mut_checked(DISCRIMINATOR)
        .ok_or_else(|| refusal(BulwarkError::WrongSize))?;
    discriminator.copy_from_slice(T::DISCRIMINATOR);
    let state: &mut T =
        bytemuck::try_from_bytes_mut(rest).map_err(|_| refusal(BulwarkError::WrongSize))?;
    state.stamp();
    fill(state.inner_mut())
}

/// Makes `info` an empty account of this program at the address of `seeds`.
#[inline(never)]
fn allocate<'info>(
    [payer, info, system_program]: &[&AccountInfo<'info>; 3],
    seeds: &[&[u8]],
    space: usize,
) -> Result<()> {
    let address = Pubkey::create_program_address(seeds, &crate::ID)
        .map_err(|_| refusal(BulwarkError::WrongAddress))?;
    ensure(address == *info.key, BulwarkError::WrongAddress)?;
    let needed = Rent::get()?.minimum_balance(space);
    let bytes = u64::try_from(space).map_err(|_| refusal(BulwarkError::Overflow))?;
    let held = info.lamports();
    let lacking = needed.max(held) - held;
    let accounts = [payer, info, system_program].map(|account| (*account).clone());
    let (to, from) = (info.key, payer.key);
    if lacking > 0 {
        let pay = system_instruction::transfer(from, to, lacking);
        invoke_signed(&pay, &accounts, &[])?;
    }
    for step in [
        system_instruction::allocate(to, bytes),
        system_instruction::assign(to, &crate::ID),
    ] {
        invoke_signed(&step, &accounts, &[seeds])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_are_those_of_the_layouts() {
        assert_eq!(BoardState::SPACE, 8 + size_of::<Board>());
        assert_eq!(BookState::SPACE, 8 + size_of::<Book>());
        for space in [
            ProtocolState::SPACE,
            CompartmentState::SPACE,
            BankState::SPACE,
            MarketState::SPACE,
            MarginState::SPACE,
            TicketState::SPACE,
            InsuranceState::SPACE,
        ] {
            assert!(space <= 10_240, "an inner init can't make {space} bytes");
        }
    }

    #[test]
    fn one_written_byte_is_found_wherever_it_lies() {
        let mut data = vec![0_u8; 1_000];
        assert!(is_zero(&data));
        for place in [0, 1, 7, 8, 500, 998, 999] {
            data[place] = 1;
            assert!(!is_zero(&data), "byte {place}");
            data[place] = 0;
        }
        assert!(is_zero(&[]) && is_zero(&[0]) && !is_zero(&[1]));
        assert!(!is_zero(&[3; 9]));
    }
}
