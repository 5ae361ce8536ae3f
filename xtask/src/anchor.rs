//! `cargo xtask anchor`: the anchor CLI, also where the official tools are not.

use std::env;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::build::{front_of_path, official};
use crate::{files, paths, process, stand_in};

/// Runs the anchor CLI: `cargo xtask anchor -- build`.
///
/// Anchor calls `cargo build-sbf`. Where the official one is missing or cannot build, a stand-in
/// takes its place on PATH, for this command only, and builds as `cargo xtask build` does.
#[derive(Args)]
pub struct Anchor {
    /// Arguments for anchor
    #[arg(last = true, required = true)]
    arguments: Vec<String>,
}

pub fn run(anchor: Anchor) -> Result<()> {
    let found = env::split_paths(&env::var_os("PATH").context("PATH is not set")?)
        .any(|folder| folder.join("anchor").is_file());
    anyhow::ensure!(
        found,
        "anchor is not on PATH: install it with `cargo install anchor-cli@1.2.2 --locked`"
    );
    let mut command = Command::new("anchor");
    command.args(anchor.arguments).current_dir(paths::root());
    if official::find(false).is_none() {
        command.env("PATH", front_of_path(&link()?)?);
    }
    // Set by `cargo run`; anchor's IDL builder takes the first for a toolchain to install.
    command
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("LD_LIBRARY_PATH");
    process::foreground(&mut command)
}

/// A folder with this xtask under the name of the official tool, and nothing else.
fn link() -> Result<PathBuf> {
    let folder = paths::root().join("target/xtask-bin");
    files::fresh_folder(&folder)?;
    symlink(env::current_exe()?, folder.join(stand_in::NAME))?;
    Ok(folder)
}
