//! `cargo xtask idl`: the program's interface file, on the stable compiler and without Anchor's
//! command line.

use std::fs;
use std::path::PathBuf;

use anchor_lang_idl::build::IdlBuilder;
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::build::stamp;
use crate::{files, paths};

/// Writes idl/bulwark.json, from which clients are generated.
///
/// It is committed. The program is compiled with its feature `idl-build` into target/idl, apart
/// from everything else; when nothing that it is made of has changed, nothing is compiled.
#[derive(Args)]
pub struct Idl {
    /// Write nothing; fail where the committed file isn't what the program says
    #[arg(long)]
    check: bool,
}

/// The committed interface file.
pub fn file() -> PathBuf {
    paths::root().join("idl/bulwark.json")
}

pub fn run(idl: &Idl) -> Result<()> {
    if idl.check { check() } else { write() }
}

/// Writes the file anew.
pub fn write() -> Result<()> {
    let text = text()?;
    files::write_if_changed(&file(), &text)?;
    println!("{} is up to date", paths::shown(&file()));
    Ok(())
}

/// Fails where the committed file isn't what the program says.
pub fn check() -> Result<()> {
    let committed = fs::read_to_string(file()).unwrap_or_default();
    if text()? != committed {
        bail!(
            "{} is stale: run `cargo xtask idl` and commit it",
            paths::shown(&file())
        );
    }
    println!("{} says what the program says", paths::shown(&file()));
    Ok(())
}

/// The interface as the program's sources say it: from the last compilation where they are the
/// same.
fn text() -> Result<String> {
    let folder = paths::root().join("target/idl");
    let _lock = files::lock(&folder.join("lock"))?;
    let program = paths::root().join("programs/bulwark");
    let inputs = stamp::sources(&program, "idl")?;
    let kept = folder.join("bulwark.json");
    let stamp = folder.join("stamp.json");
    if let (Ok(text), Ok(old)) = (fs::read_to_string(&kept), fs::read_to_string(&stamp))
        && serde_json::from_str::<Value>(&old).is_ok_and(|old| old["inputs"] == json!(inputs))
    {
        return Ok(text);
    }
    let text = compile(program, &folder)?;
    files::write_if_changed(&kept, &text)?;
    files::write_if_changed(&stamp, &format!("{:#}\n", json!({ "inputs": inputs })))?;
    Ok(text)
}

fn compile(program: PathBuf, folder: &std::path::Path) -> Result<String> {
    // SAFETY: xtask has one thread while it gets here: spinners, which have a second, end with
    // their step.
    unsafe {
        // Set by `cargo run`; the builder takes the first for a toolchain to install.
        std::env::remove_var("RUSTUP_TOOLCHAIN");
        std::env::remove_var("LD_LIBRARY_PATH");
    }
    let target = folder.join("target").display().to_string();
    let options = [
        "--lib",
        "--locked",
        "--target-dir",
        &target,
        // It runs for milliseconds: optimised dependencies would only cost minutes.
        "--config",
        "profile.dev.package.\"*\".opt-level=0",
        "--config",
        "profile.dev.opt-level=0",
    ];
    let idl = IdlBuilder::new()
        .program_path(program)
        .cargo_args(options.map(str::to_owned).to_vec())
        .build()
        .context("the program doesn't compile with its feature `idl-build`")?;
    Ok(serde_json::to_string_pretty(&idl)? + "\n")
}
