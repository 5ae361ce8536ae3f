//! A Chromium to test with: the one on PATH, or Debian's, unpacked into the cache folder together
//! with the libraries and the font that this machine lacks. Nothing is installed or needs root.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;

use crate::apt::{Apt, version_of};
use crate::{files, paths, process, progress};

/// Its own name for one that should be used.
const CHOSEN: &str = "BULWARK_CHROMIUM";
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// Text without any font is boxes, whose width says nothing.
const PACKAGES: [&str; 2] = ["chromium", "fonts-dejavu-core"];
/// Raised whenever the folder is made in another way.
const RECIPE: &str = "chromium-1";

/// The program to start.
pub fn find() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os(CHOSEN) {
        return Ok(chosen.into());
    }
    if let Some(found) = on_path() {
        return Ok(found);
    }
    unpacked().with_context(|| {
        format!("no browser: install Chromium, or name one in {CHOSEN}; unpacking Debian's failed")
    })
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let all = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

fn unpacked() -> Result<PathBuf> {
    let cache = paths::cache()?;
    let folder = cache.join(RECIPE);
    let _lock = files::lock(&cache.join(format!("{RECIPE}.lock")))?;
    if !folder.exists() {
        progress::step("Chromium from Debian", |bar| make(&cache, &folder, bar))?;
    }
    Ok(folder.join("chromium"))
}

fn make(cache: &Path, folder: &Path, bar: &ProgressBar) -> Result<()> {
    let partial = cache.join(format!("{RECIPE}.partial"));
    files::fresh_folder(&partial)?;
    let state = cache.join(format!("{RECIPE}.apt.partial"));
    let apt = Apt::of_machine(&state, bar)?;
    let packages = apt.download(&apt.closure(&PACKAGES)?, bar)?;
    for package in &packages {
        bar.set_message(package.display().to_string());
        process::output(Command::new("dpkg").arg("-x").arg(package).arg(&partial))?;
    }
    if version_of(&packages, PACKAGES[0]).is_none() {
        bail!("apt counts Chromium as installed, but it is not on PATH");
    }
    fs::write(partial.join("fonts.conf"), FONTS)?;
    let start = partial.join("chromium");
    fs::write(&start, START)?;
    fs::set_permissions(&start, fs::Permissions::from_mode(0o755))?;
    process::output(Command::new(&start).arg("--version")).context("Chromium was unpacked")?;
    fs::rename(&partial, folder)?;
    files::remove(&state)
}

/// The system's fonts and the unpacked ones.
const FONTS: &str = r#"<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <match>
    <edit name="family" mode="append_last"><string>DejaVu Sans</string></edit>
  </match>
  <alias binding="same"><family>system-ui</family><prefer><family>DejaVu Sans</family></prefer></alias>
</fontconfig>
"#;

/// Finds its folder from where it lies, so that a cache can be moved. Some libraries lie in folders
/// of their own, which an installed package would tell the loader.
const START: &str = r#"#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
path=
for lib in "$here"/usr/lib/*-linux-gnu "$here"/usr/lib/*-linux-gnu/*/ "$here"/lib/*-linux-gnu; do
    for one in "$lib"/lib*.so*; do
        [ -e "$one" ] && path=$path:$lib
        break
    done
done
export LD_LIBRARY_PATH="${path#:}"
export FONTCONFIG_FILE="$here/fonts.conf" XDG_CACHE_HOME="$here/cache"
exec "$here/usr/lib/chromium/chromium" "$@"
"#;
