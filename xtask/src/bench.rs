//! `cargo xtask bench`: how fast the rules and a replay are.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::build::{self, Program};
use crate::{paths, process};

/// Builds the bytecode and measures with criterion, in the profile that `replay` has: the health of
/// the dearest account, an order with twelve fills, the operations of a book, and a replay. Ends
/// with a table of what it measured.
///
/// The arguments go to criterion, for example a filter or `--save-baseline NAME`.
#[derive(Args)]
pub struct Bench {
    /// Which of them; all by default
    #[arg(long, value_enum)]
    only: Option<Which>,
    /// Arguments for criterion
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Rules alone
    Core,
    /// A replay through the bytecode
    Replay,
}

pub fn run(bench: Bench) -> Result<()> {
    let started = SystemTime::now();
    build::program(Program::Bulwark)?;
    for (which, name) in [(Which::Core, "core"), (Which::Replay, "replay")] {
        if bench.only.is_some_and(|only| only != which) {
            continue;
        }
        let mut run = process::cargo("bench");
        // The profile named bench would build the embedded VM once more, as a package alone would.
        run.args(["--locked", "--profile", "dev", "--workspace"]);
        run.args(["--features", "bulwark-cli/bench", "--bench", name, "--"]);
        process::foreground(run.args(&bench.arguments))?;
    }
    let mut rows = Vec::new();
    collect(&paths::host_target().join("criterion"), started, &mut rows)?;
    rows.sort();
    println!();
    for (name, time) in rows {
        println!("{name:<64} {time:>12}");
    }
    Ok(())
}

/// What criterion has written since `started`: names and median times.
fn collect(folder: &Path, started: SystemTime, rows: &mut Vec<(String, String)>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    let estimates = folder.join("estimates.json");
    let fresh = fs::metadata(&estimates).and_then(|file| file.modified());
    if folder.ends_with("new") && fresh.is_ok_and(|time| time >= started) {
        let name = &read(&folder.join("benchmark.json"))?["full_id"];
        let median = read(&estimates)?["median"]["point_estimate"].as_f64();
        let name = name.as_str().context("criterion names each benchmark")?;
        rows.push((name.to_owned(), shown(median.context("a median")?)));
        return Ok(());
    }
    for entry in entries {
        let path: PathBuf = entry?.path();
        if path.is_dir() {
            collect(&path, started, rows)?;
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(file)?)?)
}

/// Nanoseconds as people read them.
fn shown(nanoseconds: f64) -> String {
    match nanoseconds {
        ..1e3 => format!("{nanoseconds:.1} ns"),
        ..1e6 => format!("{:.2} µs", nanoseconds / 1e3),
        ..1e9 => format!("{:.2} ms", nanoseconds / 1e6),
        _ => format!("{:.2} s", nanoseconds / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(shown(7.25), "7.2 ns");
        assert_eq!(shown(1_234.0), "1.23 µs");
        assert_eq!(shown(2.5e9), "2.50 s");
    }
}
