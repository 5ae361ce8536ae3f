//! Numbers for people: zero is 0, large ones are grouped, every one has its unit.

use chrono::{DateTime, Utc};

/// What an integer of the data counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 1e-6 USD.
    Usd,
    /// 1e-8 USD per unit of a market.
    Price,
    /// 1e-6, as percent.
    Percent,
    /// 1e-6, as basis points.
    BasisPoints,
    Count,
    /// Compute units.
    Units,
    Milliseconds,
    Seconds,
    /// Unix seconds.
    Time,
}

impl Unit {
    /// Its name on the page, for whoever reads the page by program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usd => "usd-e6",
            Self::Price => "usd-e8",
            Self::Percent => "percent-ppm",
            Self::BasisPoints => "bp-ppm",
            Self::Count => "count",
            Self::Units => "compute-units",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Time => "unix",
        }
    }

    /// `value` as people read it.
    pub fn show(self, value: i128) -> String {
        match self {
            Self::Usd => usd(value),
            Self::Price => price(value),
            Self::Percent => format!("{}\u{a0}%", decimal(value, 10_000, 2)),
            Self::BasisPoints => format!("{}\u{a0}bp", decimal(value, 100, 2)),
            Self::Count | Self::Units => signed(value, grouped),
            Self::Milliseconds => format!("{}\u{a0}s", decimal(value, 1_000, 1)),
            Self::Seconds => duration(value),
            Self::Time => time(value),
        }
    }
}

/// Whole dollars from $1,000 on, cents below; what is less than a cent says so.
fn usd(e6: i128) -> String {
    let size = e6.unsigned_abs();
    let shown = match size {
        0 => "$0".to_owned(),
        1..5_000 => "under $0.01".to_owned(),
        5_000..999_995_000 => {
            let cents = (size + 5_000) / 10_000;
            format!("${}.{:02}", cents / 100, cents % 100)
        }
        _ => format!("${}", grouped((size + 500_000) / 1_000_000)),
    };
    if e6 < 0 {
        format!("\u{2212}{shown}")
    } else {
        shown
    }
}

/// Five digits that count.
fn price(e8: i128) -> String {
    let value = e8 as f64 / 1e8;
    if e8 == 0 {
        return "$0".to_owned();
    }
    if value >= 10_000.0 {
        return format!("${}", grouped(value.round() as u128));
    }
    let places = (4 - value.log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.places$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let whole = grouped(whole.parse().unwrap_or(0));
    match rest.trim_end_matches('0') {
        "" => format!("${whole}"),
        rest if rest.len() < 2 => format!("${whole}.{rest}0"),
        rest => format!("${whole}.{rest}"),
    }
}

/// `value / one` with up to `places` decimals, rounded half away from zero; 0 is `0`.
fn decimal(value: i128, one: u128, places: u32) -> String {
    let scale = 10_u128.pow(places);
    signed(value, |size| {
        let scaled = (size * scale + one / 2) / one;
        match (size, scaled) {
            (0, _) => "0".to_owned(),
            (_, 0) => format!("under {}", 1.0 / scale as f64),
            _ => {
                let (whole, rest) = (scaled / scale, scaled % scale);
                format!("{}.{rest:0width$}", grouped(whole), width = places as usize)
            }
        }
    })
}

fn signed(value: i128, show: impl Fn(u128) -> String) -> String {
    let shown = show(value.unsigned_abs());
    if value < 0 {
        format!("\u{2212}{shown}")
    } else {
        shown
    }
}

/// 1234567 as 1,234,567.
pub fn grouped(number: u128) -> String {
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

fn duration(seconds: i128) -> String {
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let shown = parts.iter().filter(|(count, _)| *count != 0).take(2);
    let shown: Vec<_> = shown
        .map(|(count, unit)| format!("{count}\u{a0}{unit}"))
        .collect();
    if shown.is_empty() {
        "0\u{a0}s".to_owned()
    } else {
        shown.join(" ")
    }
}

fn time(unix: i128) -> String {
    let at = i64::try_from(unix).unwrap_or_default();
    moment(at, "%-d %b %Y %H:%M")
}

/// A unix second by a format of `chrono`, in UTC.
pub fn moment(unix: i64, format: &str) -> String {
    let at: Option<DateTime<Utc>> = DateTime::from_timestamp(unix, 0);
    at.map_or_else(|| unix.to_string(), |at| at.format(format).to_string())
}

/// A short form for axes: 1,500,000 as 1.5M.
pub fn short(value: f64) -> String {
    let (divisor, letter) = match value.abs() {
        size if size >= 1e9 => (1e9, "B"),
        size if size >= 1e6 => (1e6, "M"),
        size if size >= 1e3 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let text = format!(
        "{:.*}",
        if value.abs() < 1.0 { 6 } else { 3 },
        value / divisor
    );
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let text = if matches!(text, "" | "-" | "-0") {
        "0"
    } else {
        text
    };
    format!("{text}{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money() {
        let show = |value| Unit::Usd.show(value);
        assert_eq!(show(0), "$0");
        assert_eq!(show(1), "under $0.01");
        assert_eq!(show(4_999), "under $0.01");
        assert_eq!(show(5_000), "$0.01");
        assert_eq!(show(999_994_999), "$999.99");
        assert_eq!(show(999_995_000), "$1,000");
        assert_eq!(show(1_234_567_890_000), "$1,234,568");
        assert_eq!(show(-12_340_000), "\u{2212}$12.34");
    }

    #[test]
    fn prices() {
        let show = |value| Unit::Price.show(value);
        assert_eq!(show(0), "$0");
        assert_eq!(show(4_321_098_765_432), "$43,211");
        assert_eq!(show(250_000_000_000), "$2,500");
        assert_eq!(show(123_456_789_000), "$1,234.60");
        assert_eq!(show(8_712_345_678), "$87.123");
        assert_eq!(show(100_000_000), "$1");
        assert_eq!(show(1_234), "$0.00001234");
    }

    #[test]
    fn ratios_and_times() {
        assert_eq!(Unit::Percent.show(47_512), "4.75\u{a0}%");
        assert_eq!(Unit::Percent.show(0), "0\u{a0}%");
        assert_eq!(Unit::Percent.show(10), "under 0.01\u{a0}%");
        assert_eq!(Unit::BasisPoints.show(12_345), "123.45\u{a0}bp");
        assert_eq!(Unit::Count.show(1_234_567), "1,234,567");
        assert_eq!(Unit::Seconds.show(93_784), "1\u{a0}d 2\u{a0}h");
        assert_eq!(Unit::Seconds.show(0), "0\u{a0}s");
        assert_eq!(Unit::Milliseconds.show(12_345), "12.3\u{a0}s");
        assert_eq!(Unit::Time.show(1_621_036_800), "15 May 2021 00:00");
    }

    #[test]
    fn axis_labels() {
        assert_eq!(short(0.0), "0");
        assert_eq!(short(-0.0), "0");
        assert_eq!(short(1_500_000.0), "1.5M");
        assert_eq!(short(40_000.0), "40k");
        assert_eq!(short(2_500.0), "2.5k");
        assert_eq!(short(0.0005), "0.0005");
    }
}
