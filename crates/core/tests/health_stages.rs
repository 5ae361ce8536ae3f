//! Health (D2, D12): dead legs, pauses, stages, eligibility, settled and announced prices, by hand.

mod fixture;

use bulwark_core::Now;
use bulwark_core::health::*;
use bulwark_state::*;
use bytemuck::Zeroable;
use fixture::*;

const LEVELS: [Level; 3] = [Level::Initial, Level::LiquidationEnd, Level::Maintenance];

fn at(board: &Board, account: &MarginAccount, level: Level) -> (i64, u64) {
    let health = health(board, account, level, NOW, false).unwrap();
    (health.value, health.requirement)
}

/// a11: a dead leg neither makes an account untouchable nor traps it.
#[test]
fn a_dead_leg_counts_at_its_bounds() {
    let (mut board, mut account) = one_long();
    board.feeds[0].last.ema = HUNDRED;
    board.feeds[0].slow = HUNDRED;
    account.collaterals[0] = collateral(1, 1_000_000_000);
    let dead = |age: i64| Now {
        unix: NOW.unix + age,
        slot: 0,
    };
    let value = |level, age| {
        health(&board, &account, level, dead(age), false)
            .unwrap()
            .value
    };
    // Collateral 0; position at 100 − 3 × 3 %: 910 − 980.
    assert_eq!(value(Level::Initial, 601), 1_000_000_000 - 70_000_000);
    // All the favour: 103 × 97 % and 10 × 103 − 980; then half of it; then none.
    assert_eq!(
        value(Level::Maintenance, 600),
        1_000_000_000 + 97_048_500 + 20_500_000
    );
    assert_eq!(
        value(Level::Maintenance, 11_100),
        1_000_000_000 + 98_455_000 + 35_000_000
    );
    assert_eq!(
        value(Level::Maintenance, 21_600),
        1_000_000_000 + 97_000_000 + 20_000_000
    );
    assert_eq!(
        value(Level::Maintenance, 999_999),
        1_000_000_000 + 97_000_000 + 20_000_000
    );
    // A position in profit can't gain at the adverse bound.
    account.positions[3].quote = -500 * USD;
    let worst = health(&board, &account, Level::Initial, dead(601), false).unwrap();
    assert_eq!(worst.value, 1_000_000_000);
}

#[test]
fn paused_spares_a_fifth_below_initial_and_takes_adverse_bounds_at_it() {
    let (board, mut account) = one_long();
    account.collaterals[0] = collateral(1, 1_000_000_000);
    let paused = |level| health(&board, &account, level, NOW, true).unwrap();
    assert_eq!(paused(Level::Maintenance).requirement, 24_000_000);
    assert_eq!(paused(Level::Maintenance).critical, 15_000_000);
    assert_eq!(paused(Level::LiquidationEnd).requirement, 27_000_000);
    assert_eq!(paused(Level::Initial).value, 1_000_000_000 - 70_000_000);
    assert_eq!(paused(Level::Initial).requirement, 45_500_000);
}

#[test]
fn stages_by_hand() {
    let (mut board, mut account) = one_long();
    board.feeds[0] = feed(HUNDRED);
    account.positions[3].quote = -1_000 * USD;
    // Req_M 30, Req_I 45.50, the middle 37.75.
    let cases = [
        (45_500_000, Stage::Healthy),
        (45_499_999, Stage::ReduceOnly),
        (37_750_000, Stage::ReduceOnly),
        (37_749_999, Stage::Warned),
        (30_000_000, Stage::Warned),
        (29_999_999, Stage::Liquidatable),
        (0, Stage::Liquidatable),
        (-1, Stage::Bankrupt),
    ];
    for (quote, expected) in cases {
        account.quote = quote;
        assert_eq!(
            stage(&board, &account, NOW, false),
            Ok(expected),
            "at {quote}"
        );
    }
    account.quote = 45_500_000;
    assert_eq!(initial_ok(&board, &account, NOW, 1_000_000), Ok(true));
    assert_eq!(initial_ok(&board, &account, NOW, 1_100_000), Ok(false));
    account.quote = 50_050_000;
    assert_eq!(initial_ok(&board, &account, NOW, 1_100_000), Ok(true));
    account.quote = 50_049_999;
    assert_eq!(initial_ok(&board, &account, NOW, 1_100_000), Ok(false));
}

/// D5: eligible at the favourable one of two young prints, but not below the critical level.
#[test]
fn eligibility_takes_the_favourable_of_two_young_prints() {
    let (mut board, mut account) = one_long();
    board.feeds[0] = feed(HUNDRED);
    board.feeds[0].previous.price = 10_050_000_000;
    account.positions[3].quote = -1_000 * USD;
    let surplus = |board: &Board, account: &MarginAccount| {
        eligibility(board, account, NOW, false)
            .unwrap()
            .surplus()
            .unwrap()
    };
    account.quote = 30_000_000;
    assert_eq!(surplus(&board, &account), 0);
    account.quote = 29_999_999;
    assert_eq!(
        surplus(&board, &account),
        4_999_999,
        "at 100.50 it isn't liquidatable"
    );
    account.quote = 24_999_999;
    assert_eq!(surplus(&board, &account), -1);
    board.feeds[0].previous.publish_at = NOW.unix - 16;
    account.quote = 29_999_999;
    assert_eq!(surplus(&board, &account), -1, "the other print is too old");
    board.feeds[0].previous = Print {
        price: 12_000_000_000,
        ..board.feeds[0].last
    };
    account.quote = 14_999_999;
    assert_eq!(
        surplus(&board, &account),
        -15_000_001,
        "below hf the newest alone counts"
    );
    account.quote = 15_000_000;
    assert_eq!(surplus(&board, &account), 185_000_000);
}

#[test]
fn a_settled_market_counts_at_its_price_and_asks_for_nothing() {
    let (mut board, account) = one_long();
    board.markets[0].status = 6;
    board.markets[0].settle_price = 9_000_000_000;
    board.feeds[0] = Feed::zeroed();
    for level in LEVELS {
        assert_eq!(at(&board, &account, level), (920_000_000, 0));
    }
    assert_eq!(raw_value(&board, &account, NOW), Ok(920_000_000));
    assert_eq!(mark(&board, 0), Ok(9_000_000_000));
}

/// Until the freeze of Recovery the worse of live and announced price counts.
#[test]
fn a67_an_announced_price_counts_where_it_is_worse() {
    let (mut board, mut account) = one_long();
    board.feeds[0] = feed(HUNDRED);
    board.feeds[0].announced = 9_000_000_000;
    assert_eq!(raw_value(&board, &account, NOW), Ok(920_000_000));
    assert_eq!(at(&board, &account, Level::Initial).0, 920_000_000);
    account.positions[3] = position(0, -10 * UNIT, 980 * USD);
    assert_eq!(raw_value(&board, &account, NOW), Ok(980_000_000));
    // Short of ten at $98, announced at $110: it has lost $120 there at every level.
    board.feeds[0].announced = 11_000_000_000;
    assert_eq!(raw_value(&board, &account, NOW), Ok(880_000_000));
    for level in LEVELS {
        assert_eq!(at(&board, &account, level).0, 880_000_000);
    }
}
