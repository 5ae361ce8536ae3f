//! `bulwark replay`: price histories through the deployed bytecode.
//!
//! ```text
//! csv, scenario → instrument → refine → path → steps ─┐          ┌─ traders, makers, liquidator
//! population ─────────────────────────────────────────┼→ run ────┤
//! measure (the static arm's margins) ─────────────────┘          └─ venue: talks to the program
//!                                            play: all runs → outcome → table, json, trace
//! ```

mod attack;
mod breakers;
mod cluster;
mod compare;
mod config;
mod csv;
mod decimal;
mod found;
mod instrument;
mod json;
mod liquidator;
mod makers;
mod measure;
mod options;
mod outcome;
mod path;
mod play;
mod population;
mod refine;
mod rounds;
mod row;
mod run;
mod scenario;
mod steps;
mod table;
mod times;
mod trace;
mod traders;
mod venue;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use bulwark_svm::vm;
use sha2::{Digest, Sha256};

pub use json::Outcome;
pub use options::Options;
pub use table::grouped;

use instrument::Instrument;
use play::Play;
use scenario::{Name, Written};

/// Played where nothing else is asked for.
const DEFAULT: Name = Name::May192021;
/// What a step of a run takes, microseconds: enough for a first guess.
const STEP_MICROS: u64 = 400;

/// Plays and reports, or compares. `Ok(false)` if a run did not conserve money to the unit.
pub fn run(options: &Options) -> Result<bool> {
    if let Some([a, b]) = options.compare.as_deref() {
        println!("{}", compare::files(a, b)?);
        return Ok(true);
    }
    let (outcome, page) = play(options, true)?;
    println!("{}", table::table(&outcome));
    println!("{}", table::notes(&outcome));
    if let Some(page) = page {
        println!("Report: {}", page.display());
    }
    Ok(outcome.runs.iter().all(|run| run.conservation_error == 0))
}

/// Plays, writes the files that are asked for, and returns the result with the report's page.
pub fn play(options: &Options, aloud: bool) -> Result<(Outcome, Option<PathBuf>)> {
    let began = Instant::now();
    let (built_in, mut instruments) = prices(options)?;
    let mut collateral = options.collateral.clone();
    if let Some((_, written)) = &built_in {
        collateral.extend(written.collateral.iter().cloned());
    }
    let span = instrument::list(&mut instruments, &collateral)?;
    gaps(options, &instruments)?;
    let path = match &options.program {
        Some(path) => path.clone(),
        None => vm::elf_path("bulwark"),
    };
    let elf = vm::read_elf(&path)?;
    let play = Play::prepare(options, &instruments, span, &elf)?;
    let hash = outcome::hex(&Sha256::digest(&elf));
    let scenario = outcome::scenario(&play, built_in.as_ref(), &hash);
    if aloud {
        announce(&play, &scenario, built_in.as_ref());
    }
    let ended = play.all(|mut ended| {
        let found = match options.report {
            Some(_) => Some(found::run(&play, &ended)?),
            None => None,
        };
        Ok(Kept {
            run: outcome::run(&play, &ended)?,
            weights: std::mem::take(&mut ended.played.weights),
            trace: std::mem::take(&mut ended.played.trace),
            found,
        })
    })?;
    trace(&play, &ended)?;
    let page = report(&play, &scenario, built_in.as_ref(), &ended)?;
    let runs: Vec<json::Run> = ended.into_iter().map(|kept| kept.run).collect();
    let performance = Some(performance(&runs, began));
    let outcome = Outcome {
        scenario,
        runs,
        performance,
    };
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&outcome)?;
        std::fs::write(path, text + "\n").with_context(|| format!("{}", path.display()))?;
    }
    Ok((outcome, page))
}

/// What playing took.
fn performance(runs: &[json::Run], began: Instant) -> json::Performance {
    let seconds = began.elapsed().as_secs_f64();
    let transactions: u64 = runs.iter().map(|run| run.transactions).sum();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<u64>().ok());
    json::Performance {
        seconds,
        transactions,
        transactions_per_second: transactions as f64 / seconds.max(1e-9),
        peak_memory_mib: kib.map(|kib| kib / 1_024),
    }
}

/// Writes the trace, if one is asked for.
fn trace(play: &Play, ended: &[Kept]) -> Result<()> {
    let Some(path) = &play.options.trace else {
        return Ok(());
    };
    let symbols = play.markets().map(|one| trace::Symbol {
        symbol: &one.symbol,
        unit_exp: one.series.unit_exp,
    });
    let symbols: Vec<_> = symbols.collect();
    let runs = ended.iter().map(|kept| {
        let Kept { run, trace, .. } = kept;
        (run.margins.as_str(), run.order.as_str(), trace)
    });
    trace::write(path, &symbols, runs)
}

/// What is kept of a run when its venue has gone.
struct Kept {
    run: json::Run,
    weights: Vec<u64>,
    trace: trace::Trace,
    found: Option<bulwark_report::Run>,
}

/// Writes the report, if one is asked for.
fn report(
    play: &Play,
    scenario: &json::Scenario,
    built_in: Option<&BuiltIn>,
    ended: &[Kept],
) -> Result<Option<PathBuf>> {
    let (Some(folder), Some(first)) = (&play.options.report, ended.first()) else {
        return Ok(None);
    };
    let runs = ended.iter().filter_map(|kept| kept.found.clone()).collect();
    let away = &first.run.makers_away;
    let found = found::all(play, scenario, built_in, &first.weights, runs, away);
    Ok(Some(found::write(folder, &found)?))
}

/// A built-in scenario as it is written down.
type BuiltIn = (Name, Written);

/// The series to play: files, or a built-in scenario.
fn prices(options: &Options) -> Result<(Option<BuiltIn>, Vec<Instrument>)> {
    let (built_in, mut instruments) = if options.prices.is_empty() {
        let name = options.scenario.unwrap_or(DEFAULT);
        let (written, instruments) = scenario::load(name, options.seed)?;
        (Some((name, written)), instruments)
    } else {
        (None, instrument::from_files(&options.prices)?)
    };
    if let Some(file) = &options.quote {
        instruments.retain(|one| !one.quote);
        instruments.push(instrument::quote_from(file)?);
    }
    Ok((built_in, instruments))
}

/// Tells outages; an error with `--strict`.
fn gaps(options: &Options, instruments: &[Instrument]) -> Result<()> {
    for one in instruments {
        for gap in &one.series.gaps {
            let (line, seconds, shown) = (gap.line, gap.seconds, &one.prices);
            if options.strict {
                bail!("{shown}, line {line}: {seconds} s of prices are missing");
            }
            eprintln!("{shown}, line {line}: an outage of {seconds} s before it");
        }
    }
    Ok(())
}

/// Says what will be done, and about how long it takes.
fn announce(play: &Play, scenario: &json::Scenario, built_in: Option<&BuiltIn>) {
    if let Some((_, written)) = built_in {
        eprintln!("{} ({}). {}", written.title, scenario::LABEL, written.about);
    }
    let jobs = play.jobs();
    let steps = jobs
        .first()
        .map_or(0, |(_, order)| play.steps(*order).count());
    let rounds = jobs.len().div_ceil(play::workers().max(1));
    let seconds = steps as u64 * rounds as u64 * STEP_MICROS / 1_000_000;
    eprintln!(
        "Playing {} through {}: {} runs of {} steps with {} traders each, {} at a time; about {} s.",
        times::show(play.span.0),
        times::show(play.span.1),
        jobs.len(),
        table::grouped(steps as u64),
        scenario.accounts,
        play::workers().min(jobs.len()),
        seconds.max(1),
    );
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
