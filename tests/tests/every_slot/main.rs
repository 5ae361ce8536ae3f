//! Every account slot of every instruction, substituted by every other kind of account. Both come
//! from idl/bulwark.json, so that nothing is forgotten: an instruction without a sample, and a kind
//! of account that the stage doesn't have, are errors.
//!
//! **A new instruction** needs one line in `SAMPLES` of tests/tests/slots/samples*.rs:
//!
//! ```text
//! ("my_instruction", |stage| {
//!     // Make the fork of the base stage ready, by verbs of `stage.world`.
//!     let act = stage.world.deployment.my_instruction(stage.anyone(), ...);
//!     anyones(stage, act)          // or by(act, signer)
//! }),
//! ```
//!
//! The base stage (`samples::base`) has two compartments with the same people, a guardian of five
//! with a queued and an open proposal, two tickets; several samples of one instruction are fine,
//! one for each way through it. **A new kind of account** needs one of it in the base stage.
//!
//! What is refused needs nothing more. Where a substitution passes, the failing line says which:
//! then either a check is missing, or it is by design and goes to tests/tests/every_slot/legal.rs
//! with the reason. Try one instruction alone by `BULWARK_SLOTS=my_instruction cargo test
//! --workspace --test every_slot`.

mod catalog;
mod idl;
mod legal;
#[path = "../slots/mod.rs"]
mod slots;
#[path = "../stage/mod.rs"]
mod stage;
mod substitute;

use std::collections::BTreeSet;

use bulwark::error::BulwarkError;
use bulwark_client::address as derived;
use bulwark_state::Guardian;
use bulwark_svm::Signer;
use bulwark_svm::keys::keypair;
use bulwark_svm::vm::{instruction, pubkey};
use bulwark_svm::world::{member, member_key};
use solana_keypair::Keypair;
use stage::Stage;

use slots::samples;
use substitute::Found;

#[test]
fn every_instruction_has_a_sample_and_every_kind_of_account_stands_on_the_stage() {
    let idl = idl::read();
    let samples = slots::all();
    for name in idl.instructions.keys() {
        assert!(
            samples.contains_key(name.as_str()),
            "instruction {name} has no sample: add one line to SAMPLES in \
             tests/tests/slots/samples.rs (tests/tests/every_slot/main.rs says how)"
        );
    }
    for name in samples.keys() {
        assert!(
            idl.instructions.contains_key(*name),
            "{name} isn't in idl/bulwark.json"
        );
    }
    let mut stage = samples::base();
    let (_, key) = stage.wallet("alice");
    let view = stage.world.deployment.health_view(key);
    let catalog = catalog::Catalog::of(&stage, &view);
    for kind in idl.kinds.keys() {
        assert!(
            catalog.entries.iter().any(|entry| entry.kind == *kind),
            "no {kind} stands on the stage: add one to `base` in tests/tests/slots/samples.rs"
        );
    }
}

#[test]
fn every_slot_refuses_every_other_kind_of_account() {
    let only = std::env::var("BULWARK_SLOTS").ok();
    let wanted = |name: &str| only.as_ref().is_none_or(|only| only == name);
    let base = samples::base();
    let idl = idl::read();
    let mut all = Found::default();
    for (name, makes) in slots::all().into_iter().filter(|(name, _)| wanted(name)) {
        let (discriminator, slots) = &idl.instructions[name];
        for make in makes {
            let mut stage = base.fork();
            stage.world.audited = false;
            let act = make(&mut stage);
            let data = act.instruction.data.get(..8);
            assert_eq!(
                data,
                Some(&discriminator[..]),
                "{name}: its sample calls another"
            );
            for found in [
                substitute::substitute(name, slots, &mut stage, &act),
                substitute::mix(name, slots, &mut stage, &act),
            ] {
                all.holes.extend(found.holes);
                all.used.extend(found.used);
                all.tries += found.tries;
            }
        }
    }
    println!("{} substitutions tried", all.tries);
    let unique: BTreeSet<&String> = all.holes.iter().collect();
    for hole in &unique {
        println!("{hole}");
    }
    assert!(unique.is_empty(), "{} substitutions pass", unique.len());
    if only.is_none() {
        assert!(all.tries > 20_000, "only {} substitutions", all.tries);
        for rule in substitute::unused(&all.used) {
            panic!(
                "legal.rs: nothing falls under {} {} ({})",
                rule.instruction, rule.slot, rule.reason
            );
        }
    }
}

/// What a signer's slot is called where it stands for a power.
const POWERS: [&str; 3] = ["authority", "creator", "member"];
/// What it is called where anybody signs, or the owner or delegate of what is touched. `seal` is
/// the creator's, or anybody's who shows enough deposits (tests/tests/hostile_creation.rs).
const NO_POWERS: [&str; 9] = [
    "caller",
    "converter",
    "cranker",
    "funder",
    "giver",
    "liquidator",
    "owner",
    "trader",
    "signer",
];

/// Who else might sign, on a stage where member 5 was replaced and alice has a delegate.
fn wrong_signers(stage: &mut Stage) -> Vec<(&'static str, Keypair)> {
    let world = &mut stage.world;
    world.corrupt::<Guardian>(derived::guardian(), |guardian| {
        guardian.members[4].key = member_key(8).to_bytes();
        guardian.members[4].membership = guardian.next_membership;
        guardian.next_membership += 1;
    });
    let delegate = keypair("delegate");
    let named = pubkey(delegate.pubkey());
    let until = world.now().unix + 3_600;
    world.set_delegate("alice", named, until).expect("named");
    let all = vec![
        ("a stranger", keypair("nobody")),
        ("a trader", world.wallet("alice")),
        ("a delegate", delegate),
        ("a liquidator", world.wallet("liquidator")),
        ("the creator", world.vm.authority.insecure_clone()),
        ("a member", member(3)),
        ("a former member", member(5)),
        ("the veto seat", keypair("veto")),
        ("who pays", world.vm.payer.insecure_clone()),
    ];
    for (_, wallet) in &all {
        world.vm.fund(wallet.pubkey(), 20_000_000_000);
    }
    all
}

/// Whether somebody has the power that a slot stands for.
fn has_power(instruction: &str, slot: &str, who: &str) -> bool {
    match slot {
        "member" => {
            let veto = ["heartbeat", "object_to_proposal"].contains(&instruction);
            who == "a member" || (veto && who == "the veto seat")
        }
        // The stage's creator is the program's upgrade authority too.
        _ => who == "the creator",
    }
}

/// What whoever hasn't the power is told, whatever else he passes.
fn refusal(slot: &str) -> u32 {
    u32::from(match slot {
        "authority" => BulwarkError::NotUpgradeAuthority,
        "creator" => BulwarkError::NotCreator,
        _ => BulwarkError::NotMember,
    })
}

#[test]
fn every_admin_path_refuses_every_wrong_signer() {
    let base = samples::base();
    let idl = idl::read();
    let mut paths = 0;
    for (name, (_, slots)) in &idl.instructions {
        let signs = slots.iter().position(|slot| slot.signer);
        let Some(place) = signs else { continue };
        let slot = slots[place].name.as_str();
        assert!(
            POWERS.contains(&slot) || NO_POWERS.contains(&slot),
            "{name}: is {slot} a power? Then it belongs to POWERS in every_slot/main.rs"
        );
        if !POWERS.contains(&slot) {
            continue;
        }
        for make in slots::all()[name.as_str()].iter() {
            let mut stage = base.fork();
            stage.world.audited = false;
            let wrong = wrong_signers(&mut stage);
            let act = make(&mut stage);
            paths += 1;
            for (who, wallet) in wrong {
                let mut changed = act.instruction.clone();
                changed.accounts[place].pubkey = pubkey(wallet.pubkey());
                let kept = act.signers.iter().skip(1);
                let signers: Vec<&Keypair> = std::iter::once(&wallet).chain(kept).collect();
                let tried = stage.world.vm.rehearse(&[instruction(&changed)], &signers);
                if has_power(name, slot, who) {
                    assert!(tried.is_ok(), "{name}: {who} has the power");
                } else {
                    let code = tried.err().and_then(|failure| failure.code());
                    assert_eq!(code, Some(refusal(slot)), "{name}: {who}");
                }
            }
        }
    }
    assert_eq!(paths, 15, "ways to use a power");
}
