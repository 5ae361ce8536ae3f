//! The rules as WebAssembly, inside a TypeScript file: works wherever modules do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::{npm, scratch};
use crate::{files, paths, process, progress, toolchain};

const TARGET: &str = "wasm32-unknown-unknown";
/// What it is made of, besides the compiler.
const SOURCES: [&str; 3] = ["crates/state", "crates/core", "crates/wasm"];
const FILE: &str = "src/rules.wasm.ts";
const BUILD: &[&str] = &[
    "build",
    "--release",
    "--locked",
    "--lib",
    "--package",
    "bulwark-wasm",
    "--target",
    TARGET,
    "--config",
    "profile.release.opt-level=\"s\"",
    "--config",
    "profile.release.strip=\"symbols\"",
];

/// Builds it, unless the committed file is of the same sources.
pub fn write() -> Result<()> {
    let sources = sources()?;
    if committed().as_deref() != Some(sources.as_str()) {
        let (file, compiler) = progress::step("the rules as WebAssembly", build)?;
        let mut node = Command::new("node");
        node.arg("scripts/embed.mjs").arg(&file).arg(FILE);
        node.args([&sources, &compiler]).current_dir(npm::package());
        process::foreground(&mut node)?;
    }
    println!("app/client/{FILE} is up to date");
    Ok(())
}

/// Fails where the committed file is of other sources.
pub fn check() -> Result<()> {
    if committed().as_deref() != Some(sources()?.as_str()) {
        bail!(
            "app/client/{FILE} is stale, the rules have changed: run `cargo xtask client` and \
             commit it"
        );
    }
    Ok(())
}

/// The hash that the committed file says it was made of.
fn committed() -> Option<String> {
    let text = fs::read_to_string(npm::package().join(FILE)).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("// Sources: "))?;
    Some(line.trim().to_owned())
}

/// The hash over what it is made of.
fn sources() -> Result<String> {
    let mut hash = Sha256::new();
    for folder in SOURCES {
        let folder = paths::root().join(folder);
        let found = files::walk(&folder, &["target", "tests"])?;
        files::hash_files(&mut hash, paths::root(), &found)?;
    }
    Ok(files::hex(hash))
}

/// The file, and what compiled it.
fn build(bar: &indicatif::ProgressBar) -> Result<(PathBuf, String)> {
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let sysroot = Path::new(sysroot.trim());
    let mut cargo = Command::new(paths::cargo());
    cargo.args(BUILD).current_dir(paths::root());
    cargo.env_remove("LD_LIBRARY_PATH");
    let folder = scratch()?.join("wasm");
    cargo.env("CARGO_TARGET_DIR", &folder);
    let compiler = if sysroot.join("lib/rustlib").join(TARGET).exists() {
        process::output(Command::new("rustc").arg("--version"))?
    } else {
        upstream(&mut cargo, sysroot)?
    };
    process::logged(&mut cargo, &npm::log("wasm")?, bar)?;
    let file = folder.join(TARGET).join("release/bulwark_wasm.wasm");
    Ok((file, compiler.trim().to_owned()))
}

/// Without the target's library: core is compiled by the compiler of the bytecode, and linked by
/// rustup's linker.
fn upstream(cargo: &mut Command, sysroot: &Path) -> Result<String> {
    let host = process::output(Command::new("rustc").arg("-vV"))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("`rustc -vV` names no host")?;
    let linker = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
    if !linker.exists() {
        bail!("no library for {TARGET}: run `rustup target add {TARGET}`");
    }
    let toolchain = toolchain::ensure()
        .with_context(|| format!("or run `rustup target add {TARGET}`, which is enough here"))?;
    let flags = [
        "-Cpanic=immediate-abort".to_owned(),
        "-Zunstable-options".to_owned(),
        "-Zlocation-detail=none".to_owned(),
        format!("-Clinker={}", linker.display()),
        "-Clinker-flavor=wasm-ld".to_owned(),
    ];
    cargo
        .arg("-Zbuild-std=core,compiler_builtins")
        .env("RUSTC", toolchain.rustc())
        .env("RUSTC_BOOTSTRAP", "1")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", &toolchain.std_library)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env_remove("RUSTUP_TOOLCHAIN");
    let versions = toolchain.identity.split(',').next();
    Ok(versions.unwrap_or_default().to_owned())
}
