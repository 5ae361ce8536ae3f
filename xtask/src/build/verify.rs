//! Loads a finished file as the cluster's loader would, so that a deployment holds no surprise.

use std::fs;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use solana_sbpf::ebpf;
use solana_sbpf::elf::Executable;
use solana_sbpf::memory_region::MemoryMapping;
use solana_sbpf::program::{BuiltinProgram, SBPFVersion};
use solana_sbpf::verifier::RequisiteVerifier;
use solana_sbpf::vm::{Config, ContextObject};

/// System calls that every cluster has. The loader itself doesn't look at them: a function that is
/// missing at link time would become a call that fails only when it is reached.
const SYSTEM_CALLS: [&str; 35] = [
    "abort",
    "sol_alt_bn128_compression",
    "sol_alt_bn128_group_op",
    "sol_create_program_address",
    "sol_curve_group_op",
    "sol_curve_multiscalar_mul",
    "sol_curve_validate_point",
    "sol_get_clock_sysvar",
    "sol_get_epoch_rewards_sysvar",
    "sol_get_epoch_schedule_sysvar",
    "sol_get_last_restart_slot",
    "sol_get_processed_sibling_instruction",
    "sol_get_rent_sysvar",
    "sol_get_return_data",
    "sol_get_stack_height",
    "sol_get_sysvar",
    "sol_invoke_signed_c",
    "sol_invoke_signed_rust",
    "sol_keccak256",
    "sol_log_",
    "sol_log_64_",
    "sol_log_compute_units_",
    "sol_log_data",
    "sol_log_pubkey",
    "sol_memcmp_",
    "sol_memcpy_",
    "sol_memmove_",
    "sol_memset_",
    "sol_panic_",
    "sol_poseidon",
    "sol_remaining_compute_units",
    "sol_secp256k1_recover",
    "sol_set_return_data",
    "sol_sha256",
    "sol_try_find_program_address",
];

/// Refuses a file that cannot be deployed or that calls what is not there.
pub fn check(file: &Path) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let config = Config {
        reject_broken_elfs: true,
        enabled_sbpf_versions: SBPFVersion::V0..=SBPFVersion::V3,
        ..Config::default()
    };
    let loader = Arc::new(BuiltinProgram::<Nothing>::new_loader(config));
    let program = Executable::load(&bytes, loader)
        .map_err(|error| anyhow!("the loader would refuse the program: {error}"))?;
    program
        .verify::<RequisiteVerifier>()
        .map_err(|error| anyhow!("the loader's verifier would refuse the program: {error}"))?;
    if program.get_sbpf_version().static_syscalls() {
        known_calls(program.get_text_bytes().1)?;
    }
    Ok(())
}

/// In SBPF v3 an immediate call with source register 0 is a system call, named by a hash.
fn known_calls(text: &[u8]) -> Result<()> {
    let known = SYSTEM_CALLS.map(|name| ebpf::hash_symbol_name(name.as_bytes()));
    for (index, instruction) in text.chunks_exact(ebpf::INSN_SIZE).enumerate() {
        let [code, registers, _, _, immediate @ ..] = instruction else {
            continue;
        };
        if *code != ebpf::CALL_IMM || registers >> 4 != 0 {
            continue;
        }
        let called = u32::from_le_bytes(immediate.try_into().context("four bytes")?);
        ensure!(
            known.contains(&called),
            "instruction {index} calls a function that is neither in the program nor a system \
             call (hash {called:#010x}): something was missing at link time",
        );
    }
    Ok(())
}

/// The context of a program that is loaded and never run.
struct Nothing;

impl ContextObject for Nothing {
    fn consume(&mut self, _amount: u64) {}

    fn get_remaining(&self) -> u64 {
        0
    }

    fn active_mapping_ptr(&mut self) -> NonNull<MemoryMapping> {
        NonNull::dangling()
    }
}
