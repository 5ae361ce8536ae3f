//! `cargo xtask client`: the TypeScript client, from the program's interface file and from the
//! rules as WebAssembly.

pub mod npm;
mod wasm;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{build, files, idl, paths, process, progress};

/// Where the generated part lies, and where a check generates it again; relative to the package.
const GENERATED: &str = "src/generated";
const AGAIN: &str = "../../target/client/generated";

/// Writes what is generated in app/client: idl/bulwark.json, src/generated and src/rules.wasm.ts.
///
/// All of it is committed and never edited. Installs the npm packages of package-lock.json first,
/// which needs Node.js.
#[derive(Args)]
pub struct Client {
    /// Write nothing; fail where a committed file isn't what its sources say
    #[arg(long)]
    check: bool,
}

pub fn run(client: &Client) -> Result<()> {
    if client.check { check() } else { write() }
}

fn write() -> Result<()> {
    npm::install()?;
    idl::write()?;
    generate(GENERATED)?;
    wasm::write()
}

/// Fails where a committed file isn't what its sources say.
pub fn check() -> Result<()> {
    npm::install()?;
    idl::check()?;
    generate(AGAIN)?;
    let package = npm::package();
    let committed = files::hash_folder(&package.join(GENERATED));
    if committed.ok() != Some(files::hash_folder(&package.join(AGAIN))?) {
        bail!("app/client/{GENERATED} is stale: run `cargo xtask client` and commit it");
    }
    wasm::check()
}

/// Types and tests of the client, on the bytecode.
pub fn test() -> Result<()> {
    npm::install()?;
    build::program(build::Program::Bulwark)?;
    progress::step("types of the client", |bar| {
        let log = npm::log("typecheck")?;
        process::logged(&mut npm::run("typecheck"), &log, bar)
    })?;
    process::foreground(&mut npm::run("test"))
}

fn generate(folder: &str) -> Result<()> {
    progress::step("client of the interface file", |bar| {
        let package = npm::package();
        fs::create_dir_all(package.join(folder))?;
        let mut node = Command::new("node");
        node.args(["scripts/generate.mjs", folder])
            .current_dir(&package);
        process::logged(&mut node, &npm::log("generate")?, bar)
    })
    .context("the client can't be generated")
}

/// A folder for logs and for what a check compares.
fn scratch() -> Result<std::path::PathBuf> {
    let folder = paths::root().join("target/client");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
