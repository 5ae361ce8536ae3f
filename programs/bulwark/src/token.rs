//! The only file that moves tokens: SPL Token and Token-2022, by `TransferChecked`.
//!
//! * What a vault receives is the difference of its balance, not the amount that was asked for.
//! * What leaves is signed by the vault authority, which signs here and nowhere else (INV-AUTH);
//!   the vault's balance must fall by exactly the amount.
//! * A mint is listed only if each of its Token-2022 extensions is on the allow-list: all others
//!   (transfer hooks and fees, permanent delegates, pausing, confidential transfers, default
//!   states, …) let somebody else decide over deposits, or make amounts ambiguous.
//!
//! Instructions are built by hand: the same bytes as `anchor-spl`'s CPI for half its price. Token
//! accounts aren't deserialised: the token program checks them again at every transfer, and a vault
//! is known by its key.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::{AccountMeta, Instruction};
use anchor_lang::solana_program::program::invoke_signed;
use anchor_spl::associated_token::get_associated_token_address_with_program_id;
use anchor_spl::token_2022::spl_token_2022::extension::{
    BaseStateWithExtensions, ExtensionType, StateWithExtensions,
};
use anchor_spl::token_2022::spl_token_2022::state::Mint;
use anchor_spl::{token, token_2022};
use bulwark_state::Bank;

use crate::error::{BulwarkError, ensure, refusal};
use crate::seeds::{VAULT_AUTHORITY, VAULT_AUTHORITY_AND_BUMP};
use crate::state::same;

/// Mint extensions that change nothing about transfers and balances.
const ALLOWED: [ExtensionType; 6] = [
    ExtensionType::MetadataPointer,
    ExtensionType::TokenMetadata,
    ExtensionType::GroupPointer,
    ExtensionType::TokenGroup,
    ExtensionType::GroupMemberPointer,
    ExtensionType::TokenGroupMember,
];

/// `TransferChecked` of both token programs.
const TRANSFER_CHECKED: u8 = 12;
/// Places in a token account's data, the same in both token programs.
const OWNER: std::ops::Range<usize> = 32..64;
const AMOUNT: std::ops::Range<usize> = 64..72;
const STATE: usize = 108;
/// Bytes of a token account without extensions.
const LENGTH: usize = 165;
const FROZEN: u8 = 2;

/// Accounts of one movement between a vault and an outside token account.
pub struct Movement<'a, 'info> {
    /// Token program of the mint.
    pub token_program: &'a AccountInfo<'info>,
    /// Mint.
    pub mint: &'a AccountInfo<'info>,
    /// The bank's vault.
    pub vault: &'a AccountInfo<'info>,
    /// Token account of the other side.
    pub other: &'a AccountInfo<'info>,
}

impl<'info> Movement<'_, 'info> {
    /// Mint, vault and token program are the bank's, the other side isn't the vault, and nothing is
    /// frozen.
    fn check(&self, bank: &Bank) -> Result<()> {
        ensure(
            same(&bank.token_program, self.token_program.key),
            BulwarkError::WrongTokenProgram,
        )?;
        ensure(same(&bank.mint, self.mint.key), BulwarkError::WrongMint)?;
        check_vault(bank, self.vault)?;
        ensure(
            self.vault.key != self.other.key,
            BulwarkError::DuplicateAccount,
        )?;
        ensure(!is_frozen(self.vault)?, BulwarkError::VaultFrozen)?;
        let ours = self.other.owner == self.token_program.key;
        ensure(ours, BulwarkError::WrongTokenAccount)?;
        ensure(!is_frozen(self.other)?, BulwarkError::TokenAccountFrozen)
    }

    /// Takes `amount` into the vault, signed by the other side's `authority`. What arrived.
    pub fn receive(&self, bank: &Bank, authority: &AccountInfo<'info>, amount: u64) -> Result<u64> {
        self.check(bank)?;
        let before = balance(self.vault)?;
        self.transfer(
            self.other,
            self.vault,
            authority,
            amount,
            bank.decimals,
            &[],
        )?;
        let arrived = balance(self.vault)?.checked_sub(before);
        arrived.ok_or_else(|| refusal(BulwarkError::VaultMismatch))
    }

    /// Pays `amount` out of the vault; nothing moves, and nothing is checked, for 0.
    pub fn pay(
        &self,
        bank: &Bank,
        vault_authority: &AccountInfo<'info>,
        amount: u64,
    ) -> Result<()> {
        if amount == 0 {
            return Ok(());
        }
        self.check(bank)?;
        let seeds: &[&[u8]] = &[VAULT_AUTHORITY, &[VAULT_AUTHORITY_AND_BUMP.1]];
        let before = balance(self.vault)?;
        let (from, to) = (self.vault, self.other);
        self.transfer(from, to, vault_authority, amount, bank.decimals, &[seeds])?;
        let left = before.checked_sub(balance(self.vault)?);
        ensure(left == Some(amount), BulwarkError::VaultMismatch)
    }

    #[inline(never)]
    fn transfer(
        &self,
        from: &AccountInfo<'info>,
        to: &AccountInfo<'info>,
        authority: &AccountInfo<'info>,
        amount: u64,
        decimals: u8,
        seeds: &[&[&[u8]]],
    ) -> Result<()> {
        let mut data = Vec::with_capacity(10);
        data.push(TRANSFER_CHECKED);
        data.extend_from_slice(&amount.to_le_bytes());
        data.push(decimals);
        let instruction = Instruction {
            program_id: *self.token_program.key,
            accounts: vec![
                AccountMeta::new(*from.key, false),
                AccountMeta::new_readonly(*self.mint.key, false),
                AccountMeta::new(*to.key, false),
                AccountMeta::new_readonly(*authority.key, true),
            ],
            data,
        };
        let accounts = [
            from.clone(),
            self.mint.clone(),
            to.clone(),
            authority.clone(),
        ];
        Ok(invoke_signed(&instruction, &accounts, seeds)?)
    }
}

/// The account is the bank's vault.
pub fn check_vault(bank: &Bank, vault: &AccountInfo) -> Result<()> {
    ensure(same(&bank.vault, vault.key), BulwarkError::WrongVault)
}

fn read<const N: usize>(account: &AccountInfo, place: std::ops::Range<usize>) -> Result<[u8; N]> {
    let data = account.try_borrow_data()?;
    let long = data.len() >= LENGTH;
    let bytes = data
        .get(place)
        .filter(|_| long)
        .and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| refusal(BulwarkError::WrongTokenAccount))
}

/// Balance of a token account, in the mint's smallest unit.
pub fn balance(account: &AccountInfo) -> Result<u64> {
    read(account, AMOUNT).map(u64::from_le_bytes)
}

/// Owner of a token account. The caller knows that a token program owns its data.
pub fn owner(account: &AccountInfo) -> Result<[u8; 32]> {
    read(account, OWNER)
}

/// The account is a token account of the program that `owner` owns.
pub fn check_destination(account: &AccountInfo, program: &Pubkey, owner: &Pubkey) -> Result<()> {
    ensure(account.owner == program, BulwarkError::WrongTokenAccount)?;
    let owned = self::owner(account)? == owner.to_bytes();
    ensure(owned, BulwarkError::WrongTokenOwner)
}

/// Whether an address is the owner's associated token account. Searches a bump: not for paths that
/// are often taken.
pub fn is_associated(address: &Pubkey, owner: &Pubkey, mint: &Pubkey, program: &Pubkey) -> bool {
    *address == get_associated_token_address_with_program_id(owner, mint, program)
}

/// Whether a token account is frozen.
pub fn is_frozen(account: &AccountInfo) -> Result<bool> {
    let [state] = read(account, STATE..STATE + 1)?;
    Ok(state == FROZEN)
}

/// Kind of the token program, as a bank stores it.
pub fn program_kind(token_program: &Pubkey) -> Result<u8> {
    match *token_program {
        token::ID => Ok(1),
        token_2022::ID => Ok(2),
        _ => Err(refusal(BulwarkError::WrongTokenProgram)),
    }
}

/// The token program of a kind.
pub const fn program_of(kind: u8) -> Pubkey {
    match kind {
        1 => token::ID,
        _ => token_2022::ID,
    }
}

/// Refuses a mint with an extension beyond the allow-list. Decimals of the mint.
pub fn check_mint(mint: &AccountInfo, token_program: &Pubkey) -> Result<u8> {
    ensure(mint.owner == token_program, BulwarkError::WrongTokenProgram)?;
    let data = mint.try_borrow_data()?;
    let mint =
        StateWithExtensions::<Mint>::unpack(&data).map_err(|_| refusal(BulwarkError::WrongMint))?;
    let extensions = mint
        .get_extension_types()
        .map_err(|_| refusal(BulwarkError::MintExtension))?;
    let allowed = extensions
        .iter()
        .all(|extension| ALLOWED.contains(extension));
    ensure(allowed, BulwarkError::MintExtension)?;
    Ok(mint.base.decimals)
}
