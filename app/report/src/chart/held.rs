//! What breakers and modes held back, below a chart of prices: a bar for each span, a row for each
//! breaker and what it did.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Area, Drawn, Ink, LABEL, LEAST, LETTER, Look, px, text};
use crate::format::{Unit, grouped};
use crate::model::{Breaker, Held, Run, State};
use crate::view::View;

/// A row: what tripped, and what it did.
pub type Row = (State, Breaker);

/// Height of a row's words, of its bar, and of what is above all rows, pixels.
const NAME: i32 = 17;
const BAR: i32 = 10;
const HEAD: i32 = 8;
/// Rows that are drawn at most; the table has all.
const MOST: usize = 8;
/// Right of the bars, as in the charts above, pixels.
const RIGHT: i32 = 24;

/// Whether a span is one of a market: its own, or the whole venue's.
fn here(market: usize) -> impl Fn(&&Held) -> bool {
    move |held| held.market.is_none_or(|of| of == market)
}

/// Rows of a market in any run, the strictest first.
pub fn rows(view: &View, market: usize) -> Vec<Row> {
    let runs = view.report.runs.iter();
    let all = runs.flat_map(|run| run.held.iter().filter(here(market)));
    let mut rows: Vec<Row> = all.map(|held| (held.state, held.breaker)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(*row));
    rows.dedup();
    rows.truncate(MOST);
    rows
}

/// Lines that a row's words take: a phone has no room for them in one.
fn lines(look: Look) -> i32 {
    match look {
        Look::Phone => 2,
        Look::Wide => 1,
    }
}

/// Pixels of a row.
fn tall(look: Look) -> i32 {
    NAME * lines(look) + BAR + 3
}

/// Pixels that rows need.
pub fn height(rows: &[Row], look: Look) -> i32 {
    match rows.len() {
        0 => 0,
        count => HEAD + tall(look) * count as i32,
    }
}

/// What a row says: its name, and how often and how long in all.
fn words((state, breaker): Row, spans: &[&Held]) -> (String, String) {
    let name = format!("{} ({})", state.name(), breaker.name());
    let seconds: i128 = spans.iter().map(|held| held.seconds()).sum();
    let times = match spans.len() {
        0 => return (name, "never".to_owned()),
        1 => "once".to_owned(),
        count => format!("{} times", grouped(count as u128)),
    };
    (name, format!("{times}, {}", Unit::Seconds.show(seconds)))
}

/// The rows of a run in a market. `letters` are those for which the charts above have room.
pub fn draw(
    (area, look): (&Area, Look),
    time: (i64, i64),
    letters: i32,
    rows: &[Row],
    (run, market): (&Run, usize),
) -> Drawn {
    let left = px(LABEL + LETTER * letters.max(LEAST));
    let wide = (area.dim_in_pixel().0 as i32 - px(RIGHT) - left).max(1);
    let (from, until) = (time.0 as f64, time.1 as f64);
    let across = |unix: i64| {
        let share = (unix as f64 - from) / (until - from).max(1.0);
        left + (share.clamp(0.0, 1.0) * f64::from(wide)).round() as i32
    };
    for (place, row) in rows.iter().enumerate() {
        let top = HEAD + tall(look) * place as i32;
        let of_row = |held: &&Held| (held.state, held.breaker) == *row;
        let spans: Vec<&Held> = run
            .held
            .iter()
            .filter(here(market))
            .filter(of_row)
            .collect();
        let (name, sums) = words(*row, &spans);
        let said = match look {
            Look::Phone => vec![name, sums],
            Look::Wide => vec![format!("{name}: {sums}")],
        };
        let style = text(Ink::Muted, HPos::Left, VPos::Top);
        for (line, words) in said.into_iter().enumerate() {
            let place = (left, px(top + NAME * line as i32));
            area.draw(&Text::new(words, place, style.clone()))?;
        }
        let top = top + NAME * lines(look);
        let (upper, lower) = (px(top), px(top + BAR));
        let all = [(left, upper), (left + wide, lower)];
        area.draw(&Rectangle::new(all, Ink::Grid.filled()))?;
        for held in spans {
            let begin = across(held.from_unix).min(left + wide - px(2));
            // However short, a span is seen.
            let end = across(held.until_unix).max(begin + px(2));
            let span = [(begin, upper), (end, lower)];
            area.draw(&Rectangle::new(span, Ink::Held.filled()))?;
        }
    }
    Ok(())
}
