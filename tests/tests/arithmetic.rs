//! 128-bit arithmetic on the bytecode against the host's: the code generator, the linker and the
//! builtins crate all have a part in it.

use anchor_lang::solana_program::instruction::Instruction;
use arithmetic::{ALL, Operation, PAIR, RESULT};
use bulwark_svm::vm::{Vm, elf_path, instruction, read_elf};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Random pairs per operation, beside every pair of edges.
const RANDOM_PAIRS: usize = 400;
/// Pairs in one transaction: a packet holds 1,232 bytes, return data 1,024.
const PAIRS_PER_TRANSACTION: usize = 30;

/// Boundaries of the widths that the algorithms branch on, for both signs.
fn edges() -> Vec<u128> {
    let mut edges = vec![0];
    for bits in [1, 31, 32, 63, 64, 96, 126, 127] {
        let power = 1_u128 << bits;
        edges.extend([power - 1, power, power + 1, power.wrapping_neg()]);
    }
    edges.push(u128::MAX);
    edges
}

/// Every width is as likely as any other, either sign as likely, an edge now and then.
fn operand(random: &mut ChaCha20Rng, edges: &[u128]) -> u128 {
    let value = random.random::<u128>() >> random.random_range(0..128);
    match random.random_range(0..8) {
        0 => edges[random.random_range(0..edges.len())],
        1..4 => value.wrapping_neg(),
        _ => value,
    }
}

fn pairs(operation: Operation) -> Vec<(u128, u128)> {
    let edges = edges();
    let mut pairs: Vec<_> = edges
        .iter()
        .flat_map(|a| edges.iter().map(|b| (*a, *b)))
        .collect();
    let mut random = ChaCha20Rng::seed_from_u64(operation as u64);
    pairs.extend((0..RANDOM_PAIRS).map(|_| {
        let (a, b) = (operand(&mut random, &edges), operand(&mut random, &edges));
        // Equal operands never come about by chance.
        if random.random_ratio(1, 16) {
            (a, a)
        } else {
            (a, b)
        }
    }));
    pairs
}

fn on_bytecode(vm: &mut Vm, code: usize, pairs: &[(u128, u128)]) -> Vec<Option<u128>> {
    let mut data = vec![u8::try_from(code).unwrap()];
    for (a, b) in pairs {
        data.extend(a.to_le_bytes());
        data.extend(b.to_le_bytes());
    }
    assert_eq!(data.len(), 1 + pairs.len() * PAIR);
    // The VM deploys under Bulwark's id; this program doesn't look at its own.
    let call = Instruction {
        program_id: bulwark::ID,
        accounts: Vec::new(),
        data,
    };
    let mut returned = vm
        .send(&[instruction(&call)], &[])
        .expect("no operation fails")
        .returned;
    // The runtime cuts zeros off the end of return data.
    returned.resize(pairs.len() * RESULT, 0);
    let results = returned.chunks_exact(RESULT);
    let result = |bytes: &[u8]| u128::from_le_bytes(bytes[1..].try_into().unwrap());
    results
        .map(|bytes| (bytes[0] == 1).then(|| result(bytes)))
        .collect()
}

#[test]
fn bytecode_computes_what_the_host_computes() {
    let elf = read_elf(&elf_path("arithmetic")).unwrap();
    let mut vm = Vm::with_elf(&elf, false).unwrap();
    for (code, operation) in ALL.into_iter().enumerate() {
        let pairs = pairs(operation);
        let mut results = 0;
        for batch in pairs.chunks(PAIRS_PER_TRANSACTION) {
            for (pair, result) in batch.iter().zip(on_bytecode(&mut vm, code, batch)) {
                let (a, b) = *pair;
                assert_eq!(
                    result,
                    operation.of(a, b),
                    "{operation:?} of {a:#x} and {b:#x}"
                );
                results += 1;
            }
        }
        assert_eq!(results, pairs.len(), "{operation:?}");
    }
}
