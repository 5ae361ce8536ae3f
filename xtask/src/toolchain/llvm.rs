//! LLVM 23, the first whose BPF back end does 128-bit arithmetic and more than five arguments.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;

use crate::apt::{Apt, Mirrors, version_of};
use crate::{files, process, progress};

const PACKAGE: &str = "libllvm23";
/// The oldest suite that has the package moves least.
const SUITES: [&str; 3] = ["stable", "testing", "unstable"];

/// Returns the version of LLVM's package.
pub fn ensure(home: &Path) -> Result<String> {
    let folder = home.join("llvm");
    if !folder.exists() {
        progress::step("LLVM 23 from Debian", |bar| make(home, &folder, bar))?;
    }
    Ok(fs::read_to_string(folder.join("version"))?)
}

fn make(home: &Path, folder: &Path, bar: &ProgressBar) -> Result<()> {
    let partial = home.join("llvm.partial");
    files::fresh_folder(&partial)?;
    let state = home.join("apt.partial");
    let mirrors = Mirrors::find(&state, bar)?;
    for suite in SUITES {
        let apt = Apt::with_suites(&state, &[(&mirrors.main, suite)], bar)?;
        if !apt.has(PACKAGE) {
            continue;
        }
        let packages = apt.download(&apt.closure(&[PACKAGE])?, bar)?;
        for package in &packages {
            process::output(Command::new("dpkg").arg("-x").arg(package).arg(&partial))?;
        }
        let version = version_of(&packages, PACKAGE).context("apt downloaded another package")?;
        // A file name may spell the epoch's colon as %3a.
        let version = version.replace("%3a", ":");
        fs::write(partial.join("version"), version.trim_start_matches("1:"))?;
        fs::rename(&partial, folder)?;
        return files::remove(&state);
    }
    bail!("no Debian suite has {PACKAGE} at the moment")
}
