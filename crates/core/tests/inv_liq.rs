//! INV-LIQ over random accounts, prices and bites.

mod desk;

use bulwark_core::health::{Health, Level, leg_ratios};
use bulwark_core::liquidation::{not_worse, premium};
use desk::{Desk, MAKER_FEE, UNIT, USD, assert_ended, assert_needed};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{FileFailurePersistence, TestRunner};

const ALL: u64 = u64::MAX;

#[derive(Clone, Debug)]
struct Scene {
    /// E over MM, per cent.
    standing: i64,
    legs: [(i64, i64); 2],
    tokens: u64,
    rich: i64,
    flagged: Option<i64>,
    conf: u64,
    slope: bool,
    bites: Vec<(usize, u64)>,
    paused: bool,
}

fn scene() -> impl Strategy<Value = Scene> {
    (
        -20i64..105,
        [(-200i64..200, -25i64..25), (-2_000i64..2_000, -25i64..25)],
        0u64..30,
        100i64..100_000,
        prop::option::of(0i64..90),
        0u64..2_000,
        any::<bool>(),
        prop::collection::vec((0usize..2, 1u64..900), 1..6),
        any::<bool>(),
    )
        .prop_map(
            |(standing, legs, tokens, rich, flagged, conf, slope, bites, paused)| Scene {
                standing,
                legs,
                tokens,
                rich,
                flagged,
                conf,
                slope,
                bites,
                paused,
            },
        )
}

/// Account 0 has the legs, account 1 their other sides, account 2 receives. Prices have moved by up
/// to a quarter.
fn stage(scene: &Scene) -> Desk {
    let mut desk = Desk::new(&[100, 10], &[20]);
    desk.opens(&[0, 100_000_000, scene.rich]);
    if scene.tokens > 0 {
        desk.hold(0, 1, scene.tokens * 1_000_000_000);
    }
    for (at, (size, _)) in scene.legs.iter().enumerate() {
        let price = desk.board.feeds[at].last.price;
        let units = size.unsigned_abs() * UNIT;
        match size.signum() {
            1 => desk.trade(0, 1, at, units, price),
            -1 => desk.trade(1, 0, at, units, price),
            _ => {}
        }
        if scene.slope {
            desk.board.markets[at].depth_usd = 5_000 * USD as u64;
            desk.board.markets[at].size_slope_e9 = 50_000_000;
        }
    }
    for (at, (_, move_percent)) in scene.legs.iter().enumerate() {
        let price = desk.board.feeds[at].last.price;
        let moved = price as i64 + price as i64 / 100 * move_percent;
        desk.price(at, moved as u64);
        desk.board.feeds[at].last.conf = moved as u64 / 1_000_000 * scene.conf;
    }
    desk.around.paused = scene.paused;
    let health = desk.spot(0);
    let wanted = health.requirement as i64 / 100 * scene.standing;
    desk.deposit(0, wanted - health.value);
    if let Some(seconds) = scene.flagged
        && desk.flag(0).is_ok()
    {
        desk.wait(seconds);
    }
    for at in 0..2 {
        desk.board.feeds[at].previous.publish_at = 0;
    }
    desk
}

/// Seeds of failures are kept beside this file and tried first.
fn kept() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/inv_liq.seeds",
        ))),
        ..ProptestConfig::with_cases(768)
    }
}

proptest! {
    #![proptest_config(kept())]

    /// INV-LIQ after every take-over, INV-LEDGER to the unit, a51.
    #[test]
    fn inv_liq(scene in scene()) {
        let mut desk = stage(&scene);
        desk.check();
        for (market, bite) in &scene.bites {
            let before = desk.spot(0);
            let worth = desk.equity(0) + desk.equity(2);
            let whole = desk.base(0, *market);
            let Ok(taken) = desk.take_over(0, 2, *market, bite * UNIT / 7) else {
                desk.check();
                continue;
            };
            prop_assert!(before.surplus().unwrap() < 0);
            let after = desk.spot(0);
            prop_assert!(after.surplus().unwrap() >= before.surplus().unwrap());
            if before.value >= 0 {
                prop_assert!(after.value >= 0);
                prop_assert!(
                    after.value as i128 * before.requirement as i128
                        >= before.value as i128 * after.requirement as i128
                );
            }
            // Pay ≤ formula: κ·r_M·clamp(E/MM)·1, and with the fee never the leg's share of E.
            let ratio = leg_ratios(&desk.board, *market as u8, whole, desk.around.now).unwrap();
            let standing = premium::standing(before.value, before.requirement);
            let most = u128::from(taken.notional) * u128::from(ratio.maintenance)
                * u128::from(standing) / 1_000_000_000_000_000_000;
            prop_assert!(u128::from(taken.premium) <= most / 2);
            prop_assert!(u128::from(taken.premium + taken.fee) <= most);
            // The receiver is healthy.
            prop_assert!(desk.health(2, Level::Initial) >= 0 || scene.paused);
            // a51: together they have gained no more than insurance paid, and that less than fees.
            let fees = 2 * taken.notional * u64::from(MAKER_FEE) / 1_000_000 + taken.fee;
            prop_assert!(taken.top_up <= fees);
            let gained = desk.equity(0) + desk.equity(2) - worth;
            prop_assert!(gained <= taken.top_up as i64, "{gained} {taken:?}");
            desk.check();
        }
    }

    /// A leg taken whole at once ends at LiquidationEnd or gone, never in between by more than a
    /// lot.
    #[test]
    fn never_over_closed(mut scene in scene()) {
        scene.rich = 10_000_000;
        scene.tokens = 0;
        let mut desk = stage(&scene);
        for market in &mut desk.markets {
            market.slot_share_ppm = 1_000_000;
            market.dust_notional = 0;
        }
        for market in 0..2 {
            let critical = desk.spot(0).below_critical();
            let old = desk.clone();
            if let Ok(taken) = desk.take_over(0, 2, market, ALL) {
                if desk.base(0, market) != 0 {
                    assert_ended(&desk, old, &taken, market);
                    prop_assert!(!critical);
                } else if !critical {
                    assert_needed(old, &taken, market);
                }
                desk.check();
            }
        }
        // What is left is healthy, bankrupt, or closed by the gate of none: nothing is stuck.
        prop_assert!(
            desk.health(0, Level::Maintenance) >= 0
                || desk.equity(0) < 0
                || (desk.base(0, 0) == 0 && desk.base(0, 1) == 0),
            "{:?}", desk.spot(0)
        );
    }
}

/// The laws above are about take-overs: most scenes below maintenance have one.
#[test]
fn inv_liq_scenes_have_take_overs() {
    let mut runner = TestRunner::deterministic();
    let (mut below, mut taken) = (0, 0);
    for _ in 0..200 {
        let scene = scene().new_tree(&mut runner).unwrap().current();
        let mut desk = stage(&scene);
        if desk.health(0, Level::Maintenance) >= 0 || desk.equity(0) < 0 {
            continue;
        }
        below += 1;
        let tried = |&(market, bite): &(usize, u64)| desk.take_over(0, 2, market, bite * UNIT / 7);
        taken += usize::from(scene.bites.iter().map(tried).any(|done| done.is_ok()));
    }
    assert!(below >= 60 && 2 * taken > below, "{taken} of {below}");
}

/// INV-LIQ itself: neither the surplus falls, nor equity over requirement while there is equity.
#[test]
fn inv_liq_refuses_what_is_worse() {
    let health = |value, requirement| Health {
        value,
        requirement,
        critical: 0,
    };
    let refused = Err(bulwark_core::Error::WouldWorsenHealth);
    for (before, after, wanted) in [
        ((100, 200), (100, 200), Ok(())),
        ((100, 200), (101, 202), Err(())),
        ((100, 200), (10, 100), Err(())),
        ((100, 200), (50, 100), Ok(())),
        ((100, 200), (49, 99), Err(())),
        ((100, 200), (-1, 0), Err(())),
        ((0, 200), (0, 100), Ok(())),
        ((-10, 200), (-20, 100), Ok(())),
        ((-10, 200), (-20, 191), Err(())),
    ] {
        let found = not_worse(&health(before.0, before.1), &health(after.0, after.1));
        assert_eq!(found, wanted.or(refused), "{before:?} to {after:?}");
    }
}
