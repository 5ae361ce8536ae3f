//! INV-TTL: the table of earliest harms, and the table of what is left to honest members.

use bulwark_model::deadlock::{Can, can};
use bulwark_model::time_to_loss::{Harm, earliest};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Ends in unix time are waited beyond by half an hour.
const SLACK: i64 = HOUR / 2;

#[test]
fn inv_ttl_no_claim_falls_before_two_days_and_below_the_relax_quorum_not_before_thirty() {
    for (members, relax) in [(5, 4), (7, 6)] {
        for stolen in 1..=members {
            let table = earliest(members, stolen);
            for (harm, earliest) in &table {
                if !harm.touches_claims() {
                    continue;
                }
                let floor = if stolen < relax { 30 * DAY } else { 2 * DAY };
                assert!(earliest.seconds >= floor, "{members} {stolen} {harm:?}");
                assert_eq!(earliest.left_ppm, 1_000_000, "{members} {stolen} {harm:?}");
            }
            let change = table.get(&Harm::Change).map(|e| e.seconds);
            let expected = (stolen >= relax).then_some(7 * DAY + SLACK);
            assert_eq!(change, expected, "{members} {stolen}");
            let takeover = table.get(&Harm::Takeover).map(|e| e.seconds);
            // One key less than the relax quorum replaces a blocking minority.
            let expected = (stolen + 1 >= relax).then_some(30 * DAY + SLACK);
            assert_eq!(takeover, expected, "{members} {stolen}");
            let relaxed = table.get(&Harm::Relaxation).map(|e| e.seconds);
            let expected = (stolen >= relax).then_some(2 * DAY + SLACK);
            assert_eq!(relaxed, expected, "{members} {stolen}");
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
