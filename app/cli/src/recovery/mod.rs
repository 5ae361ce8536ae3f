//! `bulwark recovery`: proves claims of a Recovery, and proves or refutes its commitment, from
//! events alone, from accounts alone, or from both.

mod options;
mod proof;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, stdin};

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark::event::{
    AccountsMarkedHead, AuditBegun, AuditClosed, Kind, QuotePotAssigned, RecoveryAnnounced,
};
use bulwark::state::{MarginState, RecoveryState};
use bulwark_client::address;
use bulwark_core::recovery::AUDIT;
use bulwark_rebuild::{Commitment, Event, leaf_of};
use bulwark_state::{MarginAccount, Recovery, TreeNode};

use crate::verify::{Accounts, Transaction};

pub use options::{Act, Options, Source};
pub use proof::{Node, Proof};

/// A commitment, rebuilt.
#[derive(Clone, Debug)]
pub struct Found {
    /// Leaf by leaf.
    pub commitment: Commitment,
    /// Its root, all zero without a leaf.
    pub root: TreeNode,
    /// Accounts that were to be marked.
    pub live: u64,
    /// Whether the program has said a root that this is the same as.
    pub said: bool,
}

/// Whether a record of epoch `is` is meant: that one, any audit for [`AUDIT`], any Recovery for
/// none.
fn wanted(is: u32, epoch: Option<u32>) -> bool {
    match epoch {
        None => is & AUDIT == 0,
        Some(AUDIT) => is & AUDIT != 0,
        Some(epoch) => is == epoch,
    }
}

/// Rebuilds the commitment from events alone: of `epoch`, of the latest audit for [`AUDIT`], else
/// of the latest Recovery.
///
/// # Errors
/// The first line that doesn't follow from those before it, by its number.
pub fn of_history(history: impl BufRead, compartment: u16, epoch: Option<u32>) -> Result<Found> {
    let mut all = BTreeMap::new();
    let key = address::compartment(compartment);
    for (text, line) in history.lines().zip(1..) {
        let text = text.context("the history can't be read")?;
        if !text.trim().is_empty() {
            let taken = take(&text, compartment, key, &mut all);
            taken.with_context(|| format!("line {line}"))?;
        }
    }
    let latest = |of: &&u32| wanted(**of, epoch);
    let latest = all.keys().rev().find(latest).copied();
    let found = latest.and_then(|latest| all.remove(&latest));
    let mut found = found.context("the history has no beginning of it")?;
    found.root = found.commitment.root()?;
    Ok(found)
}

fn take(text: &str, compartment: u16, key: Pubkey, all: &mut BTreeMap<u32, Found>) -> Result<()> {
    const KINDS: [u16; 5] = [
        AuditBegun::KIND,
        AuditClosed::KIND,
        RecoveryAnnounced::KIND,
        AccountsMarkedHead::KIND,
        QuotePotAssigned::KIND,
    ];
    let Some(transaction) = Transaction::parse(text)? else {
        return Ok(());
    };
    for raw in &transaction.events {
        let common = raw.common()?;
        if common.compartment != compartment || !KINDS.contains(&common.kind) {
            continue;
        }
        let of = |recovery: &Pubkey, all: &BTreeMap<u32, Found>| {
            let is = |epoch: &&u32| address::recovery(&key, **epoch) == *recovery;
            let epoch = all.keys().rev().find(is).copied();
            epoch.context("it was never announced in this history")
        };
        match raw.decode()? {
            Event::RecoveryAnnounced(said) => begin(said.epoch, key, all)?,
            Event::AuditBegun(said) => begin(u32::try_from(said.epoch)?, key, all)?,
            Event::AuditClosed(said) => {
                let epoch = of(&said.recovery, all)?;
                let found = all.get_mut(&epoch).context("an epoch")?;
                found.commitment.take_audit(&said)?;
                found.said = true;
            }
            Event::AccountsMarked(head, marks) => {
                let epoch = of(&head.recovery, all)?;
                let found = all.get_mut(&epoch).context("an epoch")?;
                found.commitment.take(&head, &marks)?;
                (found.live, found.said) = (head.live_count, false);
            }
            Event::QuotePotAssigned(said) => {
                let epoch = of(&said.recovery, all)?;
                let found = all.get_mut(&epoch).context("an epoch")?;
                found.commitment.take_root(&said)?;
                found.said = true;
            }
            _ => {}
        }
    }
    Ok(())
}

fn begin(epoch: u32, key: Pubkey, all: &mut BTreeMap<u32, Found>) -> Result<()> {
    let found = Found {
        commitment: Commitment::new(key, epoch),
        root: TreeNode::default(),
        live: 0,
        said: false,
    };
    let old = all.insert(epoch, found);
    ensure!(old.is_none(), "epoch {epoch} begins again");
    Ok(())
}

/// The compartment's record among accounts: of `epoch`, of the audit for [`AUDIT`], else the latest
/// Recovery.
fn recovery_of(accounts: &Accounts, compartment: u16, epoch: Option<u32>) -> Result<Box<Recovery>> {
    let key = address::compartment(compartment);
    let all = accounts.all::<RecoveryState, Recovery>();
    let ours = all.filter(|(at, recovery)| {
        **at == address::recovery(&key, recovery.epoch) && wanted(recovery.epoch, epoch)
    });
    let latest = ours.max_by_key(|(_, recovery)| recovery.epoch);
    let (_, recovery) = latest.context("the accounts hold no such Recovery")?;
    Ok(recovery)
}

/// Rebuilds the commitment from accounts alone and compares it with the Recovery among them.
///
/// # Errors
/// The first mismatch.
pub fn of_accounts(accounts: &Accounts, compartment: u16, epoch: Option<u32>) -> Result<Found> {
    let recovery = recovery_of(accounts, compartment, epoch)?;
    let margins: Vec<_> = accounts.all::<MarginState, MarginAccount>().collect();
    let margins = margins.iter().map(|(key, account)| (*key, &**account));
    let commitment = Commitment::of_accounts(&recovery, margins)?;
    commitment.compare(&recovery)?;
    let root = commitment.root()?;
    Ok(Found {
        commitment,
        root,
        live: recovery.live_count,
        said: recovery.root == root,
    })
}

/// Rebuilds from whatever is given; from both, they have to agree.
///
/// # Errors
/// The first mismatch.
pub fn rebuild(source: &Source) -> Result<Found> {
    let of = source.of();
    let events = match &source.history {
        None => None,
        Some(path) if path.as_os_str() == "-" => Some(of_history(stdin().lock(), of.0, of.1)?),
        Some(path) => {
            let file = File::open(path);
            let file = file.with_context(|| format!("{} can't be read", path.display()))?;
            Some(of_history(BufReader::new(file), of.0, of.1)?)
        }
    };
    if source.accounts.is_empty() {
        return events.context("neither events nor accounts are given");
    }
    let found = of_accounts(&read(source)?, of.0, of.1)?;
    if let Some(events) = events {
        agree(&events.commitment, &found.commitment)?;
    }
    Ok(found)
}

/// Events and accounts tell of the same marks.
///
/// # Errors
/// The first leaf that differs.
pub fn agree(events: &Commitment, accounts: &Commitment) -> Result<()> {
    let (told, lie) = (events.leaves.len(), accounts.leaves.len());
    ensure!(
        (events.compartment, events.epoch) == (accounts.compartment, accounts.epoch),
        "events and accounts are of two Recoveries"
    );
    for (number, (told, lies)) in events.leaves.iter().zip(&accounts.leaves).enumerate() {
        ensure!(
            told == lies,
            "leaf {number}: events say {told:?}, accounts {lies:?}"
        );
    }
    ensure!(told == lie, "{told} marks in events, {lie} in accounts");
    Ok(())
}

fn read(source: &Source) -> Result<Accounts> {
    let mut accounts = Accounts::default();
    for path in &source.accounts {
        let text = std::fs::read_to_string(path);
        let text = text.with_context(|| format!("{} can't be read", path.display()))?;
        let added = accounts.add(&text);
        added.with_context(|| format!("{}", path.display()))?;
    }
    Ok(accounts)
}

/// Checks a proof against the chain's root: the Recovery's among `accounts`, where the claimant's
/// own account is compared too if it is there.
///
/// # Errors
/// Why it proves nothing.
pub fn check_proof(proof: &Proof, accounts: &Accounts, of: (u16, Option<u32>)) -> Result<()> {
    let recovery = recovery_of(accounts, of.0, of.1)?;
    let unset = recovery.root == TreeNode::default();
    ensure!(
        !unset,
        "the Recovery has no root before its quote pot is open"
    );
    check_against(
        proof,
        (&recovery.compartment, recovery.epoch),
        &recovery.root,
    )?;
    let leaf = proof.read()?.leaf;
    for (key, account) in accounts.all::<MarginState, MarginAccount>() {
        if key.to_bytes() == leaf.margin {
            ensure!(
                leaf_of(&account, key, leaf.epoch) == leaf,
                "{key} says another claim"
            );
        }
    }
    Ok(())
}

/// Checks a proof against a root.
///
/// # Errors
/// Why it proves nothing.
pub fn check_against(proof: &Proof, of: (&[u8; 32], u32), root: &TreeNode) -> Result<()> {
    let claim = proof.read()?;
    ensure!(
        claim.leaf.compartment == *of.0,
        "another compartment's proof"
    );
    ensure!(claim.leaf.epoch == of.1, "a proof of another epoch");
    ensure!(proof.root.node()? == *root, "the proof names another root");
    claim.check(root)
}

/// Runs the command; whether everything holds.
///
/// # Errors
/// Files that can't be read or aren't what they should be, and, of `prove`, any mismatch.
pub fn run(options: &Options) -> Result<bool> {
    match &options.act {
        Act::Prove { margin, source } => {
            let found = rebuild(source)?;
            let proof = Proof::of(&found.commitment.prove(margin)?, &found.root);
            println!("{}", serde_json::to_string_pretty(&proof)?);
            Ok(true)
        }
        Act::Verify { source, proof } if proof.is_empty() => Ok(report(rebuild(source))),
        Act::Verify { source, proof } => {
            for path in proof {
                let text = std::fs::read_to_string(path);
                let text = text.with_context(|| format!("{} can't be read", path.display()))?;
                let parsed = serde_json::from_str(&text);
                let parsed: Proof =
                    parsed.with_context(|| format!("{} is no proof", path.display()))?;
                if let Err(why) = check_one(&parsed, source) {
                    println!("REFUTED: {}: {why:#}", path.display());
                    return Ok(false);
                }
                println!(
                    "{} holds: {} is owed {} + {} of quote (senior + junior, millionths)",
                    path.display(),
                    parsed.margin,
                    parsed.senior,
                    parsed.junior
                );
            }
            Ok(true)
        }
    }
}

fn check_one(proof: &Proof, source: &Source) -> Result<()> {
    let of = source.of();
    if !source.accounts.is_empty() {
        check_proof(proof, &read(source)?, of)?;
    }
    if source.history.is_some() {
        let events = Source {
            accounts: Vec::new(),
            ..source.clone()
        };
        let found = rebuild(&events)?;
        let key = found.commitment.compartment.to_bytes();
        check_against(proof, (&key, found.commitment.epoch), &found.root)?;
    }
    Ok(())
}

/// Says what was found; whether it holds.
fn report(found: Result<Found>) -> bool {
    let found = match found {
        Ok(found) => found,
        Err(why) => {
            println!("REFUTED: {why:#}");
            return false;
        }
    };
    let Found {
        commitment,
        root,
        live,
        said,
    } = &found;
    let totals = commitment.totals();
    let (what, number) = match commitment.epoch & AUDIT {
        0 => ("Recovery", commitment.epoch),
        _ => ("audit", commitment.epoch & !AUDIT),
    };
    println!("{what} {number} of compartment {}", commitment.compartment);
    println!("accounts marked: {} of {live}", commitment.leaves.len());
    println!("root: {}", proof::hex(&root.hash));
    println!("quote claims below it: {} millionths", root.sum.get());
    println!("  senior {}, junior {}", totals.senior, totals.junior);
    println!("signed quote of the marked: {} millionths", totals.quote);
    for (bank, units) in totals
        .kept
        .iter()
        .enumerate()
        .filter(|(_, units)| **units != 0)
    {
        println!("kept of bank {bank}: {units} units");
    }
    println!(
        "{}",
        if *said {
            "the commitment holds: it is the root on chain"
        } else {
            "the marks fit together; the chain has said no root of them yet"
        }
    );
    true
}
