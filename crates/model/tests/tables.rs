//! INV-TTL: the table of earliest harms, and the table of what is left to honest members.

use std::path::Path;

use bulwark_core::guardian::Kind;
use bulwark_model::council::Rest;
use bulwark_model::deadlock::{Can, can};
use bulwark_model::proof::successors;
use bulwark_model::tables;
use bulwark_model::time_to_loss::{Earliest, Harm, Theft, earliest, explore_until};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Ends in unix time are waited beyond by half an hour.
const SLACK: i64 = HOUR / 2;

/// What k of `members` can do while nobody else is awake.
fn alone(members: u8, stolen: u8) -> Theft {
    Theft {
        members,
        stolen,
        rest: Rest::Silent,
        asleep: false,
    }
}

#[test]
fn inv_ttl_no_claim_falls_before_two_days_and_below_the_relax_quorum_not_before_thirty() {
    for (members, relax) in [(5, 4), (7, 6)] {
        for stolen in 1..=members {
            let table = earliest(alone(members, stolen));
            for (harm, earliest) in &table {
                if !harm.touches_claims() {
                    continue;
                }
                let floor = if stolen < relax { 30 * DAY } else { 2 * DAY };
                assert!(earliest.seconds >= floor, "{members} {stolen} {harm:?}");
                assert_eq!(earliest.left_ppm, 1_000_000, "{members} {stolen} {harm:?}");
            }
            let at = |harm| table.get(&harm).map(|e: &Earliest| e.seconds);
            let quorum = |seconds| (stolen >= relax).then_some(seconds);
            assert_eq!(at(Harm::Change), quorum(7 * DAY + SLACK));
            assert_eq!(at(Harm::Fees), quorum(7 * DAY + SLACK));
            assert_eq!(at(Harm::IncidentUpgrade), quorum(2 * DAY + SLACK));
            assert_eq!(at(Harm::Relaxation), quorum(2 * DAY + SLACK));
            assert_eq!(at(Harm::Recovery), quorum(0));
            // One key less than the relax quorum replaces a blocking minority.
            let expected = (stolen + 1 >= relax).then_some(30 * DAY + SLACK);
            assert_eq!(at(Harm::Takeover), expected, "{members} {stolen}");
        }
    }
}

#[test]
fn one_member_awake_lengthens_an_incident_and_with_the_veto_seat_ends_all_but_its_own_removal() {
    for (members, stolen) in [(5, 4), (7, 6)] {
        let with = |rest| {
            earliest(Theft {
                rest,
                ..alone(members, stolen)
            })
        };
        let one = with(Rest::One);
        assert_eq!(one[&Harm::IncidentUpgrade].seconds, 7 * DAY + SLACK);
        let both = with(Rest::OneAndVeto);
        let late: Vec<_> = both.iter().filter(|(_, e)| e.seconds > 0).collect();
        assert_eq!(late.len(), 1, "{late:?}");
        assert_eq!(late[0].0, &Harm::Takeover);
    }
}

/// Below the relax quorum a thief first needs successors, then the ordinary delay: 37 days.
#[test]
fn a_minority_replaced_decides_a_week_after_it() {
    for (members, stolen) in [(5, 3), (7, 5)] {
        let found = explore_until(successors(members, stolen), |k| k == Kind::SetParameters);
        let seconds = found.map(|e| e.seconds);
        assert_eq!(seconds, Some(37 * DAY + 2 * SLACK), "{members} {stolen}");
    }
}

#[test]
fn keys_that_slept_do_the_same_two_days_later() {
    for members in [5, 7] {
        for stolen in 1..=members {
            let awake = earliest(alone(members, stolen));
            let asleep = earliest(Theft {
                asleep: true,
                ..alone(members, stolen)
            });
            let moments = |row: &std::collections::BTreeMap<Harm, Earliest>, more| {
                let all = row.iter().map(|(harm, e)| (*harm, e.seconds + more));
                all.collect::<Vec<_>>()
            };
            let later = moments(&awake, 2 * DAY);
            assert_eq!(moments(&asleep, 0), later, "{members} {stolen}");
        }
    }
}

/// `BULWARK_WRITE=1` writes them.
#[test]
fn the_tables_of_readme_and_guardian_md_are_what_the_model_finds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (file, name, table) in [
        ("README.md", "losses", tables::losses()),
        ("README.md", "acts", tables::acts()),
        ("docs/guardian.md", "powers", tables::powers()),
        ("docs/guardian.md", "losses", tables::losses()),
        ("docs/guardian.md", "acts", tables::acts()),
        ("docs/guardian.md", "explored", tables::explored()),
    ] {
        let path = root.join(file);
        let text = std::fs::read_to_string(&path).expect("a page of the repository");
        let (begin, end) = (format!("<!-- model: {name} -->\n"), "\n<!-- end -->");
        let (before, rest) = text.split_once(&begin).expect("a place for the table");
        let (old, after) = rest.split_once(end).expect("an end of the table");
        if std::env::var_os("BULWARK_WRITE").is_some() {
            let new = format!("{before}{begin}{table}{end}{after}");
            std::fs::write(&path, new).expect("a file that can be written");
        } else {
            let hint = "BULWARK_WRITE=1 cargo test -p bulwark-model --test tables";
            assert_eq!(old, table, "{file} is stale: {hint}");
        }
    }
}

#[test]
fn who_is_left_can_do_what_the_quorums_say() {
    let all = Can {
        pause: true,
        relax: true,
        upgrade: true,
        remove: false,
    };
    assert_eq!(can(5, 5, 0), all);
    // One silent, one hostile: four still do everything, and can remove the hostile one.
    assert_eq!(
        can(5, 4, 0),
        Can {
            remove: true,
            ..all
        }
    );
    assert_eq!(
        can(5, 4, 1),
        Can {
            remove: true,
            ..all
        }
    );
    // a17: two hostile block what loosens, not the pause, and not their own removal.
    let two = can(5, 3, 2);
    assert_eq!((two.pause, two.relax, two.upgrade), (true, false, false));
    assert!(two.remove);
    assert!(!can(5, 2, 2).remove);
    // Two silent: nothing loosens any more, expiry still does.
    let silent = can(5, 3, 0);
    assert_eq!(
        (silent.pause, silent.relax, silent.upgrade),
        (true, false, false)
    );
    assert_eq!(
        can(7, 6, 1),
        Can {
            remove: true,
            ..all
        }
    );
}
