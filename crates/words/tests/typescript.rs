//! What the words in TypeScript are held against: sentences as this crate writes them, with the
//! accounts that they were read from. Read by app/client; written by
//! `BULWARK_WRITE=1 cargo test -p bulwark-words --test typescript`.

use std::path::Path;

use bulwark_core::guardian::{
    ALL_COMPARTMENTS, Action, MAX_SETTINGS, MAX_SUBJECTS, Setting, Subject, Successor,
    approve_proposal, create, propose,
};
use bulwark_core::mode::Mode;
use bulwark_core::params::{COUPLED, Class, Group, Parameters};
use bulwark_core::params::{
    bank_preset, board_market_preset, feed_preset, margin_preset, market_preset,
};
use bulwark_core::time::Now;
use bulwark_state::{
    Bank, Board, Compartment, End, Guardian, Insurance, Market, OracleSource, Proposal, Protocol,
};
use bulwark_words::{Seen, write_action, write_proposal, write_standing};
use bytemuck::{Pod, Zeroable, bytes_of};
use serde_json::{Map, Value, json};

const HINT: &str = "BULWARK_WRITE=1 cargo test -p bulwark-words --test typescript";
const FILE: &str = "../../app/client/test/words.json";
const NOW: Now = Now {
    unix: 1_794_390_000,
    slot: 400_000_000,
};
const COMPARTMENT: u16 = 7;
const MARKET: u8 = 1;
const BANK: u8 = 2;

fn settings(subject: Subject, list: &[Setting]) -> Action {
    let mut places = [Setting::default(); MAX_SETTINGS];
    places[..list.len()].copy_from_slice(list);
    Action::SetParameters(COMPARTMENT, subject, list.len() as u8, places)
}

/// Every parameter of a group, a little above what it is.
fn raised<T: Parameters>(group: Group, layout: &T) -> Vec<Setting> {
    let places = 0..group.rows().len().min(MAX_SETTINGS);
    let of = |place| {
        let value = layout.value(place).unwrap() + 1;
        Setting {
            id: group.id(place),
            value,
        }
    };
    places.map(of).collect()
}

/// One of each kind, and each way to name an item.
fn actions(world: &World) -> Vec<(&'static str, Action)> {
    let one = |group: Group, place, value| Setting {
        id: group.id(place),
        value,
    };
    let mut replaced = [Successor::default(); MAX_SUBJECTS];
    replaced[0] = Successor {
        membership: 2,
        key: [77; 32],
    };
    let (market, bank) = (Subject::Market(MARKET), Subject::Bank(BANK));
    let id = COMPARTMENT;
    let feed = &world.board.feeds[1].params;
    let seat = &world.board.markets[usize::from(MARKET)];
    let mut of_market = raised(Group::Market, &*world.market);
    of_market.extend(raised(Group::BoardMarket, seat));
    of_market.retain(|one| !COUPLED.iter().any(|set| set.contains(&one.id)));
    let floor_and_cap = [
        one(Group::Margin, 1, 25_000_000),
        one(Group::Margin, 2, 300_000_000),
    ];
    vec![
        ("restrict", Action::Restrict(id, 259_200, 3)),
        (
            "restrictAll",
            Action::Restrict(ALL_COMPARTMENTS, 3_600, 300),
        ),
        (
            "tighten",
            Action::Tighten(id, market, one(Group::Market, 0, 150_000_000)),
        ),
        (
            "closed",
            Action::Tighten(id, bank, one(Group::Switch, 0, 1)),
        ),
        ("pause", Action::Pause(id, 3_600, 4)),
        ("revoke", Action::Revoke(id, 3, 3_600)),
        ("relax", Action::Relax(id, 1 << 40)),
        ("market", settings(market, &of_market)),
        ("margin", settings(market, &floor_and_cap)),
        ("bank", settings(bank, &raised(Group::Bank, &*world.bank))),
        (
            "feed",
            settings(Subject::Feed(1), &raised(Group::Feed, feed)),
        ),
        (
            "insurance",
            settings(Subject::Compartment, &[one(Group::Insurance, 0, 5)]),
        ),
        ("addMember", Action::AddMember([66; 32])),
        ("removeMembers", Action::RemoveMembers(1, replaced)),
        ("setDelays", Action::SetDelays(8 * 86_400, 72 * 3_600, 350)),
        ("setVeto", Action::SetVeto([62; 32])),
        ("list", Action::List(id, [0xab; 32])),
        ("setOracle", Action::SetOracle(id, 1, 0, 2, [5; 32])),
        ("windDown", Action::WindDown(id, market)),
        ("payTreasury", Action::PayTreasury(id, 1_234_560_000)),
        ("announceRecovery", Action::AnnounceRecovery(id)),
        ("upgrade", Action::Upgrade([4; 32], [0xcd; 32])),
        (
            "incidentUpgrade",
            Action::IncidentUpgrade([4; 32], [0xcd; 32]),
        ),
    ]
}

/// The accounts of a compartment that is restricted, with values of its own everywhere.
struct World {
    protocol: Box<Protocol>,
    guardian: Box<Guardian>,
    compartment: Box<Compartment>,
    board: Box<Board>,
    insurance: Box<Insurance>,
    market: Box<Market>,
    bank: Box<Bank>,
    quote: Box<Bank>,
}

fn zeroed<T: Zeroable>() -> Box<T> {
    bytemuck::allocation::zeroed_box()
}

impl World {
    fn new() -> Self {
        let mut protocol = zeroed::<Protocol>();
        protocol.treasury = [1; 32];
        let mut guardian = zeroed::<Guardian>();
        let keys: Vec<_> = (1..=5).map(|number| [number; 32]).collect();
        create(&mut guardian, &keys, [9; 32], NOW).unwrap();
        guardian.nonce = 9;
        let mut compartment = zeroed::<Compartment>();
        compartment.id = COMPARTMENT;
        compartment.mode.restricted = End {
            at: NOW.unix + 60,
            slot: NOW.slot + 400,
        };
        let mut board = zeroed::<Board>();
        let seat = &mut board.markets[usize::from(MARKET)];
        seat.margin.params = margin_preset(Class::Major);
        board_market_preset(Class::Major, seat);
        board.feeds[1].params = feed_preset(Class::Large);
        board.feeds[1].source = OracleSource {
            id: [8; 32],
            kind: 1,
            ..OracleSource::zeroed()
        };
        let mut market = zeroed::<Market>();
        market_preset(Class::Major, &mut market);
        (market.index, market.oi_cap) = (MARKET, 50_000_000_000);
        let mut bank = zeroed::<Bank>();
        bank_preset(Class::Large, &mut bank);
        (bank.index, bank.decimals, bank.deposit_cap) = (BANK, 9, 1_000_000_000_000);
        let mut quote = zeroed::<Bank>();
        (quote.decimals, quote.totals.fees) = (6, 5_000_000_000);
        Self {
            protocol,
            guardian,
            compartment,
            board,
            insurance: zeroed(),
            market,
            bank,
            quote,
        }
    }

    fn seen<'a>(&'a self, guardian: &'a Guardian, action: &Action) -> Seen<'a> {
        let pays = matches!(action, Action::PayTreasury(..));
        Seen {
            protocol: Some(&self.protocol),
            guardian: Some(guardian),
            compartment: Some(&self.compartment),
            board: Some(&self.board),
            insurance: Some(&self.insurance),
            market: Some(&self.market),
            bank: Some(if pays { &self.quote } else { &self.bank }),
            name: None,
            now: Some(NOW),
        }
    }
}

/// Bytes as runs between zeros: where, and in hexadecimal.
fn sparse<T: Pod>(account: &T) -> Value {
    let mut runs: Vec<(usize, String)> = Vec::new();
    let mut zeros = usize::MAX;
    for (at, byte) in bytes_of(account).iter().enumerate() {
        match (byte, runs.last_mut()) {
            (0, _) => zeros = zeros.saturating_add(1),
            (_, Some((_, text))) if zeros < 8 => {
                text.push_str(&"00".repeat(zeros));
                text.push_str(&format!("{byte:02x}"));
                zeros = 0;
            }
            _ => {
                runs.push((at, format!("{byte:02x}")));
                zeros = 0;
            }
        }
    }
    json!({ "size": size_of::<T>(), "runs": runs })
}

fn text(write: impl FnOnce(&mut String) -> std::fmt::Result) -> String {
    let mut text = String::new();
    write(&mut text).unwrap();
    text
}

/// A proposal of member 1, what is said of it, and how it stands after the voice of member 3.
fn case(world: &World, action: &Action) -> Value {
    let (mut guardian, mut proposal) = (*world.guardian, Proposal::zeroed());
    let mode = Mode::Normal;
    propose(&mut guardian, &mut proposal, &[1; 32], action, mode, NOW).unwrap();
    let opened = (guardian, proposal);
    let (ref seen, blind) = (world.seen(&opened.0, action), Seen::default());
    let bytes = &opened.1.action[..usize::from(proposal.action_len)];
    approve_proposal(&mut guardian, &mut proposal, &[3; 32], mode, NOW).unwrap();
    let then = world.seen(&guardian, action);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let blind = Seen {
        now: Some(NOW),
        ..blind
    };
    let named = Seen {
        name: Some("SOL-PERP"),
        ..*seen
    };
    json!({
        "kind": proposal.kind,
        "action": hex,
        "proposal": sparse(&opened.1),
        "sentence": text(|out| write_proposal(out, &opened.1, seen)),
        "named": text(|out| write_proposal(out, &opened.1, &named)),
        "unseen": text(|out| write_proposal(out, &opened.1, &blind)),
        "alone": text(|out| write_action(out, proposal.kind, bytes, seen)),
        "after": text(|out| write_standing(out, &proposal, &then)),
    })
}

#[test]
fn sentences_for_typescript_are_in_step() {
    let world = World::new();
    let cases: Map<String, Value> = actions(&world)
        .iter()
        .map(|(name, action)| ((*name).to_string(), case(&world, action)))
        .collect();
    let found = json!({
        "unix": NOW.unix,
        "slot": NOW.slot,
        "accounts": {
            "protocol": sparse(&*world.protocol),
            "guardian": sparse(&*world.guardian),
            "compartment": sparse(&*world.compartment),
            "board": sparse(&*world.board),
            "insurance": sparse(&*world.insurance),
            "market": sparse(&*world.market),
            "bank": sparse(&*world.bank),
            "quote": sparse(&*world.quote),
        },
        "cases": cases,
    });
    let expected = serde_json::to_string_pretty(&found).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("BULWARK_WRITE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == expected,
        "app/client/test/words.json is stale: {HINT}"
    );
}

#[test]
fn what_is_said_now_names_what_holds_now() {
    let world = World::new();
    let said = |action: Action| {
        let case = case(&world, &action);
        (
            case["sentence"].as_str().unwrap().to_string(),
            case["after"].as_str().unwrap().to_string(),
        )
    };
    let (pause, _) = said(Action::Pause(COMPARTMENT, 3_600, 4));
    assert!(
        pause.contains("pauses compartment 7 (now Restricted) for"),
        "{pause}"
    );
    assert!(
        pause.contains("; 1 of 3 approvals, then effective at once;"),
        "{pause}"
    );
    let (all, after) = said(Action::Restrict(ALL_COMPARTMENTS, 3_600, 300));
    assert!(
        all.contains("(now Normal by the protocol's own record)"),
        "{all}"
    );
    assert!(
        after.starts_with("effective at once; void from 2026-11-18"),
        "{after}"
    );
    let (paid, _) = said(Action::PayTreasury(COMPARTMENT, 1_234_560_000));
    assert!(
        paid.contains("of compartment 7, from $5,000 to $3,765.44, to"),
        "{paid}"
    );
    let (revoked, _) = said(Action::Revoke(COMPARTMENT, 3, 3_600));
    assert!(
        revoked.contains("(now not forbidden by anyone) for"),
        "{revoked}"
    );
    let (listed, _) = said(Action::List(COMPARTMENT, [1; 32]));
    let earliest = "7 d of delay (earliest 2026-11-18 10:10 UTC, were they all given now)";
    assert!(listed.contains(earliest), "{listed}");
}

#[test]
fn an_account_of_another_item_is_refused() {
    let world = World::new();
    let of = |action: &Action, seen: &Seen| {
        let (mut guardian, mut proposal) = (*world.guardian, Proposal::zeroed());
        let mode = Mode::Normal;
        propose(&mut guardian, &mut proposal, &[1; 32], action, mode, NOW).unwrap();
        seen.foreign(&proposal).map(|foreign| foreign.to_string())
    };
    let down = Action::WindDown(COMPARTMENT, Subject::Market(0));
    let wanted = "the action is about market 0, the account is of 1";
    assert_eq!(
        of(&down, &world.seen(&world.guardian, &down)).unwrap(),
        wanted
    );
    let pause = Action::Pause(3, 60, 1);
    let wanted = "the action is about compartment 3, the account is of 7";
    assert_eq!(
        of(&pause, &world.seen(&world.guardian, &pause)).unwrap(),
        wanted
    );
    let pays = Action::PayTreasury(COMPARTMENT, 1);
    let bank = Seen {
        bank: Some(&world.bank),
        ..Seen::default()
    };
    assert!(
        of(&pays, &bank)
            .unwrap()
            .contains("bank 0, the account is of 2")
    );
    assert_eq!(of(&pays, &Seen::default()), None);
}

#[test]
fn what_has_expired_says_so() {
    let world = World::new();
    let (mut guardian, mut proposal) = (*world.guardian, Proposal::zeroed());
    let (action, mode) = (Action::AddMember([66; 32]), Mode::Normal);
    propose(&mut guardian, &mut proposal, &[1; 32], &action, mode, NOW).unwrap();
    let late = Seen {
        now: Some(Now {
            unix: proposal.expires_at,
            ..NOW
        }),
        ..Seen::default()
    };
    let said = text(|out| write_proposal(out, &proposal, &late));
    assert!(
        said.ends_with("; void since 2026-11-18 09:40 UTC."),
        "{said}"
    );
}
