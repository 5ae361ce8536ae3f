//! The page of drills: what each stage took, who was owed and paid what.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::parts::{self, Mark, figure};
use super::tables::numbers;
use super::{INKS, POLICY, STYLE};
use crate::chart::rows::{self, Row};
use crate::chart::{self, Ink};
use crate::format::Unit;
use crate::model::{Drill, Drills};

/// What people are owed, and what they are paid.
const OWED: Ink = Ink::Static;
const PAID: Ink = Ink::Dynamic;

/// The drills as one HTML file that needs nothing else.
pub fn render(drills: &Drills) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "Drills \u{2013} Bulwark" }
                link rel="icon" href="data:,";
                style { (PreEscaped(INKS)) (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Drills" }
                    p.about { "A market is robbed in an embedded VM; strangers alone end it, by "
                        "transactions of the deployed program." }
                }
                main { @for drill in &drills.drills { (section(drill)) } }
                footer { p { "Made from " (drills.program) "." } }
            }
        }
    };
    page.into_string()
}

fn section(drill: &Drill) -> Markup {
    html! {
        section aria-labelledby=(drill.name) {
            h2 id=(drill.name) { (drill.title) }
            (cards(drill))
            p.about { "Moments count from the theft, transactions are those of strangers." }
            div.pair { (rules(drill)) (stages(drill)) }
        }
    }
}

fn cards(drill: &Drill) -> Markup {
    let count = |value: u64| Unit::Count.show(value.into());
    let cards = [
        ("Accounts", count(drill.accounts)),
        (
            "Transactions to the first payment",
            count(drill.first_payout),
        ),
        ("Transactions to the last payment", count(drill.last_payout)),
        ("Owed", Unit::Usd.show(drill.owed_e6.into())),
        ("Paid", Unit::Usd.show(drill.paid_e6.into())),
        (
            "Conservation error, token units",
            count(drill.conservation_error),
        ),
    ];
    html! {
        div.cards {
            @for (name, value) in cards { div.card { h3 { (name) } dl { div { dd { (value) } } } } }
        }
    }
}

/// Owed above paid, rule by rule.
fn rules(drill: &Drill) -> Markup {
    let bars = |rule: &crate::model::DrillRule| {
        let bar = |ink, value: u64| (ink, value as f64, Unit::Usd.show(value.into()));
        vec![bar(OWED, rule.owed_e6), bar(PAID, rule.paid_e6)]
    };
    let rows: Vec<Row> = drill
        .rules
        .iter()
        .map(|rule| Row {
            name: rule.who.clone(),
            bars: bars(rule),
        })
        .collect();
    let cells: Vec<Vec<String>> = drill
        .rules
        .iter()
        .map(|rule| {
            vec![
                format!("{}: {}", rule.who, rule.rule),
                Unit::Count.show(rule.accounts.into()),
                Unit::Usd.show(rule.owed_e6.into()),
                Unit::Usd.show(rule.paid_e6.into()),
                Unit::Usd.show(rule.owed_e6.saturating_sub(rule.paid_e6).into()),
            ]
        })
        .collect();
    let title = "Who lost what under which rule";
    let data = numbers(
        title,
        "USD at frozen prices",
        &["Who, by which rule", "Accounts", "Owed", "Paid", "Lost"],
        &cells,
    );
    let legend = parts::legend(&[(OWED, Mark::Box, "owed"), (PAID, Mark::Box, "paid")]);
    let about = "Worth at frozen prices.";
    bars_of(
        &format!("{}-rules", drill.name),
        (title, about),
        &rows,
        &legend,
        &data,
    )
}

/// Transactions of strangers, stage by stage.
fn stages(drill: &Drill) -> Markup {
    let rows: Vec<Row> = drill
        .stages
        .iter()
        .map(|stage| {
            let number = Unit::Count.show(stage.transactions.into());
            Row {
                name: stage.name.clone(),
                bars: vec![(PAID, stage.transactions as f64, number)],
            }
        })
        .collect();
    let cells: Vec<Vec<String>> = drill
        .stages
        .iter()
        .map(|stage| {
            vec![
                stage.name.clone(),
                Unit::Count.show(stage.transactions.into()),
                Unit::Count.show(stage.slots.into()),
                Unit::Units.show(stage.units.into()),
                format!("{:.1}", stage.micros as f64 / 1e3),
            ]
        })
        .collect();
    let title = "Transactions of each stage";
    let data = numbers(
        title,
        "From the theft on",
        &[
            "Stage",
            "Transactions",
            "Slots",
            "Compute units",
            "Milliseconds",
        ],
        &cells,
    );
    let about = "Sent by strangers; prints of prices aside.";
    bars_of(
        &format!("{}-stages", drill.name),
        (title, about),
        &rows,
        &html! {},
        &data,
    )
}

fn bars_of(
    id: &str,
    (title, about): (&str, &str),
    rows: &[Row],
    legend: &Markup,
    data: &Markup,
) -> Markup {
    let lengths = rows
        .iter()
        .flat_map(|row| &row.bars)
        .map(|(_, length, _)| *length);
    let most = lengths.fold(0.0, f64::max);
    let chart = chart::both(
        id,
        title,
        about,
        |_| rows::height(rows),
        |area, look| rows::draw(area, look, rows, most),
    );
    figure(id, title, about, &html! { (legend) (chart) }, data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DrillRule, DrillStage};

    #[test]
    fn a_page_says_what_was_owed_and_paid() {
        let drill = Drill {
            name: "robbed".into(),
            title: "A <robbery>".into(),
            accounts: 1_000,
            first_payout: 7,
            last_payout: 295,
            owed_e6: 5_000_000_000,
            paid_e6: 4_000_000_000,
            conservation_error: 0,
            rules: vec![DrillRule {
                who: "SOL kept".into(),
                rule: "its bank's own coverage".into(),
                accounts: 3,
                owed_e6: 5_000_000_000,
                paid_e6: 4_000_000_000,
            }],
            stages: vec![DrillStage {
                name: "freeze".into(),
                transactions: 1,
                slots: 288_002,
                units: 8_224,
                micros: 150,
            }],
        };
        let page = render(&Drills {
            program: "bulwark 0".into(),
            drills: vec![drill],
        });
        for shown in [
            "A &lt;robbery&gt;",
            "$5,000",
            "$4,000",
            "$1,000",
            "288,002",
            "8,224",
        ] {
            assert!(page.contains(shown), "{shown}");
        }
        assert!(!page.contains("<script"), "nothing runs in it");
        assert!(
            page.contains("f-dynamic"),
            "the bars have an ink of the style sheet"
        );
    }
}
