//! One row of a price file.

use super::csv::{Bar, Malformed, malformed};
use super::decimal::{Decimal, shorten};

/// Unix seconds that a bar may have: 2001 to 2100.
const TIMES: std::ops::Range<i64> = 1_000_000_000..4_102_444_800;
/// Largest factor between a bar's high and low, or from a close to the next open, that is believed.
const MAX_FACTOR: u128 = 100;
/// Longest row, bytes.
const MAX_ROW: usize = 512;

/// A bar before its unit is chosen.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub line: usize,
    pub at: i64,
    pub open: Decimal,
    pub high: Decimal,
    pub low: Decimal,
    pub close: Decimal,
}

impl Row {
    /// Reads a row of as many columns as the header has.
    pub fn parse(line: usize, text: &str, columns: usize) -> Result<Self, Malformed> {
        if text.len() > MAX_ROW {
            return malformed(
                line,
                format!("a row of {} bytes has an absurd size", text.len()),
            );
        }
        let fields: Vec<&str> = text.split(',').map(str::trim).collect();
        if fields.len() != columns {
            let n = fields.len();
            return malformed(line, format!("{n} columns where the header has {columns}"));
        }
        let number = |name: &str, at: usize| {
            Decimal::parse(fields[at]).or_else(|why| malformed(line, format!("{name}: {why}")))
        };
        let price = |name: &str, at: usize| match number(name, at)? {
            Decimal(0) => malformed(line, format!("{name}: a price of zero")),
            price => Ok(price),
        };
        let Ok(at) = fields[0].parse::<i64>() else {
            let shown = shorten(fields[0]);
            return malformed(
                line,
                format!("ts_unix: {shown} is not a whole number of seconds"),
            );
        };
        if !TIMES.contains(&at) {
            return malformed(
                line,
                format!("ts_unix: {at} is not a unix second of 2001 to 2100"),
            );
        }
        let [open, high, low, close] = if columns == 2 {
            [price("close", 1)?; 4]
        } else {
            let (open, high) = (price("open", 1)?, price("high", 2)?);
            [open, high, price("low", 3)?, price("close", 4)?]
        };
        if columns > 5 {
            number("volume", 5)?;
        }
        let row = Self {
            line,
            at,
            open,
            high,
            low,
            close,
        };
        row.check()?;
        Ok(row)
    }

    /// What must hold inside a bar.
    fn check(&self) -> Result<(), Malformed> {
        if self.high < self.low {
            return malformed(self.line, "high lies below low");
        }
        for (name, price) in [("open", self.open), ("close", self.close)] {
            if price < self.low || price > self.high {
                return malformed(self.line, format!("{name} lies outside of low to high"));
            }
        }
        if self.high.0 / MAX_FACTOR > self.low.0 {
            return malformed(self.line, "high over low has an absurd size");
        }
        Ok(())
    }

    /// What must hold between a bar and the one before it.
    pub fn follows(&self, before: &Row) -> Result<(), Malformed> {
        if self.at <= before.at {
            let (now, then) = (self.at, before.at);
            return malformed(self.line, format!("time runs back: {now} after {then}"));
        }
        let (less, more) = (self.open.min(before.close), self.open.max(before.close));
        if more.0 / MAX_FACTOR > less.0 {
            return malformed(
                self.line,
                "the step from the close before has an absurd size",
            );
        }
        Ok(())
    }

    /// The bar in PriceE8 per `10^unit_exp` tokens.
    pub fn scaled(&self, unit_exp: u8) -> Result<Bar, Malformed> {
        let places = 8 + u32::from(unit_exp);
        let price = |name: &str, price: Decimal| match price.scaled(places) {
            Some(scaled) => Ok(scaled),
            None => malformed(
                self.line,
                format!("{name}: more than {places} decimal places"),
            ),
        };
        Ok(Bar {
            line: self.line,
            at: self.at,
            open: price("open", self.open)?,
            high: price("high", self.high)?,
            low: price("low", self.low)?,
            close: price("close", self.close)?,
        })
    }
}
