//! No power touches a user: enumerated over the interface file and over the sources of whatever a
//! guardian's decision reaches.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let folder = root().join("programs/bulwark/src").join(folder);
    let files = std::fs::read_dir(&folder).expect("the folder is there");
    let read = |path: PathBuf| {
        let name = path.file_stem()?.to_str()?.to_owned();
        Some((name, std::fs::read_to_string(path).ok()?))
    };
    let paths = files.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter_map(read).collect()
}

/// Names that instructions give to accounts of users: margin accounts, tickets and stakes.
fn users() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in sources("instructions") {
        for line in text.lines() {
            let typed = ["MarginState>", "TicketState>", "StakeState>"];
            let Some((name, kind)) = line
                .trim()
                .strip_prefix("pub ")
                .and_then(|l| l.split_once(':'))
            else {
                continue;
            };
            if typed.iter().any(|one| kind.contains(one)) {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

fn interface() -> Value {
    let text = std::fs::read_to_string(root().join("idl/bulwark.json")).expect("the interface");
    serde_json::from_str(&text).expect("JSON")
}

fn names(instruction: &Value) -> Vec<String> {
    let accounts = instruction["accounts"].as_array().expect("accounts");
    let name = |account: &Value| account["name"].as_str().expect("a name").to_owned();
    accounts.iter().map(name).collect()
}

/// Instructions that a member signs, or that carry out what members decided.
fn of_guardian(interface: &Value) -> Vec<(String, Vec<String>)> {
    let all = interface["instructions"].as_array().expect("instructions");
    let named = all.iter().map(|one| {
        let name = one["name"].as_str().expect("a name").to_owned();
        (name, names(one))
    });
    let speaks = ["guardian", "proposal", "member"];
    let ours = |accounts: &[String]| accounts.iter().any(|a| speaks.contains(&a.as_str()));
    named.filter(|(_, accounts)| ours(accounts)).collect()
}

#[test]
fn no_instruction_of_the_guardian_takes_an_account_of_a_user() {
    let users = users();
    assert!(
        ["margin", "ticket", "stake"]
            .iter()
            .all(|one| users.contains(*one)),
        "{users:?}"
    );
    let all = of_guardian(&interface());
    let found: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    for expected in [
        "approve_proposal",
        "close_proposal",
        "create_bank",
        "create_feed",
        "create_guardian",
        "create_market",
        "execute_proposal",
        "execute_upgrade",
        "expire_proposal",
        "heartbeat",
        "object_to_proposal",
        "propose",
        "restrict",
    ] {
        assert!(found.contains(&expected), "{expected} of {found:?}");
    }
    for (name, accounts) in &all {
        let touched: Vec<_> = accounts.iter().filter(|a| users.contains(*a)).collect();
        assert!(touched.is_empty(), "{name} takes {touched:?}");
    }
}

/// Accounts that follow the named ones are opened as what the sources say: never as a user's.
#[test]
fn what_a_decision_reaches_knows_no_account_of_a_user() {
    let interface = interface();
    let files: BTreeSet<String> = of_guardian(&interface)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let mut looked_at = 0;
    let own = sources("instructions").into_iter().filter(|(name, _)| {
        files.contains(name) || ["council", "restrict"].contains(&name.as_str())
    });
    for (name, text) in own.chain(sources("decided")) {
        for word in [
            "MarginState",
            "TicketState",
            "MarginAccount",
            "StakeState",
            "token::pay",
            "transfer",
        ] {
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let named = code.filter(|line| line.contains(word)).count();
            assert_eq!(named, 0, "{name}.rs names {word}");
        }
        looked_at += 1;
    }
    assert!(looked_at > 14, "{looked_at}");
}
