//! With the feature `heap-log` each instruction ends with a line that says how many bytes of the
//! 32 KiB heap it has taken (nothing on it is ever freed): for `cargo xtask cu`, never deployed.
//! The program's entry point is the usual one; only what follows it differs.

use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::entrypoint::{HEAP_LENGTH, HEAP_START_ADDRESS, ProgramResult};

/// Bytes taken so far. The bump allocator keeps its place in the heap's first word: 0 at the start,
/// then an address that falls.
fn taken() -> u64 {
    let end = HEAP_START_ADDRESS.wrapping_add(HEAP_LENGTH as u64);
    // SAFETY: the runtime maps the heap at this address for every instruction of the program.
    let place = unsafe { *(HEAP_START_ADDRESS as *const u64) };
    if place == 0 {
        0
    } else {
        end.wrapping_sub(place)
    }
}

fn logged<'info>(
    program_id: &'info Pubkey,
    accounts: &'info [AccountInfo<'info>],
    data: &'info [u8],
) -> ProgramResult {
    let result = crate::entry(program_id, accounts, data);
    // An event's self-call has a heap of its own that nobody asks for.
    if !data.starts_with(EVENT_IX_TAG_LE) {
        msg!("heap {}", taken());
    }
    result
}

/// The entry point, as `solana_program::entrypoint!` writes it.
///
/// # Safety
/// Called by the runtime alone, with the serialised input.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
    // SAFETY: the runtime's input outlives the instruction.
    let (program_id, accounts, data) =
        unsafe { anchor_lang::solana_program::entrypoint::deserialize(input) };
    let accounts: &'static [AccountInfo<'static>] = Vec::leak(accounts);
    match logged(program_id, accounts, data) {
        Ok(()) => anchor_lang::solana_program::entrypoint::SUCCESS,
        Err(error) => error.into(),
    }
}

anchor_lang::solana_program::entrypoint::custom_heap_default!();
anchor_lang::solana_program::entrypoint::custom_panic_default!();
