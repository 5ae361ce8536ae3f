//! Stakes in insurance (D10): nobody gains by rounding, gifts stay gifts, losses fall on all alike,
//! leaving pays the lesser value, and stakers' fees are what the curve says.

mod fixture;

use bulwark_core::ledger::DAY;
use bulwark_core::staking::{self, DUST, LEAST, YOUNG, given, mean_share_ppm, value, worth};
use bulwark_core::{Error, Now, loss, params, treasury};
use bulwark_state::{Bank, Board, Insurance, Stake, Wide};
use bytemuck::Zeroable;
use fixture::{Dice, NOW};

const USD: u64 = 1_000_000;
const COOLDOWN: u64 = 14 * DAY;
const WINDOW: u64 = 2 * DAY;

/// An insurance with its stakers, and the quote bank that fees come into.
struct Pool {
    board: Box<Board>,
    insurance: Box<Insurance>,
    quote: Box<Bank>,
    stakes: Vec<Stake>,
    now: Now,
}

impl Pool {
    fn new(stakers: usize) -> Self {
        let mut insurance: Box<Insurance> = Box::new(Insurance::zeroed());
        params::insurance_preset(params::Class::Major, &mut insurance);
        let mut stakes = vec![Stake::zeroed(); stakers];
        for (number, stake) in stakes.iter_mut().enumerate() {
            staking::begin(stake, &insurance, [1; 32], [number as u8 + 2; 32]);
        }
        let mut quote: Box<Bank> = Box::new(Bank::zeroed());
        quote.expected = 1_000_000_000 * USD;
        Self {
            board: Box::new(Board::zeroed()),
            insurance,
            quote,
            stakes,
            now: NOW,
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now.unix += seconds as i64;
        self.now.slot += seconds * 5 / 2;
    }

    fn join(&mut self, who: usize, amount: u64) -> Result<(), Error> {
        self.earn(who);
        staking::join(&mut self.insurance, &mut self.stakes[who], amount, self.now)
    }

    fn earn(&mut self, who: usize) -> u64 {
        let vault = self.quote.expected;
        let (board, quote) = (&self.board, &mut self.quote);
        let held = &mut self.insurance;
        let earned = staking::share_fees(board, held, quote, vault, self.now).unwrap();
        staking::ripen(held, &mut self.stakes[who], self.now).unwrap();
        earned
    }

    fn ask(&mut self, who: usize, amount: u64) -> Result<(), Error> {
        self.earn(who);
        let (before, stake) = (*self.insurance, self.stakes[who]);
        let asked = staking::ask(&mut self.insurance, &mut self.stakes[who], amount, self.now);
        if asked.is_err() {
            // The transaction is undone.
            (*self.insurance, self.stakes[who]) = (before, stake);
        }
        asked
    }

    fn leave(&mut self, who: usize) -> Result<u64, Error> {
        self.earn(who);
        let vault = self.quote.expected;
        let (stake, quote) = (&mut self.stakes[who], &mut self.quote);
        staking::leave(&mut self.insurance, stake, (quote, vault), self.now)
    }

    fn lose(&mut self, loss: u64) -> u64 {
        loss::draw(&mut self.insurance, None, loss, self.now).unwrap()
    }

    fn worth(&self, who: usize) -> u64 {
        worth(&self.insurance, &self.stakes[who]).unwrap()
    }

    fn given(&self) -> u64 {
        given(&self.insurance).unwrap()
    }

    /// A day old, so that it earns.
    fn old(&mut self, who: usize, amount: u64) {
        self.join(who, amount).unwrap();
        self.wait(YOUNG);
        self.earn(who);
    }
}

#[test]
fn the_first_staker_gets_nothing_of_what_was_given() {
    let mut pool = Pool::new(2);
    pool.insurance.balance = 50_000 * USD;
    pool.old(0, LEAST);
    assert_eq!(pool.worth(0), LEAST);
    assert_eq!(pool.given(), 50_000 * USD);
    // What comes later without a stake is given too: a donation moves nobody's worth.
    pool.insurance.balance += 1_000_000 * USD;
    assert_eq!(pool.worth(0), LEAST);
    pool.join(1, 1_000 * USD).unwrap();
    assert_eq!(pool.worth(1), 1_000 * USD);
    assert_eq!(pool.given(), 1_050_000 * USD);
    let small = staking::join(&mut pool.insurance, &mut pool.stakes[1], LEAST - 1, NOW);
    assert_eq!(small, Err(Error::StakeTooSmall));
}

#[test]
fn an_emptied_and_inflated_pool_takes_next_to_nothing_from_the_next_staker() {
    let mut pool = Pool::new(2);
    pool.old(0, LEAST);
    // All of $100,000 in fees for the one staker of $10.
    pool.insurance.balance += 100_000 * USD;
    pool.insurance.earning.value += 100_000 * USD;
    pool.old(1, 100 * USD);
    let lost = 100 * USD - pool.worth(1);
    assert!(lost <= 11, "{lost}: less than one share");
    let first = pool.worth(0);
    assert!(
        first <= 100_010 * USD,
        "he has his fees, nothing of the other's"
    );
}

#[test]
fn a_loss_falls_on_earning_idle_and_given_alike() {
    let mut pool = Pool::new(2);
    pool.insurance.balance = 2_000 * USD;
    pool.old(0, 1_000 * USD);
    pool.join(1, 1_000 * USD).unwrap();
    assert_eq!(pool.lose(400 * USD), 400 * USD);
    for who in [0, 1] {
        let left = pool.worth(who);
        assert!((900 * USD - 1..=900 * USD).contains(&left), "{who}: {left}");
    }
    assert!((1_800 * USD..=1_800 * USD + 2).contains(&pool.given()));
}

#[test]
fn a_pool_that_a_loss_uses_up_ends_and_the_next_begins_clean() {
    let mut pool = Pool::new(2);
    pool.insurance.draws.cap_ppm = 1_000_000;
    pool.old(0, 1_000 * USD);
    pool.join(1, 1_000 * USD).unwrap();
    pool.ask(0, u64::MAX).unwrap();
    pool.lose(2_000 * USD - DUST + 1);
    assert_eq!((pool.worth(0), pool.worth(1)), (0, 0));
    assert_eq!(
        pool.given(),
        pool.insurance.balance,
        "less than $1 is nobody's"
    );
    pool.wait(COOLDOWN);
    assert_eq!(pool.leave(0), Err(Error::NothingAsked));
    pool.join(1, 500 * USD).unwrap();
    assert_eq!((pool.worth(0), pool.worth(1)), (0, 500 * USD));
    assert!(staking::is_empty(&pool.stakes[0]), "he can close");
}

#[test]
fn leaving_waits_has_a_window_and_lapses() {
    let mut pool = Pool::new(2);
    pool.old(0, 1_000 * USD);
    pool.old(1, 1_000 * USD);
    assert_eq!(pool.leave(0), Err(Error::NothingAsked));
    pool.ask(0, 400 * USD).unwrap();
    pool.wait(COOLDOWN - 1);
    assert_eq!(pool.leave(0), Err(Error::TooEarly));
    pool.wait(1);
    assert_eq!(pool.leave(0), Ok(400 * USD));
    assert_eq!(pool.leave(0), Err(Error::NothingAsked), "once");
    pool.ask(0, u64::MAX).unwrap();
    pool.wait(COOLDOWN + WINDOW - 1);
    let (insurance, stake) = (*pool.insurance, pool.stakes[0]);
    assert_eq!(pool.leave(0), Ok(600 * USD), "its last second");
    (*pool.insurance, pool.stakes[0]) = (insurance, stake);
    pool.wait(1);
    assert_eq!(pool.leave(0), Err(Error::NothingAsked), "it has lapsed");
    assert_eq!(pool.worth(0), 600 * USD);
    assert_eq!(pool.stakes[0].leaving, Wide::default());
    // It is young from the window's end on, whoever touches it when.
    assert_eq!(pool.stakes[0].young_at, pool.now.unix);
    pool.wait(YOUNG);
    pool.earn(0);
    assert_eq!(pool.stakes[0].young, Wide::default());
    // Less than the least may not stay.
    assert_eq!(pool.ask(0, 591 * USD), Err(Error::StakeTooSmall));
    pool.ask(0, 590 * USD).unwrap();
}

#[test]
fn who_leaves_is_paid_the_lesser_value_and_bears_losses_until_then() {
    let mut pool = Pool::new(2);
    pool.old(0, 1_000 * USD);
    pool.old(1, 1_000 * USD);
    pool.ask(0, u64::MAX).unwrap();
    pool.lose(200 * USD);
    // Fees that come while he waits are the other's.
    pool.quote.totals.fees += 1_000 * USD as i64;
    pool.wait(COOLDOWN);
    let earned = pool.earn(1);
    assert_eq!(
        earned,
        50 * USD,
        "a tenth, of which half of insurance earns"
    );
    assert_eq!(pool.leave(0), Ok(900 * USD));
    // Even if his shares were worth more.
    pool.ask(1, u64::MAX).unwrap();
    let asked = pool.stakes[1].asked_value;
    pool.insurance.balance += 100 * USD;
    pool.insurance.idle.value += 100 * USD;
    pool.wait(COOLDOWN);
    assert_eq!(pool.leave(1), Ok(asked));
}

/// a54: neither leaving when a crash can be seen nor joining after it gains anything.
#[test]
fn a54_leaving_before_and_joining_after_a_crash_gains_nothing() {
    let mut pool = Pool::new(3);
    pool.old(0, 10_000 * USD);
    pool.old(1, 10_000 * USD);
    // 0 sees it coming and asks; it comes days later; 1 stays.
    pool.ask(0, u64::MAX).unwrap();
    pool.wait(3 * DAY);
    assert_eq!(pool.leave(0), Err(Error::TooEarly));
    pool.lose(5_000 * USD);
    // 2 joins right after it.
    pool.join(2, 10_000 * USD).unwrap();
    pool.wait(11 * DAY);
    let out = pool.leave(0).unwrap();
    assert_eq!(out, 7_500 * USD);
    assert_eq!(pool.worth(1), 7_500 * USD);
    assert_eq!(
        pool.worth(2),
        10_000 * USD,
        "he gained nothing of it either"
    );
}

#[test]
fn a_young_stake_earns_nothing_of_its_first_day() {
    let mut pool = Pool::new(2);
    pool.old(0, 1_000 * USD);
    pool.quote.totals.fees = 500 * USD as i64;
    // Who joins when fees can be seen has none of them, nor of those of his first day.
    pool.join(1, 9_000 * USD).unwrap();
    let first = pool.worth(0);
    assert_eq!(first, 1_050 * USD - 1, "the base share of $500");
    pool.wait(YOUNG - 1);
    pool.earn(1);
    pool.quote.totals.fees += 500 * USD as i64;
    pool.wait(1);
    pool.earn(1);
    assert_eq!(pool.worth(1), 9_000 * USD - 1, "less what rounding takes");
    assert!(pool.worth(0) > first);
    pool.quote.totals.fees += 500 * USD as i64;
    pool.earn(0);
    assert!(pool.worth(1) > 9_000 * USD);
}

#[test]
fn fees_are_moved_not_made_and_wait_while_something_is_missing() {
    let mut pool = Pool::new(1);
    pool.insurance.balance = 1_000 * USD;
    pool.quote.totals.fees = 700 * USD as i64;
    pool.old(0, 1_000 * USD);
    assert_eq!(pool.insurance.earned_total, 0, "those of before are F's");
    pool.quote.totals.fees += 300 * USD as i64;
    for miss in [
        |quote: &mut Bank| quote.totals.deficit = 1,
        |quote: &mut Bank| quote.totals.check_hole = 1,
        |quote: &mut Bank| quote.totals.check_loss = 1,
    ] {
        let sound = *pool.quote;
        miss(&mut pool.quote);
        assert_eq!(pool.earn(0), 0);
        pool.quote.totals = sound.totals;
    }
    let before = i128::from(pool.quote.totals.fees) + i128::from(pool.insurance.balance);
    // A tenth of $300, of which half of insurance is his.
    assert_eq!(pool.earn(0), 15 * USD);
    let after = i128::from(pool.quote.totals.fees) + i128::from(pool.insurance.balance);
    assert_eq!(before, after, "INV-LEDGER");
    assert_eq!(pool.earn(0), 0, "once");
    assert_eq!(pool.given(), 1_000 * USD, "what was given earns for nobody");
    // What the treasury takes is no loss of fees to come.
    pool.quote.totals.fees += 100 * USD as i64;
    let balance = bulwark_core::conserve::Balance {
        vault: 1,
        owed: 1,
        claims: 0,
    };
    let vault = pool.quote.expected;
    treasury::pay(&mut pool.quote, &balance, vault, 900 * USD).unwrap();
    let due = 10 * USD * 1_015 / 2_015;
    assert_eq!(pool.earn(0), due, "a tenth of the new $100, by his part");
}

#[test]
fn the_share_of_fees_is_the_curve_and_its_mean_splits_exactly() {
    let pool = Pool::new(0);
    let held = &pool.insurance;
    // r₀ = 10 %, s₁ = 0.2, U* = 50 %, s₂ = 0.6.
    for (used, share) in [
        (0, 100_000),
        (250_000, 150_000),
        (500_000, 200_000),
        (750_000, 350_000),
        (1_000_000, 500_000),
    ] {
        let found = mean_share_ppm(held, used, used).unwrap();
        assert!(
            found.abs_diff(share) <= 2,
            "r({used}) = {found}, not {share}"
        );
    }
    assert_eq!(mean_share_ppm(held, 0, 1_000_000), Ok(250_000));
    let mut dice = Dice(7);
    for _ in 0..20_000 {
        let mut ends = [0; 3].map(|_: u64| dice.below(1_000_001));
        ends.sort_unstable();
        let [a, b, c] = ends;
        assert_eq!(mean_share_ppm(held, a, c), mean_share_ppm(held, c, a));
        if a == b || b == c {
            continue;
        }
        let area = |x: u64, y: u64| u64::from(mean_share_ppm(held, x, y).unwrap()) * (y - x);
        let (whole, parts) = (area(a, c), area(a, b) + area(b, c));
        // In two steps or in one: the same but for rounding down, less than two ppm of the way.
        assert!(whole.abs_diff(parts) <= 2 * (c - a) + 4, "{a} {b} {c}");
    }
}

/// Random acts of many, with losses, gifts and fees.
#[test]
fn nobody_gains_by_rounding_and_nobody_loses_by_anothers_act() {
    const MANY: usize = 5;
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let mut pool = Pool::new(MANY);
        pool.insurance.draws.cap_ppm = 1_000_000;
        let (mut put, mut paid, mut earned) = ([0u128; MANY], [0u128; MANY], 0u128);
        for step in 0..400 {
            let who = dice.below(MANY as u64) as usize;
            let before: Vec<u64> = (0..MANY).map(|of| pool.worth(of)).collect();
            let (given_before, fees) = (pool.given(), pool.quote.totals.fees);
            let mut own = (0u64, 0u64);
            let mut loss = false;
            match dice.below(8) {
                0 => {
                    let size = 20 + dice.below(20);
                    let amount = LEAST + dice.below(1 << size);
                    pool.join(who, amount).unwrap();
                    own.0 = amount;
                }
                1 => {
                    let part = dice.below(pool.worth(who).max(1) + 2);
                    let amount = if dice.one_in(3) { u64::MAX } else { part };
                    let _ = pool.ask(who, amount);
                }
                2 => own.1 = pool.leave(who).unwrap_or(0),
                3 => {
                    let most = pool.insurance.balance / (1 + dice.below(6)) + 1;
                    pool.lose(dice.below(most));
                    loss = true;
                }
                4 => pool.insurance.balance += dice.below(1 << 30),
                5 => pool.quote.totals.fees += dice.below(1 << 32) as i64,
                6 => pool.wait(dice.below(20 * DAY)),
                _ => {
                    pool.earn(who);
                }
            }
            put[who] += u128::from(own.0);
            paid[who] += u128::from(own.1);
            let moved = (fees - pool.quote.totals.fees).max(0) as u128;
            earned += moved;
            let about = format!("seed {seed} step {step}");
            let after: Vec<u64> = (0..MANY).map(|of| pool.worth(of)).collect();
            let sum: u128 = after.iter().map(|worth| u128::from(*worth)).sum();
            let pools = pool.insurance.earning.value + pool.insurance.idle.value;
            assert!(sum <= pools.into(), "{about}: more is owned than there is");
            if !loss {
                for of in (0..MANY).filter(|of| *of != who) {
                    assert!(after[of] + 1 >= before[of], "{about}: {of} lost by {who}");
                }
                let gain = (u128::from(after[who]) + u128::from(own.1))
                    .saturating_sub(u128::from(before[who]) + u128::from(own.0));
                assert!(gain <= moved + 1, "{about}: {who} gained {gain} of {moved}");
                assert!(pool.given() >= given_before, "{about}: gifts were taken");
            }
        }
        let (all_in, all_out) = (put.iter().sum::<u128>(), paid.iter().sum::<u128>());
        assert!(all_out <= all_in + earned, "seed {seed}");
    }
}

#[test]
fn a_share_is_never_worth_more_than_the_pool() {
    let mut dice = Dice(3);
    for _ in 0..50_000 {
        let pool = bulwark_state::StakePool {
            value: dice.next() >> dice.below(64),
            shares: Wide::new(u128::from(dice.next()) << dice.below(40)),
            generation: 0,
        };
        let whole = value(&pool, pool.shares.get());
        assert!(whole.is_err() || whole.is_ok_and(|whole| whole <= pool.value));
    }
}
