//! The self-check on the bytecode: accounts are corrupted as a bug or a thief would, anyone latches
//! it, nobody can omit or undo it, and what leaves before and after is bounded.

mod alarms;

use bulwark::error::BulwarkError;
use bulwark::event::CheckedHead;
use bulwark_client::Items;
use bulwark_core::check::REWARD;
use bulwark_core::mode::{Global, Mode};
use bulwark_state::{Bank, Board, MarginAccount, Market, Wide};
use bulwark_svm::world::{
    BTC, BTC_PERP, SOL, SOL_PERP, USDC, World, ask, bid, expect_error, scaled, usdc,
};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// Alice is long 10 SOL against the maker; both have SOL beside quote.
fn venue() -> World {
    let mut world = World::new();
    world.fund("maker", 200_000.0);
    world.fund("alice", 10_000.0);
    world.fund("bob", 10_000.0);
    world.deposit("alice", SOL, scaled(10.0, 9));
    world.deposit("bob", SOL, scaled(500.0, 9));
    world.trade("alice", "maker", SOL_PERP, 10.0, 100.0);
    world
}

fn bank(index: usize) -> Items {
    Items {
        banks: vec![index],
        ..Items::default()
    }
}

fn market(index: usize) -> Items {
    Items {
        markets: vec![index],
        ..Items::default()
    }
}

fn accounts(world: &mut World, names: &[&'static str]) -> Items {
    Items {
        accounts: names.iter().map(|name| world.margin_key(name)).collect(),
        ..Items::default()
    }
}

fn bit(global: Global) -> u64 {
    global.bit()
}

#[test]
fn a_sound_venue_is_left_alone() {
    let mut world = venue();
    let before = (*world.compartment(), world.protocol().event_sequence);
    let mut items = accounts(&mut world, &["alice", "bob", "maker"]);
    items.quote = true;
    items.banks = vec![SOL, BTC];
    let receipt = world.check(&items).unwrap();
    let after = world.compartment();
    // It is told, and counts in the compartment alone: the Protocol's ring stays as it is.
    assert_eq!(receipt.meta.inner_instructions.iter().flatten().count(), 1);
    assert_eq!(after.event_sequence, before.0.event_sequence + 1);
    assert_eq!(after.mode, before.0.mode);
    assert_eq!(
        after.broken.banks | after.broken.markets | after.broken.globals,
        0
    );
    let slot = world.now().slot;
    assert_eq!(after.broken.bank_checked_slot[..3], [slot; 3]);
    assert_eq!(after.broken.market_checked_slot[..2], [slot; 2]);
    assert_eq!(world.protocol().event_sequence, before.1);
    // A donation is a surplus: nothing trips (a01).
    world.donate(SOL, 1);
    world.donate(USDC, 1);
    world.check(&items).unwrap();
    assert_eq!(world.mode(), Mode::Normal);
}

#[test]
fn a30_a_whale_who_leaves_and_a_fall_of_a_fifth_trip_nothing() {
    let mut world = venue();
    world.fund("whale", 2_000_000.0);
    world.fund_insurance(10_000.0);
    world.check_all().unwrap();
    assert_eq!(world.withdraw("whale", USDC, u64::MAX).1, 0);
    world.advance(60);
    world.crash(SOL, 80.0);
    world.advance(1);
    world.refresh_all();
    let mut items = accounts(&mut world, &["alice", "maker", "whale"]);
    items.quote = true;
    items.banks = vec![SOL, BTC];
    world.check(&items).unwrap();
    assert_eq!(world.mode(), Mode::Normal);
    assert_eq!(world.bank(USDC).totals.check_hole, 0);
}

#[test]
fn the_counters_are_sound_after_a_wind_up() {
    // Who came by a deposit is counted in the bank's own part of the live count, who is wound up
    // goes from the other one.
    let mut world = World::new();
    for (name, money) in [("maker", 200_000.0), ("liquidator", 100_000.0)] {
        world.fund(name, money);
    }
    world.fund_insurance(10_000.0);
    world.fund("alice", 1_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(60);
    world.refresh_all();
    world.advance(70);
    world.crash(SOL, 89.0);
    world.advance(3);
    world.refresh_all();
    world.wind_up("liquidator", "alice", 1_000_000).unwrap();
    world.check_all().unwrap();
    assert_eq!(world.bank(USDC).totals.live_count, -1);
    assert_eq!(world.compartment().broken.globals, 0);
    assert_eq!(world.mode(), Mode::Normal);
}

#[test]
fn a_robbed_token_pauses_and_a_check_of_it_alone_ends_that_once_it_is_made_good() {
    let mut world = venue();
    world.steal(SOL, scaled(51.0, 9));
    assert_eq!(world.mode(), Mode::Normal, "nobody has looked yet");
    let sequence = world.protocol().event_sequence;
    world.check(&bank(SOL)).unwrap();
    assert_eq!(world.mode(), Mode::Paused);
    let compartment = world.compartment();
    assert_eq!(compartment.broken.banks, 1 << SOL);
    assert_eq!(compartment.broken.banks_missing, 1 << SOL);
    assert_eq!(compartment.broken.missing_at, world.now().unix);
    assert_eq!(compartment.mode.paused_reason, 0x407);
    assert_eq!(world.board().banks[SOL].coverage_e9, 900_000_000);
    assert_eq!(world.protocol().event_sequence, sequence + 1);
    // a35: omitting the bank keeps its bit, whatever else is looked at.
    let mut others = accounts(&mut world, &["alice", "bob"]);
    others.quote = true;
    others.banks = vec![BTC];
    world.check(&others).unwrap();
    world.check(&Items::default()).unwrap();
    assert_eq!(world.compartment().broken.banks, 1 << SOL);
    assert_eq!(world.mode(), Mode::Paused);
    // Automation's pause ends after a day; the bit stands as Restricted.
    world.advance(DAY);
    world.refresh_all();
    assert_eq!(world.mode(), Mode::Restricted);
    // Made good, and nobody looks: it stands. The next look at that bank clears it.
    world.recapitalise("giver", SOL, scaled(51.0, 9)).unwrap();
    world.check(&others).unwrap();
    assert_eq!(world.mode(), Mode::Restricted);
    world.check(&bank(SOL)).unwrap();
    assert_eq!(world.mode(), Mode::Normal);
    assert_eq!(world.compartment().broken.missing_at, 0);
    assert_eq!(world.board().banks[SOL].coverage_e9, 1_000_000_000);
}

#[test]
fn a19_missing_value_holds_paused_for_three_days_of_thirty_and_no_longer() {
    let mut world = venue();
    world.steal(SOL, scaled(51.0, 9));
    let mut paused = 0;
    for _ in 0..30 * 6 {
        world.check(&bank(SOL)).unwrap();
        paused += i64::from(world.mode() == Mode::Paused) * 4;
        world.advance(4 * HOUR);
    }
    assert_eq!(paused, 72, "hours");
    assert_eq!(world.mode(), Mode::Restricted);
    // The guardians' budget is another one: they still have theirs, and a bit doesn't end it.
    let automation = world.compartment().automation_budget;
    assert!(automation.spans.iter().any(|span| span.until != 0));
    assert_eq!(world.compartment().guardian_budget, Default::default());
}

#[test]
fn quote_is_missing_only_with_all_markets_in_view() {
    let mut world = venue();
    world.steal(USDC, usdc(22_000.0));
    // One market short, one twice, another order: refused, never believed (INV-SUBSET).
    let payer = bulwark_svm::vm::pubkey(solana_signer::Signer::pubkey(&world.vm.payer));
    let all = Items {
        quote: true,
        ..Items::default()
    };
    let whole = world.deployment.check(payer, &all, None);
    let last = whole.accounts.len() - 1;
    for change in [
        |list: &mut Vec<_>, last: usize| drop(list.remove(last)),
        |list: &mut Vec<_>, last: usize| list.swap(last - 1, last),
        |list: &mut Vec<bulwark_client::AccountMeta>, last: usize| {
            list[last] = list[last - 1].clone()
        },
    ] {
        let mut part = whole.clone();
        change(&mut part.accounts, last);
        expect_error(world.send(&[part], &[]), BulwarkError::IncompleteSet);
    }
    world.check(&all).unwrap();
    assert_eq!(world.mode(), Mode::Paused);
    let broken = world.compartment().broken;
    assert_eq!(
        (broken.banks, broken.banks_missing, broken.globals),
        (1, 1, 0)
    );
    let totals = world.bank(USDC).totals;
    assert_eq!(totals.check_hole, usdc(22_000.0));
    let fees = totals.fees.unsigned_abs();
    assert_eq!(totals.check_loss, usdc(22_000.0) - fees, "D = M − I − F");
    // 220,000 of claims, less what fees cover: a tenth is missing, to everyone alike.
    let coverage = world.coverage(USDC).e9().unwrap();
    assert!((900_000_000..900_100_000).contains(&coverage), "{coverage}");
    assert_eq!(world.board().banks[USDC].coverage_e9, coverage);
    let (paid, _) = world.withdraw_short("bob", USDC, usdc(1_000.0));
    assert!((usdc(900.0)..usdc(901.0)).contains(&paid), "{paid}");
}

#[test]
fn open_interest_that_does_not_match_restricts_and_stops_its_market() {
    let mut world = venue();
    let key = world.deployment.markets[SOL_PERP].market;
    world.corrupt::<Market>(key, |market| market.oi_long += 1);
    // Who trades in it is refused, and that alarm is rolled back with it.
    world.place("maker", BTC_PERP, ask(0.1, 50_000.0));
    for order in [bid(1.0, 99.0), ask(1.0, 100.0).reduce_only()] {
        let refused = world.try_place("alice", SOL_PERP, order);
        expect_error(refused, BulwarkError::InvariantBroken);
    }
    assert_eq!(world.mode(), Mode::Normal);
    world.check(&market(BTC_PERP)).unwrap();
    assert_eq!(world.mode(), Mode::Normal);
    world.check(&market(SOL_PERP)).unwrap();
    assert_eq!(world.mode(), Mode::Restricted);
    assert_eq!(world.compartment().broken.markets, 1 << SOL_PERP);
    assert_eq!(world.compartment().mode.paused, Default::default());
    // No new risk anywhere in the compartment; who has nothing open leaves.
    world.place("alice", BTC_PERP, bid(0.1, 50_000.0).ioc());
    assert_eq!(world.position("alice", BTC_PERP).base, 0);
    assert_eq!(world.withdraw("bob", USDC, usdc(100.0)), (usdc(100.0), 0));
    world.check(&market(BTC_PERP)).unwrap();
    assert_eq!(world.mode(), Mode::Restricted, "a35");
    world.corrupt::<Market>(key, |market| market.oi_long -= 1);
    world.check(&market(SOL_PERP)).unwrap();
    assert_eq!(world.mode(), Mode::Normal);
}

/// Who would move its positions otherwise is refused like who trades: taking over, winding up.
#[test]
fn a_broken_market_is_neither_taken_over_nor_wound_up_in() {
    let mut world = World::new();
    for (name, money) in [("maker", 200_000.0), ("liquidator", 100_000.0)] {
        world.fund(name, money);
    }
    world.fund_insurance(10_000.0);
    world.fund("alice", 1_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(60);
    world.refresh_all();
    let key = world.deployment.markets[SOL_PERP].market;
    for (price, wound_up) in [(92.0, false), (88.0, true)] {
        let mut low = world.fork();
        low.advance(70);
        low.crash(SOL, price);
        low.advance(3);
        low.refresh_all();
        let act = |world: &mut World| match wound_up {
            true => world.wind_up("liquidator", "alice", 1_000_000),
            false => world.take_over("liquidator", "alice", SOL_PERP, 1_000_000_000),
        };
        act(&mut low.fork()).unwrap();
        low.corrupt::<Market>(key, |market| market.oi_long += 1);
        expect_error(act(&mut low), BulwarkError::InvariantBroken);
        assert_eq!(low.position("alice", SOL_PERP).base, 10_000_000_000);
    }
}

#[test]
fn money_left_in_a_market_without_positions_is_a_broken_market() {
    let mut world = venue();
    let key = world.deployment.markets[BTC_PERP].market;
    for change in [
        |market: &mut Market| market.pot = -1,
        |market: &mut Market| market.quote_sum = 5,
    ] {
        let sound = *world.read::<Market>(key);
        world.corrupt(key, change);
        world.check(&market(BTC_PERP)).unwrap();
        assert_eq!(world.compartment().broken.markets, 1 << BTC_PERP);
        world.corrupt(key, |market| *market = sound);
        world.check(&market(BTC_PERP)).unwrap();
        assert_eq!(world.mode(), Mode::Normal);
    }
}

#[test]
fn an_index_that_went_backwards_restricts_until_it_is_back() {
    let mut world = World::new();
    world.fund("maker", 200_000.0);
    world.fund("alice", 10_000.0);
    let board = world.deployment.board;
    let set = |world: &mut World, to: u64| {
        world.corrupt::<Board>(board, |board| {
            board.markets[SOL_PERP].loss_long = Wide::new(u128::from(to));
            board.lend_index = Wide::new(u128::from(to));
        });
    };
    set(&mut world, 10);
    world.trade("alice", "maker", SOL_PERP, 10.0, 100.0);
    world.check_all().unwrap();
    set(&mut world, 9);
    // Whoever would be charged by it is refused.
    let refused = world.try_place("alice", SOL_PERP, ask(1.0, 100.0));
    expect_error(refused, BulwarkError::InvariantBroken);
    world.check(&Items::default()).unwrap();
    assert_eq!(world.compartment().broken.globals, bit(Global::Index));
    assert_eq!(world.compartment().broken.markets, 0);
    world.check(&market(SOL_PERP)).unwrap();
    assert_eq!(world.compartment().broken.markets, 1 << SOL_PERP);
    assert_eq!(world.mode(), Mode::Restricted);
    // An account that has seen it further on says the same.
    let items = accounts(&mut world, &["alice"]);
    world.check(&items).unwrap();
    let both = bit(Global::Index) | bit(Global::Account);
    assert_eq!(world.compartment().broken.globals, both);
    set(&mut world, 11);
    world.check(&market(SOL_PERP)).unwrap();
    assert_eq!(world.compartment().broken.globals, bit(Global::Account));
    world.check(&items).unwrap();
    assert_eq!(world.mode(), Mode::Normal);
}

#[test]
fn a35_a_broken_account_is_cleared_by_a_look_at_it_alone() {
    let mut world = venue();
    let key = world.margin_key("alice");
    let sound = *world.read::<MarginAccount>(key);
    world.corrupt::<MarginAccount>(key, |account| {
        account.collaterals[1] = account.collaterals[0]
    });
    let alice = accounts(&mut world, &["alice"]);
    let others = accounts(&mut world, &["bob", "maker"]);
    world.check(&alice).unwrap();
    assert_eq!(world.compartment().broken.globals, bit(Global::Account));
    assert_eq!(world.compartment().broken_account, key.to_bytes());
    assert_eq!(world.mode(), Mode::Restricted);
    world.check(&others).unwrap();
    assert_eq!(world.mode(), Mode::Restricted);
    // A second broken one takes the place when the first is sound again.
    let bob = world.margin_key("bob");
    let sound_bob = *world.read::<MarginAccount>(bob);
    world.corrupt::<MarginAccount>(bob, |account| account.live = 0);
    world.check(&others).unwrap();
    assert_eq!(world.compartment().broken_account, key.to_bytes());
    world.corrupt::<MarginAccount>(key, |account| *account = sound);
    world.check(&alice).unwrap();
    assert_eq!(world.mode(), Mode::Normal);
    world.check(&others).unwrap();
    assert_eq!(world.compartment().broken_account, bob.to_bytes());
    world.corrupt::<MarginAccount>(bob, |account| *account = sound_bob);
    world.check(&others).unwrap();
    assert_eq!(world.mode(), Mode::Normal);
}
