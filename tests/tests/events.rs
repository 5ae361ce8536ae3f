//! What events say of before and after, from the interface file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

const CREATED: &str = "there was nothing before; what there is, is told whole";
const LISTED: &str = "what it touched is listed with what was found of it, and before is the event \
                      before it of the same account";
const STEP: &str = "a step of a proposal: what changes is told by the event of the act itself";

/// Events that carry neither before nor after, and why it can be known all the same.
const NEITHER: [(&str, &str); 37] = [
    (
        "AccountFlagged",
        "it is flagged, and wasn't; value and requirement are those that decided",
    ),
    (
        "AccountMigrated",
        "it says which layout it was and is; the contents are the same",
    ),
    (
        "AccountUnflagged",
        "either the first look or the end of the flag, and which is told",
    ),
    (
        "AccountsMarked",
        "a mark is written once into an empty shadow, and is told whole",
    ),
    ("AuditBegun", "there was no audit; prices are told whole"),
    ("AuditClosed", "the sums of an audit, which begin at zero"),
    ("BankCreated", CREATED),
    ("BoardCreated", CREATED),
    ("ClaimsAssigned", "assigned once, and never back"),
    ("CompartmentCreated", CREATED),
    ("CreatorSealed", "sealed once, and never back"),
    ("FeedCreated", CREATED),
    ("GuardianCreated", CREATED),
    (
        "HeartbeatNoted",
        "its time is the event's own; the one before it is the heartbeat before",
    ),
    ("InsuranceCreated", CREATED),
    ("ItemsChecked", LISTED),
    (
        "MarginAccountClosed",
        "nothing is left in it, which is the condition for closing it",
    ),
    ("MarginAccountCreated", CREATED),
    ("MarketCreated", CREATED),
    (
        "MarketsFolded",
        "it names the markets, whose deltas and the bank's sums were those of the events before",
    ),
    (
        "MemberRestricted",
        "the mode's own event tells before and after of the mode",
    ),
    ("OrdersCancelled", LISTED),
    ("OrdersPruned", LISTED),
    (
        "PricesRefreshed",
        "every feed's print is told whole, and before is the one before it",
    ),
    ("ProposalAnswered", STEP),
    (
        "ProposalClosed",
        "it is gone; what it had come to is told by the event that ended it",
    ),
    ("ProposalExecuted", STEP),
    ("ProposalExpired", STEP),
    ("ProposalOpened", CREATED),
    ("ProtocolCreated", CREATED),
    (
        "QuotePotAssigned",
        "opened once; what is assigned is told whole",
    ),
    (
        "RecoveryAnnounced",
        "there was none; prices and cause are told whole",
    ),
    (
        "RecoveryCounted",
        "each bank and market is counted once, from zero",
    ),
    ("RecoveryFrozen", "frozen once; prices are told whole"),
    (
        "RecoveryMoneyAdded",
        "sums of the Recovery that only grow, told with what came",
    ),
    (
        "RecoveryPaid",
        "sums of one claim that only grow, told with what was paid",
    ),
    (
        "RecoveryUndone",
        "what the announcement told is taken back, all of it",
    ),
];

/// Names of the fields of a type of the interface, those of the types inside it included.
fn fields(types: &BTreeMap<&str, &Value>, name: &str, all: &mut BTreeSet<String>) {
    let fields = types[name]["type"]["fields"].as_array();
    for field in fields
        .into_iter()
        .flatten()
        .filter(|field| field.is_object())
    {
        all.insert(field["name"].as_str().unwrap().to_string());
        let said = field["type"].to_string();
        for inner in types
            .keys()
            .filter(|inner| said.contains(&format!("\"{inner}\"")))
        {
            self::fields(types, inner, all);
        }
    }
}

/// An event that changes something says what was and what is, or is listed above with what makes
/// that needless: a new one must be argued.
#[test]
fn every_event_says_before_and_after_or_why_it_need_not() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/bulwark.json");
    let idl: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let named = |list: &'static str| idl[list].as_array().unwrap().iter();
    let types: BTreeMap<_, _> = named("types")
        .map(|one| (one["name"].as_str().unwrap(), one))
        .collect();
    let neither = |event: &str| {
        let mut all = BTreeSet::new();
        fields(&types, event, &mut all);
        !all.iter()
            .any(|name| name.contains("before") || name.contains("after"))
    };
    let events: Vec<_> = named("events")
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert!(events.len() > 50, "{}", events.len());
    let found: BTreeSet<_> = events.into_iter().filter(|event| neither(event)).collect();
    let listed: BTreeSet<_> = NEITHER.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, listed);
    assert!(NEITHER.iter().all(|(_, why)| why.len() > 20));
}
