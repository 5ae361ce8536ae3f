//! Attacks on a Recovery while it counts and pays: what others may still do then moves nothing that
//! is counted, and nobody is kept out of it.

use bulwark::error::BulwarkError;
use bulwark_client::Items;
use bulwark_core::mode::{above_normal_since, above_normal_within};
use bulwark_core::recovery::{Cause, DEAD_MAN_OF_MONTH};
use bulwark_state::{Compartment, Market, Recovery};
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, expect_error, usdc};

const COIN: u64 = 1_000_000_000;

/// Alice long against the maker, Carol with SOL alone, Plain with quote alone, Leaver with SOL; a
/// guardian of five; half an hour of prints.
fn venue() -> World {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("maker", 100_000.0);
    world.fund("alice", 5_000.0);
    world.deposit("carol", SOL, 40 * COIN);
    world.deposit("leaver", SOL, 10 * COIN);
    world.fund("plain", 8_000.0);
    world.trade("alice", "maker", SOL_PERP, 200.0, 100.0);
    for name in ["mallory", "donor"] {
        world.trader(name);
    }
    world.post_minutes(31);
    world
}

const PEOPLE: [&str; 5] = ["alice", "carol", "leaver", "maker", "plain"];

/// Announced and frozen; nothing is counted yet.
fn freeze(world: &mut World) {
    world.announce_by_guardian().unwrap();
    world.pass_notice();
    world.freeze().unwrap();
}

fn bank(index: usize) -> Items {
    Items {
        banks: vec![index],
        ..Items::default()
    }
}

/// A check folds markets into the quote bank. Between the count of a market and that of the bank it
/// would count the market's live accounts and quote twice, or not at all.
#[test]
fn a_check_between_two_counts_moves_nothing_that_is_counted() {
    let mut world = venue();
    // A loss that emptied an account stands in its market until somebody folds it.
    let market = world.deployment.markets[SOL_PERP].market;
    world.corrupt::<Market>(market, |market| market.deltas.live -= 1);
    let quote = world.deployment.banks[USDC].bank;
    world.corrupt::<bulwark_state::Bank>(quote, |bank| bank.totals.live_count += 1);
    freeze(&mut world);
    let markets = 0..world.deployment.markets.len();
    world.count(0..0, markets).unwrap();
    let refused = BulwarkError::RecoveryPhase;
    expect_error(world.check_all(), refused);
    expect_error(world.check(&bank(SOL)), refused);
    let stands = Items {
        markets: vec![SOL_PERP],
        ..Items::default()
    };
    world.check(&stands).unwrap();
    assert_eq!(world.market(SOL_PERP).deltas.live, -1, "not folded");
    let banks = 0..world.deployment.banks.len();
    world.count(banks, 0..0).unwrap();
    assert_eq!(world.recovery().live_count, 5);
    world.mark_all(&PEOPLE).unwrap();
    world.open_pot().unwrap();
    assert_eq!(world.claim("plain", USDC), usdc(8_000.0));
}

/// Whatever the count says, everyone is marked and takes what is his.
#[test]
fn a_wrong_count_of_the_living_keeps_nobody_out() {
    for live in [0, 2] {
        let mut world = venue();
        freeze(&mut world);
        world.count_all().unwrap();
        let recovery = world.deployment.recovery(world.epoch());
        world.corrupt::<Recovery>(recovery, |recovery| recovery.live_count = live);
        world.mark_all(&PEOPLE).unwrap();
        world.open_pot().unwrap();
        assert_eq!(world.claim("carol", SOL), 40 * COIN);
        assert_eq!(world.claim("leaver", SOL), 10 * COIN);
        assert_eq!(world.claim("plain", USDC), usdc(8_000.0));
    }
}

/// Payments of a Recovery leave claims as they were counted. A check would find a hole there, pay
/// its caller for it, and make his empty account one of those that are waited for.
#[test]
fn a_payment_of_a_recovery_is_no_hole_and_nobody_is_paid_for_finding_it() {
    let mut world = venue();
    world.fund_insurance(50_000.0);
    let quote = world.deployment.banks[USDC].bank;
    world.corrupt::<bulwark_state::Bank>(quote, |bank| bank.totals.fees += 5_000_000_000);
    world.donate(USDC, 5_000_000_000);
    world.corrupt::<bulwark_state::Bank>(quote, |bank| bank.expected += 5_000_000_000);
    freeze(&mut world);
    world.count_all().unwrap();
    world.mark_all(&["carol"]).unwrap();
    assert_eq!(world.claim("carol", SOL), 40 * COIN);
    let found = world.check_for_reward("mallory", &bank(SOL));
    expect_error(found, BulwarkError::RecoveryPhase);
    // What a check may still look at is found, but pays nobody.
    let market = world.deployment.markets[SOL_PERP].market;
    world.corrupt::<Market>(market, |market| market.oi_long += 1);
    let items = Items {
        markets: vec![SOL_PERP],
        ..Items::default()
    };
    world.check_for_reward("mallory", &items).unwrap();
    let compartment = world.read::<Compartment>(world.deployment.compartment);
    assert_ne!(compartment.broken.markets, 0, "it was found");
    assert_eq!(world.account("mallory").live, 0);
    assert_eq!(world.account("mallory").quote, 0);
}

/// Late money that is collected empties an account that was counted: it keeps its place, or the
/// quote pot would wait for it until the deadline.
#[test]
fn a_residual_collected_in_a_recovery_leaves_its_owner_among_the_living() {
    let mut world = venue();
    // A fifth of all SOL is gone; who leaves takes four fifths and is owed the rest.
    world.steal(SOL, 10 * COIN);
    let paid = world.allow_stock_change(|world| world.withdraw("leaver", SOL, 10 * COIN));
    assert_eq!(paid, (8 * COIN, 0));
    freeze(&mut world);
    world.count_all().unwrap();
    assert_eq!(world.recovery().live_count, 5);
    world.audited = false;
    world.add_money("donor", SOL, 10 * COIN).unwrap();
    assert_eq!(world.collect("leaver", SOL), 2 * COIN);
    let slots = world.account("leaver").collaterals;
    assert!(slots.iter().any(|held| held.active != 0), "its slot stands");
    world.mark_all(&PEOPLE).unwrap();
    world.open_pot().unwrap();
    assert_eq!(world.claim("carol", SOL), 40 * COIN);
}

/// Tokens that were gone when their bank was counted and come back by plain transfer are found.
#[test]
fn money_that_comes_back_after_the_count_pays_everybody_again() {
    let mut world = venue();
    freeze(&mut world);
    world.steal(SOL, 25 * COIN);
    world.count_all().unwrap();
    world.mark_all(&["carol", "leaver"]).unwrap();
    assert_eq!(world.claim("carol", SOL), 20 * COIN);
    world.audited = false;
    world.donate(SOL, 25 * COIN);
    world.add_money("donor", SOL, 0).unwrap();
    assert_eq!(world.claim("carol", SOL), 20 * COIN);
    assert_eq!(world.claim("leaver", SOL), 10 * COIN);
    let nothing = world.add_money("donor", SOL, 0);
    expect_error(nothing, BulwarkError::ZeroAmount);
    assert_eq!(world.vault(SOL), 0);
}

/// The ring of the last events isn't flushed for gas: where there is nothing to note, nothing is.
#[test]
fn no_deficit_is_no_event() {
    let mut world = venue();
    let before = world.protocol().event_head;
    for _ in 0..3 {
        let noted = world.by_stranger(|world, key| world.deployment.note_deficit(key));
        expect_error(noted, BulwarkError::NotNeeded);
    }
    assert_eq!(world.protocol().event_head, before);
}

const DAY: i64 = 86_400;

/// A market breaks, or is mended, and a check sees it.
fn look(world: &mut World, broken: bool) {
    let market = world.deployment.markets[SOL_PERP].market;
    world.corrupt::<Market>(market, |market| {
        market.oi_long = market.oi_short + u64::from(broken);
    });
    let items = Items {
        markets: vec![SOL_PERP],
        ..Items::default()
    };
    world.check(&items).unwrap();
}

/// Whoever makes a market sound for a day puts nothing off: its bit stands 20 of 30 days.
#[test]
fn a16_twenty_days_of_thirty_with_breaks_let_anyone_announce() {
    let mut world = venue();
    for days in [4, 9, 7] {
        look(&mut world, true);
        expect_error(world.announce(Cause::DeadMan), BulwarkError::NotNeeded);
        world.pass(days * DAY - 1);
        expect_error(world.announce(Cause::DeadMan), BulwarkError::NotNeeded);
        world.pass(1);
        look(&mut world, false);
        if days != 7 {
            expect_error(world.announce(Cause::DeadMan), BulwarkError::NotNeeded);
            world.pass(2 * DAY);
        }
    }
    // Twenty days, none of them now, never a fortnight at once.
    let (compartment, now) = (world.compartment(), world.now());
    assert_eq!(above_normal_since(&compartment, now), None);
    assert_eq!(above_normal_within(&compartment, now), DEAD_MAN_OF_MONTH);
    // In Normal nobody announces, were it broken for a month before: it is traded in.
    expect_error(world.announce(Cause::DeadMan), BulwarkError::NotNeeded);
    look(&mut world, true);
    let mut healed = world.fork();
    world.announce(Cause::DeadMan).unwrap();
    world.pass(7 * DAY - 1);
    expect_error(world.freeze(), BulwarkError::DelayRuns);
    world.pass(1);
    expect_error(world.undo(), BulwarkError::NotNeeded);
    world.freeze().unwrap();
    // Where it has been sound since, the first days leave the window within the notice.
    healed.announce(Cause::DeadMan).unwrap();
    look(&mut healed, false);
    healed.pass(7 * DAY);
    expect_error(healed.freeze(), BulwarkError::NotNeeded);
    healed.undo().unwrap();
    expect_error(healed.announce(Cause::DeadMan), BulwarkError::NotNeeded);
}

/// A bit that somebody has set for a minute a day counts half an hour in thirty days.
#[test]
fn a16_an_alarm_for_a_minute_a_day_counts_minutes() {
    let mut world = venue();
    for _ in 0..29 {
        look(&mut world, true);
        world.pass(60);
        look(&mut world, false);
        world.pass(DAY - 60);
    }
    let (compartment, now) = (world.compartment(), world.now());
    assert_eq!(above_normal_within(&compartment, now), 29 * 60);
    expect_error(world.announce(Cause::DeadMan), BulwarkError::NotNeeded);
}
