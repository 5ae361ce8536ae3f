//! What is counted in bins: liquidations over time, traders by what they gained or lost.

use std::collections::BTreeMap;

use super::axis::{Axis, dollars, percent};
use super::price::shade;
use super::{Area, Drawn, Ink, Look, arms, panel};
use crate::format::{Unit, short};
use crate::model::{LiquidationKind, Run};
use crate::view::View;

const KINDS: [(LiquidationKind, Ink); 3] = [
    (LiquidationKind::TakeOver, Ink::TakeOver),
    (LiquidationKind::Seizure, Ink::Seizure),
    (LiquidationKind::WindUp, Ink::WindUp),
];

/// Widths of a bin of time, seconds.
const WIDTHS: [i64; 10] = [
    60, 300, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 604_800,
];

/// The least width that needs at most so many bins.
fn width(view: &View, look: Look) -> i64 {
    let scenario = &view.report.scenario;
    let most = match look {
        Look::Phone => 45,
        Look::Wide => 75,
    };
    let span = scenario.until_unix.saturating_sub(scenario.from_unix);
    let fits = |width: &i64| span / width < most;
    WIDTHS.into_iter().find(fits).unwrap_or(WIDTHS[9])
}

/// Notional by bin and kind, USD; a bin is named by its first second.
fn liquidated(run: &Run, width: i64) -> BTreeMap<i64, [f64; 3]> {
    let mut all = BTreeMap::new();
    for one in run.liquidations.iter() {
        let bin = one.at_unix.saturating_sub(one.at_unix.rem_euclid(width));
        let sums: &mut [f64; 3] = all.entry(bin).or_default();
        sums[one.kind as usize] += one.notional_e6 as f64 / 1e6;
    }
    all
}

/// Notional that was liquidated over time, stacked by kind.
pub fn liquidations(area: &Area, look: Look, view: &View, run: &Run) -> Drawn {
    let scenario = &view.report.scenario;
    let width = width(view, look);
    let all = view.report.runs.iter().map(|run| liquidated(run, width));
    let sums = all
        .flat_map(BTreeMap::into_values)
        .map(|bin| bin.iter().sum());
    let x = Axis::time((scenario.from_unix, scenario.until_unix), look.time_ticks());
    let y = Axis::from_zero(sums.fold(0.0, f64::max), dollars);
    let each = Unit::Seconds.show(width.into());
    let plot = panel(area, &x, &y, &format!("Notional in each {each}, USD"))?;
    shade(&plot, &y, &scenario.episodes)?;
    for (begin, bin) in liquidated(run, width) {
        let (left, right) = (begin as f64, begin as f64 + width as f64);
        let mut low = 0.0;
        for ((_, ink), height) in KINDS.iter().zip(bin).filter(|(_, height)| *height > 0.0) {
            let bar = arms::bar(left, right, low, low + height, *ink);
            plot.plotting_area().draw(&bar)?;
            low += height;
        }
    }
    Ok(())
}

/// Gains and losses of traders, % of what they paid in.
fn changes(run: &Run) -> impl Iterator<Item = f64> {
    let rows = run.equity.iter().filter(|row| row.initial_e6 > 0);
    rows.map(|row| 100.0 * (row.final_e6 as f64 / row.initial_e6 as f64 - 1.0))
}

/// Bins that fit nearly all traders of all runs; the few beyond are in the outermost ones.
pub struct Spread {
    /// Percent, from minus to plus this.
    reach: f64,
    width: f64,
}

impl Spread {
    /// Nothing if no trader is known.
    pub fn of(view: &View) -> Option<Self> {
        let mut sizes: Vec<f64> = view.report.runs.iter().flat_map(changes).collect();
        sizes.iter_mut().for_each(|one| *one = one.abs());
        sizes.sort_by(f64::total_cmp);
        let nearly = *sizes.get(sizes.len().checked_sub(1)? * 98 / 100)?;
        let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];
        let width = steps.into_iter().find(|step| step * 10.0 >= nearly);
        let width = width.unwrap_or(200.0);
        let reach = width * 10.0;
        Some(Self { reach, width })
    }

    fn counts(&self, run: &Run) -> Vec<u32> {
        let bins = (2.0 * self.reach / self.width).round() as usize;
        let mut counts = vec![0; bins];
        for change in changes(run) {
            let bin = ((change + self.reach) / self.width).floor();
            counts[(bin.max(0.0) as usize).min(bins - 1)] += 1;
        }
        counts
    }

    /// Bins of a run: from, until (%), traders.
    pub fn bins(&self, run: &Run) -> Vec<(f64, f64, u32)> {
        let edge = |place: usize| place as f64 * self.width - self.reach;
        let counts = self.counts(run).into_iter().enumerate();
        counts
            .map(|(at, count)| (edge(at), edge(at + 1), count))
            .collect()
    }
}

/// How many traders gained or lost how much.
pub fn equity(area: &Area, view: &View, run: &Run, spread: &Spread) -> Drawn {
    let runs = view.report.runs.iter();
    let most = runs.flat_map(|run| spread.counts(run)).max().unwrap_or(0);
    let x = Axis::linear(-spread.reach, spread.reach, percent);
    let y = Axis::from_zero(most.into(), short);
    let plot = panel(area, &x, &y, "Traders by gain or loss, % of paid in")?;
    for (from, until, count) in spread.bins(run).into_iter().filter(|bin| bin.2 > 0) {
        let room = (until - from) * 0.08;
        let ink = arms::ink(run.margins);
        let bar = arms::bar(from + room, until - room, 0.0, count.into(), ink);
        plot.plotting_area().draw(&bar)?;
    }
    Ok(())
}
