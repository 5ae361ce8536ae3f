//! `cargo xtask bench`: how fast a replay is.

use anyhow::Result;
use clap::Args;

use crate::build::{self, Program};
use crate::process;

/// Builds the bytecode and measures replays with criterion, in the profile that `replay` has.
///
/// The arguments go to criterion, for example a filter or `--save-baseline NAME`.
#[derive(Args)]
pub struct Bench {
    /// Arguments for criterion
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(bench: Bench) -> Result<()> {
    build::program(Program::Bulwark)?;
    let mut run = process::cargo("bench");
    // The profile named bench would build the embedded VM once more.
    run.args(["--locked", "--profile", "dev", "--package", "bulwark-cli"]);
    run.args(["--features", "bench", "--bench", "replay", "--"]);
    process::foreground(run.args(bench.arguments))
}
