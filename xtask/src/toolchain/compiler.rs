//! The compiler: Debian 12's newest rustc, with the sources of its standard library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use indicatif::ProgressBar;

use super::std_copy;
use crate::apt::{Apt, Mirrors};
use crate::{files, process, progress};

/// Newer compilers of Debian 12 come through its security suite, under names of their own.
const SUITES: [&str; 2] = ["bookworm", "bookworm-security"];
const RUSTC: &str = "rustc-web";
const HOST_STD: &str = "libstd-rust-web-dev";
const SOURCES: &str = "rust-web-src";
/// The package of the compiler's own library, which is named after its version.
const DRIVER: &str = "libstd-rust-web-";

/// The C library must be the machine's: the compiler loads procedural macros that the machine's C
/// compiler has linked.
const FROM_THE_MACHINE: [&str; 3] = ["libc6", "libgcc-s1", "gcc-12-base"];

pub struct Compiler {
    pub version: String,
    /// The standard library's sources with this project's edits.
    pub library: PathBuf,
    /// The hash over those sources.
    pub library_hash: String,
}

pub fn ensure(home: &Path) -> Result<Compiler> {
    let folder = home.join("rustc");
    if !folder.exists() {
        progress::step("compiler: Debian's rustc and its library sources", |bar| {
            make(home, &folder, bar)
        })?;
    }
    let library = folder.join("library");
    let library_hash = fs::read_to_string(folder.join("library.sha256"))?;
    let version = fs::read_to_string(folder.join("version"))?;
    Ok(Compiler {
        version,
        library,
        library_hash,
    })
}

fn make(home: &Path, folder: &Path, bar: &ProgressBar) -> Result<()> {
    let partial = home.join("rustc.partial");
    files::fresh_folder(&partial)?;
    let state = home.join("apt.partial");
    let mirrors = Mirrors::find(&state, bar)?;
    let suites = [
        (mirrors.main.as_str(), SUITES[0]),
        (mirrors.security.as_str(), SUITES[1]),
    ];
    let apt = Apt::with_suites(&state, &suites, bar)?;

    let everything = apt.closure(&[RUSTC])?;
    let versioned = |name: &&String| {
        name.strip_prefix(DRIVER)
            .is_some_and(|rest| rest.starts_with(char::is_numeric))
    };
    let driver = everything
        .iter()
        .find(versioned)
        .with_context(|| format!("Debian's {RUSTC} has no {DRIVER}… any more"))?;
    // The closure of the driver alone: that of the compiler would bring a C compiler along.
    let mut packages = apt.closure(&[driver])?;
    packages.retain(|name| !FROM_THE_MACHINE.contains(&name.as_str()));
    packages.extend([RUSTC, HOST_STD, SOURCES].map(str::to_owned));

    for package in apt.download(&packages, bar)? {
        let name = package
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        bar.set_message(format!("unpacking {name}"));
        if name.starts_with(SOURCES) {
            unpack_library(&package, &partial)?;
        } else {
            process::output(Command::new("dpkg").arg("-x").arg(&package).arg(&partial))?;
        }
    }
    bar.set_message("editing the standard library");
    let library = partial.join("library");
    std_copy::edit(&library)?;
    fs::write(
        partial.join("library.sha256"),
        files::hash_folder(&library)?,
    )?;

    files::remove(folder)?;
    fs::rename(&partial, folder)?;
    super::write_wrappers(home)?;
    // Only a compiler that runs counts as made.
    let works = super::rustc_line(&home.join("bin/rustc"), "release: ")
        .and_then(|version| Ok(fs::write(folder.join("version"), version)?));
    if let Err(error) = works {
        files::remove(folder)?;
        return Err(error.context("Debian's compiler does not run here"));
    }
    files::remove(&state)
}

/// Takes only the library out of the package: the compiler's own sources are ten times as large.
fn unpack_library(package: &Path, partial: &Path) -> Result<()> {
    let whole = partial.join("sources");
    fs::create_dir_all(&whole)?;
    let mut tar = Command::new("dpkg-deb");
    let mut child = tar
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .context("cannot start dpkg-deb")?;
    let stream = child.stdout.take().context("dpkg-deb has no output")?;
    let status = Command::new("tar")
        .args(["-x", "--wildcards", "./usr/src/rustc-*/library"])
        .current_dir(&whole)
        .stdin(stream)
        .status()
        .context("cannot start tar")?;
    anyhow::ensure!(
        child.wait()?.success() && status.success(),
        "cannot unpack {SOURCES}"
    );
    let mut versions = fs::read_dir(whole.join("usr/src")).context("an unknown package")?;
    let version = versions
        .next()
        .context("no sources in the package")??
        .path();
    fs::rename(version.join("library"), partial.join("library"))?;
    files::remove(&whole)
}
