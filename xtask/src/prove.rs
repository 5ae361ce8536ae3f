//! `cargo xtask prove`: what takes too long for every commit.

use anyhow::Result;
use clap::Args;

use crate::mutants::{self, Mutants};
use crate::process;
use crate::progress::Stages;

/// Plays random histories of all acts against all named invariants, and of one person at constant
/// prices, who must not win; then removes the guards of core one by one and expects the test of
/// each to fail, last those of the bytecode.
///
/// Ten million steps take some minutes on two cores, the mutants of core as long, those of the
/// bytecode about a minute each. A failure names its seed.
#[derive(Args)]
pub struct Prove {
    /// Steps in all
    #[arg(long, default_value_t = 10_000_000)]
    steps: u64,
    /// First seed: other ones are other histories
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only the histories
    #[arg(long)]
    histories: bool,
}

pub fn run(prove: Prove) -> Result<()> {
    let mut stages = Stages::default();
    stages.run("random histories", || histories(&prove))?;
    if !prove.histories {
        stages.run("mutants of core", || mutants::run(&Mutants::default()))?;
        stages.run("mutants of the bytecode", || {
            mutants::run(&Mutants::of_the_bytecode())
        })?;
    }
    stages.report("proved");
    Ok(())
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
