//! What happened over time: prices with margins, liquidations.

use maud::{Markup, html};

use super::parts::{Mark, figure, legend, orders};
use super::tables;
use crate::chart::{self, Ink, Look, bins, price};
use crate::format::{Unit, grouped};
use crate::model::Run;
use crate::view::View;

pub fn prices(view: &View) -> Markup {
    html! {
        section #prices aria-labelledby="prices-h" {
            h2 #prices-h { "Prices and margins" }
            p { "A new position needs the initial margin. The maintenance margin that counts walks to "
                "its target, so that no open position is liquidated by a jump of the target." }
            (marks())
            (spans(view))
            @for (market, listed) in view.report.scenario.markets.iter().enumerate() {
                @if view.report.scenario.markets.len() > 1 { h3 { (listed.symbol) } }
                @match price::axes(view, market) {
                    None => p { "No prices were recorded." },
                    Some(axes) => (all_orders(view, &axes, market)),
                }
            }
        }
    }
}

fn marks() -> Markup {
    legend(&[
        (Ink::Price, Mark::Line(1.25), "price"),
        (Ink::Initial, Mark::Line(1.5), "initial margin"),
        (Ink::Maintenance, Mark::Line(1.75), "maintenance target"),
        (Ink::Applied, Mark::Line(3.0), "maintenance applied"),
        (Ink::TakeOver, Mark::Triangle, "take-over"),
        (Ink::Seizure, Mark::Ring, "seizure"),
        (Ink::WindUp, Mark::Cross, "wind-up"),
    ])
}

/// What the shaded spans are, if there are any.
fn spans(view: &View) -> Markup {
    let episodes = &view.report.scenario.episodes;
    html! {
        @if !episodes.is_empty() {
            p.legend-note { "Shaded in every chart of time:" }
            ul.legend {
                @for (place, one) in episodes.iter().enumerate() {
                    li {
                        strong { (price::letter(place)) }
                        span {
                            (one.name) ", " (Unit::Time.show(one.from_unix.into())) " to "
                            (Unit::Time.show(one.until_unix.into()))
                        }
                    }
                }
            }
        }
    }
}

fn all_orders(view: &View, axes: &price::Axes, market: usize) -> Markup {
    orders(
        view,
        &format!("Prices of {}", view.symbol(market)),
        |order| {
            html! {
                div.pair {
                    @for run in view.arms(order) { (market_of(view, axes, market, run)) }
                }
            }
        },
    )
}

fn market_of(view: &View, axes: &price::Axes, market: usize, run: &Run) -> Markup {
    let Some(ran) = run.markets.get(market) else {
        return html! {};
    };
    let id = format!("price-{market}-{}", dashed(run));
    let title = format!("{}, {} margins", view.symbol(market), run.margins.name());
    let prices = ran.trace.iter().map(|point| point.price_e8);
    let (least, most) = (prices.clone().min().unwrap_or(0), prices.max().unwrap_or(0));
    let about = format!(
        "Price {} to {}; initial margin {} on average, at most {}; {}.",
        Unit::Price.show(least.into()),
        Unit::Price.show(most.into()),
        Unit::Percent.show(ran.average_initial_margin_ppm.into()),
        Unit::Percent.show(ran.max_initial_margin_ppm.into()),
        run.order.shown(),
    );
    let height = |look| match look {
        Look::Phone => 400 + axes.strip(look),
        Look::Wide => 420 + axes.strip(look),
    };
    let chart = chart::both(&id, &title, &about, height, |area, look| {
        price::draw(area, look, axes, view, run, market)
    });
    figure(
        &id,
        &title,
        &about,
        &chart,
        &tables::trace(&full(&title, run), &ran.trace),
    )
}

/// The name of a table: charts of all orders have the same title.
pub fn full(title: &str, run: &Run) -> String {
    format!("{title}, {}", run.order.shown())
}

/// A run's name as part of an id.
pub fn dashed(run: &Run) -> String {
    run.key().replace('/', "-")
}

pub fn liquidations(view: &View) -> Markup {
    let any = view
        .report
        .runs
        .iter()
        .any(|run| !run.liquidations.is_empty());
    html! {
        section #liquidations aria-labelledby="liquidations-h" {
            h2 #liquidations-h { "Liquidations" }
            @if any {
                (legend(&[
                    (Ink::TakeOver, Mark::Box, "take-over of a position"),
                    (Ink::Seizure, Mark::Box, "seizure of collateral"),
                    (Ink::WindUp, Mark::Box, "wind-up of a bankrupt account"),
                ]))
                (orders(view, "Liquidations", |order| html! {
                    div.pair { @for run in view.arms(order) { (liquidations_of(view, run)) } }
                }))
            } @else {
                p { "Nobody was liquidated." }
            }
        }
    }
}

fn liquidations_of(view: &View, run: &Run) -> Markup {
    let id = format!("liquidations-{}", dashed(run));
    let title = format!("Liquidations, {} margins", run.margins.name());
    let sum: i128 = run
        .liquidations
        .iter()
        .map(|one| i128::from(one.notional_e6))
        .sum();
    let about = format!(
        "{} liquidations, {} of notional in all; {}.",
        grouped(run.liquidations.len() as u128),
        Unit::Usd.show(sum),
        run.order.shown(),
    );
    let chart = chart::both(
        &id,
        &title,
        &about,
        |_| 220,
        |area, look| bins::liquidations(area, look, view, run),
    );
    figure(
        &id,
        &title,
        &about,
        &chart,
        &tables::liquidations(&full(&title, run), view, run),
    )
}
