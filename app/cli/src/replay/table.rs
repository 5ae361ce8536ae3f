//! What a person reads at the end of a replay.

use std::collections::BTreeSet;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};

use super::json::{Listed, Outcome, Performance, Run};

/// The table of all runs, one column a run.
pub fn table(outcome: &Outcome) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    let runs = &outcome.runs;
    let head = |run: &Run| format!("{}\n{}", run.margins, run.order);
    table.set_header(row("", runs, head));
    let mut line = |name: &str, show: &dyn Fn(&Run) -> String| {
        table.add_row(row(name, runs, show));
    };
    line("initial margin, average", &|r| {
        percent(r.average_initial_margin_ppm)
    });
    line("initial margin, largest", &|r| {
        percent(r.max_initial_margin_ppm)
    });
    for (at, market) in of_first(runs, |run| &run.markets)
        .iter()
        .enumerate()
        .skip(1)
    {
        let name = format!("  {}, average", market.symbol);
        line(&name, &|r| {
            percent(r.markets[at].average_initial_margin_ppm)
        });
        let name = format!("  {}, largest", market.symbol);
        line(&name, &|r| percent(r.markets[at].max_initial_margin_ppm));
    }
    for (at, token) in of_first(runs, |run| &run.collaterals).iter().enumerate() {
        let name = format!("haircut of {}, average", token.symbol);
        line(&name, &|r| percent(r.collaterals[at].average_haircut_ppm));
        let name = format!("haircut of {}, largest", token.symbol);
        line(&name, &|r| percent(r.collaterals[at].max_haircut_ppm));
        let name = format!("  seizures of {}", token.symbol);
        line(&name, &|r| grouped(r.collaterals[at].seizures));
    }
    line("accounts", &|r| grouped(u64::from(r.accounts)));
    line("  could not open", &|r| grouped(u64::from(r.turned_away)));
    line("notional opened", &|r| dollars(r.notional_usd));
    line("accounts liquidated", &|r| {
        let share = 100.0 * f64::from(r.accounts_liquidated) / f64::from(r.accounts.max(1));
        format!(
            "{} ({share:.1} %)",
            grouped(u64::from(r.accounts_liquidated))
        )
    });
    line("liquidations", &|r| grouped(r.liquidations));
    line("bad debt", &|r| dollars(r.bad_debt_usd));
    line("  of notional", &|r| format!("{:.2} bp", r.bad_debt_bp));
    line("insurance paid, premiums too", &|r| {
        dollars(r.insurance_paid_usd)
    });
    line("socialised", &|r| dollars(r.socialised_usd));
    line("left as deficit", &|r| dollars(r.deficit_usd));
    line("stressed shortfall, largest", &|r| {
        dollars(r.cover.most_stress_usd)
    });
    line("  of insurance, largest", &|r| {
        percent(r.cover.most_used_ppm)
    });
    line("premium for cover", &|r| dollars(r.cover.premium_usd));
    line("fees to stakers", &|r| dollars(r.cover.fees_earned_usd));
    line("insurance at the end", &|r| dollars(r.cover.insurance_usd));
    line("  a stake is worth", &|r| percent(r.cover.share_ppm));
    line("transactions", &|r| grouped(r.transactions));
    line("  refused", &|r| grouped(r.transactions_failed));
    for name in refusal_names(runs) {
        line(&format!("    {name}"), &|r| {
            let found = r.refusals.iter().find(|(of, _)| *of == name);
            grouped(found.map_or(0, |(_, count)| *count))
        });
    }
    for (state, breaker) in holds(runs) {
        line(&format!("{state} by {breaker}"), &|r| {
            held(r, state, breaker)
        });
    }
    line("compute units", &|r| grouped(r.compute_units_total));
    line("transactions per second", &|r| {
        grouped((r.transactions as f64 / r.seconds.max(1e-9)).round() as u64)
    });
    line("seconds", &|r| format!("{:.1}", r.seconds));
    line("conservation error", &|r| grouped(r.conservation_error));
    table
}

/// What the first run has of something: all have the same.
fn of_first<'a, T>(runs: &'a [Run], of: impl Fn(&'a Run) -> &'a Vec<T>) -> &'a [T] {
    runs.first().map_or(&[], |run| of(run))
}

/// What any breaker did in any run, once.
fn holds(runs: &[Run]) -> BTreeSet<(&str, &str)> {
    let all = runs.iter().flat_map(|run| &run.breakers);
    all.map(|of| (of.state.as_str(), of.breaker.as_str()))
        .collect()
}

/// How often a breaker held something, and for how long in all.
fn held(run: &Run, state: &str, breaker: &str) -> String {
    let of = run.breakers.iter();
    let spans = of.filter(|of| (of.state.as_str(), of.breaker.as_str()) == (state, breaker));
    let (mut count, mut seconds) = (0_u64, 0);
    for span in spans {
        count += 1;
        seconds += span.until_unix - span.from_unix;
    }
    match (count, seconds) {
        (0, _) => "never".into(),
        (_, ..600) => format!("{} \u{d7}, {seconds} s", grouped(count)),
        (_, ..36_000) => format!("{} \u{d7}, {} min", grouped(count), seconds / 60),
        _ => format!("{} \u{d7}, {} h", grouped(count), seconds / 3_600),
    }
}

/// Every refusal of any run, once.
fn refusal_names(runs: &[Run]) -> BTreeSet<String> {
    runs.iter()
        .flat_map(|run| &run.refusals)
        .map(|(name, _)| name.clone())
        .collect()
}

/// What the figures rest on.
pub fn notes(outcome: &Outcome) -> String {
    let scenario = &outcome.scenario;
    let modelled = scenario.modelled.join(", ");
    let listed: Vec<String> = scenario.series.iter().map(listed).collect();
    format!(
        "{}: {}; {} traders of {} each, seed {}; insurance of {}; the liquidator \
         acts after {} s.\nModelled: {modelled}. Everything else comes from the prices; every \
         dollar from the accounts.{}",
        scenario.prices,
        listed.join(", "),
        grouped(u64::from(scenario.accounts)),
        dollars(scenario.notional_per_account_usd),
        scenario.seed,
        dollars(scenario.insurance_usd),
        scenario.liquidator_delay_seconds,
        outcome
            .performance
            .as_ref()
            .map_or(String::new(), performance),
    )
}

/// What playing took.
fn performance(took: &Performance) -> String {
    let memory = match took.peak_memory_mib {
        Some(mib) => format!("; at most {} MiB of memory", grouped(mib)),
        None => String::new(),
    };
    format!(
        "\n{} transactions in {:.1} s: {} a second{memory}.",
        grouped(took.transactions),
        took.seconds,
        grouped(took.transactions_per_second.round() as u64),
    )
}

/// A series and what it is.
fn listed(one: &Listed) -> String {
    if one.quote {
        return format!("quote follows {}", one.symbol);
    }
    let what = match (one.market, one.collateral) {
        (true, true) => "market and collateral",
        (true, false) => "market",
        _ => "collateral",
    };
    format!("{} as a {} {what}", one.symbol, one.class)
}

fn row(name: &str, runs: &[Run], show: impl Fn(&Run) -> String) -> Vec<Cell> {
    let shown = runs
        .iter()
        .map(|r| Cell::new(show(r)).set_alignment(CellAlignment::Right));
    std::iter::once(Cell::new(name)).chain(shown).collect()
}

/// 1234567 as 1,234,567.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn dollars(usd: f64) -> String {
    let cents = (usd * 100.0).round() as u64;
    format!("${}.{:02}", grouped(cents / 100), cents % 100)
}

fn percent(ppm: u64) -> String {
    let hundredths = (ppm + 50) / 100;
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_readable() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(dollars(1_234_567.891), "$1,234,567.89");
        assert_eq!(percent(47_512), "4.75 %");
    }
}
