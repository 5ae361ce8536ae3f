//! Stressed shortfall and the coverage breaker (D10): the formula, the list of the four largest,
//! and that nothing a caller chooses makes either smaller.

mod fixture;

use bulwark_core::health::{Level, health};
use bulwark_core::matching::{LEAST_E9, caps};
use bulwark_core::staking::stress::{PROOF, STRESS, ease_e9, prove, shortfall, total};
use bulwark_core::{Now, staking};
use bulwark_state::{Board, Insurance, MarginAccount, Market};
use bytemuck::Zeroable;
use fixture::*;

fn insurance(balance: u64) -> Box<Insurance> {
    let mut insurance: Box<Insurance> = Box::new(Insurance::zeroed());
    insurance.balance = balance;
    insurance
}

/// $`own` and `units` long at $100, market 0: 3 % maintenance.
fn long(own: i64, units: i64) -> Box<MarginAccount> {
    let mut account = account();
    account.quote = own * USD;
    account.positions[0] = position(0, units * UNIT, -100 * units * USD);
    account
}

fn later(seconds: u64) -> Now {
    Now {
        unix: NOW.unix + seconds as i64,
        slot: NOW.slot + seconds * 5 / 2,
    }
}

#[test]
fn an_account_lacks_what_three_margins_take_beyond_its_value() {
    let board = board();
    // 100 units: $10,000 of notional, 3 % of it is $300; three times that is $900.
    for (own, lacks) in [(1_000, 0), (900, 0), (500, 400), (300, 600), (-100, 1_000)] {
        let found = shortfall(&board, &long(own, 100), NOW).unwrap();
        assert_eq!(found, lacks * USD as u64, "{own}");
    }
    for seed in 0..2_000 {
        let (board, account) = any_world(seed);
        let now = health(&board, &account, Level::Maintenance, NOW, false).unwrap();
        let lacks = shortfall(&board, &account, NOW).unwrap();
        let asked = i128::from(now.requirement) * i128::from(STRESS);
        assert_eq!(i128::from(lacks), (asked - i128::from(now.value)).max(0));
    }
}

#[test]
fn half_of_what_open_interest_lacks_beyond_its_margins_counts_in_every_market() {
    let mut board = board();
    let held = insurance(0);
    assert_eq!(total(&board, &held, NOW), Ok(0));
    // 1,000 units at $100 and 3 %: half of $100,000 · 2 · 3 %.
    board.markets[0].open_interest = 1_000 * UNIT as u64;
    assert_eq!(total(&board, &held, NOW), Ok(3_000_000_000));
    // 2,000 units at $60,000... of market 2 and 2 %.
    board.markets[2].open_interest = UNIT as u64;
    assert_eq!(total(&board, &held, NOW), Ok(3_000_000_000 + 1_200_000_000));
    board.markets[2].status = 6;
    assert_eq!(total(&board, &held, NOW), Ok(3_000_000_000));
}

#[test]
fn a_smaller_proof_never_lowers_the_shortfall_and_an_hour_ends_it() {
    let mut board = board();
    let mut held = insurance(1_000_000 * USD as u64);
    let mut prove_at = |held: &mut Insurance, key: u8, account: &MarginAccount, now| {
        // Prices are as young as ever.
        for feed in &mut board.feeds {
            feed.last.publish_at = now_of(now).unix;
        }
        prove(&mut board, held, (&[key; 32], account), now_of(now)).unwrap()
    };
    let sum = 400 * USD as u64;
    assert_eq!(prove_at(&mut held, 1, &long(500, 100), 0).total, sum);
    // The same account is better off: the hour's proof stands.
    assert_eq!(prove_at(&mut held, 1, &long(5_000, 100), 60).total, sum);
    assert_eq!(prove_at(&mut held, 1, &long(501, 100), 60).total, sum);
    // Nor does it live longer by it.
    let at = held.stress[0].at;
    assert_eq!(at, NOW.unix);
    for key in 2..5 {
        prove_at(&mut held, key, &long(600, 100), 100);
    }
    let four = sum + 3 * 300 * USD as u64;
    // A fifth, smaller one, and many empty ones push nobody out.
    assert_eq!(prove_at(&mut held, 9, &long(800, 100), 100).total, four);
    for key in 10..60 {
        assert_eq!(prove_at(&mut held, key, &account(), 100).total, four);
    }
    // A larger one takes the smallest's place.
    let larger = prove_at(&mut held, 9, &long(-100, 100), 100).total;
    assert_eq!(larger, four - 300 * USD as u64 + 1_000 * USD as u64);
    let empty = account();
    assert_eq!(
        prove_at(&mut held, 77, &empty, PROOF).total,
        larger - sum,
        "the first is an hour old"
    );
    assert_eq!(prove_at(&mut held, 77, &empty, PROOF + 100).total, 0);
}

fn now_of(seconds: u64) -> Now {
    later(seconds)
}

/// Whatever is proved in whatever order: S is at least what the largest four of the hour come to
/// among those proved last, and no proof lowers it.
#[test]
fn no_order_of_proofs_lowers_the_shortfall() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let mut board = board();
        let mut held = insurance(dice.below(1 << 40));
        let mut last = 0;
        for step in 0..40 {
            let own = dice.range(-2_000, 2_000);
            let account = long(own, dice.range(1, 200));
            let key = [dice.below(7) as u8; 32];
            let lacks = shortfall(&board, &account, NOW).unwrap();
            let proved = prove(&mut board, &mut held, (&key, &account), NOW).unwrap();
            assert!(proved.total >= last, "seed {seed} step {step}");
            assert!(proved.total >= lacks);
            let twice = held.stress.iter().filter(|entry| entry.margin == key);
            assert!(twice.filter(|entry| entry.shortfall != 0).count() <= 1);
            last = proved.total;
        }
    }
}

#[test]
fn leverage_shrinks_by_what_is_missing_to_a_fifth_at_least_and_for_an_hour() {
    let mut board = board();
    let mut market: Box<Market> = Box::new(Market::zeroed());
    market.leverage_cap = 20_000;
    (market.oi_cap, market.slot_notional_cap) = (9, 9);
    let leverage = |board: &Board, now| {
        let caps = caps(board, &market, now).unwrap();
        assert_eq!((caps.open_interest, caps.slot_notional), (9, 9));
        caps.leverage
    };
    let whole = leverage(&board, NOW);
    let account = long(500, 100);
    for (balance, share) in [
        (400, 1_000),
        (300, 750),
        (200, 500),
        (100, 250),
        (40, 200),
        (0, 200),
    ] {
        let mut held = insurance(balance * USD as u64);
        let before = health(&board, &account, Level::Initial, NOW, false).unwrap();
        prove(&mut board, &mut held, (&[1; 32], &account), NOW).unwrap();
        assert_eq!(leverage(&board, NOW), whole * share / 1_000, "{balance}");
        let after = health(&board, &account, Level::Initial, NOW, false).unwrap();
        assert_eq!(before, after, "requirements don't move");
    }
    assert_eq!(ease_e9(&board, later(PROOF - 1)), LEAST_E9);
    assert_eq!(ease_e9(&board, later(PROOF)), 1_000_000_000);
    // Trips are counted once while it stands.
    assert_eq!(board.cover.sequence, 1);
}

#[test]
fn a_large_liquidatable_account_keeps_stakers_in_and_a_small_one_does_not() {
    let mut board = board();
    // $299 against $300 required: liquidatable; three margins would take $601 more.
    let account = long(299, 100);
    let lacks = shortfall(&board, &account, NOW).unwrap();
    let mut held = insurance(lacks * 10 + 10);
    prove(&mut board, &mut held, (&[1; 32], &account), NOW).unwrap();
    assert_eq!(held.at_risk_until, 0);
    held.balance = lacks * 10;
    prove(&mut board, &mut held, (&[1; 32], &account), NOW).unwrap();
    assert_eq!(held.at_risk_until, later(PROOF).unix);
    // Healthy by a dollar, and as large: no.
    let mut held = insurance(1);
    prove(&mut board, &mut held, (&[1; 32], &long(300, 100)), NOW).unwrap();
    assert_eq!(held.at_risk_until, 0);
    assert_eq!(staking::utilisation_ppm(&board, &held, NOW), Ok(1_000_000));
    held.balance = 1_200 * USD as u64;
    assert_eq!(staking::utilisation_ppm(&board, &held, NOW), Ok(500_000));
}
