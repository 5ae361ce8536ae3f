//! A checked attack file: symbols, amounts, times and prices resolved against what is played.

use anyhow::{Result, anyhow};

use super::{Act, File, Kind, Side, What};
use crate::replay::decimal::Decimal;
use crate::replay::instrument::Instrument;
use crate::replay::times;

/// Most quote that an actor starts with, UsdE6.
const QUOTE_MAX_E6: u64 = 1_000_000_000_000_000;

/// An attack that can be played.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub about: String,
    pub actors: Vec<(String, u64)>,
    /// In order of time.
    pub acts: Vec<Ready>,
}

/// An act that can be played.
#[derive(Clone, Debug)]
pub struct Ready {
    pub at: i64,
    pub actor: usize,
    /// Its name in the file.
    pub name: &'static str,
    pub deed: Deed,
}

/// Whose account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Actor(usize),
    Trader(usize),
    Maker(usize),
    Weakest,
}

/// What is done, in numbers of markets, tokens and series. Amounts `None` are all there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Bank (0 is quote) and amount as a decimal: the venue knows decimals.
    Deposit(usize, Option<Decimal>),
    Withdraw(usize, Option<Decimal>),
    Place {
        market: usize,
        side: Side,
        kind: Kind,
        limit: Limit,
        notional_e6: u64,
        reduce_only: bool,
    },
    CloseOut(usize, u32),
    Cancel(usize),
    /// Series and PriceE8.
    PostPrice(usize, u64),
    Flag(Target),
    Unflag(Target),
    TakeOver(Target, usize),
    Seize(Target, usize),
    WindUp(Target),
    Settle(Target, usize),
    FundInsurance(u64),
    Accrue,
    Fold,
    Close,
}

/// A limit price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// PriceE8.
    Price(u64),
    /// From the Board's price, ppm.
    Offset(i32),
}

impl Script {
    /// Checks a file against what is played; an error names the place in it.
    pub fn new(file: &File, instruments: &[Instrument], span: (i64, i64)) -> Result<Self> {
        let mut actors = Vec::new();
        for (name, actor) in &file.actors {
            let quote = usd_e6(&actor.quote_usd).filter(|quote| *quote <= QUOTE_MAX_E6);
            let quote = quote.ok_or_else(|| {
                anyhow!("actors.{name}.quote_usd: not an amount of at most 1000000000 USD")
            })?;
            actors.push((name.clone(), quote));
        }
        let resolve = Resolve {
            actors: &actors,
            instruments,
            span,
        };
        let mut acts: Vec<Ready> = Vec::with_capacity(file.acts.len());
        for (index, act) in file.acts.iter().enumerate() {
            let ready = resolve
                .act(act)
                .map_err(|why| anyhow!("acts[{index}].{why}"))?;
            if acts.last().is_some_and(|before| before.at > ready.at) {
                return Err(anyhow!("acts[{index}].at: before the act before it"));
            }
            acts.push(ready);
        }
        Ok(Self {
            about: file.about.clone(),
            actors,
            acts,
        })
    }
}

/// USD to UsdE6.
fn usd_e6(text: &str) -> Option<u64> {
    Decimal::parse(text).ok()?.scaled(6)
}

struct Resolve<'a> {
    actors: &'a [(String, u64)],
    instruments: &'a [Instrument],
    span: (i64, i64),
}

impl Resolve<'_> {
    fn act(&self, act: &Act) -> Result<Ready, String> {
        let at = times::parse(&act.at).map_err(|why| format!("at: {why}"))?;
        if !(self.span.0..self.span.1).contains(&at) {
            return Err(format!("at: {} lies outside of the prices", act.at));
        }
        let actor = self.actor(&act.actor);
        let actor = actor.ok_or_else(|| format!("actor: nobody is called `{}`", act.actor))?;
        let (name, deed) = self
            .deed(&act.what, at)
            .map_err(|(name, why)| format!("do.{name}.{why}"))?;
        Ok(Ready {
            at,
            actor,
            name,
            deed,
        })
    }

    fn actor(&self, name: &str) -> Option<usize> {
        self.actors.iter().position(|(known, _)| known == name)
    }

    fn deed(&self, what: &What, at: i64) -> Result<(&'static str, Deed), (&'static str, String)> {
        let name = name_of(what);
        let deed = self.resolved(what, at).map_err(|why| (name, why))?;
        Ok((name, deed))
    }

    fn resolved(&self, what: &What, at: i64) -> Result<Deed, String> {
        Ok(match what {
            What::Deposit { token, amount } => Deed::Deposit(self.bank(token)?, decimal(amount)?),
            What::Withdraw { token, amount } => Deed::Withdraw(self.bank(token)?, decimal(amount)?),
            What::Place {
                market,
                side,
                kind,
                price,
                offset_ppm,
                notional_usd,
                reduce_only,
            } => {
                let market = self.market(market)?;
                Deed::Place {
                    market,
                    side: *side,
                    kind: *kind,
                    limit: self.limit(market, price.as_deref(), *offset_ppm)?,
                    notional_e6: usd_e6(notional_usd)
                        .ok_or_else(|| format!("notional_usd: `{notional_usd}` is no amount"))?,
                    reduce_only: *reduce_only,
                }
            }
            What::CloseOut { market, room_ppm } => match room_ppm {
                0..1_000_000 => Deed::CloseOut(self.market(market)?, *room_ppm),
                _ => return Err("room_ppm: not below 1000000".into()),
            },
            What::Cancel { market } => Deed::Cancel(self.market(market)?),
            What::PostPrice {
                series,
                price,
                wick_ppm,
            } => {
                let series = self.series(series)?;
                let price = self.within_bar(series, at, price.as_deref(), *wick_ppm)?;
                Deed::PostPrice(series, price)
            }
            What::Flag { of } => Deed::Flag(self.target(of)?),
            What::Unflag { of } => Deed::Unflag(self.target(of)?),
            What::TakeOver { of, market } => Deed::TakeOver(self.target(of)?, self.market(market)?),
            What::Seize { of, token } => {
                Deed::Seize(self.target(of)?, self.bank(&Some(token.clone()))?)
            }
            What::WindUp { of } => Deed::WindUp(self.target(of)?),
            What::Settle { of, market } => Deed::Settle(self.target(of)?, self.market(market)?),
            What::FundInsurance { amount } => Deed::FundInsurance(
                usd_e6(amount).ok_or_else(|| format!("amount: `{amount}` is no amount"))?,
            ),
            What::Accrue => Deed::Accrue,
            What::Fold => Deed::Fold,
            What::Close => Deed::Close,
        })
    }

    /// Number of a market.
    fn market(&self, symbol: &Option<String>) -> Result<usize, String> {
        let mut markets = self.instruments.iter().filter(|one| one.market);
        let Some(symbol) = symbol else { return Ok(0) };
        let found = markets.position(|one| one.symbol.eq_ignore_ascii_case(symbol));
        found.ok_or_else(|| format!("market: no market is called `{symbol}`"))
    }

    /// Number of a bank; 0 is quote.
    fn bank(&self, symbol: &Option<String>) -> Result<usize, String> {
        let mut tokens = self.instruments.iter().filter(|one| one.collateral);
        let Some(symbol) = symbol else { return Ok(0) };
        let found = tokens.position(|one| one.symbol.eq_ignore_ascii_case(symbol));
        found
            .map(|token| token + 1)
            .ok_or_else(|| format!("token: no token is called `{symbol}`"))
    }

    /// Number of a series.
    fn series(&self, symbol: &Option<String>) -> Result<usize, String> {
        let found = match symbol {
            Some(symbol) => self
                .instruments
                .iter()
                .position(|one| one.symbol.eq_ignore_ascii_case(symbol)),
            None => self.instruments.iter().position(|one| one.market),
        };
        found.ok_or_else(|| format!("series: no series is called {symbol:?}"))
    }

    fn limit(
        &self,
        market: usize,
        price: Option<&str>,
        offset: Option<i32>,
    ) -> Result<Limit, String> {
        match (price, offset) {
            (Some(price), None) => {
                let mut markets = self.instruments.iter().filter(|one| one.market);
                let unit_exp = markets.nth(market).map_or(0, |one| one.series.unit_exp);
                Ok(Limit::Price(price_e8(price, unit_exp)?))
            }
            (None, Some(ppm @ -999_999..=999_999)) => Ok(Limit::Offset(ppm)),
            (None, Some(_)) => Err("offset_ppm: not within 999999".into()),
            _ => Err("price: exactly one of price and offset_ppm is wanted".into()),
        }
    }

    /// A price that the oracle could have signed: within the bar under way.
    fn within_bar(
        &self,
        series: usize,
        at: i64,
        price: Option<&str>,
        wick_ppm: Option<u32>,
    ) -> Result<u64, String> {
        let series = &self.instruments[series].series;
        let mut bars = series.bars.iter();
        let bar = bars.find(|bar| (bar.at..bar.at + series.interval).contains(&at));
        let bar = bar.ok_or("price: no bar is under way, prices are missing here")?;
        match (price, wick_ppm) {
            (Some(text), None) => {
                let price = price_e8(text, series.unit_exp)?;
                if (bar.low..=bar.high).contains(&price) {
                    return Ok(price);
                }
                let (low, high) = (bar.low, bar.high);
                Err(format!(
                    "price: {text} lies outside of the bar under way, {low} to {high} in PriceE8"
                ))
            }
            (None, Some(ppm @ 0..=1_000_000)) => {
                let up = u128::from(bar.high - bar.low) * u128::from(ppm) / 1_000_000;
                Ok(bar.low + u64::try_from(up).unwrap_or(0))
            }
            (None, Some(_)) => Err("wick_ppm: not within 0 and 1000000".into()),
            _ => Err("price: exactly one of price and wick_ppm is wanted".into()),
        }
    }

    fn target(&self, of: &str) -> Result<Target, String> {
        if of == "weakest" {
            return Ok(Target::Weakest);
        }
        if let Some(actor) = self.actor(of) {
            return Ok(Target::Actor(actor));
        }
        let numbered = of.split_once(' ').and_then(|(kind, number)| {
            let number = number.parse().ok()?;
            match kind {
                "trader" => Some(Target::Trader(number)),
                "maker" => Some(Target::Maker(number)),
                _ => None,
            }
        });
        numbered.ok_or_else(|| format!("of: `{of}` is nobody"))
    }
}

/// `all`, or an amount.
fn decimal(amount: &str) -> Result<Option<Decimal>, String> {
    match amount {
        "all" => Ok(None),
        _ => Decimal::parse(amount)
            .map(Some)
            .map_err(|why| format!("amount: {why}")),
    }
}

/// USD per token to PriceE8 of a unit.
fn price_e8(text: &str, unit_exp: u8) -> Result<u64, String> {
    let price = Decimal::parse(text).map_err(|why| format!("price: {why}"))?;
    let scaled = price.scaled(8 + u32::from(unit_exp));
    scaled
        .filter(|price| *price > 0)
        .ok_or_else(|| format!("price: `{text}` is no price"))
}

fn name_of(what: &What) -> &'static str {
    match what {
        What::Deposit { .. } => "deposit",
        What::Withdraw { .. } => "withdraw",
        What::Place { .. } => "place",
        What::CloseOut { .. } => "close_out",
        What::Cancel { .. } => "cancel",
        What::PostPrice { .. } => "post_price",
        What::Flag { .. } => "flag",
        What::Unflag { .. } => "unflag",
        What::TakeOver { .. } => "take_over",
        What::Seize { .. } => "seize",
        What::WindUp { .. } => "wind_up",
        What::Settle { .. } => "settle",
        What::FundInsurance { .. } => "fund_insurance",
        What::Accrue => "accrue",
        What::Fold => "fold",
        What::Close => "close",
    }
}
