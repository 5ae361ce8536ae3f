//! A market that settles and a bank that closes: when, at which price, for everyone the same, and
//! nothing else of the compartment touched.

use bulwark::error::BulwarkError;
use bulwark_core::health::Level;
use bulwark_state::{Book, Market};
use bulwark_svm::world::{
    BTC, BTC_PERP, SOL, SOL_PERP, USDC, World, ask, bid, expect_error, scaled, usdc,
};

const DAY: i64 = 86_400;
const TRADERS: [&str; 3] = ["alice", "bob", "maker"];

/// Alice and Bob are long SOL against the maker at odd sizes, Alice also BTC; all have orders.
fn traded() -> World {
    let mut world = World::recorded();
    for (name, amount) in [("maker", 60_000.0), ("alice", 10_000.0), ("bob", 8_000.0)] {
        world.fund(name, amount);
    }
    world.deposit("alice", BTC, scaled(0.1, 8));
    world.trade("alice", "maker", SOL_PERP, 12.34, 100.0);
    world.trade("bob", "maker", SOL_PERP, 7.01, 100.5);
    world.trade("alice", "maker", BTC_PERP, 0.05, 50_000.0);
    world.place("alice", SOL_PERP, ask(1.0, 104.0).post_only());
    world.place("maker", SOL_PERP, bid(3.0, 97.0).post_only());
    world.place("maker", BTC_PERP, ask(0.1, 51_000.0).post_only());
    world
}

/// Everything of the other market and the other tokens, byte by byte.
fn rest(world: &World) -> Vec<Vec<u8>> {
    let keys = &world.deployment;
    let (market, book) = (keys.markets[BTC_PERP].market, keys.markets[BTC_PERP].book);
    let mut found = vec![
        bytemuck::bytes_of(&*world.read::<Market>(market)).to_vec(),
        bytemuck::bytes_of(&*world.read::<Book>(book)).to_vec(),
    ];
    for bank in [SOL, BTC] {
        found.push(bytemuck::bytes_of(&*world.bank(bank)).to_vec());
    }
    found
}

/// The decided settlement, account by account in this order. Quote of everyone, and insurance.
fn settled_in(order: [&'static str; 3]) -> (Vec<i64>, u64) {
    let mut world = traded();
    world.announce_settlement(SOL_PERP, true).unwrap();
    world.advance(7 * DAY - 1_800);
    world.refresh_all();
    world.advance(1);
    world.crash(SOL, 90.0);
    world.post_minutes(31);
    world.settle_market(SOL_PERP).unwrap();
    let entry = world.board().markets[SOL_PERP];
    assert_eq!((entry.status, entry.settle_price), (6, 90 * 100_000_000));
    let untouched = rest(&world);
    for (place, name) in order.into_iter().enumerate() {
        let before = world.health(name, Level::Maintenance);
        world.settle_position(name, SOL_PERP).unwrap();
        assert_eq!(world.health(name, Level::Maintenance), before, "{name}");
        assert_eq!(world.position(name, SOL_PERP).base, 0);
        expect_error(
            world.settle_position(name, SOL_PERP),
            BulwarkError::NoPosition,
        );
        let market = world.market(SOL_PERP);
        assert_eq!(market.oi_long + market.oi_short == 0, place == 2);
    }
    assert_eq!(
        rest(&world),
        untouched,
        "the other market, the other tokens"
    );
    let (market, book) = (world.market(SOL_PERP), world.book(SOL_PERP));
    assert_eq!((market.pot, market.quote_sum), (0, 0));
    assert_eq!((book.bid_count, book.ask_count), (0, 0));
    // The rest of the compartment goes on.
    world.trade("alice", "bob", BTC_PERP, 0.01, 50_000.0);
    world.accrue().unwrap();
    world.fold().unwrap();
    let quotes = TRADERS.map(|name| world.account(name).quote).to_vec();
    (quotes, world.insurance().balance)
}

#[test]
fn a69_a_market_settles_alone_in_any_order_on_chain() {
    let first = settled_in(["alice", "bob", "maker"]);
    assert_eq!(first, settled_in(["maker", "bob", "alice"]));
    assert_eq!(first, settled_in(["bob", "maker", "alice"]));
    // $10 a coin on 12.34 coins, less the fee of opening, and the BTC fee.
    let lost = usdc(10_000.0).cast_signed() - first.0[0];
    let fees = usdc(12.34 * 100.0 + 2_500.0 + 500.0) / 1_000;
    let expected = usdc(123.4).cast_signed();
    assert!(
        (expected..expected + fees.cast_signed()).contains(&lost),
        "{lost}"
    );
    assert!(first.1 <= 3, "dust: {}", first.1);
}

#[test]
fn an_announced_market_only_reduces_and_waits_a_week() {
    let mut world = traded();
    expect_error(
        world.announce_settlement(SOL_PERP, false),
        BulwarkError::NoCause,
    );
    expect_error(world.settle_market(SOL_PERP), BulwarkError::MarketForbids);
    world.announce_settlement(SOL_PERP, true).unwrap();
    expect_error(
        world.announce_settlement(SOL_PERP, true),
        BulwarkError::MarketForbids,
    );
    expect_error(
        world.call_off_settlement(SOL_PERP),
        BulwarkError::MarketForbids,
    );
    world.fund("carol", 1_000.0);
    world.place("bob", SOL_PERP, ask(1.0, 100.0).post_only().reduce_only());
    let opens = world.try_place("carol", SOL_PERP, bid(1.0, 100.0).ioc());
    opens.expect("a long changes hands");
    // Carol has Bob's coin; nobody opens against nobody.
    let open_interest = world.market(SOL_PERP).oi_long;
    world.place("bob", SOL_PERP, bid(1.0, 99.0).post_only());
    let up = world.try_place("maker", SOL_PERP, ask(1.0, 99.0).ioc());
    assert!(up.is_err() || world.market(SOL_PERP).oi_long == open_interest);
    world.place("maker", SOL_PERP, bid(2.0, 100.0).post_only().reduce_only());
    world.place("alice", SOL_PERP, ask(2.0, 100.0).ioc());
    assert!(world.market(SOL_PERP).oi_long < open_interest);
    world.advance(7 * DAY - 1);
    world.refresh_all();
    expect_error(world.settle_market(SOL_PERP), BulwarkError::DelayRuns);
    world.advance(1);
    world.refresh_all();
    expect_error(world.settle_market(SOL_PERP), BulwarkError::TooFewCloses);
    expect_error(
        world.settle_position("alice", SOL_PERP),
        BulwarkError::MarketForbids,
    );
    world.post_minutes(15);
    world.settle_market(SOL_PERP).unwrap();
    expect_error(
        world.try_place("bob", SOL_PERP, ask(1.0, 100.0)),
        BulwarkError::MarketForbids,
    );
}

#[test]
fn a_dead_feed_settles_its_market_after_a_day_unless_it_lives_again() {
    for lives in [false, true] {
        let mut world = traded();
        world.post_minutes(30);
        world.advance(601);
        world.refresh(&[USDC]).ok();
        world.announce_settlement(SOL_PERP, false).unwrap();
        expect_error(
            world.call_off_settlement(SOL_PERP),
            BulwarkError::CauseStands,
        );
        world.advance(DAY);
        if lives {
            world.refresh_all();
            expect_error(world.settle_market(SOL_PERP), BulwarkError::NoCause);
            world.call_off_settlement(SOL_PERP).unwrap();
            assert_eq!(world.market(SOL_PERP).status, 1);
            world.trade("bob", "maker", SOL_PERP, 1.0, 100.0);
            continue;
        }
        world.settle_market(SOL_PERP).unwrap();
        for name in TRADERS {
            world.settle_position(name, SOL_PERP).unwrap();
        }
        // Bob has nothing else: with no price of anything he leaves whole.
        let quote = world.account("bob").quote.unsigned_abs();
        let (paid, queued) = world.withdraw("bob", USDC, u64::MAX);
        assert_eq!(paid + queued, quote);
    }
}

#[test]
fn only_the_creator_decides_and_only_before_his_seal() {
    let mut world = traded();
    let mallory = world.wallet("mallory");
    let key = bulwark_svm::vm::pubkey(solana_signer::Signer::pubkey(&mallory));
    for act in [
        world.deployment.announce_settlement(key, SOL_PERP, true),
        world.deployment.close_bank(key, SOL),
    ] {
        expect_error(world.send(&[act], &[&mallory]), BulwarkError::NotCreator);
    }
    world.fund("whale", 200_000.0);
    expect_error(
        world.announce_settlement(SOL_PERP, true),
        BulwarkError::Sealed,
    );
    expect_error(world.close_bank(SOL), BulwarkError::Sealed);
}

#[test]
fn a_closing_bank_pays_everyone_out_and_liquidates_nobody_at_once() {
    let mut world = traded();
    world.deposit("bob", SOL, scaled(20.0, 9));
    let before = world.health("bob", Level::Maintenance);
    expect_error(world.close_bank(USDC), BulwarkError::BankForbids);
    world.close_bank(SOL).unwrap();
    assert_eq!(
        world.health("bob", Level::Maintenance),
        before,
        "INV-NOFLIP"
    );
    world.give("bob", SOL, scaled(1.0, 9));
    expect_error(
        world.try_deposit("bob", SOL, scaled(1.0, 9)),
        BulwarkError::BankForbids,
    );
    world.advance(DAY);
    world.refresh_all();
    let faded = world.health("bob", Level::Maintenance);
    assert!(faded.value < before.value && faded.requirement == before.requirement);
    let (paid, queued) = world.withdraw("bob", SOL, scaled(20.0, 9));
    assert_eq!(paid + queued, scaled(20.0, 9));
}
