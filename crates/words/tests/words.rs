//! Every kind of action has its words, with units, dates and values before; what can't be read says
//! so.

use bulwark_core::guardian::{
    Action, Kind, MAX_SETTINGS, MAX_SUBJECTS, Setting, Subject, Successor, create, encode,
};
use bulwark_core::mode::Capability;
use bulwark_core::params::{Class, Group, bank_preset, market_preset};
use bulwark_core::time::Now;
use bulwark_state::{Bank, Board, End, Guardian, Market, Proposal, Protocol};
use bulwark_words::{Date, Lasting, Seen, UNREADABLE, write_proposal};
use bytemuck::Zeroable;

const NOW: Now = Now {
    unix: 1_794_390_000,
    slot: 1_000,
};

fn settings(subject: Subject, list: &[Setting]) -> Action {
    let mut places = [Setting::default(); MAX_SETTINGS];
    places[..list.len()].copy_from_slice(list);
    Action::SetParameters(0, subject, list.len() as u8, places)
}

/// One action of each kind.
fn sample(kind: Kind) -> Action {
    let mut replaced = [Successor::default(); MAX_SUBJECTS];
    replaced[0] = Successor {
        membership: 2,
        key: [77; 32],
    };
    let cap = Setting {
        id: Group::Market.id(0),
        value: 150_000_000,
    };
    match kind {
        Kind::Restrict => Action::Restrict(0, 259_200, 3),
        Kind::Tighten => Action::Tighten(0, Subject::Market(0), cap),
        Kind::Pause => Action::Pause(u16::MAX, 3_600, 4),
        Kind::Revoke => Action::Revoke(0, 3, 3_600),
        Kind::Relax => Action::Relax(0, 5),
        Kind::SetParameters => settings(Subject::Market(0), &[cap]),
        Kind::AddMember => Action::AddMember([66; 32]),
        Kind::RemoveMembers => Action::RemoveMembers(1, replaced),
        Kind::SetDelays => Action::SetDelays(8 * 86_400, 72 * 3_600, 350),
        Kind::SetVeto => Action::SetVeto([0; 32]),
        Kind::List => Action::List(0, [0xab; 32]),
        Kind::SetOracle => Action::SetOracle(0, 1, 0, 2, [5; 32]),
        Kind::WindDown => Action::WindDown(0, Subject::Market(0)),
        Kind::PayTreasury => Action::PayTreasury(0, 1_234_560_000),
        Kind::AnnounceRecovery => Action::AnnounceRecovery(0),
        Kind::Upgrade => Action::Upgrade([4; 32], [0xcd; 32]),
        Kind::IncidentUpgrade => Action::IncidentUpgrade([4; 32], [0xcd; 32]),
    }
}

fn proposal(action: &Action) -> Proposal {
    let mut proposal = Proposal::zeroed();
    proposal.action_len = encode(action, &mut proposal.action).unwrap();
    (proposal.kind, proposal.state, proposal.nonce) = (action.kind() as u16, 1, 9);
    proposal.quorum = 4;
    proposal.expires_at = NOW.unix + 7 * 86_400;
    proposal
}

fn said(proposal: &Proposal, seen: &Seen) -> String {
    let mut text = String::new();
    write_proposal(&mut text, proposal, seen).unwrap();
    text
}

fn guardian() -> Guardian {
    let mut guardian = Guardian::zeroed();
    let keys: Vec<_> = (1..=5).map(|number| [number; 32]).collect();
    create(&mut guardian, &keys, [9; 32], NOW).unwrap();
    guardian
}

fn market() -> Market {
    let mut market = Market::zeroed();
    market_preset(Class::Major, &mut market);
    market.oi_cap = 50_000_000_000;
    market
}

/// Each capability has words of its own; a number without one says so.
#[test]
fn every_capability_has_its_words() {
    let mut told = Vec::new();
    for number in 0..u8::try_from(Capability::ALL.len()).unwrap() {
        let text = said(
            &proposal(&Action::Revoke(0, number, 3_600)),
            &Seen::default(),
        );
        assert!(!text.contains("unknown"), "{text}");
        told.push(text);
    }
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), Capability::ALL.len(), "{told:#?}");
}

#[test]
fn every_kind_renders_with_and_without_what_was_before() {
    let (guardian, market) = (guardian(), market());
    let board: Box<Board> = bytemuck::allocation::zeroed_box();
    let full = Seen {
        guardian: Some(&guardian),
        market: Some(&market),
        board: Some(&board),
        name: Some("SOL-PERP"),
        ..Seen::default()
    };
    let mut all = std::collections::BTreeSet::new();
    for kind in Kind::ALL {
        let proposal = proposal(&sample(*kind));
        for seen in [&full, &Seen::default()] {
            let text = said(&proposal, seen);
            assert!(text.starts_with("Proposal 9: "), "{kind:?}: {text}");
            assert!(
                text.ends_with('.') && !text.contains(UNREADABLE),
                "{kind:?}: {text}"
            );
            assert!(all.insert(text.clone()), "{kind:?}: {text}");
        }
        println!("{}", said(&proposal, &full));
    }
}

#[test]
fn values_stand_before_and_after_with_their_units() {
    let (guardian, market) = (guardian(), market());
    let seen = Seen {
        guardian: Some(&guardian),
        market: Some(&market),
        name: Some("SOL-PERP"),
        ..Seen::default()
    };
    let text = said(&proposal(&sample(Kind::Tighten)), &seen);
    let wanted = "for 72 h: market.oi_cap from 500 to 1.5 (largest open interest)";
    assert!(
        text.contains("lowers of SOL-PERP (market 0 of compartment 0) for"),
        "{text}"
    );
    assert!(text.contains(wanted), "{text}");
    let text = said(&proposal(&sample(Kind::SetDelays)), &seen);
    let wanted = "ordinary delay from 7 d to 8 d, that of Relax from 48 h to 72 h";
    assert!(text.contains(wanted), "{text}");
    assert!(
        text.contains("0 of 4 approvals, then 7 d of delay"),
        "{text}"
    );
    let text = said(&proposal(&sample(Kind::PayTreasury)), &seen);
    assert!(text.contains("pays $1,234.56 of the fees"), "{text}");
    let text = said(&proposal(&sample(Kind::AddMember)), &seen);
    assert!(text.contains("from 5 members to 6"), "{text}");
    assert!(text.contains("takes 5 of them, before 4"), "{text}");
}

#[test]
fn tokens_are_whole_ones_where_the_bank_is_seen() {
    let mut bank = Bank::zeroed();
    bank_preset(Class::Major, &mut bank);
    (bank.decimals, bank.deposit_cap) = (9, 1_000_000_000_000);
    let cap = Setting {
        id: Group::Bank.id(0),
        value: 2_500_000_000,
    };
    let proposal = proposal(&settings(Subject::Bank(1), &[cap]));
    let seen = Seen {
        bank: Some(&bank),
        ..Seen::default()
    };
    let text = said(&proposal, &seen);
    assert!(
        text.contains("from 1,000 tokens to 2.500000000 tokens"),
        "{text}"
    );
    assert!(text.contains("of bank 1 of compartment 0"), "{text}");
}

#[test]
fn the_treasury_is_named() {
    let mut protocol = Protocol::zeroed();
    protocol.treasury = [1; 32];
    let seen = Seen {
        protocol: Some(&protocol),
        ..Seen::default()
    };
    let text = said(&proposal(&sample(Kind::PayTreasury)), &seen);
    assert!(
        text.contains("to the treasury 4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi"),
        "{text}"
    );
}

#[test]
fn what_is_malformed_is_not_to_be_voted_for() {
    let good = proposal(&sample(Kind::SetParameters));
    let breaks: [fn(&mut Proposal); 6] = [
        |p| p.action_len -= 1,
        |p| p.action_len += 1,
        |p| p.action_len = u16::MAX,
        |p| p.kind = 999,
        |p| p.state = 77,
        |p| p.action[2] = 9,
    ];
    for (at, change) in breaks.into_iter().enumerate() {
        let mut bad = good;
        change(&mut bad);
        assert!(
            said(&bad, &Seen::default()).contains(UNREADABLE),
            "break {at}"
        );
    }
    // Any bytes at all: a sentence or the warning, never a panic.
    let mut bytes = good;
    for seed in 0..2_000_u32 {
        for (at, byte) in bytes.action.iter_mut().enumerate() {
            *byte = seed.wrapping_mul(2_654_435_761).rotate_left(at as u32 % 31) as u8;
        }
        (bytes.kind, bytes.action_len) = ((seed % 19) as u16, (seed % 90) as u16);
        bytes.state = (seed % 7) as u8;
        assert!(!said(&bytes, &Seen::default()).is_empty());
    }
}

#[test]
fn how_it_stands_is_said() {
    let mut queued = proposal(&sample(Kind::List));
    (queued.state, queued.eta) = (
        2,
        End {
            at: NOW.unix,
            slot: 77,
        },
    );
    let text = said(&queued, &Seen::default());
    assert!(
        text.contains("effective earliest 2026-11-11 10:10 UTC and not before slot 77"),
        "{text}"
    );
    for (state, word) in [(3, "executed"), (4, "cancelled"), (5, "expired")] {
        queued.state = state;
        assert!(said(&queued, &Seen::default()).ends_with(&format!("{word}.")));
    }
}

#[test]
fn dates_and_spans_are_right() {
    for (unix, date) in [
        (0, "1970-01-01 00:00 UTC"),
        (951_827_696, "2000-02-29 12:34 UTC"),
        (4_107_542_399, "2100-02-28 23:59 UTC"),
        (-1, "1969-12-31 23:59 UTC"),
    ] {
        assert_eq!(Date(unix).to_string(), date);
    }
    for (seconds, span) in [
        (604_800, "7 d"),
        (172_800, "48 h"),
        (90, "90 s"),
        (1_800, "30 min"),
    ] {
        assert_eq!(Lasting(seconds).to_string(), span);
    }
}
