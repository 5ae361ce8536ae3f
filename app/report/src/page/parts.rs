//! Pieces that the sections are made of.

use maud::{Markup, html};

use crate::chart::Ink;
use crate::figures::Figure;
use crate::format::Unit;
use crate::model::{Margins, Run};

/// A figure with what a program needs to check it.
pub fn value(run: &str, path: &str, value: i128, unit: Unit) -> Markup {
    html! {
        data value=(value) data-run=(run) data-figure=(path) data-value=(value)
            data-unit=(unit.name()) { (unit.show(value)) }
    }
}

/// A figure of a run.
pub fn of_run(run: &Run, figure: &Figure) -> Markup {
    value(&run.key(), &figure.path, figure.of(run), figure.unit)
}

/// A figure of what was played.
pub fn of_scenario(path: &str, number: i128, unit: Unit) -> Markup {
    value("scenario", path, number, unit)
}

/// A table that scrolls for itself, by keyboard too.
pub fn scroll(label: &str, is_tall: bool, table: &Markup) -> Markup {
    let class = if is_tall { "scroll tall" } else { "scroll" };
    html! { div class=(class) role="region" tabindex="0" aria-label=(label) { (table) } }
}

/// A chart with its caption, and its numbers folded below.
pub fn figure(id: &str, title: &str, about: &str, chart: &Markup, data: &Markup) -> Markup {
    let caption = format!("{id}-caption");
    html! {
        figure.panel id=(id) aria-labelledby=(caption) {
            figcaption id=(caption) { strong { (title) } span { (about) } }
            (chart)
            details {
                summary { "Data: " (title) }
                (data)
            }
        }
    }
}

/// How something is drawn.
#[derive(Clone, Copy)]
pub enum Mark {
    Line(f64),
    Box,
    Triangle,
    Ring,
    Cross,
}

/// What the inks of the charts below stand for.
pub fn legend(entries: &[(Ink, Mark, &str)]) -> Markup {
    html! {
        ul.legend {
            @for (ink, mark, name) in entries { li { (swatch(*ink, *mark)) (name) } }
        }
    }
}

/// A small picture of a mark; the words beside it say the same.
pub fn swatch(ink: Ink, mark: Mark) -> Markup {
    let (stroke, fill) = (format!("k-{}", ink.name()), format!("f-{}", ink.name()));
    html! {
        svg.swatch viewBox="0 0 56 28" aria-hidden="true" focusable="false" {
            @match mark {
                Mark::Line(width) => {
                    line class=(stroke) stroke-width=(2.0 * width) x1="2" y1="14" x2="54" y2="14" {}
                }
                Mark::Box => rect class=(fill) x="10" y="3" width="36" height="22" {},
                Mark::Triangle => polygon class=(fill) points="28,3 40,24 16,24" {},
                Mark::Ring => {
                    circle class=(stroke) fill="none" stroke-width="4" cx="28" cy="14" r="9" {}
                }
                Mark::Cross => {
                    path class=(stroke) fill="none" stroke-width="5" d="M18 4L38 24M38 4L18 24" {}
                }
            }
        }
    }
}

/// The mark of an arm in a chart of bars or of lines.
pub fn arm(margins: Margins, mark: Mark) -> (Ink, Mark, &'static str) {
    match margins {
        Margins::Dynamic => (Ink::Dynamic, mark, "dynamic margins"),
        Margins::Static => (Ink::Static, mark, "static margins"),
    }
}

/// Charts of all orders: those of the first open, the rest folded.
pub fn orders(
    view: &crate::view::View,
    what: &str,
    each: impl Fn(crate::model::Order) -> Markup,
) -> Markup {
    html! {
        @for (place, order) in view.orders.iter().enumerate() {
            @if place == 0 {
                (each(*order))
            } @else {
                details.order {
                    summary { (what) ", " (order.shown()) }
                    (each(*order))
                }
            }
        }
    }
}
