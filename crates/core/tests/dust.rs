//! Dust: a million random fills of a few lots, worth one or two units of quote each, by one who
//! hopes that roundings fall to him. In a market with fees they never do; without fees each fill
//! gives a buyer less than one unit.

mod venue;

use bulwark_core::book::Side::{Ask, Bid};
use bulwark_core::ledger;
use bulwark_core::matching::{self, Placer, Report, Venue};
use bulwark_core::order::{self, OrderRequest};
use venue::*;

const FILLS: u64 = 1_000_000;
/// The duster's number; the other side is 1.
const DUSTER: usize = 0;

/// A splitmix64 of its own: a million numbers by a seed that the failing line prints.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Places without looking at anything else: the roundings are what this is about.
fn place(world: &mut World, who: usize, request: &OrderRequest) -> u64 {
    let (a, b) = world.accounts.split_at_mut(1);
    let (own, other) = if who == 0 {
        (&mut a[0], &mut b[0])
    } else {
        (&mut b[0], &mut a[0])
    };
    let mut venue = Venue {
        board: &world.board,
        market: &mut world.market,
        book: &mut world.book,
    };
    let margin = key(who);
    let mut placer = Placer {
        margin: &margin,
        account: own,
    };
    let mut makers = Lender {
        accounts: vec![(1 - who, other)],
        present: u64::MAX,
    };
    let mut report: Box<Report> = Box::default();
    let rules = &world.rules;
    matching::place(
        &mut venue,
        &mut placer,
        request,
        rules,
        &mut makers,
        &mut report,
    )
    .expect("placed");
    report.fills().len() as u64
}

/// What the duster owns at the one price, in millionths of a unit: nothing is rounded here.
fn worth(world: &World, price: u64) -> i128 {
    let account = &world.accounts[DUSTER];
    let leg = ledger::position_of(account, 0).map(|at| account.positions[at]);
    let leg = leg.unwrap_or_default();
    let base = i128::from(leg.base) * i128::from(price) / 10_000;
    base + (i128::from(account.quote) + i128::from(leg.quote)) * 1_000_000
}

/// Gain of so many fills, millionths of a unit.
fn gain(seed: u64, fills: u64, price: u64, fees: (u32, u32)) -> i128 {
    let mut world = World::new(&[100_000, 100_000]);
    // The smallest lot that may be listed there: worth one unit of quote.
    let lot = 10_000_000_000_u64.div_ceil(price);
    (world.market.tick, world.market.lot) = (1, lot);
    (world.market.maker_fee_ppm, world.market.taker_fee_ppm) = fees;
    world.price(price);
    let before = worth(&world, price);
    let mut random = Random(seed);
    let mut done = 0;
    while done < fills {
        // One side rests a few hundred fills' worth; who it is and which way is drawn.
        let (maker, side) = (random.below(2) as usize, random.below(2));
        let (rests, takes) = if side == 0 { (Ask, Bid) } else { (Bid, Ask) };
        let own = key(maker);
        place(&mut world, maker, &limit(rests, price, lot * 2_000));
        for _ in 0..400 {
            let size = lot * (1 + random.below(4));
            done += place(&mut world, 1 - maker, &take(takes, price, size));
        }
        let now = world.rules.now;
        let account = &mut world.accounts[maker];
        order::cancel_all(&mut world.book, account, &own, 0, None, now).ok();
    }
    world.audit();
    worth(&world, price) - before
}

#[test]
fn a_million_dust_fills_gain_nothing_by_rounding() {
    let prices = [12_345_678_901, 9_999_999_999, 1_500_000_001, 7_777_777_777];
    for (seed, price) in (1..).zip(prices) {
        let fills = FILLS / 4;
        let gained = gain(seed, fills, price, (MAKER_FEE, TAKER_FEE));
        println!("seed {seed}: {} units in {fills} fills", gained / 1_000_000);
        assert!(gained <= 0, "seed {seed}: {gained}");
    }
}

#[test]
fn without_fees_dust_gains_less_than_a_unit_a_fill() {
    let gained = gain(5, FILLS / 5, 12_345_678_901, (0, 0));
    println!("{} units in {} fills", gained / 1_000_000, FILLS / 5);
    assert!(gained < i128::from(FILLS / 5) * 1_000_000);
}
