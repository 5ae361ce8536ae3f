//! The same of a history that ends: transfers, settled positions, Recovery. Whatever is done to one
//! of its events is found.

use std::sync::OnceLock;

use bulwark::event::{Common, is_chained};
use bulwark_rebuild::{Chain, Event, Ledger};

use super::*;

/// What these tests falsify.
const ENDINGS: [&str; 12] = [
    "Transferred",
    "BankClosed",
    "MarketWoundDown",
    "PositionSettled",
    "RecoveryAnnounced",
    "RecoveryUndone",
    "RecoveryFrozen",
    "RecoveryCounted",
    "AccountsMarked",
    "QuotePotAssigned",
    "RecoveryPaid",
    "RecoveryMoneyAdded",
];

fn ended() -> &'static Told {
    static TOLD: OnceLock<Told> = OnceLock::new();
    TOLD.get_or_init(|| Told::of(&World::ending()))
}

/// A line of the history with one of those events.
struct Place {
    name: &'static str,
    at: usize,
    raw: Raw,
}

fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for (at, line) in ended().lines.iter().enumerate() {
        let [raw] = &events(line)[..] else { continue };
        let name = raw.decode().unwrap().name();
        if ENDINGS.contains(&name) {
            let raw = raw.clone();
            places.push(Place { name, at, raw });
        }
    }
    for name in ENDINGS {
        assert!(places.iter().any(|place| place.name == name), "{name}");
    }
    places
}

/// The break of the history after a change.
fn after(change: impl FnOnce(&mut Vec<String>)) -> Option<Break> {
    let mut lines = ended().lines.clone();
    change(&mut lines);
    verify(&lines, vec![], &ended().accounts).broken
}

/// The line with this for its event.
fn with(line: &str, event: &[u8]) -> String {
    let mut value: Value = serde_json::from_str(line).unwrap();
    let data = [anchor_lang::event::EVENT_IX_TAG_LE, event].concat();
    value["events"][0] = BASE64.encode(data).into();
    value.to_string()
}

#[test]
fn an_honest_history_with_a_recovery_holds() {
    let told = ended();
    let verdict = verify(&told.lines, vec![], &told.accounts);
    assert_eq!(verdict.broken, None);
    assert!(verdict.compared >= 18, "{}", verdict.compared);
    assert_eq!(verdict.chain.confirmed(), verdict.chain.head().sequence);
}

#[test]
fn each_dropped_event_of_an_end_is_missed() {
    for Place { name, at, raw } in places() {
        let found = after(|lines| drop(lines.remove(at)));
        let found = found.unwrap_or_else(|| panic!("{name} of line {}", at + 1));
        assert!(found.line == 0 || found.line > at, "{name}: {found:?}");
        let Common { kind, sequence, .. } = raw.common().unwrap();
        let head = ended().accounts.links().last().unwrap().sequence;
        if is_chained(kind) && sequence < head {
            // At the next chained event, or where something before that doesn't follow.
            let next = chained(&ended().lines, sequence + 1);
            assert!(
                found.line != 0 && found.line <= next,
                "{name}: {found:?}, {next}"
            );
        }
    }
}

#[test]
fn each_repeated_event_of_an_end_is_found_there() {
    for Place { name, at, .. } in places() {
        let found = after(|lines| lines.insert(at + 1, lines[at].clone()));
        assert_eq!(found.expect(name).line, at + 2, "{name}");
    }
}

/// Two of one slot that share no count, and of which neither depends on the other, may have
/// happened in either order: no history can tell.
#[test]
fn each_exchange_of_an_event_of_an_end_is_found() {
    let lines = &ended().lines;
    let slot = |at: usize| events(&lines[at])[0].common().unwrap().slot;
    let (mut within, mut either) = (0, 0);
    for Place { name, at, .. } in places() {
        for other in [at - 1, at + 1, at + 2] {
            if other >= lines.len() {
                continue;
            }
            let same = slot(at) == slot(other);
            let Some(found) = after(|lines| lines.swap(at, other)) else {
                let by = events(&lines[other])[0].decode().unwrap().name();
                println!("{name} of line {at}, {by} of line {other}: either order");
                assert!(same, "{name}: {at} and {other}");
                either += 1;
                continue;
            };
            within += u32::from(same);
            let there = at.min(other) + 1..=at.max(other) + 1;
            // What a refresh would have made of the other order stands on the Board at the end.
            let refresh = events(&lines[other])[0].decode().unwrap().name() == "PricesRefreshed";
            let at_end = refresh && found.line == 0;
            assert!(at_end || there.contains(&found.line), "{name}: {found:?}");
        }
    }
    assert!(
        within > 20 && either < within / 4,
        "{within} within a slot, {either}"
    );
}

/// The next event of its count and the same again: what a forger would write.
fn forged(raw: &Raw) -> Vec<u8> {
    let mut bytes = raw.bytes().to_vec();
    let mut raise = |at: usize| {
        let word = &mut bytes[8 + at..16 + at];
        let next = u64::from_le_bytes(word.try_into().unwrap()) + 1;
        word.copy_from_slice(&next.to_le_bytes());
    };
    raise(0);
    let head = size_of::<Common>();
    match raw.decode().unwrap() {
        Event::Transferred(_) => {
            raise(head + 96);
            raise(head + 104);
        }
        Event::PositionSettled(_) => raise(head + 64),
        Event::RecoveryPaid(_) => raise(head + 96),
        _ => {}
    }
    bytes
}

#[test]
fn each_inserted_event_of_an_end_is_found() {
    for Place { name, at, raw } in places() {
        let forged = forged(&raw);
        let found = after(|lines| lines.insert(at + 1, with(&lines[at], &forged)));
        let found = found.unwrap_or_else(|| panic!("{name} after line {}", at + 1));
        assert!(found.line == 0 || found.line > at + 1, "{name}: {found:?}");
    }
}

/// Fields that nothing of a history fixes, by event: who signed; where a payment went. All else of
/// an event that isn't chained is found.
fn free(name: &str, byte: usize) -> bool {
    let (actor, destination) = (32..64, 136..168);
    // A transfer is signed by the owner of both accounts.
    name != "Transferred" && actor.contains(&byte)
        || name == "RecoveryPaid" && destination.contains(&byte)
}

#[test]
fn every_altered_byte_of_an_event_of_an_end_is_found() {
    let told = ended();
    let mut chain = Chain::new(told.accounts.links());
    let mut ledger = Ledger::default();
    let places = places();
    let mut later = 0;
    for (at, line) in told.lines.iter().enumerate() {
        if let Some(place) = places.iter().find(|place| place.at == at) {
            for byte in 0..place.raw.bytes().len() {
                let mut bytes = place.raw.bytes().to_vec();
                bytes[byte] ^= 1;
                let call = [anchor_lang::event::EVENT_IX_TAG_LE, &bytes].concat();
                let raw = Raw::of_call(&call).unwrap();
                let refused = chain.clone().take(&raw).is_err();
                if refused || ledger.clone().take(&raw).is_err() {
                    continue;
                }
                later += 1;
                let found = after(|lines| lines[at] = with(line, &bytes));
                let name = place.name;
                let whole = is_chained(raw.common().unwrap().kind) || !free(name, byte);
                assert_eq!(found.is_some(), whole, "{name} of line {}, {byte}", at + 1);
            }
        }
        for raw in events(line) {
            chain.take(&raw).unwrap();
            ledger.take(&raw).unwrap();
        }
    }
    println!("{later} bytes were found later than at their event, or are free");
}
