//! Built-in scenarios: reconstructed paths, so that a replay needs no file.
//!
//! A scenario is a list of anchors, prices that were published with their times (scenarios/*.json
//! names the sources). Between two anchors a path is drawn from the seed; see [`bridge`].

mod bridge;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Deserialize;

use super::csv::{MINUTE, Series};
use super::decimal::Decimal;
use super::instrument::{Instrument, class_of};
use super::times;

/// What is printed wherever a scenario's prices are.
pub const LABEL: &str = "reconstructed path";

/// A built-in scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    #[value(name = "black-thursday-2020")]
    BlackThursday2020,
    #[value(name = "may-19-2021")]
    May192021,
    #[value(name = "luna-2022")]
    Luna2022,
    #[value(name = "usdc-depeg-shape")]
    UsdcDepegShape,
    #[value(name = "quote-depeg-shape")]
    QuoteDepegShape,
    #[value(name = "calm")]
    Calm,
}

impl Name {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::BlackThursday2020 => "black-thursday-2020",
            Self::May192021 => "may-19-2021",
            Self::Luna2022 => "luna-2022",
            Self::UsdcDepegShape => "usdc-depeg-shape",
            Self::QuoteDepegShape => "quote-depeg-shape",
            Self::Calm => "calm",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::BlackThursday2020 => {
                include_str!("../../../scenarios/black-thursday-2020.json")
            }
            Self::May192021 => include_str!("../../../scenarios/may-19-2021.json"),
            Self::Luna2022 => include_str!("../../../scenarios/luna-2022.json"),
            Self::UsdcDepegShape => include_str!("../../../scenarios/usdc-depeg-shape.json"),
            Self::QuoteDepegShape => {
                include_str!("../../../scenarios/quote-depeg-shape.json")
            }
            Self::Calm => include_str!("../../../scenarios/calm.json"),
        }
    }
}

/// A scenario as it is written down.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    pub title: String,
    pub about: String,
    /// Where the figures were published.
    pub sources: Vec<String>,
    /// Symbols that accounts hold as collateral.
    #[serde(default)]
    pub collateral: Vec<String>,
    /// Symbol that the quote token's own feed follows.
    #[serde(default)]
    pub quote: Option<String>,
    series: Vec<WrittenSeries>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSeries {
    symbol: String,
    /// Typical move of a minute, ppm, that the path between anchors is drawn with.
    minute_ppm: u64,
    anchors: Vec<WrittenAnchor>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAnchor {
    utc: String,
    price: String,
    /// What the figure is, and the numbers of its sources.
    #[serde(rename = "what")]
    _what: String,
    #[serde(rename = "sources")]
    _sources: Vec<usize>,
    /// Typical move of a minute from here to the next anchor, where it isn't the series'.
    minute_ppm: Option<u64>,
}

/// A price that was published with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Unix second, a whole minute.
    pub at: i64,
    /// PriceE8 of the series' unit.
    pub price: u64,
    /// Typical move of a minute from here to the next, ppm.
    pub minute_ppm: u64,
}

/// A scenario, and its series as they are drawn from a seed.
pub fn load(name: Name, seed: u64) -> Result<(Written, Vec<Instrument>)> {
    let written: Written =
        serde_json::from_str(name.text()).with_context(|| format!("scenario {}", name.name()))?;
    let instruments = written.series.iter().zip(1_u64..).map(|(one, number)| {
        let series = one
            .series(seed, number)
            .with_context(|| format!("scenario {}, {}", name.name(), one.symbol))?;
        Ok(Instrument {
            symbol: one.symbol.clone(),
            class: class_of(&one.symbol),
            prices: format!("{LABEL} ({})", name.name()),
            series,
            market: false,
            collateral: false,
            quote: written.quote.as_ref() == Some(&one.symbol),
        })
    });
    let instruments = instruments.collect::<Result<_>>()?;
    Ok((written, instruments))
}

impl WrittenSeries {
    fn series(&self, seed: u64, number: u64) -> Result<Series> {
        let parsed = self.anchors.iter().map(|anchor| {
            let at = times::parse(&anchor.utc).map_err(anyhow::Error::msg)?;
            let price = Decimal::parse(&anchor.price).map_err(anyhow::Error::msg)?;
            anyhow::ensure!(at % MINUTE == 0, "{}: not a whole minute", anchor.utc);
            let minute_ppm = anchor.minute_ppm.unwrap_or(self.minute_ppm);
            Ok((at, price, minute_ppm))
        });
        let parsed: Vec<(i64, Decimal, u64)> = parsed.collect::<Result<_>>()?;
        let lowest = parsed.iter().map(|(_, price, _)| *price).min();
        let unit_exp = lowest.and_then(Series::unit_for).context("no unit fits")?;
        let anchors = parsed.into_iter().map(|(at, price, minute_ppm)| {
            let price = price.scaled(8 + u32::from(unit_exp));
            let price = price.context("too many decimal places")?;
            Ok(Anchor {
                at,
                price,
                minute_ppm,
            })
        });
        let anchors: Vec<Anchor> = anchors.collect::<Result<_>>()?;
        anyhow::ensure!(
            anchors.len() > 1 && anchors.is_sorted_by(|a, b| a.at < b.at),
            "anchors must be in order of time"
        );
        Ok(Series {
            bars: bridge::minutes(&anchors, seed, number),
            interval: MINUTE,
            unit_exp,
            gaps: vec![],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_keeps_its_anchors_and_never_goes_beyond_them() {
        for name in Name::value_variants() {
            let (written, instruments) = load(*name, 7).unwrap();
            assert!(!written.sources.is_empty() && !written.about.is_empty());
            for (one, read) in instruments.iter().zip(&written.series) {
                for anchor in &read.anchors {
                    assert!(!anchor._what.is_empty() && !anchor._sources.is_empty());
                    assert!(
                        anchor
                            ._sources
                            .iter()
                            .all(|n| (1..=written.sources.len()).contains(n))
                    );
                    let at = times::parse(&anchor.utc).unwrap();
                    let places = 8 + u32::from(one.series.unit_exp);
                    let price = Decimal::parse(&anchor.price).unwrap().scaled(places);
                    let bar = one.series.bars.iter().find(|bar| bar.at == at);
                    let ends = one.series.end() == at;
                    let met = bar.map_or_else(|| one.series.bars.last().unwrap().close, |b| b.open);
                    assert!(bar.is_some() || ends, "{name:?} {}", anchor.utc);
                    assert_eq!(Some(met), price, "{name:?} {} {}", one.symbol, anchor.utc);
                }
                let prices = read
                    .anchors
                    .iter()
                    .map(|a| Decimal::parse(&a.price).unwrap());
                let (low, high) = (prices.clone().min().unwrap(), prices.max().unwrap());
                let places = 8 + u32::from(one.series.unit_exp);
                let bars = &one.series.bars;
                assert_eq!(
                    bars.iter().map(|b| b.low).min(),
                    low.scaled(places),
                    "{name:?}"
                );
                assert_eq!(
                    bars.iter().map(|b| b.high).max(),
                    high.scaled(places),
                    "{name:?}"
                );
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_path_and_another_seed_another() {
        let bars = |seed| {
            load(Name::May192021, seed).unwrap().1[0]
                .series
                .bars
                .clone()
        };
        assert_eq!(bars(7), bars(7));
        assert_ne!(bars(7), bars(8));
    }
}
