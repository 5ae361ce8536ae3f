//! Price files: `ts_unix,open,high,low,close[,volume]`, one bar a line, oldest first; or rounds of
//! a feed, `ts_unix,close`, which become minutes.
//!
//! Whatever is malformed ends with an error that names its line. Bars that are missing are an
//! outage of the venue's prices, not an error.

use std::collections::BTreeMap;
use std::path::Path;

use super::decimal::{Decimal, shorten};
use super::rounds;
use super::row::Row;

/// The two headers that are understood.
pub const HEADERS: [&str; 2] = [
    "ts_unix,open,high,low,close",
    "ts_unix,open,high,low,close,volume",
];
/// Seconds of a minute, of which every bar lasts a multiple.
pub const MINUTE: i64 = 60;
/// Largest file that is read.
const MAX_BYTES: u64 = 256 << 20;
/// Most bars.
const MAX_BARS: usize = 2_000_000;
/// Smallest PriceE8 that the unit is chosen for (design, D2).
const PRICE_MIN: u64 = 1_000_000;
/// Largest PriceE8 that the unit may lead to.
const PRICE_MAX: u64 = 1_000_000_000_000_000_000;

/// One bar. Prices are PriceE8 per `10^unit_exp` tokens of the series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Line in the file, from 1.
    pub line: usize,
    /// Unix second at which it opens.
    pub at: i64,
    pub open: u64,
    pub high: u64,
    pub low: u64,
    pub close: u64,
}

/// Bars that are missing: an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Line of the first bar after it.
    pub line: usize,
    /// Unix second at which the last bar before it ended.
    pub from: i64,
    /// Seconds without a price.
    pub seconds: i64,
}

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub bars: Vec<Bar>,
    /// Length of a bar: the commonest distance between two, a multiple of a minute.
    pub interval: i64,
    /// Prices are per `10^unit_exp` tokens.
    pub unit_exp: u8,
    pub gaps: Vec<Gap>,
}

impl Series {
    /// Unix second at which the last bar ends.
    pub fn end(&self) -> i64 {
        self.bars.last().map_or(0, |bar| bar.at + self.interval)
    }

    /// The smallest unit in which a lowest price is at least 10⁶, if there is one.
    pub fn unit_for(lowest: Decimal) -> Option<u8> {
        let e8 = |unit: u8| lowest.0 / 10u128.pow(9 - u32::from(unit));
        let mut units = [0, 3, 6, 9].into_iter();
        units.find(|unit| e8(*unit) >= u128::from(PRICE_MIN))
    }
}

/// A malformed file: the line and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    pub line: usize,
    pub why: String,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for Malformed {}

/// An error at a line.
pub fn malformed<T>(line: usize, why: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed {
        line,
        why: why.into(),
    })
}

/// Reads a price file.
pub fn read(path: &Path) -> anyhow::Result<Series> {
    use anyhow::Context;
    let shown = path.display();
    let size = std::fs::metadata(path)
        .with_context(|| format!("{shown}"))?
        .len();
    if size > MAX_BYTES {
        anyhow::bail!("{shown}, line 1: a file of {size} bytes has an absurd size");
    }
    let bytes = std::fs::read(path).with_context(|| format!("{shown}"))?;
    parse(&bytes).map_err(|e| anyhow::anyhow!("{shown}, {e}"))
}

/// Parses the bytes of a price file.
pub fn parse(bytes: &[u8]) -> Result<Series, Malformed> {
    let text = std::str::from_utf8(bytes).or_else(|error| {
        let before = &bytes[..error.valid_up_to()];
        malformed(
            1 + before.iter().filter(|b| **b == b'\n').count(),
            "not UTF-8 text",
        )
    })?;
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let Some((_, header)) = lines.next() else {
        return malformed(1, "the file is empty");
    };
    let in_rounds = header == rounds::HEADER;
    if !in_rounds && !HEADERS.contains(&header) {
        let (bars, shown) = (HEADERS[1], shorten(header));
        let expected = format!("`{bars}` or `{}`", rounds::HEADER);
        return malformed(1, format!("the header must be {expected}, not {shown}"));
    }
    let columns = header.split(',').count();
    let mut rows: Vec<Row> = Vec::new();
    for (line, text) in lines {
        if rows.len() == MAX_BARS {
            return malformed(line, format!("more than {MAX_BARS} bars: an absurd size"));
        }
        let row = Row::parse(line, text, columns)?;
        if let Some(before) = rows.last() {
            row.follows(before)?;
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return malformed(2, "no bar after the header");
    }
    if in_rounds {
        rows = rounds::minutes(rows, MAX_BARS)?;
    }
    let interval = interval(&rows)?;
    let gaps = gaps(&rows, interval)?;
    let unit_exp = unit_exp(&rows)?;
    let bars = rows
        .iter()
        .map(|row| row.scaled(unit_exp))
        .collect::<Result<_, _>>()?;
    Ok(Series {
        bars,
        interval,
        unit_exp,
        gaps,
    })
}

/// The commonest distance between two bars, the shortest of them where several are equally common.
fn interval(rows: &[Row]) -> Result<i64, Malformed> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for pair in rows.windows(2) {
        *counts.entry(pair[1].at - pair[0].at).or_default() += 1;
    }
    let most = counts
        .iter()
        .max_by_key(|(distance, count)| (**count, -**distance));
    let interval = most.map_or(60, |(distance, _)| *distance);
    if interval % 60 != 0 || interval > 86_400 {
        let why = format!("bars lie {interval} s apart, not whole minutes up to a day");
        return malformed(rows.get(1).map_or(2, |row| row.line), why);
    }
    Ok(interval)
}

fn gaps(rows: &[Row], interval: i64) -> Result<Vec<Gap>, Malformed> {
    let mut gaps = Vec::new();
    for pair in rows.windows(2) {
        let (from, line) = (pair[0].at + interval, pair[1].line);
        let seconds = pair[1].at - from;
        if seconds < 0 {
            let distance = seconds + interval;
            let why = format!("{distance} s after the bar before, where bars last {interval} s");
            return malformed(line, why);
        }
        if seconds > 0 {
            gaps.push(Gap {
                line,
                from,
                seconds,
            });
        }
    }
    Ok(gaps)
}

/// The smallest unit in which every price is at least 10⁶.
fn unit_exp(rows: &[Row]) -> Result<u8, Malformed> {
    let lowest = rows
        .iter()
        .min_by_key(|row| row.low)
        .expect("rows aren't empty");
    let highest = rows
        .iter()
        .max_by_key(|row| row.high)
        .expect("rows aren't empty");
    let e8 = |price: Decimal, unit: u8| price.0 / 10u128.pow(9 - u32::from(unit));
    let Some(unit) = Series::unit_for(lowest.low) else {
        return malformed(
            lowest.line,
            "low has an absurd size: too small for any unit",
        );
    };
    if e8(highest.high, unit) > u128::from(PRICE_MAX) {
        return malformed(
            highest.line,
            "high has an absurd size: too far from the lowest low",
        );
    }
    Ok(unit)
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
