//! An honest history holds; each way of falsifying it is found where it lies.

mod board;
mod council;
mod endings;
mod limits;

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bulwark_cli::verify::{Accounts, Break, Head, Transaction, Verdict, check, line};
use bulwark_client::address as derived;
use bulwark_rebuild::{Link, Raw};
use bulwark_svm::World;
use bulwark_svm::vm::address;
use serde_json::{Value, json};

struct Told {
    lines: Vec<String>,
    accounts: Accounts,
    dump: String,
}

/// One long history, told once, with the accounts that it ends with.
fn told() -> &'static Told {
    static TOLD: OnceLock<Told> = OnceLock::new();
    TOLD.get_or_init(|| Told::of(&World::story(120, 11)))
}

impl Told {
    fn of(world: &World) -> Self {
        let history = world.vm.history.as_deref().unwrap();
        let lines = history
            .iter()
            .map(|kept| line(kept.slot, &kept.signature, &kept.events));
        let mut dump = Vec::new();
        for key in keys(world) {
            let data = world.vm.data(address(key));
            if !data.is_empty() {
                let data = json!([BASE64.encode(&data), "base64"]);
                dump.push(json!({"pubkey": key.to_string(), "account": {"data": data}}));
            }
        }
        let dump = serde_json::to_string(&dump).unwrap();
        let mut accounts = Accounts::default();
        accounts.add(&dump).unwrap();
        Told {
            lines: lines.collect(),
            accounts,
            dump,
        }
    }
}

fn keys(world: &World) -> Vec<anchor_lang::prelude::Pubkey> {
    let deployment = &world.deployment;
    let mut keys = vec![deployment.protocol, deployment.compartment];
    keys.extend([deployment.insurance, deployment.board]);
    if world.protocol().guardian != [0; 32] {
        keys.push(derived::guardian());
        keys.extend((1..world.guardian().nonce).map(derived::proposal));
    }
    keys.extend(deployment.banks.iter().map(|bank| bank.bank));
    keys.extend(
        deployment
            .markets
            .iter()
            .flat_map(|market| [market.market, market.book]),
    );
    keys.extend((1..=world.epoch()).map(|epoch| deployment.recovery(epoch)));
    let margins = world.traders.values().map(|trader| trader.margin);
    keys.extend(margins.map(bulwark_svm::vm::pubkey));
    keys
}

fn verify(lines: &[String], known: Vec<Link>, accounts: &Accounts) -> Verdict {
    check(lines.join("\n").as_bytes(), known, accounts, false).unwrap()
}

fn events(line: &str) -> Vec<Raw> {
    Transaction::parse(line).unwrap().unwrap().events
}

/// The line of the chained event with this number.
fn chained(lines: &[String], number: u64) -> usize {
    let is = |raw: &Raw| {
        let common = raw.common().unwrap();
        bulwark::event::is_chained(common.kind) && common.sequence == number
    };
    lines
        .iter()
        .position(|line| events(line).iter().any(is))
        .unwrap()
}

/// A line of the first event with this name after line `from`.
fn named(lines: &[String], from: usize, name: &str) -> usize {
    let is = |raw: &Raw| raw.decode().unwrap().name() == name;
    let after = lines
        .iter()
        .skip(from)
        .position(|line| events(line).iter().any(is));
    from + after.unwrap()
}

/// The line with one byte of its first event changed, counted behind the tag.
fn altered(line: &str, at: usize) -> String {
    let mut value: Value = serde_json::from_str(line).unwrap();
    let mut data = BASE64.decode(value["events"][0].as_str().unwrap()).unwrap();
    data[8 + at] ^= 1;
    value["events"][0] = BASE64.encode(data).into();
    value.to_string()
}

fn broken(verdict: Verdict) -> Break {
    verdict.broken.expect("it is refuted")
}

#[test]
fn an_honest_history_holds() {
    let told = told();
    let verdict = verify(&told.lines, vec![], &told.accounts);
    assert_eq!(verdict.broken, None);
    assert!(verdict.events > 200, "{}", verdict.events);
    assert!(verdict.compared > 20, "{}", verdict.compared);
    let head = verdict.chain.head();
    assert_eq!(verdict.chain.confirmed(), head.sequence);
    assert_eq!(told.accounts.links().last(), Some(&head));
    // By its head alone, given by hand.
    let hex: String = head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let by_hand: Head = format!("{}:{hex}", head.sequence).parse().unwrap();
    let verdict = verify(&told.lines, vec![by_hand.0], &Accounts::default());
    assert_eq!((verdict.broken, verdict.compared), (None, 0));
}

#[test]
fn a_dropped_event_is_found_where_it_lacks() {
    let told = told();
    let number = told.accounts.links().last().unwrap().sequence - 3;
    let at = chained(&told.lines, number);
    let mut lines = told.lines.clone();
    lines.remove(at);
    let found = broken(check(lines.join("\n").as_bytes(), vec![], &told.accounts, true).unwrap());
    assert_eq!(found.line, chained(&lines, number + 1) + 1);
    assert!(
        found
            .why
            .contains(&format!("chained event {number} is missing")),
        "{}",
        found.why
    );
    // Any other event is missed by its account's own count, or by the next number that depends.
    for name in [
        "Deposited",
        "OrderPlaced",
        "FundingSampled",
        "InterestAccrued",
        "Withdrawn",
    ] {
        let at = named(&told.lines, 0, name);
        let mut lines = told.lines.clone();
        lines.remove(at);
        let found = broken(verify(&lines, vec![], &told.accounts));
        assert!(found.line > at, "{name}: {found:?}");
        assert!(found.why.contains("is missing"), "{name}: {found:?}");
    }
}

#[test]
fn swapped_and_repeated_events_are_found() {
    let told = told();
    let number = told.accounts.links().last().unwrap().sequence - 3;
    let (one, two) = (
        chained(&told.lines, number),
        chained(&told.lines, number + 1),
    );
    let mut lines = told.lines.clone();
    lines.swap(one, two);
    let verdict = check(lines.join("\n").as_bytes(), vec![], &told.accounts, true).unwrap();
    let found = broken(verdict);
    assert_eq!(found.line, one + 1);
    let mut lines = told.lines.clone();
    lines.insert(one + 1, told.lines[one].clone());
    let verdict = check(lines.join("\n").as_bytes(), vec![], &told.accounts, true).unwrap();
    let found = broken(verdict);
    assert_eq!(found.line, one + 2);
    assert!(found.why.contains("comes again"), "{found:?}");
    let at = named(&told.lines, 0, "Deposited");
    let mut lines = told.lines.clone();
    lines.insert(at + 1, told.lines[at].clone());
    let found = broken(verify(&lines, vec![], &told.accounts));
    assert_eq!(found.line, at + 2);
    let next = named(&told.lines, at + 1, "Deposited");
    let mut lines = told.lines.clone();
    lines.swap(at, next);
    let found = broken(verify(&lines, vec![], &told.accounts));
    assert_eq!(found.line, at + 1);
}

#[test]
fn every_altered_byte_of_a_chained_event_is_found() {
    let told = told();
    let head = told.accounts.links().last().unwrap().sequence;
    for number in [head, head - 5] {
        let at = chained(&told.lines, number);
        let length = events(&told.lines[at])[0].bytes().len();
        for byte in 0..length {
            let mut lines = told.lines.clone();
            lines[at] = altered(&told.lines[at], byte);
            let text = lines.join("\n");
            let found = check(text.as_bytes(), vec![], &told.accounts, true).unwrap();
            let found = broken(found);
            // A kind that isn't chained makes it one that lacks: at the next, or at the end.
            let kinds = 8 + 56..8 + 58;
            if kinds.contains(&byte) && found.line != at + 1 {
                assert!(found.line == 0 || found.line > at + 1, "{found:?}");
            } else {
                assert_eq!(found.line, at + 1, "byte {byte}: {found:?}");
            }
        }
    }
    // One that the ring no longer shows is found at the first head that is known, not later.
    let at = chained(&told.lines, 1);
    let mut lines = told.lines.clone();
    lines[at] = altered(&told.lines[at], 8 + 24);
    let found = check(lines.join("\n").as_bytes(), vec![], &told.accounts, true).unwrap();
    let first = told.accounts.links()[0].sequence;
    assert_eq!(broken(found).line, chained(&told.lines, first) + 1);
}

#[test]
fn an_altered_amount_is_found() {
    let told = told();
    for (name, field) in [("Deposited", 72 + 64 + 8), ("Withdrawn", 72 + 96 + 8)] {
        let at = named(&told.lines, 0, name);
        let mut lines = told.lines.clone();
        lines[at] = altered(&told.lines[at], field);
        let found = broken(verify(&lines, vec![], &told.accounts));
        assert_eq!(found.line, at + 1, "{name}: {found:?}");
    }
}

#[test]
fn a_tail_that_is_cut_off_is_found_at_the_end() {
    let told = told();
    let head = told.accounts.links().last().unwrap().sequence;
    let cut = &told.lines[..chained(&told.lines, head)];
    let found = check(cut.join("\n").as_bytes(), vec![], &told.accounts, true).unwrap();
    let found = broken(found);
    assert_eq!(found.line, 0);
    assert!(found.why.contains("history ends"), "{found:?}");
    // Without the chain's own last event: the accounts tell.
    let last = told.lines.len() - 2;
    let mut cut = told.lines.clone();
    cut.remove(last);
    let found = broken(verify(&cut, vec![], &told.accounts));
    assert_eq!(found.line, 0, "{found:?}");
}

#[test]
fn what_rpc_returns_is_read() {
    let told = told();
    let event = events(&told.lines[0]).remove(0);
    let mut data = anchor_lang::event::EVENT_IX_TAG_LE.to_vec();
    data.extend(event.bytes());
    let call = |program: u64| {
        let data = bs58::encode(&data).into_string();
        json!({"programIdIndex": program, "accounts": [0], "data": data})
    };
    let mut answer = json!({"jsonrpc": "2.0", "id": 1, "result": {
        "slot": 5,
        "transaction": {"signatures": ["sig"], "message": {
            "accountKeys": ["11111111111111111111111111111111"]}},
        "meta": {"err": null,
            "loadedAddresses": {"writable": [], "readonly": [bulwark::ID.to_string()]},
            "innerInstructions": [{"index": 0, "instructions": [call(0), call(1)]}]},
    }});
    // Of another program's call with the same bytes nothing is taken.
    assert_eq!(events(&answer.to_string()), vec![event]);
    answer["result"]["meta"]["err"] = json!({"InstructionError": [0, "Custom"]});
    let failed = Transaction::parse(&answer.to_string()).unwrap();
    assert!(failed.is_none());
}

#[test]
fn nonsense_is_refused_by_name() {
    let told = told();
    for (text, why) in [
        ("no json", "isn't JSON"),
        ("{}", "no meta"),
        (
            r#"{"slot": 1, "signature": "s", "events": ["AAAA"]}"#,
            "lacks the tag",
        ),
        (
            r#"{"slot": 1, "signature": "s", "events": ["?"]}"#,
            "isn't base64",
        ),
    ] {
        let lines = [told.lines[0].clone(), String::new(), text.to_string()];
        let found = broken(verify(&lines, vec![], &Accounts::default()));
        assert_eq!(found.line, 3);
        assert!(found.why.contains(why), "{found:?}");
    }
    for text in ["", "1", "1:00", "x:00", &format!("1:{}", "g".repeat(64))] {
        assert!(text.parse::<Head>().is_err(), "{text}");
    }
    let mut accounts = Accounts::default();
    assert!(accounts.add("[{}]").is_err());
    assert!(told.dump.len() > 1_000);
}
