//! Where things lie: the checkout, what is built from it, and the one folder for downloads.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result};

/// The root of this checkout: as cargo says it at run time, because checkouts that share a target
/// folder may share this binary too.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let running = non_empty("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let ours = running.filter(|folder| folder.ends_with("xtask"));
        let xtask = ours.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        xtask
            .parent()
            .expect("xtask lies inside the workspace")
            .to_owned()
    });
    &ROOT
}

/// The folder that Solana's tools expect programs in.
pub fn deploy() -> PathBuf {
    root().join("target/deploy")
}

/// Intermediate files of the bytecode, apart from those of host builds: it has its own compiler.
pub fn sbf_target() -> PathBuf {
    root().join("target/sbf")
}

/// Where cargo puts what it builds for this machine.
pub fn host_target() -> PathBuf {
    let chosen = non_empty("CARGO_TARGET_DIR").and_then(|one| std::path::absolute(one).ok());
    chosen.unwrap_or_else(|| root().join("target"))
}

/// Holds everything that is downloaded or built once per machine.
pub fn cache() -> Result<PathBuf> {
    if let Some(folder) = non_empty("BULWARK_CACHE") {
        return std::path::absolute(folder).context("BULWARK_CACHE is not a usable path");
    }
    if let Some(folder) = non_empty("XDG_CACHE_HOME") {
        return Ok(PathBuf::from(folder).join("bulwark"));
    }
    let home = non_empty("HOME").context("set BULWARK_CACHE or HOME: downloads need a folder")?;
    Ok(PathBuf::from(home).join(".cache/bulwark"))
}

/// Cargo's home: remapped in the bytecode, so that no user's folder gets into a hash.
pub fn cargo_home() -> Result<PathBuf> {
    if let Some(folder) = non_empty("CARGO_HOME") {
        return Ok(PathBuf::from(folder));
    }
    let home = non_empty("HOME").context("set CARGO_HOME or HOME: cargo needs a folder")?;
    Ok(PathBuf::from(home).join(".cargo"))
}

/// The cargo that runs this xtask, so that a nested build uses the same one.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

/// A path as it is shown to a person: relative to the checkout where it lies inside.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

fn non_empty(variable: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(variable).filter(|value| !value.is_empty())
}
