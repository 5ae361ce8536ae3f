//! Attacks by one's own liquidation, and by leaving before a loss.

use bulwark::error::BulwarkError;
use bulwark_core::health::{self, Level};
use bulwark_svm::world::{
    BTC, BTC_PERP, SOL, SOL_PERP, USDC, World, ask, base_e8, bid, expect_error, scaled, usdc,
};

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

/// The whole way, by the cheapest orders: opened and closed as a maker, and in between taken over
/// by herself at whatever price. What she has beyond what the price did is never above zero.
#[test]
fn a51_from_opening_to_closing_oneself_is_at_a_loss() {
    for price in [96.0, 95.0, 94.2, 93.8, 93.5, 93.45, 93.4] {
        for wait in [1, 30, 60] {
            let mut world = World::new();
            world.fund("maker", 1_000_000.0);
            world.fund("alice", 1_000.0);
            world.another_account("alice", "alice again", 1);
            world.fund("alice again", 100_000.0);
            world.fund_insurance(1_000_000.0);
            world.place("alice", SOL_PERP, bid(150.0, 100.0).post_only());
            world.place("maker", SOL_PERP, ask(150.0, 100.0).ioc());
            world.advance(30);
            world.crash(SOL, price);
            world.advance(20);
            world.refresh_all();
            if world.flag("alice").is_err() {
                continue;
            }
            world.advance(wait);
            world.refresh_all();
            let insurance = world.insurance().balance;
            for _ in 0..60 {
                let more = world.take_over("alice again", "alice", SOL_PERP, base_e8(150.0));
                if let Err(failure) = more {
                    let refused = Some(u32::from(BulwarkError::NotLiquidatable));
                    assert_eq!(failure.code(), refused, "{price} after {wait} s: {failure}");
                    break;
                }
                world.advance(1);
                world.refresh_all();
            }
            let size = |world: &World, name| world.position(name, SOL_PERP).base as f64 / 1e8;
            let taken = size(&world, "alice again");
            assert!(taken > 0.0, "{price}");
            for name in ["alice", "alice again"] {
                let left = size(&world, name);
                if left > 0.0 {
                    world.place(name, SOL_PERP, ask(left, price).reduce_only().post_only());
                    world.place("maker", SOL_PERP, bid(left, price).ioc());
                    assert_eq!(world.position(name, SOL_PERP).base, 0);
                }
            }
            let moved = usdc(150.0 * 100.0).cast_signed() - usdc(150.0 * price).cast_signed();
            let had = usdc(101_000.0).cast_signed() - moved;
            let gain = raw(&world, "alice") + raw(&world, "alice again") - had;
            let top_up = insurance - world.insurance().balance;
            println!("{price} after {wait} s: {taken} taken, {top_up} topped up, gain {gain}");
            assert!(gain <= 0, "{price}: {gain}");
        }
    }
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

/// A debtor with two tokens: his SOL, whose weight is the lower one, goes first.
#[test]
fn a_liquidator_of_collateral_takes_the_worst_weight_first() {
    let mut world = World::new();
    for name in ["maker", "buyer"] {
        world.fund(name, 200_000.0);
    }
    world.deposit("victim", SOL, scaled(50.0, 9));
    world.deposit("victim", BTC, scaled(0.04, 8));
    world.trade("victim", "maker", BTC_PERP, 1.0, 50_000.0);
    world.advance(60);
    world.crash(BTC, 46_000.0);
    world.place(
        "victim",
        BTC_PERP,
        ask(1.0, 46_000.0).reduce_only().post_only(),
    );
    world.place("maker", BTC_PERP, bid(1.0, 46_000.0).ioc());
    assert!(world.account("victim").quote < -4_000_000_000);
    let mut price = 80.0;
    while world
        .health("victim", Level::Maintenance)
        .surplus()
        .unwrap()
        >= 0
    {
        price -= 1.0;
        world.advance(20);
        world.crash(SOL, price);
    }
    world.advance(20);
    world.refresh_all();
    let weight = |bank: usize| {
        let board = world.board();
        health::bank_weights(&board, &board.banks[bank], world.now())
            .unwrap()
            .maintenance
    };
    assert!(weight(SOL) < weight(BTC));
    let held = |world: &World| {
        [SOL, BTC].map(|bank| {
            let all = world.account("victim").collaterals;
            let of = all
                .iter()
                .find(|token| token.active != 0 && usize::from(token.bank) == bank);
            of.map_or(0, |token| token.amount)
        })
    };
    let before = held(&world);
    for most in [1, 1_000_000, u64::MAX] {
        let better = world.seize("buyer", "victim", BTC, most);
        expect_error(better, BulwarkError::BadValue);
    }
    world.seize("buyer", "victim", SOL, scaled(1.0, 9)).unwrap();
    let after = held(&world);
    assert_eq!(
        (before[0] - after[0], before[1]),
        (scaled(1.0, 9), after[1])
    );
}

/// Two legs under water: in whichever order and in whatever bites a liquidator takes them, they
/// cost the account no more than cap and fee of what he took, and it ends at LiquidationEnd.
#[test]
fn no_order_of_legs_costs_the_account_more_than_premium_and_fee() {
    let mut scene = World::new();
    for name in ["maker", "liquidator"] {
        scene.fund(name, 1_000_000.0);
    }
    scene.fund("alice", 2_000.0);
    scene.trade("alice", "maker", SOL_PERP, 150.0, 100.0);
    scene.trade("alice", "maker", BTC_PERP, 0.3, 50_000.0);
    scene.advance(30);
    scene.refresh_all();
    scene.advance(2);
    scene.crash(SOL, 95.0);
    scene.advance(2);
    scene.crash(BTC, 48_000.0);
    scene.advance(16);
    scene.refresh_all();
    let mut costs = Vec::new();
    for legs in [[SOL_PERP, BTC_PERP], [BTC_PERP, SOL_PERP]] {
        for share in [1.0, 0.05] {
            let mut world = scene.fork();
            let from = raw(&world, "alice");
            let base = |world: &World, leg| world.position("alice", leg).base.unsigned_abs();
            let start = legs.map(|leg| base(&world, leg));
            for _ in 0..400 {
                let mut went = false;
                for (leg, start) in legs.into_iter().zip(start) {
                    let bite = (start as f64 * share) as u64;
                    while world.take_over("liquidator", "alice", leg, bite).is_ok() {
                        went = true;
                    }
                }
                if !went {
                    break;
                }
                world.advance(1);
                world.refresh_all();
            }
            let mut most = 4;
            for (leg, start) in legs.into_iter().zip(start) {
                let (market, price) = (world.market(leg), world.prices[leg + 1]);
                let taken = start - base(&world, leg);
                let notional = u128::from(taken) * u128::from(price) / 10_000_000_000;
                let rate = market.premium_cap_ppm + market.liquidation_fee_ppm;
                most += i64::try_from(notional * u128::from(rate) / 1_000_000).unwrap();
            }
            let cost = from - raw(&world, "alice");
            println!("{legs:?} by {share}: {cost} of at most {most}");
            assert!(
                (0..=most).contains(&cost),
                "{legs:?} by {share}: {cost} of {most}"
            );
            let end = world
                .health("alice", Level::LiquidationEnd)
                .surplus()
                .unwrap();
            let standing = world.health("alice", Level::Maintenance).surplus().unwrap();
            assert!(end >= 0 || standing >= 0, "{end}");
            costs.push(cost);
        }
    }
    let spread = costs.iter().max().unwrap() - costs.iter().min().unwrap();
    println!("the worst choice costs {spread} more than the best");
}

/// Who bites one lot a slot takes one lot of the others' share, and ends no clock of the account's.
#[test]
fn a_staller_holds_up_neither_liquidators_nor_the_account() {
    let mut world = World::new();
    for name in ["maker", "honest", "staller"] {
        world.fund(name, 1_000_000.0);
    }
    // A market in which alice is no cascade.
    world.fund("other", 200_000.0);
    world.trade("other", "maker", SOL_PERP, 3_000.0, 100.0);
    world.fund("alice", 1_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(30);
    world.refresh_all();
    world.advance(2);
    world.crash(SOL, 92.0);
    world.advance(16);
    world.refresh_all();
    let lot = world.market(SOL_PERP).lot;
    let left = |world: &World| world.position("alice", SOL_PERP).base.unsigned_abs();
    for _ in 0..2 {
        let before = left(&world);
        world.take_over("staller", "alice", SOL_PERP, lot).unwrap();
        assert_eq!(before - left(&world), lot);
        world
            .take_over("honest", "alice", SOL_PERP, u64::MAX)
            .unwrap();
        let share = before / 4 / lot * lot;
        assert_eq!(
            before - left(&world),
            share,
            "all of the slot's share but his lot"
        );
        world.advance(1);
        world.refresh_all();
    }
    // A minute of bites by the staller alone.
    for _ in 0..60 {
        if world.take_over("staller", "alice", SOL_PERP, lot).is_err() {
            break;
        }
        world.advance(1);
        world.refresh_all();
    }
    // She tops up, and a minute after her first look the flag is gone: there is nothing to bite.
    world.fund("alice", 2_000.0);
    world.unflag("alice").unwrap();
    for _ in 0..59 {
        let bite = world.take_over("staller", "alice", SOL_PERP, lot);
        expect_error(bite, BulwarkError::NotLiquidatable);
        world.advance(1);
        world.refresh_all();
    }
    expect_error(world.unflag("alice"), BulwarkError::TooEarly);
    world.advance(1);
    world.refresh_all();
    world.unflag("alice").unwrap();
    assert_eq!(world.account("alice").flagged_open, 0);
}
