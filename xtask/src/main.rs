//! Every habit of this repository as one command: `cargo xtask <habit>`.

mod anchor;
mod apt;
mod bench;
mod browser;
mod build;
mod ci;
mod client;
mod cu;
mod drill;
mod files;
mod idl;
mod mutants;
mod paths;
mod process;
mod progress;
mod prove;
mod replay;
mod stand_in;
mod test;
mod tidy;
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
    Test(test::Test),
    Replay(replay::Replay),
    Drill(drill::Drill),
    Bench(bench::Bench),
    Browser(browser::Browser),
    Tidy(tidy::Tidy),
    Anchor(anchor::Anchor),
    Idl(idl::Idl),
    Client(client::Client),
    Cu(cu::Cu),
    Prove(prove::Prove),
    Mutants(mutants::Mutants),
    Ci(ci::Ci),
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
        Habit::Test(test) => test::run(test),
        Habit::Replay(replay) => replay::run(replay),
        Habit::Drill(drill) => drill::run(drill),
        Habit::Bench(bench) => bench::run(bench),
        Habit::Browser(browser) => browser::run(browser),
        Habit::Tidy(tidy) => tidy::run(&tidy),
        Habit::Anchor(anchor) => anchor::run(anchor),
        Habit::Idl(idl) => idl::run(&idl),
        Habit::Client(client) => client::run(&client),
        Habit::Cu(cu) => cu::run(cu),
        Habit::Prove(prove) => prove::run(prove),
        Habit::Mutants(mutants) => mutants::run(&mutants),
        Habit::Ci(ci) => ci::run(ci),
    }
}
