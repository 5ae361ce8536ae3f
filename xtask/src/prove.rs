//! `cargo xtask prove`: what takes too long for every commit.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use crate::build::{self, Program};
use crate::cu;
use crate::mutants::{self, Mutants};
use crate::paths;
use crate::process;
use crate::progress::Stages;

/// Explores guardian, modes and parameters exhaustively, as far as docs/guardian.md says, and
/// replays traces of that on the bytecode. Plays random histories of all acts against all named
/// invariants, and of one person at constant prices, who must not win; and Recoveries, robbed and
/// paid in every order, of which a large one on the bytecode. Measures what asking for permission
/// and the heap come to (`cargo xtask cu`). Plays every test of the bytecode with its venue rebuilt
/// from events beside it. Then removes the guards of core one by one and expects the test of each
/// to fail, last those of the bytecode.
///
/// The models take a few minutes, ten million steps some minutes on two cores, the mutants of core
/// as long, those of the bytecode about a minute each. A failure names its seed.
#[derive(Args)]
pub struct Prove {
    /// Steps in all
    #[arg(long, default_value_t = 10_000_000)]
    steps: u64,
    /// Recoveries in all
    #[arg(long, default_value_t = 100_000)]
    recoveries: u64,
    /// Accounts of the Recovery on the bytecode: any number that 3, 7, 11 and 41 don't divide
    #[arg(long, default_value_t = 5_000)]
    crowd: u64,
    /// First seed: other ones are other histories
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only the histories
    #[arg(long)]
    histories: bool,
    /// Only the models of guardian, modes and parameters
    #[arg(long, conflicts_with = "histories")]
    models: bool,
    /// Write each property of the models to this file: states, depth, whether it was explored
    /// whole, whether its mutants were caught
    #[arg(long, value_name = "FILE", conflicts_with = "histories")]
    json: Option<PathBuf>,
}

pub fn run(prove: Prove) -> Result<()> {
    let mut stages = Stages::default();
    if !prove.histories {
        stages.run("models", || models(prove.json.as_deref()))?;
        stages.run("traces on the bytecode", traces)?;
    }
    if !prove.models {
        stages.run("random histories", || histories(&prove))?;
        stages.run("Recoveries", || recoveries(&prove))?;
    }
    if !prove.histories && !prove.models {
        stages.run("what asking and heap cost", || cu::run(cu::Cu {}))?;
        stages.run("tests rebuilt from events", rebuilt)?;
        stages.run("mutants of core", || mutants::run(&Mutants::default()))?;
        stages.run("mutants of the bytecode", || {
            mutants::run(&Mutants::of_the_bytecode())
        })?;
    }
    stages.report("proved");
    Ok(())
}

/// Plays every test of the bytecode; after each transaction all accounts are compared with what the
/// events since the venue's beginning come to.
fn rebuilt() -> Result<()> {
    for program in [Program::Bulwark, Program::Arithmetic, Program::Seat] {
        build::program(program)?;
    }
    let mut test = process::cargo("test");
    test.args(["--quiet", "--workspace", "--locked"]);
    for file in std::fs::read_dir(paths::root().join("tests/tests"))? {
        let path = file?.path();
        let is_test = path.extension().is_some() || path.join("main.rs").is_file();
        if let Some(name) = path.file_stem().filter(|_| is_test) {
            test.arg("--test").arg(name);
        }
    }
    process::foreground(test.env("BULWARK_REBUILD", "1"))
}

/// Explores the models to their full bounds.
fn models(json: Option<&Path>) -> Result<()> {
    let mut run = process::cargo("run");
    run.args(["--quiet", "--release", "--package", "bulwark-model"])
        .args(["--locked", "--", "--full"]);
    if let Some(file) = json {
        run.arg("--json").arg(file);
    }
    process::foreground(&mut run)
}

/// Replays eight times as many traces of the models as the test command does.
fn traces() -> Result<()> {
    build::program(Program::Bulwark)?;
    build::program(Program::Arithmetic)?;
    let mut test = process::cargo("test");
    test.args(["--quiet", "--workspace", "--locked", "--test", "traces"])
        .args(["--", "--nocapture"])
        .env("BULWARK_TRACES", "8");
    process::foreground(&mut test)
}

/// Recoveries of core at random, and one of many accounts on the bytecode.
fn recoveries(prove: &Prove) -> Result<()> {
    let mut core = process::cargo("test");
    core.args(["--quiet", "--package", "bulwark-core", "--locked"])
        .args(["--test", "recovery", "inv_"])
        .env("BULWARK_RECOVERIES", prove.recoveries.to_string());
    process::foreground(&mut core)?;
    build::program(Program::Bulwark)?;
    let mut crowd = process::cargo("test");
    crowd
        .args(["--quiet", "--workspace", "--locked"])
        .args(["--test", "hostile_recovery", "inv_claim"])
        .env("BULWARK_CROWD", prove.crowd.to_string());
    process::foreground(&mut crowd)
}

fn histories(prove: &Prove) -> Result<()> {
    let mut test = process::cargo("test");
    test.args([
        "--quiet",
        "--package",
        "bulwark-core",
        "--locked",
        "--test",
        "stateful",
        "--",
        "--nocapture",
    ])
    .env("BULWARK_STEPS", prove.steps.to_string())
    .env("BULWARK_SEED", prove.seed.to_string());
    process::foreground(&mut test)
}
