//! The price of a market above its margins, liquidations marked where they happened.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, dollars, percent};
use super::held;
use super::{Area, Drawn, Ink, Look, Plot, beside, line, px, text};
use crate::model::{Episode, Liquidation, LiquidationKind, Point, Run};
use crate::view::View;

/// Width of a marker with its room, pixels: closer ones of a kind are drawn as one.
const MARKER: i32 = 9;
/// Lines for letters of spans, their height and the room of a letter, pixels.
const LINES: usize = 4;
const LINE: i32 = 16;
const LETTER: i32 = 14;

/// What the charts of all runs of a market share, so that they can be compared by eye.
pub struct Axes {
    time: (i64, i64),
    price: (f64, f64),
    /// Percent.
    margin: f64,
    /// For example `USD per BTC`.
    unit: String,
    /// What breakers did in any run.
    held: Vec<held::Row>,
}

/// Nothing if no run has a trace of this market.
pub fn axes(view: &View, market: usize) -> Option<Axes> {
    let scenario = &view.report.scenario;
    let traces = view
        .report
        .runs
        .iter()
        .filter_map(|run| run.markets.get(market));
    let points: Vec<&Point> = traces.flat_map(|market| market.trace.iter()).collect();
    let prices = points.iter().map(|point| dollars_of(point.price_e8));
    let price = prices.fold((f64::MAX, 0.0_f64), |(least, most), one| {
        (least.min(one), most.max(one))
    });
    let margins = points
        .iter()
        .flat_map(|p| [p.initial_ppm, p.maintenance_ppm, p.applied_ppm]);
    let margin = margins.max()? as f64 / 1e4;
    let listed = scenario.markets.get(market);
    let exponent = listed.map_or(0, |market| market.unit_exp);
    let symbol = view.symbol(market);
    let unit = match exponent {
        0 => format!("USD per {symbol}"),
        _ => {
            let tokens = 10_u128.checked_pow(exponent.into()).unwrap_or(u128::MAX);
            format!("USD per {} {symbol}", crate::format::grouped(tokens))
        }
    };
    Some(Axes {
        time: (scenario.from_unix, scenario.until_unix),
        price,
        margin,
        unit,
        held: held::rows(view, market),
    })
}

impl Axes {
    /// Pixels that what breakers did needs below the margins.
    pub fn strip(&self, look: Look) -> i32 {
        held::height(&self.held, look)
    }
}

/// A PriceE8 as USD.
fn dollars_of(price_e8: u64) -> f64 {
    price_e8 as f64 / 1e8
}

/// Price and margins of one run.
pub fn draw(area: &Area, look: Look, axes: &Axes, view: &View, run: &Run, market: usize) -> Drawn {
    let Some(ran) = run.markets.get(market) else {
        return Ok(());
    };
    let height = area.dim_in_pixel().1 as i32 - px(axes.strip(look));
    let (charts, strip) = area.split_vertically(height);
    let (above, below) = charts.split_vertically(height * 56 / 100);
    let below = below.margin(px(8), 0, 0, 0);
    let x = Axis::time(axes.time, look.time_ticks());
    let episodes = &view.report.scenario.episodes;

    let y = Axis::around(axes.price.0, axes.price.1, dollars);
    let scale = if y.is_log() { ", logarithmic" } else { "" };
    let margins = Axis::from_zero(axes.margin, percent);
    let room = y.longest().max(margins.longest());
    let title = format!("Price, {}{scale}", axes.unit);
    let mut plot = beside(&above, &x, &y, &title, room)?;
    shade(&plot, &y, episodes)?;
    letters(&plot, &y, episodes)?;
    let along = |get: fn(&Point) -> f64| -> Vec<(f64, f64)> {
        let rows = ran.trace.iter();
        rows.map(|point| (point.at_unix as f64, get(point)))
            .collect()
    };
    line(
        &mut plot,
        &x,
        &along(|p| dollars_of(p.price_e8)),
        Ink::Price.line(1.25),
    )?;
    let here = run.liquidations.iter().filter(|one| one.market == market);
    markers(&plot, here)?;

    let mut plot = beside(&below, &x, &margins, "Margins, % of notional", room)?;
    shade(&plot, &margins, episodes)?;
    line(
        &mut plot,
        &x,
        &along(|p| p.initial_ppm as f64 / 1e4),
        Ink::Initial.line(1.5),
    )?;
    line(
        &mut plot,
        &x,
        &along(|p| p.applied_ppm as f64 / 1e4),
        Ink::Applied.line(3.0),
    )?;
    line(
        &mut plot,
        &x,
        &along(|p| p.maintenance_ppm as f64 / 1e4),
        Ink::Maintenance.line(1.75),
    )?;
    held::draw((&strip, look), axes.time, room, &axes.held, (run, market))
}

/// Spans of time, behind everything else.
pub fn shade(plot: &Plot, y: &Axis, episodes: &[Episode]) -> Drawn {
    let (least, most) = y.range_of();
    for episode in episodes {
        let (from, until) = (episode.from_unix as f64, episode.until_unix as f64);
        let span = [(from, least), (until, most)];
        plot.plotting_area()
            .draw(&Rectangle::new(span, Ink::Episode.filled()))?;
    }
    Ok(())
}

/// Letters of the spans, one below the other where they are close.
fn letters(plot: &Plot, y: &Axis, episodes: &[Episode]) -> Drawn {
    let area = plot.plotting_area();
    let mut ends = [i32::MIN; LINES];
    for (place, episode) in episodes.iter().enumerate() {
        let middle = (episode.from_unix as f64 + episode.until_unix as f64) / 2.0;
        let at = (middle, y.range_of().1);
        let across = area.map_coordinate(&at).0;
        let Some(line) = ends.iter().position(|end| *end < across) else {
            continue;
        };
        ends[line] = across + px(LETTER);
        let style = text(Ink::Muted, HPos::Center, VPos::Top);
        let name = Text::new(letter(place), (0, px(2 + LINE * line as i32)), style);
        area.draw(&(EmptyElement::at(at) + name))?;
    }
    Ok(())
}

/// The letter of a span in charts: A, B, …; from the 27th on its number.
pub fn letter(place: usize) -> String {
    let letter = u8::try_from(place).ok().and_then(|at| b'A'.checked_add(at));
    match letter.filter(u8::is_ascii_uppercase) {
        Some(letter) => char::from(letter).to_string(),
        None => (place + 1).to_string(),
    }
}

/// The worst kind of each place, so that a crowd stays legible.
fn markers<'a>(plot: &Plot, all: impl Iterator<Item = &'a Liquidation>) -> Drawn {
    let area = plot.plotting_area();
    let mut drawn: Vec<(LiquidationKind, (i32, i32))> = Vec::new();
    let mut sorted: Vec<&Liquidation> = all.filter(|one| one.price_e8 > 0).collect();
    sorted.sort_by_key(|one| std::cmp::Reverse(one.kind));
    for one in sorted {
        let at = (one.at_unix as f64, dollars_of(one.price_e8));
        let place = area.map_coordinate(&at);
        let near = |(_, other): &(LiquidationKind, (i32, i32))| {
            let room = px(MARKER);
            (place.0 - other.0).abs() < room && (place.1 - other.1).abs() < room
        };
        if drawn.iter().any(near) {
            continue;
        }
        drawn.push((one.kind, place));
        match one.kind {
            LiquidationKind::TakeOver => {
                area.draw(&TriangleMarker::new(at, px(5), Ink::TakeOver.filled()))
            }
            LiquidationKind::Seizure => area.draw(&Circle::new(at, px(4), Ink::Seizure.line(2.0))),
            LiquidationKind::WindUp => area.draw(&Cross::new(at, px(5), Ink::WindUp.line(2.5))),
        }?;
    }
    Ok(())
}
