//! `cargo xtask test`: everything that must hold, in one command.

use std::collections::BTreeSet;

use anyhow::Result;
use clap::Args;

use crate::build::{self, Program};
use crate::progress::Stages;
use crate::{browser, client, paths, process, tidy};

/// Packages that are linted.
const LINTED: [&str; 12] = [
    "bulwark-state",
    "bulwark-core",
    "bulwark-sbf-builtins",
    "bulwark",
    "bulwark-client",
    "bulwark-model",
    "bulwark-report",
    "bulwark-rebuild",
    "bulwark-wasm",
    "bulwark-wasm-words",
    "bulwark-words",
    "xtask",
];

/// Builds the bytecode, checks house rules, format and lints, and runs every test of the workspace
/// and of the TypeScript client, and looks at reports in a browser.
///
/// With arguments, only what they select is run, on fresh bytecode:
/// `cargo xtask test -p bulwark-tests --test arithmetic`.
#[derive(Args)]
pub struct Test {
    /// Arguments for `cargo test`, such as a package or a part of a test's name
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(test: Test) -> Result<()> {
    let mut stages = Stages::default();
    stages.run("bytecode", || {
        build::program(Program::Bulwark)?;
        build::program(Program::Arithmetic)?;
        build::program(Program::Seat).map(drop)
    })?;
    if test.arguments.is_empty() {
        stages.run("tidy", tidy::all)?;
        stages.run("format", || {
            process::foreground(process::cargo("fmt").args(["--all", "--check"]))
        })?;
        stages.run("lints", || {
            let mut clippy = process::cargo("clippy");
            // What ships, and what builds it: linting the harness too would compile the embedded VM
            // a second time.
            for package in LINTED {
                clippy.args(["--package", package]);
            }
            clippy.args(["--all-targets", "--locked", "--", "-D", "warnings"]);
            process::foreground(&mut clippy)
        })?;
    }
    let skipped = paths::root().join("target/skipped-tests");
    stages.run("tests", || {
        if skipped.exists() {
            std::fs::remove_file(&skipped)?;
        }
        let mut tests = process::cargo("test");
        tests.arg("--locked");
        // Beside `--package`, cargo would take this for the whole workspace all the same.
        if !test
            .arguments
            .iter()
            .any(|one| one.starts_with("-p") || one == "--package")
        {
            tests.arg("--workspace");
        }
        process::foreground(tests.args(&test.arguments))
    })?;
    if test.arguments.is_empty() {
        stages.run("browser", browser::all)?;
        stages.run("client", || {
            client::check()?;
            client::test()
        })?;
    }
    stages.report("passed");
    eprint!(
        "{}",
        told(&std::fs::read_to_string(&skipped).unwrap_or_default())
    );
    Ok(())
}

/// Which tests did nothing, because data that isn't shipped isn't there: each once.
fn told(noted: &str) -> String {
    let lines: BTreeSet<_> = noted.lines().collect();
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "skipped, for lack of data that isn't shipped (BULWARK_SHARED names its folder): {}\n",
        lines.len()
    );
    for line in lines {
        text += &format!("  {line}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_told_once_each_and_only_if_there_are_any() {
        assert_eq!(told(""), "");
        let text = told("b lacks y\na lacks x\nb lacks y\n");
        assert!(text.contains("): 2\n"), "{text}");
        assert!(text.ends_with("  a lacks x\n  b lacks y\n"), "{text}");
    }
}
