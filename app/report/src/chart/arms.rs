//! One value over time, both arms in one chart.

use plotters::prelude::Rectangle;

use super::axis::{Axis, dollars};
use super::price::shade;
use super::{Area, Drawn, Ink, Look, line, panel, steps};
use crate::format::{Unit, short};
use crate::model::{Cover, Fund, Margins, Run};
use crate::view::View;

/// A value over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    BadDebt,
    Insurance,
    LiveAccounts,
    /// Long open interest of all markets.
    OpenInterest,
    Stress,
    Used,
    FeeShare,
    Premium,
    Share,
}

impl Value {
    /// In which its values are.
    pub fn unit(self) -> Unit {
        match self {
            Self::BadDebt | Self::Insurance | Self::OpenInterest | Self::Stress => Unit::Usd,
            Self::LiveAccounts => Unit::Count,
            Self::Used | Self::FeeShare | Self::Premium | Self::Share => Unit::Percent,
        }
    }

    /// The values of a run, in [`Value::unit`], by their unix second.
    pub fn exact(self, run: &Run) -> Vec<(i64, i128)> {
        let fund = |get: fn(&Fund) -> i128| {
            let rows = run.funds.iter();
            rows.map(|fund| (fund.at_unix, get(fund))).collect()
        };
        let cover = |get: fn(&Cover) -> i128| {
            let rows = run.covers.iter();
            rows.map(|cover| (cover.at_unix, get(cover))).collect()
        };
        match self {
            Self::Stress => cover(|cover| cover.stress_e6.into()),
            Self::Used => cover(|cover| cover.used_ppm.into()),
            Self::FeeShare => cover(|cover| cover.fee_share_ppm.into()),
            Self::Premium => cover(|cover| cover.premium_ppm.into()),
            Self::Share => cover(|cover| cover.share_ppm.into()),
            Self::BadDebt => fund(|fund| fund.bad_debt_e6.into()),
            Self::Insurance => fund(|fund| fund.insurance_e6.into()),
            Self::LiveAccounts => fund(|fund| fund.live_accounts.into()),
            Self::OpenInterest => open_interest(run),
        }
    }

    /// The points of a run, in dollars, accounts or percent.
    fn of(self, run: &Run) -> Vec<(f64, f64)> {
        let one = match self.unit() {
            Unit::Percent => 1e4,
            Unit::Count => 1.0,
            _ => 1e6,
        };
        let all = self.exact(run).into_iter();
        steps(all.map(|(at, value)| (at as f64, value as f64 / one)))
    }

    fn label(self, value: f64) -> String {
        match self {
            Self::LiveAccounts => short(value),
            _ if self.unit() == Unit::Percent => format!("{}\u{a0}%", short(value)),
            _ => dollars(value),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::BadDebt => "Bad debt so far, USD",
            Self::Insurance => "Balance of insurance, USD",
            Self::LiveAccounts => "Traders with a position",
            Self::OpenInterest => "Long open interest, USD",
            Self::Stress => "Stressed shortfall, USD",
            Self::Used => "Stressed shortfall over insurance, %",
            Self::FeeShare => "Stakers\u{2019} share of fees, %",
            Self::Premium => "Price of cover, % of stress a year",
            Self::Share => "Worth of a stake, %",
        }
    }
}

/// Long open interest of all markets at each moment, UsdE6: a market stands until its next moment.
fn open_interest(run: &Run) -> Vec<(i64, i128)> {
    let mut changes: Vec<(i64, i128)> = Vec::new();
    for market in &run.markets {
        let mut before = 0;
        for point in market.trace.iter() {
            let now = i128::from(point.open_interest_e6);
            changes.push((point.at_unix, now - before));
            before = now;
        }
    }
    changes.sort_by_key(|(at, _)| *at);
    let mut all: Vec<(i64, i128)> = Vec::new();
    let mut sum = 0;
    for (at, change) in changes {
        sum += change;
        match all.last_mut() {
            Some(last) if last.0 == at => last.1 = sum,
            _ => all.push((at, sum)),
        }
    }
    all
}

/// The ink of an arm.
pub fn ink(margins: Margins) -> Ink {
    match margins {
        Margins::Dynamic => Ink::Dynamic,
        Margins::Static => Ink::Static,
    }
}

/// The most that a value reaches in any run.
pub fn most(view: &View, value: Value) -> f64 {
    let runs = view.report.runs.iter();
    let points = runs.flat_map(|run| value.of(run));
    points.map(|(_, y)| y).fold(0.0, f64::max)
}

/// A value of all arms of an order; the axis is the same for all orders.
pub fn draw(area: &Area, look: Look, view: &View, arms: &[&Run], value: Value) -> Drawn {
    let scenario = &view.report.scenario;
    let x = Axis::time((scenario.from_unix, scenario.until_unix), look.time_ticks());
    let y = Axis::from_zero(most(view, value), |at| value.label(at));
    let mut plot = panel(area, &x, &y, value.title())?;
    shade(&plot, &y, &scenario.episodes)?;
    for run in arms {
        let points = value.of(run);
        line(&mut plot, &x, &points, ink(run.margins).line(2.0))?;
    }
    Ok(())
}

/// A bar from zero to a height.
pub fn bar(from: f64, until: f64, low: f64, high: f64, ink: Ink) -> Rectangle<(f64, f64)> {
    Rectangle::new([(from, low), (until, high)], ink.filled())
}
