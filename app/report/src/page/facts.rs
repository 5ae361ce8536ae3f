//! What was played, and what the figures rest on.

use maud::{Markup, html};

use super::parts::of_scenario;
use crate::format::Unit;
use crate::model::{Market, Scenario};
use crate::view::View;

pub fn section(view: &View) -> Markup {
    let scenario = &view.report.scenario;
    html! {
        section #facts aria-labelledby="facts-h" {
            h2 #facts-h { "What was played" }
            div.panel {
                dl.facts {
                    (numbers(scenario))
                    (words(scenario))
                    @for one in &scenario.options { dt { (one.name) } dd { (one.value) } }
                }
            }
            p.legend-note {
                "Every trade, liquidation and payment is a transaction of the program\u{2019}s bytecode in "
                "an embedded VM; every dollar is read from its accounts. Traders, makers and the "
                "liquidator are drawn from the seed."
            }
        }
    }
}

fn numbers(scenario: &Scenario) -> Markup {
    let rows = [
        ("Bars", "bars", i128::from(scenario.bars), Unit::Count),
        (
            "Length of a bar",
            "bar_seconds",
            scenario.bar_seconds.into(),
            Unit::Seconds,
        ),
        ("From", "from_unix", scenario.from_unix.into(), Unit::Time),
        (
            "Until",
            "until_unix",
            scenario.until_unix.into(),
            Unit::Time,
        ),
        ("Traders", "accounts", scenario.accounts.into(), Unit::Count),
        ("Seed", "seed", scenario.seed.into(), Unit::Count),
        (
            "Notional of a trader",
            "notional_per_account_e6",
            scenario.notional_per_account_e6.into(),
            Unit::Usd,
        ),
        (
            "Insurance at the start",
            "insurance_e6",
            scenario.insurance_e6.into(),
            Unit::Usd,
        ),
        (
            "Delay of the liquidator",
            "liquidator_delay_seconds",
            scenario.liquidator_delay_seconds.into(),
            Unit::Seconds,
        ),
    ];
    html! {
        @for (name, path, number, unit) in rows {
            dt { (name) }
            dd { (of_scenario(path, number, unit)) }
        }
    }
}

fn words(scenario: &Scenario) -> Markup {
    html! {
        @for market in &scenario.markets {
            dt { "Market " (market.symbol) }
            dd { (market_of(market)) }
        }
        @for (at, token) in scenario.collaterals.iter().enumerate() {
            dt { "Collateral " (token.symbol) }
            @let path = format!("collaterals.{at}.weight_ppm");
            dd {
                (of_scenario(&path, token.weight_ppm.into(), Unit::Percent))
                " of its value counts"
            }
        }
        @if !scenario.outages.is_empty() {
            dt { "Missing prices" }
            dd {
                @for one in &scenario.outages {
                    (Unit::Seconds.show(one.seconds.into())) " from "
                    (Unit::Time.show(one.from_unix.into())) br;
                }
            }
        }
        @if !scenario.modelled.is_empty() {
            dt { "Modelled" }
            dd { (scenario.modelled.join("; ")) }
        }
    }
}

fn market_of(market: &Market) -> String {
    let unit = match market.unit_exp {
        0 => String::new(),
        exponent => format!("; prices and sizes are per 10^{exponent} tokens"),
    };
    format!("class {}, prices {}{unit}", market.class, market.prices)
}
