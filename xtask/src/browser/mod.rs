//! `cargo xtask browser`: the report of a replay in a real browser.

mod chromium;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::build::{self, Program};
use crate::client::npm;
use crate::{files, paths, process, progress};

/// Opens reports in Chromium at the size of a phone and of a desktop, light and dark.
///
/// Compares every figure on the page with the data, and checks width, text size, contrast, keyboard
/// and that no request leaves the page. Without arguments it makes sample reports, and a real one
/// of a small replay; a Chromium that isn't on PATH is unpacked from Debian's packages into the
/// cache folder.
#[derive(Args)]
pub struct Browser {
    /// A folder of reports to test instead: `NAME.html`, `NAME.json` and `NAME.svg` of each
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,

    /// Keep a picture of each page in this folder
    #[arg(long, value_name = "DIR")]
    shots: Option<PathBuf>,
}

pub fn run(browser: Browser) -> Result<()> {
    npm::install()?;
    let chromium = chromium::find()?;
    let reports = match browser.reports {
        Some(reports) => std::path::absolute(reports)?,
        None => samples()?,
    };
    let mut tests = Command::new("node");
    tests
        .args(["--test", "--test-reporter=spec"])
        .arg(paths::root().join("tests/browser/report.test.mjs"))
        .env_remove("LD_LIBRARY_PATH")
        .env("BULWARK_CHROMIUM", chromium)
        .env("BULWARK_REPORTS", reports);
    if let Some(shots) = browser.shots {
        tests.env("BULWARK_SHOTS", std::path::absolute(shots)?);
    }
    process::foreground(&mut tests)
}

/// As a stage of `cargo xtask test`.
pub fn all() -> Result<()> {
    run(Browser {
        reports: None,
        shots: None,
    })
}

/// The smallest replay that has long names of breakers and traces to thin: three seconds.
const REPLAY: [&str; 9] = [
    "replay",
    "--scenario",
    "may-19-2021",
    "--accounts",
    "12",
    "--margins",
    "dynamic",
    "--order",
    "high-first",
];
/// What a replay leaves, and what kind of file that is.
const LEFT: [(&str, &str); 3] = [
    ("index.html", "html"),
    ("report.json", "json"),
    ("picture.svg", "svg"),
];

/// Writes the sample reports and that of a replay. The whole workspace is named so that its tests'
/// build is used.
fn samples() -> Result<PathBuf> {
    build::program(Program::Bulwark)?;
    let built = paths::host_target().join("debug");
    let mut build = process::cargo("build");
    build.args(["--quiet", "--locked", "--workspace"]);
    build.args(["--example", "samples", "--bin", "bulwark"]);
    process::foreground(&mut build)?;
    let folder = paths::root().join("target/reports");
    files::fresh_folder(&folder)?;
    process::foreground(Command::new(built.join("examples/samples")).arg(&folder))?;
    let played = paths::root().join("target/replayed");
    files::fresh_folder(&played)?;
    progress::step("a small replay for its report", |bar| {
        let mut replay = Command::new(built.join("bulwark"));
        replay.args(REPLAY).arg("--report").arg(&played);
        process::logged(&mut replay, &played.join("replay.log"), bar)
    })?;
    for (name, kind) in LEFT {
        fs::copy(
            played.join(name),
            folder.join("replayed").with_extension(kind),
        )?;
    }
    Ok(folder)
}
