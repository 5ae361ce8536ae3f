//! Health (D2): examples computed by hand, exact to the unit.

mod fixture;

use bulwark_core::health::*;
use bulwark_core::{Error, Now};
use bulwark_state::*;
use fixture::*;

const LEVELS: [Level; 3] = [Level::Initial, Level::LiquidationEnd, Level::Maintenance];

fn at(board: &Board, account: &MarginAccount, level: Level) -> (i64, u64) {
    let health = health(board, account, level, NOW, false).unwrap();
    (health.value, health.requirement)
}

#[test]
fn a_long_at_three_levels() {
    let (board, account) = one_long();
    // P↓ = 99.95: 999.50 − 980 = 19.50. 3 % and 3.375 % of 1,000.
    assert_eq!(
        at(&board, &account, Level::Maintenance),
        (1_019_500_000, 30_000_000)
    );
    assert_eq!(
        at(&board, &account, Level::LiquidationEnd),
        (1_019_500_000, 33_750_000)
    );
    // P↓ = min(100 − 0.106, 100.20, 99.50): 15 of profit, 70 % of it. 4.5 % + 0.05 % of 1,000.
    assert_eq!(
        at(&board, &account, Level::Initial),
        (1_010_500_000, 45_500_000)
    );
    // ½·3 % of 1,000.
    let health = health(&board, &account, Level::Maintenance, NOW, false).unwrap();
    assert_eq!(health.critical, 15_000_000);
    assert_eq!(health.surplus(), Ok(989_500_000));
    assert_eq!(raw_value(&board, &account, NOW), Ok(1_020_000_000));
    assert_eq!(mark(&board, 0), Ok(HUNDRED));
}

#[test]
fn a_short_at_three_levels() {
    let (board, mut account) = one_long();
    account.positions[3] = position(0, -10 * UNIT, 980 * USD);
    // P↑ = 100.05.
    assert_eq!(
        at(&board, &account, Level::Maintenance),
        (979_500_000, 30_000_000)
    );
    // P↑ = max(100.106, 100.20, 99.50); a loss counts whole.
    assert_eq!(
        at(&board, &account, Level::Initial),
        (978_000_000, 45_500_000)
    );
    assert_eq!(raw_value(&board, &account, NOW), Ok(980_000_000));
}

#[test]
fn confidence_is_bounded_at_each_level() {
    let (mut board, account) = one_long();
    board.feeds[0].last.ema = HUNDRED;
    // 0.9 %: ¼ of 3 % is 0.75 %; 2.12 times is 1.908 %.
    board.feeds[0].last.conf = 90_000_000;
    assert_eq!(
        at(&board, &account, Level::Maintenance).0,
        1_000_000_000 + 992_500_000 - 980_000_000
    );
    assert_eq!(
        at(&board, &account, Level::Initial).0,
        1_000_000_000 + 700_000 * 92 / 100
    );
    // 3 %, Uncertain: 5 % doubled against the account at Initial, 0.75 % for it below.
    board.feeds[0].last.conf = 300_000_000;
    assert_eq!(
        at(&board, &account, Level::Initial).0,
        1_000_000_000 + 900_000_000 - 980_000_000
    );
    assert_eq!(
        at(&board, &account, Level::Maintenance).0,
        1_000_000_000 + 1_007_500_000 - 980_000_000
    );
}

#[test]
fn open_orders_count_at_initial_alone() {
    let (board, mut account) = one_long();
    account.positions[3].orders = 5;
    account.orders[0] = bid(3, 500_000_000, 10_100_000_000);
    account.orders[7] = ask(3, 2_000_000_000, 9_900_000_000);
    // Long side: 15 × 100 × 4.55 % + 5 × (101 − 99.50). Short side: 10 × 100 × 4.55 % +
    // 20 × (100.20 − 99) = 69.50.
    assert_eq!(
        at(&board, &account, Level::Initial),
        (1_010_500_000, 75_750_000)
    );
    account.orders[8] = ask(3, 500_000_000, 9_900_000_000);
    // Short side: 15 × 100 × 4.55 % + 25 × 1.20.
    assert_eq!(
        at(&board, &account, Level::Initial),
        (1_010_500_000, 98_250_000)
    );
    // None of these counts: reduce-only, expired, of another epoch.
    account.orders[20] = OrderSlot {
        flags: 0x81,
        ..account.orders[8]
    };
    account.orders[21] = OrderSlot {
        expires_at: 1_699_999_999,
        ..account.orders[8]
    };
    account.orders[22] = OrderSlot {
        epoch: 1,
        ..account.orders[8]
    };
    assert_eq!(
        at(&board, &account, Level::Initial),
        (1_010_500_000, 98_250_000)
    );
    account.orders[21].expires_at = 1_700_000_000;
    assert_eq!(
        at(&board, &account, Level::Initial),
        (1_010_500_000, 127_000_000)
    );
    assert_eq!(
        at(&board, &account, Level::Maintenance),
        (1_019_500_000, 30_000_000)
    );
    assert!(!is_plain(&account));
    // A raised epoch voids them all but the one that was placed in it.
    account.order_epoch = 0x7_0001;
    assert_eq!(
        at(&board, &account, Level::Initial),
        (1_010_500_000, 45_500_000)
    );
    // An order without a position is a broken account, not a free one.
    account.orders[0] = OrderSlot {
        epoch: 1,
        ..bid(5, 1, HUNDRED)
    };
    let broken = health(&board, &account, Level::Initial, NOW, false);
    assert_eq!(broken, Err(Error::InvariantBroken));
}

#[test]
fn orders_alone_need_margin() {
    let (board, mut account) = (board(), account());
    account.positions[0] = Position {
        orders: 2,
        ..position(2, 0, 0)
    };
    account.orders[0] = bid(0, 100_000_000, 590 * HUNDRED);
    account.orders[1] = ask(0, 300_000_000, 610 * HUNDRED);
    // 3 × 60,000 × (3 % + 0.05 %); nothing is given away.
    assert_eq!(at(&board, &account, Level::Initial), (0, 5_490_000_000));
    // At 62,000 a bid gives away 2,000 for its whole size (a57).
    account.orders[0].price = 620 * HUNDRED;
    account.orders[0].size = 400_000_000;
    assert_eq!(
        at(&board, &account, Level::Initial),
        (0, 7_320_000_000 + 8_000_000_000)
    );
}

#[test]
fn collateral_at_three_levels() {
    let (mut board, mut account) = one_long();
    account.quote = 0;
    account.positions[3] = Position::default();
    account.collaterals[2] = collateral(1, 2_500_000_000);
    // 2.5 × 99.95 × 97 %; × 96.625 %; 2.5 × 99.50 × 95.5 %.
    assert_eq!(at(&board, &account, Level::Maintenance), (242_378_750, 0));
    assert_eq!(
        at(&board, &account, Level::LiquidationEnd),
        (241_441_718, 0)
    );
    assert_eq!(at(&board, &account, Level::Initial), (237_556_250, 0));
    assert_eq!(raw_value(&board, &account, NOW), Ok(250_000_000));
    // Waiting tickets count below Initial, residuals nowhere.
    account.collaterals[2].pending = 500_000_000;
    account.collaterals[2].residual = 1_000_000_000;
    account.quote_claims.pending = 7;
    account.quote_claims.residual = 9;
    assert_eq!(
        at(&board, &account, Level::Maintenance),
        (290_854_500 + 7, 0)
    );
    assert_eq!(at(&board, &account, Level::Initial), (237_556_250, 0));
    assert_eq!(raw_value(&board, &account, NOW), Ok(300_000_007));
    // Coverage counts at Initial alone.
    board.banks[1].coverage_e9 = 500_000_000;
    assert_eq!(at(&board, &account, Level::Initial), (118_778_125, 0));
    assert_eq!(at(&board, &account, Level::Maintenance), (290_854_507, 0));
}

#[test]
fn a_stablecoin_is_never_valued_above_one() {
    let (mut board, mut account) = (board(), account());
    account.collaterals[0] = collateral(2, 1_000_000_000);
    for (price, raw, maintenance) in [
        (ONE, 1_000, 980),
        (110_000_000, 1_000, 980),
        (90_000_000, 900, 882),
    ] {
        board.feeds[1] = feed(price);
        assert_eq!(raw_value(&board, &account, NOW), Ok(raw * USD));
        assert_eq!(
            at(&board, &account, Level::Maintenance),
            (maintenance * USD, 0)
        );
    }
}

/// a70: a token of tiny price lists per 10^9 units.
#[test]
fn a_token_of_tiny_price_counts_per_its_unit() {
    let (mut board, mut account) = (board(), account());
    board.feeds[0] = feed(1_234_500_000); // $12.345 per 10^9 tokens
    board.feeds[0].unit_exp = 9;
    board.banks[1].decimals = 5;
    account.collaterals[0] = collateral(1, 300_000_000_000_000); // 3 × 10^9 tokens
    assert_eq!(raw_value(&board, &account, NOW), Ok(37_035_000));
    assert_eq!(at(&board, &account, Level::Maintenance), (35_923_950, 0));
}

#[test]
fn weights_follow_the_banks_state() {
    let mut board = board();
    let weights = |board: &Board, unix| bank_weights(board, &board.banks[1], Now { unix, slot: 0 });
    let whole = Weights {
        initial: 955_000_000,
        end: 966_250_000,
        maintenance: 970_000_000,
    };
    assert_eq!(weights(&board, NOW.unix), Ok(whole));
    // Warm-up of ten days.
    (board.banks[1].warm_from, board.banks[1].warm_until) = (NOW.unix, NOW.unix + 864_000);
    for (after, initial) in [
        (0, 0),
        (86_400, 95_500_000),
        (863_999, 954_998_894),
        (864_000, 955_000_000),
    ] {
        assert_eq!(
            weights(&board, NOW.unix + after),
            Ok(Weights { initial, ..whole }),
            "{after}"
        );
    }
    board.banks[1].status = 2;
    assert_eq!(
        weights(&board, NOW.unix + 864_000),
        Ok(Weights {
            initial: 0,
            ..whole
        })
    );
    // Closing over 1,000 open seconds, of which 100 pass in a pause.
    board.banks[1].status = 3;
    board.banks[1].closing_open = NOW.unix as u64;
    board.banks[1].closing_ramp = 1_000;
    board.clock = OpenClock {
        closed_sum: 0,
        closed_from: NOW.unix + 400,
        closed_until: NOW.unix + 500,
    };
    for (after, share) in [
        (0, 1_000),
        (400, 600),
        (450, 600),
        (500, 600),
        (600, 500),
        (1_100, 0),
        (9_999, 0),
    ] {
        let expected = Weights {
            initial: 0,
            end: 966_250 * share,
            maintenance: 970_000 * share,
        };
        assert_eq!(weights(&board, NOW.unix + after), Ok(expected), "{after}");
    }
    board.banks[1].status = 0;
    assert_eq!(weights(&board, NOW.unix), Ok(Weights::default()));
}

#[test]
fn size_and_concentration_add_to_the_ratios() {
    let mut board = board();
    board.feeds[0].slow = 10_020_000_000;
    board.markets[0].concentration_e9 = 7_000_000;
    let ratios = |units: i64| leg_ratios(&board, 0, units * UNIT, NOW).unwrap();
    let at = |initial, end, maintenance| Ratios {
        initial,
        end,
        maintenance,
    };
    assert_eq!(ratios(0), at(52_000_000, 35_500_000, 30_000_000));
    // 9,980 × 100.20 lies just below the depth of a million, 20,000 × 100.20 a little above two.
    assert_eq!(ratios(9_980), ratios(0));
    assert_eq!(ratios(-20_000), at(152_400_000, 135_900_000, 130_400_000));
    assert_eq!(ratios(30_000), at(252_000_000, 235_500_000, 230_000_000));
    let mut shallow = board.clone();
    shallow.markets[0].depth_usd = 0;
    let ratios = leg_ratios(&shallow, 0, 1, NOW).unwrap();
    assert_eq!(
        ratios.maintenance, 230_000_000,
        "no depth: the cap for any size"
    );
}

#[test]
fn applied_maintenance_walks_in_the_markets_open_time() {
    let (mut board, account) = one_long();
    board.markets[0].margin.mm = 60_000_000;
    board.markets[0].margin.m0_open = NOW.unix as u64;
    let required = |board: &Board, after: i64| {
        let now = Now {
            unix: NOW.unix + after,
            slot: 0,
        };
        health(board, &account, Level::Maintenance, now, false)
            .unwrap()
            .requirement
    };
    assert_eq!(required(&board, 0), 30_000_000);
    assert_eq!(required(&board, 450), 45_000_000);
    assert_eq!(required(&board, 900), 60_000_000);
    let halt = OpenClock {
        closed_sum: 0,
        closed_from: NOW.unix + 100,
        closed_until: NOW.unix + 400,
    };
    board.markets[0].clock = halt;
    assert_eq!(required(&board, 450), 35_000_000);
    // A pause of the compartment at the same time counts once.
    board.clock = halt;
    assert_eq!(required(&board, 450), 35_000_000);
}

fn raise(index: Wide, by: u128) -> Wide {
    Wide::new(index.get() + by)
}

#[test]
fn dues_count_as_a_touch_would_book_them() {
    let (mut board, mut account) = one_long();
    // Longs pay 0.3 units of money per 10^8 of base; 10 × 10^8 / 3 is not whole.
    board.markets[0].funding = SignedWide::new((1i128 << 64) / 300_000_000);
    board.markets[0].loss_long = raise(Wide::default(), (1u128 << 64) / 700_000_000);
    board.lend_index = raise(Wide::default(), (1u128 << 64) / 3_000_000_000);
    // 10^9/3·10^8 = 3.33 and 10^9/7·10^8 = 1.43 up, 10^9/3·10^9 = 0.33 down.
    assert_eq!(raw_value(&board, &account, NOW), Ok(1_020_000_000 - 4 - 2));
    board.lend_index = raise(Wide::default(), 5 * ((1u128 << 64) / 3_000_000_000));
    assert_eq!(
        raw_value(&board, &account, NOW),
        Ok(1_020_000_000 - 4 - 2 + 1)
    );
    // A short receives 3.33 and bears no loss of longs.
    account.positions[3] = position(0, -10 * UNIT, 980 * USD);
    assert_eq!(raw_value(&board, &account, NOW), Ok(980_000_000 + 3 + 1));
    // A debtor pays by his own index.
    account.quote = -1_000 * USD;
    board.debt_index = raise(Wide::default(), (1u128 << 64) / 3_000_000_000);
    assert_eq!(raw_value(&board, &account, NOW), Ok(-1_020_000_000 + 3 - 1));
    // An index that went back is refused.
    account.positions[3].base = 10 * UNIT;
    account.positions[3].loss = raise(board.markets[0].loss_long, 1);
    assert_eq!(
        raw_value(&board, &account, NOW),
        Err(Error::InvariantBroken)
    );
}

#[test]
fn plain_accounts_need_no_board() {
    let mut account = account();
    account.quote = 5;
    account.collaterals[0] = collateral(1, 7);
    assert!(is_plain(&account));
    account.orders[3] = bid(0, 1, 1);
    assert!(!is_plain(&account));
    account.order_epoch = 1;
    assert!(is_plain(&account));
    account.positions[2] = position(0, 1, 0);
    assert!(!is_plain(&account));
    account.positions[2] = position(0, 0, 0);
    account.quote = -1;
    assert!(!is_plain(&account));
}

#[test]
fn beyond_the_bounds_is_an_error() {
    let (board, mut account) = one_long();
    account.positions[3] = position(2, i64::MAX, 0);
    for level in LEVELS {
        assert_eq!(
            health(&board, &account, level, NOW, false),
            Err(Error::Overflow)
        );
    }
    account.positions[3].base = i64::MIN;
    assert_eq!(
        health(&board, &account, Level::Maintenance, NOW, false),
        Err(Error::Overflow)
    );
    account.positions[3] = position(9, 1, 0);
    assert!(health(&board, &account, Level::Maintenance, NOW, false).is_ok_and(|h| h.value >= 0));
    account.positions[3] = position(32, 1, 0);
    assert_eq!(
        health(&board, &account, Level::Initial, NOW, false),
        Err(Error::BadIndex)
    );
}
