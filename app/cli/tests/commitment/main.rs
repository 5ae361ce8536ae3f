//! The commitment of a Recovery rebuilt from events alone and from accounts alone: both prove every
//! claim, on chain too; a forgery of each class is refused by the command and by `verify_claim`.

mod forged;

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bulwark::error::BulwarkError;
use bulwark::instructions::ProofNode;
use bulwark_cli::recovery::{Proof, agree, check_against, check_proof, of_accounts, of_history};
use bulwark_cli::verify::{Accounts, check, line};
use bulwark_client::Pubkey;
use bulwark_core::recovery::{AUDIT, AUDIT_EVERY};
use bulwark_rebuild::{ClaimProof, Commitment};
use bulwark_state::{MarginAccount, Recovery, Shadow, SignedWide, TreeNode};
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::world::{BTC, Outcome, SOL, SOL_PERP, USDC, World, expect_error, scaled, usdc};
use serde_json::json;

const PEOPLE: [&str; 7] = ["alice", "bella", "carol", "dora", "emil", "maker", "plain"];

/// Longs, shorts, a debtor, tokens alone, quote alone.
fn venue() -> World {
    let mut world = World::recorded();
    world.create_guardian(5).unwrap();
    world.fund("maker", 100_000.0);
    world.fund("alice", 5_000.0);
    world.deposit("bella", SOL, scaled(100.0, 9));
    world.deposit("carol", SOL, scaled(40.0, 9));
    world.deposit("carol", BTC, scaled(0.5, 8));
    for (name, dollars) in [("dora", 700.0), ("emil", 900.0), ("plain", 8_000.0)] {
        world.fund(name, dollars);
    }
    world.trade("alice", "maker", SOL_PERP, 200.0, 100.0);
    world.trade("maker", "bella", SOL_PERP, 40.0, 100.0);
    world.advance(60);
    world.price(SOL, 104.0);
    world.trader("mallory");
    for _ in 0..31 {
        world.advance(60);
        world.refresh_all();
    }
    world
}

/// Robbed and marked in three transactions.
fn marked() -> World {
    let mut world = venue();
    world.steal(USDC, usdc(60_000.0));
    world.announce_by_guardian().unwrap();
    world.pass_notice();
    world.freeze().unwrap();
    world.count_all().unwrap();
    world.mark_all(&["carol"]).unwrap();
    world.mark_all(&["alice", "bella"]).unwrap();
    world.mark_all(&["maker", "emil", "plain", "dora"]).unwrap();
    world.open_pot().unwrap();
    world
}

fn history(world: &World) -> Vec<String> {
    let history = world.vm.history.as_deref().unwrap();
    let lines = history
        .iter()
        .map(|kept| line(kept.slot, &kept.signature, &kept.events));
    lines.collect()
}

fn dump(world: &World, keys: impl IntoIterator<Item = Pubkey>) -> Accounts {
    let listed: Vec<_> = keys
        .into_iter()
        .map(|key| {
            let data = json!([BASE64.encode(world.vm.data(address(key))), "base64"]);
            json!({"pubkey": key.to_string(), "account": {"data": data}})
        })
        .collect();
    let mut accounts = Accounts::default();
    accounts.add(&json!(listed).to_string()).unwrap();
    accounts
}

fn keys(world: &World) -> Vec<Pubkey> {
    let names = PEOPLE.into_iter().chain(["mallory"]);
    let mut keys: Vec<_> = names.map(|name| key_of(world, name)).collect();
    keys.push(world.deployment.recovery(world.epoch()));
    keys
}

fn events_alone(lines: &[String]) -> anyhow::Result<Commitment> {
    of_history(lines.join("\n").as_bytes(), 0, None).map(|found| found.commitment)
}

fn wire(node: &TreeNode) -> ProofNode {
    ProofNode {
        hash: node.hash,
        sum: u64::try_from(node.sum.get()).unwrap(),
    }
}

fn key_of(world: &World, name: &str) -> Pubkey {
    pubkey(world.traders[name].margin)
}

/// What `verify_claim` says of a proof.
fn on_chain(world: &mut World, name: &'static str, proof: &ClaimProof) -> Outcome {
    let epoch = world.epoch();
    by_record(world, epoch, name, proof)
}

fn by_record(world: &mut World, epoch: u32, name: &'static str, proof: &ClaimProof) -> Outcome {
    let margin = key_of(world, name);
    let path = proof.path.iter().map(wire).collect();
    let smaller = proof.smaller.as_ref().map(wire);
    let larger = proof.larger.iter().map(wire).collect();
    world.by_stranger(|world, _| {
        let ours = &world.deployment;
        ours.verify_claim(epoch, margin, path, smaller, larger)
    })
}

/// The rebuilt tree of one robbed venue, shared by the tests that don't change it.
fn told() -> &'static (Vec<String>, Accounts, Commitment) {
    static TOLD: OnceLock<(Vec<String>, Accounts, Commitment)> = OnceLock::new();
    TOLD.get_or_init(|| {
        let world = marked();
        let lines = history(&world);
        let accounts = dump(&world, keys(&world));
        let commitment = events_alone(&lines).unwrap();
        (lines, accounts, commitment)
    })
}

#[test]
fn events_alone_and_accounts_alone_prove_the_same_and_the_chain_takes_it() {
    let mut world = marked();
    let lines = history(&world);
    let accounts = dump(&world, keys(&world));
    let events = of_history(lines.join("\n").as_bytes(), 0, Some(1)).unwrap();
    let found = of_accounts(&accounts, 0, None).unwrap();
    agree(&events.commitment, &found.commitment).unwrap();
    assert!(events.said && found.said, "the root is the chain's");
    assert_eq!((events.root, events.live), (found.root, 7));
    let totals = found.commitment.totals();
    let sum = u128::try_from(found.root.sum.get()).unwrap();
    assert_eq!(totals.senior + totals.junior, sum);
    for name in PEOPLE {
        let margin = key_of(&world, name);
        let proof = found.commitment.prove(&margin).unwrap();
        assert_eq!(proof, events.commitment.prove(&margin).unwrap());
        on_chain(&mut world, name, &proof).unwrap();
        let text = serde_json::to_string(&Proof::of(&proof, &found.root)).unwrap();
        let read: Proof = serde_json::from_str(&text).unwrap();
        assert_eq!(read.read().unwrap(), proof);
        check_proof(&read, &accounts, (0, None)).unwrap();
        // The Recovery's account alone is enough.
        let alone = dump(&world, [world.deployment.recovery(1)]);
        check_proof(&read, &alone, (0, Some(1))).unwrap();
    }
    let stranger = key_of(&world, "mallory");
    assert!(found.commitment.prove(&stranger).is_err(), "never marked");
    // The same history, whole, through `verify`: marks, payments and all.
    world.claim("carol", SOL);
    world.claim("plain", USDC);
    let lines = history(&world);
    let dumped = dump(&world, keys(&world));
    let verdict = check(lines.join("\n").as_bytes(), vec![], &dumped, false).unwrap();
    assert_eq!(verdict.broken, None);
    assert!(verdict.compared >= PEOPLE.len());
}

fn corrupted(world: &mut World, key: Pubkey, change: impl Fn(&mut MarginAccount)) {
    world.corrupt::<MarginAccount>(key, change);
    world.audited = false;
}

#[test]
fn a_proof_of_another_root_epoch_account_or_compartment_is_refused() {
    let mut world = marked();
    let commitment = events_alone(&history(&world)).unwrap();
    let of = commitment.compartment.to_bytes();
    let root = commitment.root().unwrap();
    let honest = commitment.prove(&key_of(&world, "alice")).unwrap();
    let proof = Proof::of(&honest, &root);
    check_against(&proof, (&of, 1), &root).unwrap();
    assert!(check_against(&proof, (&of, 2), &root).is_err(), "epoch");
    assert!(check_against(&proof, (&[1; 32], 1), &root).is_err());
    let mut fewer = root;
    fewer.sum = SignedWide::new(root.sum.get() - 1);
    assert!(check_against(&proof, (&of, 1), &fewer).is_err(), "sum");
    let mut later = honest.clone();
    later.leaf.epoch = 2;
    assert!(check_against(&Proof::of(&later, &root), (&of, 2), &root).is_err());
    let mut counted = honest.clone();
    counted.leaves += 1;
    assert!(check_against(&Proof::of(&counted, &root), (&of, 1), &root).is_err());

    let chain = on_chain(&mut world, "mallory", &honest);
    expect_error(chain, BulwarkError::NotMarked);
    let margin = key_of(&world, "alice");
    corrupted(&mut world, margin, |account| account.shadow.epoch = 2);
    let chain = on_chain(&mut world, "alice", &honest);
    expect_error(chain, BulwarkError::NotMarked);
    corrupted(&mut world, margin, |account| account.shadow.epoch = 1);
    let key = world.deployment.recovery(1);
    for change in [
        (|recovery| recovery.root.hash[0] ^= 1) as fn(&mut Recovery),
        |recovery| recovery.root.sum = SignedWide::new(1),
        |recovery| recovery.leaves += 1,
    ] {
        let kept = world.recovery();
        world.corrupt::<Recovery>(key, change);
        let chain = on_chain(&mut world, "alice", &honest);
        expect_error(chain, BulwarkError::BadValue);
        world.corrupt::<Recovery>(key, |recovery| *recovery = *kept);
    }
    world.corrupt::<Recovery>(key, |recovery| recovery.compartment[0] ^= 1);
    let chain = on_chain(&mut world, "alice", &honest);
    expect_error(chain, BulwarkError::WrongCompartment);
}

#[test]
fn an_audits_root_proves_inclusion_and_passes_for_no_recoverys() {
    let mut world = venue();
    for day in 0..2 {
        if day == 1 {
            world.advance(AUDIT_EVERY.cast_signed());
            world.refresh_all();
        }
        world.begin_audit().unwrap();
        world.audit_count().unwrap();
        world.audit_mark(&["carol", "plain"]).unwrap();
        world
            .audit_mark(&["alice", "bella", "maker", "emil", "dora"])
            .unwrap();
        world.close_audit().unwrap();
    }
    let lines = history(&world).join("\n");
    assert!(
        of_history(lines.as_bytes(), 0, None).is_err(),
        "no Recovery"
    );
    let events = of_history(lines.as_bytes(), 0, Some(AUDIT)).unwrap();
    assert_eq!(events.commitment.epoch, AUDIT | 2, "the latest");
    of_history(lines.as_bytes(), 0, Some(AUDIT | 1)).unwrap();
    let mut all = keys(&world);
    all.push(world.deployment.recovery(AUDIT));
    let accounts = dump(&world, all);
    let found = of_accounts(&accounts, 0, Some(AUDIT)).unwrap();
    agree(&events.commitment, &found.commitment).unwrap();
    assert!(events.said && found.said);
    assert!(of_accounts(&accounts, 0, None).is_err(), "no Recovery");
    for name in PEOPLE {
        let proof = found.commitment.prove(&key_of(&world, name)).unwrap();
        by_record(&mut world, AUDIT, name, &proof).unwrap();
        let written = Proof::of(&proof, &found.root);
        check_proof(&written, &accounts, (0, Some(AUDIT))).unwrap();
    }
    // A leaf of the audit before, or one said to be a Recovery's, proves nothing.
    let honest = found.commitment.prove(&key_of(&world, "alice")).unwrap();
    for epoch in [AUDIT | 1, 2, 1] {
        let mut other = honest.clone();
        other.leaf.epoch = epoch;
        let written = Proof::of(&other, &found.root);
        let key = found.commitment.compartment.to_bytes();
        assert!(check_against(&written, (&key, epoch), &found.root).is_err());
    }
    let verdict = check(lines.as_bytes(), vec![], &accounts, false).unwrap();
    assert_eq!(verdict.broken, None);
}

#[test]
fn a_falsified_history_is_refused_at_its_line() {
    let (lines, accounts, commitment) = told();
    let marks = |line: &String| {
        let one = events_alone(std::slice::from_ref(line));
        one.is_err_and(|why| format!("{why:#}").contains("never announced"))
    };
    let first = lines.iter().position(marks).unwrap();
    let line = |number: usize| format!("line {}", number + 1);
    let refused = |lines: &[String], at: String| {
        let why = format!("{:#}", events_alone(lines).unwrap_err());
        assert!(why.contains(&at), "{why} instead of {at}");
    };
    let without: Vec<_> = [&lines[..first], &lines[first + 1..]].concat();
    refused(&without, line(first));
    let twice: Vec<_> = [&lines[..=first], &lines[first..]].concat();
    refused(&twice, line(first + 1));
    // A claim of the first mark is altered: found where the chain says the root.
    let mut value: serde_json::Value = serde_json::from_str(&lines[first]).unwrap();
    let mut data = BASE64.decode(value["events"][0].as_str().unwrap()).unwrap();
    let last = data.len() - 1;
    data[last - 64] ^= 1;
    value["events"][0] = BASE64.encode(data).into();
    let mut altered = lines.clone();
    altered[first] = value.to_string();
    let opened = lines.len() - 1;
    refused(&altered, line(opened));
    refused(&altered, "root".into());
    // Accounts that don't belong together.
    let found = of_accounts(accounts, 0, None).unwrap();
    let mut shifted = found.commitment.clone();
    shifted.leaves[2].senior += 1;
    assert!(agree(commitment, &shifted).is_err());
    assert!(of_accounts(accounts, 0, Some(2)).is_err(), "no such epoch");
}

#[test]
fn accounts_that_hide_or_alter_a_claim_are_refused() {
    let mut world = marked();
    let refused = |world: &World, keys: Vec<Pubkey>, why: &str| {
        let said = of_accounts(&dump(world, keys), 0, None).unwrap_err();
        let said = format!("{said:#}");
        assert!(said.contains(why), "{said} instead of {why}");
    };
    let hidden = |world: &World, name| {
        let key = key_of(world, name);
        keys(world).into_iter().filter(|at| *at != key).collect()
    };
    refused(&world, hidden(&world, "alice"), "no account shows leaf 1");
    refused(&world, hidden(&world, "dora"), "accounts are missing");
    let margin = key_of(&world, "bella");
    corrupted(&mut world, margin, |account| account.shadow.kept[0] += 1);
    refused(&world, keys(&world), "tree of level");
    corrupted(&mut world, margin, |account| {
        account.shadow.kept[0] -= 1;
        account.shadow.leaf = 0;
    });
    refused(&world, keys(&world), "a leaf of another account");
}
