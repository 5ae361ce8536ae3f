//! The table as a page.

use core::fmt::{Display, Formatter, Result, Write};

use super::{COMPILED, COUPLED, Delay, Group, Row, SEED_VOLATILITY, Unit, row_of};

/// A number with its unit, as people write it.
pub struct Figure(pub Unit, pub u64);

/// `value/10^digits` without trailing zeros, thousands separated.
fn decimal(out: &mut Formatter<'_>, value: u64, digits: u32) -> Result {
    let scale = 10u64.checked_pow(digits).unwrap_or(1);
    grouped(out, value / scale)?;
    let (mut rest, mut left) = (value % scale, digits);
    if rest == 0 {
        return Ok(());
    }
    while rest % 10 == 0 {
        rest /= 10;
        left = left.saturating_sub(1);
    }
    write!(out, ".{rest:0width$}", width = left as usize)
}

fn grouped(out: &mut Formatter<'_>, value: u64) -> Result {
    if value < 1_000 {
        return write!(out, "{value}");
    }
    grouped(out, value / 1_000)?;
    write!(out, ",{:03}", value % 1_000)
}

impl Display for Figure {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let Self(unit, value) = *self;
        let (before, digits, after) = match unit {
            Unit::Seconds => ("", 0, " s"),
            Unit::OpenSeconds => ("", 0, " s open"),
            Unit::RatioE9 => ("", 7, " %"),
            Unit::Ppm => ("", 4, " %"),
            Unit::Thousandths => ("", 3, ""),
            Unit::UsdE6 => ("$", 6, ""),
            Unit::PriceE8 => ("$", 8, ""),
            Unit::BaseE8 => ("", 8, ""),
            Unit::TokenUnits => ("", 0, " units"),
            Unit::Count => ("", 0, ""),
        };
        out.write_str(before)?;
        decimal(out, value, digits)?;
        out.write_str(after)
    }
}

/// Writes `docs/parameters.md`.
pub fn write_markdown(out: &mut impl Write) -> Result {
    out.write_str(HEAD)?;
    section(out, "Feeds", Group::Feed)?;
    line(out, &SEED_VOLATILITY, None)?;
    section(out, "Margin rules (markets and haircuts)", Group::Margin)?;
    section(out, "Markets", Group::Market)?;
    lines(out, Group::BoardMarket)?;
    section(out, "Banks", Group::Bank)?;
    lines(out, Group::BoardBank)?;
    section(out, "Quote bank", Group::Quote)?;
    section(out, "Insurance", Group::Insurance)?;
    section(out, "Board", Group::Board)?;
    section(out, "Switches of markets and banks", Group::Switch)?;
    out.write_str(COUPLED_HEAD)?;
    for set in COUPLED {
        out.write_str("* ")?;
        for (at, id) in set.iter().enumerate() {
            let key = row_of(*id).map_or("", |row| row.key);
            write!(out, "{}`{key}`", if at == 0 { "" } else { ", " })?;
        }
        out.write_str("\n")?;
    }
    out.write_str(COMPILED_HEAD)?;
    for row in COMPILED {
        let (key, value) = (row.key, Figure(row.unit, row.value));
        writeln!(out, "| `{key}` | {value} | {} |", row.about)?;
    }
    Ok(())
}

const HEAD: &str = "# Parameters

Written from the table in `crates/core/src/params` by its test; don't edit by hand
(`BULWARK_WRITE=1 cargo test -p bulwark-core --test params` writes it anew).

Defaults stand as majors / large / small / stablecoin where they differ. A limit of 0 means closed.
A step is the largest change at once, of the value before it. Every change waits 7 days, in both
directions; where the step says *down at once*, two guardians may lower the value without delay for
at most 72 hours, and a change that waits may lower it by any step. Closed limits may open to
anything within their bounds. Parameters that are bound to each other are changed in one action or
not at all: the action names every one of them, also those that stay. An action names a parameter by
its id, `npm run member -- propose` by its name too.

";

const COUPLED_HEAD: &str = "
## Changed together

";

const COMPILED_HEAD: &str = "
## Compiled in

| name | value | what it is |
|---|---|---|
";

fn section(out: &mut impl Write, title: &str, group: Group) -> Result {
    writeln!(out, "\n## {title}\n")?;
    writeln!(out, "| name | id | default | bounds | step | what it is |")?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    lines(out, group)
}

fn lines(out: &mut impl Write, group: Group) -> Result {
    let mut rows = group.rows().iter().zip(0..);
    rows.try_for_each(|(row, place)| line(out, row, Some(group.id(place))))
}

/// `id`: none for what no action changes.
fn line(out: &mut impl Write, row: &Row, id: Option<u16>) -> Result {
    write!(out, "| `{}` | ", row.key)?;
    match id {
        Some(id) => write!(out, "{id} | ")?,
        None => out.write_str("none | ")?,
    }
    let [first, rest @ ..] = row.presets;
    write!(out, "{}", Figure(row.unit, first))?;
    if rest.iter().any(|preset| *preset != first) {
        for preset in rest {
            write!(out, " / {}", Figure(row.unit, preset))?;
        }
    }
    let (min, max) = (Figure(row.unit, row.min), Figure(row.unit, row.max));
    write!(out, " | {min} to {max} | ")?;
    match row.step_ppm {
        0 => out.write_str("fixed")?,
        step => write!(out, "{}", Figure(Unit::Ppm, step))?,
    }
    if row.delay == Delay::InstantDown {
        out.write_str(", down at once")?;
    }
    writeln!(out, " | {} |", row.about)
}
