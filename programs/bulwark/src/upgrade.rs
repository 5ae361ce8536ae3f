//! The only file that signs for the guardian, and it signs one thing: the loader's `Upgrade` of
//! this program (INV-AUTH). No other instruction of the loader exists in this program.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::{AccountMeta, Instruction};
use anchor_lang::solana_program::program::invoke_signed;
use bulwark_core::guardian::Action;
use solana_program::hash::hash;

use crate::error::{BulwarkError, ensure};
use crate::seeds;

/// The upgradeable loader.
pub const LOADER: Pubkey = pubkey!("BPFLoaderUpgradeab1e11111111111111111111111");
/// `UpgradeableLoaderInstruction::Upgrade`.
const UPGRADE: [u8; 4] = [3, 0, 0, 0];
/// `UpgradeableLoaderState::Buffer` with an authority: tag, one, then its key.
const BUFFER: [u8; 5] = [1, 0, 0, 0, 1];
/// Bytes before a buffer's own: tag, option, key.
const BUFFER_HEAD: usize = 37;

/// A buffer of the loader whose authority is the guardian: nobody can write, close or hand it on.
pub fn check_buffer(buffer: &AccountInfo, guardian: &Pubkey) -> Result<()> {
    ensure(*buffer.owner == LOADER, BulwarkError::WrongBuffer)?;
    let data = buffer.try_borrow_data()?;
    let head = data.get(..BUFFER_HEAD).ok_or(BulwarkError::WrongBuffer)?;
    let (tag, authority) = head.split_at(BUFFER.len());
    let owned = tag == BUFFER && authority == guardian.as_ref();
    ensure(owned, BulwarkError::WrongBuffer)
}

/// The buffer that an upgrade names, if it is one.
pub fn buffer_of(action: &Action) -> Option<(Pubkey, &[u8; 32])> {
    match action {
        Action::Upgrade(buffer, hash) | Action::IncidentUpgrade(buffer, hash) => {
            Some((Pubkey::new_from_array(*buffer), hash))
        }
        _ => None,
    }
}

/// Checks that the buffer is the one that was decided, with the bytes that were decided.
pub fn check_bytes(buffer: &AccountInfo, guardian: &Pubkey, action: &Action) -> Result<()> {
    let (key, hashed) = buffer_of(action).ok_or(BulwarkError::BadAction)?;
    ensure(key == *buffer.key, BulwarkError::WrongBuffer)?;
    check_buffer(buffer, guardian)?;
    let data = buffer.try_borrow_data()?;
    let bytes = data.get(BUFFER_HEAD..).ok_or(BulwarkError::WrongBuffer)?;
    ensure(digest(bytes) == *hashed, BulwarkError::WrongBuffer)
}

/// What a decision names of a buffer's bytes (without the loader's 37 before them): their SHA-256.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    hash(bytes).to_bytes()
}

/// Accounts of the loader's `Upgrade`, in its order.
pub struct Upgrade<'a, 'info> {
    /// Data account of this program.
    pub program_data: &'a AccountInfo<'info>,
    /// This program.
    pub program: &'a AccountInfo<'info>,
    /// Buffer.
    pub buffer: &'a AccountInfo<'info>,
    /// Gets the buffer's lamports.
    pub spill: &'a AccountInfo<'info>,
    /// Sysvar.
    pub rent: &'a AccountInfo<'info>,
    /// Sysvar.
    pub clock: &'a AccountInfo<'info>,
    /// The guardian.
    pub guardian: &'a AccountInfo<'info>,
}

/// Upgrades this program. Must be the last that an instruction does: from here on the program can't
/// be called in this slot, not even by itself.
pub fn upgrade(accounts: &Upgrade, bump: u8) -> Result<()> {
    let infos = [
        accounts.program_data,
        accounts.program,
        accounts.buffer,
        accounts.spill,
        accounts.rent,
        accounts.clock,
        accounts.guardian,
    ];
    let metas = infos.iter().enumerate().map(|(place, info)| match place {
        0..=3 => AccountMeta::new(*info.key, false),
        6 => AccountMeta::new_readonly(*info.key, true),
        _ => AccountMeta::new_readonly(*info.key, false),
    });
    let call = Instruction {
        program_id: LOADER,
        accounts: metas.collect(),
        data: UPGRADE.to_vec(),
    };
    let infos = infos.map(Clone::clone);
    Ok(invoke_signed(
        &call,
        &infos,
        &[&[seeds::GUARDIAN, &[bump]]],
    )?)
}
