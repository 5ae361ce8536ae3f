//! Made-up reports: a crash in two markets, a calm day of one arm, and one in which nothing is.

use bulwark_report::{
    Breaker, Collateral, Cover, Covered, Episode, Equity, FORMAT, Figures, Fund, Held, Instruction,
    Liquidation, LiquidationKind, Margins, Market, MarketRun, Order, Outage, Paid, Point, Refusal,
    Report, Run, Scenario, Series, Setting, State,
};

const FROM: i64 = 1_621_036_800;
const BARS: i64 = 6_000;
const CRASH: i64 = 3_800;
/// Text that would be code if it weren't escaped.
const HOSTILE: &str = "</script><img src=x onerror=alert(1)>&\"'";

/// Numbers without a pattern, the same at every run.
struct Dice(u64);

impl Dice {
    /// From 0 to `below`.
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// Two markets fall by half; dynamic margins lose less.
pub fn crash() -> Report {
    let market = |symbol: &str, class: &str, unit_exp| Market {
        symbol: symbol.into(),
        class: class.into(),
        unit_exp,
        prices: format!("{symbol}.csv"),
    };
    let all = [
        (Margins::Dynamic, Order::HighFirst),
        (Margins::Static, Order::HighFirst),
        (Margins::Dynamic, Order::LowFirst),
        (Margins::Static, Order::LowFirst),
    ];
    Report {
        format: FORMAT,
        program: "bulwark 0.1.0, a made-up run".into(),
        scenario: Scenario {
            name: format!("a crash {HOSTILE}"),
            label: "made up".into(),
            about: "Two markets lose half of their value within two hours, after quiet days."
                .into(),
            markets: vec![market("BTC", "major", 0), market("DOGE", "long tail", 3)],
            collaterals: vec![Collateral {
                symbol: "SOL".into(),
                weight_ppm: 850_000,
            }],
            accounts: 500,
            outages: vec![Outage {
                market: 1,
                from_unix: FROM + 600_000,
                seconds: 1_860,
            }],
            episodes: vec![
                episode("congestion", CRASH, CRASH + 150),
                episode("halt and restart", CRASH + 60, CRASH + 90),
                episode("makers of BTC away", CRASH + 20, CRASH + 200),
                episode("makers of DOGE away", BARS - 60, BARS),
            ],
            options: vec![Setting {
                name: "makers-leave".into(),
                value: HOSTILE.into(),
            }],
            ..quiet_scenario()
        },
        runs: all
            .iter()
            .map(|(margins, order)| crashed(*margins, *order))
            .collect(),
    }
}

fn episode(name: &str, from: i64, until: i64) -> Episode {
    Episode {
        name: name.into(),
        from_unix: FROM + from * 60,
        until_unix: FROM + until * 60,
    }
}

/// One arm, one market, nothing happens.
pub fn calm() -> Report {
    let mut dice = Dice(7);
    let trace = |dice: &mut Dice| -> Series<Point> {
        (0..300)
            .map(|n| point(FROM + n * 300, 2_150_000_000 + dice.roll(9_000_000), 40_000))
            .collect()
    };
    let run = Run {
        margins: Margins::Dynamic,
        order: Order::HighFirst,
        figures: Figures {
            accounts: 20,
            notional_e6: 200_000_000_000,
            transactions: 4_210,
            compute_units_total: 25_000_000,
            milliseconds: 1_932,
            ..Figures::default()
        },
        paid: Paid::default(),
        markets: vec![MarketRun {
            symbol: "SOL".into(),
            average_initial_margin_ppm: 52_000,
            max_initial_margin_ppm: 60_123,
            trace: trace(&mut dice),
        }],
        funds: (0..300)
            .map(|n| fund(FROM + n * 300, 20_000_000_000, 0, n as u64 / 15))
            .collect(),
        cover: Covered::default(),
        covers: Series::default(),
        liquidations: Series::default(),
        held: vec![],
        equity: (0..20)
            .map(|account| Equity {
                account,
                initial_e6: 1_000_000_000,
                final_e6: 998_000_000 + 300_000 * account as i64,
            })
            .collect(),
        instructions: vec![],
        refusals: vec![],
    };
    Report {
        format: FORMAT,
        program: "bulwark 0.1.0".into(),
        scenario: Scenario {
            name: "calm".into(),
            label: "reconstructed path".into(),
            until_unix: FROM + 90_000,
            markets: vec![Market {
                symbol: "SOL".into(),
                class: "major".into(),
                unit_exp: 0,
                prices: "made up".into(),
            }],
            accounts: 20,
            ..quiet_scenario()
        },
        runs: vec![run],
    }
}

/// No run, no market, no word.
pub fn nothing() -> Report {
    Report {
        format: FORMAT,
        program: String::new(),
        scenario: Scenario {
            name: "nothing".into(),
            until_unix: FROM,
            accounts: 0,
            bars: 0,
            ..quiet_scenario()
        },
        runs: vec![],
    }
}

fn quiet_scenario() -> Scenario {
    Scenario {
        name: String::new(),
        label: "made up".into(),
        about: String::new(),
        markets: vec![],
        collaterals: vec![],
        from_unix: FROM,
        until_unix: FROM + BARS * 60,
        bars: BARS as u64,
        bar_seconds: 60,
        accounts: 0,
        seed: 1,
        liquidator_delay_seconds: 60,
        notional_per_account_e6: 10_000_000_000,
        insurance_e6: 50_000_000_000,
        outages: vec![],
        modelled: vec!["confidence".into(), "signed average".into()],
        episodes: vec![],
        options: vec![],
    }
}

fn point(at_unix: i64, price_e8: u64, maintenance: u64) -> Point {
    Point {
        at_unix,
        price_e8,
        initial_ppm: maintenance * 2,
        maintenance_ppm: maintenance,
        applied_ppm: maintenance,
        open_interest_e6: 0,
    }
}

fn fund(at_unix: i64, insurance_e6: i64, bad_debt_e6: i64, live_accounts: u64) -> Fund {
    Fund {
        at_unix,
        insurance_e6,
        bad_debt_e6,
        live_accounts,
    }
}

/// How far the crash has got, 0 to 1000.
fn fallen(bar: i64) -> i64 {
    ((bar - CRASH) * 1_000 / 120).clamp(0, 1_000)
}

fn trace(dice: &mut Dice, start: u64, margins: Margins) -> Series<Point> {
    let (mut noise, mut applied) = (0_i64, 45_000_i64);
    let mut row = |bar: i64| {
        noise += dice.roll(2_001) as i64 - 1_000;
        let (crash, quiver) = (fallen(bar), dice.roll(400) as i64);
        let level = 1_000_000 + noise * 2 - crash * 480 + (crash > 0) as i64 * (quiver * 50);
        let target = match margins {
            Margins::Static => 62_000,
            Margins::Dynamic if bar < CRASH => 45_000 + quiver,
            Margins::Dynamic => {
                (45_000 + crash * 180 - (bar - CRASH - 120).max(0) * 90).max(50_000)
            }
        };
        applied = (applied + 4_000).min(target);
        let mut row = point(
            FROM + bar * 60,
            start / 1_000_000 * level as u64,
            target as u64,
        );
        row.applied_ppm = applied as u64;
        row.open_interest_e6 = (bar * 500_000).min(1_900_000_000) * (1_300 - crash) / 1_000;
        row
    };
    (0..BARS).map(&mut row).collect()
}

fn liquidations(dice: &mut Dice, many: u64) -> Series<Liquidation> {
    let mut all: Vec<Liquidation> = (0..many)
        .map(|account| {
            let after = dice.roll(140) as i64;
            let market = account as usize % 2;
            let start = [4_900_000_000_000, 49_000_000_000][market];
            let kind = match account % 7 {
                6 => LiquidationKind::WindUp,
                5 => LiquidationKind::Seizure,
                _ => LiquidationKind::TakeOver,
            };
            Liquidation {
                at_unix: FROM + (CRASH + after) * 60,
                market,
                account,
                notional_e6: 500_000_000 + dice.roll(9_000_000_000) as i64,
                price_e8: start / 1_000 * (1_000 - fallen(CRASH + after) * 480 / 1_000) as u64,
                kind,
                loss_e6: if kind == LiquidationKind::WindUp {
                    120_000_000
                } else {
                    0
                },
            }
        })
        .collect();
    all.sort_by_key(|one| one.at_unix);
    Series(all)
}

fn crashed(margins: Margins, order: Order) -> Run {
    let is_static = margins == Margins::Static;
    let mut dice = Dice(order as u64 * 17 + 3);
    let mut path = Dice(order as u64 + 40);
    let worse = if order == Order::LowFirst { 3 } else { 2 };
    let many = if is_static { 130 } else { 41 };
    let lost = if is_static {
        21_345_678_901 * worse
    } else {
        412_345_678 * worse
    };
    let market = |symbol: &str, trace| MarketRun {
        symbol: symbol.into(),
        average_initial_margin_ppm: 124_000,
        max_initial_margin_ppm: if is_static { 124_000 } else { 450_000 },
        trace,
    };
    let markets = vec![
        market("BTC", trace(&mut path, 4_900_000_000_000, margins)),
        market("DOGE", trace(&mut path, 49_000_000_000, margins)),
    ];
    let funds = (0..BARS).step_by(10).map(|bar| {
        let lost = lost * fallen(bar) / 1_000;
        fund(
            FROM + bar * 60,
            50_000_000_000 - lost.min(50_000_000_000),
            lost,
            (bar as u64 / 11).min(480),
        )
    });
    let covers = (0..BARS).step_by(10).map(|bar| {
        let fallen = fallen(bar) as u64;
        Cover {
            at_unix: FROM + bar * 60,
            stress_e6: 20_000_000_000 + fallen as i64 * 41_234_500,
            used_ppm: (400_000 + fallen * 824).min(1_000_000),
            fee_share_ppm: 180_000 + fallen * 320,
            premium_ppm: 40_000 + fallen * 60,
            share_ppm: 1_000_000 - fallen * (lost / 60_000_000).clamp(0, 999) as u64,
        }
    });
    let equity = (0..488).map(|account| Equity {
        account,
        initial_e6: 1_500_000_000,
        final_e6: (dice.roll(2_400_000_000) as i64 + dice.roll(600_000_000) as i64 - 200_000_000)
            .max(0),
    });
    let equity: Series<Equity> = equity.collect();
    let units = |name: &str, count: u64, mean: u64, units_max| Instruction {
        name: name.into(),
        count,
        units_total: count * mean,
        units_max,
    };
    Run {
        margins,
        order,
        figures: Figures {
            accounts: 488,
            turned_away: 12,
            notional_e6: 4_879_999_123_456,
            bad_debt_e6: lost,
            accounts_liquidated: many,
            liquidations: many,
            transactions: 53_212,
            transactions_failed: 57,
            compute_units_total: 421_234_567,
            conservation_error: 0,
            milliseconds: 24_817,
        },
        paid: Paid {
            insurance_e6: lost.min(50_000_000_000),
            socialised_e6: (lost - 50_000_000_000).max(0),
            deficit_e6: 0,
            premium_e6: 3_123_450_000,
            liquidation_fee_e6: 2_345,
        },
        markets,
        cover: Covered {
            most_stress_e6: 61_234_500_000,
            most_used_ppm: 1_000_000,
            premium_e6: 12_345_678,
            fees_e6: 345_678_901,
            insurance_e6: 50_000_000_000 - lost.min(50_000_000_000),
            share_ppm: 1_000_000 - (lost / 60_000).clamp(0, 999_000) as u64,
        },
        covers: covers.collect(),
        funds: funds.collect(),
        liquidations: liquidations(&mut dice, many),
        held: held(),
        equity,
        instructions: vec![
            units("refresh", 24_000, 5_212, 8_002),
            units("place_order", 9_233, 31_200, 118_400),
            units("take_over", many, 61_000, 75_031),
            units("wind_up", many / 7, 44_021, 51_900),
            units("accrue", 100, 9_800, 9_912),
            units("deposit", 488, 10_112, 11_148),
        ],
        refusals: vec![
            Refusal {
                name: "NotEnoughMargin".into(),
                count: 55,
            },
            Refusal {
                name: HOSTILE.into(),
                count: 2,
            },
        ],
    }
}

/// A halt of the first market, a wait for insurance of the whole venue.
fn held() -> Vec<Held> {
    let of = |market, breaker, state, from: i64, seconds: i64| Held {
        market,
        breaker,
        state,
        from_unix: FROM + from,
        until_unix: FROM + from + seconds,
        refused: 17,
        liquidations: 3,
    };
    vec![
        of(Some(0), Breaker::PriceBand, State::Limit, 40_000, 15),
        of(Some(0), Breaker::PriceBand, State::Halted, 40_015, 300),
        of(Some(1), Breaker::Cascade, State::NoNewRisk, 40_100, 1_800),
        of(None, Breaker::Drawdown, State::Restricted, 41_000, 21_600),
    ]
}
