//! The signed ledger (D1) over long and random histories: INV-LEDGER exact to the unit after every
//! step, nothing gained by rounding.

mod fixture;

use bulwark_core::ledger::position_of;
use bulwark_core::math::mul_pow10_div_floor;
use fixture::world::World;
use fixture::*;
use proptest::prelude::*;

/// Nobody gains by rounding: 100,000 fills of dust back and forth at one price.
#[test]
fn no_free_money_by_rounding() {
    // $123.456789: one base unit is worth 0.0123 money units.
    let price = 12_345_678_900;
    let dice = &mut Dice(7);
    let mut world = World::new(2);
    world.deposit(0, 1_000_000);
    world.deposit(1, 1_000_000);
    let start = world.worth(0, price);
    for _ in 0..25_000 {
        // There and back in the same sizes, without a fee, on whichever side it starts.
        let size = dice.range(1, 2_000) * if dice.one_in(2) { 1 } else { -1 };
        let second = dice.range(1, 2_000) * size.signum();
        world.fill([0, 1], 0, size, price, 0);
        world.fill([0, 1], 0, second, price, 0);
        world.fill([0, 1], 0, -size, price, 0);
        world.fill([0, 1], 0, -second, price, 0);
        assert!(world.worth(0, price) <= start, "gained by rounding");
    }
    world.check();
    assert_eq!(world.accounts[0].quote + world.accounts[1].quote, 2_000_000);

    // In any sizes, against a fee of 5 ppm rounded up: the fee covers what flooring N gives.
    let fee = |size: i64| {
        let notional = mul_pow10_div_floor::<10>(size.unsigned_abs(), price).unwrap();
        (notional * 5).div_ceil(1_000_000).max(1)
    };
    let start = world.worth(0, price);
    for _ in 0..100_000 {
        let size = dice.range(1, 3_000) * if dice.one_in(2) { 1 } else { -1 };
        world.fill([0, 1], 0, size, price, fee(size));
        assert!(world.worth(0, price) <= start, "gained by rounding");
    }
    world.check();
}

/// A random history; the sum of all that was ever paid in and not out is known beside the ledger.
fn history(seed: u64, steps: usize) {
    let dice = &mut Dice(seed);
    let mut world = World::new(5);
    let mut prices = [HUNDRED, 123_456_789, 600 * HUNDRED];
    for _ in 0..steps {
        let at = dice.below(5) as usize;
        let market = dice.below(3) as usize;
        let price = &mut prices[market];
        match dice.below(16) {
            0 => world.deposit(at, dice.below(5_000_000_000)),
            1 => world.withdraw(at, dice.below(3_000_000_000)),
            2 => world.queue(at, dice.below(1_000_000_000)),
            3 => world.serve(at),
            4 => world.deposit_token(at, dice.below(1_000)),
            5 => {
                world.fund(market, dice.range(-50_000, 50_000), dice.next() >> 8);
            }
            6 => {
                let owed = world.accounts[at].quote.min(0).unsigned_abs();
                world.lose(at, market, dice.one_in(2), owed / (1 + dice.below(5)));
            }
            7 => {
                world.now.unix += dice.range(-5, 100_000);
                world.accrue();
            }
            8 => world.touch(at),
            9 => world.fold_all(),
            _ => {
                let other = (at + 1 + dice.below(4) as usize) % 5;
                *price = (u128::from(*price) * u128::from(950 + dice.below(101)) / 1_000) as u64;
                let base = match position_of(&world.accounts[at], market as u8) {
                    // Close, turn, or anything.
                    Some(slot) if dice.one_in(3) => -world.accounts[at].positions[slot].base,
                    Some(slot) if dice.one_in(3) => -2 * world.accounts[at].positions[slot].base,
                    _ => dice.range(-1_000_000, 1_000_000) * 10_000_000_000 / (*price as i64 / 100),
                };
                if base != 0 && base.unsigned_abs() < 1 << 50 {
                    world.fill([at, other], market, base, *price, dice.below(5_000));
                }
            }
        }
        world.check();
    }
    // Once all is touched and closed, only dust stays in the pots.
    for at in 0..5 {
        world.touch(at);
    }
    for (market, price) in prices.into_iter().enumerate() {
        for at in 1..5 {
            if let Some(slot) = position_of(&world.accounts[at], market as u8) {
                let base = world.accounts[at].positions[slot].base;
                if base != 0 {
                    world.fill([0, at], market, base, price, 0);
                }
            }
        }
        let market = &world.markets[market];
        assert_eq!(
            (market.oi_long, market.oi_short, market.quote_sum),
            (0, 0, 0)
        );
        assert!(market.pot >= 0, "INV-FUND: {}", market.pot);
    }
    world.fold_all();
    world.check();
    assert!(world.quote.totals.interest_pot >= 0);
    let held: i64 = world.accounts.iter().map(|account| account.quote).sum();
    let pots: i64 = world.markets.iter().map(|market| market.pot).sum();
    let totals = &world.quote.totals;
    let tickets = world.quote.tickets as i64;
    let sum = held + pots + totals.interest_pot + totals.fees + tickets;
    assert_eq!(sum, world.vault as i64, "what was paid in and not out");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn inv_ledger_holds_to_the_unit_after_every_step(seed: u64) {
        history(seed, 120);
    }

    /// Both sides of a fill cancel, whatever they held before.
    #[test]
    fn a_fill_conserves_base_and_quote(
        bases in [-1_000_000_000i64..1_000_000_000, -1_000_000_000i64..1_000_000_000],
        quotes in [-1_000_000_000i64..1_000_000_000, -1_000_000_000i64..1_000_000_000],
        size in 1i64..2_000_000_000,
        price in 1u64..10_000_000_000_000,
    ) {
        let mut world = World::new(2);
        for at in 0..2 {
            let account = &mut world.accounts[at];
            account.positions[0] = position(0, bases[at], quotes[at]);
            let market = &mut world.markets[0];
            market.quote_sum += quotes[at];
            market.oi_long += bases[at].max(0).unsigned_abs();
            market.oi_short += bases[at].min(0).unsigned_abs();
        }
        let total = |world: &World| -> (i64, i64) {
            let legs = world.accounts.iter().map(|account| account.positions[0]);
            let quote: i64 = world.accounts.iter().map(|account| account.quote).sum();
            legs.fold((0, quote), |sum, leg| (sum.0 + leg.base, sum.1 + leg.quote))
        };
        let before = total(&world);
        let skew = world.markets[0].oi_long as i64 - world.markets[0].oi_short as i64;
        world.fill([0, 1], 0, size, price, 0);
        prop_assert_eq!(total(&world), before);
        let market = &world.markets[0];
        prop_assert_eq!(market.oi_long as i64 - market.oi_short as i64, skew);
        prop_assert_eq!(skew, before.0);
        let held: i64 = world.accounts.iter().map(|account| account.positions[0].quote).sum();
        prop_assert_eq!(market.quote_sum, held);
    }
}
