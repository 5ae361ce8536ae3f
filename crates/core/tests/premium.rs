//! Premium on positions for the stress that they add (D10): the price, the clock, both sides, who
//! has it, and that no moment at which somebody calls is worth anything.

mod fixture;

use bulwark_core::staking::premium::{
    LEAST_SECONDS, MOST_SECONDS, Price, YEAR, charge, collect, note, price,
};
use bulwark_core::staking::{self, utilisation_ppm};
use bulwark_core::{Now, Result, ledger, loss, params, time};
use bulwark_state::*;
use bytemuck::Zeroable;
use fixture::*;

const HOUR: u64 = 3_600;
const ALL: u64 = 1_000_000;
const DOLLAR: u64 = USD as u64;

/// A venue with open interest, at the insurance's price.
#[derive(Clone)]
struct Venue {
    board: Box<Board>,
    markets: Vec<Market>,
    insurance: Box<Insurance>,
    quote: Box<Bank>,
    now: Now,
}

impl Venue {
    /// `units` of open interest at $100 and 3 % (they add `units` · $3 of stress), `balance` of
    /// insurance, half of it of stakers who earn; the clock has begun and `used` was seen.
    fn new(units: u64, balance: u64, used: u64) -> Self {
        let mut insurance: Box<Insurance> = Box::new(Insurance::zeroed());
        params::insurance_preset(params::Class::Major, &mut insurance);
        insurance.balance = balance;
        insurance.earning = StakePool {
            value: balance / 2,
            shares: Wide::new(u128::from(balance / 2) * 1_000),
            generation: 0,
        };
        insurance.premium_used_ppm = used;
        let market = |index| Market {
            index,
            feed: index,
            ..Market::zeroed()
        };
        let mut venue = Self {
            board: board(),
            markets: (0..3).map(market).collect(),
            insurance,
            quote: Box::new(Bank::zeroed()),
            now: NOW,
        };
        venue.open(0, units);
        for entry in &mut venue.board.markets {
            entry.premium_open = NOW.unix as u64;
        }
        venue
    }

    fn open(&mut self, market: usize, units: u64) {
        let base = units * UNIT as u64;
        (self.markets[market].oi_long, self.markets[market].oi_short) = (base, base);
    }

    fn wait(&mut self, seconds: u64) {
        self.now.unix += seconds as i64;
        self.now.slot += seconds * 5 / 2;
        // Prices go on being printed.
        for feed in &mut self.board.feeds {
            for print in [&mut feed.last, &mut feed.previous] {
                print.publish_at += seconds as i64;
            }
        }
    }

    /// As the program does: what all were charged, both sides.
    fn charge(&mut self) -> Result<(Price, u64)> {
        for market in &self.markets {
            note(&mut self.board, market)?;
        }
        let price = price(&self.board, &self.insurance, self.now)?;
        let (mut sum, mut any) = (0, false);
        for market in &mut self.markets {
            let each = charge(&mut self.board, market, price.yearly_ppm, self.now)?;
            any |= each.is_some();
            sum += 2 * each.unwrap_or(0);
        }
        if any {
            let held = (&*self.quote, 0);
            collect(&mut self.insurance, held, sum, &price)?;
        }
        Ok((price, sum))
    }

    fn charged(&mut self) -> u64 {
        self.charge().expect("charged").1
    }

    fn premium(&self) -> u64 {
        self.insurance.premium_total
    }
}

/// a·U a year on what open interest adds: here $3,000 of stress at `rate` (ppm) for an hour.
fn hourly(stress: u64, rate: u64) -> u64 {
    (u128::from(stress) * u128::from(rate) * u128::from(HOUR) / u128::from(ALL * YEAR)) as u64
}

#[test]
fn both_sides_pay_for_the_stress_that_they_add_at_the_use_of_insurance() {
    // $3,000 of stress against $6,000: U is a half, cover costs 5 % a year.
    let mut venue = Venue::new(1_000, 6_000 * DOLLAR, ALL);
    venue.wait(HOUR);
    let (price, sum) = venue.charge().expect("charged");
    assert_eq!((price.used_ppm, price.yearly_ppm), (500_000, 50_000));
    let due = hourly(3_000 * DOLLAR, 50_000);
    assert!((due - 1..=due).contains(&sum), "{sum} of {due}");
    assert_eq!(sum, 17_122, "$0.017 an hour on $100,000 of open interest");
    // Half each side, through both loss indexes alike.
    let entry = &venue.board.markets[0];
    assert_eq!(entry.loss_long, entry.loss_short);
    assert_eq!(venue.markets[0].pot, -(sum as i64));
    for base in [250 * UNIT, -250 * UNIT] {
        let leg = position(0, base, 0);
        let due = ledger::position_due(entry, &leg).expect("due");
        let quarter = sum as i64 / 2 / 4;
        assert!((-quarter - 1..=-quarter).contains(&due), "{due}");
    }
    // Stakers earn their half of insurance's part, the rest is nobody's.
    let held = &venue.insurance;
    assert_eq!(held.balance, 6_000 * DOLLAR + sum);
    assert_eq!(held.earning.value, 3_000 * DOLLAR + sum / 2);
    assert_eq!(staking::given(held), Ok(held.balance - held.earning.value));
}

#[test]
fn cover_costs_nothing_unused_and_the_whole_rate_once_all_is_used() {
    let mut rates = Vec::new();
    for units in [0, 1, 500, 1_000, 2_000, 4_000] {
        let mut venue = Venue::new(units, 6_000 * DOLLAR, ALL);
        venue.wait(HOUR);
        let (price, sum) = venue.charge().expect("charged");
        let due = hourly(units * 3 * DOLLAR, price.yearly_ppm);
        assert!(sum <= due && due <= sum + 1, "{units}");
        rates.push(price.yearly_ppm);
    }
    assert_eq!(rates, [0, 50, 25_000, 50_000, 100_000, 100_000]);
    // No insurance at all: it begins to fill, and is nobody's.
    let mut bare = Venue::new(1_000, 0, ALL);
    bare.wait(HOUR);
    let (price, sum) = bare.charge().expect("charged");
    assert_eq!(price.yearly_ppm, 100_000);
    assert_eq!(bare.insurance.balance, sum);
    assert_eq!((sum, staking::given(&bare.insurance)), (34_246, Ok(sum)));
    // A parameter of zero is no premium.
    let mut off = Venue::new(1_000, 0, ALL);
    off.insurance.premium_ppm = 0;
    off.wait(HOUR);
    assert_eq!(off.charged(), 0);
}

/// A venue without insurance but $10 of a staker's, against $300,000 of stress.
#[test]
fn ten_dollars_of_cover_earn_no_more_than_ten_dollars_cover() {
    let mut venue = Venue::new(100_000, 20 * DOLLAR, ALL);
    venue.insurance.balance = 10 * DOLLAR;
    venue.wait(HOUR);
    let (price, sum) = venue.charge().expect("charged");
    assert_eq!((price.total, price.used_ppm), (300_000 * DOLLAR, ALL));
    assert_eq!(sum, 3_424_656, "$3.42 an hour, for all of it");
    let earned = venue.insurance.earning.value - 10 * DOLLAR;
    assert_eq!(earned, sum * 10 / 300_000, "not $82 a day");
    assert_eq!(venue.insurance.balance, 10 * DOLLAR + sum);
}

/// One whose side is empty has nobody to pay, and nobody pays for a market that was settled.
#[test]
fn nobody_is_charged_where_nobody_is_open_or_the_market_is_settled() {
    let mut venue = Venue::new(0, 1_000 * DOLLAR, ALL);
    venue.open(1, 100);
    venue.board.markets[1].status = 6;
    // As a settled market's positions close one by one.
    venue.markets[1].oi_short = 0;
    venue.wait(HOUR);
    assert_eq!(venue.charged(), 0);
    venue.board.markets[1].status = 1;
    venue.wait(HOUR);
    assert_eq!(venue.charged(), 0, "sides that differ are never charged");
    for entry in &venue.board.markets {
        assert_eq!((entry.loss_long.get(), entry.loss_short.get()), (0, 0));
    }
}

#[test]
fn inv_clock_no_premium_in_closed_seconds_nor_for_more_than_an_hour() {
    let mut venue = Venue::new(1_000, 1_000 * DOLLAR, ALL);
    let hour = hourly(3_000 * DOLLAR, 100_000);
    let about = |sum: u64, due: u64| sum <= due && due <= sum + 2;
    // A pause of half an hour, and a halt of that market for a quarter of one.
    time::close(&mut venue.board.clock, NOW.unix, NOW.unix + 1_800);
    time::close(
        &mut venue.board.markets[0].clock,
        NOW.unix + 1_800,
        NOW.unix + 2_700,
    );
    venue.wait(HOUR);
    let sum = venue.charged();
    assert!(about(sum, hour / 4), "{sum}");
    // Nobody called for a week: an hour of it.
    venue.wait(7 * 86_400);
    let sum = venue.charged();
    assert!(about(sum, hour), "{sum} of {hour}");
    // Back in time, and again at once: nothing.
    let mut back = venue.clone();
    back.now.unix -= 100;
    assert_eq!((venue.charged(), back.charged()), (0, 0));
    venue.wait(LEAST_SECONDS - 1);
    assert_eq!(venue.charged(), 0);
    // What was too early is not forgotten.
    venue.wait(1);
    assert!(about(venue.charged(), hour / 60));
    // A price that is none waits as well.
    let mut dead = venue.clone();
    dead.now.unix += 600;
    assert_eq!(dead.charged(), 0);
    venue.wait(600);
    let entry = &dead.board.markets[0];
    assert_eq!(entry.premium_open, venue.board.markets[0].premium_open);
    assert!(about(venue.charged(), hour / 6));
}

/// Who calls each minute pays what one call an hour costs, but for a unit a call and side.
#[test]
fn a_charge_now_and_then_costs_what_one_costs_however_often_somebody_calls() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let units = 1 + dice.below(100_000);
        let mut often = Venue::new(units, units * (1 + dice.below(9)) * DOLLAR, ALL);
        let mut once = often.clone();
        let (mut calls, mut gone) = (0, 0);
        while gone < MOST_SECONDS {
            let step = (1 + dice.below(600)).min(MOST_SECONDS - gone);
            often.wait(step);
            gone += step;
            often.charge().expect("charged");
            calls += 1;
        }
        once.wait(gone);
        once.charge().expect("charged");
        // A last step below a minute waits for the next.
        often.wait(LEAST_SECONDS);
        often.charge().expect("charged");
        once.wait(LEAST_SECONDS);
        once.charge().expect("charged");
        let (often, once) = (often.premium(), once.premium());
        // What is collected makes insurance a little larger: U, and the price, a little smaller.
        let slack = 2 * (calls + 2) + once / 10_000;
        assert!(often.abs_diff(once) <= slack, "seed {seed}: {often} {once}");
    }
}

/// A stress that is shown at one moment moves nothing; the smaller U of two charges counts.
#[test]
fn a_stress_that_is_shown_at_one_moment_raises_no_premium() {
    let mut venue = Venue::new(1_000, 30_000 * DOLLAR, 100_000);
    let proof = Stress {
        margin: [7; 32],
        shortfall: 27_000 * DOLLAR,
        at: NOW.unix + HOUR as i64,
    };
    venue.wait(HOUR);
    let quiet = venue.clone().charged();
    let mut spiked = venue.clone();
    spiked.insurance.stress[0] = proof;
    let (price, sum) = spiked.charge().expect("charged");
    assert_eq!((price.used_ppm, price.yearly_ppm), (ALL, 10_000));
    assert_eq!(sum, quiet, "nothing is gained by the proof");
    // It stands at the next charge too: then its time costs the whole rate.
    spiked.wait(HOUR / 2);
    assert_eq!(spiked.charge().expect("charged").0.yearly_ppm, 100_000);
    // And a charge after it has died counts what is left.
    spiked.wait(HOUR);
    assert_eq!(spiked.charge().expect("charged").0.yearly_ppm, 10_000);
    let used = utilisation_ppm(&spiked.board, &spiked.insurance, spiked.now);
    assert!((99_990..=100_000).contains(&used.unwrap()), "{used:?}");
}

#[test]
fn stakers_earn_no_premium_while_money_is_missing_and_insurance_has_it_all() {
    let mut venue = Venue::new(1_000, 6_000 * DOLLAR, ALL);
    venue.quote.totals.deficit = 1;
    venue.wait(HOUR);
    let sum = venue.charged();
    assert!(sum > 0);
    assert_eq!(venue.insurance.earning.value, 3_000 * DOLLAR);
    assert_eq!(venue.insurance.balance, 6_000 * DOLLAR + sum);
}

/// INV-FUND: the pot, with what accounts still owe it, never falls below nothing; and once all are
/// touched what is left is a unit an account and charge.
#[test]
fn inv_fund_accounts_fill_the_pot_that_premium_was_taken_from() {
    for seed in 0..300 {
        let mut dice = Dice(9_000 + seed);
        let mut venue = Venue::new(0, (1 + dice.below(500_000)) * DOLLAR, ALL);
        venue.insurance.premium_ppm = ALL;
        let mut legs: Vec<Position> = Vec::new();
        let mut touches = 0u64;
        for _ in 0..30 {
            let entry = &venue.board.markets[0];
            let (long, short) = (entry.loss_long, entry.loss_short);
            // A pair opens at the indexes of now.
            let base = 1 + dice.below(1 << 40) as i64;
            for (base, loss) in [(base, long), (-base, short)] {
                let leg = position(0, base, 0);
                legs.push(Position { loss, ..leg });
            }
            venue.markets[0].oi_long += base as u64;
            venue.markets[0].oi_short += base as u64;
            venue.wait(LEAST_SECONDS + dice.below(2 * HOUR));
            venue.charge().expect("charged");
            touches += legs.len() as u64;
            let entry = &venue.board.markets[0];
            let due = |leg: &Position| ledger::position_due(entry, leg).expect("due");
            let owed: i64 = legs.iter().map(|leg| -due(leg)).sum();
            let pot = venue.markets[0].pot;
            assert!(pot + owed >= 0, "seed {seed}: {pot} {owed}");
            assert!((pot + owed) as u64 <= touches, "seed {seed}: dust");
            assert_eq!(-pot, venue.premium() as i64);
        }
        assert!(venue.premium() > 0);
    }
}

/// What premium takes of the room that a loss may be charged in within half an hour (D8): at the
/// dearest price of all less than a hundredth of a per cent of it for each margin's floor.
#[test]
fn premium_leaves_the_room_of_a_loss_what_it_was_but_for_a_trifle() {
    let mut venue = Venue::new(1_000_000, 0, ALL);
    venue.insurance.premium_ppm = ALL;
    venue.wait(HOUR);
    venue.charge().expect("charged");
    let entry = &venue.board.markets[0];
    let moved = entry.loss_long.get();
    // g₃₀ at its most: a fifth of the floor of the price, money per unit of base times 2^64.
    let floor = u128::from(entry.margin.params.floor_e9);
    let most = u128::from(HUNDRED) * floor / 5 / 1_000_000_000;
    let most = (most << 64) / 10_000_000_000;
    assert!(moved * 2_000 < most, "{moved} of {most}");
    // A loss after it is charged all but that, never more than without it.
    let bears = |venue: &Venue| {
        let mut venue = venue.clone();
        let minute = Minute {
            open_minute: (venue.now.unix as u64 / 60) - 40,
            price: HUNDRED * 2,
            ..Minute::default()
        };
        venue.board.markets[0].minutes[0] = minute;
        let mut totals = QuoteTotals::default();
        let (board, market) = (&mut venue.board, &mut venue.markets[0]);
        let huge = u64::MAX / 1_000_000;
        let none = &mut Insurance::zeroed();
        let done = loss::allocate(board, market, none, &mut totals, huge, true, venue.now);
        done.expect("allocated").charged
    };
    let mut without = Venue::new(1_000_000, 0, ALL);
    without.wait(HOUR);
    let (with, without) = (bears(&venue), bears(&without));
    assert!(with > 0 && with <= without, "{with} {without}");
    assert!((without - with) * 2_000 < without, "{with} {without}");
}
