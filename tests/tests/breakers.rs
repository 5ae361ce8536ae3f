//! Breakers on the bytecode: each tripped by the transactions that it is there for, its consequence
//! seen at those who trade, its end by time alone, and what it must never do.

use bulwark::error::BulwarkError as E;
use bulwark::instructions::{CreateBankArgs, Which};
use bulwark_client::Items;
use bulwark_core::gate::{self, Severity};
use bulwark_core::health::Level;
use bulwark_core::mode::Mode;
use bulwark_core::params::Class;
use bulwark_core::permits::MarketStatus;
use bulwark_core::time::open_seconds_of_market;
use bulwark_core::{breaker, targets};
use bulwark_state::{OracleSource, Watch};
use bulwark_svm::launch::{BankPlan, FeedPlan};
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{
    BTC, BTC_PERP, Outcome, SOL, SOL_PERP, USDC, World, ask, bid, expect_error, price_e8, scaled,
    standard_plan, usdc,
};
use bulwark_svm::{launch, pyth, tokens};
use solana_signer::Signer;

const MINUTE: i64 = 60;
/// Feed and bank of the bridged bitcoin.
const WBTC: usize = 3;
/// Reason codes: 0x400 + number.
const BAND: u32 = 0x401;
const ORACLE: u32 = 0x403;
const CASCADE: u32 = 0x405;
const DEPEG: u32 = 0x409;

/// Alice is long 10 SOL against the maker, carol 100 with little margin; ten calm minutes.
fn venue() -> World {
    let mut world = World::new();
    for (name, amount) in [
        ("maker", 500_000.0),
        ("alice", 20_000.0),
        ("bob", 20_000.0),
        ("liquidator", 200_000.0),
    ] {
        world.fund(name, amount);
    }
    world.fund("carol", 900.0);
    world.trade("alice", "maker", SOL_PERP, 10.0, 100.0);
    world.trade("carol", "maker", SOL_PERP, 100.0, 100.0);
    stays(&mut world, SOL, 100.0, 10 * MINUTE);
    world
}

/// A feed's price is `price`, posted every five seconds.
fn stays(world: &mut World, feed: usize, price: f64, seconds: i64) {
    for _ in 0..seconds / 5 {
        world.advance(5);
        world
            .try_price(feed, price_e8(price))
            .expect("the Board is refreshed");
    }
}

fn watch(world: &World) -> Watch {
    world.board().markets[SOL_PERP].watch
}

/// Open seconds of the SOL market.
fn open(world: &World) -> u64 {
    let board = world.board();
    let unix = world.now().unix;
    open_seconds_of_market(&board.clock, &board.markets[SOL_PERP].clock, unix)
}

/// Whether open interest of the SOL market may rise: bob buys from the maker.
#[track_caller]
fn opens(world: &mut World, price: f64, wanted: Result<(), E>) {
    world.place("maker", SOL_PERP, ask(1.0, price).post_only());
    let outcome = world.try_place("bob", SOL_PERP, bid(1.0, price).fill_or_kill());
    match wanted {
        Ok(()) => drop(outcome.expect("open interest rises")),
        Err(error) => expect_error(outcome, error),
    }
    world
        .cancel("maker", SOL_PERP, Which::All)
        .expect("whoever has orders may cancel them");
}

/// Alice sells one of hers to `to` at `price`.
fn reduces(world: &mut World, to: &'static str, price: f64) -> Outcome {
    world.place(to, SOL_PERP, bid(1.0, price).post_only());
    let outcome = world.try_place("alice", SOL_PERP, ask(1.0, price).fill_or_kill());
    world.cancel(to, SOL_PERP, Which::All).expect("cancelled");
    outcome
}

#[test]
fn a60_a_price_outside_of_its_band_limits_halts_and_reopens_on_fresh_prints() {
    let mut world = venue();
    assert_eq!(watch(&world).sequence, 0, "calm trips nothing");
    stays(&mut world, SOL, 94.0, 15);
    let seen = watch(&world);
    assert_eq!((seen.sequence, seen.reason), (1, BAND));
    // Limit: no open interest, no fill outside of 97 to 103, but reducing inside.
    let before = open(&world);
    opens(&mut world, 97.5, Err(E::NotFilledWhole));
    expect_error(reduces(&mut world, "maker", 96.0), E::NotFilledWhole);
    reduces(&mut world, "maker", 97.5).expect("inside of the band");
    // Fifteen seconds after it began the market halts, and nobody has to come for that.
    let rest = seen.limit_at + 15 - world.now().unix;
    world.advance(rest - 1);
    world.place("bob", SOL_PERP, bid(1.0, 90.0));
    world.advance(1);
    let order = bid(1.0, 90.0);
    expect_error(world.try_place("alice", SOL_PERP, order), E::MarketForbids);
    stays(&mut world, SOL, 94.0, 5);
    expect_error(world.try_place("alice", SOL_PERP, order), E::MarketForbids);
    assert_eq!(watch(&world).sequence, 2);
    // What stays possible: cancel, top up, leave, liquidate.
    world
        .cancel("bob", SOL_PERP, Which::All)
        .expect("cancelled");
    world.fund("alice", 10.0);
    world
        .try_withdraw("alice", USDC, usdc(1_000.0))
        .expect("withdrawn");
    stays(&mut world, SOL, 93.0, 60);
    world.flag("carol").expect("flagged");
    let leg = world.position("carol", SOL_PERP).base;
    world
        .take_over("liquidator", "carol", SOL_PERP, u64::MAX)
        .expect("liquidated in a halted market");
    assert!(world.position("carol", SOL_PERP).base < leg);
    // The market's clock stands: margins don't ramp while nobody can act.
    assert_eq!(open(&world), before + u64::try_from(rest).unwrap());
    // Five minutes are over, and the last three of them had no print.
    world.advance(300);
    expect_error(world.try_place("alice", SOL_PERP, order), E::MarketForbids);
    stays(&mut world, SOL, 93.0, 60);
    expect_error(world.try_place("alice", SOL_PERP, order), E::MarketForbids);
    let measured = world.board().markets[SOL_PERP].margin.seen_at;
    stays(&mut world, SOL, 93.0, 120);
    opens(&mut world, 93.0, Ok(()));
    assert!(world.board().markets[SOL_PERP].margin.seen_at > measured);
    // The band is doubled once: more than 3 % off its reference, and still inside. (Margins are at
    // their cap by then, which closes new risk by itself: see i09.)
    for price in [91.6, 90.2, 88.8, 87.4] {
        stays(&mut world, SOL, price, MINUTE);
    }
    let limits = breaker::band::limits(&world.board().feeds[SOL], &watch(&world), world.now());
    let reference = limits.unwrap().expect("there are closes").reference;
    assert!(reference - price_e8(87.4) > reference * 3 / 100);
    assert_eq!((watch(&world).limit_at, watch(&world).sequence), (0, 2));
    reduces(&mut world, "maker", 89.5).expect("reduced 2.4 % off the price");
    // A check chains what refreshes have counted; nobody can have it chained twice.
    let items = Items {
        markets: vec![SOL_PERP],
        ..Items::default()
    };
    let events = world.protocol().event_sequence;
    world.check(&items).expect("checked");
    assert_eq!(watch(&world).chained, 2);
    assert_eq!(world.protocol().event_sequence, events + 1);
    world.check(&items).expect("checked");
    assert_eq!(world.protocol().event_sequence, events + 1);
}

#[test]
fn a_second_trip_within_the_hour_is_reduce_only_for_a_quarter_of_an_hour() {
    let mut world = venue();
    stays(&mut world, SOL, 94.0, 30);
    expect_error(
        world.try_place("alice", SOL_PERP, bid(1.0, 90.0)),
        E::MarketForbids,
    );
    stays(&mut world, SOL, 94.0, 25 * MINUTE);
    opens(&mut world, 94.0, Ok(()));
    let halted = watch(&world).halted_until;
    // Outside again: no halt, but open interest stays closed after the price is inside.
    stays(&mut world, SOL, 90.0, 6 * MINUTE);
    assert_eq!(watch(&world).limit_at, 0, "the reference has followed");
    assert_eq!(watch(&world).halted_until, halted);
    opens(&mut world, 90.0, Err(E::NotFilledWhole));
    reduces(&mut world, "liquidator", 90.0).expect("a position finds another holder");
    stays(&mut world, SOL, 90.0, 8 * MINUTE);
    opens(&mut world, 90.0, Err(E::NotFilledWhole));
    stays(&mut world, SOL, 90.0, 2 * MINUTE);
    opens(&mut world, 90.0, Ok(()));
}

#[test]
fn a_price_that_returns_within_fifteen_seconds_halts_nothing() {
    let mut world = venue();
    let before = open(&world);
    let began = world.now().unix;
    // 3.2 % down is outside; 2.5 % is inside, and too near for a jump that would have to wait.
    stays(&mut world, SOL, 96.8, 15);
    assert_ne!(watch(&world).limit_at, 0);
    stays(&mut world, SOL, 97.5, 5);
    assert_eq!(watch(&world).limit_at, 0);
    stays(&mut world, SOL, 97.5, MINUTE);
    opens(&mut world, 97.5, Ok(()));
    let passed = u64::try_from(world.now().unix - began).unwrap();
    assert_eq!(open(&world), before + passed);
}

/// The feed dies: reduce-only, then halted; the next print ends both and is counted as the trip.
#[test]
fn a_dead_feed_closes_its_market_and_no_other() {
    let mut world = venue();
    world.fund("dave", 1_000.0);
    let fresh = |world: &mut World| {
        world.price(BTC, 50_000.0);
        world.price(USDC, 1.0);
    };
    // Dead at ten minutes: an order may rest, and nothing is filled.
    world.advance(601);
    fresh(&mut world);
    opens(&mut world, 100.0, Err(E::NotFilledWhole));
    expect_error(reduces(&mut world, "maker", 100.0), E::NotFilledWhole);
    // Half an hour later nothing is even placed; the other market trades on.
    world.advance(1_799);
    world.place("maker", SOL_PERP, ask(1.0, 101.0).post_only());
    world.advance(1);
    expect_error(
        world.try_place("maker", SOL_PERP, ask(1.0, 101.0)),
        E::MarketForbids,
    );
    fresh(&mut world);
    // Between two who hold nothing on the dead feed.
    world.place("bob", BTC_PERP, ask(0.1, 50_000.0).post_only());
    let order = bid(0.1, 50_000.0).fill_or_kill();
    world.place("liquidator", BTC_PERP, order);
    // Exits: whoever has nothing in that market leaves, and the plain exit needs no price at all.
    world.withdraw("dave", USDC, usdc(1_000.0));
    world
        .cancel("maker", SOL_PERP, Which::All)
        .expect("cancelled");
    assert_eq!(watch(&world).sequence, 0);
    world.price(SOL, 100.0);
    let seen = watch(&world);
    assert_eq!((seen.sequence, seen.reason), (1, ORACLE));
    opens(&mut world, 100.0, Ok(()));
}

/// Prints of both sources, the second's at `ratio` of the first's.
fn both_say(world: &mut World, ratio: f64) {
    world.advance(5);
    let price = price_e8(100.0);
    world.publish(SOL, price, price / 5_000, price);
    let at = world.now().unix;
    let mut message = launch::message("second", 0, price_e8(100.0 * ratio), 1, at);
    message.feed_id = launch::feed_id("second");
    let data = pyth::price_update(&message, world.now().slot);
    let second = launch::oracle("second");
    world.write_oracle(second, pyth::CLASSIC_RECEIVER, data);
    let first = pubkey(launch::oracle(world.plan.feeds[SOL].name));
    let payer = pubkey(Signer::pubkey(&world.vm.payer));
    let number = u8::try_from(SOL).expect("it fits");
    let refresh = world
        .deployment
        .refresh(payer, &[(number, first, Some(pubkey(second)))]);
    world.send(&[refresh], &[]).expect("both are read");
}

#[test]
fn two_sources_that_differ_close_their_market_to_new_risk_until_they_agree() {
    let mut world = venue();
    world.rewrite_board(|board| {
        board.feeds[SOL].second = OracleSource {
            id: launch::feed_id("second"),
            kind: 1,
            reserved: [0; 7],
        };
    });
    both_say(&mut world, 1.0);
    assert_eq!(watch(&world).sequence, 0);
    opens(&mut world, 100.0, Ok(()));
    let severity = |world: &World| gate::severity(&world.board().feeds[SOL], world.now());
    both_say(&mut world, 1.06);
    assert_eq!(severity(&world), Severity::Diverged);
    let seen = watch(&world);
    assert_eq!((seen.sequence, seen.reason), (1, ORACLE));
    opens(&mut world, 100.0, Err(E::NotFilledWhole));
    expect_error(reduces(&mut world, "maker", 100.0), E::NotFilledWhole);
    // Counted once while it lasts.
    both_say(&mut world, 1.06);
    assert_eq!(watch(&world).sequence, 1);
    // The other market trades on.
    world.price(BTC, 50_000.0);
    world.place("bob", BTC_PERP, ask(0.1, 50_000.0).post_only());
    let order = bid(0.1, 50_000.0).fill_or_kill();
    world.place("liquidator", BTC_PERP, order);
    both_say(&mut world, 1.0);
    assert_eq!(severity(&world), Severity::Ok);
    assert_eq!(watch(&world).sequence, 1);
    opens(&mut world, 100.0, Ok(()));
    // And anew is counted anew.
    both_say(&mut world, 0.94);
    assert_eq!(watch(&world).sequence, 2);
}

/// LUNA: 5 % a minute down. The target reaches its cap, and from there on open interest doesn't
/// rise, whatever the band says; positions still find other holders.
#[test]
fn i09_a_collapse_ends_at_the_cap_where_only_what_raises_no_open_interest_fills() {
    let mut world = venue();
    let mut price = 100.0;
    let mut minutes = 0;
    while !targets::at_cap(&world.board().markets[SOL_PERP].margin) {
        minutes += 1;
        assert!(minutes < 60, "never at the cap");
        price *= 0.95;
        stays(&mut world, SOL, price, MINUTE);
    }
    // The halt is over and the band quiet: what is left is the cap.
    stays(&mut world, SOL, price, 17 * MINUTE);
    assert_eq!(
        breaker::band::status(&watch(&world), world.now()),
        MarketStatus::Open
    );
    assert!(targets::at_cap(&world.board().markets[SOL_PERP].margin));
    let at = (price * 10.0).round() / 10.0;
    opens(&mut world, at, Err(E::NotFilledWhole));
    reduces(&mut world, "liquidator", at).expect("a position finds another holder");
}

/// Ten minutes at 0.97: new risk is closed in the whole compartment, at once, nobody's health
/// changes, and nobody's exit closes. Back at one dollar it ends within the hour, without a crank.
#[test]
fn a46_i10_quote_off_its_peg_restricts_and_liquidates_nobody() {
    let mut world = venue();
    world.fund("dave", 1_000.0);
    let values = |world: &World| {
        ["alice", "carol", "maker"].map(|name| world.health(name, Level::Maintenance).value)
    };
    let pegged = |world: &mut World, peg: f64, minutes: i64| {
        for _ in 0..minutes * 2 {
            world.advance(30);
            for feed in [SOL, BTC] {
                let price = world.prices[feed];
                world.publish(feed, price, price / 5_000, price);
            }
            world.publish(USDC, price_e8(peg), price_e8(peg) / 5_000, price_e8(peg));
            world.refresh(&[USDC, SOL, BTC]).expect("refreshed");
        }
    };
    pegged(&mut world, 1.0, 2);
    pegged(&mut world, 0.97, 9);
    opens(&mut world, 100.0, Ok(()));
    let before = values(&world);
    pegged(&mut world, 0.97, 3);
    let pegs = world.board().pegs;
    assert_eq!((pegs.sequence, pegs.reason, pegs.bank), (1, DEPEG, 0));
    opens(&mut world, 100.0, Err(E::NotFilledWhole));
    // A second trip is none: it stands. Two days of it (March 2023) are the same to everyone.
    pegged(&mut world, 0.88, 30);
    assert_eq!(world.board().pegs.sequence, 1);
    assert_eq!(values(&world), before, "quote counts as a dollar (a46)");
    expect_error(world.flag("carol"), E::NotLiquidatable);
    expect_error(
        world.take_over("liquidator", "carol", SOL_PERP, u64::MAX),
        E::NotLiquidatable,
    );
    // Exits are open; a position finds another holder.
    reduces(&mut world, "maker", 100.0).expect("reduced");
    world.withdraw("dave", USDC, usdc(100.0));
    // A check writes it into the mode record, for what reads no price, and chains it.
    assert_eq!(world.mode(), Mode::Normal);
    world.check(&Items::default()).expect("checked");
    assert_eq!(world.mode(), Mode::Restricted);
    let mode = world.compartment().mode;
    assert_eq!(u32::from(mode.restricted_reason), DEPEG);
    assert_eq!(mode.restricted.at, world.board().pegs.quote.at);
    assert_eq!(world.board().pegs.chained, 1);
    let events = world.protocol().event_sequence;
    world.check(&Items::default()).expect("checked");
    assert_eq!(world.protocol().event_sequence, events, "nothing is new");
    world.withdraw("dave", USDC, usdc(900.0));
    pegged(&mut world, 1.0, 58);
    opens(&mut world, 100.0, Err(E::NotFilledWhole));
    pegged(&mut world, 1.0, 5);
    assert_eq!(world.mode(), Mode::Normal);
    opens(&mut world, 100.0, Ok(()));
}

/// A venue with a bridged bitcoin as its fourth feed and bank, held against bitcoin itself.
fn bridged() -> World {
    let mut plan = standard_plan();
    plan.feeds.push(FeedPlan {
        name: "WBTC",
        class: Class::Major,
        price: price_e8(50_000.0),
        unit_exp: 0,
    });
    let mut world = World::with(plan);
    let mint = world.mint_with("WBTC", 8, &[]);
    let bank = BankPlan {
        name: "WBTC",
        feed: u8::try_from(WBTC).unwrap(),
        class: Class::Major,
        decimals: 8,
        program: tokens::TOKEN_2022,
        parameters: launch::bank_parameters(Class::Major),
    };
    let args = CreateBankArgs {
        origin: 4,
        native_feed: u8::try_from(BTC).unwrap(),
        ..launch::bank_args(&bank, false)
    };
    for wrong in [bank.feed, 4, 32, 255] {
        let args = CreateBankArgs {
            native_feed: wrong,
            ..args
        };
        let outcome = world.list_bank(mint, tokens::TOKEN_2022, args);
        expect_error(outcome, E::BadValue);
    }
    let native = CreateBankArgs { origin: 1, ..args };
    let outcome = world.list_bank(mint, tokens::TOKEN_2022, native);
    expect_error(outcome, E::BadValue);
    world
        .list_bank(mint, tokens::TOKEN_2022, args)
        .expect("listed");
    world.plan.banks.push(bank);
    world
}

#[test]
fn a_bridged_token_off_its_native_closes_its_origin_class_for_new_risk() {
    let mut world = bridged();
    world.fund("maker", 500_000.0);
    world.deposit("alice", WBTC, scaled(1.0, 8));
    world.deposit("bob", BTC, scaled(1.0, 8));
    let pegged = |world: &mut World, price: f64, minutes: i64| {
        for _ in 0..minutes * 2 {
            world.advance(30);
            world.prices[WBTC] = price_e8(price);
            world.refresh_all();
        }
    };
    let buys = |world: &mut World, name: &'static str, wanted: Option<E>| {
        world.place("maker", SOL_PERP, ask(1.0, 100.0).post_only());
        let outcome = world.try_place(name, SOL_PERP, bid(1.0, 100.0).fill_or_kill());
        match wanted {
            None => drop(outcome.expect("bought")),
            Some(error) => expect_error(outcome, error),
        }
        world
            .cancel("maker", SOL_PERP, Which::All)
            .expect("cancelled");
    };
    pegged(&mut world, 50_000.0, 2);
    buys(&mut world, "alice", None);
    pegged(&mut world, 48_500.0, 9);
    buys(&mut world, "alice", None);
    pegged(&mut world, 48_500.0, 3);
    let pegs = world.board().pegs;
    assert_eq!((pegs.sequence, pegs.reason, pegs.bank), (1, DEPEG, 3));
    // It counts for no new risk and takes no deposit; whoever leans on it is no nearer to a
    // liquidation than its price makes him, and other tokens are as before.
    buys(&mut world, "alice", Some(E::BelowInitialMargin));
    assert!(world.health("alice", Level::Initial).value <= 0);
    assert!(world.health("alice", Level::Maintenance).value > 40_000_000_000);
    expect_error(world.flag("alice"), E::NotLiquidatable);
    let more = world.try_deposit("alice", WBTC, scaled(0.1, 8));
    expect_error(more, E::BankForbids);
    buys(&mut world, "bob", None);
    world.deposit("bob", BTC, scaled(0.1, 8));
    world.fund("alice", 10.0);
    // Quote's own peg is another matter: nothing restricts the compartment.
    world.check(&Items::default()).expect("checked");
    assert_eq!(world.mode(), Mode::Normal);
    // Back at its native: an hour after the last sight of it, by itself.
    pegged(&mut world, 50_000.0, 58);
    buys(&mut world, "alice", Some(E::BelowInitialMargin));
    pegged(&mut world, 50_000.0, 5);
    buys(&mut world, "alice", None);
    world.deposit("alice", WBTC, scaled(0.1, 8));
}

/// Size and cost of taking one's position over, in coins and USD a coin.
fn taken(world: &mut World, whose: &'static str) -> (f64, f64) {
    let value = |world: &World| world.health(whose, Level::Maintenance).value as f64 / 1e6;
    let size = |world: &World| world.position(whose, SOL_PERP).base as f64 / 1e8;
    let before = (size(world), value(world));
    world
        .take_over("liquidator", whose, SOL_PERP, u64::MAX)
        .expect("taken over");
    let coins = before.0 - size(world);
    (coins, (before.1 - value(world)) / coins)
}

#[test]
fn a_cascade_lengthens_premiums_tightens_the_slot_and_closes_new_risk() {
    let mut world = World::new();
    world.fund("maker", 2_000_000.0);
    world.fund("liquidator", 500_000.0);
    world.fund("bob", 20_000.0);
    world.trade("bob", "maker", SOL_PERP, 1.0, 100.0);
    for name in ["alice", "carol"] {
        world.fund(name, 5_500.0);
        world.trade(name, "maker", SOL_PERP, 500.0, 100.0);
    }
    world.advance(5);
    world.crash(SOL, 91.5);
    stays(&mut world, SOL, 91.5, 10);
    for name in ["alice", "carol"] {
        world.flag(name).expect("flagged");
    }
    opens(&mut world, 91.5, Ok(()));
    stays(&mut world, SOL, 91.5, 60);
    let mut calm = world.fork();
    let (whole, dear) = taken(&mut calm, "alice");
    // More than a tenth of open interest in one go: carol's quarter.
    let events = world.market(SOL_PERP).band.sequence;
    assert_eq!(events, 0);
    taken(&mut world, "carol");
    let band = world.market(SOL_PERP).band;
    assert_eq!((band.sequence, band.reason), (1, CASCADE));
    stays(&mut world, SOL, 91.5, 5);
    opens(&mut world, 91.5, Err(E::NotFilledWhole));
    bob_sells(&mut world);
    let (half, cheap) = taken(&mut world, "alice");
    assert!(half < whole * 0.51 && half > whole * 0.49, "{half} {whole}");
    assert!(cheap < dear, "{cheap} {dear}");
    // It ends by itself, a window after the last.
    let until = world.market(SOL_PERP).cascade_until;
    let rest = until - world.now().unix;
    stays(&mut world, SOL, 91.5, rest - 5);
    opens(&mut world, 91.5, Err(E::NotFilledWhole));
    stays(&mut world, SOL, 91.5, 10);
    opens(&mut world, 91.5, Ok(()));
    world
        .check(&Items {
            markets: vec![SOL_PERP],
            ..Items::default()
        })
        .expect("checked");
    assert_eq!(world.market(SOL_PERP).band.chained, 1);
}

/// Bob, who is healthy, sells what he has to the liquidator.
fn bob_sells(world: &mut World) {
    world.place("liquidator", SOL_PERP, bid(1.0, 91.5).post_only());
    let order = ask(1.0, 91.5).reduce_only().fill_or_kill();
    world.place("bob", SOL_PERP, order);
}
