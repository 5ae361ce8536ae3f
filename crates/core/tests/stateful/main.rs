//! All acts in any order by anyone, against all named invariants: with moving prices, through
//! crashes, jumps, liquidations, losses and thefts, every other history to its end in Recovery; and
//! by one person at constant prices, who must not end with more than was put in: neither where a
//! keeper takes over whom time brings down, nor where his own accounts liquidate each other.
//!
//! `BULWARK_STEPS` sets the number of steps of both together (400,000), `BULWARK_SEED` where the
//! seeds begin. A failure names its seed: add it to [`KEPT`].

mod acts;
mod checks;
mod deeds;
#[path = "../dice/mod.rs"]
mod dice;
mod exchange;
mod guards;
mod history;
mod money;
mod recovery;
mod rescue;

use dice::Dice;
use history::{History, STEPS, Theme};

/// Seeds that fail. None does now: a seed is a history of the acts as they are, and each change of
/// an act makes it another one, so a seed that was mended long ago would prove nothing. What one
/// finds is to be told by hand, in a test of its own.
const KEPT: &[(u64, Theme)] = &[];

/// How often each act succeeded and was tried.
type Count = std::collections::BTreeMap<&'static str, (u64, u64)>;

/// Says which seed and step a failure belongs to.
struct Where(u64, Theme, u64);

impl Drop for Where {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, {:?}, step {}", self.0, self.1, self.2);
        }
    }
}

fn history(seed: u64, theme: Theme, count: &mut Count) {
    let mut place = Where(seed, theme, 0);
    let mut history = History::new(seed, theme);
    for step in 0..STEPS {
        place.2 = step;
        history.step();
        // What time makes of a neglected account is another test.
        if theme == Theme::Constant && history.count.contains_key("keep") {
            break;
        }
    }
    if theme != Theme::Constant && seed.is_multiple_of(2) {
        history.recover();
    }
    for (name, (done, tried)) in history.count {
        let sum = count.entry(name).or_default();
        *sum = (sum.0 + done, sum.1 + tried);
    }
}

/// Steps of each of the two tests.
fn steps() -> u64 {
    let steps = std::env::var("BULWARK_STEPS").ok();
    steps.map_or(400_000, |steps| {
        steps.parse().expect("BULWARK_STEPS is a number")
    }) / 2
}

fn first_seed() -> u64 {
    let seed = std::env::var("BULWARK_SEED").ok();
    seed.map_or(1, |seed| seed.parse().expect("BULWARK_SEED is a number"))
}

fn prove(name: &str, themes: &[Theme]) -> Count {
    let mut count = Count::new();
    let histories = steps().div_ceil(STEPS);
    let from = first_seed();
    for (seed, theme) in KEPT.iter().filter(|(_, theme)| themes.contains(theme)) {
        history(*seed, *theme, &mut count);
    }
    for done in 0..histories {
        let theme = themes[done as usize % themes.len()];
        history(from + done, theme, &mut count);
        if (done + 1) % 1_000 == 0 {
            let (made, all) = ((done + 1) * STEPS, histories * STEPS);
            println!("{name}: {made} of {all} steps");
        }
    }
    println!("{name}: {count:?}");
    count
}

/// Of 100,000 steps at least this many are successes of each act: histories that no longer reach
/// an act prove nothing about it.
const LEAST: &[(&str, u64)] = &[
    ("place", 6_000),
    ("fill", 4_000),
    ("cancel", 2_000),
    ("prune", 1_000),
    ("premium", 150),
    ("accrue", 3_000),
    ("cover", 300),
    ("flag", 120),
    ("look", 10),
    ("unflag", 1),
    ("take over", 120),
    ("seize", 10),
    ("wind up", 150),
    ("settle", 40),
    ("convert", 2),
    ("deposit", 1_200),
    ("withdraw", 900),
    ("withdraw all", 80),
    ("serve", 350),
    ("collect", 6),
    ("sweep", 150),
    ("donate", 300),
    ("steal", 100),
    ("recapitalise", 100),
    ("insure", 300),
    ("pause", 100),
    ("settlement", 30),
    ("fund", 500),
    ("transfer", 200),
    ("check", 400),
    ("latch", 400),
    ("drawdown", 1),
    ("recovery", 150),
];

#[test]
fn all_acts_against_all_invariants() {
    let count = prove("moving prices", &Theme::MOVING);
    for (act, least) in LEAST {
        let done = count.get(act).map_or(0, |count| count.0);
        let least = least * steps() / 100_000;
        assert!(done >= least, "{act}: {done}, not {least} of {count:?}");
    }
}

#[test]
fn no_free_money_for_one_person_at_constant_prices() {
    let count = prove("constant prices", &[Theme::Constant]);
    assert!(count["fill"].0 > count["place"].1 / 20, "{count:?}");
    let charged = count["premium"].0 > count["fund"].1 / 100;
    assert!(charged || steps() < 100_000, "{count:?}");
    // Half of the histories go on through liquidations by his own other accounts.
    let liquidated = count["take over"].0 >= steps() / 1_000 && count["seize"].0 >= 1;
    assert!(liquidated || steps() < 100_000, "{count:?}");
}
