//! What a run looked like at each step: rows of `--trace`, and what pictures are made of.
//!
//! Columns: `ts_unix` seconds; `price` USD per token; `initial_target` (initial margin for new
//! risk), `maintenance_target` and `applied_maintenance` as fractions of notional;
//! `open_interest_long` tokens; `insurance` (balance) and `bad_debt` (so far) USD;
//! `live_accounts` traders with a position, over all markets; `margins`, `order`, `symbol`: the run
//! and the market.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use bulwark_core::targets;

use super::venue::{Cover, Venue};

/// The header of a trace.
pub const HEADER: &str = "ts_unix,price,initial_target,maintenance_target,applied_maintenance,\
     open_interest_long,insurance,bad_debt,live_accounts,margins,order,symbol";

/// A market at a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// PriceE8.
    pub price: u64,
    /// Initial margin for new risk, e9.
    pub initial_e9: u64,
    /// T_M, e9.
    pub target_e9: u64,
    /// Maintenance that counts now, e9.
    pub applied_e9: u64,
    /// Of longs, BaseE8.
    pub open_interest: u64,
}

/// A step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Unix second.
    pub at: i64,
    pub markets: Vec<Point>,
    /// Insurance.
    pub cover: Cover,
    /// So far, UsdE6.
    pub bad_debt_e6: i64,
    /// Traders with a position.
    pub live: u64,
}

/// All steps of a run.
pub type Trace = Vec<Moment>;

/// Reads a step off a venue.
pub fn moment(venue: &Venue, live: u64, cover: Cover) -> Result<Moment> {
    let point = |market: usize| {
        let rule = venue.margin(market);
        Ok(Point {
            price: venue.price(market).0,
            initial_e9: targets::initial(rule),
            target_e9: rule.mm,
            applied_e9: venue.applied(market),
            open_interest: venue.open_interest(market)?,
        })
    };
    Ok(Moment {
        at: venue.now().unix,
        markets: (0..venue.market_count())
            .map(point)
            .collect::<Result<_>>()?,
        cover,
        bad_debt_e6: venue.books().lost_e6,
        live,
    })
}

/// A market's name and unit.
pub struct Symbol<'a> {
    pub symbol: &'a str,
    pub unit_exp: u8,
}

/// Writes the traces of all runs: (margins, order, trace).
pub fn write<'a>(
    path: &Path,
    symbols: &[Symbol],
    runs: impl Iterator<Item = (&'a str, &'a str, &'a Trace)>,
) -> Result<()> {
    let shown = || path.display().to_string();
    let file = std::fs::File::create(path).with_context(shown)?;
    let mut out = BufWriter::new(file);
    writeln!(out, "{HEADER}").with_context(shown)?;
    for (margins, order, trace) in runs {
        for moment in trace {
            for (point, Symbol { symbol, unit_exp }) in moment.markets.iter().zip(symbols) {
                let places = 8 + u32::from(*unit_exp);
                // Sizes are per 10^unit_exp tokens: as many places fewer.
                let tokens = decimal(
                    u128::from(point.open_interest) * 10u128.pow(u32::from(*unit_exp)),
                    8,
                );
                writeln!(
                    out,
                    "{},{},{},{},{},{tokens},{},{},{},{margins},{order},{symbol}",
                    moment.at,
                    decimal(point.price.into(), places),
                    decimal(point.initial_e9.into(), 9),
                    decimal(point.target_e9.into(), 9),
                    decimal(point.applied_e9.into(), 9),
                    decimal(moment.cover.insurance_e6.into(), 6),
                    decimal(moment.bad_debt_e6.unsigned_abs().into(), 6),
                    moment.live,
                )
                .with_context(shown)?;
            }
        }
    }
    out.flush().with_context(shown)
}

/// An integer of `10^-places` as an exact decimal without trailing zeros.
pub fn decimal(value: u128, places: u32) -> String {
    let one = 10u128.pow(places);
    let fraction = format!("{:0width$}", value % one, width = places as usize);
    let fraction = fraction.trim_end_matches('0');
    match fraction {
        "" => (value / one).to_string(),
        _ => format!("{}.{fraction}", value / one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        assert_eq!(decimal(0, 8), "0");
        assert_eq!(decimal(4_984_416_000_000, 8), "49844.16");
        assert_eq!(decimal(4_000_000, 11), "0.00004");
        assert_eq!(decimal(30_000_000, 9), "0.03");
    }

    #[test]
    fn a_trace_is_one_line_a_market_and_step() {
        let point = Point {
            price: 10_000_000_000,
            initial_e9: 30_000_000,
            target_e9: 20_000_000,
            applied_e9: 20_000_000,
            open_interest: 150_000_000,
        };
        let moment = Moment {
            at: 1_700_000_000,
            markets: vec![point, point],
            cover: Cover {
                insurance_e6: 1_500_000,
                ..Cover::default()
            },
            bad_debt_e6: 0,
            live: 3,
        };
        let symbols = ["BTC", "X"].map(|symbol| Symbol {
            symbol,
            unit_exp: if symbol == "X" { 3 } else { 0 },
        });
        let file = std::env::temp_dir().join(format!("bulwark-trace-{}.csv", std::process::id()));
        let trace = vec![moment];
        write(
            &file,
            &symbols,
            [("dynamic", "low-first", &trace)].into_iter(),
        )
        .unwrap();
        let written = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        assert_eq!(lines[0].split(',').count(), 12);
        assert_eq!(
            lines[1],
            "1700000000,100,0.03,0.02,0.02,1.5,1.5,0,3,dynamic,low-first,BTC"
        );
        assert_eq!(
            lines[2],
            "1700000000,0.1,0.03,0.02,0.02,1500,1.5,0,3,dynamic,low-first,X"
        );
    }
}
