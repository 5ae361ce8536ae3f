//! What a replay lists: each series as a market, as collateral, or as both.

use std::path::Path;

use anyhow::{Result, bail};
use bulwark_core::params::Class;

use super::csv::{self, Series};
use super::options::PriceFile;
use super::steps::common_span;

/// Most series of one replay: an account holds at most eight tokens and eight positions.
pub const MOST: usize = 8;
/// Stablecoins by symbol.
const STABLES: [&str; 8] = [
    "usdc", "usdt", "dai", "ust", "busd", "tusd", "pyusd", "usde",
];

/// A series and what it is listed as.
#[derive(Clone, Debug)]
pub struct Instrument {
    /// For example `BTC`.
    pub symbol: String,
    pub class: Class,
    /// Where the prices come from: a file or a scenario.
    pub prices: String,
    pub series: Series,
    pub market: bool,
    pub collateral: bool,
    /// What the quote token's own feed follows.
    pub quote: bool,
}

/// The class of a symbol; one that isn't known is small.
pub fn class_of(symbol: &str) -> Class {
    match symbol.to_ascii_lowercase().as_str() {
        "btc" | "eth" => Class::Major,
        "sol" => Class::Large,
        stable if STABLES.contains(&stable) => Class::Stable,
        _ => Class::Small,
    }
}

/// The symbol of a file that is given without one: the first word of its name.
pub fn symbol_of(prices: &Path) -> String {
    let stem = prices.file_stem().and_then(|s| s.to_str());
    let first = stem
        .unwrap_or_default()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .next();
    match first.unwrap_or_default() {
        "" => "ASSET".into(),
        word => word.to_ascii_uppercase(),
    }
}

/// Reads price files.
pub fn from_files(files: &[PriceFile]) -> Result<Vec<Instrument>> {
    files.iter().map(from_file).collect()
}

fn from_file(file: &PriceFile) -> Result<Instrument> {
    let series = csv::read(&file.path)?;
    let symbol = match &file.symbol {
        Some(symbol) => symbol.clone(),
        None => symbol_of(&file.path),
    };
    Ok(Instrument {
        class: class_of(&symbol),
        prices: file.path.display().to_string(),
        symbol,
        series,
        market: false,
        collateral: false,
        quote: false,
    })
}

/// Reads the prices of the quote token.
pub fn quote_from(file: &PriceFile) -> Result<Instrument> {
    let read = from_file(file)?;
    Ok(Instrument {
        class: Class::Stable,
        quote: true,
        ..read
    })
}

/// Feed of each series on the Board: quote's is the first, the others follow in their order.
pub fn feeds(instruments: &[Instrument]) -> Vec<u8> {
    let mut next = 0;
    let feed = |one: &Instrument| {
        if one.quote {
            return 0;
        }
        next += 1;
        next
    };
    instruments.iter().map(feed).collect()
}

/// Decides what each series is listed as: a market unless it is a stablecoin, collateral if it is
/// named so. Returns the span that all of them cover, unix seconds.
pub fn list(instruments: &mut [Instrument], collateral: &[String]) -> Result<(i64, i64)> {
    let listed = instruments.iter().filter(|one| !one.quote).count();
    if listed > MOST {
        bail!("{listed} series, where at most {MOST} fit");
    }
    for name in collateral {
        let found = instruments
            .iter_mut()
            .find(|one| one.symbol.eq_ignore_ascii_case(name));
        let Some(found) = found else {
            bail!("--collateral {name}: no series of that symbol; give --prices {name}=FILE");
        };
        found.collateral = true;
    }
    for (at, one) in instruments.iter().enumerate() {
        let symbol = &one.symbol;
        if instruments[..at].iter().any(|o| o.symbol == *symbol) {
            bail!("two series are called {symbol}: give each a symbol, --prices SYMBOL=FILE");
        }
        if one.quote {
            if one.collateral || one.series.unit_exp != 0 {
                bail!("{symbol} is the quote token: neither collateral besides nor below a cent");
            }
            continue;
        }
        if one.class == Class::Stable && !one.collateral {
            bail!("{symbol} is a stablecoin and no market: name it with --collateral {symbol}");
        }
    }
    for one in &mut *instruments {
        one.market = one.class != Class::Stable && !one.quote;
    }
    if !instruments.iter().any(|one| one.market) {
        bail!("no market: all series are stablecoins");
    }
    let series: Vec<&Series> = instruments.iter().map(|one| &one.series).collect();
    match common_span(&series) {
        Some(span) => Ok(span),
        None => bail!("the price series have no time in common"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::csv::Bar;

    #[test]
    fn symbol_and_class_follow_the_name() {
        for (file, symbol, class) in [
            ("/data/btc-2021-05-19-1m.csv", "BTC", Class::Major),
            ("ETH_2020.csv", "ETH", Class::Major),
            ("sol.csv", "SOL", Class::Large),
            ("solana.csv", "SOLANA", Class::Small),
            ("usdt-2022.csv", "USDT", Class::Stable),
            ("", "ASSET", Class::Small),
        ] {
            assert_eq!(symbol_of(Path::new(file)), symbol, "{file}");
            assert_eq!(class_of(symbol), class, "{file}");
        }
    }

    fn instrument(symbol: &str, at: i64) -> Instrument {
        let bar = Bar {
            line: 2,
            at,
            open: 1,
            high: 1,
            low: 1,
            close: 1,
        };
        Instrument {
            symbol: symbol.into(),
            class: class_of(symbol),
            prices: String::new(),
            series: Series {
                bars: vec![bar],
                interval: 60,
                unit_exp: 0,
                gaps: vec![],
            },
            market: false,
            collateral: false,
            quote: false,
        }
    }

    #[test]
    fn stablecoins_are_collateral_and_nothing_else() {
        let mut both = [instrument("BTC", 60), instrument("USDC", 60)];
        assert_eq!(list(&mut both, &["usdc".into()]).unwrap(), (60, 120));
        assert!(both[0].market && !both[0].collateral);
        assert!(!both[1].market && both[1].collateral);
        let mut sol = [instrument("SOL", 60)];
        list(&mut sol, &["SOL".into()]).unwrap();
        assert!(sol[0].market && sol[0].collateral);
    }

    #[test]
    fn quote_has_the_first_feed_and_is_no_market() {
        let mut all = [
            instrument("BTC", 60),
            instrument("USDT", 60),
            instrument("SOL", 60),
        ];
        all[1].quote = true;
        assert_eq!(feeds(&all), [1, 0, 2]);
        list(&mut all, &["SOL".into()]).unwrap();
        assert!(!all[1].market && !all[1].collateral);
        let error = list(&mut all, &["USDT".into()]).unwrap_err().to_string();
        assert!(error.contains("the quote token"), "{error}");
    }

    #[test]
    fn what_can_not_be_listed_is_named() {
        let two = |other, at| [instrument("BTC", 60), instrument(other, at)];
        for (mut listed, collateral, why) in [
            (two("USDC", 60), "", "stablecoin and no market"),
            (two("BTC", 60), "", "two series are called BTC"),
            (two("ETH", 6_000), "", "no time in common"),
            (two("ETH", 60), "SOL", "no series of that symbol"),
        ] {
            let named: Vec<String> = collateral.split_whitespace().map(String::from).collect();
            let error = list(&mut listed, &named).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
