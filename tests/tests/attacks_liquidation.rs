//! Attacks by one's own liquidation, and by leaving before a loss.

use bulwark::error::BulwarkError;
use bulwark_core::health;
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, ask, base_e8, bid, expect_error, usdc};

fn raw(world: &World, name: &str) -> i64 {
    health::raw_value(&world.board(), &world.account(name), world.now()).unwrap()
}

fn fees_so_far(world: &World) -> i64 {
    world.bank(USDC).totals.fees + world.market(SOL_PERP).deltas.fees
}

/// Alice is long 150 SOL at $100 on $1,000, with a second, healthy account of her own.
fn two_accounts() -> World {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("alice", 1_000.0);
    world.another_account("alice", "alice again", 1);
    world.fund("alice again", 100_000.0);
    world.fund_insurance(1_000_000.0);
    world.trade("alice", "maker", SOL_PERP, 150.0, 100.0);
    world.advance(30);
    world
}

#[test]
fn a51_liquidating_oneself_earns_nothing() {
    // From just below maintenance (premium from her own pocket) to deep under (insurance tops up).
    let mut bounded = false;
    for price in [96.0, 95.0, 94.2, 93.8, 93.5, 93.45, 93.4] {
        let mut world = two_accounts();
        world.crash(SOL, price);
        world.advance(20);
        world.refresh_all();
        expect_error(
            world.take_over("alice", "alice", SOL_PERP, base_e8(1.0)),
            BulwarkError::DuplicateAccount,
        );
        if world.flag("alice").is_err() {
            continue;
        }
        for wait in [1, 30, 60] {
            world.advance(wait);
            world.refresh_all();
            let before = raw(&world, "alice") + raw(&world, "alice again");
            let insurance = world.insurance().balance;
            let paid = fees_so_far(&world);
            let base = world.position("alice", SOL_PERP).base;
            if world
                .take_over("alice again", "alice", SOL_PERP, base_e8(150.0))
                .is_err()
            {
                break;
            }
            let moved = base - world.position("alice", SOL_PERP).base;
            let notional = i128::from(moved) * i128::from(world.prices[SOL]) / 10_000_000_000;
            let notional = u64::try_from(notional).unwrap();
            let top_up = insurance - world.insurance().balance;
            // Maker fee of 1 bp in and out, and the liquidation fee as far as she could pay it.
            let fee = fees_so_far(&world) - paid;
            let fees = notional / 10_000 * 2 + u64::try_from(fee).unwrap() + 2;
            assert!(top_up <= fees, "{price}: {top_up} of {fees}");
            bounded |= top_up + 4 >= fees;
            let after = raw(&world, "alice") + raw(&world, "alice again");
            let gain = after - before;
            // She gains the top-up less the fee, to rounding: at most what trading it costs.
            assert!(
                gain <= i64::try_from(top_up).unwrap() - fee + 2,
                "{price}: {gain}"
            );
            assert!(
                gain <= i64::try_from(notional / 10_000 * 2).unwrap() + 2,
                "{price}: {gain}"
            );
        }
    }
    assert!(bounded, "insurance would give more than the fees somewhere");
}

#[test]
fn a51_winding_oneself_up_earns_the_premium_of_half_a_percent_at_most() {
    let mut world = two_accounts();
    world.crash(SOL, 92.0);
    world.advance(3);
    world.refresh_all();
    let lost = raw(&world, "alice");
    assert!(lost < 0);
    let (again, insurance) = (raw(&world, "alice again"), world.insurance().balance);
    world.wind_up("alice again", "alice", 1_000_000).unwrap();
    let gain = raw(&world, "alice again") - again;
    let premium = 150 * 92 * 1_000_000 / 200;
    assert!((0..=premium).contains(&gain), "{gain} of {premium}");
    // Insurance pays the hole and that premium, nothing else.
    let paid = i64::try_from(insurance - world.insurance().balance).unwrap();
    assert!(paid <= premium - lost + 2, "{paid}");
    assert_eq!(raw(&world, "alice"), 0);
}

#[test]
fn a53_leaving_before_a_loss_costs_the_others_their_own_recent_gain_at_most() {
    let mut world = World::new();
    for name in ["maker", "fast", "slow", "liquidator"] {
        world.fund(name, 100_000.0);
    }
    world.fund("alice", 1_000.0);
    world.fund("bob", 1_000.0);
    // Two longs that will be bankrupt; the gaining shorts are fast, 100, and slow, 200.
    world.trade("alice", "fast", SOL_PERP, 100.0, 100.0);
    world.trade("alice", "slow", SOL_PERP, 50.0, 100.0);
    world.trade("bob", "slow", SOL_PERP, 150.0, 100.0);
    world.advance(120);
    world.refresh_all();
    // The next minute: the newest print of each stays.
    world.advance(70);
    world.crash(SOL, 92.0);
    // Fast sees it coming and closes against the maker before anything is spread.
    world.place("maker", SOL_PERP, ask(100.0, 92.0).post_only());
    world.place("fast", SOL_PERP, bid(100.0, 92.0).ioc());
    assert_eq!(world.position("fast", SOL_PERP).base, 0);
    let fast = raw(&world, "fast");
    let (maker, slow) = (raw(&world, "maker"), raw(&world, "slow"));
    // Gain of the window: at most a fifth of the floor of 3 %, $0.552 a coin.
    let deepest = |coins: i64| coins * 552_000;
    for bankrupt in ["alice", "bob"] {
        world.advance(3);
        world.refresh_all();
        let before = world.bank(USDC).totals.deficit;
        let charged_before = maker - raw(&world, "maker") + slow - raw(&world, "slow");
        let hole = -raw(&world, bankrupt);
        assert!(hole > 0);
        // Insurance is empty: the loss is the shorts', as far as they gained, the rest is latched.
        world.wind_up("liquidator", bankrupt, 1_000_000).unwrap();
        assert_eq!(raw(&world, bankrupt), 0);
        let charged = maker - raw(&world, "maker") + slow - raw(&world, "slow");
        let deficit = (world.bank(USDC).totals.deficit - before).cast_signed();
        let charged = charged - charged_before;
        // To the unit but for what each of two touches rounds up, and the liquidator's premium.
        let slack = 4;
        assert!(
            (hole - charged - deficit).abs() <= slack,
            "{bankrupt}: hole {hole}, charged {charged}, deficit {deficit}"
        );
        // Once: two losses in one window take no more than the window's gain from anybody.
        assert!(maker - raw(&world, "maker") <= deepest(100) + 2);
        assert!(slow - raw(&world, "slow") <= deepest(200) + 2);
    }
    let charged = maker - raw(&world, "maker") + slow - raw(&world, "slow");
    assert!(charged > deepest(200) / 2, "the loss is borne: {charged}");
    // Who had left pays nothing, and who comes later, once all is made good, nothing of what was.
    assert_eq!(raw(&world, "fast"), fast);
    let fresh = usdc(100_000.0);
    let refused = world.try_deposit("late", USDC, fresh);
    expect_error(refused, BulwarkError::NotCovered);
    let deficit = world.bank(USDC).totals.deficit;
    world.recapitalise("giver", USDC, deficit).unwrap();
    world.fund("late", 100_000.0);
    assert_eq!(raw(&world, "late"), i64::try_from(fresh).unwrap());
}
