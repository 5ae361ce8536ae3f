//! Recapitalisation (D10): what is for sale, at which discount, and what nobody gains by it.

mod fixture;

use bulwark_core::staking::stress::{PROOF, prove};
use bulwark_core::staking::{self, LEAST, MOST_PPM, RAMP, buy, given, sale, worth};
use bulwark_core::{Error, Now, loss, params};
use bulwark_state::{Board, Insurance, Stake};
use bytemuck::Zeroable;
use fixture::*;

const DOLLAR: u64 = USD as u64;

fn at(seconds: u64) -> Now {
    Now {
        unix: NOW.unix + seconds as i64,
        slot: NOW.slot + seconds * 5 / 2,
    }
}

/// Open interest that lacks $30,000 under stress, insurance with `held` of one staker and `given`,
/// of which `lost` was drawn.
fn short(held: u64, gift: u64, lost: u64) -> (Box<Board>, Box<Insurance>, [Stake; 2]) {
    let mut board = board();
    board.markets[0].open_interest = 10_000 * UNIT as u64;
    let mut insurance: Box<Insurance> = Box::new(Insurance::zeroed());
    params::insurance_preset(params::Class::Major, &mut insurance);
    insurance.draws.cap_ppm = 1_000_000;
    insurance.balance = gift * DOLLAR;
    let mut stakes = [Stake::zeroed(); 2];
    for stake in &mut stakes {
        staking::begin(stake, &insurance, [1; 32], [2; 32]);
    }
    if held != 0 {
        staking::join(&mut insurance, &mut stakes[0], held * DOLLAR, NOW).unwrap();
    }
    let drawn = loss::draw(&mut insurance, None, lost * DOLLAR, NOW).unwrap();
    assert_eq!(drawn, lost * DOLLAR);
    (board, insurance, stakes)
}

/// Somebody looks every half hour from `from` to `to`.
fn watched(board: &mut Board, insurance: &mut Insurance, from: u64, to: u64) {
    for step in (from..=to).step_by(PROOF as usize / 2) {
        for feed in &mut board.feeds {
            feed.last.publish_at = at(step).unix;
        }
        prove(board, insurance, (&[9; 32], &account()), at(step)).unwrap();
    }
}

#[test]
fn nothing_is_for_sale_that_was_not_lost_or_is_not_needed() {
    let (mut board, mut held, mut stakes) = short(10_000, 0, 0);
    watched(&mut board, &mut held, 0, 7_200);
    // Short by $20,000, but nothing was ever lost: a stress that somebody makes sells nothing.
    assert_eq!(sale(&board, &held, at(7_200)).unwrap().most, 0);
    let bought = buy(&board, &mut held, &mut stakes[1], DOLLAR, at(7_200));
    assert_eq!(bought, Err(Error::NothingForSale));
    let (mut board, mut held, _) = short(10_000, 5_000, 5_000);
    // Nobody has looked.
    assert_eq!(sale(&board, &held, NOW).unwrap().most, 0);
    watched(&mut board, &mut held, 0, 0);
    assert_eq!(sale(&board, &held, NOW).unwrap().most, 5_000 * DOLLAR);
    assert_eq!(
        sale(&board, &held, at(PROOF)).unwrap().most,
        0,
        "an hour later"
    );
    held.balance = 28_000 * DOLLAR;
    assert_eq!(sale(&board, &held, NOW).unwrap().most, 2_000 * DOLLAR);
    held.balance = 30_000 * DOLLAR;
    watched(&mut board, &mut held, 0, 0);
    assert_eq!(sale(&board, &held, NOW).unwrap().most, 0);
}

#[test]
fn the_discount_rises_in_open_time_alone_and_begins_again_after_a_gap() {
    let (mut board, mut held, _) = short(10_000, 5_000, 5_000);
    watched(&mut board, &mut held, 0, RAMP / 2);
    let now = |board: &Board, held: &Insurance, seconds| {
        sale(board, held, at(seconds)).unwrap().discount_ppm
    };
    assert_eq!(now(&board, &held, 0), 0, "what is paid is what is bought");
    assert_eq!(u64::from(now(&board, &held, RAMP / 4)), MOST_PPM / 4);
    assert_eq!(u64::from(now(&board, &held, RAMP / 2)), MOST_PPM / 2);
    // INV-CLOCK: closed seconds don't count.
    let mut closed = board.clone();
    closed.clock.closed_sum = 3_600;
    let open = MOST_PPM * (RAMP / 2 - 3_600) / RAMP;
    assert_eq!(u64::from(now(&closed, &held, RAMP / 2)), open);
    watched(&mut board, &mut held, RAMP / 2, 3 * RAMP);
    assert_eq!(u64::from(now(&board, &held, 3 * RAMP)), MOST_PPM, "no more");
    // Two hours without a proof: it begins again.
    let again = 3 * RAMP + 7_200;
    watched(&mut board, &mut held, again, again);
    assert_eq!(now(&board, &held, again), 0);
}

#[test]
fn what_a_buyer_gains_all_others_bear_alike_and_one_purchase_is_bounded() {
    let (mut board, mut held, mut stakes) = short(10_000, 10_000, 10_000);
    watched(&mut board, &mut held, 0, RAMP);
    let before = (worth(&held, &stakes[0]).unwrap(), given(&held).unwrap());
    assert_eq!(before, (5_000 * DOLLAR, 5_000 * DOLLAR));
    let bought = buy(&board, &mut held, &mut stakes[1], 4_000 * DOLLAR, at(RAMP)).unwrap();
    assert_eq!(bought, 4_200 * DOLLAR);
    let after = (worth(&held, &stakes[0]).unwrap(), given(&held).unwrap());
    assert_eq!(worth(&held, &stakes[1]), Ok(bought - 1));
    for (before, after) in [(before.0, after.0), (before.1, after.1)] {
        assert!((100 * DOLLAR..=100 * DOLLAR + 2).contains(&(before - after)));
    }
    assert_eq!(held.balance, 14_000 * DOLLAR);
    // Of the $10,000 that were lost $6,000 are left to sell.
    assert_eq!(sale(&board, &held, at(RAMP)).unwrap().most, 6_000 * DOLLAR);
    let more = buy(
        &board,
        &mut held,
        &mut stakes[1],
        6_000 * DOLLAR + 1,
        at(RAMP),
    );
    assert_eq!(more, Err(Error::NothingForSale));
    // Little insurance is not swallowed by a large purchase: a twentieth of it at most.
    let (mut board, mut held, mut stakes) = short(10_000, 0, 9_900);
    watched(&mut board, &mut held, 0, RAMP);
    buy(&board, &mut held, &mut stakes[1], 9_900 * DOLLAR, at(RAMP)).unwrap();
    let left = worth(&held, &stakes[0]).unwrap();
    assert!(left + 2 >= 95 * DOLLAR, "{left}");
}

/// Somebody whose own account makes the stress waits a day, alone, and buys all there is.
#[test]
fn a75_a_sale_that_a_stress_was_made_for_gains_a_twentieth_of_what_was_lost_at_most() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let size = 1_000 + dice.below(100_000);
        let lost = dice.below(size);
        let (mut board, mut held, mut stakes) = short(size, dice.below(size), lost);
        board.markets[0].open_interest = 0;
        let mut own = account();
        let units = dice.range(1_000, 2_000_000);
        own.quote = 300 * units / 100 * USD;
        own.positions[0] = position(0, units * UNIT, -100 * units * USD);
        for step in (0..=RAMP).step_by(PROOF as usize / 2) {
            for feed in &mut board.feeds {
                feed.last.publish_at = at(step).unix;
            }
            prove(&mut board, &mut held, (&[7; 32], &own), at(step)).unwrap();
        }
        let others = worth(&held, &stakes[0]).unwrap() + given(&held).unwrap();
        let mut gained = 0;
        for _ in 0..10 {
            let most = sale(&board, &held, at(RAMP)).unwrap().most;
            let part = if dice.one_in(2) {
                most
            } else {
                dice.below(most + 1)
            };
            if part >= LEAST {
                let bought = buy(&board, &mut held, &mut stakes[1], part, at(RAMP)).unwrap();
                gained += bought - part;
            }
        }
        assert!(
            gained <= lost * DOLLAR / 20,
            "seed {seed}: {gained} of {lost}"
        );
        let left = worth(&held, &stakes[0]).unwrap() + given(&held).unwrap();
        assert!(
            left + gained + 60 >= others,
            "seed {seed}: money is made of nothing"
        );
        assert!(held.balance >= held.idle.value + held.earning.value);
    }
}
