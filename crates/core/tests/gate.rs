//! The oracle gate (D12): the table against its words (docs/risk-model.md), the severities at their
//! borders, and what faults may never do to a price.

use bulwark_core::Now;
use bulwark_core::gate::*;
use bulwark_state::{Feed, FeedParams, OracleSource, Print};
use bytemuck::Zeroable;
use proptest::prelude::*;

/// The gate table in words.
const DESIGN: &str = "\
| action on the leg | Ok | Uncertain | Unconfirmed | Stale | Old | Diverged | Dead |
|---|---|---|---|---|---|---|---|
| open interest up | yes (age ≤ 5 s) | no | no | no | no | no | no |
| reduce / transfer by matching | yes | yes, in band | no | yes, in band | no | no | no |
| withdraw with positions | H_I | H_I, conf doubled | adverse bound | adverse bound | adverse bound | worse of both | adverse bound |
| liquidate this leg | yes | at favourable edge | wait ≤ 10 s | favourable of last two | if < hf at favourable edge | only if under both | no (leg counts favourable, decaying 10 min* → 6 h*) |
| seize / convert collateral | yes | yes | wait | yes | no | both | no |
| allocate loss, funding sample, variance sample | yes | loss, variance | variance once confirmed | loss | no | variance once both agree | no |";

/// A cell of the first five rows in those words.
fn words(usage: LegUse, severity: Severity) -> &'static str {
    let withdraw = usage == LegUse::Withdraw;
    let convert = usage == LegUse::Convert;
    match allows(severity, usage) {
        Cell::Yes if usage == LegUse::OpenInterestUp => "yes (age ≤ 5 s)",
        Cell::Yes if withdraw => "H_I",
        Cell::Yes => "yes",
        Cell::InBand => "yes, in band",
        Cell::ConfDoubled => "H_I, conf doubled",
        Cell::FavourableEdge => "at favourable edge",
        Cell::FavourableOfTwo => "favourable of last two",
        Cell::WorseOfBoth => "worse of both",
        Cell::UnderBoth if convert => "both",
        Cell::UnderBoth => "only if under both",
        Cell::Adverse => "adverse bound",
        Cell::BelowCritical => "if < hf at favourable edge",
        Cell::Wait if convert => "wait",
        Cell::Wait => "wait ≤ 10 s",
        Cell::No if usage == LegUse::Liquidate => {
            "no (leg counts favourable, decaying 10 min* → 6 h*)"
        }
        Cell::No => "no",
        Cell::OnceConfirmed | Cell::OnceBothAgree => "only in the last row",
    }
}

/// A cell of the last row, which holds three uses.
fn last_row(severity: Severity) -> String {
    let uses = [
        (LegUse::AllocateLoss, "loss"),
        (LegUse::FundingSample, "funding"),
        (LegUse::VarianceSample, "variance"),
    ];
    let mut parts = Vec::new();
    for (usage, name) in uses {
        match allows(severity, usage) {
            Cell::Yes => parts.push(name.to_string()),
            Cell::OnceConfirmed => parts.push(format!("{name} once confirmed")),
            Cell::OnceBothAgree => parts.push(format!("{name} once both agree")),
            Cell::No => {}
            other => panic!("{other:?} in the last row"),
        }
    }
    match parts.len() {
        0 => "no".into(),
        3 => "yes".into(),
        _ => parts.join(", "),
    }
}

#[test]
fn table_is_the_designs_cell_by_cell() {
    let rows: Vec<Vec<&str>> = DESIGN
        .lines()
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let names: Vec<String> = Severity::ALL.iter().map(|s| format!("{s:?}")).collect();
    assert_eq!(
        rows[0][1..],
        names.iter().map(String::as_str).collect::<Vec<_>>()
    );
    for (row, usage) in rows[2..7].iter().zip(LegUse::ALL) {
        for (cell, severity) in row[1..].iter().zip(Severity::ALL) {
            println!("{usage:?} × {severity:?}: {cell}");
            assert_eq!(words(usage, severity), *cell, "{usage:?} × {severity:?}");
        }
    }
    for (cell, severity) in rows[7][1..].iter().zip(Severity::ALL) {
        println!("last row × {severity:?}: {cell}");
        assert_eq!(last_row(severity), *cell, "last row × {severity:?}");
    }
}

const NOW: Now = Now {
    unix: 1_000_000,
    slot: 1,
};

/// $100, fresh, sure and undisputed.
fn feed() -> Feed {
    let print = Print {
        price: 10_000_000_000,
        conf: 10_000_000,
        ema: 10_000_000_000,
        publish_at: NOW.unix,
        slot: 1,
        seen_at: NOW.unix,
    };
    Feed {
        params: FeedParams {
            conf_max_ppm: 10_000,
            diverged_ppm: 50_000,
            age_open: 5,
            age_ok: 10,
            age_stale: 60,
            age_old: 600,
            age_pair: 15,
            ..FeedParams::default()
        },
        last: print,
        previous: Print {
            publish_at: NOW.unix - 1,
            ..print
        },
        slow: print.price,
        active: 1,
        ..Feed::zeroed()
    }
}

fn aged(seconds: i64) -> Feed {
    let mut feed = feed();
    feed.last.publish_at -= seconds;
    feed.previous.publish_at -= seconds;
    feed
}

fn with(change: impl FnOnce(&mut Feed)) -> Feed {
    let mut feed = feed();
    change(&mut feed);
    feed
}

fn second(feed: &mut Feed, price: u64) {
    feed.second = OracleSource {
        kind: 1,
        ..OracleSource::default()
    };
    feed.second_last = Print { price, ..feed.last };
}

#[test]
fn ages_have_sharp_borders() {
    let cases = [
        (-2, Severity::Ok),
        (0, Severity::Ok),
        (10, Severity::Ok),
        (11, Severity::Stale),
        (60, Severity::Stale),
        (61, Severity::Old),
        (600, Severity::Old),
        (601, Severity::Dead),
        (1_000_000, Severity::Dead),
    ];
    for (age, expected) in cases {
        assert_eq!(severity(&aged(age), NOW), expected, "at {age} s");
    }
    assert_eq!(cell(&aged(5), LegUse::OpenInterestUp, NOW), Cell::Yes);
    assert_eq!(cell(&aged(6), LegUse::OpenInterestUp, NOW), Cell::No);
    assert_eq!(cell(&aged(10), LegUse::Reduce, NOW), Cell::Yes);
}

#[test]
fn a_clock_that_goes_back_makes_nothing_younger() {
    let mut feed = aged(100);
    feed.last.seen_at = NOW.unix;
    let earlier = Now {
        unix: NOW.unix - 95,
        slot: 2,
    };
    assert_eq!(severity(&feed, earlier), Severity::Old);
}

#[test]
fn other_faults_have_sharp_borders() {
    let cases: [(Feed, Severity); 12] = [
        (with(|f| f.last.conf = 100_000_000), Severity::Ok),
        (with(|f| f.last.conf = 100_000_001), Severity::Uncertain),
        (with(|f| f.pending.price = 1), Severity::Unconfirmed),
        (with(|f| f.last.ema = 10_500_000_000), Severity::Ok),
        (with(|f| f.last.ema = 10_500_000_001), Severity::Diverged),
        // Five per cent of the smaller of the two.
        (with(|f| f.last.ema = 9_523_809_524), Severity::Ok),
        (with(|f| f.last.ema = 9_523_809_523), Severity::Diverged),
        (with(|f| second(f, 10_500_000_000)), Severity::Ok),
        (with(|f| second(f, 10_500_000_001)), Severity::Diverged),
        (with(|f| f.active = 0), Severity::Dead),
        (with(|f| f.last.price = 0), Severity::Dead),
        (with(|f| f.last.ema = 0), Severity::Dead),
    ];
    for (number, (feed, expected)) in cases.iter().enumerate() {
        assert_eq!(severity(feed, NOW), *expected, "case {number}");
    }
    // A second source that has fallen silent is no witness.
    let mut silent = with(|f| second(f, 20_000_000_000));
    silent.second_last.publish_at -= 61;
    assert_eq!(severity(&silent, NOW), Severity::Ok);
}

#[test]
fn names_follow_the_precedence() {
    let mut feed = aged(30);
    feed.last.conf = 1_000_000_000;
    assert_eq!(severity(&feed, NOW), Severity::Stale);
    feed.last.publish_at -= 60;
    assert_eq!(severity(&feed, NOW), Severity::Old);
    feed.pending.price = 1;
    assert_eq!(severity(&feed, NOW), Severity::Unconfirmed);
    second(&mut feed, 20_000_000_000);
    assert_eq!(severity(&feed, NOW), Severity::Diverged);
    feed.last.publish_at -= 600;
    assert_eq!(severity(&feed, NOW), Severity::Dead);
}

/// a12: the signed average lags by an hour. In a crash it must not stop what the crash needs.
#[test]
fn a_price_that_left_its_average_can_still_be_liquidated_and_reduced() {
    let feed = with(|f| f.last.ema = 14_000_000_000);
    assert_eq!(severity(&feed, NOW), Severity::Diverged);
    for (usage, expected) in [
        (LegUse::OpenInterestUp, Cell::No),
        (LegUse::Withdraw, Cell::WorseOfBoth),
        (LegUse::Reduce, Cell::Yes),
        (LegUse::Liquidate, Cell::Yes),
        (LegUse::Convert, Cell::Yes),
        (LegUse::AllocateLoss, Cell::Yes),
        (LegUse::FundingSample, Cell::Yes),
        (LegUse::VarianceSample, Cell::Yes),
    ] {
        assert_eq!(cell(&feed, usage, NOW), expected, "{usage:?}");
    }
    let disputed = with(|f| second(f, 14_000_000_000));
    assert_eq!(cell(&disputed, LegUse::Liquidate, NOW), Cell::UnderBoth);
    assert_eq!(cell(&disputed, LegUse::Reduce, NOW), Cell::No);
}

fn taken(feed: &Feed, gains_up: bool, below_critical: bool) -> bulwark_core::Result<u64> {
    // A margin of 4 %: the confidence counts up to 1 %.
    liquidation_price(feed, gains_up, 40_000, below_critical, NOW)
}

#[test]
fn take_over_prices_by_hand() {
    use bulwark_core::Error::OracleGate;
    let pair = with(|f| f.previous.price = 10_100_000_000);
    assert_eq!(taken(&pair, true, false), Ok(10_100_000_000));
    assert_eq!(taken(&pair, false, false), Ok(10_000_000_000));
    assert_eq!(
        taken(&pair, true, true),
        Ok(10_000_000_000),
        "below the critical level the newest"
    );
    let apart = with(|f| {
        f.previous.price = 10_100_000_000;
        f.previous.publish_at = NOW.unix - 16;
    });
    assert_eq!(
        taken(&apart, true, false),
        Ok(10_000_000_000),
        "one of the two is too old"
    );

    let unsure = with(|f| f.last.conf = 200_000_000);
    assert_eq!(
        taken(&unsure, true, false),
        Ok(10_100_000_000),
        "at most a quarter of the margin"
    );
    assert_eq!(taken(&unsure, false, false), Ok(9_900_000_000));

    let mut stale = aged(30);
    stale.previous.price = 9_900_000_000;
    assert_eq!(taken(&stale, false, true), Ok(9_900_000_000));
    assert_eq!(taken(&stale, true, true), Ok(10_000_000_000));

    assert_eq!(taken(&aged(100), true, false), Err(OracleGate));
    assert_eq!(taken(&aged(100), true, true), Ok(10_010_000_000));
    assert_eq!(taken(&aged(601), true, true), Err(OracleGate));
    assert_eq!(
        taken(&with(|f| f.pending.price = 1), true, true),
        Err(OracleGate)
    );
    let disputed = with(|f| second(f, 11_000_000_000));
    assert_eq!(taken(&disputed, true, false), Ok(11_000_000_000));
    assert_eq!(taken(&disputed, false, false), Ok(10_000_000_000));
}

prop_compose! {
    fn any_feed()(
        price in 1_000_000u64..1_000_000_000_000,
        conf in 0u64..200_000,
        ema in 800_000u64..1_200_000,
        slow in 900_000u64..1_100_000,
        previous in 900_000u64..1_100_000,
        jump in prop_oneof![3 => Just(0u64), 1 => 800_000u64..1_200_000],
        other in prop_oneof![2 => Just(0u64), 1 => 800_000u64..1_200_000],
        age in prop_oneof![3 => 0i64..12, 1 => 0i64..30_000],
    ) -> Feed {
        let share = |ppm: u64| (u128::from(price) * u128::from(ppm) / 1_000_000) as u64;
        let mut feed = feed();
        feed.last.price = price;
        feed.last.conf = share(conf);
        feed.last.ema = share(ema);
        feed.slow = share(slow);
        feed.previous = Print { price: share(previous), ..feed.last };
        feed.pending.price = share(jump);
        feed.last.publish_at -= age;
        feed.previous.publish_at -= age + 3;
        if other != 0 {
            second(&mut feed, share(other));
        }
        feed
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    /// No fault makes a cell looser, alone or with others.
    #[test]
    fn more_faults_are_never_looser(feed in any_feed(), pick in 0usize..5) {
        let faults = conditions(&feed, NOW);
        let mut worse = faults;
        match pick {
            0 => worse.uncertain = true,
            1 => worse.unconfirmed = true,
            2 => (worse.stale, worse.old) = (true, true),
            3 => worse.diverged = true,
            _ => (worse.dead, worse.stale, worse.old) = (true, true, true),
        }
        for usage in LegUse::ALL {
            prop_assert!(worse.cell(usage) >= faults.cell(usage), "{usage:?}");
            prop_assert!(worse.cell(usage) >= allows(Severity::Ok, usage));
        }
    }

    /// Bounds of the initial level enclose every witness, and faults only widen them.
    #[test]
    fn initial_bounds_enclose_every_witness(feed in any_feed()) {
        let faults = conditions(&feed, NOW);
        let bounds = initial_bounds(&feed, &faults).unwrap();
        let clean = initial_bounds(&feed, &Conditions::default()).unwrap();
        prop_assert!(bounds.down <= clean.down && bounds.up >= clean.up);
        for witness in [feed.last.price, feed.last.ema, feed.slow] {
            prop_assert!(bounds.down <= witness && witness <= bounds.up);
        }
        let adverse = !faults.dead && !faults.stale && !faults.unconfirmed;
        prop_assert_eq!(bounds.adverse, !adverse);
    }

    /// Below the initial level a fault never makes a price worse for the account than Ok would.
    #[test]
    fn faults_favour_the_account_below_initial(
        feed in any_feed(), gains_up: bool, margin in 0u32..500_000, pair: bool,
    ) {
        let faults = conditions(&feed, NOW);
        let price = maintenance_price(&feed, &faults, gains_up, margin, pair, NOW).unwrap();
        let clean = Conditions::default();
        let ok = maintenance_price(&feed, &clean, gains_up, margin, false, NOW).unwrap();
        prop_assert!(if gains_up { price >= ok } else { price <= ok }, "{price} against {ok}");
        // a42: confidence moves an Ok leg by at most a quarter of its margin.
        let quarter = u128::from(feed.last.price) * u128::from(margin) / 4_000_000;
        prop_assert!(u128::from(ok.abs_diff(feed.last.price)) <= quarter);
    }

    /// A take-over never happens at a price that is worse for the account than the newest print.
    #[test]
    fn take_over_prices_favour_the_account(
        feed in any_feed(), gains_up: bool, margin in 0u32..500_000, below: bool,
    ) {
        if let Ok(price) = liquidation_price(&feed, gains_up, margin, below, NOW) {
            let last = feed.last.price;
            let good = if gains_up { price >= last } else { price <= last };
            prop_assert!(good, "{price} against {last}");
        }
    }
}
