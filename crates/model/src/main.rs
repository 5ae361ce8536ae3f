//! `bulwark-prove`: explores the models to their end and prints what was proven, and how far.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bulwark_model::pauses::{self, Pauses};
use bulwark_model::proof::{self, MUTANTS, Proven};
use bulwark_model::tables;
use clap::Parser;
use serde_json::json;
use stateright::{Checker, HasDiscoveries, Model};

/// Explores guardian and modes exhaustively over the production rules.
#[derive(Parser)]
struct Arguments {
    /// Explore the larger plans too: minutes instead of seconds
    #[arg(long)]
    full: bool,
    /// Write what was proven to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print the tables of README and docs/guardian.md, and nothing else
    #[arg(long)]
    tables: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.tables {
        print!("{}", tables::all());
        return Ok(());
    }
    let mut proven = Vec::new();
    for (name, council) in proof::plans(arguments.full) {
        let start = Instant::now();
        println!("exploring {name}");
        let found = proof::check(name, council);
        report(&found, start);
        proven.extend(found);
    }
    let start = Instant::now();
    let acts = if arguments.full { 6 } else { 5 };
    println!("exploring modes: every sequence of {acts} acts");
    let found = modes(acts);
    report(&found, start);
    proven.extend(found);

    let mut caught = Vec::new();
    for (mutant, property) in MUTANTS {
        caught.push((
            *property,
            format!("{mutant:?}"),
            proof::caught(*mutant, property),
        ));
    }
    for (mutant, property, acts, moves) in pauses::MUTANTS {
        let model = Pauses {
            acts: *acts,
            moves,
            mutant: Some(*mutant),
        };
        caught.push((*property, format!("{mutant:?}"), finds(model, property)));
    }
    for (property, mutant, found) in &caught {
        println!(
            "mutant {mutant:<20} {property:<22} {}",
            if *found { "caught" } else { "MISSED" }
        );
    }
    if let Some(file) = &arguments.json {
        write(file, &proven, &caught)?;
    }
    print!("{}", tables::all());
    let broken: Vec<_> = proven.iter().filter(|p| !p.holds).collect();
    ensure!(
        broken.is_empty(),
        "broken or not explored whole: {broken:?}"
    );
    ensure!(
        caught.iter().all(|c| c.2),
        "a mutant was missed: the property can't fail"
    );
    Ok(())
}

fn report(proven: &[Proven], start: Instant) {
    let states = proven.first().map_or(0, |p| p.states);
    let depth = proven.first().map_or(0, |p| p.depth);
    let broken = proven.iter().filter(|p| !p.holds).count();
    println!(
        "  {states} states, depth {depth}, {} properties, {broken} broken, {:.1} s",
        proven.len(),
        start.elapsed().as_secs_f64()
    );
}

/// Explores the modes with every move.
fn modes(acts: u8) -> Vec<Proven> {
    let model = Pauses {
        acts,
        moves: pauses::MOVES,
        mutant: None,
    };
    let checker = model.checker().threads(2).spawn_bfs().join();
    let properties = pauses::properties();
    let all = properties.iter().map(|property| Proven {
        name: property.name,
        plan: "modes: pauses, restrictions, alarms, time",
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        holds: checker.is_done() && checker.discovery(property.name).is_none(),
    });
    all.collect()
}

fn finds(model: Pauses, property: &'static str) -> bool {
    let stop = HasDiscoveries::AnyOf([property].into_iter().collect());
    let checker = model
        .checker()
        .threads(2)
        .finish_when(stop)
        .spawn_bfs()
        .join();
    checker.discovery(property).is_some()
}

fn write(file: &PathBuf, proven: &[Proven], caught: &[(&str, String, bool)]) -> Result<()> {
    let properties: Vec<_> = proven
        .iter()
        .map(|p| {
            let mut mutants = caught.iter().filter(|c| c.0 == p.name).peekable();
            let seen = mutants.peek().is_some() && mutants.all(|c| c.2);
            json!({
                "name": p.name,
                "plan": p.plan,
                "states": p.states,
                "depth": p.depth,
                "exhaustive": p.holds,
                "mutant_caught": seen,
            })
        })
        .collect();
    let text = serde_json::to_string_pretty(&json!({ "properties": properties }))?;
    std::fs::write(file, text + "\n").with_context(|| format!("can't write {}", file.display()))
}
