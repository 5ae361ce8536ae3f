//! An axis with ticks where people look for them: whole hours and days, round sums.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::format::{moment, short};

/// From where on a range of prices is shown by its logarithm.
const LOG_FROM: f64 = 8.0;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The end of the year 9999.
const LATEST: i64 = 253_402_300_799;
/// Distances of ticks in time, seconds.
const TIMES: [i64; 17] = [
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    4 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    91 * DAY,
    365 * DAY,
];

/// A range of numbers with its ticks.
#[derive(Clone, Debug)]
pub struct Axis {
    from: f64,
    until: f64,
    is_log: bool,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Unix seconds, with at most `most` ticks.
    pub fn time((from, until): (i64, i64), most: usize) -> Self {
        let (from, until) = (from.clamp(0, LATEST - 1), until.clamp(1, LATEST));
        let until = until.max(from + 1);
        let fits = |step: &i64| (until - from) / step < most as i64;
        let years = (until - from) / (365 * DAY * most as i64) + 1;
        let found = TIMES.into_iter().find(fits);
        let step = found.unwrap_or(years * 365 * DAY);
        let first = from.div_euclid(step) * step;
        let all = (0..).map(|n| first + n * step).skip_while(|at| *at < from);
        let ticks = all.take_while(|at| *at <= until).map(|at| {
            let format = match step {
                _ if step > 90 * DAY => "%b %Y",
                _ if at % DAY == 0 => "%-d %b",
                _ => "%H:%M",
            };
            (at as f64, moment(at, format))
        });
        Self {
            from: from as f64,
            until: until as f64,
            is_log: false,
            ticks: ticks.collect(),
        }
    }

    /// From zero to at least `most`, in equal steps.
    pub fn from_zero(most: f64, label: impl Fn(f64) -> String) -> Self {
        let most = if most > 0.0 && most.is_finite() {
            most
        } else {
            1.0
        };
        Self::linear(0.0, most * 1.05, label)
    }

    /// Around a range of positive numbers; by their logarithm if they are far apart.
    pub fn around(from: f64, until: f64, label: impl Fn(f64) -> String) -> Self {
        if from > 0.0 && until / from > LOG_FROM {
            return Self::log(from / 1.15, until * 1.15, label);
        }
        let room = ((until - from) * 0.06).max(until.abs() * 1e-3).max(1e-9);
        Self::linear(from - room, until + room, label)
    }

    /// In equal steps of 1, 2 or 5.
    pub fn linear(from: f64, until: f64, label: impl Fn(f64) -> String) -> Self {
        let step = step(until - from, 5);
        let first = (from / step).ceil() as i64;
        let last = (until / step).floor() as i64;
        let ticks = (first..=last).map(|n| n as f64 * step);
        Self {
            from,
            until,
            is_log: false,
            ticks: ticks.map(|at| (at, label(at))).collect(),
        }
    }

    /// Ticks at 1, 2, 5 of each power of ten, or at fewer.
    fn log(from: f64, until: f64, label: impl Fn(f64) -> String) -> Self {
        let powers = from.log10().floor() as i32..=until.log10().ceil() as i32;
        let wide = powers.clone().count();
        let digits: &[f64] = if wide > 3 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let skip = wide.div_ceil(7).max(1) as i32;
        let ticks = powers.filter(|power| power % skip == 0).flat_map(|power| {
            let one = 10_f64.powi(power);
            digits.iter().map(move |digit| digit * one)
        });
        let ticks = ticks.filter(|at| (from..=until).contains(at));
        Self {
            from,
            until,
            is_log: true,
            ticks: ticks.map(|at| (at, label(at))).collect(),
        }
    }

    pub fn count(&self) -> usize {
        self.ticks.len().max(1)
    }

    /// Letters of the longest label.
    pub fn longest(&self) -> i32 {
        let lengths = self.ticks.iter().map(|(_, label)| label.chars().count());
        lengths.max().unwrap_or(0) as i32
    }

    pub fn range_of(&self) -> (f64, f64) {
        (self.from, self.until)
    }

    pub fn is_log(&self) -> bool {
        self.is_log
    }

    /// Where in the range a value lies, 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let share = if self.is_log {
            let value = value.max(self.from);
            (value / self.from).ln() / (self.until / self.from).ln()
        } else {
            (value - self.from) / (self.until - self.from)
        };
        if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (begin, end): (i32, i32)) -> i32 {
        begin + (self.share(*value) * f64::from(end - begin)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // The finer grid that the library would draw between these has none.
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.ticks.iter().map(|(at, _)| *at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.from..self.until
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let found = self.ticks.iter().find(|(at, _)| at == value);
        found.map_or_else(String::new, |(_, label)| label.clone())
    }
}

/// A step of 1, 2 or 5 times a power of ten that gives at most `most` ticks.
fn step(span: f64, most: u32) -> f64 {
    let rough = span / f64::from(most);
    let power = 10_f64.powf(rough.log10().floor());
    let found = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    found.into_iter().find(|one| *one >= rough).unwrap_or(rough)
}

/// A label in dollars.
pub fn dollars(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}${}", short(value.abs()))
}

/// A label in percent.
pub fn percent(value: f64) -> String {
    format!("{}%", short(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_of_time_are_whole_hours_and_days() {
        let day = 1_621_036_800;
        let week = Axis::time((day, day + 6 * DAY), 4);
        assert_eq!(labels(&week), ["15 May", "17 May", "19 May", "21 May"]);
        let hours = Axis::time((day + 60, day + 6 * HOUR), 4);
        assert_eq!(labels(&hours), ["02:00", "04:00", "06:00"]);
        assert!(!labels(&Axis::time((day, day), 4)).is_empty());
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            labels(&Axis::from_zero(43_000.0, dollars)),
            ["$0", "$10k", "$20k", "$30k", "$40k"]
        );
        assert_eq!(labels(&Axis::from_zero(0.0, percent))[0], "0%");
        let prices = Axis::around(0.0001, 80.0, dollars);
        assert!(prices.is_log);
        assert!(labels(&prices).contains(&"$1"));
        let flat = Axis::around(5.0, 5.0, dollars);
        assert!(!labels(&flat).is_empty());
        assert_eq!(flat.map(&f64::NAN, (0, 100)), 0);
    }
}
