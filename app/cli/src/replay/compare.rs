//! Two results over the same scenario, side by side.

use std::path::Path;

use anyhow::{Context, Result, bail};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use serde_json::Value;

use super::json::{Outcome, Run};

/// Fields of a scenario that may differ between two results that are compared.
const MAY_DIFFER: [&str; 4] = [
    "prices",
    "label",
    "static_initial_margin_ppm",
    "program_sha256",
];

/// Reads two results and tells what differs, as a table.
pub fn files(a: &Path, b: &Path) -> Result<Table> {
    let (first, second) = (read(a)?, read(b)?);
    same_scenario(&first, &second)?;
    table(&first, &second)
}

fn read(path: &Path) -> Result<Outcome> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("{shown}"))?;
    serde_json::from_str(&text).with_context(|| format!("{shown} is no result of --json"))
}

/// Results of different scenarios say nothing about each other.
fn same_scenario(a: &Outcome, b: &Outcome) -> Result<()> {
    let (a, b) = (
        serde_json::to_value(&a.scenario)?,
        serde_json::to_value(&b.scenario)?,
    );
    let (Value::Object(a), Value::Object(b)) = (a, b) else {
        bail!("a scenario is no object");
    };
    let differ = a.iter().filter(|(name, value)| {
        !MAY_DIFFER.contains(&name.as_str()) && b.get(*name) != Some(*value)
    });
    let differ: Vec<String> = differ
        .map(|(name, value)| {
            let shown = |value: &Value| {
                let text = value.to_string();
                match text.chars().count() {
                    0..=60 => text,
                    _ => text.chars().take(60).chain(['…']).collect(),
                }
            };
            let other = b.get(name).unwrap_or(&Value::Null);
            format!("{name}: {} and {}", shown(value), shown(other))
        })
        .collect();
    if differ.is_empty() {
        return Ok(());
    }
    bail!(
        "different scenarios can't be compared:\n  {}",
        differ.join("\n  ")
    )
}

type Figure = (&'static str, usize, fn(&Run) -> f64);

const FIGURES: [Figure; 17] = [
    ("initial margin, average, ppm", 0, |r| {
        r.average_initial_margin_ppm as f64
    }),
    ("initial margin, largest, ppm", 0, |r| {
        r.max_initial_margin_ppm as f64
    }),
    ("accounts", 0, |r| f64::from(r.accounts)),
    ("notional opened, USD", 2, |r| r.notional_usd),
    ("accounts liquidated", 0, |r| {
        f64::from(r.accounts_liquidated)
    }),
    ("liquidations", 0, |r| r.liquidations as f64),
    ("bad debt, USD", 2, |r| r.bad_debt_usd),
    ("bad debt, bp of notional", 2, |r| r.bad_debt_bp),
    ("insurance paid, USD", 2, |r| r.insurance_paid_usd),
    ("socialised, USD", 2, |r| r.socialised_usd),
    ("left as deficit, USD", 2, |r| r.deficit_usd),
    ("premium for cover, USD", 2, |r| r.cover.premium_usd),
    ("a stake is worth, ppm", 0, |r| r.cover.share_ppm as f64),
    ("transactions", 0, |r| r.transactions as f64),
    ("refused", 0, |r| r.transactions_failed as f64),
    ("compute units", 0, |r| r.compute_units_total as f64),
    ("seconds", 1, |r| r.seconds),
];

fn table(a: &Outcome, b: &Outcome) -> Result<Table> {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["", "A", "B", "B − A"]);
    let mut met = false;
    for run in &a.runs {
        let same = |other: &&Run| (&other.margins, &other.order) == (&run.margins, &run.order);
        let Some(other) = b.runs.iter().find(same) else {
            continue;
        };
        met = true;
        table.add_row([format!("{} {}", run.margins, run.order)]);
        for (name, places, of) in FIGURES {
            let (first, second) = (of(run), of(other));
            let number = |value: f64| format!("{value:.places$}");
            let change = if first == second {
                String::new()
            } else {
                format!("{:+.places$}", second - first)
            };
            let right = |text| Cell::new(text).set_alignment(CellAlignment::Right);
            table.add_row([
                Cell::new(format!("  {name}")),
                right(number(first)),
                right(number(second)),
                right(change),
            ]);
        }
    }
    if !met {
        bail!("the two results have no arm and order in common");
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::json::Scenario;

    fn outcome(seed: u64, bad_debt_usd: f64) -> Outcome {
        let run = Run {
            margins: "dynamic".into(),
            order: "low-first".into(),
            bad_debt_usd,
            ..Run::default()
        };
        let scenario = Scenario {
            seed,
            prices: format!("{bad_debt_usd}.csv"),
            ..Scenario::default()
        };
        Outcome {
            scenario,
            runs: vec![run],
            performance: None,
        }
    }

    #[test]
    fn the_difference_is_shown() {
        let (a, b) = (outcome(1, 10.0), outcome(1, 12.5));
        same_scenario(&a, &b).unwrap();
        let shown = table(&a, &b).unwrap().to_string();
        assert!(shown.contains("+2.50"), "{shown}");
    }

    #[test]
    fn another_scenario_is_refused_by_name() {
        let (a, mut b) = (outcome(1, 0.0), outcome(2, 0.0));
        let error = same_scenario(&a, &b).unwrap_err().to_string();
        assert!(error.contains("seed: 1 and 2"), "{error}");
        b.runs[0].order = "high-first".into();
        assert!(table(&a, &b).is_err());
    }
}
