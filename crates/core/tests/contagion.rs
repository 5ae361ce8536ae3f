//! Caps of origin classes and groups of correlated collateral: against every flow by hand, growing
//! with what is held, and without any effect below Initial.

mod desk;

use bulwark_core::Error;
use bulwark_core::contagion::{Kind, check_deposit, set_limits};
use bulwark_core::health::{Level, bank_weights};
use bulwark_core::params::{Class, board_preset};
use bulwark_state::{CollateralLimits, MAX_BANKS};
use desk::{Desk, USD};
use proptest::prelude::*;

/// A coin of nine decimals.
const COIN: u64 = 1_000_000_000;

/// Eight tokens of a dollar each, nine decimals; weight 90 % or so at Initial.
fn eight() -> Desk {
    let mut desk = Desk::new(&[100], &[1; 8]);
    desk.opens(&[0]);
    board_preset(Class::Major, &mut desk.board);
    desk
}

fn limits(account_cap: u64) -> CollateralLimits {
    CollateralLimits {
        account_cap,
        compartment_cap: u64::MAX >> 2,
        haircut_e9: 0,
        reserved: [0; 4],
    }
}

fn kinds(desk: &mut Desk, kinds: &[(u8, u8)]) {
    for (bank, (origin, group)) in (1..).zip(kinds) {
        let seat = &mut desk.board.banks[bank];
        (seat.origin, seat.group) = (*origin, *group);
    }
}

fn initial(desk: &Desk) -> i64 {
    desk.health(0, Level::Initial)
}

/// The most that can flow through classes and groups, by trying: each token's value is handed on in
/// small steps along augmenting paths of the two-sided graph.
fn flow(values: &[(u8, u8, u64)], classes: &[u64; 5], groups: &[u64; 9]) -> u64 {
    // Ford-Fulkerson on source → class → (class, group) → group → sink with integer capacities.
    const N: usize = 1 + 5 + 9 + 1;
    let (source, sink) = (0, N - 1);
    let mut room = [[0u64; N]; N];
    for (class, cap) in classes.iter().enumerate() {
        room[source][1 + class] = *cap;
    }
    for (group, cap) in groups.iter().enumerate() {
        room[6 + group][sink] = *cap;
    }
    for (class, group, value) in values {
        room[1 + usize::from(*class)][6 + usize::from(*group)] += value;
    }
    let mut total = 0;
    loop {
        let mut from = [usize::MAX; N];
        let mut queue = vec![source];
        from[source] = source;
        while let Some(at) = queue.pop() {
            for next in 0..N {
                if from[next] == usize::MAX && room[at][next] > 0 {
                    from[next] = at;
                    queue.push(next);
                }
            }
        }
        if from[sink] == usize::MAX {
            return total;
        }
        let (mut least, mut at) = (u64::MAX, sink);
        while at != source {
            least = least.min(room[from[at]][at]);
            at = from[at];
        }
        at = sink;
        while at != source {
            room[from[at]][at] -= least;
            room[at][from[at]] += least;
            at = from[at];
        }
        total += least;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// What counts is the largest flow, whatever the order of slots; more of a token never counts
    /// less; below Initial no cap is seen.
    #[test]
    fn what_counts_is_the_largest_flow(
        tokens in proptest::collection::vec((1u8..=4, 0u8..=8, 0u64..=1_000), 8),
        classes in proptest::collection::vec(proptest::option::of(0u64..=2_000), 4),
        groups in proptest::collection::vec(proptest::option::of(0u64..=2_000), 8),
        more in 0usize..8,
    ) {
        let mut desk = eight();
        kinds(&mut desk, &tokens.iter().map(|t| (t.0, t.1)).collect::<Vec<_>>());
        for (bank, token) in (1..).zip(&tokens) {
            if token.2 > 0 {
                desk.hold(0, bank, token.2 * COIN);
            }
        }
        let free = initial(&desk);
        let low = [Level::LiquidationEnd, Level::Maintenance];
        let before = low.map(|level| desk.health(0, level));
        let worth: Vec<_> = (0..8).map(|at| {
            let (origin, group, amount) = tokens[at];
            let mut alone = eight();
            if amount > 0 { alone.hold(0, at + 1, amount * COIN); }
            (origin, group, initial(&alone).unsigned_abs())
        }).collect();
        prop_assert_eq!(free.unsigned_abs(), worth.iter().map(|w| w.2).sum::<u64>());
        let (mut rows, mut columns) = ([u64::MAX >> 8; 5], [u64::MAX >> 8; 9]);
        for (number, cap) in (1u8..).zip(&classes) {
            if let Some(cap) = cap {
                let cap = cap * 1_000_000;
                rows[usize::from(number)] = cap;
                set_limits(&mut desk.board, Kind::Origin(number), &limits(cap)).unwrap();
            }
        }
        for (number, cap) in (1u8..).zip(&groups) {
            if let Some(cap) = cap {
                columns[usize::from(number)] = cap * 1_000_000;
                set_limits(&mut desk.board, Kind::Group(number), &limits(cap * 1_000_000)).unwrap();
            }
        }
        let counts = initial(&desk);
        prop_assert_eq!(counts.unsigned_abs(), flow(&worth, &rows, &columns));
        prop_assert_eq!(low.map(|level| desk.health(0, level)), before, "INV-NOFLIP");
        desk.accounts[0].collaterals.reverse();
        prop_assert_eq!(initial(&desk), counts);
        if tokens[more].2 > 0 {
            let bank = u8::try_from(more + 1).unwrap();
            let mut held = desk.accounts[0].collaterals.iter_mut();
            let held = held.find(|held| held.bank == bank && held.active != 0);
            held.unwrap().amount += 50 * COIN;
            prop_assert!(initial(&desk) >= counts);
        }
    }
}

#[test]
fn a_class_haircut_binds_new_risk_alone() {
    let mut desk = eight();
    kinds(&mut desk, &[(4, 0); 8]);
    desk.hold(0, 1, 1_000 * COIN);
    let weights =
        |desk: &Desk| bank_weights(&desk.board, &desk.board.banks[1], desk.around.now).unwrap();
    let before = weights(&desk);
    let half = CollateralLimits {
        haircut_e9: 500_000_000,
        ..limits(u64::MAX >> 2)
    };
    set_limits(&mut desk.board, Kind::Origin(4), &half).unwrap();
    let after = weights(&desk);
    assert_eq!(after.initial, 500_000_000);
    assert_eq!(
        (after.end, after.maintenance),
        (before.end, before.maintenance)
    );
    assert_eq!(initial(&desk), 500 * USD);
}

#[test]
fn a_deposit_sees_every_bank_of_its_class_and_group() {
    let mut desk = eight();
    kinds(
        &mut desk,
        &[
            (4, 0),
            (4, 2),
            (3, 2),
            (1, 0),
            (1, 0),
            (1, 0),
            (1, 0),
            (1, 0),
        ],
    );
    let mut claims = [0; MAX_BANKS];
    (claims[1], claims[2], claims[3], claims[4]) =
        (100 * COIN, 200 * COIN, 400 * COIN, u64::MAX >> 8);
    claims[0] = u64::MAX >> 2;
    let check = |desk: &Desk, bank: usize| check_deposit(&desk.board, &desk.banks[bank], &claims);
    for bank in 1..=4 {
        assert_eq!(check(&desk, bank), Ok(()), "no limits, no cap");
    }
    let cap = |usd: u64| CollateralLimits {
        compartment_cap: usd * 1_000_000,
        ..limits(0)
    };
    set_limits(&mut desk.board, Kind::Origin(4), &cap(300)).unwrap();
    assert_eq!((check(&desk, 1), check(&desk, 2)), (Ok(()), Ok(())));
    set_limits(&mut desk.board, Kind::Origin(4), &cap(299)).unwrap();
    assert_eq!(check(&desk, 1), Err(Error::CollateralCap));
    assert_eq!(
        (check(&desk, 3), check(&desk, 4)),
        (Ok(()), Ok(())),
        "another class"
    );
    set_limits(&mut desk.board, Kind::Group(2), &cap(599)).unwrap();
    assert_eq!(
        check(&desk, 3),
        Err(Error::CollateralCap),
        "its group holds 600"
    );
    assert_eq!(check(&desk, 4), Ok(()));
    for none in [
        Kind::Origin(0),
        Kind::Origin(5),
        Kind::Group(0),
        Kind::Group(9),
    ] {
        assert_eq!(
            set_limits(&mut desk.board, none, &limits(0)),
            Err(Error::BadIndex)
        );
    }
    let wide = CollateralLimits {
        haircut_e9: 900_000_001,
        ..limits(0)
    };
    let refused = set_limits(&mut desk.board, Kind::Group(1), &wide);
    assert_eq!(refused, Err(Error::ParameterOutOfBounds));
}
