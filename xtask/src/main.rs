//! Every habit of this repository as one command: `cargo xtask <habit>`.

mod build;
mod files;
mod paths;
mod process;
mod progress;
mod stand_in;
mod toolchain;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Every habit of this repository as one command.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    habit: Habit,
}

#[derive(Subcommand)]
enum Habit {
    Build(build::Build),
}

fn main() {
    if let Err(error) = run() {
        eprintln!("error: {error:#}");
        std::process::exit(1);
    }
}

fn run() -> Result<()> {
    if stand_in::is_called() {
        return stand_in::run();
    }
    match Cli::parse().habit {
        Habit::Build(build) => build::run(build),
    }
}
