//! Node.js and the packages of package-lock.json.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::scratch;
use crate::{files, paths, process, progress};

/// What to do where it is missing.
const NEEDED: &str = "Node.js 20.18 or newer with npm is needed: install them and run this again";

/// The package.
pub fn package() -> PathBuf {
    paths::root().join("app/client")
}

/// A log file.
pub fn log(name: &str) -> Result<PathBuf> {
    Ok(scratch()?.join(format!("{name}.log")))
}

/// A script of the workspace's package.json.
pub fn run(script: &str) -> Command {
    let mut npm = npm();
    npm.args(["run", "--silent", script]);
    npm
}

fn npm() -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(paths::root());
    // `cargo run` points it at the libraries of xtask's own compiler.
    npm.env_remove("LD_LIBRARY_PATH");
    npm
}

/// Installs what the lock file says, unless exactly that is there.
pub fn install() -> Result<()> {
    let found = process::output(Command::new("node").arg("--version")).context(NEEDED)?;
    if !is_new_enough(&found) {
        bail!("{NEEDED} (found {})", found.trim());
    }
    let lock = paths::root().join("package-lock.json");
    let stamp = paths::root().join("node_modules/.bulwark-lock");
    let wanted = files::hash_file(&lock)?;
    if fs::read_to_string(&stamp).is_ok_and(|old| old == wanted) {
        return Ok(());
    }
    progress::step("npm packages of package-lock.json", |bar| {
        let mut ci = npm();
        ci.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
        process::logged(&mut ci, &log("npm")?, bar).context(NEEDED)
    })?;
    Ok(fs::write(stamp, wanted)?)
}

/// Whether `v20.18.1` and the like is at least 20.18.
fn is_new_enough(version: &str) -> bool {
    let mut parts = version.trim().trim_start_matches('v').split('.');
    let mut next = || parts.next().and_then(|part| part.parse::<u32>().ok());
    matches!((next(), next()), (Some(major), Some(minor)) if (major, minor) >= (20, 18))
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_new_enough("v20.18.0\n") && is_new_enough("v22.0.0"));
        assert!(!is_new_enough("v20.9.1") && !is_new_enough("v18.20.4"));
        assert!(!is_new_enough("what"));
    }
}
