use super::super::csv::Bar;
use super::*;

fn bar(at: i64, prices: [u64; 4]) -> Bar {
    let [open, high, low, close] = prices;
    Bar {
        line: 2,
        at,
        open,
        high,
        low,
        close,
    }
}

fn series(bars: Vec<Bar>, interval: i64) -> Series {
    Series {
        bars,
        interval,
        unit_exp: 0,
        gaps: vec![],
    }
}

#[test]
fn a_minute_is_played_as_four_prints_in_either_order() {
    let series = series(
        vec![bar(6_000, [100, 120, 80, 90]), bar(6_060, [91, 91, 91, 91])],
        60,
    );
    for (order, first, second) in [(Order::HighFirst, 120, 80), (Order::LowFirst, 80, 120)] {
        let played: Vec<_> = Prints::new(&series, order, 1)
            .map(|p| (p.at, p.price))
            .collect();
        let expected = [
            (6_000, 100),
            (6_015, first),
            (6_030, second),
            (6_045, 90),
            (6_060, 91),
        ];
        assert_eq!(played[..5], expected);
        assert_eq!(played.len(), 8);
    }
}

#[test]
fn longer_bars_keep_every_open_high_low_and_close() {
    for seed in 0..200 {
        for (interval, prices) in [
            (300, [10_000_000, 10_400_000, 9_500_000, 9_700_000]),
            (3_600, [10_000_000, 10_000_000, 9_500_000, 9_500_000]),
            (3_600, [10_000_000, 10_000_001, 9_999_999, 10_000_000]),
            (900, [10_000_000, 10_000_000, 10_000_000, 10_000_000]),
        ] {
            let bar = bar(3_600 * (seed as i64 + 1), prices);
            for order in [Order::HighFirst, Order::LowFirst] {
                let minutes = minutes(&bar, interval, order, seed);
                assert_eq!(minutes.len() as i64, interval / 60);
                assert_eq!(minutes[0].open, bar.open, "seed {seed}");
                assert_eq!(minutes.last().unwrap().close, bar.close, "seed {seed}");
                assert_eq!(
                    minutes.iter().map(|m| m.high).max(),
                    Some(bar.high),
                    "seed {seed}"
                );
                assert_eq!(
                    minutes.iter().map(|m| m.low).min(),
                    Some(bar.low),
                    "seed {seed}"
                );
                for (n, minute) in minutes.iter().enumerate() {
                    assert_eq!(minute.at, bar.at + 60 * n as i64);
                    assert!(minute.low <= minute.open.min(minute.close), "seed {seed}");
                    assert!(minute.high >= minute.open.max(minute.close), "seed {seed}");
                    if let Some(next) = minutes.get(n + 1) {
                        assert_eq!(minute.close, next.open, "seed {seed}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_chosen_extreme_comes_first_in_a_longer_bar() {
    let bar = bar(7_200, [10_000_000, 10_400_000, 9_500_000, 9_900_000]);
    for seed in 0..200 {
        for order in [Order::HighFirst, Order::LowFirst] {
            let series = series(vec![bar], 3_600);
            let prices: Vec<u64> = Prints::new(&series, order, seed)
                .map(|print| print.price)
                .collect();
            let at = |price| prices.iter().position(|p| *p == price).unwrap();
            let high_first = at(bar.high) < at(bar.low);
            assert_eq!(high_first, order == Order::HighFirst, "seed {seed}");
        }
    }
}

#[test]
fn a_seed_gives_the_same_path_and_another_seed_another() {
    let series = series(
        vec![bar(7_200, [10_000_000, 10_400_000, 9_500_000, 9_900_000])],
        3_600,
    );
    let path = |seed| Prints::new(&series, Order::HighFirst, seed).collect::<Vec<_>>();
    assert_eq!(path(7), path(7));
    assert_ne!(path(7), path(8));
}

#[test]
fn the_signed_average_halves_its_distance_in_5921_slots() {
    let half = decay(2_368);
    assert!(half.abs_diff(E18 / 2) < E18 / 5_000, "{half}");
    assert_eq!(decay(0), E18);
    let mut oracle = Oracle::default();
    assert_eq!(oracle.publish(1_000, 1_000_000).ema, 1_000_000);
    let ema = oracle.publish(3_368, 2_000_000).ema;
    assert!(ema.abs_diff(1_500_000) < 200, "{ema}");
}

#[test]
fn confidence_widens_with_the_range_of_the_last_minute() {
    let mut oracle = Oracle::default();
    assert_eq!(oracle.publish(0, 1_000_000).conf, 300);
    assert_eq!(oracle.publish(15, 1_100_000).conf, 330 + 5_000);
    for _ in 0..4 {
        oracle.publish(30, 1_100_000);
    }
    assert_eq!(oracle.publish(45, 1_100_000).conf, 330);
}
