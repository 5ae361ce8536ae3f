//! `bulwark`: the command line.

use std::process::ExitCode;

use bulwark_cli::{drill, proposal, recovery, replay, verify};
use clap::{Parser, Subcommand};

/// Command line of the Bulwark margin engine.
#[derive(Parser)]
#[command(name = "bulwark", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Replay(Box<replay::Options>),
    Drill(drill::Options),
    Verify(verify::Options),
    Proposal(proposal::Options),
    Recovery(recovery::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Replay(options) => replay::run(&options),
        Command::Drill(options) => drill::run(&options),
        Command::Verify(options) => verify::run(&options),
        Command::Proposal(options) => proposal::run(&options),
        Command::Recovery(options) => recovery::run(&options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
