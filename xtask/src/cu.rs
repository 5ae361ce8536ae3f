//! `cargo xtask cu`: what every instruction costs at its dearest.

use anyhow::Result;
use clap::Args;

use crate::build::{self, Build, Program, Route};
use crate::{paths, process};

/// Measures compute units, bytes, account keys and heap of every instruction at the dearest
/// accounts that the limits permit, and what of the units goes to modes, breakers and tables of
/// permission; prints them and writes target/cu.json.
///
/// Fails where an instruction is above its ceiling (tests/tests/compute_units.rs). Heap and
/// permission are measured with a second file of bytecode, built with the feature `heap-log`; units
/// with the one that is deployed.
#[derive(Args)]
pub struct Cu {}

pub fn run(_: Cu) -> Result<()> {
    build::program(Program::Bulwark)?;
    build::run(Build {
        program: Program::Bulwark,
        features: vec!["heap-log".into()],
        route: Route::Auto,
    })?;
    let mut test = process::cargo("test");
    test.args([
        "--quiet",
        "--workspace",
        "--locked",
        "--test",
        "compute_units",
        "--",
        "--nocapture",
    ])
    .env(
        "BULWARK_HEAP_ELF",
        paths::deploy().join("bulwark-heap-log.so"),
    );
    process::foreground(&mut test)?;
    let file = paths::root().join("target/cu.json");
    println!("{} is written", paths::shown(&file));
    Ok(())
}
