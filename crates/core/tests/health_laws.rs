//! Health (D2): what must hold for any account.

mod fixture;

use bulwark_core::Now;
use bulwark_core::health::*;
use bulwark_core::ledger::{touch_position, touch_quote};
use bulwark_state::*;
use bytemuck::Zeroable;
use fixture::*;
use proptest::prelude::*;

const LEVELS: [Level; 3] = [Level::Initial, Level::LiquidationEnd, Level::Maintenance];

fn all(board: &Board, account: &MarginAccount) -> Vec<i64> {
    let mut numbers = vec![raw_value(board, account, NOW).unwrap()];
    for level in LEVELS {
        for paused in [false, true] {
            let health = health(board, account, level, NOW, paused).unwrap();
            numbers.extend([
                health.value,
                health.requirement as i64,
                health.critical as i64,
            ]);
        }
    }
    numbers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// D2: a touch changes no health number, and a second one books nothing.
    #[test]
    fn a_touch_changes_no_health_number(seed: u64) {
        let (board, mut account) = any_world(seed);
        let before = all(&board, &account);
        let mut deltas = Deltas::default();
        touch_quote(&board, &mut account, &mut deltas).unwrap();
        let mut markets = [Market::zeroed(); 3];
        for round in 0..2 {
            let quotes = account.positions.map(|position| position.quote);
            for slot in 0..MAX_POSITIONS {
                let position = account.positions[slot];
                if position.active != 0 {
                    let market = &mut markets[usize::from(position.market)];
                    market.index = position.market;
                    touch_position(&board, &mut account, slot, market).unwrap();
                }
            }
            prop_assert_eq!(&all(&board, &account), &before);
            prop_assert!(round == 0 || quotes == account.positions.map(|position| position.quote));
        }
        for market in markets {
            prop_assert_eq!(market.quote_sum, -market.pot);
        }
        prop_assert_eq!(deltas.positive - deltas.negative, -deltas.interest_pot);
    }

    /// A lower price never helps a long nor a higher one a short, at any level.
    #[test]
    fn a_worse_price_never_increases_health(seed: u64, up: bool, ppm in 100u64..50_000) {
        let (mut board, mut account) = any_world(seed);
        account.collaterals = [Collateral::default(); MAX_COLLATERALS];
        account.orders = [OrderSlot::default(); MAX_ORDERS];
        for market in &mut board.markets {
            // Where a margin is above the credit for profit, its fall outweighs that of the value.
            let margin = &mut market.margin;
            margin.im = margin.im.min(80_000_000);
            margin.mm = margin.mm.min(80_000_000);
            margin.m0 = margin.m0.min(80_000_000);
        }
        for position in &mut account.positions {
            // Everyone on the side that the move is against.
            position.base = if up { -position.base.abs() } else { position.base.abs() };
        }
        let mut moved = board.clone();
        for feed in &mut moved.feeds {
            let shift = |price: &mut u64| {
                let step = *price / 1_000_000 * ppm;
                *price = if up { *price + step } else { *price - step };
            };
            shift(&mut feed.last.price);
            shift(&mut feed.last.ema);
            shift(&mut feed.slow);
            shift(&mut feed.last.conf);
        }
        for level in LEVELS {
            // Tiny legs may gain by rounding what is less than a unit in each term.
            let slack = 2 * MAX_POSITIONS as i64;
            let before = health(&board, &account, level, NOW, false).unwrap().surplus().unwrap();
            let after = health(&moved, &account, level, NOW, false).unwrap().surplus().unwrap();
            prop_assert!(after <= before + slack, "{level:?}: {before} to {after}");
        }
        let before = raw_value(&board, &account, NOW).unwrap();
        prop_assert!(raw_value(&moved, &account, NOW).unwrap() <= before);
    }

    /// INV-GATE: a fault never raises health at Initial, nor lowers it below.
    #[test]
    fn faults_never_work_the_wrong_way(seed: u64, which in 0usize..3, kind in 0u8..5) {
        let (board, account) = any_world(seed);
        let mut faulty = board.clone();
        let feed = &mut faulty.feeds[which];
        match kind {
            0 => feed.params.conf_max_ppm = 0,
            1 => feed.pending.price = feed.last.price + feed.last.price / 30,
            2 => feed.params.age_ok = 0,
            3 => feed.params.age_stale = 0,
            _ => feed.params.age_old = 0,
        }
        let late = Now { unix: NOW.unix + 1, slot: NOW.slot };
        let surplus = |board: &Board, level| {
            health(board, &account, level, late, false).unwrap().surplus().unwrap()
        };
        prop_assert!(surplus(&faulty, Level::Initial) <= surplus(&board, Level::Initial));
        prop_assert!(surplus(&faulty, Level::Maintenance) >= surplus(&board, Level::Maintenance));
        let end = Level::LiquidationEnd;
        prop_assert!(surplus(&faulty, end) >= surplus(&board, end));
    }

    /// Levels are nested: what opens risk isn't near liquidation, and what is bankrupt is below
    /// all.
    #[test]
    fn levels_are_nested(seed: u64) {
        let (board, account) = any_world(seed);
        let at = |level| health(&board, &account, level, NOW, false).unwrap();
        let (initial, end, lowest) =
            (at(Level::Initial), at(Level::LiquidationEnd), at(Level::Maintenance));
        prop_assert!(end.requirement >= lowest.requirement && end.value <= lowest.value);
        prop_assert!(lowest.critical <= lowest.requirement);
        prop_assert!(raw_value(&board, &account, NOW).unwrap() >= lowest.value);
        if initial.surplus().unwrap() >= 0 {
            prop_assert!(lowest.surplus().unwrap() >= 0);
        }
        prop_assert!(eligibility(&board, &account, NOW, false).unwrap().surplus().unwrap()
            >= lowest.surplus().unwrap());
    }
}
