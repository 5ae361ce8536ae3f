//! Test-only program: wide arithmetic on the bytecode, to compare with the host's.
//!
//! Instruction data: one byte for the operation, then pairs of operands, 16 bytes each, little
//! endian. Return data: for each pair one byte that is 1 when there is a result (a checked
//! operation may have none), then 16 bytes of it. The host calls [`Operation::of`] itself: the same
//! source, another compiler and machine.

#[cfg(target_arch = "bpf")]
use bulwark_sbf_builtins as _;

mod operation;

pub use operation::{ALL, Operation};

use solana_program::account_info::AccountInfo;
use solana_program::entrypoint::ProgramResult;
use solana_program::program::set_return_data;
use solana_program::program_error::ProgramError;
use solana_program::pubkey::Pubkey;

#[cfg(not(feature = "no-entrypoint"))]
solana_program::entrypoint!(process);

/// Bytes of a pair of operands.
pub const PAIR: usize = 32;
/// Bytes of a result.
pub const RESULT: usize = 17;

pub fn process(_program: &Pubkey, _accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let (code, pairs) = data
        .split_first()
        .ok_or(ProgramError::InvalidInstructionData)?;
    let operation = ALL
        .get(usize::from(*code))
        .ok_or(ProgramError::InvalidInstructionData)?;
    let mut results = Vec::with_capacity(pairs.len() / PAIR * RESULT);
    for pair in pairs.chunks_exact(PAIR) {
        let (a, b) = pair.split_at(PAIR / 2);
        let result = operation.of(number(a), number(b));
        results.push(u8::from(result.is_some()));
        results.extend_from_slice(&result.unwrap_or_default().to_le_bytes());
    }
    set_return_data(&results);
    Ok(())
}

fn number(bytes: &[u8]) -> u128 {
    let mut buffer = [0; PAIR / 2];
    buffer.copy_from_slice(bytes);
    u128::from_le_bytes(buffer)
}
