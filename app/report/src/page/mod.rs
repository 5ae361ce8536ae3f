//! One HTML file that needs nothing else: no script runs in it, nothing is fetched.

mod cover;
pub mod drill;
mod facts;
mod held;
mod loss;
mod parts;
mod series;
mod tables;
mod verdict;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::format::moment;
use crate::model::Report;
use crate::view::View;

const INKS: &str = include_str!("../chart/inks.css");
const STYLE: &str = include_str!("page.css");
/// Forbids whatever the page doesn't have: scripts, requests, frames.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The report as one HTML file.
///
/// The data is in it too, as JSON in the element `report-data`. Each figure that is shown is a
/// `data` element whose attributes say which it is (`data-run`, `data-figure`), its exact value
/// (`data-value`) and its unit (`data-unit`).
pub fn render(report: &Report) -> String {
    let view = View::of(report);
    let scenario = &report.scenario;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "Replay of " (scenario.name) " \u{2013} Bulwark" }
                link rel="icon" href="data:,";
                style { (PreEscaped(INKS)) (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#verdict" { "Skip to the result" }
                (head(&view))
                main {
                    (verdict::section(&view))
                    (tables::section(&view))
                    (series::prices(&view))
                    (held::section(&view))
                    (series::liquidations(&view))
                    (loss::section(&view))
                    (cover::section(&view))
                    (loss::traders(&view))
                    (loss::units(&view))
                    (facts::section(&view))
                }
                footer {
                    p { "Made from " (report.program) ". Times are UTC. The data of this page is in it, "
                        "as JSON in the element report-data." }
                }
                script type="application/json" id="report-data" { (data(report)) }
            }
        }
    };
    page.into_string()
}

fn head(view: &View) -> Markup {
    let scenario = &view.report.scenario;
    let symbols: Vec<_> = scenario
        .markets
        .iter()
        .map(|one| one.symbol.as_str())
        .collect();
    let day = |unix| moment(unix, "%-d %B %Y");
    let sections = [
        ("verdict", "Result"),
        ("figures", "Figures"),
        ("prices", "Prices and margins"),
        ("breakers", "Breakers"),
        ("liquidations", "Liquidations"),
        ("losses", "Losses"),
        ("cover", "Insurance"),
        ("traders", "Traders"),
        ("units", "Compute units"),
        ("facts", "What was played"),
    ];
    html! {
        header {
            h1 { (scenario.name) }
            p {
                span.badge { (scenario.label) }
                (symbols.join(", ")) ", "
                (day(scenario.from_unix)) " to " (day(scenario.until_unix))
            }
            @if !scenario.about.is_empty() { p.about { (scenario.about) } }
            nav aria-label="Contents" {
                ul { @for (id, name) in sections { li { a href=(format!("#{id}")) { (name) } } } }
            }
        }
    }
}

/// The data as JSON that can't end its element: `<` is written as an escape.
fn data(report: &Report) -> Markup {
    let text = serde_json::to_string(&report.thinned()).unwrap_or_default();
    PreEscaped(text.replace('<', "\\u003c"))
}
