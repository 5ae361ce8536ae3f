//! `bulwark`: the command line.

use std::process::ExitCode;

use bulwark_cli::replay;
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
    Replay(replay::Options),
}

fn main() -> ExitCode {
    let Command::Replay(options) = Cli::parse().command;
    match replay::run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
