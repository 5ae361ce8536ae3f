//! The veto seat as the address of another program, which signs for it by a call: it objects and
//! says that it is there, and nothing else goes through a program.

use bulwark::error::BulwarkError as E;
use bulwark::fresh::Quote;
use bulwark::instructions::RestrictArgs;
use bulwark_client::{AccountMeta, Instruction, Pubkey};
use bulwark_core::guardian::{Action, SILENT_AFTER, State};
use bulwark_svm::keys::keypair;
use bulwark_svm::vm::{address, elf_path, pubkey, read_elf};
use bulwark_svm::world::{Outcome, World, expect_error, member, member_key};
use solana_keypair::Keypair;
use solana_signer::Signer;

const NO_QUOTE: Quote = Quote {
    slot: 0,
    hash: [0; 32],
};

fn program(name: &str) -> Pubkey {
    pubkey(keypair(name).pubkey())
}

fn vault(of: &str) -> Pubkey {
    Pubkey::find_program_address(&[seat::VAULT], &program(of)).0
}

/// Five members and a veto seat that is the vault of a program; another program of the same bytes.
fn seated() -> World {
    let mut world = World::new();
    let members: Vec<Pubkey> = (1..=5).map(member_key).collect();
    let bytes = read_elf(&elf_path("seat")).expect("cargo xtask build --program seat");
    for name in ["dao", "other dao"] {
        let added = world.vm.svm.add_program(address(program(name)), &bytes);
        added.expect("the program is loaded");
    }
    let made = world.create_guardian_of(&members, Some(vault("dao")));
    made.unwrap();
    world.fund("alice", 1_000.0);
    world
}

/// The same instruction through a program, which signs for its vault.
fn through(name: &str, inner: Instruction) -> Instruction {
    let mut accounts = vec![AccountMeta::new_readonly(inner.program_id, false)];
    accounts.extend(inner.accounts.into_iter().map(|meta| AccountMeta {
        is_signer: meta.is_signer && meta.pubkey != vault(name),
        ..meta
    }));
    Instruction {
        program_id: program(name),
        accounts,
        data: inner.data,
    }
}

fn by_anyone(world: &mut World, act: Instruction) -> Outcome {
    let anyone = world.wallet("stranger");
    world.send(&[act], &[&anyone])
}

fn object(world: &World, nonce: u64) -> Instruction {
    let ours = &world.deployment;
    ours.object_to_proposal(vault("dao"), nonce, NO_QUOTE)
}

#[test]
fn a_daos_vault_objects_and_beats_through_its_program() {
    let mut world = seated();
    let change = Action::AddMember(member_key(6).to_bytes());
    let nonce = world.queue(4, &change);
    let act = through("dao", object(&world, nonce));
    by_anyone(&mut world, act.clone()).unwrap();
    // One of the two voices that cancel: no single one voids what waits.
    assert_eq!(world.proposal(nonce).state, State::Queued as u8);
    expect_error(by_anyone(&mut world, act), E::AlreadyApproved);
    world.object(5, nonce).unwrap();
    assert_eq!(world.proposal(nonce).state, State::Cancelled as u8);
    // A month of silence takes the voice, a heartbeat through the program gives it back.
    for _ in 0..2 {
        world.pass(SILENT_AFTER / 2 + 3_600);
        for number in 1..=5 {
            let beat = world.deployment.heartbeat(member_key(number));
            world.send(&[beat], &[&member(number)]).unwrap();
        }
    }
    let nonce = world.queue(4, &change);
    let act = through("dao", object(&world, nonce));
    expect_error(by_anyone(&mut world, act.clone()), E::MemberSilent);
    let beat = through("dao", world.deployment.heartbeat(vault("dao")));
    by_anyone(&mut world, beat).unwrap();
    assert_eq!(world.guardian().veto_heartbeat_at, world.now().unix);
    by_anyone(&mut world, act).unwrap();
}

#[test]
fn nobody_elses_program_speaks_for_the_vault() {
    let mut world = seated();
    let nonce = world.queue(4, &Action::AddMember(member_key(6).to_bytes()));
    let state = |world: &World| {
        let proposal = bytemuck::bytes_of(&*world.proposal(nonce)).to_vec();
        (proposal, bytemuck::bytes_of(&*world.guardian()).to_vec())
    };
    let before = state(&world);
    // The vault's own signature can't be made by a key, nor by another program.
    let mut unsigned = object(&world, nonce);
    unsigned.accounts[0].is_signer = false;
    assert!(by_anyone(&mut world, unsigned).is_err());
    let mut stolen = through("other dao", object(&world, nonce));
    stolen.accounts[1].is_signer = false;
    assert!(by_anyone(&mut world, stolen).is_err());
    // Its own vault has no seat.
    let own = world
        .deployment
        .object_to_proposal(vault("other dao"), nonce, NO_QUOTE);
    expect_error(
        by_anyone(&mut world, through("other dao", own)),
        E::CalledByProgram,
    );
    let beat = through("other dao", world.deployment.heartbeat(vault("other dao")));
    expect_error(by_anyone(&mut world, beat), E::NotMember);
    assert!(before == state(&world), "nothing has changed");
}

#[test]
fn through_a_program_nothing_else_is_said() {
    let mut world = seated();
    let pause = Action::Pause(0, 3_600, 1);
    let nonce = world.propose(1, &pause);
    // It could pay for a proposal of its own.
    world.vm.fund(address(vault("dao")), 1_000_000_000);
    let quote = world.quote_block();
    let next = world.guardian().nonce;
    let hash = world.proposal(nonce).action_hash;
    let ours = world.deployment.clone();
    let args = || RestrictArgs {
        scope: 0,
        seconds: 60,
        reason: 1,
        quote,
    };
    // The vault, and a member who lends a program his signature.
    for (who, signer) in [(vault("dao"), None), (member_key(2), Some(member(2)))] {
        let acts = [
            ours.approve_proposal(who, nonce, hash, quote),
            ours.restrict(who, args(), Some(ours.compartment)),
            ours.propose(who, next, &pause, quote).unwrap(),
        ];
        let mut acts = acts.to_vec();
        if signer.is_some() {
            acts.push(ours.object_to_proposal(who, nonce, quote));
            acts.push(ours.heartbeat(who));
        }
        for act in acts {
            let act = through("dao", act);
            let anyone = world.wallet("stranger");
            let signers: Vec<&Keypair> = signer.iter().chain([&anyone]).collect();
            expect_error(world.send(&[act], &signers), E::CalledByProgram);
        }
    }
    assert_eq!(world.guardian().nonce, next);
    // In person the same member may.
    world.approve(2, nonce).unwrap();
}
