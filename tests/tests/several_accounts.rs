//! One owner, several accounts: each stands and falls alone, and each gives its rent back.

use bulwark::error::BulwarkError;
use bulwark_core::health::Level;
use bulwark_svm::Signer;
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, ask, base_e8, bid, expect_error, usdc};

const ALICE: [&str; 3] = ["alice", "alice's second", "alice's last"];

/// Alice has the accounts 0, 1 and 65,535 with 1,000, 2,000 and 3,000.
fn three() -> World {
    let mut world = World::new();
    world.fund("maker", 500_000.0);
    world.trader(ALICE[0]);
    world.another_account(ALICE[0], ALICE[1], 1);
    world.another_account(ALICE[0], ALICE[2], u16::MAX);
    for (name, amount) in ALICE.into_iter().zip([1_000.0, 2_000.0, 3_000.0]) {
        world.fund(name, amount);
    }
    world
}

#[test]
fn a_loss_in_one_account_of_an_owner_leaves_his_others_alone() {
    let mut world = three();
    world.fund("liquidator", 100_000.0);
    world.trade(ALICE[0], "maker", SOL_PERP, 150.0, 100.0);
    world.trade(ALICE[1], "maker", SOL_PERP, 5.0, 100.0);
    let quiet = world.account(ALICE[2]);
    world.advance(60);
    world.crash(SOL, 94.5);
    let second = world.health(ALICE[1], Level::Maintenance).value;
    world.flag(ALICE[0]).unwrap();
    world.advance(20);
    world.refresh_all();
    let size = base_e8(150.0);
    world
        .take_over("liquidator", ALICE[0], SOL_PERP, size)
        .unwrap();
    for name in &ALICE[1..] {
        expect_error(world.flag(name), BulwarkError::NotLiquidatable);
        assert_eq!(world.account(name).flagged_open, 0);
    }
    // Its requirement walks with the margins, its value stands.
    assert_eq!(world.health(ALICE[1], Level::Maintenance).value, second);
    let last = world.account(ALICE[2]);
    assert_eq!(bytemuck::bytes_of(&*last), bytemuck::bytes_of(&*quiet));
    // They never trade with each other: the older order goes.
    world.place(ALICE[1], SOL_PERP, ask(1.0, 94.6).post_only());
    world.place(ALICE[2], SOL_PERP, bid(1.0, 94.6));
    assert_eq!(world.position(ALICE[2], SOL_PERP).base, 0);
    assert_eq!(world.account(ALICE[1]).orders[0].size, 0);
}

#[test]
fn each_account_gives_its_rent_back_and_may_be_made_again() {
    let mut world = three();
    let owner = world.wallet(ALICE[0]);
    for (name, amount) in ALICE.into_iter().zip([1_000.0, 2_000.0, 3_000.0]) {
        let key = world.traders[name].margin;
        let lamports =
            |world: &World, key| world.vm.svm.get_account(&key).map_or(0, |a| a.lamports);
        expect_error(world.close(name), BulwarkError::AccountNotEmpty);
        let (paid, _) = world.withdraw(name, USDC, u64::MAX);
        assert_eq!(paid, usdc(amount));
        let (rent, before) = (lamports(&world, key), lamports(&world, owner.pubkey()));
        assert!(rent > 0);
        world.close(name).unwrap();
        assert_eq!(lamports(&world, owner.pubkey()), before + rent, "{name}");
        assert_eq!(lamports(&world, key), 0);
    }
    world.another_account(ALICE[0], ALICE[1], 1);
    assert_eq!(world.account(ALICE[1]).event_sequence, 1);
    world.fund(ALICE[1], 10.0);
}

/// What the advice for `AccountNotEmpty` says: two calls of unflag, a minute apart.
#[test]
fn a_flagged_account_closes_once_it_was_unflagged_twice() {
    let mut world = three();
    world.trade(ALICE[0], "maker", SOL_PERP, 150.0, 100.0);
    world.advance(60);
    world.crash(SOL, 94.5);
    world.flag(ALICE[0]).unwrap();
    world.fund(ALICE[0], 1_000.0);
    world.place("maker", SOL_PERP, bid(150.0, 94.5).post_only());
    world.place(ALICE[0], SOL_PERP, ask(150.0, 94.5).ioc());
    assert_eq!(world.position(ALICE[0], SOL_PERP).base, 0);
    world.withdraw(ALICE[0], USDC, u64::MAX);
    expect_error(world.close(ALICE[0]), BulwarkError::AccountNotEmpty);
    world.unflag(ALICE[0]).unwrap();
    expect_error(world.unflag(ALICE[0]), BulwarkError::TooEarly);
    expect_error(world.close(ALICE[0]), BulwarkError::AccountNotEmpty);
    world.advance(60);
    world.refresh_all();
    world.unflag(ALICE[0]).unwrap();
    world.close(ALICE[0]).unwrap();
}
