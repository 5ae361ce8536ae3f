//! Test-only program: what a DAO or a multisig does once it has decided. It calls the program in
//! its first account with all other accounts and its instruction data, and signs as its vault.

#[cfg(target_arch = "bpf")]
use bulwark_sbf_builtins as _;

use solana_program::account_info::AccountInfo;
use solana_program::entrypoint::ProgramResult;
use solana_program::instruction::{AccountMeta, Instruction};
use solana_program::program::invoke_signed;
use solana_program::program_error::ProgramError;
use solana_program::pubkey::Pubkey;

#[cfg(not(feature = "no-entrypoint"))]
solana_program::entrypoint!(process);

/// Seed of the vault.
pub const VAULT: &[u8] = b"vault";

pub fn process(program: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let (target, passed) = accounts
        .split_first()
        .ok_or(ProgramError::NotEnoughAccountKeys)?;
    let (vault, bump) = Pubkey::find_program_address(&[VAULT], program);
    let metas = passed.iter().map(|info| AccountMeta {
        pubkey: *info.key,
        is_signer: info.is_signer || *info.key == vault,
        is_writable: info.is_writable,
    });
    let call = Instruction {
        program_id: *target.key,
        accounts: metas.collect(),
        data: data.to_vec(),
    };
    invoke_signed(&call, accounts, &[&[VAULT, &[bump]]])
}
