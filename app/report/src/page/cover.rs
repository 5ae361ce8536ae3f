//! Insurance: how large, against what, at which price, and what a stake in it is worth.

use maud::{Markup, html};

use super::loss::over_time;
use super::parts::{Mark, arm, legend, orders};
use crate::chart::arms::Value;
use crate::model::Margins;
use crate::view::View;

/// What is drawn below its balance, in this order.
const SHOWN: [Value; 5] = [
    Value::Stress,
    Value::Used,
    Value::FeeShare,
    Value::Premium,
    Value::Share,
];

pub fn section(view: &View) -> Markup {
    let any = view.report.runs.iter().any(|run| !run.covers.is_empty());
    html! {
        section #cover aria-labelledby="cover-h" {
            h2 #cover-h { "Insurance and what it costs" }
            @if any {
                p { "The stressed shortfall is what insurance would have to pay if every position moved "
                    "against its account by three maintenance margins. By what part of insurance it is "
                    "stakers earn fees, and positions pay for the stress that they add. Half of "
                    "insurance was staked before the first price." }
            }
            (legend(&[
                arm(Margins::Dynamic, Mark::Line(2.0)),
                arm(Margins::Static, Mark::Line(2.0)),
            ]))
            (orders(view, "Insurance", |order| html! {
                div.pair {
                    (over_time(view, order, Value::Insurance))
                    @if any {
                        @for shown in SHOWN { (over_time(view, order, shown)) }
                    }
                }
            }))
        }
    }
}
