//! What runs found, as the result that is shown and written.

use anyhow::Result;
use bulwark_report::Held;
use sha2::{Digest, Sha256};

use super::csv::{Gap, Series};
use super::instrument::Instrument;
use super::json::{
    Away, Listed, OfBreaker, OfCongestion, OfCover, OfInstruction, OfMarket, OfToken, Outage, Run,
    Scenario, Span, usd,
};
use super::play::{Ended, Play};
use super::scenario::{self, Name, Written};
use super::venue::{Flows, Kind, Liquidation, Units, Venue};
use super::{config, path};

/// What is played.
pub fn scenario(play: &Play, built_in: Option<&(Name, Written)>, program_sha256: &str) -> Scenario {
    let options = play.options;
    let first = play.markets().next();
    let outages = play.instruments.iter().flat_map(|one| {
        let outage = |gap: &Gap| Outage {
            line: gap.line,
            from_unix: gap.from,
            seconds: gap.seconds,
            symbol: one.symbol.clone(),
        };
        one.series.gaps.iter().map(outage)
    });
    let files: Vec<&str> = play.instruments.iter().map(|i| i.prices.as_str()).collect();
    let prices = match built_in {
        Some((name, _)) => format!("{} ({})", scenario::LABEL, name.name()),
        None => files.join(", "),
    };
    let label = match built_in {
        Some(_) => scenario::LABEL.into(),
        None => format!("from {}", files.join(", ")),
    };
    Scenario {
        prices,
        label,
        from_unix: play.span.0,
        until_unix: play.span.1,
        bars: first.map_or(0, |one| one.series.bars.len()),
        bar_seconds: first.map_or(0, |one| one.series.interval),
        unit_exp: first.map_or(0, |one| one.series.unit_exp),
        outages: outages.collect(),
        modelled: modelled(play, built_in.is_some()),
        market_class: first.map_or("", |one| config::class_name(one.class)).into(),
        accounts: options.accounts,
        seed: options.seed,
        liquidator_delay_seconds: i64::from(options.liquidator_delay) * path::PRINT_SECONDS,
        notional_per_account_usd: config::NOTIONAL_E6 as f64 / 1e6,
        insurance_usd: config::insurance_e6(options.accounts) as f64 / 1e6,
        static_initial_margin_ppm: play
            .fixed
            .first()
            .and_then(|(_, fixed)| fixed.markets.first().copied()),
        name: built_in.map(|(name, _)| name.name().into()),
        sources: built_in.map_or(vec![], |(_, written)| written.sources.clone()),
        series: play.instruments.iter().map(listed).collect(),
        congestion: play.cluster.congestion.map(|congestion| Span {
            from_unix: congestion.from,
            until_unix: congestion.until,
        }),
        makers_leave: options.makers_leave,
        attack: options
            .attack
            .as_ref()
            .map(|path| path.display().to_string()),
        program_sha256: program_sha256.into(),
    }
}

fn modelled(play: &Play, reconstructed: bool) -> Vec<String> {
    let mut modelled = vec![
        "confidence",
        "signed average (half-life 5921 slots)",
        "a keeper who checks hourly and when a breaker trips and looks after insurance each quarter",
    ];
    if reconstructed {
        modelled.push("the path between published prices (reconstructed path)");
    }
    if play.instruments.iter().any(|one| one.series.interval > 60) {
        modelled.push("minutes inside of a bar");
    }
    if play.cluster.congestion.is_some() {
        modelled.push("congestion: prints lost and late, slow slots, a halt");
    }
    if play.options.makers_leave {
        modelled.push("makers who leave");
    }
    modelled.into_iter().map(String::from).collect()
}

fn listed(one: &Instrument) -> Listed {
    Listed {
        symbol: one.symbol.clone(),
        class: config::class_name(one.class).into(),
        unit_exp: one.series.unit_exp,
        bars: one.series.bars.len(),
        market: one.market,
        collateral: one.collateral,
        quote: one.quote,
        prices_sha256: fingerprint(&one.series),
    }
}

/// Hash of a series' bars.
fn fingerprint(series: &Series) -> String {
    let mut hash = Sha256::new();
    for bar in &series.bars {
        hash.update(bar.at.to_le_bytes());
        for price in [bar.open, bar.high, bar.low, bar.close] {
            hash.update(price.to_le_bytes());
        }
    }
    hex(&hash.finalize())
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A run.
pub fn run(play: &Play, ended: &Ended) -> Result<Run> {
    let Ended {
        margins,
        order,
        played,
        venue,
        seconds,
    } = ended;
    let money = venue.money()?;
    let opened: u64 = played.opened_e6.iter().sum();
    let bad = money.bad_debt_e6;
    let bp = if opened == 0 {
        0.0
    } else {
        bad as f64 / opened as f64
    };
    let first = &played.margins.markets[0];
    let (markets, tokens) = (of_markets(play, ended), of_tokens(play, ended));
    let sum = |of: fn(&Flows) -> i64| usd(played.equity.iter().map(of).sum());
    let symbol = |market: usize| markets[market].symbol.clone();
    let away = |(market, from_unix, until_unix): &(usize, i64, i64)| Away {
        symbol: symbol(*market),
        from_unix: *from_unix,
        until_unix: *until_unix,
    };
    let breaker = |held: &Held| OfBreaker {
        symbol: held.market.map(symbol),
        breaker: held.breaker.name().into(),
        state: held.state.name().into(),
        from_unix: held.from_unix,
        until_unix: held.until_unix,
        refused: held.refused,
        liquidations: held.liquidations,
    };
    Ok(Run {
        margins: margins.name().into(),
        order: order.name().into(),
        accounts: play.options.accounts - played.turned_away,
        notional_usd: opened as f64 / 1e6,
        bad_debt_usd: usd(bad),
        bad_debt_bp: bp * 1e4,
        accounts_liquidated: played.accounts_liquidated,
        liquidations: played.liquidations,
        insurance_paid_usd: usd(money.insurance_e6),
        socialised_usd: usd(money.socialised_e6),
        deficit_usd: usd(money.deficit_e6),
        average_initial_margin_ppm: first.average_ppm(),
        max_initial_margin_ppm: first.largest_ppm(),
        transactions: venue.transactions(),
        transactions_failed: venue.failed(),
        compute_units_total: venue.compute_units(),
        conservation_error: played.conservation_error,
        seconds: *seconds,
        turned_away: played.turned_away,
        refusals: venue.refusals(),
        premiums_usd: usd(venue.books().premium_e6),
        seized_usd: usd(venue.books().seized_e6),
        traders_in_usd: sum(|flows| flows.in_e6),
        traders_out_usd: sum(|flows| flows.out_e6),
        cover: OfCover {
            most_stress_usd: played.cover.most_stress_e6 as f64 / 1e6,
            most_used_ppm: played.cover.most_used_ppm,
            premium_usd: played.cover.last.premium_e6 as f64 / 1e6,
            fees_earned_usd: played.cover.last.fees_e6 as f64 / 1e6,
            insurance_usd: played.cover.last.insurance_e6 as f64 / 1e6,
            share_ppm: played.cover.last.share_ppm,
        },
        instructions: of_instructions(venue)?,
        congestion: of_congestion(play, ended),
        makers_away: played.away.iter().map(away).collect(),
        breakers: played.held.iter().map(breaker).collect(),
        attack: played.attack.clone(),
        markets,
        collaterals: tokens,
    })
}

fn of_instructions(venue: &Venue) -> Result<Vec<OfInstruction>> {
    let units = venue.units()?.into_iter();
    let of = |(name, units): (String, Units)| OfInstruction {
        name,
        count: units.count,
        units_total: units.total,
        units_max: units.most,
    };
    Ok(units.map(of).collect())
}

fn of_markets(play: &Play, ended: &Ended) -> Vec<OfMarket> {
    let liquidations = &ended.venue.books().liquidations;
    let of = |(at, one): (usize, &Instrument)| {
        let margin = &ended.played.margins.markets[at];
        let here = |l: &&Liquidation| l.kind != Kind::Seizure && l.market == at;
        let lost = liquidations.iter().filter(here).map(|l| l.loss_e6).sum();
        OfMarket {
            symbol: one.symbol.clone(),
            notional_usd: ended.played.opened_e6[at] as f64 / 1e6,
            average_initial_margin_ppm: margin.average_ppm(),
            max_initial_margin_ppm: margin.largest_ppm(),
            liquidations: liquidations.iter().filter(here).count() as u64,
            bad_debt_usd: usd(lost),
        }
    };
    play.markets().enumerate().map(of).collect()
}

fn of_tokens(play: &Play, ended: &Ended) -> Vec<OfToken> {
    let liquidations = &ended.venue.books().liquidations;
    let of = |(at, one): (usize, &Instrument)| {
        let haircut = &ended.played.margins.tokens[at];
        let here = |l: &&Liquidation| l.kind == Kind::Seizure && l.market == at;
        OfToken {
            symbol: one.symbol.clone(),
            average_haircut_ppm: haircut.average_ppm(),
            max_haircut_ppm: haircut.largest_ppm(),
            seizures: liquidations.iter().filter(here).count() as u64,
        }
    };
    play.tokens().enumerate().map(of).collect()
}

fn of_congestion(play: &Play, ended: &Ended) -> Option<OfCongestion> {
    let congestion = play.cluster.congestion?;
    let (halt_unix, restart_unix) = congestion.halt();
    let inside = |l: &&Liquidation| congestion.covers(l.at);
    let liquidations = ended.venue.books().liquidations.iter().filter(inside);
    Some(OfCongestion {
        from_unix: congestion.from,
        until_unix: congestion.until,
        halt_unix,
        restart_unix,
        prints_delayed: ended.played.interference.delayed,
        prints_dropped: ended.played.interference.dropped,
        liquidations: liquidations.count() as u64,
    })
}
