//! The integer rule against plain big-integer arithmetic, and its bounds at every corner.

mod oracle;

use bulwark_core::feed::Accepted;
use bulwark_core::params::{self, Class};
use bulwark_core::targets::{self, Measure};
use bulwark_core::volatility::{self, READ_MAX, VARIANCE_MAX};
use bulwark_core::{Error, Now};
use bulwark_state::{MarginParams, Targets};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use oracle::dice::Dice;
use oracle::*;

fn big(value: u64) -> BigInt {
    BigInt::from(value)
}

fn ceil(n: BigInt, d: BigInt) -> BigInt {
    (n + &d - 1) / d
}

fn word(value: BigInt) -> u64 {
    value.to_u64().unwrap()
}

/// The rule as margin-model.md writes it, in big integers, without a care for cost.
struct Model {
    tau: [u64; 3],
    grid: u64,
    clamp: u64,
    p0: u64,
    t0: i64,
    v: [u64; 3],
    read: [u64; 3],
    params: MarginParams,
    im: u64,
    mm: u64,
    im_tight: i64,
    mm_tight: i64,
    m0: u64,
    m0_open: u64,
    seen: i64,
    minutes: Vec<i64>,
}

impl Model {
    fn of(world: &World) -> Self {
        let (feed, targets) = (&world.feed, &world.targets);
        Self {
            tau: feed.params.tau.map(u64::from),
            grid: u64::from(feed.params.grid),
            clamp: u64::from(feed.params.clamp_e9),
            p0: 0,
            t0: 0,
            v: feed.variance,
            read: feed.variance,
            params: targets.params,
            im: targets.im,
            mm: targets.mm,
            im_tight: targets.im_tight_at,
            mm_tight: targets.mm_tight_at,
            m0: targets.m0,
            m0_open: targets.m0_open,
            seen: targets.seen_at,
            minutes: Vec::new(),
        }
    }

    fn distance(p: u64, q: u64) -> BigInt {
        ceil(big(p.abs_diff(q)) * big(E9), big(p.min(q)))
    }

    fn update(&mut self, p: u64, ema: u64, t: i64, factor: u64, open: u64) {
        self.minutes.push(t / 60);
        if self.p0 == 0 {
            (self.p0, self.t0) = (p, t);
        } else {
            let gap = (t - self.t0) as u64;
            let r = Self::distance(p, self.p0).min(big(self.clamp));
            for i in 0..3 {
                let sum = big(self.tau[i]) * big(self.v[i]) + &r * &r;
                self.read[i] = word(ceil(sum, big(self.tau[i] + gap)));
            }
            if gap >= self.grid {
                (self.v, self.p0, self.t0) = (self.read, p, t);
            }
        }
        let gap = Self::distance(p, ema);
        let [fast, middle, slow] = self.read;
        let held = middle.max(slow);
        let a_im = self.raw(held.max(fast), factor, &gap);
        let a_mm = self.raw(held, E9, &gap);
        let applied = self.maintenance(open);
        let before = self.mm;
        (self.im, self.im_tight) = self.moved(self.im, self.im_tight, a_im, t);
        (self.mm, self.mm_tight) = self.moved(self.mm, self.mm_tight, a_mm, t);
        if self.mm != before {
            (self.m0, self.m0_open) = (applied.min(self.mm), open);
        }
        self.seen = t;
    }

    fn raw(&self, v: u64, factor: u64, gap: &BigInt) -> u64 {
        let p = &self.params;
        let horizon = ceil(big(u64::from(p.horizon)) * big(factor), big(E9));
        let wide: BigInt = big(u64::from(p.k)) * root(&(big(v) * horizon)) / big(1_000) + 1;
        let gap = ceil(gap * big(u64::from(p.gap_w)), big(1_000));
        let (floor, cap) = (big(u64::from(p.floor_e9)), big(u64::from(p.cap_e9)));
        word(wide.max(gap).max(floor).min(cap))
    }

    fn moved(&self, q: u64, tight: i64, a: u64, t: i64) -> (u64, i64) {
        if a > q {
            return (a, t);
        }
        let calm = i64::from(self.params.calm);
        let span = calm / 60;
        let kept: std::collections::BTreeSet<i64> = self
            .minutes
            .iter()
            .copied()
            .filter(|m| t / 60 - m < span)
            .collect();
        if t - tight <= calm || kept.len() as i64 * 5 < span * 4 {
            return (q, tight);
        }
        let tau = u64::from(self.params.loosen_tau);
        let weight = tau + (t - self.seen) as u64;
        (a.max(word(ceil(big(q) * big(tau), big(weight)))), tight)
    }

    fn maintenance(&self, open: u64) -> u64 {
        let walked = open.saturating_sub(self.m0_open);
        let ramp = u64::from(self.params.ramp);
        let at = big(self.m0) + big(self.mm) * big(walked) / big(ramp);
        if walked >= ramp {
            self.mm
        } else {
            word(at.min(big(self.mm)))
        }
    }
}

/// Random parameters within their bounds and relations.
fn any_world(dice: &mut Dice) -> World {
    let mut world = World::new(Class::ALL[dice.within(0, 3) as usize]);
    let within = |dice: &mut Dice, key: &str| {
        let all = params::FEED.iter().chain(params::MARGIN);
        let row = all.into_iter().find(|row| row.key == key).unwrap();
        dice.within(row.min, row.max) as u32
    };
    let feed = &mut world.feed.params;
    feed.tau[0] = within(dice, "feed.tau_fast");
    feed.tau[1] = feed.tau[0].max(within(dice, "feed.tau_middle")) + 1;
    feed.tau[2] = within(dice, "feed.tau_slow");
    feed.grid = within(dice, "feed.grid");
    feed.clamp_e9 = within(dice, "feed.clamp");
    let margin = &mut world.targets.params;
    margin.k = within(dice, "margin.k");
    margin.floor_e9 = within(dice, "margin.floor");
    margin.cap_e9 = margin.floor_e9 * 2 + within(dice, "margin.floor");
    margin.im_ratio = within(dice, "margin.im_ratio");
    margin.gap_w = within(dice, "margin.gap_w");
    margin.horizon = within(dice, "margin.horizon");
    margin.ramp = within(dice, "margin.ramp");
    margin.calm = within(dice, "margin.calm");
    margin.loosen_tau = within(dice, "margin.loosen_tau");
    let seed = world.feed.variance[0];
    targets::start(&mut world.targets, seed, START - 1, START as u64).unwrap();
    world
}

/// A random next price: mostly quiet, sometimes a storm, a jump or an outage before it.
fn wander(dice: &mut Dice, price: u64) -> u64 {
    let bp = match dice.within(0, 199) {
        0 => dice.normal(3_000),
        1..20 => dice.normal(200),
        _ => dice.normal(10),
    };
    let moved = price as i128 * i128::from(10_000 + bp.clamp(-9_000, 9_000)) / 10_000;
    (moved as u64).clamp(1_000_000, 10_000_000_000_000_000)
}

#[test]
fn integer_rule_equals_the_model() {
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let mut world = any_world(&mut dice);
        let mut model = Model::of(&world);
        let mut price = 10u64.pow(dice.within(7, 13) as u32);
        let mut ema = price;
        for step in 0..600 {
            let quiet = dice.within(1, 70);
            world.wait(if dice.one_in(150) {
                dice.within(600, 90_000)
            } else {
                quiet
            });
            world.factor = if dice.one_in(3) {
                dice.within(E9, 3 * E9)
            } else {
                E9
            };
            price = wander(&mut dice, price);
            ema = ((u128::from(ema) * 60 + u128::from(price)) / 61) as u64;
            let (seen, open) = (world.feed.last.publish_at, world.open());
            world.insist(price, ema);
            assert!(world.feed.last.publish_at > seen);
            let at = world.feed.last.publish_at;
            model.update(price, ema, at, world.factor, open.max(at as u64));
            let at = format!("seed {seed} step {step}");
            assert_eq!(world.feed.variance, model.v, "{at}");
            assert_eq!(world.feed.variance_read, model.read, "{at}");
            assert_eq!(world.feed.sample.price, model.p0, "{at}");
            let t = &world.targets;
            assert_eq!((t.im, t.mm), (model.im, model.mm), "{at}");
            assert_eq!(
                (t.im_tight_at, t.mm_tight_at),
                (model.im_tight, model.mm_tight),
                "{at}"
            );
            assert_eq!((t.m0, t.m0_open), (model.m0, model.m0_open), "{at}");
            for later in [0, 1, 599, 1_800, 7_200] {
                let open = world.open() + later;
                assert_eq!(
                    targets::maintenance(t, open),
                    model.maintenance(open),
                    "{at}"
                );
            }
        }
    }
}

/// The steepest path at every corner of the bounds stays where 64-bit products and roots are exact.
#[test]
fn variance_stays_below_its_proved_bound() {
    for (grid, tau) in [(60, 1_298), (60, 10_388), (900, 1_298), (300, 5_194)] {
        let mut world = World::new(Class::Small);
        world.feed.params.grid = grid;
        world.feed.params.clamp_e9 = 200_000_000;
        world.feed.params.tau[0] = tau;
        world.feed.variance = [VARIANCE_MAX; 3];
        let mut high = true;
        let (mut largest, mut largest_read) = (0, 0);
        world.insist(100_000_000, 100_000_000);
        for _ in 0..3_000 {
            // A second after a commit, then at the grid: both read the largest return.
            high = !high;
            let price = if high { 100_000_000 } else { 200_000_000 };
            world.wait(1);
            world.insist(price, price);
            largest_read = largest_read.max(world.feed.variance_read[0]);
            world.wait(u64::from(grid));
            world.insist(price, price);
            largest = largest.max(world.feed.variance[0]);
        }
        assert!(largest <= VARIANCE_MAX && largest_read <= READ_MAX);
        assert!(largest > VARIANCE_MAX / 20 * 60 / u64::from(grid));
    }
    assert!(u128::from(READ_MAX) * 3_600 * 3 < 1 << 63);
}

#[test]
fn a_root_at_the_largest_product_is_exact() {
    let mut targets = targets_of(Class::Small, START, 0);
    targets.params.horizon = 3_600;
    targets.params.k = 4_000;
    targets.params.gap_w = 0;
    targets.params.cap_e9 = u32::MAX;
    let measure = Measure {
        variance: [READ_MAX; 3],
        at: START + 1,
        ..Measure::default()
    };
    targets::update(&mut targets, &measure, 3 * E9, 0).unwrap();
    let new_risk = root(&(big(READ_MAX) * big(10_800))) * 4 + 1;
    let positions = root(&(big(READ_MAX) * big(3_600))) * 4 + 1;
    assert_eq!(targets.im, word(new_risk).min(u64::from(u32::MAX)));
    assert_eq!(targets.mm, word(positions).min(u64::from(u32::MAX)));

    let beyond = Measure {
        variance: [READ_MAX + 1; 3],
        at: START + 2,
        ..measure
    };
    let before = targets;
    assert_eq!(
        targets::update(&mut targets, &beyond, E9, 0),
        Err(Error::BadValue)
    );
    let factor = targets::update(
        &mut targets,
        &Measure {
            at: START + 2,
            ..measure
        },
        3 * E9 + 1,
        0,
    );
    assert_eq!(factor, Err(Error::BadValue));
    assert_eq!(targets, before);
}

#[test]
fn seeds() {
    // 60 % a year: 0.36 / 31,536,000 s = 1.1415...e-8.
    assert_eq!(volatility::seed_variance(600_000_000), Some(11_415_525_115));
    assert_eq!(
        volatility::seed_variance(5_000_000_000),
        Some(792_744_799_595)
    );
    assert_eq!(volatility::seed_variance(5_000_000_001), None);
}

#[test]
fn first_print_is_the_sample_and_measures_nothing() {
    let mut world = World::new(Class::Major);
    let seeded = world.feed.variance;
    world.post(6_000_000_000_000, 6_000_000_000_000);
    assert_eq!(world.feed.variance_read, seeded);
    assert_eq!(world.feed.sample.price, 6_000_000_000_000);
    // 9·√(1.14e-8 · 600 s) = 2.3555 %: the seed, a little above the floor.
    assert_eq!(world.targets.mm, 23_554_072);
    assert_eq!(targets::initial(&world.targets), 35_331_108);
}

#[test]
fn posting_between_samples_adds_nothing() {
    let run = |posts: u64| {
        let mut world = World::new(Class::Major);
        world.post(6_000_000_000_000, 6_000_000_000_000);
        for second in 1..=300u64 {
            world.wait(1);
            if second.is_multiple_of(posts) {
                let price = 6_000_000_000_000 + second % 7 * 1_000_000_000;
                world.post(
                    if second == 300 {
                        6_010_000_000_000
                    } else {
                        price
                    },
                    price,
                );
            }
        }
        world.feed.variance
    };
    assert_eq!(run(1), run(300));
    assert_eq!(run(10), run(60));
}

#[test]
fn stored_values_out_of_bounds_are_refused() {
    let mut world = World::new(Class::Major);
    world.post(100_000_000, 100_000_000);
    world.feed.variance[2] = VARIANCE_MAX + 1;
    world.wait(5);
    let reading = reading(100_000_000, 100_000_000, world.now.unix);
    let now = Now { ..world.now };
    let refused = bulwark_core::feed::accept(&mut world.feed, &reading, None, now, &world.clock);
    assert_eq!(refused, Err::<Accepted, _>(Error::BadValue));
}

#[test]
fn a_later_update_of_the_same_time_changes_nothing() {
    let mut targets: Targets = targets_of(Class::Major, START, 7);
    let before = targets;
    let measure = Measure {
        variance: [READ_MAX; 3],
        at: START,
        ..Measure::default()
    };
    assert_eq!(targets::update(&mut targets, &measure, E9, 9), Ok(()));
    assert_eq!(targets, before);
}
