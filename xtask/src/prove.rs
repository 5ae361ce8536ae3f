//! `cargo xtask prove`: the random histories of core, for as long as it takes.

use anyhow::Result;
use clap::Args;

use crate::process;

/// Plays random histories of all acts against all named invariants, and of one person at constant
/// prices, who must not win; prints how far it is.
///
/// Ten million steps take some minutes on two cores. A failure names its seed.
#[derive(Args)]
pub struct Prove {
    /// Steps in all
    #[arg(long, default_value_t = 10_000_000)]
    steps: u64,
    /// First seed: other ones are other histories
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub fn run(prove: Prove) -> Result<()> {
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
