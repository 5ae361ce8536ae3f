//! All runs of a replay: what they share, and one after another or side by side.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use bulwark_core::params::Class;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::attack::{self, Script};
use super::cluster::{Cluster, Congestion};
use super::csv::Series;
use super::instrument::{self, Instrument};
use super::makers::Makers;
use super::measure::{self, Fixed};
use super::options::{Margins, Options, Order, StaticMargin};
use super::population::{self, Listed, Trader};
use super::run::{self, Played, Rules};
use super::steps::Steps;
use super::times;
use super::venue::{Listing, Setup, Venue};

/// What all runs share.
pub struct Play<'a> {
    pub options: &'a Options,
    pub instruments: &'a [Instrument],
    /// Unix seconds that all series cover.
    pub span: (i64, i64),
    pub cluster: Cluster,
    elf: &'a [u8],
    traders: Vec<Trader>,
    attack: Script,
    /// Unix second from which traders may arrive and margins are averaged.
    from: i64,
    /// Margins of the static arm per order.
    pub fixed: Vec<(Order, Fixed)>,
    progress: MultiProgress,
}

/// A run that has ended: its arm, what it left, and its venue.
pub struct Ended {
    pub margins: Margins,
    pub order: Order,
    pub played: Played,
    pub venue: Venue,
    pub seconds: f64,
}

impl<'a> Play<'a> {
    /// Draws the traders, and measures the static arm's margins.
    pub fn prepare(
        options: &'a Options,
        instruments: &'a [Instrument],
        span: (i64, i64),
        elf: &'a [u8],
    ) -> Result<Self> {
        let from = population::warm_until(span.0, span.1);
        let count = |of: fn(&Instrument) -> bool| instruments.iter().filter(|one| of(one)).count();
        let listed = Listed {
            markets: count(|one| one.market),
            tokens: count(|one| one.collateral),
        };
        let congestion = options.congestion.map(|window| Congestion {
            from: window.from,
            until: window.until,
        });
        if congestion.is_some_and(|c| c.from < span.0 || c.until > span.1) {
            let (from, until) = (times::show(span.0), times::show(span.1));
            bail!("--congestion lies outside of the prices, {from} to {until}");
        }
        let attack = match &options.attack {
            Some(path) => Script::new(&attack::read(path)?, instruments, span)
                .with_context(|| path.display().to_string())?,
            None => Script::default(),
        };
        let mut play = Self {
            attack,
            options,
            instruments,
            span,
            cluster: Cluster { congestion },
            elf,
            traders: population::draw(options.accounts, options.seed, (from, span.1), listed),
            from,
            fixed: Vec::new(),
            progress: MultiProgress::new(),
        };
        if options.margins.contains(&Margins::Static) {
            for order in options.order.each() {
                let mut fixed = play.averages(*order)?;
                if let StaticMargin::Ppm(ppm) = options.static_margin {
                    fixed.markets.fill(ppm.into());
                }
                play.fixed.push((*order, fixed));
            }
        }
        Ok(play)
    }

    /// Symbols and classes of the markets, by number.
    pub fn markets(&self) -> impl Iterator<Item = &'a Instrument> + use<'a> {
        self.instruments.iter().filter(|one| one.market)
    }

    /// Symbols and classes of the tokens, by number.
    pub fn tokens(&self) -> impl Iterator<Item = &'a Instrument> + use<'a> {
        self.instruments.iter().filter(|one| one.collateral)
    }

    /// Market that a trader was drawn to trade.
    pub fn market_of(&self, trader: usize) -> usize {
        self.traders.get(trader).map_or(0, |drawn| drawn.market)
    }

    /// The steps of every run under an order.
    pub fn steps(&self, order: Order) -> Steps<'a> {
        let series: Vec<&Series> = self.instruments.iter().map(|one| &one.series).collect();
        Steps::new(&series, self.span, order, self.options.seed, self.cluster)
    }

    fn venue(&self, traders: u32) -> Result<Venue> {
        let (begin, until) = self.span;
        let listing = |(one, feed): (&Instrument, u8)| {
            let bars = one.series.bars.iter();
            let mut inside = bars.filter(|b| b.at + one.series.interval > begin && b.at < until);
            let first = inside.clone().next().context("no bar in the common span")?;
            let lowest = inside.by_ref().map(|bar| bar.low).min();
            Ok(Listing {
                feed,
                class: one.class,
                price: first.open,
                lowest: lowest.unwrap_or(first.low),
                unit_exp: one.series.unit_exp,
                market: one.market,
                collateral: one.collateral,
            })
        };
        Venue::set_up(&Setup {
            elf: self.elf,
            start: begin,
            cluster: self.cluster,
            series: self
                .instruments
                .iter()
                .zip(instrument::feeds(self.instruments))
                .map(listing)
                .collect::<Result<_>>()?,
            traders,
            actors: self.attack.actors.iter().map(|(_, quote)| *quote).collect(),
        })
    }

    /// The dynamic arm's margins, before either arm starts.
    fn averages(&self, order: Order) -> Result<Fixed> {
        let board = self.venue(0)?.board_copy();
        let feeds = instrument::feeds(self.instruments);
        let steps = self.steps(order);
        let margins = measure::along(board, steps, &feeds, self.cluster, self.from)?;
        Ok(margins.averages())
    }

    /// Arms and orders, in the order in which they are shown.
    pub fn jobs(&self) -> Vec<(Margins, Order)> {
        let orders = self.options.order.each();
        let margins = self.options.margins.iter();
        margins
            .flat_map(|m| orders.iter().map(|o| (*m, *o)))
            .collect()
    }

    /// Plays all of them, as many at a time as there are cores; `finish` makes of each what is
    /// kept, so that no more venues exist than cores.
    pub fn all<T: Send>(&self, finish: impl Fn(Ended) -> Result<T> + Sync) -> Result<Vec<T>> {
        let jobs = self.jobs();
        let next = AtomicUsize::new(0);
        let results: Vec<Mutex<Option<Result<T>>>> =
            jobs.iter().map(|_| Mutex::new(None)).collect();
        std::thread::scope(|scope| {
            for _ in 0..workers().min(jobs.len()) {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let (Some((margins, order)), Some(place)) = (jobs.get(at), results.get(at))
                        else {
                            break;
                        };
                        let result = self.one(*margins, *order).and_then(&finish);
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

    fn one(&self, margins: Margins, order: Order) -> Result<Ended> {
        let began = Instant::now();
        let count = self.steps(order).count() as u64;
        let bar = self.progress.add(progress_bar(count));
        bar.set_prefix(format!("{} {}", margins.name(), order.name()));
        let mut venue = self.venue(self.options.accounts)?;
        if margins == Margins::Static {
            let fixed = self.fixed.iter().find(|(of, _)| *of == order);
            venue.fix(&fixed.context("no static margin")?.1)?;
        }
        let classes: Vec<Class> = self.markets().map(|one| one.class).collect();
        let makers = Makers::new(&classes, self.options.makers_leave);
        let rules = Rules {
            attack: &self.attack,
            from: self.from,
            delay: self.options.liquidator_delay,
            traced: self.options.trace.is_some() || self.options.report.is_some(),
        };
        let (steps, traders) = (self.steps(order), self.traders.clone());
        let played = run::play(&mut venue, steps, traders, makers, &rules, &bar)
            .with_context(|| format!("{} margins, {}", margins.name(), order.name()))?;
        Ok(Ended {
            margins,
            order,
            played,
            venue,
            seconds: began.elapsed().as_secs_f64(),
        })
    }
}

/// Runs that play at a time.
pub fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn progress_bar(steps: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{prefix:20} {wide_bar} {pos}/{len} steps  {msg}  {eta} left");
    let bar = ProgressBar::new(steps);
    style
        .map(|style| bar.clone().with_style(style))
        .unwrap_or(bar)
}
