//! Loss allocation (D8): to the unit, never above the recent gain, never twice.

mod desk;

use bulwark_core::ledger;
use bulwark_core::loss::{self, Allocation};
use bulwark_state::Bucket;
use desk::{Desk, UNIT, USD, usd};
use proptest::prelude::*;

/// A market at $100 half an hour ago and at `price` now: account 0 is long, account 1 short.
fn moved(price: u64, size: u64) -> Desk {
    let mut desk = Desk::new(&[100], &[]);
    desk.open(1_000_000);
    desk.open(1_000_000);
    desk.trade(0, 1, 0, size, usd(100));
    desk.minute(0);
    desk.wait(1_800);
    desk.print(0, price);
    desk
}

fn allocate(desk: &mut Desk, loss: u64, bankrupt_long: bool) -> Allocation {
    let totals = &mut desk.banks[0].totals;
    let (board, market) = (&mut desk.board, &mut desk.markets[0]);
    let now = desk.around.now;
    // Whoever lost it has been credited: the hole that the allocation fills.
    totals.positive += loss as i64;
    loss::allocate(
        board,
        market,
        &mut desk.insurance,
        totals,
        loss,
        bankrupt_long,
        now,
    )
    .unwrap()
}

/// INV-LEDGER while the loss of nobody in particular is in X⁺.
fn check(desk: &mut Desk, losses: u64) {
    desk.banks[0].totals.positive -= losses as i64;
    desk.vault -= losses;
    desk.check();
    desk.banks[0].totals.positive += losses as i64;
    desk.vault += losses;
}

fn charge_of(desk: &mut Desk, number: usize) -> i64 {
    let account = &mut desk.accounts[number];
    let slot = ledger::position_of(account, 0).unwrap();
    let before = account.positions[slot].quote;
    ledger::touch_position(&desk.board, account, slot, &mut desk.markets[0]).unwrap();
    before - desk.accounts[number].positions[slot].quote
}

#[test]
fn insurance_pays_first_then_the_gaining_side_then_deficit() {
    // Shorts gained $0.40 a unit on 10,000 units: a fifth of 2 % of $99.60 allows $0.3984.
    let mut desk = moved(usd(100) - 40_000_000, 10_000 * UNIT);
    let done = allocate(&mut desk, 20_000 * USD as u64, true);
    // A tenth of $100,000 from insurance; $3,984.00 of gain; the rest is deficit.
    let insured = 10_000 * USD as u64;
    // The gain per unit is rounded down: one unit less than the whole.
    let charged = 3_984 * USD as u64 - 1;
    let deficit = 20_000 * USD as u64 - insured - charged;
    assert_eq!(
        done,
        Allocation {
            insured,
            charged,
            deficit
        }
    );
    assert_eq!(desk.insurance.balance, 90_000 * USD as u64);
    assert_eq!(desk.insurance.drawdown_base, 100_000 * USD as u64);
    assert_eq!(desk.insurance.drawdown.amount, insured + charged);
    assert_eq!(desk.insurance.socialised_total, charged);
    assert_eq!(desk.banks[0].totals.deficit, deficit);
    assert_eq!(desk.markets[0].pot, -(charged as i64));
    check(&mut desk, 20_000 * USD as u64);
    assert_eq!(charge_of(&mut desk, 1), 3_984 * USD);
    assert_eq!(charge_of(&mut desk, 0), 0);
    assert_eq!(desk.markets[0].pot, 1);
}

#[test]
fn nobody_pays_for_a_gain_that_never_was() {
    // The price rose: the shorts, opposite to a bankrupt long, have lost.
    let mut desk = moved(usd(101), 10_000 * UNIT);
    let done = allocate(&mut desk, 20_000 * USD as u64, true);
    assert_eq!((done.charged, done.deficit), (0, 10_000 * USD as u64));
    assert_eq!(charge_of(&mut desk, 1), 0);
    // Nor for one of which no start is known.
    let mut desk = moved(usd(99), 10_000 * UNIT);
    desk.board.markets[0].minutes = Default::default();
    assert_eq!(allocate(&mut desk, 20_000 * USD as u64, true).charged, 0);
    // Nor at a price that the gate doesn't let carry a loss.
    for age in [61, 700] {
        let mut desk = moved(usd(99), 10_000 * UNIT);
        desk.around.now.unix += age;
        assert_eq!(
            allocate(&mut desk, 20_000 * USD as u64, true).charged,
            0,
            "age {age}"
        );
    }
    // Nor where nobody stands on the other side.
    let mut desk = moved(usd(99), 10_000 * UNIT);
    desk.trade(1, 0, 0, 10_000 * UNIT, usd(99));
    assert_eq!(allocate(&mut desk, 20_000 * USD as u64, true).charged, 0);
}

#[test]
fn longs_pay_for_their_own_gain() {
    let mut desk = moved(usd(100) + 10_000_000, 1_000 * UNIT);
    let done = allocate(&mut desk, 10_100 * USD as u64, false);
    assert_eq!(done.charged, 100 * USD as u64 - 1);
    assert_eq!(charge_of(&mut desk, 0), 100 * USD);
    assert_eq!(charge_of(&mut desk, 1), 0);
}

/// The window starts at the newest close that is thirty minutes old; without one at the oldest.
#[test]
fn the_window_starts_thirty_minutes_ago() {
    let mut desk = moved(usd(100), 1_000 * UNIT);
    for (ago, cents) in [(31, 10_100), (30, 10_005), (29, 10_200)] {
        let minute = desk.around.now.unix as u64 / 60 + 1 - ago;
        let kept = &mut desk.board.markets[0].minutes[minute as usize % 32];
        (kept.open_minute, kept.price) = (minute, cents * usd(1) / 100);
    }
    let mut older = desk.clone();
    // $0.05 a unit since the close of thirty minutes ago.
    assert_eq!(
        allocate(&mut desk, 50_000 * USD as u64, true).charged,
        50 * USD as u64 - 1
    );
    // Before it was written: more than a fifth of 2 % since the one before.
    older.around.now.unix -= 60;
    assert_eq!(
        allocate(&mut older, 50_000 * USD as u64, true).charged,
        400 * USD as u64 - 1
    );
}

/// a53: one gain is charged once, however many bankrupts there are and however the minutes pass.
#[test]
fn a53_one_gain_is_charged_once() {
    let mut desk = moved(usd(100) - 20_000_000, 1_000 * UNIT);
    desk.insurance.balance = 0;
    desk.vault -= 100_000 * USD as u64;
    let mut losses = 0;
    let mut charged = 0;
    for step in 0..40u64 {
        if step % 20 == 0 {
            desk.wait(60);
        }
        desk.minute(0);
        let loss = 30 * USD as u64;
        losses += loss;
        charged += allocate(&mut desk, loss, true).charged;
        assert!(charged <= 200 * USD as u64, "step {step}: {charged}");
    }
    assert_eq!(
        charged,
        200 * USD as u64 - 1,
        "the whole gain of $0.20 a unit, once"
    );
    check(&mut desk, losses);
    // Half an hour later a new gain of $0.05 a unit can be charged, and no more.
    desk.minute(0);
    desk.wait(1_860);
    desk.print(0, usd(100) - 25_000_000);
    let again = allocate(&mut desk, 500 * USD as u64, true).charged;
    assert_eq!(again, 50 * USD as u64 - 1);
    check(&mut desk, losses + 500 * USD as u64);
}

/// a53: who closes the winning side just before only leaves; nobody who stays pays more than his
/// own gain for it.
#[test]
fn a53_closing_before_the_loss_charges_nobody_else_more() {
    let size = 1_000 * UNIT;
    for closed in [1, 500, 999] {
        let mut desk = moved(usd(100) - 20_000_000, size);
        desk.insurance.balance = 0;
        desk.vault -= 100_000 * USD as u64;
        desk.trade(1, 0, 0, closed * UNIT, usd(100) - 20_000_000);
        let done = allocate(&mut desk, 10_000 * USD as u64, true);
        let left = 1_000 - closed;
        assert_eq!(done.charged, left * 200_000 - 1, "closed {closed}");
        assert_eq!(charge_of(&mut desk, 1), (left * 200_000) as i64);
        assert_eq!(done.charged + done.deficit, 10_000 * USD as u64);
    }
}

/// a52: one loss split over twenty bankrupts takes no more out of insurance than one.
#[test]
fn a52_splitting_a_loss_does_not_pass_the_caps() {
    let whole = {
        let mut desk = moved(usd(100), 1_000 * UNIT);
        allocate(&mut desk, 40_000 * USD as u64, true).insured
    };
    let mut desk = moved(usd(100), 1_000 * UNIT);
    let parts: u64 = (0..20)
        .map(|_| allocate(&mut desk, 2_000 * USD as u64, true).insured)
        .sum();
    assert_eq!(whole, 10_000 * USD as u64);
    assert_eq!(parts, whole);
    // Within a day the bucket refills by its own rate and no faster.
    desk.wait(8_640);
    assert_eq!(
        allocate(&mut desk, 40_000 * USD as u64, true).insured,
        1_000 * USD as u64
    );
    // All markets together are held by the compartment's bucket.
    let mut desk = moved(usd(100), 1_000 * UNIT);
    let mut total = 0;
    for _ in 0..5 {
        desk.markets[0].draws = Bucket {
            level: 0,
            at: 0,
            ..desk.markets[0].draws
        };
        total += allocate(&mut desk, 40_000 * USD as u64, true).insured;
    }
    assert_eq!(total, 25_000 * USD as u64);
}

#[test]
fn closed_buckets_let_nothing_out() {
    let mut desk = moved(usd(100), UNIT);
    desk.markets[0].draws = Bucket::default();
    let done = allocate(&mut desk, USD as u64, true);
    assert_eq!(
        done,
        Allocation {
            insured: 0,
            charged: 0,
            deficit: USD as u64
        }
    );
}

#[test]
fn dust_of_the_pot_goes_to_insurance_once_nobody_is_in() {
    let mut desk = moved(usd(100), UNIT);
    desk.markets[0].pot = 5;
    let market = &mut desk.markets[0];
    assert_eq!(loss::sweep_pot(market, &mut desk.insurance), Ok(0));
    desk.trade(1, 0, 0, UNIT, usd(100));
    let before = desk.insurance.balance;
    assert_eq!(
        loss::sweep_pot(&mut desk.markets[0], &mut desk.insurance),
        Ok(5)
    );
    assert_eq!(
        (desk.insurance.balance - before, desk.markets[0].pot),
        (5, 0)
    );
    desk.markets[0].pot = -5;
    assert_eq!(
        loss::sweep_pot(&mut desk.markets[0], &mut desk.insurance),
        Ok(0)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Every unit of a loss ends in one place; holders are charged at least what was taken from
    /// their pot and at most a unit each beyond, nobody more than his gain; the ledger is exact.
    #[test]
    fn losses_are_conserved(
        sizes in prop::collection::vec(1u64..5_000_000_000_000, 1..6),
        percent in -80i64..80,
        losses in prop::collection::vec((1u64..30_000_000_000, any::<bool>(), 0i64..900), 1..8),
        insured in 0u64..20_000_000_000,
    ) {
        let mut desk = Desk::new(&[100], &[]);
        desk.open(100_000_000);
        for _ in &sizes {
            desk.open(1_000_000);
        }
        desk.vault -= desk.insurance.balance;
        desk.insurance.balance = insured;
        desk.vault += insured;
        // Account 0 holds the other side of everybody, both ways in turns.
        for (at, size) in sizes.iter().enumerate() {
            let (buyer, seller) = if at % 2 == 0 { (at + 1, 0) } else { (0, at + 1) };
            desk.trade(buyer, seller, 0, *size, usd(100));
        }
        desk.minute(0);
        desk.wait(1_800);
        let price = usd(100).checked_add_signed(percent * 1_000_000).unwrap();
        desk.print(0, price);
        let mut total = 0;
        let mut charged = [0u64; 2];
        let open = desk.markets[0].oi_long;
        for (loss, long, pause) in losses {
            desk.wait(pause);
            desk.minute(0);
            let insurance = desk.insurance.balance;
            let pot = desk.markets[0].pot;
            let done = allocate(&mut desk, loss, long);
            total += loss;
            prop_assert_eq!(done.insured + done.charged + done.deficit, loss);
            prop_assert_eq!(insurance - desk.insurance.balance, done.insured);
            prop_assert_eq!(pot - desk.markets[0].pot, done.charged as i64);
            charged[usize::from(long)] += done.charged;
            check(&mut desk, total);
        }
        // The whole move, at most: it happened once.
        let step = (percent.unsigned_abs() * 1_000_000).min(price / 250);
        let most = (u128::from(open) * u128::from(step) / 10_000_000_000) as u64;
        let (shorts, longs) = if percent < 0 { (most, 0) } else { (0, most) };
        prop_assert!(charged[1] <= shorts);
        prop_assert!(charged[0] <= longs);
        let mut collected = 0;
        for number in 0..desk.accounts.len() {
            let base = desk.base(number, 0);
            if base == 0 {
                continue;
            }
            let paid = charge_of(&mut desk, number) as u64;
            let gain = u128::from(base.unsigned_abs()) * u128::from(step);
            prop_assert!(u128::from(paid) <= gain.div_ceil(10_000_000_000), "{paid} of {gain}");
            collected += paid;
        }
        let taken = charged[0] + charged[1];
        prop_assert!(collected >= taken && collected <= taken + 2 * desk.accounts.len() as u64);
        prop_assert_eq!(desk.markets[0].pot, (collected - taken) as i64);
        check(&mut desk, total);
    }
}
