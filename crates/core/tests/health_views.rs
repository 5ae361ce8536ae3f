//! Health view and margin notice: the view's parts add up to the health that the program decides
//! by, and the notice is what a patient observer would find by trying every second and price.

mod fixture;

use bulwark_core::health::*;
use bulwark_state::*;
use fixture::*;
use proptest::prelude::*;

fn seen(board: &Board, account: &MarginAccount, paused: bool) -> HealthView {
    let mut out = HealthView::default();
    view(board, account, NOW, paused, &mut out).unwrap();
    out
}

fn noticed(board: &Board, account: &MarginAccount, paused: bool) -> MarginNotice {
    let mut out = MarginNotice::default();
    notice(board, account, NOW, paused, &mut out).unwrap();
    out
}

/// The board as it will be after `open` seconds, its prices as fresh as they are now.
fn after(board: &Board, open: u64) -> Box<Board> {
    let mut board = Box::new(*board);
    let markets = board.markets.iter_mut().map(|market| &mut market.margin);
    let banks = board.banks.iter_mut().map(|bank| &mut bank.haircut);
    for targets in markets.chain(banks) {
        targets.m0_open = targets.m0_open.saturating_sub(open);
    }
    for bank in &mut board.banks {
        bank.closing_open = bank.closing_open.saturating_sub(open);
    }
    board
}

fn surplus(board: &Board, account: &MarginAccount, paused: bool) -> i64 {
    let health = health(board, account, Level::Maintenance, NOW, paused).unwrap();
    health.surplus().unwrap()
}

/// H_M with a feed's newest print at `price`.
fn at_price(board: &Board, account: &MarginAccount, feed: u8, price: u64, paused: bool) -> i64 {
    let mut board = Box::new(*board);
    let feed = &mut board.feeds[usize::from(feed)];
    (feed.last.price, feed.previous.price) = (price, price);
    surplus(&board, account, paused)
}

#[test]
fn a_long_is_told_its_second_and_its_price() {
    let (mut board, mut account) = one_long();
    account.quote = 100 * USD;
    let targets = &mut board.markets[0].margin;
    targets.mm = 15 * PERCENT;
    targets.m0_open = NOW.unix.unsigned_abs();
    let told = noticed(&board, &account, false);
    // E = 100 + 999.5 − 980 = 119.5 of 1,000: A passes 11.95 % after (11.95 − 3)/15 of 1,800 s.
    assert_eq!((told.version, told.reached), (VIEW_VERSION, 1));
    assert_eq!((told.after_open, told.rising_open), (1_075, 1_800));
    assert_eq!(told.reached_at, NOW.unix + 1_075);
    assert_eq!(
        (told.surplus_now, told.surplus_then),
        (89_500_000, -30_500_000)
    );
    // 100 + 10·(P − 0.05) − 980 below 3 %, then below 15 % of 10·P.
    let leg = told.legs[3];
    let close = |told: u64, exact: f64| (told as f64 / 1e8 - exact).abs() <= 2e-4;
    assert_eq!((leg.active, leg.market, leg.mark), (1, 0, HUNDRED));
    assert!(close(leg.price_now, 880.5 / 9.7), "{}", leg.price_now);
    // Already above the mark: at the target it is reached at today's price.
    assert_eq!(leg.price_then, HUNDRED);
    assert_eq!(told.legs[0], LegNotice::default());

    // With more behind it, it never is.
    account.quote = 1_000 * USD;
    let told = noticed(&board, &account, false);
    assert_eq!(
        (told.reached, told.after_open, told.reached_at),
        (0, u64::MAX, 0)
    );
    assert_eq!(told.legs[3].price_now, 0, "worth more than the leg costs");

    // A short is reached from above: 100 − 10·(P + 0.05) + 980 below 3 % of 10·P.
    account.quote = 100 * USD;
    account.positions[3] = position(0, -10 * UNIT, 980 * USD);
    let told = noticed(&board, &account, false);
    let price = told.legs[3].price_now;
    assert!(close(price, 1_079.5 / 10.3), "{price}");
    account.quote = 40 * USD;
    let told = noticed(&board, &account, false);
    assert_eq!((told.reached, told.after_open), (2, 0));
    assert_eq!(told.legs[3].price_now, HUNDRED);
}

#[test]
fn an_empty_account_is_told_nothing() {
    let (board, account) = (board(), account());
    let told = noticed(&board, &account, false);
    assert_eq!(
        (told.reached, told.rising_open, told.surplus_then),
        (0, 0, 0)
    );
    let told = seen(&board, &account, true);
    assert_eq!((told.stage, told.flags), (1, VIEW_PAUSED | VIEW_PLAIN));
}

#[test]
fn every_stage_has_its_number() {
    for stage in [
        Stage::Healthy,
        Stage::ReduceOnly,
        Stage::Warned,
        Stage::Liquidatable,
        Stage::Bankrupt,
    ] {
        assert_eq!(Stage::from_u8(stage as u8 + 1), Ok(stage));
    }
    assert!(Stage::from_u8(0).is_err() && Stage::from_u8(6).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_view_adds_up_to_what_decides(seed: u64, paused: bool) {
        let (board, account) = any_world(seed);
        let told = seen(&board, &account, paused);
        let level = |level, paused| health(&board, &account, level, NOW, paused).unwrap();
        let initial = level(Level::Initial, false);
        prop_assert_eq!((told.initial_value, told.initial_requirement),
            (initial.value, initial.requirement));
        let end = level(Level::LiquidationEnd, paused);
        prop_assert_eq!((told.end_value, told.end_requirement), (end.value, end.requirement));
        let lowest = level(Level::Maintenance, paused);
        prop_assert_eq!((told.maintenance_value, told.maintenance_requirement, told.critical),
            (lowest.value, lowest.requirement, lowest.critical));
        prop_assert_eq!(told.raw_value, raw_value(&board, &account, NOW).unwrap());
        prop_assert_eq!(Stage::from_u8(told.stage), stage(&board, &account, NOW, paused));
        let (legs, tokens) = (&told.legs, &told.collaterals);
        let value = legs.iter().map(|leg| leg.initial_value).sum::<i64>()
            + tokens.iter().map(|token| token.initial_value).sum::<i64>();
        prop_assert_eq!(told.quote + value, told.initial_value);
        let required: u64 = legs.iter().map(|leg| leg.initial_requirement).sum();
        prop_assert_eq!(required, told.initial_requirement);
        let value = legs.iter().map(|leg| leg.maintenance_value).sum::<i64>()
            + tokens.iter().map(|token| token.maintenance_value).sum::<i64>();
        let own = told.quote + told.quote_pending.cast_signed();
        prop_assert_eq!(own + value, told.maintenance_value);
        let required: u64 = legs.iter().map(|leg| leg.maintenance_requirement).sum();
        prop_assert_eq!(required, level(Level::Maintenance, false).requirement);
        let decides = eligibility(&board, &account, NOW, paused).unwrap().surplus().unwrap() < 0;
        prop_assert_eq!(told.flags & VIEW_LIQUIDATABLE != 0, decides);
    }

    #[test]
    fn a_notice_is_what_waiting_would_show(seed: u64, paused: bool, push in -400_i64..400) {
        let (board, mut account) = any_world(seed);
        // Near the edge, where time decides.
        account.quote -= surplus(&board, &account, paused) - push * 100 * USD;
        let told = noticed(&board, &account, paused);
        prop_assert_eq!(told.surplus_now, surplus(&board, &account, paused));
        let last = surplus(&after(&board, told.rising_open), &account, paused);
        prop_assert_eq!(told.surplus_then, last);
        let later = after(&board, told.rising_open + 5_000);
        prop_assert_eq!(last, surplus(&later, &account, paused), "all stand then");
        if told.reached == 0 {
            prop_assert!(last >= 0 && told.after_open == u64::MAX);
        } else {
            let at = |open| surplus(&after(&board, open), &account, paused);
            prop_assert!(at(told.after_open) < 0);
            prop_assert!(told.after_open == 0 || at(told.after_open - 1) >= 0);
            prop_assert_eq!(told.reached == 2, told.after_open == 0);
        }
        for (leg, told) in account.positions.iter().zip(&told.legs) {
            if leg.base == 0 {
                continue;
            }
            let feed = board.markets[usize::from(leg.market)].feed;
            let mark = board.feeds[usize::from(feed)].last.price;
            let at = |price| at_price(&board, &account, feed, price, paused);
            if told.price_now == mark {
                prop_assert!(at(mark) < 0);
            } else if told.price_now == 0 {
                let far = if leg.base > 0 { 1 } else { 10 * mark };
                prop_assert!(at(far) >= 0);
            } else {
                prop_assert!(at(told.price_now) < 0, "{} of {}", told.price_now, mark);
                prop_assert_eq!(told.price_now < mark, leg.base > 0);
                // Between there and the mark lies a price at most a millionth away where it isn't.
                let fine = (mark >> 20).max(1);
                let near = (0..=8).map(|eighth| fine * eighth / 8).any(|step| {
                    let price = if leg.base > 0 { told.price_now + step }
                        else { told.price_now - step };
                    at(price) >= 0
                });
                prop_assert!(near);
            }
        }
    }
}
