//! Who lost and who paid; and what it cost in compute units.

use maud::{Markup, html};

use super::parts::{Mark, arm, figure, legend, orders, value};
use super::series::{dashed, full};
use super::tables::{self, numbers};
use crate::chart::arms::{self, Value};
use crate::chart::rows::{self, Row};
use crate::chart::{self, Ink, bins};
use crate::figures;
use crate::format::Unit;
use crate::model::{Order, Run};
use crate::view::View;

pub fn section(view: &View) -> Markup {
    html! {
        section #losses aria-labelledby="losses-h" {
            h2 #losses-h { "Bad debt, who paid" }
            (legend(&[
                arm(crate::model::Margins::Dynamic, Mark::Line(2.0)),
                arm(crate::model::Margins::Static, Mark::Line(2.0)),
            ]))
            @if arms::most(view, Value::BadDebt) <= 0.0 {
                p { "No run left bad debt at any time." }
            }
            (orders(view, "Losses", |order| html! {
                div.pair {
                    @if arms::most(view, Value::BadDebt) > 0.0 {
                        (over_time(view, order, Value::BadDebt))
                    }
                    (paid(view, order))
                }
            }))
        }
    }
}

/// One value over time, both arms.
pub(super) fn over_time(view: &View, order: Order, shown: Value) -> Markup {
    let runs = view.arms(order);
    let unit = shown.unit();
    let (name, title) = match shown {
        Value::BadDebt => ("bad-debt", "Bad debt"),
        Value::Insurance => ("insurance", "Insurance"),
        Value::LiveAccounts => ("live", "Traders with a position"),
        Value::OpenInterest => ("open-interest", "Open interest"),
        Value::Stress => ("stress", "Stressed shortfall"),
        Value::Used => ("used", "Insurance in use"),
        Value::FeeShare => ("fee-share", "Stakers\u{2019} share of fees"),
        Value::Premium => ("cover-price", "Price of cover"),
        Value::Share => ("share", "Worth of a stake"),
    };
    let columns: Vec<_> = runs.iter().map(|run| shown.exact(run)).collect();
    let ends = runs.iter().zip(&columns).map(|(run, column)| {
        let last = column.last().map_or(0, |(_, value)| *value);
        format!("{} {}", run.margins.name(), unit.show(last))
    });
    let ends: Vec<_> = ends.collect();
    let about = format!("At the end: {}; {}.", ends.join(", "), order.shown());
    let id = format!("{name}-{}", order.name());
    let chart = chart::both(
        &id,
        title,
        &about,
        |_| 230,
        |area, look| arms::draw(area, look, view, &runs, shown),
    );
    let label = format!("{title}, {}", order.shown());
    let table = tables::columns(&label, &runs, &columns, unit);
    figure(&id, title, &about, &chart, &table)
}

/// Who paid, a bar for each arm.
fn paid(view: &View, order: Order) -> Markup {
    let runs = view.arms(order);
    let all = figures::payments();
    let bar = |figure: &figures::Figure, run: &Run| {
        let value = figure.of(run);
        (
            arms::ink(run.margins),
            value as f64,
            figure.unit.show(value),
        )
    };
    let bars: Vec<Row> = all
        .iter()
        .map(|figure| Row {
            name: figure.name.clone(),
            bars: runs.iter().map(|run| bar(figure, run)).collect(),
        })
        .collect();
    let of_all = view.report.runs.iter();
    let most = of_all.flat_map(|run| all.iter().map(|figure| figure.of(run)));
    let most = most.max().unwrap_or(0) as f64;
    let about = format!("Dynamic above static margins; {}.", order.shown());
    let id = format!("paid-{}", order.name());
    let title = "Who paid";
    let chart = chart::both(
        &id,
        title,
        &about,
        |_| rows::height(&bars),
        |area, look| rows::draw(area, look, &bars, most),
    );
    let mut head = vec!["Who"];
    head.extend(runs.iter().map(|run| run.margins.name()));
    let cells: Vec<Vec<String>> = bars
        .iter()
        .map(|row| {
            let shown = row.bars.iter().map(|(_, _, shown)| shown.clone());
            std::iter::once(row.name.clone()).chain(shown).collect()
        })
        .collect();
    figure(
        &id,
        title,
        &about,
        &chart,
        &numbers(&format!("{title}, {}", order.shown()), "USD", &head, &cells),
    )
}

/// How traders fared.
pub fn traders(view: &View) -> Markup {
    let spread = bins::Spread::of(view);
    html! {
        section #traders aria-labelledby="traders-h" {
            h2 #traders-h { "Traders" }
            @match spread {
                None => p { "No equity was recorded." },
                Some(spread) => {
                    p { "Gain or loss is what a trader took out and has left, against what was paid in." }
                    (orders(view, "Traders", |order| html! {
                        div.pair {
                            (over_time(view, order, Value::LiveAccounts))
                            (over_time(view, order, Value::OpenInterest))
                            @for run in view.arms(order) { (equity(view, run, &spread)) }
                        }
                    }))
                }
            }
        }
    }
}

fn equity(view: &View, run: &Run, spread: &bins::Spread) -> Markup {
    let id = format!("equity-{}", dashed(run));
    let title = format!("Gains and losses, {} margins", run.margins.name());
    let (paid_in, left) = run.equity.iter().fold((0_i128, 0_i128), |(a, b), row| {
        (a + i128::from(row.initial_e6), b + i128::from(row.final_e6))
    });
    let gained = run
        .equity
        .iter()
        .filter(|row| row.final_e6 > row.initial_e6)
        .count();
    let about = format!(
        "{} of {} traders gained; all together paid in {} and have {}; {}.",
        Unit::Count.show(gained as i128),
        Unit::Count.show(run.equity.len() as i128),
        Unit::Usd.show(paid_in),
        Unit::Usd.show(left),
        run.order.shown(),
    );
    let chart = chart::both(
        &id,
        &title,
        &about,
        |_| 230,
        |area, _| bins::equity(area, view, run, spread),
    );
    let cells: Vec<_> = spread
        .bins(run)
        .into_iter()
        .map(|(from, until, count)| {
            vec![
                format!("{from:.1}\u{a0}% to {until:.1}\u{a0}%"),
                count.to_string(),
            ]
        })
        .collect();
    let note = "The outermost bins hold everyone beyond them too";
    let table = numbers(
        &full(&title, run),
        note,
        &["Gain or loss", "Traders"],
        &cells,
    );
    figure(&id, &title, &about, &chart, &table)
}

/// Compute units by instruction.
pub fn units(view: &View) -> Markup {
    let any = view
        .report
        .runs
        .iter()
        .any(|run| !run.instructions.is_empty());
    html! {
        section #units aria-labelledby="units-h" {
            h2 #units-h { "Compute units" }
            @if any {
                p { "Of each instruction\u{2019}s accepted transactions. A transaction may use 1,400,000." }
                (legend(&[(Ink::Mean, Mark::Box, "mean"), (Ink::Largest, Mark::Box, "largest")]))
                (orders(view, "Compute units", |order| html! {
                    div.pair { @for run in view.arms(order) { (units_of(view, run)) } }
                }))
            } @else {
                p { "No compute units were recorded." }
            }
        }
    }
}

fn units_of(view: &View, run: &Run) -> Markup {
    let bar = |ink, units: u64| (ink, units as f64, Unit::Units.show(units.into()));
    let bars: Vec<Row> = run
        .instructions
        .iter()
        .map(|one| Row {
            name: format!("{}, {} times", one.name, Unit::Count.show(one.count.into())),
            bars: vec![
                bar(Ink::Mean, one.units_total / one.count.max(1)),
                bar(Ink::Largest, one.units_max),
            ],
        })
        .collect();
    let all = view.report.runs.iter().flat_map(|run| &run.instructions);
    let most = all.map(|one| one.units_max).max().unwrap_or(0) as f64;
    let id = format!("units-{}", dashed(run));
    let title = format!("Units by instruction, {} margins", run.margins.name());
    let total = Unit::Units.show(run.figures.compute_units_total.into());
    let about = format!("{total} units in all; {}.", run.order.shown());
    let chart = chart::both(
        &id,
        &title,
        &about,
        |_| rows::height(&bars),
        |area, look| rows::draw(area, look, &bars, most),
    );
    figure(
        &id,
        &title,
        &about,
        &chart,
        &units_table(&full(&title, run), run),
    )
}

fn units_table(title: &str, run: &Run) -> Markup {
    let table = html! {
        table {
            caption { "Accepted transactions by instruction" }
            thead {
                tr {
                    @for name in ["Instruction", "Count", "Largest", "Total"] {
                        th scope="col" { (name) }
                    }
                }
            }
            tbody {
                @for (at, one) in run.instructions.iter().enumerate() {
                    @let cell = |field: &str, number: u64, unit| {
                        let path = format!("instructions.{at}.{field}");
                        value(&run.key(), &path, number.into(), unit)
                    };
                    tr {
                        th scope="row" { (one.name) }
                        td { (cell("count", one.count, Unit::Count)) }
                        td { (cell("units_max", one.units_max, Unit::Units)) }
                        td { (cell("units_total", one.units_total, Unit::Units)) }
                    }
                }
            }
        }
    };
    super::parts::scroll(title, true, &table)
}
