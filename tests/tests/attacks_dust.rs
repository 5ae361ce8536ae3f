//! Dust on the bytecode: ten thousand random fills of a few lots, worth one or two units of quote
//! each, by one who hopes that roundings fall to him. A million of them: crates/core/tests/dust.rs.

use bulwark::instructions::Which;
use bulwark_core::health::raw_value;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{Order, SOL_PERP, World, ask, bid, standard_plan};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use solana_signer::Signer;

const SEED: u64 = 51;
const FILLS: u64 = 10_000;
/// PriceE8 with as many digits as it has places: a lot of 1e-8 is worth 1.23 units of quote.
const PRICE: u64 = 12_345_678_901;
/// Orders in one transaction.
const ORDERS: usize = 8;

/// An order at the one price, of so many lots.
fn at_price(mut order: Order, lots: u64) -> Order {
    (order.0.price, order.0.size) = (PRICE, lots);
    order
}

#[test]
fn ten_thousand_dust_fills_gain_nothing_by_rounding() {
    println!("seed {SEED}");
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut plan = standard_plan();
    plan.feeds[1].price = PRICE;
    (
        plan.markets[SOL_PERP].parameters.tick,
        plan.markets[SOL_PERP].parameters.lot,
    ) = (1, 1);
    let mut world = World::with(plan);
    world.audited = false;
    world.fund("duster", 1_000.0);
    world.fund("other", 1_000.0);
    let worth = |world: &World, name: &str| {
        raw_value(&world.board(), &world.account(name), world.now()).unwrap()
    };
    let before = worth(&world, "duster");
    let ours = world.deployment.clone();
    let mut done = 0;
    while done < FILLS {
        // One side rests $12 at the price; the other takes a few lots at a time.
        let (maker, taker) = if random.random() {
            ("duster", "other")
        } else {
            ("other", "duster")
        };
        let buys = random.random();
        let (rests, takes) = if buys {
            (ask(0.0, 1.0), bid(0.0, 1.0))
        } else {
            (bid(0.0, 1.0), ask(0.0, 1.0))
        };
        world.place(maker, SOL_PERP, at_price(rests, 10_000_000).post_only());
        let (wallet, own) = (world.wallet(taker), world.margin_key(taker));
        let (key, other) = (pubkey(wallet.pubkey()), world.margin_key(maker));
        for _ in 0..10 {
            let mut orders = Vec::new();
            for _ in 0..ORDERS {
                let order = at_price(takes, random.random_range(1..=4)).fill_or_kill().0;
                orders.push(ours.place_order(key, own, SOL_PERP, order, &[other]));
            }
            world.send(&orders, &[&wallet]).unwrap();
            done += ORDERS as u64;
        }
        world.cancel(maker, SOL_PERP, Which::All).unwrap();
        world.advance(1);
        world.refresh_all();
    }
    let gained = worth(&world, "duster") - before;
    println!("{gained} units in {done} fills");
    assert!(gained <= 0, "{gained}");
    // Each fill costs each side a unit of fee at least: dust loses.
    assert!(gained <= -(i64::try_from(done).unwrap() / 10), "{gained}");
    world.audit();
}
