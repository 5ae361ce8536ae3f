//! What a replay found, as the data of a report.

use std::path::Path;

use anyhow::{Context, Result};
use bulwark_report as report;

use super::options::{Margins, Order};
use super::play::{Ended, Play};
use super::run::Covered;
use super::scenario::{Name, Written};
use super::trace::Moment;
use super::venue::{Kind, Liquidation, Party};
use super::{config, json};

/// The page of a report.
const PAGE: &str = "index.html";
/// Its data.
const DATA: &str = "report.json";
/// Its picture, for a README.
const PICTURE: &str = "picture.svg";

/// A run.
pub fn run(play: &Play, ended: &Ended) -> Result<report::Run> {
    let (played, venue) = (&ended.played, &ended.venue);
    let money = venue.money()?;
    let books = venue.books();
    let opened: u64 = played.opened_e6.iter().sum();
    let named = venue.refusals().into_iter();
    let refusals = named.map(|(name, count)| report::Refusal { name, count });
    let instructions = venue.units()?.into_iter();
    let instructions = instructions.map(|(name, units)| report::Instruction {
        name,
        count: units.count,
        units_total: units.total,
        units_max: units.most,
    });
    Ok(report::Run {
        margins: match ended.margins {
            Margins::Dynamic => report::Margins::Dynamic,
            Margins::Static => report::Margins::Static,
        },
        order: match ended.order {
            Order::HighFirst => report::Order::HighFirst,
            Order::LowFirst => report::Order::LowFirst,
        },
        figures: report::Figures {
            accounts: u64::from(play.options.accounts - played.turned_away),
            turned_away: played.turned_away.into(),
            notional_e6: i64::try_from(opened)?,
            bad_debt_e6: money.bad_debt_e6,
            accounts_liquidated: played.accounts_liquidated.into(),
            liquidations: played.liquidations,
            transactions: venue.transactions(),
            transactions_failed: venue.failed(),
            compute_units_total: venue.compute_units(),
            conservation_error: played.conservation_error,
            milliseconds: (ended.seconds * 1e3) as u64,
        },
        paid: report::Paid {
            insurance_e6: money.insurance_e6,
            socialised_e6: money.socialised_e6,
            deficit_e6: money.deficit_e6,
            premium_e6: books.premium_e6,
            liquidation_fee_e6: books.fee_e6,
        },
        markets: markets(play, ended)?,
        funds: played.trace.iter().map(fund).collect::<Result<_>>()?,
        cover: covered(&played.cover)?,
        covers: played.trace.iter().map(cover).collect::<Result<_>>()?,
        liquidations: books
            .liquidations
            .iter()
            .map(|one| liquidation(play, one))
            .collect(),
        held: played.held.clone(),
        equity: equity(ended),
        instructions: instructions.collect(),
        refusals: refusals.collect(),
    })
}

fn markets(play: &Play, ended: &Ended) -> Result<Vec<report::MarketRun>> {
    let of = |(at, one): (usize, &super::instrument::Instrument)| {
        let margin = &ended.played.margins.markets[at];
        let trace = ended.played.trace.iter().map(|moment| point(moment, at));
        Ok(report::MarketRun {
            symbol: one.symbol.clone(),
            average_initial_margin_ppm: margin.average_ppm(),
            max_initial_margin_ppm: margin.largest_ppm(),
            trace: trace.collect::<Result<_>>()?,
        })
    };
    play.markets().enumerate().map(of).collect()
}

fn point(moment: &Moment, market: usize) -> Result<report::Point> {
    let point = &moment.markets[market];
    let notional = u128::from(point.open_interest) * u128::from(point.price) / 10_000_000_000;
    Ok(report::Point {
        at_unix: moment.at,
        price_e8: point.price,
        initial_ppm: point.initial_e9.div_ceil(1_000),
        maintenance_ppm: point.target_e9.div_ceil(1_000),
        applied_ppm: point.applied_e9.div_ceil(1_000),
        open_interest_e6: i64::try_from(notional)?,
    })
}

fn fund(moment: &Moment) -> Result<report::Fund> {
    Ok(report::Fund {
        at_unix: moment.at,
        insurance_e6: i64::try_from(moment.cover.insurance_e6)?,
        bad_debt_e6: moment.bad_debt_e6,
        live_accounts: moment.live,
    })
}

fn covered(all: &Covered) -> Result<report::Covered> {
    Ok(report::Covered {
        most_stress_e6: i64::try_from(all.most_stress_e6)?,
        most_used_ppm: all.most_used_ppm,
        premium_e6: i64::try_from(all.last.premium_e6)?,
        fees_e6: i64::try_from(all.last.fees_e6)?,
        insurance_e6: i64::try_from(all.last.insurance_e6)?,
        share_ppm: all.last.share_ppm,
    })
}

fn cover(moment: &Moment) -> Result<report::Cover> {
    let cover = &moment.cover;
    Ok(report::Cover {
        at_unix: moment.at,
        stress_e6: i64::try_from(cover.stress_e6)?,
        used_ppm: cover.used_ppm,
        fee_share_ppm: cover.fee_share_ppm,
        premium_ppm: cover.premium_ppm,
        share_ppm: cover.share_ppm,
    })
}

/// Traders keep their numbers; makers and actors follow them.
fn liquidation(play: &Play, one: &Liquidation) -> report::Liquidation {
    let traders = play.options.accounts as usize;
    let account = match one.party {
        Party::Trader(who) => who,
        Party::Maker(which) => traders + which,
        Party::Actor(which) => traders + 1_000 + which,
        Party::Liquidator => usize::MAX,
    };
    let market = match (one.kind, one.party) {
        (Kind::Seizure, Party::Trader(who)) => play.market_of(who),
        (Kind::Seizure, _) => 0,
        _ => one.market,
    };
    report::Liquidation {
        at_unix: one.at,
        market,
        account: account as u64,
        notional_e6: one.notional_e6,
        price_e8: one.price,
        kind: match one.kind {
            Kind::TakeOver => report::LiquidationKind::TakeOver,
            Kind::Seizure => report::LiquidationKind::Seizure,
            Kind::WindUp => report::LiquidationKind::WindUp,
        },
        loss_e6: one.loss_e6,
    }
}

fn equity(ended: &Ended) -> report::Series<report::Equity> {
    let all = ended.played.equity.iter().enumerate();
    all.filter(|(_, flows)| flows.in_e6 > 0)
        .map(|(account, flows)| report::Equity {
            account: account as u64,
            initial_e6: flows.in_e6,
            final_e6: flows.out_e6,
        })
        .collect()
}

/// The whole report. `weights` are the tokens' at the start, ppm.
pub fn all(
    play: &Play,
    scenario: &json::Scenario,
    built_in: Option<&(Name, Written)>,
    weights: &[u64],
    runs: Vec<report::Run>,
    away: &[json::Away],
) -> report::Report {
    let hash = scenario.program_sha256.get(..16).unwrap_or_default();
    report::Report {
        format: report::FORMAT,
        program: format!("bulwark {} ({hash}…)", env!("CARGO_PKG_VERSION")),
        scenario: described(play, scenario, built_in, weights, away),
        runs,
    }
}

fn described(
    play: &Play,
    scenario: &json::Scenario,
    built_in: Option<&(Name, Written)>,
    weights: &[u64],
    away: &[json::Away],
) -> report::Scenario {
    let market = |one: &super::instrument::Instrument| report::Market {
        symbol: one.symbol.clone(),
        class: config::class_name(one.class).into(),
        unit_exp: one.series.unit_exp,
        prices: one.prices.clone(),
    };
    let token = |(one, weight): (&super::instrument::Instrument, &u64)| report::Collateral {
        symbol: one.symbol.clone(),
        weight_ppm: *weight,
    };
    let outages = play.markets().enumerate().flat_map(|(market, one)| {
        one.series.gaps.iter().map(move |gap| report::Outage {
            market,
            from_unix: gap.from,
            seconds: gap.seconds,
        })
    });
    let name = match &scenario.name {
        Some(name) => name.clone(),
        None => play
            .instruments
            .iter()
            .map(|one| file_name(&one.prices))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let label = match built_in {
        Some(_) => scenario.label.clone(),
        None => format!("from {name}"),
    };
    report::Scenario {
        name,
        label,
        about: built_in.map_or(String::new(), |(_, written)| written.about.clone()),
        markets: play.markets().map(market).collect(),
        collaterals: play.tokens().zip(weights).map(token).collect(),
        from_unix: scenario.from_unix,
        until_unix: scenario.until_unix,
        bars: scenario.bars as u64,
        bar_seconds: scenario.bar_seconds,
        accounts: scenario.accounts.into(),
        seed: scenario.seed,
        liquidator_delay_seconds: scenario.liquidator_delay_seconds,
        notional_per_account_e6: config::NOTIONAL_E6.cast_signed(),
        insurance_e6: config::insurance_e6(scenario.accounts).cast_signed(),
        outages: outages.collect(),
        modelled: scenario.modelled.clone(),
        episodes: episodes(play, away),
        options: settings(play),
    }
}

fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or(path.into(), |name| name.to_string_lossy().into_owned())
}

fn episodes(play: &Play, away: &[json::Away]) -> Vec<report::Episode> {
    let mut episodes = Vec::new();
    let mut push = |name: String, from_unix, until_unix| {
        episodes.push(report::Episode {
            name,
            from_unix,
            until_unix,
        });
    };
    if let Some(congestion) = play.cluster.congestion {
        let (halt, restart) = congestion.halt();
        push("congestion".into(), congestion.from, congestion.until);
        push("halt and restart".into(), halt, restart);
    }
    for one in away {
        let name = format!("makers of {} away", one.symbol);
        push(name, one.from_unix, one.until_unix);
    }
    episodes
}

/// Options that differ from their defaults and aren't told elsewhere.
fn settings(play: &Play) -> Vec<report::Setting> {
    let options = play.options;
    let mut settings = Vec::new();
    let mut push = |name: &str, value: String| {
        settings.push(report::Setting {
            name: name.into(),
            value,
        });
    };
    if let super::options::StaticMargin::Ppm(ppm) = options.static_margin {
        push("--static-margin", ppm.to_string());
    }
    if let Some(path) = &options.program {
        push("--program", file_name(&path.display().to_string()));
    }
    for one in play.instruments.iter().filter(|one| one.quote) {
        push(
            "Quote token",
            format!("{}, prices {}", one.symbol, file_name(&one.prices)),
        );
    }
    if options.makers_leave {
        push("--makers-leave", "yes".into());
    }
    settings
}

/// Writes a report's page and data into a folder, and returns the page's path.
pub fn write(folder: &Path, found: &report::Report) -> Result<std::path::PathBuf> {
    let shown = || folder.display().to_string();
    std::fs::create_dir_all(folder).with_context(shown)?;
    let data = serde_json::to_string(found)?;
    std::fs::write(folder.join(DATA), data + "\n").with_context(shown)?;
    std::fs::write(folder.join(PICTURE), report::picture(found)).with_context(shown)?;
    let page = folder.join(PAGE);
    std::fs::write(&page, report::render(found)).with_context(shown)?;
    Ok(page)
}
