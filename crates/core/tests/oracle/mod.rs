//! What the tests of feeds and margins share: a feed with its targets, a poster, a generator.
// Each test file is a binary of its own and takes what it needs of this.
#![allow(dead_code)]

use bulwark_core::feed::{self, Accepted, Ignored, Printed, Reading};
use bulwark_core::params::{self, Class};
use bulwark_core::targets::{self, Measure};
use bulwark_core::{Now, volatility};
use bulwark_state::{Feed, OpenClock, Targets};
use bytemuck::Zeroable;

pub const E9: u64 = 1_000_000_000;
/// Where tests start: a full minute.
pub const START: i64 = 1_700_000_040;

/// Splitmix64.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `low..=high`.
    pub fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// One in `n`.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }

    /// Near normal with standard deviation `sigma`: the sum of twelve uniforms.
    pub fn normal(&mut self, sigma: i64) -> i64 {
        let sum: i64 = (0..12).map(|_| (self.next() >> 44) as i64).sum();
        (sum - 6 * (1 << 20)) * sigma / (1 << 20)
    }
}

pub fn feed_of(class: Class) -> Feed {
    let mut feed = Feed::zeroed();
    feed.active = 1;
    feed.params = params::feed_preset(class);
    volatility::seed(&mut feed, params::seed_volatility(class)).unwrap();
    feed
}

pub fn targets_of(class: Class, at: i64, open: u64) -> Targets {
    let params = params::margin_preset(class);
    let mut targets = Targets {
        params,
        ..Targets::default()
    };
    let seed = volatility::seed_variance(params::seed_volatility(class)).unwrap();
    targets::start(&mut targets, seed, at, open).unwrap();
    targets
}

/// A price message without confidence.
pub fn reading(price: u64, ema: u64, publish_at: i64) -> Reading {
    Reading {
        price,
        conf: price / 3_000,
        ema,
        publish_at,
    }
}

/// A feed, one set of targets, and time.
pub struct World {
    pub feed: Feed,
    pub targets: Targets,
    pub clock: OpenClock,
    pub now: Now,
    pub factor: u64,
}

impl World {
    pub fn new(class: Class) -> Self {
        let now = Now {
            unix: START,
            slot: 1_000,
        };
        Self {
            feed: feed_of(class),
            targets: targets_of(class, START - 1, START as u64),
            clock: OpenClock::default(),
            now,
            factor: E9,
        }
    }

    /// Lets time pass, at 400 ms a slot.
    pub fn wait(&mut self, seconds: u64) {
        self.now.unix += seconds as i64;
        self.now.slot += seconds * 5 / 2;
    }

    pub fn open(&self) -> u64 {
        bulwark_core::time::open_seconds(&self.clock, self.now.unix)
    }

    /// Posts a price of this second.
    pub fn post(&mut self, price: u64, ema: u64) -> Accepted {
        self.take(&reading(price, ema, self.now.unix))
    }

    pub fn take(&mut self, reading: &Reading) -> Accepted {
        let accepted = feed::accept(&mut self.feed, reading, None, self.now, &self.clock).unwrap();
        if let Accepted::Print(Printed { sampled: true, .. }) = accepted {
            let (measure, open) = (Measure::of(&self.feed), self.open());
            targets::update(&mut self.targets, &measure, self.factor, open).unwrap();
        }
        accepted
    }

    /// Posts a price, and once more until a jump is confirmed.
    pub fn insist(&mut self, price: u64, ema: u64) {
        while self.post(price, ema) == Accepted::Unconfirmed {
            self.wait(2);
        }
    }

    pub fn maintenance(&self) -> u64 {
        targets::maintenance(&self.targets, self.open())
    }
}

/// `⌊√n⌋` of a big number by bisection, on purpose unlike the one under test.
pub fn root(n: &num_bigint::BigInt) -> num_bigint::BigInt {
    use num_bigint::BigInt;
    let (mut low, mut high) = (BigInt::from(0), n + 1);
    while &high - &low > BigInt::from(1) {
        let middle: BigInt = (&low + &high) / 2;
        if &middle * &middle <= *n {
            low = middle
        } else {
            high = middle
        }
    }
    low
}

/// A price of one dollar.
pub const P: u64 = 100_000_000;

/// What was printed; panics on anything else.
pub fn printed(accepted: Accepted) -> Printed {
    match accepted {
        Accepted::Print(printed) => printed,
        other => panic!("{other:?}"),
    }
}

/// A quiet market: a print every ten seconds for two minutes.
pub fn quiet() -> World {
    let mut world = World::new(Class::Major);
    for _ in 0..12 {
        printed(world.post(P, P));
        world.wait(10);
    }
    world
}

/// The answer to a message that isn't newer.
pub fn not_newer() -> Accepted {
    Accepted::Nothing(Ignored::NotNewer)
}
