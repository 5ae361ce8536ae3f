//! Traces of the model checker, replayed on the bytecode: the deepest that it found, seeded walks.
//! Each act becomes real transactions with their members' signatures; time is the Clock sysvar's,
//! both of its clocks. After every act the accounts on chain are the model's, field by field, and
//! what core refuses in that state the program refuses with the same error, without a byte changed.
//!
//! Quick in the test command; `BULWARK_TRACES=8` (`cargo xtask prove`) takes eight times as many of
//! each plan, and the plans that are explored in minutes.

mod council;
mod modes;

use std::collections::BTreeMap;

use bulwark_client::Pubkey;
use bulwark_svm::keys::keypair;
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::world::{Outcome, World, member, standard_plan};
use bulwark_svm::{Vm, tokens};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// How many times the quick bound.
fn times() -> usize {
    let times = std::env::var("BULWARK_TRACES").ok();
    times.map_or(1, |times| times.parse().expect("a number"))
}

/// The standard venue with a guardian, made at this moment.
fn venue(members: usize, at: (i64, u64)) -> World {
    let mut vm = Vm::deployed(true).expect("the VM starts");
    vm.set_time(at.0, at.1);
    let mut world = World::on(vm, standard_plan());
    world.audited = false;
    world.create_guardian(members).expect("a guardian is made");
    world
}

/// Lets time reach a moment of both clocks. On the way everyone named is heard of often enough not
/// to fall silent, the last time at that moment.
fn until(world: &mut World, to: (i64, u64), awake: &[Keypair]) {
    const PART: i64 = 20 * 86_400;
    loop {
        let now = world.now();
        let left = to.0 - now.unix;
        let (unix, slot) = match left > PART {
            true => {
                let share = (to.1 - now.slot) as i128 * i128::from(PART) / i128::from(left);
                (now.unix + PART, now.slot + share as u64)
            }
            false => to,
        };
        world.vm.set_time(unix, slot);
        for one in awake {
            let beat = world.deployment.heartbeat(pubkey(one.pubkey()));
            world.send(&[beat], &[one]).expect("a member is heard of");
        }
        if (unix, slot) == to {
            return;
        }
    }
}

/// Bytes of these accounts, none for one that isn't there.
fn bytes(world: &World, keys: &[Pubkey]) -> Vec<Vec<u8>> {
    let data = |key: &Pubkey| world.vm.svm.get_account(&address(*key));
    keys.iter()
        .map(|key| data(key).map_or_else(Vec::new, |account| account.data))
        .collect()
}

/// What the traces came to.
#[derive(Debug, Default)]
struct Count {
    traces: usize,
    acts: usize,
    deepest: usize,
    refused: BTreeMap<String, usize>,
}

impl Count {
    fn add(&mut self, acts: usize) {
        self.traces += 1;
        self.acts += acts;
        self.deepest = self.deepest.max(acts);
    }

    /// A refusal was the one that core gives, and nothing changed.
    #[track_caller]
    fn refused(
        &mut self,
        error: bulwark::error::BulwarkError,
        before: &[Vec<u8>],
        (world, keys): (&World, &[Pubkey]),
        outcome: Outcome,
    ) {
        bulwark_svm::world::expect_error(outcome, error);
        assert_eq!(before, bytes(world, keys), "a refusal changed something");
        *self.refused.entry(format!("{error:?}")).or_default() += 1;
    }
}

/// The vault of a bank holds this much from now on.
fn fill_vault(world: &mut World, bank: usize, amount: u64) {
    let vault = address(world.deployment.banks[bank].vault);
    tokens::set_balance(&mut world.vm, vault, amount).expect("the vault is overwritten");
}

/// Wallet of a key of the model, which are all of one repeated byte.
fn wallet(key: &[u8; 32]) -> Keypair {
    match key[0] {
        0xEE => keypair("veto"),
        number @ 1..=16 => member(usize::from(number)),
        number => keypair(&format!("newcomer {number}")),
    }
}

/// Two accounts are equal to the byte; else the fields that differ are said.
#[track_caller]
fn same<T: bytemuck::NoUninit + std::fmt::Debug>(chain: &T, model: &T, what: &str) {
    if bytemuck::bytes_of(chain) == bytemuck::bytes_of(model) {
        return;
    }
    let (chain, model) = (format!("{chain:#?}"), format!("{model:#?}"));
    let lines = chain.lines().zip(model.lines()).enumerate();
    let differ: Vec<_> = lines.filter(|(_, (a, b))| a != b).collect();
    panic!("{what}: chain and model differ in {differ:#?}");
}
