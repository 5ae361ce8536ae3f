//! A whole life: deposit, trade, refresh, liquidate, lose, withdraw.

use bulwark::error::BulwarkError;
use bulwark_core::health::Level;
use bulwark_svm::world::{
    BTC_PERP, SOL, SOL_PERP, USDC, World, ask, base_e8, bid, expect_error, usdc,
};

#[test]
fn deposit_and_withdraw_without_ever_trading() {
    let mut world = World::new();
    world.deposit("alice", USDC, usdc(1_000.0));
    world.deposit("alice", SOL, 3_000_000_000);
    assert_eq!(world.account("alice").quote, 1_000_000_000);
    assert_eq!(world.vault(USDC), usdc(1_000.0));
    assert_eq!(world.vault(SOL), 3_000_000_000);
    // The plain exit needs neither Board nor oracle: every feed is dead by then.
    world.advance(100_000);
    let (paid, queued) = world.withdraw("alice", USDC, usdc(1_000.0));
    assert_eq!(paid + queued, usdc(1_000.0));
    assert_eq!(world.tokens_of("alice", USDC), paid);
}

#[test]
fn two_traders_a_crash_a_take_over_and_an_exit() {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("alice", 1_000.0);
    world.fund("liquidator", 100_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    assert_eq!(world.position("alice", SOL_PERP).base, 10_000_000_000);
    assert_eq!(world.market(SOL_PERP).oi_long, base_e8(100.0));
    world.advance(30);
    world.crash(SOL, 92.0);
    assert!(world.health("alice", Level::Maintenance).surplus().unwrap() < 0);
    world.flag("alice").unwrap();
    world.advance(5);
    world.refresh_all();
    world
        .take_over("liquidator", "alice", SOL_PERP, base_e8(100.0))
        .unwrap();
    assert!(world.position("alice", SOL_PERP).base < 10_000_000_000);
    assert!(world.position("liquidator", SOL_PERP).base > 0);
    world.accrue().unwrap();
    expect_error(
        world.take_over("liquidator", "maker", SOL_PERP, base_e8(1.0)),
        BulwarkError::NotLiquidatable,
    );
}

#[test]
fn a_bankrupt_account_is_wound_up_and_its_loss_booked() {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("alice", 1_000.0);
    world.fund("liquidator", 100_000.0);
    world.fund_insurance(50_000.0);
    world.trade("alice", "maker", SOL_PERP, 150.0, 100.0);
    world.advance(30);
    world.crash(SOL, 90.0);
    world.advance(3);
    world.refresh_all();
    world.wind_up("liquidator", "alice", 1_000_000).unwrap();
    let alice = world.account("alice");
    assert_eq!(alice.quote, 0);
    assert!(alice.positions.iter().all(|leg| leg.active == 0));
    assert!(world.insurance().balance < usdc(50_000.0));
    assert_eq!(world.bank(USDC).totals.deficit, 0);
    world.close("alice").unwrap();
}

#[test]
fn orders_rest_fill_and_are_cancelled() {
    let mut world = World::new();
    world.fund("maker", 100_000.0);
    world.fund("alice", 10_000.0);
    world.place("maker", BTC_PERP, ask(0.5, 50_100.0).post_only());
    world.place("maker", BTC_PERP, ask(0.5, 50_050.0).post_only());
    world.place("alice", BTC_PERP, bid(0.6, 50_100.0));
    assert_eq!(world.position("alice", BTC_PERP).base, 60_000_000);
    let book = world.book(BTC_PERP);
    assert_eq!((book.bid_count, book.ask_count), (0, 1));
    assert_eq!(book.asks[0].size, base_e8(0.4));
    expect_error(
        world.try_place("alice", BTC_PERP, bid(0.1, 50_100.0).post_only()),
        BulwarkError::WouldCross,
    );
    world
        .cancel("maker", BTC_PERP, bulwark::instructions::Which::All)
        .unwrap();
    assert_eq!(world.book(BTC_PERP).ask_count, 0);
}
