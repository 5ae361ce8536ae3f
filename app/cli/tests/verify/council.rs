//! The guardian and what checks have looked at: what is told of them is fixed by what follows.

use std::mem::offset_of;

use bulwark::event::{HeartbeatNoted, ItemChecked, ItemsCheckedHead};

use super::*;

/// The guardian's history, then checks of everything that find it as it was.
fn governed() -> &'static Told {
    static TOLD: OnceLock<Told> = OnceLock::new();
    TOLD.get_or_init(|| {
        let mut world = World::term();
        for _ in 0..3 {
            world.advance(60);
            world.check_all().expect("nothing is broken");
        }
        Told::of(&world)
    })
}

#[test]
fn the_guardians_history_holds_and_fixes_each_of_its_accounts() {
    let told = governed();
    let verdict = verify(&told.lines, vec![], &told.accounts);
    assert_eq!(verdict.broken, None);
    let list: Vec<Value> = serde_json::from_str(&told.dump).unwrap();
    assert_eq!(verdict.compared, list.len());
    for entry in &list {
        let mut entry = entry.clone();
        let text = entry["account"]["data"][0].as_str().unwrap();
        let mut data = BASE64.decode(text).unwrap();
        let last = data.len() - 1;
        data[last] ^= 1;
        entry["account"]["data"][0] = BASE64.encode(data).into();
        let mut accounts = Accounts::default();
        accounts.add(&json!([entry]).to_string()).unwrap();
        let key = entry["pubkey"].as_str().unwrap();
        let found = broken(verify(&told.lines, vec![], &accounts));
        assert!(found.why.contains(key), "{key}: {found:?}");
    }
}

#[test]
fn a_check_that_is_dropped_doubled_or_altered_is_found() {
    let told = governed();
    let from = told.lines.len() - 4;
    let at = named(&told.lines, from, "ItemsChecked");
    let later = named(&told.lines, at + 1, "ItemsChecked");
    for line in [at, later] {
        let mut lines = told.lines.clone();
        lines.remove(line);
        let found = broken(verify(&lines, vec![], &told.accounts));
        assert!(found.line > line, "{found:?}");
        assert!(found.why.contains("is missing"), "{found:?}");
        let mut lines = told.lines.clone();
        lines.insert(line + 1, told.lines[line].clone());
        let found = broken(verify(&lines, vec![], &told.accounts));
        assert_eq!(found.line, line + 2, "{found:?}");
    }
    // Of the last one everything stands somewhere, but who asked for it.
    let last = told.lines.len() - 1;
    assert_eq!(named(&told.lines, last, "ItemsChecked"), last);
    let item = 8 + size_of::<ItemsCheckedHead>() + 4;
    // Of a vault what it holds too little: a surplus changes nothing.
    let vault = item + offset_of!(ItemChecked, vault);
    let bytes = events(&told.lines[last])[0].bytes().to_vec();
    let lower = (vault..vault + 8).find(|at| bytes[*at] & 1 == 1);
    for byte in [
        8 + offset_of!(ItemsCheckedHead, common),
        8 + offset_of!(ItemsCheckedHead, quote),
        8 + offset_of!(ItemsCheckedHead, quote_vault) + 4,
        item + offset_of!(ItemChecked, item),
        item + offset_of!(ItemChecked, found),
        lower.expect("a vault that isn't empty"),
        item + offset_of!(ItemChecked, margin),
    ] {
        let mut lines = told.lines.clone();
        lines[last] = altered(&told.lines[last], byte);
        let found = verify(&lines, vec![], &told.accounts);
        assert!(found.broken.is_some(), "byte {byte}");
    }
}

#[test]
fn a_heartbeat_that_is_dropped_or_altered_is_found() {
    let told = governed();
    let at = named(&told.lines, 0, "HeartbeatNoted");
    let mut lines = told.lines.clone();
    lines.remove(at);
    let found = broken(verify(&lines, vec![], &told.accounts));
    assert_eq!(found.line, at + 1, "{found:?}");
    for field in [24, offset_of!(HeartbeatNoted, powers_at)] {
        let mut lines = told.lines.clone();
        lines[at] = altered(&told.lines[at], 8 + field);
        let found = broken(verify(&lines, vec![], &told.accounts));
        assert_eq!(found.line, at + 1, "{found:?}");
    }
}
