//! Replacing and cancelling several orders, leaving with all that may leave, closing everything,
//! and refusals that say which two numbers clashed.

mod stage;

use bulwark::error::BulwarkError as E;
use bulwark::instructions::Which;
use bulwark_core::health::{Level, is_plain};
use bulwark_svm::world::worst::{HUB, LEGS, TAKER};
use bulwark_svm::world::{
    BTC, BTC_PERP, SOL, SOL_PERP, USDC, World, ask, bid, expect_error, price_e8, scaled, usdc,
};
use stage::Stage;

fn venue() -> World {
    let mut world = World::new();
    world.fund("maker", 500_000.0);
    world.fund("alice", 2_000.0);
    world
}

#[test]
fn an_order_is_replaced_whole_or_stays() {
    let mut world = venue();
    let first = world.place("alice", SOL_PERP, bid(10.0, 98.0).post_only().numbered(7));
    let two = bid(20.0, 97.0).post_only().numbered(7);
    let replaced = world
        .replace("alice", SOL_PERP, Which::Sequence(first), two)
        .unwrap();
    let second = u64::from_le_bytes(replaced.returned[..8].try_into().unwrap());
    assert!(second > first);
    let book = world.book(SOL_PERP);
    assert_eq!((book.bid_count, book.bids[0].price), (1, price_e8(97.0)));
    // What is gone is not replaced: nobody gets a second order for one that was filled.
    expect_error(
        world.replace("alice", SOL_PERP, Which::Sequence(first), two),
        E::NoSuchOrder,
    );
    expect_error(
        world.replace("alice", SOL_PERP, Which::All, two),
        E::BadValue,
    );
    // What can't be placed leaves the old one where it was.
    world.place("maker", SOL_PERP, ask(5.0, 99.0).post_only());
    let refused = [
        (bid(1.0, 99.0).post_only(), E::WouldCross),
        (bid(1_000_000.0, 97.0).post_only(), E::BelowInitialMargin),
        (bid(0.0, 97.0), E::BadLot),
        (bid(6.0, 99.0).fill_or_kill(), E::NotFilledWhole),
    ];
    for (order, error) in refused {
        expect_error(
            world.replace("alice", SOL_PERP, Which::Client(7), order),
            error,
        );
        let book = world.book(SOL_PERP);
        assert_eq!((book.bid_count, book.bids[0].size), (1, 2_000_000_000));
    }
    // The margin of the old one is free for the new one: twice would be too much.
    let most = bid(300.0, 98.0).post_only().numbered(9);
    world
        .replace("alice", SOL_PERP, Which::Client(7), most)
        .unwrap();
    let again = bid(299.0, 98.0).post_only();
    expect_error(
        world.try_place("alice", SOL_PERP, again),
        E::BelowInitialMargin,
    );
    world
        .replace("alice", SOL_PERP, Which::Client(9), again)
        .unwrap();
    // Into a fill, too.
    let slot = Which::Slot(u8::try_from(free(&world) - 1).unwrap_or(0));
    world
        .replace("alice", SOL_PERP, slot, bid(2.0, 99.0).ioc())
        .unwrap();
    assert_eq!(world.position("alice", SOL_PERP).base, 200_000_000);
    assert_eq!(world.book(SOL_PERP).bid_count, 0);
}

/// One more than the slot of Alice's only order.
fn free(world: &World) -> usize {
    let account = world.account("alice");
    account
        .orders
        .iter()
        .position(|slot| slot.size != 0)
        .unwrap()
        + 1
}

#[test]
fn replacing_needs_the_traders_own() {
    let mut stage = Stage::new();
    let number = stage
        .world
        .place("alice", SOL_PERP, bid(1.0, 98.0).post_only());
    let (alice, key) = stage.wallet("alice");
    let margin = stage.world.margin_key("alice");
    let ours = stage.world.deployment.clone();
    let what = (Which::Sequence(number), bid(2.0, 97.0).post_only().0);
    let replace = ours.replace_order(key, margin, SOL_PERP, what, &[]);
    stage.refuses_all_but("replace_order", &replace, &[&alice], &[]);
    let batch = ours.cancel_batch(key, margin, SOL_PERP, &[number], &[]);
    stage.refuses_all_but("cancel_batch", &batch, &[&alice], &[]);
    let (mallory, thief) = stage.wallet("mallory");
    for theft in [
        ours.replace_order(thief, margin, SOL_PERP, what, &[]),
        ours.cancel_batch(thief, margin, SOL_PERP, &[number], &[]),
    ] {
        expect_error(stage.world.send(&[theft], &[&mallory]), E::NotOwner);
    }
}

#[test]
fn several_orders_are_cancelled_and_the_missing_passed_over() {
    let mut world = venue();
    let numbers: Vec<u64> = (0..6)
        .map(|n| {
            let order = bid(1.0, 90.0 + f64::from(n))
                .post_only()
                .numbered(100 + n as u32);
            world.place("alice", SOL_PERP, order)
        })
        .collect();
    let mine = world.place("maker", SOL_PERP, bid(1.0, 91.5).post_only());
    let count = |outcome: bulwark_svm::world::Outcome| {
        let mut bytes = [0; 8];
        let returned = outcome.unwrap().returned;
        bytes[..returned.len()].copy_from_slice(&returned);
        u64::from_le_bytes(bytes)
    };
    // Twice the same, one that never was, one of somebody else's: the rest goes.
    let some = [numbers[0], numbers[0], 999, mine, numbers[5]];
    assert_eq!(
        count(world.cancel_batch("alice", SOL_PERP, &some, &[104, 999])),
        3
    );
    let left: Vec<u64> = world.book(SOL_PERP).bids[..4]
        .iter()
        .map(|o| o.price)
        .collect();
    assert_eq!(left, [91.0, 91.5, 92.0, 93.0].map(price_e8));
    assert_eq!(count(world.cancel_batch("alice", SOL_PERP, &some, &[])), 0);
    expect_error(world.cancel_batch("alice", SOL_PERP, &[], &[]), E::BadIndex);
    let many = [numbers[1]; 33];
    expect_error(
        world.cancel_batch("alice", SOL_PERP, &many, &[]),
        E::BadIndex,
    );
    expect_error(
        world.cancel_batch("alice", SOL_PERP, &many[..32], &[1]),
        E::BadIndex,
    );
    assert_eq!(
        count(world.cancel_batch("alice", SOL_PERP, &many[..16], &[102; 16])),
        2
    );
    assert_eq!(world.book(SOL_PERP).bid_count, 2);
}

#[test]
fn all_that_may_leave_leaves() {
    let mut world = venue();
    world.deposit("alice", SOL, scaled(10.0, 9));
    world.deposit("alice", BTC, scaled(0.1, 8));
    world.trade("alice", "maker", SOL_PERP, 60.0, 100.0);
    world.place("alice", SOL_PERP, bid(5.0, 98.0).post_only());
    let before = world.account("alice");
    assert!(!is_plain(&before));
    let left = world.withdraw_all("alice");
    // Tokens first: quote covers what is required, so both go whole.
    assert_eq!(left[SOL], (scaled(10.0, 9), 0));
    assert_eq!(left[BTC], (scaled(0.1, 8), 0));
    let required = world.health("alice", Level::Initial);
    assert_eq!(required.surplus(), Ok(0), "to the unit");
    assert_eq!(
        left[USDC].0 + world.account("alice").quote.unsigned_abs(),
        before.quote.unsigned_abs()
    );
    // Nothing more may leave, and that is said with its numbers.
    expect_error(
        world.try_withdraw("alice", USDC, u64::MAX),
        E::BelowInitialMargin,
    );
    let refused = world.try_withdraw("alice", USDC, 1).unwrap_err();
    let needs = required.requirement;
    let clash = (
        u32::from(E::BelowInitialMargin),
        needs.cast_signed() - 1,
        needs,
    );
    assert_eq!(refused.clash(), Some(clash));
    // A part of a token where it is needed: what stays is what new risk asks for, to $0.000002.
    world.deposit("alice", SOL, scaled(10.0, 9));
    world.fund("bob", 10.0);
    world.advance(5);
    world.price(SOL, 99.0);
    let (paid, queued) = world.withdraw("alice", SOL, u64::MAX);
    assert_eq!(queued, 0);
    assert!(paid > 0 && paid < scaled(10.0, 9), "{paid}");
    let left = world.health("alice", Level::Initial).surplus().unwrap();
    assert!((0..=2).contains(&left), "{left}");
    // Without anything open, all of it.
    world.cancel("alice", SOL_PERP, Which::All).unwrap();
    world.place("maker", SOL_PERP, bid(60.0, 99.0).post_only());
    world.close_all("alice", 10_000).unwrap();
    assert!(is_plain(&world.account("alice")));
    world.withdraw_all("alice");
    world.close("alice").unwrap();
}

#[test]
fn everything_is_closed_in_one_transaction() {
    let mut world = venue();
    world.fund("alice", 20_000.0);
    world.trade("alice", "maker", SOL_PERP, 50.0, 100.0);
    world.trade("maker", "alice", BTC_PERP, 0.5, 50_000.0);
    // The book has a part of one and the whole of the other, some of it too dear.
    world.place("maker", SOL_PERP, bid(30.0, 99.5).post_only());
    world.place("maker", SOL_PERP, bid(30.0, 95.0).post_only());
    world.place("maker", BTC_PERP, ask(2.0, 50_100.0).post_only());
    world.close_all("alice", 10_000).unwrap();
    assert_eq!(
        world.position("alice", SOL_PERP).base,
        2_000_000_000,
        "as much as fits"
    );
    assert_eq!(
        world.position("alice", BTC_PERP).base,
        0,
        "and never beyond flat"
    );
    world.close_all("alice", 60_000).unwrap();
    assert_eq!(world.position("alice", SOL_PERP).base, 0);
    assert_eq!(
        world
            .account("alice")
            .orders
            .iter()
            .filter(|o| o.size != 0)
            .count(),
        0
    );
}

#[test]
fn a_full_account_closes_eight_positions_at_once() {
    let elf = bulwark_svm::vm::read_elf(&bulwark_svm::vm::elf_path("bulwark")).unwrap();
    let mut world = World::worst(&elf);
    for market in 0..LEGS {
        world.cancel_all(TAKER, market).unwrap();
    }
    world.fund(HUB, 1_000_000.0);
    for market in 0..LEGS {
        let size = world.position(TAKER, market).base;
        let much = 1.0 + size.unsigned_abs() as f64 / 1e8;
        let other = if size > 0 {
            bid(much, 83.95)
        } else {
            ask(much, 84.05)
        };
        world.place(HUB, market, other.post_only());
    }
    let closed = world.close_all(TAKER, 20_000).unwrap();
    println!(
        "{} units, {} bytes, {} keys",
        closed.units, closed.bytes, closed.keys
    );
    for market in 0..LEGS {
        assert_eq!(world.position(TAKER, market).base, 0, "market {market}");
    }
}

#[test]
fn a_refusal_says_which_numbers_clashed() {
    let mut world = venue();
    let clash = |outcome: bulwark_svm::world::Outcome| outcome.unwrap_err().clash().unwrap();
    // More than there is.
    let told = clash(world.try_withdraw("alice", USDC, usdc(2_001.0)));
    let expected = (
        u32::from(E::InsufficientBalance),
        2_000_000_000,
        2_001_000_000,
    );
    assert_eq!(told, expected);
    // An order too large: value and requirement of the account with it.
    let (code, have, need) = clash(world.try_place("alice", SOL_PERP, bid(1_000.0, 99.0)));
    assert_eq!(
        (code, have),
        (u32::from(E::BelowInitialMargin), 2_000_000_000)
    );
    assert!(need > 4_500_000_000, "{need}");
    // Not liquidatable.
    world.trade("alice", "maker", SOL_PERP, 50.0, 100.0);
    let health = world.health("alice", Level::Maintenance);
    let told = clash(world.flag("alice"));
    let expected = (
        u32::from(E::NotLiquidatable),
        health.value,
        health.requirement,
    );
    assert_eq!(told, expected);
    assert_eq!(
        clash(world.take_over("maker", "alice", SOL_PERP, 1)),
        expected
    );
    let (code, have, need) = clash(world.wind_up("maker", "alice", 1_000_000));
    assert_eq!((code, need), (u32::from(E::NotBankrupt), 0));
    assert_eq!(have, usdc(2_000.0 - 2.5).cast_signed());
    // Whoever lacks what he would need to receive.
    world.fund("poor", 10.0);
    world.advance(5);
    world.crash(SOL, 61.0);
    world.advance(20);
    world.refresh_all();
    let (code, have, need) = clash(world.take_over("poor", "alice", SOL_PERP, u64::MAX));
    assert_eq!(code, u32::from(E::ReceiverUnhealthy));
    assert!(have < need.cast_signed(), "{have} {need}");
    // A cap, as no decision sets it: no history to rebuild.
    world.follower = None;
    let mut bank = world.bank(SOL);
    bank.deposit_cap = 5;
    let key = bulwark_svm::vm::address(world.deployment.banks[SOL].bank);
    world.vm.overwrite(key, &*bank).unwrap();
    let told = clash(world.try_deposit("alice", SOL, 6));
    assert_eq!(told, (u32::from(E::DepositCap), 6, 5));
    // The cap of one account, where the bank would take more.
    let least = bank.deposit_min;
    (bank.deposit_cap, bank.account_cap) = (10 * least, 2 * least);
    world.vm.overwrite(key, &*bank).unwrap();
    let beyond = world.try_deposit("alice", SOL, 2 * least + 1);
    expect_error(beyond, E::AccountCap);
    world.deposit("alice", SOL, 2 * least);
    expect_error(world.try_deposit("alice", SOL, 1), E::AccountCap);
    world.deposit("somebody else", SOL, 2 * least);
}
