//! Where things lie: the checkout, what is built from it, and the one folder for downloads.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of this checkout. The xtask binary belongs to the checkout it was compiled from.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies inside the workspace")
}

/// The folder that Solana's tools expect programs in.
pub fn deploy() -> PathBuf {
    root().join("target/deploy")
}

/// Intermediate files of the bytecode, apart from those of host builds: another compiler makes them.
pub fn sbf_target() -> PathBuf {
    root().join("target/sbf")
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
