//! The table of all figures, and the numbers behind the charts.

use maud::{Markup, html};

use super::parts::{of_run, scroll};
use crate::figures;
use crate::format::{Unit, grouped};
use crate::model::{Liquidation, Point, Run};
use crate::view::View;

/// Rows of a table that stands for a long series.
const ROWS: usize = 30;
/// Liquidations that are listed; the largest, if there are more.
const LISTED: usize = 100;

/// All figures of all runs.
pub fn section(view: &View) -> Markup {
    let runs: Vec<&Run> = view
        .orders
        .iter()
        .flat_map(|order| view.arms(*order))
        .collect();
    let table = html! {
        table {
            caption { "All runs" }
            thead {
                tr {
                    td {}
                    @for run in &runs {
                        th scope="col" { (run.margins.name()) br; (run.order.shown()) }
                    }
                }
            }
            tbody {
                @for figure in figures::all(&view.report.scenario) {
                    tr.inner[figure.inner] {
                        th scope="row" { (figure.name) }
                        @for run in &runs { td { (of_run(run, &figure)) } }
                    }
                }
            }
        }
    };
    html! {
        section #figures aria-labelledby="figures-h" {
            h2 #figures-h { "Figures" }
            div.figures { (scroll("All figures", false, &table)) }
            (refusals(view))
        }
    }
}

fn refusals(view: &View) -> Markup {
    let all = view.lead();
    let lead: Vec<&&Run> = all.iter().filter(|run| !run.refusals.is_empty()).collect();
    html! {
        @for run in lead {
            details {
                summary { "What the program refused, " (run.margins.name()) " margins" }
                (scroll(&format!("Refusals, {}", run.key()), false, &html! {
                    table {
                        caption { "Refused transactions by reason, " (run.order.shown()) }
                        thead { tr { th scope="col" { "Reason" } th scope="col" { "Times" } } }
                        tbody {
                            @for one in &run.refusals {
                                tr {
                                    th scope="row" { (one.name) }
                                    td { (Unit::Count.show(one.count.into())) }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }
}

/// At most [`ROWS`] of many rows, evenly spread, with the last.
pub fn spread<T: Copy>(rows: &[T]) -> Vec<T> {
    if rows.len() <= ROWS {
        return rows.to_vec();
    }
    let last = rows.len() - 1;
    (0..ROWS).map(|n| rows[n * last / (ROWS - 1)]).collect()
}

/// A table of columns that are all numbers after the first.
pub fn numbers(label: &str, note: &str, head: &[&str], rows: &[Vec<String>]) -> Markup {
    let table = html! {
        table {
            caption { (note) }
            thead { tr { @for name in head { th scope="col" { (name) } } } }
            tbody {
                @for row in rows {
                    tr {
                        @for (place, cell) in row.iter().enumerate() {
                            @if place == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                        }
                    }
                }
            }
        }
    };
    scroll(label, true, &table)
}

/// What a table of a series says of itself.
fn note(shown: usize, all: usize) -> String {
    if shown == all {
        format!("All {} moments", grouped(all as u128))
    } else {
        format!("{shown} of {} moments, evenly spread", grouped(all as u128))
    }
}

/// Price and margins of a market.
pub fn trace(label: &str, rows: &[Point]) -> Markup {
    let shown = spread(rows);
    let head = [
        "Time",
        "Price",
        "Initial",
        "Maintenance target",
        "Applied",
        "Long open interest",
    ];
    let cells: Vec<_> = shown
        .iter()
        .map(|p| {
            vec![
                Unit::Time.show(p.at_unix.into()),
                Unit::Price.show(p.price_e8.into()),
                Unit::Percent.show(p.initial_ppm.into()),
                Unit::Percent.show(p.maintenance_ppm.into()),
                Unit::Percent.show(p.applied_ppm.into()),
                Unit::Usd.show(p.open_interest_e6.into()),
            ]
        })
        .collect();
    numbers(label, &note(shown.len(), rows.len()), &head, &cells)
}

/// One value over time, a column for each arm.
pub fn columns(label: &str, arms: &[&Run], columns: &[Vec<(i64, i128)>], unit: Unit) -> Markup {
    let longest = columns.iter().max_by_key(|column| column.len());
    let rows: &[(i64, i128)] = longest.map_or(&[], Vec::as_slice);
    let shown = spread(rows);
    let mut head = vec!["Time"];
    head.extend(arms.iter().map(|run| run.margins.name()));
    let cells: Vec<Vec<String>> = shown
        .iter()
        .map(|(at, _)| {
            let value = |column: &Vec<(i64, i128)>| {
                let until = column.partition_point(|(one, _)| one <= at);
                let before = until.checked_sub(1).and_then(|place| column.get(place));
                before.map_or_else(String::new, |(_, value)| unit.show(*value))
            };
            let time = Unit::Time.show((*at).into());
            std::iter::once(time)
                .chain(columns.iter().map(value))
                .collect()
        })
        .collect();
    numbers(label, &note(shown.len(), rows.len()), &head, &cells)
}

/// Liquidations of a run.
pub fn liquidations(label: &str, view: &View, run: &Run) -> Markup {
    let mut rows: Vec<Liquidation> = run.liquidations.to_vec();
    let all = rows.len();
    rows.sort_by_key(|one| std::cmp::Reverse((one.loss_e6, one.notional_e6)));
    rows.truncate(LISTED);
    rows.sort_by_key(|one| one.at_unix);
    let note = if all > LISTED {
        format!("The {LISTED} largest of {}", grouped(all as u128))
    } else {
        format!("All {all}")
    };
    let head = [
        "Time", "Trader", "Market", "Kind", "Notional", "Price", "Loss",
    ];
    let cells: Vec<_> = rows
        .iter()
        .map(|one| {
            vec![
                Unit::Time.show(one.at_unix.into()),
                one.account.to_string(),
                view.symbol(one.market).to_owned(),
                one.kind.name().to_owned(),
                Unit::Usd.show(one.notional_e6.into()),
                Unit::Price.show(one.price_e8.into()),
                Unit::Usd.show(one.loss_e6.into()),
            ]
        })
        .collect();
    numbers(label, &note, &head, &cells)
}
