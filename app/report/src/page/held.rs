//! Breakers and modes: what tripped, what followed, and for how long.

use maud::{Markup, html};

use super::parts::scroll;
use super::series::full;
use super::tables::numbers;
use crate::format::{Unit, grouped};
use crate::model::{Breaker, Held, Run, State};
use crate::view::View;

/// Spans that are listed; the longest, if there are more.
const LISTED: usize = 100;

pub fn section(view: &View) -> Markup {
    let any = view.report.runs.iter().any(|run| !run.held.is_empty());
    html! {
        section #breakers aria-labelledby="breakers-h" {
            h2 #breakers-h { "Breakers and modes" }
            @if any {
                p { "A breaker only tightens, and ends by itself. No state of them stops a "
                    "cancellation, a top-up, a withdrawal or a liquidation." }
                ul.legend {
                    @for state in State::ALL.into_iter().filter(|state| came(view, *state)) {
                        li { strong { (state.name()) } span { (state.means()) } }
                    }
                }
                @for order in &view.orders {
                    @for run in view.arms(*order) { (of_run(view, run)) }
                }
            } @else {
                p { "No breaker tripped." }
            }
        }
    }
}

/// Whether any run was in a state.
fn came(view: &View, state: State) -> bool {
    let mut held = view.report.runs.iter().flat_map(|run| &run.held);
    held.any(|held| held.state == state)
}

fn of_run(view: &View, run: &Run) -> Markup {
    let title = full(&format!("Breakers, {} margins", run.margins.name()), run);
    html! {
        @if run.held.is_empty() {
            p { (title) ": none tripped." }
        } @else {
            h3 { (title) }
            (sums(&title, run))
            details {
                summary { "Each span: " (title) }
                (spans(&title, view, run))
            }
        }
    }
}

/// A row for each breaker and what it did.
fn sums(title: &str, run: &Run) -> Markup {
    let mut kinds: Vec<(State, Breaker)> = run.held.iter().map(|h| (h.state, h.breaker)).collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(*kind));
    kinds.dedup();
    let head = ["State", "By", "Times", "In all", "Refused", "Liquidations"];
    let table = html! {
        table {
            caption { "What was held, and what the program refused and liquidated meanwhile" }
            thead { tr {
                @for name in head { th scope="col" { (name) } }
            } }
            tbody {
                @for (state, breaker) in kinds {
                    @let of: Vec<&Held> = run.held.iter()
                        .filter(|held| (held.state, held.breaker) == (state, breaker)).collect();
                    tr {
                        th scope="row" { (state.name()) }
                        td { (breaker.name()) }
                        td { (grouped(of.len() as u128)) }
                        td { (Unit::Seconds.show(of.iter().map(|held| held.seconds()).sum())) }
                        td { (sum(&of, |held| held.refused)) }
                        td { (sum(&of, |held| held.liquidations)) }
                    }
                }
            }
        }
    };
    scroll(title, false, &table)
}

fn sum(of: &[&Held], figure: impl Fn(&Held) -> u64) -> String {
    grouped(of.iter().map(|held| u128::from(figure(held))).sum())
}

fn spans(title: &str, view: &View, run: &Run) -> Markup {
    let mut rows: Vec<&Held> = run.held.iter().collect();
    let all = rows.len();
    rows.sort_by_key(|held| std::cmp::Reverse(held.seconds()));
    rows.truncate(LISTED);
    rows.sort_by_key(|held| held.from_unix);
    let note = if all > LISTED {
        format!("The {LISTED} longest of {}", grouped(all as u128))
    } else {
        format!("All {all}")
    };
    let head = [
        "From",
        "Length",
        "Where",
        "State",
        "By",
        "Refused",
        "Liquidations",
    ];
    let cells: Vec<_> = rows
        .iter()
        .map(|held| {
            vec![
                Unit::Time.show(held.from_unix.into()),
                Unit::Seconds.show(held.seconds()),
                held.market
                    .map_or("the venue", |market| view.symbol(market))
                    .to_owned(),
                held.state.name().to_owned(),
                held.breaker.name().to_owned(),
                grouped(held.refused.into()),
                grouped(held.liquidations.into()),
            ]
        })
        .collect();
    numbers(&format!("Spans: {title}"), &note, &head, &cells)
}
