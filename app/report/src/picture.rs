//! The picture of a replay for a README: one SVG, light and dark by itself.

use maud::{PreEscaped, html};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::chart::{self, Area, Drawn, Ink, Look, price, px, sized, text};
use crate::format::{Unit, moment};
use crate::model::{Margins, Report, Run};
use crate::view::View;

const INKS: &str = include_str!("chart/inks.css");
/// Pixels.
const WIDTH: i32 = 800;
const HEIGHT: i32 = 560;
const MARGIN: i32 = 20;
/// Above the charts.
const HEAD: i32 = 116;
/// Below them.
const FOOT: i32 = 34;
/// Longest name that fits, characters.
const NAME: usize = 60;
/// Longest line below it, characters: spans that don't fit are left out.
const LINE: usize = 95;

/// The report's first market, dynamic beside static margins, as an SVG with a style of its own.
pub fn picture(report: &Report) -> String {
    let view = View::of(report);
    let arms = view.lead();
    let about: Vec<String> = arms.iter().map(|run| about(run)).collect();
    let style = "text { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', \
                 sans-serif; } .strong { font-weight: 650; }";
    let axes = price::axes(&view, 0);
    let height = HEIGHT + axes.as_ref().map_or(0, |axes| axes.strip(Look::Phone));
    let drawn = chart::inner((WIDTH, height), |area| {
        draw(area, height, &view, (&arms, axes.as_ref()))
    });
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(WIDTH) height=(height)
            viewBox=(chart::view_box((WIDTH, height))) role="img" aria-labelledby="t d" {
            title #t { "Replay of " (report.scenario.name) }
            desc #d { (about.join(" ")) }
            style { (PreEscaped(INKS)) (PreEscaped(style)) }
            (drawn)
        }
    };
    svg.into_string() + "\n"
}

/// One arm in a sentence.
fn about(run: &Run) -> String {
    let held = match run.held.len() {
        0 => String::new(),
        1 => " A breaker tripped once.".into(),
        count => format!(" Breakers held {count} times."),
    };
    format!(
        "{} margins: bad debt {}, {} of {} traders liquidated.{held}",
        run.margins.name(),
        Unit::Usd.show(run.figures.bad_debt_e6.into()),
        Unit::Count.show(run.figures.accounts_liquidated.into()),
        Unit::Count.show(run.figures.accounts.into()),
    )
}

fn draw(
    area: &Area,
    height: i32,
    view: &View,
    (arms, axes): (&[&Run], Option<&price::Axes>),
) -> Drawn {
    let scenario = &view.report.scenario;
    area.draw(&Rectangle::new(
        [(0, 0), (px(WIDTH), px(height))],
        Ink::Paper.filled(),
    ))?;
    let write = |at: (i32, i32), size, ink, words: String| {
        let style = sized(size, ink, HPos::Left, VPos::Top);
        area.draw(&Text::new(words, (px(at.0), px(at.1)), style))
    };
    let name: String = scenario.name.chars().take(NAME).collect();
    write((MARGIN, 16), 20, Ink::Text, name)?;
    let symbol = view.symbol(0);
    let day = |unix| moment(unix, "%-d %b %Y");
    let (from, until) = (day(scenario.from_unix), day(scenario.until_unix));
    let label: String = scenario.label.chars().take(NAME).collect();
    let spans = scenario.episodes.iter().enumerate();
    let spans = spans.map(|(at, one)| format!("; {} {}", price::letter(at), one.name));
    let spans: String = spans.collect();
    let line = format!("{symbol}, {from} to {until}, {label}{spans}");
    write(
        (MARGIN, 43),
        13,
        Ink::Muted,
        line.chars().take(LINE).collect(),
    )?;
    let column = (WIDTH - 2 * MARGIN) / arms.len().max(1) as i32;
    for (place, run) in arms.iter().enumerate() {
        let left = MARGIN + column * place as i32;
        let ink = chart::arms::ink(run.margins);
        let figures = &run.figures;
        let margins = match run.margins {
            Margins::Dynamic => "Dynamic",
            Margins::Static => "Static",
        };
        let lost = Unit::Usd.show(figures.bad_debt_e6.into());
        write(
            (left, 70),
            17,
            ink,
            format!("{margins} margins: bad debt {lost}"),
        )?;
        let (some, all) = (figures.accounts_liquidated, figures.accounts);
        write(
            (left, 93),
            13,
            Ink::Muted,
            format!("{some} of {all} traders liquidated"),
        )?;
        let Some(axes) = axes else {
            continue;
        };
        let begin = (px(left), px(HEAD));
        let part = area
            .clone()
            .shrink(begin, (px(column - 8), px(height - HEAD - FOOT)));
        price::draw(&part, Look::Phone, axes, view, run, 0)?;
    }
    legend(area, height)
}

/// What the inks are, along the lower edge.
fn legend(area: &Area, height: i32) -> Drawn {
    let lines = [
        (Ink::Initial, 1.5, "initial margin", 142),
        (Ink::Maintenance, 1.75, "maintenance target", 178),
        (Ink::Applied, 3.0, "maintenance applied", 190),
    ];
    let middle = height - 18;
    let mut left = MARGIN;
    let name = |left: i32, words: &str| {
        let style = text(Ink::Muted, HPos::Left, VPos::Center);
        area.draw(&Text::new(words.to_owned(), (px(left), px(middle)), style))
    };
    for (ink, width, words, room) in lines {
        let ends = [(px(left), px(middle)), (px(left + 26), px(middle))];
        area.draw(&PathElement::new(ends, ink.line(width)))?;
        name(left + 32, words)?;
        left += room;
    }
    area.draw(&TriangleMarker::new(
        (px(left), px(middle)),
        px(5),
        Ink::TakeOver.filled(),
    ))?;
    name(left + 10, "take-over")?;
    area.draw(&Circle::new(
        (px(left + 92), px(middle)),
        px(4),
        Ink::Seizure.line(2.0),
    ))?;
    name(left + 102, "seizure")?;
    area.draw(&Cross::new(
        (px(left + 170), px(middle)),
        px(5),
        Ink::WindUp.line(2.5),
    ))?;
    name(left + 180, "wind-up")
}
