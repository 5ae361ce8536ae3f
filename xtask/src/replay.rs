//! `cargo xtask replay`: price histories through the bytecode.

use anyhow::Result;
use clap::Args;

use crate::build::{self, Program};
use crate::{paths, process};

/// Builds the bytecode and replays a price history through it in an embedded VM: without arguments
/// a built-in scenario, with a report in target/replay.
///
/// The arguments go to `bulwark replay`; `cargo xtask replay -- --help` lists them.
#[derive(Args)]
pub struct Replay {
    /// Arguments for `bulwark replay`, such as `--scenario luna-2022` or `--prices FILE.csv`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(replay: Replay) -> Result<()> {
    eprintln!("replay: builds the bytecode and the embedded VM where they are missing, then plays");
    build::program(Program::Bulwark)?;
    let mut run = process::cargo("run");
    run.args([
        "--quiet",
        "--locked",
        "--package",
        "bulwark-cli",
        "--bin",
        "bulwark",
        "--",
        "replay",
    ]);
    run.args(&replay.arguments);
    if replay.arguments.is_empty() {
        run.arg("--report").arg(paths::root().join("target/replay"));
    }
    process::foreground(&mut run)
}
