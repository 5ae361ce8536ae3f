//! Every account that a thief could name: all of the program's, all token accounts and mints that
//! are there, sysvars, programs, wallets, and fakes of his own making.

use std::collections::BTreeMap;

use bulwark_client::{Instruction, Pubkey, address as derived};
use bulwark_svm::hostile::Account;
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::{Vm, keys, pyth, tokens};
use solana_address::Address;
use solana_signer::Signer;

use crate::idl;
use crate::stage::Stage;

const FIXED: [(&str, Pubkey); 9] = {
    use anchor_lang::prelude::pubkey as key;
    [
        ("program", key!("11111111111111111111111111111111")),
        (
            "program",
            key!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"),
        ),
        (
            "program",
            key!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"),
        ),
        (
            "program",
            key!("BPFLoaderUpgradeab1e11111111111111111111111"),
        ),
        ("program", bulwark::ID),
        (
            "sysvar",
            key!("SysvarC1ock11111111111111111111111111111111"),
        ),
        (
            "sysvar",
            key!("SysvarRent111111111111111111111111111111111"),
        ),
        (
            "sysvar",
            key!("Sysvar1nstructions1111111111111111111111111"),
        ),
        (
            "sysvar",
            key!("SysvarS1otHashes111111111111111111111111111"),
        ),
    ]
};

/// An account to put into a slot.
pub struct Entry {
    /// A kind of the interface file's, or one of the words of [`Catalog::of`].
    pub kind: String,
    pub key: Pubkey,
}

pub struct Catalog {
    pub entries: Vec<Entry>,
}

impl Catalog {
    /// Everything that is there, and what the act itself passes.
    pub fn of(stage: &Stage, act: &Instruction) -> Self {
        let vm = &stage.world.vm;
        let mut entries: Vec<Entry> = Vec::new();
        let mut add = |kind: &str, key: Pubkey| {
            if !entries.iter().any(|entry| entry.key == key) {
                let kind = kind.to_owned();
                entries.push(Entry { kind, key });
            }
        };
        for (kind, key) in FIXED {
            add(kind, key);
        }
        add("program data", derived::program_data());
        add("authority", derived::vault_authority());
        add("authority", derived::event_authority());
        add("oracle", pubkey(bulwark_svm::launch::oracle("SOL")));
        add("thief", pubkey(stage.thief.wallet.pubkey()));
        add("wallet", pubkey(keys::keypair("nobody").pubkey()));
        for name in crate::stage::PEOPLE {
            add("wallet", pubkey(stage.world.traders[name].owner.pubkey()));
        }
        let mut keys: Vec<&Address> = vm.svm.accounts_db().inner.keys().collect();
        keys.sort_unstable();
        for key in keys {
            let key = pubkey(*key);
            if let Some(kind) = kind_of(stage, key) {
                add(&kind, key);
            }
        }
        for meta in &act.accounts {
            add("wallet", meta.pubkey);
        }
        Self { entries }
    }

    /// Bytes and lamports of every account of the catalog.
    pub fn snapshot(&self, vm: &Vm) -> Vec<Option<Account>> {
        let all = self.entries.iter();
        all.map(|entry| vm.svm.get_account(&address(entry.key)))
            .collect()
    }
}

/// Kind of an account of the program or of a token program.
pub fn kind_of(stage: &Stage, key: Pubkey) -> Option<String> {
    let account = stage.world.vm.svm.get_account(&address(key))?;
    if account.owner == address(bulwark::ID) {
        let head: [u8; 8] = account.data.get(..8)?.try_into().ok()?;
        let mut kinds = idl::read().kinds.iter();
        return kinds
            .find(|(_, d)| **d == head)
            .map(|(kind, _)| kind.clone());
    }
    let ours = [tokens::TOKEN, tokens::TOKEN_2022].contains(&account.owner);
    match account.data.len() {
        82 if ours => Some("mint".to_owned()),
        165 if ours => Some("token account".to_owned()),
        _ => None,
    }
}

/// Fakes of an account: its bytes under another owner; and, as if the program had a hole, accounts
/// of the program with the right discriminator and garbage behind it.
pub fn fakes(stage: &mut Stage, key: Pubkey) -> Vec<(&'static str, Pubkey)> {
    let vm = &mut stage.world.vm;
    let Some(real) = vm.svm.get_account(&address(key)) else {
        return Vec::new();
    };
    if real.data.is_empty() || real.executable {
        return Vec::new();
    }
    let mut made = Vec::new();
    let mut put = |kind: &'static str, number: u8, account: Account| {
        let fake = keys::keypair(&format!("{kind} {number} of {key}")).pubkey();
        vm.svm
            .set_account(fake, account)
            .expect("a data account is accepted");
        made.push((kind, pubkey(fake)));
    };
    let owners = [
        keys::keypair("a program of the thief's").pubkey(),
        pyth::PRO_RECEIVER,
        tokens::TOKEN_2022,
    ];
    let others = owners.into_iter().filter(|owner| *owner != real.owner);
    for (number, owner) in (0..).zip(others) {
        put(
            "forged",
            number,
            Account {
                owner,
                ..real.clone()
            },
        );
    }
    if real.owner == address(bulwark::ID) {
        let fill = |byte: u8| {
            let mut data = vec![byte; real.data.len()];
            data[..8].copy_from_slice(&real.data[..8]);
            Account {
                data,
                ..real.clone()
            }
        };
        put("garbage", 0, fill(0));
        put("garbage", 1, fill(1));
        put("garbage", 2, fill(0xff));
    }
    made
}

/// Each account's twin in the other compartment.
pub fn twins(stage: &Stage) -> BTreeMap<Pubkey, Pubkey> {
    let (ours, theirs) = (&stage.world.deployment, &stage.other);
    let mut twins = BTreeMap::from([
        (ours.compartment, theirs.compartment),
        (ours.board, theirs.board),
        (ours.insurance, theirs.insurance),
    ]);
    for (a, b) in ours.banks.iter().zip(&theirs.banks) {
        twins.extend([(a.bank, b.bank), (a.vault, b.vault)]);
    }
    for (a, b) in ours.markets.iter().zip(&theirs.markets) {
        twins.extend([(a.market, b.market), (a.book, b.book)]);
    }
    for name in crate::stage::PEOPLE {
        let key = pubkey(stage.world.traders[name].owner.pubkey());
        twins.insert(ours.margin(&key, 0), theirs.margin(&key, 0));
    }
    // Acts of the other compartment are mixed with this one.
    let back: Vec<_> = twins.iter().map(|(a, b)| (*b, *a)).collect();
    twins.extend(back);
    twins
}
