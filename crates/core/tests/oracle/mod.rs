//! What the tests of feeds and margins share: a feed with its targets, a poster, a generator.
// Each test file is a binary of its own and takes what it needs of this.
#![allow(dead_code)]

#[path = "../dice/mod.rs"]
pub mod dice;

use bulwark_core::feed::{self, Accepted, Ignored, Printed, Reading};
use bulwark_core::params::{self, Class};
use bulwark_core::targets::{self, Measure};
use bulwark_core::{Now, volatility};
use bulwark_state::{Feed, OpenClock, Targets};
use bytemuck::Zeroable;

pub const E9: u64 = 1_000_000_000;
/// Where tests start: a full minute.
pub const START: i64 = 1_700_000_040;

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
