//! Attacks by the choice of what is posted.

use bulwark::error::BulwarkError;
use bulwark_core::health::{self, Level};
use bulwark_core::math::isqrt_u64;
use bulwark_svm::launch;
use bulwark_svm::world::listing::{classic, feed_args};
use bulwark_svm::world::{BTC, SOL, SOL_PERP, USDC, World, base_e8, expect_error, price_e8};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use solana_signer::Signer;

/// Seed of the synthetic path.
const SEED: u64 = 37;
/// A price every 10 s; 30 minutes of calm, then two hours of crisis.
const STEP: i64 = 10;
const STEPS: usize = 900;
const CALM: usize = 180;

/// Prices in PriceE8 and the publisher's own hourly average.
fn path() -> Vec<(u64, u64)> {
    println!("seed {SEED}");
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let (mut price, mut ema) = (100.0_f64, 100.0_f64);
    (0..STEPS)
        .map(|step| {
            // 4 bp, then 14 bp in 10 s: 0.34 % a minute, 250 % a year.
            let wide = if step < CALM { 0.0004 } else { 0.0014 };
            price *= 1.0 + wide * random.random_range(-1.732..1.732);
            ema += (price - ema) * STEP as f64 / 3_600.0;
            (price_e8(price), price_e8(ema))
        })
        .collect()
}

/// Mean of T_I and of T_M over the crisis, e9, when of each `span` prices those that `pick` names
/// are posted, given the last one posted. Other feeds are posted as always: how often prices come
/// at all is the congestion factor's business.
fn margins(
    path: &[(u64, u64)],
    span: usize,
    pick: impl Fn(&[(u64, u64)], u64) -> Vec<usize>,
) -> (u64, u64) {
    let mut world = World::new();
    world.audited = false;
    let (mut initial, mut maintenance, mut count) = (0, 0, 0);
    let mut last = price_e8(100.0);
    for (chunk, prices) in path.chunks(span).enumerate() {
        let chosen = pick(prices, last);
        for (step, (price, ema)) in prices.iter().enumerate() {
            world.advance(STEP);
            world.price(BTC, 50_000.0);
            if chosen.contains(&step) {
                world.publish(SOL, *price, price / 5_000, *ema);
                world.refresh(&[SOL]).unwrap();
                last = *price;
            }
            if chunk * span + step >= CALM + 60 {
                let margin = world.board().markets[SOL_PERP].margin;
                initial += margin.im;
                maintenance += margin.mm;
                count += 1;
            }
        }
    }
    world.audit();
    (initial / count, maintenance / count)
}

fn nearest(prices: &[(u64, u64)], last: u64) -> Vec<usize> {
    let places = 0..prices.len();
    places
        .min_by_key(|at| prices[*at].0.abs_diff(last))
        .into_iter()
        .collect()
}

fn farthest(prices: &[(u64, u64)], last: u64) -> Vec<usize> {
    let places = 0..prices.len();
    places
        .max_by_key(|at| prices[*at].0.abs_diff(last))
        .into_iter()
        .collect()
}

#[test]
fn a37_who_posts_has_little_say_over_margins() {
    let path = path();
    let honest = margins(&path, 6, |_, _| vec![5]);
    println!("T_I and T_M, honest: {honest:?}");
    // The crisis is seen: at rest T_I is 3.9 %.
    assert!(honest.0 > 60_000_000);
    let cases = [
        (
            "all of each minute",
            margins(&path, 6, |_, _| vec![0, 1, 2, 3, 4, 5]),
            50_000,
        ),
        (
            "the calmest of each minute",
            margins(&path, 6, nearest),
            350_000,
        ),
        (
            "the wildest of each minute",
            margins(&path, 6, farthest),
            350_000,
        ),
        (
            "the calmest of ten minutes",
            margins(&path, 60, nearest),
            350_000,
        ),
    ];
    for (name, posted, ppm) in cases {
        println!("{name}: {posted:?}");
        for (of, by) in [(honest.0, posted.0), (honest.1, posted.1)] {
            let moved = of.abs_diff(by) * 1_000_000 / of;
            assert!(moved <= ppm, "{name}: {of} became {by}, {moved} ppm");
        }
    }
}

/// Alice is long 100 SOL at $100 with `equity` USDC; nobody else is near an edge.
fn leveraged(equity: f64) -> World {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("alice", equity);
    world.fund("liquidator", 100_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(60);
    world.refresh_all();
    world
}

#[test]
fn a38_a_liquidator_cannot_pick_among_prints() {
    let mut world = leveraged(720.0);
    // 99, 98 and 97 leave alice alone, 96 doesn't. She has 720 less 5 of fee.
    for price in [99.0, 98.0, 97.0] {
        world.advance(20);
        world.price(SOL, price);
        world.refresh_all();
        expect_error(world.flag("alice"), BulwarkError::NotLiquidatable);
    }
    world.advance(5);
    world.price(SOL, 96.0);
    // The newest print would do, the one 5 s before wouldn't: the favourable of the two counts.
    assert_eq!(world.board().feeds[SOL].last.price, price_e8(96.0));
    expect_error(world.flag("alice"), BulwarkError::NotLiquidatable);
    let take = world.take_over("liquidator", "alice", SOL_PERP, base_e8(100.0));
    expect_error(take, BulwarkError::NotLiquidatable);
    // A print from between the two, kept back for this: older than the newest, so nothing.
    let now = world.now();
    let mut kept = launch::message("SOL", 0, price_e8(95.0), price_e8(0.02), now.unix - 1);
    kept.ema_price = i64::try_from(price_e8(96.0)).unwrap();
    let data = bulwark_svm::pyth::price_update(&kept, now.slot);
    world.write_oracle(
        launch::oracle("SOL"),
        bulwark_svm::pyth::CLASSIC_RECEIVER,
        data,
    );
    expect_error(world.refresh(&[SOL]), BulwarkError::NothingRefreshed);
    // Two prints that agree: now she is taken over, and at the better one of them.
    world.advance(5);
    world.price(SOL, 96.1);
    world.flag("alice").unwrap();
    let quote = world.account("alice").quote;
    world
        .take_over("liquidator", "alice", SOL_PERP, base_e8(1.0))
        .unwrap();
    // A hundredth of the leg: entry $100, sold at 96.10 and not at 96: −3.90, fee 0.0961,
    // premium 1.5 % at most.
    let paid = quote - world.account("alice").quote;
    assert!((3_996_100..=5_440_000).contains(&paid), "{paid}");
    let received = world.position("liquidator", SOL_PERP);
    assert_eq!((received.base, received.quote), (100_000_000, -96_100_000));
}

/// Three signed prints of the last seconds, one 0.7 % below and one above what the Board says: who
/// withdraws brings whichever he likes, in whichever order.
///
/// What he could withdraw without any is the bound of all choices, but for what the slow price
/// follows in that time. What he can do is keep prints back: that is their distance, and what they
/// would have raised the requirement by, and nothing once anybody has brought them.
#[test]
fn a38_a_trader_cannot_pick_among_prints() {
    let prices = [99.3, 100.0, 100.7];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut scene = leveraged(2_000.0);
        let keys = [0, 1, 2].map(|at| bulwark_svm::keys::keypair(&format!("print {at}")).pubkey());
        for (key, place) in keys.iter().zip(order) {
            scene.advance(2);
            let now = scene.now();
            let price = price_e8(prices[place]);
            let mut print = launch::message("SOL", 0, price, price / 5_000, now.unix);
            print.ema_price = i64::try_from(price_e8(100.0)).unwrap();
            let data = bulwark_svm::pyth::price_update(&print, now.slot);
            scene.write_oracle(*key, bulwark_svm::pyth::CLASSIC_RECEIVER, data);
        }
        // What leaves once these were brought, newest last; a print that is older than one brought
        // before is refused, and the transaction with it.
        let leaves = |choice: &[usize]| -> Option<(u64, u64)> {
            let mut world = scene.fork();
            for at in choice {
                if let Err(failure) = world.refresh_from(&[(SOL as u8, keys[*at])]) {
                    let refused = Some(u32::from(BulwarkError::NothingRefreshed));
                    assert_eq!(failure.code(), refused, "{failure}");
                    return None;
                }
            }
            let required = world.health("alice", Level::Initial).requirement;
            let (paid, queued) = world.withdraw("alice", USDC, u64::MAX);
            Some((paid + queued, required))
        };
        let (nothing, least) = leaves(&[]).unwrap();
        let (honest, required) = leaves(&[0, 1, 2]).unwrap();
        let mut best = 0;
        for choice in [&[0][..], &[1], &[2], &[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]] {
            best = best.max(leaves(choice).unwrap().0);
        }
        for choice in [
            &[1, 0][..],
            &[2, 0],
            &[2, 1],
            &[0, 2, 1],
            &[1, 2, 0],
            &[2, 2],
        ] {
            assert_eq!(leaves(choice), None, "{choice:?}: there is no way back");
        }
        // 20 ppm a second of $100 for six seconds on a hundred coins.
        let slow = 20 * 6 * 100 * 100;
        println!("{order:?}: nothing {nothing}, honest {honest}, best {best}");
        assert!(best <= nothing + slow, "{order:?}: {best} of {nothing}");
        // 0.7 % of $100 on a hundred coins, a tenth of it more for confidence.
        let kept_back = 77 * 1_000_000 + required.saturating_sub(least);
        assert!(
            best <= honest + kept_back + slow,
            "{order:?}: {best} of {honest}"
        );
    }
}

#[test]
fn a39_one_feed_is_one_price_for_bank_and_market() {
    let mut world = World::new();
    let again = feed_args(
        classic(launch::feed_id("SOL")),
        bulwark_core::params::Class::Large,
    );
    expect_error(world.list_feed(again), BulwarkError::AlreadyListed);
    // The same price through the other receiver's account.
    let mut pro = again;
    pro.source.kind = bulwark::oracle::kind::PRO;
    expect_error(world.list_feed(pro), BulwarkError::AlreadyListed);
    let board = world.board();
    assert_eq!(board.banks[SOL].feed, board.markets[SOL_PERP].feed);
    // 10 SOL held and 10 SOL short: whatever is posted, raw value doesn't move by a unit.
    world.fund("maker", 100_000.0);
    world.deposit("alice", SOL, 10_000_000_000);
    world.fund("alice", 1_000.0);
    world.trade("maker", "alice", SOL_PERP, 10.0, 100.0);
    let raw = |world: &World| {
        health::raw_value(&world.board(), &world.account("alice"), world.now()).unwrap()
    };
    let before = raw(&world);
    for price in [101.0, 99.5, 100.25, 100.9] {
        world.advance(20);
        world.price(SOL, price);
        assert_eq!(raw(&world), before, "at {price}");
    }
}

#[test]
fn a42_confidence_alone_takes_a_quarter_of_the_margin_at_most() {
    let mut world = leveraged(750.0);
    for price in [99.0, 98.4, 97.8] {
        world.advance(20);
        world.price(SOL, price);
    }
    world.advance(20);
    let price = price_e8(97.8);
    let publish = |world: &mut World, conf: u64| {
        world.advance(1);
        world.publish(SOL, price, conf, price);
        world.refresh(&[SOL]).unwrap();
    };
    // Health now, and what it would be if the same print were certain.
    let both = |world: &World| {
        let mut board = world.board();
        let account = world.account("alice");
        let mut at = |conf: u64| {
            board.feeds[SOL].last.conf = conf;
            health::health(&board, &account, Level::Maintenance, world.now(), false).unwrap()
        };
        (at(board_conf(world)), at(0))
    };
    let mut worst = 0;
    // Any confidence from none to the whole price: never more than a quarter of the margin.
    for ppm in [
        1, 2_000, 5_000, 7_500, 9_000, 9_900, 10_000, 10_001, 50_000, 1_000_000,
    ] {
        publish(&mut world, price / 1_000_000 * ppm);
        let (unsure, sure) = both(&world);
        let quarter = i64::try_from(sure.requirement).unwrap() / 4 + 1;
        let lost = sure.value - unsure.value;
        worst = worst.max(lost);
        println!("{ppm} ppm: loses {lost} of at most {quarter}");
        assert!((-quarter..=quarter).contains(&lost), "{ppm} ppm: {lost}");
        assert_eq!(unsure.requirement, sure.requirement);
        // Beyond 1 % it favours her.
        assert_eq!(lost < 0, ppm > 10_000, "{ppm} ppm");
        // She has more than a quarter to spare, so none of them is enough.
        assert!(sure.surplus().unwrap() > quarter);
        expect_error(world.flag("alice"), BulwarkError::NotLiquidatable);
    }
    assert!(worst > 70_000_000, "the confidence counts: {worst}");
}

fn board_conf(world: &World) -> u64 {
    world.board().feeds[SOL].last.conf
}

/// max(2 %, 6·σ·√Δ) of the feed now, e9.
fn jump_limit(world: &World, seconds: u64) -> u64 {
    let feed = &world.board().feeds[SOL];
    let variance = feed.variance[0].max(feed.variance[1]);
    20_000_000.max(isqrt_u64(variance * seconds) * 6)
}

#[test]
fn a43_three_moves_just_under_the_limit_are_a_jump() {
    let mut world = World::new();
    for _ in 0..8 {
        world.advance(10);
        world.price(SOL, 100.0);
    }
    let under = jump_limit(&world, 10) - 1_000_000;
    assert!(under >= 19_000_000);
    let mut price = price_e8(100.0);
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        world.advance(10);
        price -= price / 1_000_000_000 * under;
        if outcomes.len() == 2 {
            // The second waits: the Board stands where the first left it, and nobody opens on it.
            let feed = world.board().feeds[SOL];
            assert!(feed.last.price > feed.pending.price && feed.pending.price != 0);
        }
        outcomes.push(world.try_price(SOL, price).unwrap().returned[0]);
    }
    // The first passes; the second is over the limit of the longer return; the third, within the
    // limit of the one that waits, confirms it.
    assert!(outcomes[0] >= 3, "{outcomes:?}");
    assert_eq!(outcomes[1], 2, "{outcomes:?}");
    assert!(outcomes[2] >= 3, "{outcomes:?}");
}

#[test]
fn a43_a_gap_is_not_a_jump() {
    for (gap, jumps) in [(10, true), (600, false)] {
        let mut world = World::new();
        for _ in 0..8 {
            world.advance(10);
            world.price(SOL, 100.0);
        }
        // 2.4 %: beyond the limit of 10 s, within 6·σ·√600 of 2.6 %.
        assert!(jump_limit(&world, 10) < 24_000_000);
        world.advance(gap);
        let wide = jump_limit(&world, gap.unsigned_abs());
        let outcome = world.try_price(SOL, price_e8(102.4)).unwrap().returned[0];
        println!("gap {gap}: limit {wide}, outcome {outcome}");
        assert_eq!(outcome == 2, jumps, "gap of {gap} s, limit {wide}");
    }
}
