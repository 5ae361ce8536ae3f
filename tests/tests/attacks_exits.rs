//! Attacks on the way out: leaving first, inflating the buckets, endless queues, closing with
//! something left.

use bulwark::error::BulwarkError;
use bulwark_core::coverage::Coverage;
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, ask, bid, expect_error, usdc};

const HOUR: i64 = 3_600;

/// Each leaves whole; asserts exact pay at the coverage of before, and that nobody's falls.
/// Returns what each was paid of a million units.
fn leave_in_turn(world: &mut World, bank: usize, leavers: &[(&'static str, u64)]) -> Vec<u64> {
    let mut shares = Vec::new();
    for &(name, amount) in leavers {
        let before: Coverage = world.coverage(bank);
        let had = world.tokens_of(name, bank);
        let (paid, queued) = world.withdraw_short(name, bank, u64::MAX);
        assert_eq!(queued, 0);
        assert_eq!(paid, before.pay(amount).unwrap(), "{name}: ⌊w·cov⌋");
        assert_eq!(world.tokens_of(name, bank), had + paid);
        assert!(world.coverage(bank).at_least(&before), "INV-COV: {name}");
        shares.push(paid * 1_000_000 / amount);
    }
    shares
}

fn spread(values: &[u64]) -> u64 {
    values.iter().max().unwrap() - values.iter().min().unwrap()
}

#[test]
fn a03_first_and_last_leaver_of_a_robbed_token_get_the_same_share() {
    let mut world = World::new();
    let people = [
        ("alice", 3_000_000_007),
        ("bob", 5_000_000_011),
        ("carol", 2_000_000_003),
    ];
    for (name, amount) in people {
        world.deposit(name, SOL, amount);
    }
    world.steal(SOL, 3_333_333_333);
    expect_error(
        world.try_deposit("dave", SOL, 1_000_000_000),
        BulwarkError::NotCovered,
    );
    let shares = leave_in_turn(&mut world, SOL, &people);
    // 6,666,666,688 of 10,000,000,021.
    assert!(spread(&shares) <= 1, "{shares:?}");
    assert_eq!(shares[0], 666_666);
    let residuals = world.bank(SOL).residuals.total;
    assert_eq!(residuals, 3_333_333_333 + world.vault(SOL));
    assert!(world.vault(SOL) <= 3, "at most a unit of dust per leaver");
    expect_error(world.close("alice"), BulwarkError::AccountNotEmpty);

    // Half of the loot comes back: everyone gets the same half of his residual, in any order.
    expect_error(world.try_collect("carol", SOL), BulwarkError::NothingToTake);
    let returned = 1_666_666_666;
    world.donate(SOL, returned);
    world.sweep(SOL).unwrap();
    assert_eq!(world.bank(SOL).residuals.assigned, returned);
    let claims: Vec<u64> = people
        .iter()
        .map(|(name, _)| world.account(name).collaterals[0].residual)
        .collect();
    let collected: Vec<u64> = ["carol", "alice", "bob"]
        .iter()
        .map(|name| world.collect(name, SOL))
        .collect();
    let collected = [collected[1], collected[2], collected[0]];
    for (claim, paid) in claims.iter().zip(&collected) {
        let exact = u128::from(*claim) * u128::from(returned) / u128::from(residuals);
        assert!(u128::from(*paid).abs_diff(exact) <= 1, "{paid} of {claim}");
    }
    assert!(collected.iter().sum::<u64>() <= returned);
    expect_error(world.close("bob"), BulwarkError::AccountNotEmpty);

    // The rest comes back: all whole to the unit, and only then can the accounts be closed.
    let rest = world.bank(SOL).residuals.total;
    world.recapitalise("thief", SOL, rest).unwrap();
    for (name, amount) in people {
        world.collect(name, SOL);
        assert_eq!(
            world.tokens_of(name, SOL),
            amount,
            "{name} has lost nothing"
        );
        world.close(name).unwrap();
    }
    assert_eq!(world.bank(SOL).residuals.total, 0);
    assert_eq!(world.bank(SOL).residuals.assigned, 0);
}

#[test]
fn a03_first_and_last_leaver_of_robbed_quote_get_the_same_share() {
    let mut world = World::new();
    let people = [
        ("alice", 3_000_000_007),
        ("bob", 5_000_000_011),
        ("carol", 2_000_000_003),
    ];
    for (name, amount) in people {
        world.deposit(name, USDC, amount);
    }
    world.fund_insurance(100.0);
    world.accrue().unwrap();
    world.steal(USDC, 2_600_000_021);
    world.accrue().unwrap();
    // Insurance stands before depositors: D = 2,600,000,021 − 100,000,000 of 10,000,000,021.
    let totals = world.bank(USDC).totals;
    assert_eq!(
        (totals.check_loss, totals.check_claims),
        (2_500_000_021, 10_000_000_021)
    );
    expect_error(
        world.try_deposit("dave", USDC, usdc(1.0)),
        BulwarkError::NotCovered,
    );
    let shares = leave_in_turn(&mut world, USDC, &people);
    assert!(spread(&shares) <= 1, "{shares:?}");
    assert_eq!(shares[0], 749_999);
    // A check between two exits would have changed nothing: what is left is dust.
    world.accrue().unwrap();
    assert!(world.bank(USDC).totals.check_loss <= 3);
    let residuals = world.bank(USDC).residuals.total;
    assert!(
        (2_500_000_021..=2_500_000_024).contains(&residuals),
        "{residuals}"
    );
}

#[test]
fn a03_quote_is_short_from_the_theft_on_not_from_the_next_check() {
    let mut world = World::new();
    world.deposit("alice", USDC, 4_000_000_000);
    world.deposit("bob", USDC, 6_000_000_000);
    world.accrue().unwrap();
    world.steal(USDC, 5_000_000_000);
    // Nobody has checked. The first gets no more than the last.
    let (first, _) = world.withdraw_short("alice", USDC, u64::MAX);
    world.accrue().unwrap();
    let (last, _) = world.withdraw_short("bob", USDC, u64::MAX);
    assert_eq!((first, last), (2_000_000_000, 3_000_000_000));
}

#[test]
fn a03_who_waits_in_the_queue_shares_a_theft_with_who_stays() {
    let mut world = World::new();
    let sol = 1_000_000_000;
    world.deposit("alice", SOL, 1_000 * sol);
    world.deposit("bob", SOL, 1_000 * sol);
    for _ in 0..3 {
        world.advance(24 * HOUR);
        world.touch_bank(SOL);
    }
    let (at_once, queued) = world.withdraw("alice", SOL, u64::MAX);
    assert_eq!((at_once, queued), (18 * sol, 982 * sol), "0.9 % of 2,000");
    let half = world.vault(SOL) / 2;
    world.steal(SOL, half);
    let mut days = 0;
    for name in ["alice", "bob"] {
        if name == "bob" {
            let (paid, queued) = world.withdraw_short(name, SOL, u64::MAX);
            assert!(
                paid <= 1 && paid + queued <= 1_000 * sol,
                "{paid}, {queued}"
            );
        }
        while world.account(name).ticket_count > 0 {
            world.advance(24 * HOUR);
            days += 1;
            let before = world.coverage(SOL);
            world
                .allow_stock_change(|world| world.try_crank(name, SOL, 0))
                .unwrap();
            assert!(world.coverage(SOL).at_least(&before), "INV-COV, day {days}");
        }
    }
    // Half of what each still had in it, but for a unit of rounding per payment.
    let alice = world.tokens_of("alice", SOL) - at_once;
    let bob = world.tokens_of("bob", SOL);
    assert!(alice.abs_diff(491 * sol) <= 10, "{alice}");
    assert!(bob.abs_diff(500 * sol) <= 20, "{bob}");
    let residual = |name: &str| world.account(name).collaterals[0].residual;
    assert_eq!(residual("alice"), 982 * sol - alice);
    assert_eq!(residual("bob"), 1_000 * sol - bob);
    assert!(days <= 18, "{days}: 982 at 180 a day, then 1,000 at 90");
}

#[test]
fn a63_close_is_refused_while_anything_is_left() {
    let mut world = World::new();
    world.fund("maker", 10_000.0);
    world.fund("alice", 1_000.0);
    expect_error(world.close("alice"), BulwarkError::AccountNotEmpty);
    world.withdraw("alice", USDC, usdc(1_000.0));
    world.close("alice").unwrap();

    // No quote, and a token; then not even that.
    world.deposit("carol", SOL, 1_000_000_000);
    assert_eq!(world.account("carol").quote, 0);
    expect_error(world.close("carol"), BulwarkError::AccountNotEmpty);
    world.withdraw("carol", SOL, 1_000_000_000);
    world.close("carol").unwrap();

    world.fund("bob", 1_000.0);
    world.place("bob", SOL_PERP, bid(1.0, 95.0).post_only());
    expect_error(world.close("bob"), BulwarkError::AccountNotEmpty);
    world
        .cancel("bob", SOL_PERP, bulwark::instructions::Which::All)
        .unwrap();
    world.trade("bob", "maker", SOL_PERP, 1.0, 100.0);
    expect_error(world.close("bob"), BulwarkError::AccountNotEmpty);
    world.place("maker", SOL_PERP, bid(1.0, 100.0).post_only());
    world.place("bob", SOL_PERP, ask(1.0, 100.0).ioc());

    // Only a ticket is left.
    world.advance(25 * HOUR);
    let all = u64::try_from(world.account("bob").quote).unwrap();
    world.deposit("whale", USDC, usdc(50_000.0));
    world.advance(25 * HOUR);
    let (_, queued) = world.withdraw("whale", USDC, u64::MAX);
    assert!(queued > 0);
    let (paid, queued) = world.withdraw("bob", USDC, u64::MAX);
    assert_eq!((paid, queued), (0, all), "who comes later stands behind");
    assert_eq!(world.account("bob").quote, 0);
    expect_error(world.close("bob"), BulwarkError::AccountNotEmpty);
}

/// INV-TICKET: first come, first served, and all within 24 h·(queued before + w)/(9 %·base).
#[test]
fn inv_ticket_three_whales_leave_in_order_and_in_time() {
    let mut world = World::new();
    let whales = ["alice", "bob", "carol"];
    for name in whales {
        world.fund(name, 1_000_000.0);
    }
    // Past the own recent deposits, and the mean stands at all of it.
    for _ in 0..3 {
        world.advance(24 * HOUR);
        world.touch_bank(USDC);
    }
    let base = usdc(3_000_000.0);
    let mut asked = 0;
    let mut due = Vec::new();
    let from = world.now().unix;
    for name in whales {
        let (paid, queued) = world.withdraw(name, USDC, u64::MAX);
        // The first empties the hour's bucket: 0.9 % of the base; the others wait behind.
        let at_once = if name == "alice" { base * 9 / 1_000 } else { 0 };
        assert_eq!(paid, at_once, "{name}");
        asked += queued;
        due.push(
            from + i64::try_from(u128::from(asked) * 86_400 * 100 / (9 * u128::from(base)))
                .unwrap()
                + 1,
        );
    }
    let mut open = vec![true; 3];
    let mut hours = 0;
    while open.contains(&true) {
        world.advance(4 * HOUR);
        hours += 4;
        // The last in line tries first: the order of calls gains nothing.
        for place in (0..3).rev() {
            if !open[place] {
                continue;
            }
            let before = world.tokens_of(whales[place], USDC);
            world.try_crank(whales[place], USDC, 0).unwrap();
            let paid = world.tokens_of(whales[place], USDC) - before;
            if paid > 0 {
                let ahead = world.bank(USDC).queue;
                assert!(ahead.q_out.get() > 0);
            }
            if world.account(whales[place]).ticket_count == 0 {
                open[place] = false;
                let late = world.now().unix - due[place];
                assert!(late <= 4 * HOUR, "{} is {late} s late", whales[place]);
                assert!(open[..place].iter().all(|open| !open), "paid out of turn");
                assert_eq!(world.tokens_of(whales[place], USDC), usdc(1_000_000.0));
            }
        }
        assert!(hours <= 24 * 12, "3,000,000 at 9 % a day are 11.1 days");
    }
    assert_eq!(
        world.vault(USDC),
        3 * world.bank(USDC).deposit_min,
        "the passer-by alone is left"
    );
    assert_eq!(world.bank(USDC).tickets, 0);
    for name in whales {
        world.close(name).unwrap();
    }
}

#[test]
fn a09_a_deposit_of_fifty_times_does_not_inflate_the_bucket() {
    let mut world = World::new();
    world.fund("alice", 1_000_000.0);
    world.advance(48 * HOUR);
    world.touch_bank(USDC);
    world.advance(48 * HOUR);
    // Somebody parks 50 million for an hour; alice would leave at 0.9 % of 51 million.
    world.fund("thief", 50_000_000.0);
    let (paid, queued) = world.withdraw("alice", USDC, usdc(9_000.0));
    assert_eq!(
        (paid, queued),
        (usdc(9_000.0), 0),
        "0.9 % of the million of before"
    );
    world.advance(HOUR);
    let (paid, queued) = world.withdraw("alice", USDC, u64::MAX);
    // The 24-hour mean has seen an hour of it: 0.9 % of 1 + 50/24 million.
    assert!((27_700..=27_800).contains(&(paid / 1_000_000)), "{paid}");
    assert_eq!(paid + queued, usdc(991_000.0));
}

#[test]
fn a10_a_deposit_and_withdrawal_every_hour_blocks_nobody() {
    let mut world = World::new();
    world.fund("alice", 1_000_000.0);
    world.advance(48 * HOUR);
    world.touch_bank(USDC);
    world.advance(48 * HOUR);
    for _ in 0..24 {
        world.fund("griefer", 10_000.0);
        let (paid, queued) = world.withdraw("griefer", USDC, usdc(10_000.0));
        assert_eq!((paid, queued), (usdc(10_000.0), 0));
        world.advance(HOUR);
    }
    let (paid, _) = world.withdraw("alice", USDC, u64::MAX);
    assert!(
        paid >= usdc(8_990.0),
        "0.9 % of a million less what the mean moved: {paid}"
    );
}

#[test]
fn a68_a_falling_base_does_not_slow_the_queue() {
    let mut world = World::new();
    world.fund("alice", 1_000_000.0);
    world.fund("bob", 4_000_000.0);
    for _ in 0..3 {
        world.advance(24 * HOUR);
        world.touch_bank(USDC);
    }
    let (_, queued) = world.withdraw("bob", USDC, usdc(3_900_000.0));
    // 5,000,000 at 9 % a day: 450,000 a day to the end, not 9 % of what is left.
    let mut before = world.tokens_of("bob", USDC);
    let days = queued / usdc(450_000.0);
    for day in 0..days {
        world.advance(24 * HOUR);
        world.try_crank("bob", USDC, 0).unwrap();
        let held = world.tokens_of("bob", USDC);
        assert!(
            (held - before).abs_diff(usdc(450_000.0)) <= 1,
            "day {day}: {}",
            held - before
        );
        before = held;
    }
    world.advance(24 * HOUR);
    world.try_crank("bob", USDC, 0).unwrap();
    assert_eq!(world.account("bob").ticket_count, 0);
}
