//! Explores the models to their end and prints what was proven, and how far.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bulwark_model::proof::{self, Proven};
use bulwark_model::tables;
use clap::Parser;

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
    let mut start = Instant::now();
    let proven = proof::all(arguments.full, |found| {
        report(found, start);
        start = Instant::now();
    });
    let caught = proof::mutants();
    for found in &caught {
        println!(
            "mutant {:<20} {:<24} {}",
            found.mutant,
            found.name,
            if found.caught { "caught" } else { "MISSED" }
        );
    }
    let summary = proof::summary(&proven, &caught);
    let properties = summary["properties"].as_array().map_or(&[][..], |p| p);
    for property in properties {
        println!(
            "{:<24} {:>9} states, depth {:>2}, {}, {}",
            property["name"].as_str().unwrap_or_default(),
            property["states"],
            property["depth"],
            words(&property["exhaustive"], "explored whole", "BROKEN OR CUT"),
            words(
                &property["mutant_caught"],
                "mutants caught",
                "MUTANT MISSED"
            ),
        );
    }
    if let Some(file) = &arguments.json {
        write(file, &serde_json::to_string_pretty(&summary)?)?;
    }
    let broken: Vec<_> = proven.iter().filter(|p| !p.holds()).collect();
    ensure!(
        broken.is_empty(),
        "broken or not explored whole: {broken:?}"
    );
    ensure!(
        properties.iter().all(|p| p["mutant_caught"] == true),
        "a mutant was missed: the property can't fail"
    );
    Ok(())
}

fn words(value: &serde_json::Value, yes: &'static str, no: &'static str) -> &'static str {
    if *value == true { yes } else { no }
}

fn report(proven: &[Proven], start: Instant) {
    let Some(first) = proven.first() else { return };
    println!(
        "{}: {} states, depth {}, {} properties, {} broken, {:.1} s",
        first.plan,
        first.states,
        first.depth,
        proven.len(),
        proven.iter().filter(|p| !p.holds()).count(),
        start.elapsed().as_secs_f64()
    );
}

fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("can't make {}", folder.display()))?;
    }
    std::fs::write(file, format!("{text}\n"))
        .with_context(|| format!("can't write {}", file.display()))
}
