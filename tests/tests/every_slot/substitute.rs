//! Every account slot of an instruction with every other kind of account in it.

use std::collections::BTreeSet;

use bulwark_client::{Instruction, Pubkey};
use bulwark_svm::hostile::refused;
use bulwark_svm::vm::{instruction, pubkey};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::catalog::{self, Catalog};
use crate::idl::Slot;
use crate::legal::{self, LEGAL, Rule};
use crate::slots::Act;
use crate::stage::Stage;

/// What a thief tries in one slot.
struct Try {
    /// Kind of account that stands in the slot, as in [`crate::legal`].
    kind: String,
    /// In words, for whoever has to find out why it passes.
    what: String,
    changed: Instruction,
}

/// What wasn't refused, in words, and the rules that something fell under.
#[derive(Default)]
pub struct Found {
    pub holes: Vec<String>,
    pub used: BTreeSet<usize>,
    pub tries: usize,
}

/// Tries every substitution in every slot of an act.
pub fn substitute(name: &str, slots: &[Slot], stage: &mut Stage, act: &Act) -> Found {
    let mut found = Found::default();
    let wallet = stage.thief.wallet.insecure_clone();
    let mut signers: Vec<&Keypair> = act.signers.iter().collect();
    if !signers.iter().any(|s| s.pubkey() == wallet.pubkey()) {
        signers.push(&wallet);
    }
    let good = &act.instruction;
    let named = good.accounts.len() >= slots.len();
    assert!(named, "{name}: the sample has fewer accounts than the IDL");
    let sound = stage.world.vm.rehearse(&[instruction(good)], &signers);
    if let Err(failure) = sound {
        panic!("{name}: its sample is refused, so it shows nothing: mend it in slots/\n{failure}");
    }
    let catalog = Catalog::of(stage, good);
    let before = catalog.snapshot(&stage.world.vm);
    for (place, meta) in good.accounts.iter().enumerate() {
        let slot = slots.get(place).map_or("rest", |slot| slot.name.as_str());
        if let Some(expected) = slots.get(place) {
            flags(name, expected, meta);
        }
        let mut sent = false;
        let written = slots.get(place).is_some_and(|slot| slot.writable);
        for one in tries(&catalog, stage, good, (place, written)) {
            found.tries += 1;
            let changed = [instruction(&one.changed)];
            let outcome = stage.world.vm.rehearse(&changed, &signers);
            let rule = legal::find(name, slot, &one.kind);
            match outcome {
                Ok(()) => match rule {
                    Some(rule) => drop(found.used.insert(rule)),
                    None => found
                        .holes
                        .push(hole(name, place, slot, &one, "it succeeds")),
                },
                Err(failure) if refused(&failure) => {
                    // A refusal for good, once in each slot: nothing that was passed has changed.
                    if !sent && failure.code().is_some() {
                        sent = true;
                        let _ = stage.world.vm.send(&changed, &signers);
                    }
                }
                Err(failure) => {
                    let how = format!("it dies: {}", failure.error);
                    found.holes.push(hole(name, place, slot, &one, &how));
                }
            }
        }
    }
    let after = catalog.snapshot(&stage.world.vm);
    assert!(before == after, "{name}: a refusal changed an account");
    found
}

/// The sample passes what the interface says. An optional account that is left out is read-only.
fn flags(name: &str, slot: &Slot, meta: &bulwark_client::AccountMeta) {
    let slot_name = &slot.name;
    assert!(
        meta.is_signer == slot.signer,
        "{name}.{slot_name}: the IDL and the client disagree on whether it signs"
    );
    let left_out = slot.optional && meta.pubkey == bulwark::ID;
    assert!(
        left_out || meta.is_writable == slot.writable,
        "{name}.{slot_name}: the IDL and the client disagree on whether it is written"
    );
}

fn hole(name: &str, place: usize, slot: &str, one: &Try, how: &str) -> String {
    format!(
        "{name}, account {place} ({slot}) := {}: {how}. Either a check is missing in \
         programs/bulwark/src/instructions/{name}.rs, or this is meant: then add a line \
         (\"{name}\", \"{slot}\", {:?}) with the reason to tests/tests/every_slot/legal.rs.",
        one.what, one.kind
    )
}

fn tries(
    catalog: &Catalog,
    stage: &mut Stage,
    good: &Instruction,
    (place, written): (usize, bool),
) -> Vec<Try> {
    let meta = good.accounts[place].clone();
    let thief = pubkey(stage.thief.wallet.pubkey());
    let with = |key: Pubkey| {
        let mut changed = good.clone();
        changed.accounts[place].pubkey = key;
        // He can make nobody sign but himself and who signs this transaction anyway.
        let signs = |other: &bulwark_client::AccountMeta| other.pubkey == key && other.is_signer;
        let can = key == thief || good.accounts.iter().any(signs);
        changed.accounts[place].is_signer &= can;
        // An optional account that the sample leaves out is passed read-only.
        changed.accounts[place].is_writable |= written && key != bulwark::ID;
        changed
    };
    let mut all = Vec::new();
    for entry in catalog.entries.iter().filter(|e| e.key != meta.pubkey) {
        all.push(Try {
            kind: entry.kind.clone(),
            what: format!("{} {}", entry.kind, entry.key),
            changed: with(entry.key),
        });
    }
    for (kind, key) in catalog::fakes(stage, meta.pubkey) {
        all.push(Try {
            what: format!("{kind} of {}", meta.pubkey),
            kind: kind.to_owned(),
            changed: with(key),
        });
    }
    let mut flag = |kind: &str, change: fn(&mut bulwark_client::AccountMeta)| {
        let mut changed = good.clone();
        change(&mut changed.accounts[place]);
        // Elsewhere in the list the same key might still sign or be written.
        for other in &mut changed.accounts {
            if other.pubkey == meta.pubkey {
                change(other);
            }
        }
        all.push(Try {
            kind: kind.to_owned(),
            what: kind.to_owned(),
            changed,
        });
    };
    if meta.is_signer {
        flag("unsigned", |meta| meta.is_signer = false);
    }
    if meta.is_writable {
        flag("read-only", |meta| meta.is_writable = false);
    }
    all
}

/// All mixtures of an act's accounts with their twins of the other compartment, but for neither
/// and all. Returns those that pass beyond the rules.
pub fn mix(name: &str, slots: &[Slot], stage: &mut Stage, act: &Act) -> Found {
    let mut found = Found::default();
    let good = &act.instruction;
    let twins = catalog::twins(stage);
    let has = |place: &usize| twins.contains_key(&good.accounts[*place].pubkey);
    let places: Vec<usize> = (0..good.accounts.len()).filter(has).collect();
    let signers: Vec<&Keypair> = act.signers.iter().collect();
    let all = (1_usize << places.len().min(9)) - 1;
    for mask in 1..all {
        let mut changed = good.clone();
        let mut names = Vec::new();
        let mut rules = Vec::new();
        for (bit, place) in places.iter().enumerate().take(9) {
            if mask >> bit & 1 == 1 {
                let key = twins[&good.accounts[*place].pubkey];
                changed.accounts[*place].pubkey = key;
                let slot = slots.get(*place).map_or("rest", |slot| slot.name.as_str());
                names.push(format!("{place} ({slot})"));
                rules.push(catalog::kind_of(stage, key).and_then(|k| legal::find(name, slot, &k)));
            }
        }
        found.tries += 1;
        let outcome = stage.world.vm.rehearse(&[instruction(&changed)], &signers);
        let by_rule = rules.iter().all(Option::is_some);
        match outcome {
            Ok(()) if by_rule => found.used.extend(rules.into_iter().flatten()),
            Ok(()) => found.holes.push(format!(
                "{name}: accounts {} of another compartment pass together",
                names.join(", ")
            )),
            Err(failure) if refused(&failure) => {}
            Err(failure) => found.holes.push(format!("{name}: dies: {}", failure.error)),
        }
    }
    found
}

/// Rules of the list that nothing fell under.
pub fn unused(used: &BTreeSet<usize>) -> Vec<&'static Rule> {
    let rules = LEGAL.iter().enumerate();
    rules
        .filter(|(n, _)| !used.contains(n))
        .map(|(_, rule)| rule)
        .collect()
}
