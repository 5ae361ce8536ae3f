//! A crisis at random: prices jump, accounts are flagged, taken over, seized, wound up, settled and
//! converted in any order, by anyone. The ledger stays exact, nobody's health is worsened, what is
//! bankrupt can always be wound up, and every unit lost is somewhere.

mod desk;
mod dice;

use bulwark_core::Error;
use bulwark_core::health::{Health, Level, Measure, measured};
use bulwark_core::liquidation::not_worse;
use bulwark_core::settle::{self, Strain};
use bulwark_state::{Deltas, SignedWide};
use desk::{Desk, UNIT};
use dice::Dice;

const PEOPLE: usize = 7;

fn health(desk: &Desk, number: usize, pair: bool) -> Health {
    let measure = Measure {
        end: false,
        pair,
        paused: desk.around.paused,
    };
    measured(
        &desk.board,
        &desk.accounts[number],
        measure,
        desk.around.now,
    )
    .unwrap()
}

#[derive(Default, Debug)]
struct Count {
    taken: u32,
    seized: u32,
    wound: u32,
    settled: u32,
    converted: u32,
    insured: u64,
    charged: u64,
    deficit: u64,
}

/// Two of the people who aren't the same.
fn pair(dice: &mut Dice) -> (usize, usize) {
    let a = dice.below(PEOPLE as u64) as usize;
    let b = (a + 1 + dice.below(PEOPLE as u64 - 1) as usize) % PEOPLE;
    (a, b)
}

fn start(dice: &mut Dice) -> Desk {
    let mut desk = Desk::new(&[100, 10], &[20, 1]);
    desk.open(dice.range(100_000, 2_000_000));
    for number in 1..PEOPLE {
        desk.open(dice.range(0, 3_000));
        for bank in 1..3 {
            if dice.below(2) == 0 {
                desk.hold(number, bank, dice.below(2_000) * 1_000_000_000 + 1);
            }
        }
    }
    desk.board.markets[1].depth_usd = 50_000_000_000;
    desk.board.markets[1].size_slope_e9 = 50_000_000;
    desk
}

fn trade(desk: &mut Desk, dice: &mut Dice) {
    let (a, b) = pair(dice);
    let market = dice.below(2) as usize;
    let size = dice.below(if market == 0 { 6_000 } else { 20_000 }) * UNIT / 7 + 1;
    let before = desk.save();
    let price = desk.board.feeds[market].last.price;
    desk.trade(a, b, market, size, price);
    if desk.health(a, Level::Initial) < 0 || desk.health(b, Level::Initial) < 0 {
        desk.restore(before);
    }
}

fn step(desk: &mut Desk, dice: &mut Dice, count: &mut Count) {
    let (mut of, by) = pair(dice);
    let act = dice.below(18);
    if (11..16).contains(&act) {
        let mut others = (0..PEOPLE).map(|at| (of + at) % PEOPLE);
        let owes = others.find(|at| *at != by && desk.accounts[*at].quote < 0);
        of = owes.unwrap_or(of);
    }
    match act {
        0..=3 => trade(desk, dice),
        4 => {
            let feed = dice.below(4) as usize;
            let price = desk.board.feeds[feed].last.price;
            let moved = price / 1_000 * dice.range(860, 1_150) as u64;
            desk.print(feed, moved.max(1_000_000));
            desk.board.feeds[feed].last.conf = price / 10_000 * dice.below(60);
        }
        5 => desk.wait(dice.range(1, 200)),
        6 => {
            for market in 0..2 {
                desk.minute(market);
                let rise = dice.range(-1, 1) as i128 * (1 << 52);
                let entry = &mut desk.board.markets[market];
                entry.funding = SignedWide::new(entry.funding.get() + rise);
            }
        }
        7 => {
            let _ = desk.flag(of);
        }
        8..=10 => {
            let market = dice.below(2) as u8;
            let pair = !health(desk, of, false).below_critical();
            let before = health(desk, of, pair);
            let largest = dice.below(100) * UNIT + UNIT;
            if desk.take_over(of, by, market.into(), largest).is_ok() {
                assert_eq!(not_worse(&before, &health(desk, of, pair)), Ok(()));
                assert!(desk.health(by, Level::Initial) >= 0);
                count.taken += 1;
            }
        }
        11 | 12 => {
            let pair = !health(desk, of, false).below_critical();
            let before = health(desk, of, pair);
            let bank = 1 + dice.below(2) as u8;
            if desk.seize(of, by, bank, u64::MAX).is_ok() {
                assert_eq!(not_worse(&before, &health(desk, of, pair)), Ok(()));
                count.seized += 1;
            }
        }
        13..=15 => settle_or_convert(desk, dice, (of, by), count),
        16 => {
            let part = if dice.below(2) == 0 {
                1_000_000
            } else {
                dice.range(10_000, 999_999) as u32
            };
            wind_up(desk, of, by, part, count);
        }
        _ => desk.around.uncovered = !desk.around.uncovered,
    }
}

fn wind_up(desk: &mut Desk, of: usize, by: usize, part: u32, count: &mut Count) {
    let bankrupt = health(desk, of, false).surplus().unwrap() < 0 && desk.equity(of) < 0;
    match desk.wind_up(of, by, part) {
        Ok(done) => {
            assert!(bankrupt);
            let sum = done.allocated();
            assert_eq!(done.loss, sum.insured + sum.charged + sum.deficit);
            count.wound += 1;
            count.insured += sum.insured;
            count.charged += sum.charged;
            count.deficit += sum.deficit;
        }
        Err(Error::NotBankrupt) => assert!(!bankrupt),
        Err(Error::ReceiverUnhealthy | Error::InsufficientBalance) => assert!(bankrupt),
        Err(error) => panic!("{error:?}"),
    }
}

fn settle_or_convert(desk: &mut Desk, dice: &mut Dice, people: (usize, usize), count: &mut Count) {
    let (around, before) = (desk.around, desk.save());
    let totals = &desk.banks[0].totals;
    let strain = Strain {
        totals,
        utilisation_ppm: dice.below(1_000_000) as u32,
    };
    let mut deltas = Deltas::default();
    let [debtor, buyer] = desk
        .accounts
        .get_disjoint_mut([people.0, people.1])
        .unwrap();
    if dice.below(2) == 0 {
        let market = &mut desk.markets[dice.below(2) as usize];
        match settle::settle(&desk.board, debtor, market, strain, around.now) {
            Ok(_) => count.settled += 1,
            Err(_) => desk.restore(before),
        }
        return;
    }
    let bank = 1 + dice.below(2) as u8;
    let board = &desk.board;
    let sold = settle::convert(
        board,
        debtor,
        buyer,
        &mut deltas,
        bank,
        u64::MAX,
        strain,
        &around,
    );
    match sold {
        Ok(sold) => {
            desk.vault += sold.transfer_in;
            desk.fold(deltas);
            count.converted += 1;
        }
        Err(_) => desk.restore(before),
    }
}

/// Whatever is bankrupt in the end is wound up by the rich account, and nothing is left of it.
fn end(desk: &mut Desk, count: &mut Count) {
    desk.wait(1);
    desk.around.uncovered = true;
    let rich = desk.open(1_000_000_000);
    for number in 0..PEOPLE {
        let below = health(desk, number, false).surplus().unwrap() < 0;
        if below && desk.equity(number) < 0 {
            wind_up(desk, number, rich, 1_000_000, count);
            assert!(desk.equity(number) >= 0);
            assert!(desk.accounts[number].quote >= 0);
            desk.check();
        }
    }
}

#[test]
fn a_crisis_at_random() {
    let mut count = Count::default();
    for seed in 0..200u64 {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let mut desk = start(&mut dice);
        for _ in 0..300 {
            step(&mut desk, &mut dice, &mut count);
            desk.check();
        }
        end(&mut desk, &mut count);
    }
    println!("{count:?}");
    let Count {
        taken,
        seized,
        wound,
        settled,
        converted,
        insured,
        charged,
        deficit,
    } = count;
    for (what, times) in [
        ("taken", taken),
        ("seized", seized),
        ("wound", wound),
        ("settled", settled),
        ("converted", converted),
    ] {
        assert!(times > 20, "{what} only {times} times");
    }
    assert!(insured > 0 && charged > 0 && deficit > 0);
}
