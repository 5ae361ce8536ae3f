//! `bulwark replay`: a price history through the deployed bytecode.
//!
//! ```text
//! csv → refine → path ─┐                      ┌─ traders, makers, liquidator
//! population ──────────┼→ run (per arm) ───────┤
//! static_arm ──────────┘                      └─ venue: the only one that talks to the program
//! ```

mod config;
mod csv;
mod decimal;
mod json;
mod liquidator;
mod makers;
mod options;
mod path;
mod population;
mod refine;
mod report;
mod row;
mod run;
mod static_arm;
mod traders;
mod venue;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use bulwark_core::params::Class;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

pub use options::Options;

use csv::Series;
use json::{Outage, Outcome, Run, Scenario, usd};
use options::{Margins, Order, StaticMargin};
use path::Prints;
use population::Trader;
use static_arm::InitialMargin;
use venue::{Setup, Venue};

/// Plays the file and reports. `Ok(false)` if a run did not conserve money to the unit.
pub fn run(options: &Options) -> Result<bool> {
    let series = csv::read(&options.prices)?;
    if let (true, Some(gap)) = (options.strict, series.gaps.first()) {
        let (shown, line, seconds) = (options.prices.display(), gap.line, gap.seconds);
        bail!("{shown}, line {line}: {seconds} s of prices are missing");
    }
    for gap in &series.gaps {
        eprintln!(
            "line {}: an outage of {} s before it",
            gap.line, gap.seconds
        );
    }
    let play = Play::prepare(options, &series)?;
    let outcome = Outcome {
        scenario: play.scenario(),
        runs: play.all()?,
    };
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&outcome)?;
        std::fs::write(path, text + "\n").with_context(|| format!("{}", path.display()))?;
    }
    println!("{}", report::table(&outcome));
    println!("{}", report::notes(&outcome.scenario));
    Ok(outcome.runs.iter().all(|run| run.conservation_error == 0))
}

/// What all runs share.
struct Play<'a> {
    options: &'a Options,
    series: &'a Series,
    class: Class,
    traders: Vec<Trader>,
    /// Unix second from which traders may arrive and margins are averaged.
    from: i64,
    /// Initial margin of the static arm per order, ppm.
    fixed: Vec<(Order, u64)>,
    progress: MultiProgress,
}

impl<'a> Play<'a> {
    fn prepare(options: &'a Options, series: &'a Series) -> Result<Self> {
        let (begin, end) = (series.bars[0].at, series.end());
        let from = population::warm_until(begin, end);
        let traders = population::draw(options.accounts, options.seed, from, end);
        let class = config::class_of(&options.prices);
        let (fixed, progress) = (Vec::new(), MultiProgress::new());
        let mut play = Self {
            options,
            series,
            class,
            traders,
            from,
            fixed,
            progress,
        };
        if options.margins.contains(&Margins::Static) {
            for order in options.order.each() {
                let ppm = match options.static_margin {
                    StaticMargin::Ppm(ppm) => u64::from(ppm),
                    StaticMargin::Auto => play.average(*order)?.average_ppm(),
                };
                play.fixed.push((*order, ppm));
            }
        }
        Ok(play)
    }

    fn prints(&self, order: Order) -> Prints<'a> {
        Prints::new(self.series, order, self.options.seed)
    }

    fn venue(&self, traders: u32) -> Result<Venue> {
        let (start, unit_exp) = (self.series.bars[0], self.series.unit_exp);
        Venue::set_up(&Setup {
            class: self.class,
            start: start.at,
            price: start.open,
            lowest: self.series.lowest(),
            unit_exp,
            traders,
        })
    }

    /// The dynamic arm's initial margin, before either arm starts.
    fn average(&self, order: Order) -> Result<InitialMargin> {
        let board = self.venue(0)?.board_copy();
        static_arm::along(
            board,
            usize::from(venue::MARKET),
            self.prints(order),
            self.from,
        )
    }

    fn all(&self) -> Result<Vec<Run>> {
        let orders = self.options.order.each();
        let margins = self.options.margins.iter();
        let jobs: Vec<(Margins, Order)> = margins
            .flat_map(|m| orders.iter().map(|o| (*m, *o)))
            .collect();
        let next = AtomicUsize::new(0);
        let results: Vec<Mutex<Option<Result<Run>>>> =
            jobs.iter().map(|_| Mutex::new(None)).collect();
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..workers.min(jobs.len()) {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let (Some((margins, order)), Some(place)) = (jobs.get(at), results.get(at))
                        else {
                            break;
                        };
                        let result = self.one(*margins, *order);
                        *place.lock().expect("nobody panics while holding it") = Some(result);
                    }
                });
            }
        });
        let taken = results
            .into_iter()
            .map(|slot| slot.into_inner().ok().flatten());
        taken
            .map(|result| result.context("a run did not end")?)
            .collect()
    }

    fn one(&self, margins: Margins, order: Order) -> Result<Run> {
        let began = Instant::now();
        let bar = self
            .progress
            .add(progress_bar(Prints::count_of(self.series)));
        bar.set_prefix(format!("{} {}", margins.name(), order.name()));
        let mut venue = self.venue(self.options.accounts)?;
        if margins == Margins::Static {
            let fixed = self.fixed.iter().find(|(of, _)| *of == order);
            venue.fix_margin(fixed.context("no static margin")?.1)?;
        }
        let (traders, delay) = (self.traders.clone(), self.options.liquidator_delay);
        let prints = self.prints(order);
        let played = run::play(&mut venue, prints, traders, self.from, delay, &bar)
            .with_context(|| format!("{} margins, {}", margins.name(), order.name()))?;
        let money = venue.money()?;
        let bad = money.bad_debt_e6;
        let bp = if played.opened_e6 == 0 {
            0.0
        } else {
            bad as f64 / played.opened_e6 as f64
        };
        Ok(Run {
            margins: margins.name(),
            order: order.name(),
            accounts: self.options.accounts - played.turned_away,
            notional_usd: played.opened_e6 as f64 / 1e6,
            bad_debt_usd: usd(bad),
            bad_debt_bp: bp * 1e4,
            accounts_liquidated: played.accounts_liquidated,
            liquidations: played.liquidations,
            insurance_paid_usd: usd(money.insurance_e6),
            socialised_usd: usd(money.socialised_e6),
            deficit_usd: usd(money.deficit_e6),
            average_initial_margin_ppm: played.margin.average_ppm(),
            max_initial_margin_ppm: played.margin.largest_ppm(),
            transactions: venue.transactions(),
            transactions_failed: venue.failed(),
            compute_units_total: venue.compute_units(),
            conservation_error: played.conservation_error,
            seconds: began.elapsed().as_secs_f64(),
            turned_away: played.turned_away,
            refusals: venue.refusals(),
        })
    }

    fn scenario(&self) -> Scenario {
        let (options, series) = (self.options, self.series);
        let mut modelled = vec!["confidence", "signed average (half-life 5921 slots)"];
        if series.interval > 60 {
            modelled.push("minutes inside of a bar");
        }
        let outage = |gap: &csv::Gap| Outage {
            line: gap.line,
            from_unix: gap.from,
            seconds: gap.seconds,
        };
        Scenario {
            prices: options.prices.display().to_string(),
            from_unix: series.bars[0].at,
            until_unix: series.end(),
            bars: series.bars.len(),
            bar_seconds: series.interval,
            unit_exp: series.unit_exp,
            outages: series.gaps.iter().map(outage).collect(),
            modelled,
            market_class: config::class_name(self.class),
            accounts: options.accounts,
            seed: options.seed,
            liquidator_delay_seconds: i64::from(options.liquidator_delay) * path::PRINT_SECONDS,
            notional_per_account_usd: config::NOTIONAL_E6 as f64 / 1e6,
            insurance_usd: config::insurance_e6(options.accounts) as f64 / 1e6,
            static_initial_margin_ppm: self.fixed.first().map(|(_, ppm)| *ppm),
        }
    }
}

fn progress_bar(prints: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{prefix:20} {wide_bar} {pos}/{len} prints  {msg}  {eta} left",
    );
    let bar = ProgressBar::new(prints);
    style
        .map(|style| bar.clone().with_style(style))
        .unwrap_or(bar)
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
