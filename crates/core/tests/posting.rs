//! a37: who posts, and how often, has little say. Every path is played through the whole feed,
//! gate and jump test included; the measure is the average initial margin over the path.

mod oracle;
mod shared_data;

use bulwark_core::params::Class;
use bulwark_core::targets;
use oracle::dice::Dice;
use oracle::*;

/// Open, high, low, close, PriceE8.
type Bar = [u64; 4];

/// Who posts what of each one-minute bar.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Poster {
    /// The close, once a minute.
    Closes,
    /// Open, both extremes in random order, and the close.
    Everything,
    /// Alone: both extremes, the farther from the last print first.
    Extremes,
    /// Alone: once a minute the price nearest to the last one posted.
    Nearest,
    /// Alone: once a minute the price of its whole range nearest to the last committed sample.
    Calmest,
    /// Alone: of ten minutes the price nearest to the last one posted, and nothing else.
    Withholds,
}

/// Average initial ratio, e9, over a path under a poster.
fn play(bars: &[Bar], class: Class, poster: Poster, seed: u64) -> u64 {
    let mut dice = Dice(seed);
    let mut world = World::new(class);
    // Pyth's half-life of 5,921 slots as a weight, over the true closes: no poster has a say in it.
    let mut ema = bars[0][0];
    let (mut sum, mut posted) = (0u128, bars[0][0]);
    for (minute, bar) in bars.iter().enumerate() {
        let begin = START + 60 * minute as i64;
        let sample = world.feed.sample.price;
        let prices = choose(bars, minute, poster, [posted, sample], &mut dice);
        for (second, price) in prices {
            let due = begin + second;
            if due > world.now.unix {
                world.wait((due - world.now.unix) as u64);
            }
            world.insist(price, ema);
            posted = price;
        }
        let end = begin + 60;
        if end > world.now.unix {
            world.wait((end - world.now.unix) as u64);
        }
        ema = ((u128::from(ema) * 3_417 + u128::from(bar[3]) * 60) / 3_477) as u64;
        sum += u128::from(targets::initial(&world.targets));
    }
    (sum / bars.len() as u128) as u64
}

/// The prices that a poster posts in a minute, with their seconds.
fn choose(
    bars: &[Bar],
    minute: usize,
    poster: Poster,
    [posted, sample]: [u64; 2],
    dice: &mut Dice,
) -> Vec<(i64, u64)> {
    let bar = &bars[minute];
    let [open, high, low, close] = *bar;
    let apart = |price: &u64| price.abs_diff(posted);
    match poster {
        Poster::Closes => vec![(50, close)],
        Poster::Everything if dice.one_in(2) => vec![(5, open), (20, high), (35, low), (50, close)],
        Poster::Everything => vec![(5, open), (20, low), (35, high), (50, close)],
        Poster::Extremes if apart(&high) > apart(&low) => vec![(10, high), (40, low)],
        Poster::Extremes => vec![(10, low), (40, high)],
        Poster::Nearest => vec![(50, *bar.iter().min_by_key(|price| apart(price)).unwrap())],
        Poster::Calmest => vec![(50, sample.clamp(low, high))],
        Poster::Withholds => {
            // The price is real: it is posted in the very minute in which it stood.
            let window = minute / 10 * 10;
            let seen = bars[window..bars.len().min(window + 10)].iter().enumerate();
            let all = seen.flat_map(|(at, bar)| bar.iter().map(move |price| (window + at, *price)));
            let best = all.min_by_key(|(_, price)| apart(price));
            best.filter(|(at, _)| *at == minute)
                .map(|(_, price)| (30, price))
                .into_iter()
                .collect()
        }
    }
}

/// A path of calm and storms: steps of a twelfth of a minute, volatility falling back from storms.
fn synthetic(seed: u64, minutes: usize) -> Vec<Bar> {
    let mut dice = Dice(seed);
    let (mut price, mut sigma) = (2_000_000_000_000i64, 700_000i64);
    let bars = (0..minutes).map(|_| {
        if dice.one_in(1_500) {
            sigma = 4_000_000;
        }
        sigma = (sigma * 399 + 700_000) / 400;
        let open = price;
        let (mut high, mut low) = (open, open);
        for _ in 0..12 {
            // e9 steps of a twelfth of a minute: σ/√12.
            price += price / 1_000 * dice.normal(sigma * 289 / 1_000) / 1_000_000;
            (high, low) = (high.max(price), low.min(price));
        }
        [open, high, low, price].map(|price| price as u64)
    });
    bars.collect()
}

/// The figures of a37 for the paths of a class, as means over them. `more` bounds what posting
/// everything beside the closes may add.
fn judge(name: &str, paths: &[Vec<Bar>], class: Class, more: u64) {
    let mean = |poster| {
        let all = paths.iter().map(|bars| play(bars, class, poster, 1));
        all.sum::<u64>() / paths.len() as u64
    };
    let reference = mean(Poster::Closes);
    println!("{name}: initial margin {reference} e9 on average");
    let figure = |poster| {
        let ppm = mean(poster) * 1_000_000 / reference;
        println!("  {poster:?}: {ppm} ppm of it");
        ppm
    };
    let ppm = figure(Poster::Everything);
    assert!(
        (950_000..=more).contains(&ppm),
        "{name}: posting more moves it to {ppm} ppm"
    );
    // Alone, he commits a far wick each period.
    let ppm = figure(Poster::Extremes);
    assert!(
        (950_000..=1_250_000).contains(&ppm),
        "{name}: only extremes move it to {ppm} ppm"
    );
    for ppm in [Poster::Nearest, Poster::Calmest, Poster::Withholds].map(figure) {
        assert!(
            ppm >= 650_000,
            "{name}: a sole poster who hides moves it to {ppm} ppm"
        );
    }
}

#[test]
fn a37_posting_on_made_paths() {
    for class in [Class::Major, Class::Large, Class::Small] {
        let paths: Vec<_> = (1..=4).map(|seed| synthetic(seed, 6_000)).collect();
        judge(
            &format!("made paths of seeds 1 to 4, {class:?}"),
            &paths,
            class,
            1_050_000,
        );
    }
}

/// Real one-minute paths, where they are at hand.
#[test]
fn a37_posting_on_real_paths() {
    let groups: [(_, _, _, &[&str]); 4] = [
        (
            "majors in crisis",
            Class::Major,
            1_080_000,
            &[
                "btc-2021-05-19-1m",
                "eth-2021-05-19-1m",
                "btc-2022-05-luna-1m",
                "eth-2022-05-luna-1m",
                "btc-2023-10-rally-1m",
            ],
        ),
        (
            "majors in calm",
            Class::Major,
            1_050_000,
            &["btc-2023-04-calm-1m", "eth-2023-04-calm-1m"],
        ),
        (
            "large in calm",
            Class::Large,
            1_050_000,
            &["sol-2023-04-calm-1m"],
        ),
        (
            "small in crisis",
            Class::Small,
            1_050_000,
            &["doge-2021-05-19-1m"],
        ),
    ];
    for (name, class, more, files) in groups {
        match files
            .iter()
            .map(|file| path(file))
            .collect::<Option<Vec<_>>>()
        {
            Some(paths) => judge(name, &paths, class, more),
            None => println!("skipped: {name}"),
        }
    }
}

fn path(file: &str) -> Option<Vec<Bar>> {
    let file = shared_data::shared_data(&format!("prices/{file}.csv"))?;
    let text = std::fs::read_to_string(file).unwrap();
    Some(text.lines().skip(1).map(bar).collect())
}

fn bar(line: &str) -> Bar {
    let mut fields = line.split(',').skip(1).map(price_e8);
    std::array::from_fn(|_| fields.next().unwrap())
}

/// A decimal number as PriceE8, digits beyond dropped.
fn price_e8(text: &str) -> u64 {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let rest: String = rest.chars().chain("00000000".chars()).take(8).collect();
    whole.parse::<u64>().unwrap() * 100_000_000 + rest.parse::<u64>().unwrap()
}
