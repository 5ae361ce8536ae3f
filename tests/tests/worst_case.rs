//! The worst accounts that the limits permit can be dealt with, each time in one version-0
//! transaction with one lookup table: `Vm` asserts 1,232 bytes and 64 keys on every transaction
//! that it sends.

use bulwark_svm::vm::{COMPUTE_UNITS, Receipt, elf_path, read_elf};
use bulwark_svm::world::worst::{BANKRUPT, BEST_BID, LEGS, LIQUIDATOR, MAKERS, TAKER, VICTIM};
use bulwark_svm::world::{Outcome, World, ask};

fn worst() -> World {
    World::worst(&read_elf(&elf_path("bulwark")).expect("built"))
}

/// It succeeded with half of a transaction's units to spare.
#[track_caller]
fn fits(outcome: Outcome) -> Receipt {
    let receipt = outcome.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(
        receipt.units <= COMPUTE_UNITS / 2,
        "{} units",
        receipt.units
    );
    receipt
}

#[test]
fn s01_the_worst_account_can_be_liquidated() {
    let mut world = worst();
    // While most of the vault is lent; new quote ends that.
    fits(world.settle(VICTIM, LEGS - 1));
    for name in MAKERS.into_iter().chain([LIQUIDATOR, VICTIM, BANKRUPT]) {
        world.assert_full(name, 32);
    }
    world.assert_full(TAKER, 31);
    world.fund(LIQUIDATOR, 200_000.0);
    fits(world.flag(VICTIM));
    world.advance(20);
    world.refresh_all();
    fits(world.take_over(LIQUIDATOR, VICTIM, 0, u64::MAX));
    assert_eq!(
        world.account(VICTIM).order_epoch,
        1,
        "its 32 orders are void"
    );
    assert!(world.position(VICTIM, 0).base < 10_000_000_000);
}

#[test]
fn s01_the_worst_bankrupt_is_wound_up_and_closed() {
    let mut world = worst();
    world.fund(LIQUIDATOR, 200_000.0);
    let receipt = fits(world.wind_up(LIQUIDATOR, BANKRUPT, 1_000_000));
    assert!(receipt.keys >= 12 + LEGS, "{} keys", receipt.keys);
    let account = world.account(BANKRUPT);
    assert_eq!(account.quote, 0);
    assert!(account.positions.iter().all(|leg| leg.base == 0));
    assert!(account.collaterals.iter().all(|held| held.amount == 0));
    fits(world.close(BANKRUPT));
}

#[test]
fn s05_twelve_fills_exhaust_neither_heap_nor_trace() {
    let mut world = worst();
    let before = world.position(TAKER, 0).base;
    let receipt = fits(world.try_place(TAKER, 0, ask(13.0, BEST_BID)));
    assert_eq!(before - world.position(TAKER, 0).base, 1_200_000_000);
    for name in MAKERS {
        assert_eq!(world.position(name, 0).base, 10_100_000_000, "{name}");
    }
    world.assert_full(TAKER, 32);
    // One event for the whole order: the trace has room for 64 instructions.
    let inner: usize = receipt.meta.inner_instructions.iter().map(Vec::len).sum();
    assert_eq!(inner, 1);
}
