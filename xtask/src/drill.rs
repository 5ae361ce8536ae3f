//! `cargo xtask drill`: disasters in the embedded VM, ended by strangers.

use anyhow::Result;
use clap::Args;

use crate::build::{self, Program};
use crate::{paths, process};

/// Builds the bytecode and rehearses disasters on it: a market of 1,000 accounts is robbed in an
/// embedded VM, strangers alone end it; prints what it took and who lost what under which rule.
/// Without arguments it leaves a report in target/drill.
///
/// The arguments go to `bulwark drill`; `cargo xtask drill -- --help` lists them.
#[derive(Args)]
pub struct Drill {
    /// Arguments for `bulwark drill`, such as `--accounts 200` or `--json FILE`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(drill: Drill) -> Result<()> {
    eprintln!("drill: builds the bytecode and the embedded VM where they are missing, then plays");
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
        "drill",
    ]);
    run.args(&drill.arguments);
    if drill.arguments.is_empty() {
        run.arg("--report").arg(paths::root().join("target/drill"));
    }
    process::foreground(&mut run)
}
