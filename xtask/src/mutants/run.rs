//! Runs the test of each mutant: first without the mutant, where it must pass.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::overlay::Overlay;
use super::{Mutant, Outcome};
use crate::build::{self, Program};
use crate::{paths, process, progress};

/// The longest that a test may run.
const PATIENCE: Duration = Duration::from_secs(300);
/// The longest that a compiler may run.
const BUILD_PATIENCE: Duration = Duration::from_secs(1_800);

pub struct Done {
    guards: &'static str,
    file: &'static str,
    test: &'static str,
    pub outcome: Outcome,
    pub took: Duration,
}

impl Done {
    pub fn json(&self) -> Value {
        let said = match &self.outcome {
            Outcome::Broken(said) => Some(said),
            _ => None,
        };
        json!({
            "guards": self.guards.split(' ').collect::<Vec<_>>(),
            "file": self.file,
            "test": self.test,
            "outcome": self.outcome.word(),
            "said": said,
            "seconds": (self.took.as_secs_f64() * 10.0).round() / 10.0,
        })
    }
}

/// Where tests are run, and what they run against.
struct Bench {
    overlay: Overlay,
    elf: bool,
    log: PathBuf,
}

pub fn each(mutants: &[&Mutant], elf: bool) -> Result<Vec<Done>> {
    let overlay = Overlay::new()?;
    let log = paths::host_target().join("mutants/log");
    let bench = Bench { overlay, elf, log };
    bench.whole(mutants)?;
    let mut results = Vec::new();
    for mutant in mutants {
        let started = Instant::now();
        let outcome = bench.mutant(mutant)?;
        let done = Done {
            guards: mutant.guards,
            file: mutant.file,
            test: bench.test(mutant),
            outcome,
            took: started.elapsed(),
        };
        let (word, took) = (done.outcome.word(), progress::seconds(done.took));
        eprintln!(
            "{word:>9}  {:<22} {:<40} {} ({took})",
            done.guards, done.file, done.test
        );
        if let Outcome::Broken(said) = &done.outcome {
            eprintln!("           {said}");
        }
        results.push(done);
    }
    Ok(results)
}

impl Bench {
    fn test(&self, mutant: &Mutant) -> &'static str {
        if self.elf { mutant.elf } else { mutant.core }
    }

    /// Every test passes as long as nothing is broken: else its failure would say nothing.
    fn whole(&self, mutants: &[&Mutant]) -> Result<()> {
        if self.elf {
            build::program(Program::Bulwark)?;
        }
        let tests: BTreeSet<_> = mutants.iter().map(|mutant| self.test(mutant)).collect();
        let title = format!("{} tests without any mutant", tests.len());
        progress::step(&title, |bar| {
            for test in tests {
                bar.set_message(test);
                ensure!(
                    self.compiles(test)?,
                    "{test} doesn't compile: {}",
                    self.said()?
                );
                match self.passes(test, false)? {
                    Some(true) => {}
                    Some(false) => bail!("{test} fails without any mutant: {}", self.said()?),
                    None => bail!("{test} doesn't come to an end"),
                }
            }
            Ok(())
        })
    }

    fn mutant(&self, mutant: &Mutant) -> Result<Outcome> {
        let broken = match self.overlay.apply(mutant) {
            Ok(broken) => broken,
            Err(error) => return Ok(Outcome::Broken(error.to_string())),
        };
        let test = self.test(mutant);
        let made = if self.elf {
            self.bytecode()?
        } else {
            self.compiles(test)?
        };
        let outcome = if made {
            match self.passes(test, true)? {
                Some(true) => Outcome::Survived,
                Some(false) => Outcome::Caught,
                None => Outcome::Hung,
            }
        } else {
            Outcome::Broken(self.said()?)
        };
        drop(broken);
        Ok(outcome)
    }

    /// Builds the bytecode of the copy, by this xtask with the copy as its checkout.
    fn bytecode(&self) -> Result<bool> {
        let mut build = Command::new(std::env::current_exe()?);
        build
            .arg("build")
            .env("CARGO_MANIFEST_DIR", self.overlay.root().join("xtask"))
            .env_remove("CARGO_TARGET_DIR");
        let ended = self.ends(&mut build, BUILD_PATIENCE)?;
        Ok(ended.unwrap_or(false))
    }

    /// `cargo test` of one test, with the broken bytecode or the whole one.
    fn cargo(&self, test: &'static str, broken: bool) -> Command {
        let (target, _) = Mutant::split(test);
        let mut cargo = process::cargo("test");
        if self.elf {
            cargo.args(["--workspace", "--locked"]);
            if broken {
                // The tests are whole: only the bytecode is broken.
                let folder = self.overlay.root().join("target/deploy");
                cargo.env("BULWARK_DEPLOY", folder);
            }
        } else {
            cargo = Command::new(paths::cargo());
            cargo
                .args(["test", "--package", "bulwark-core", "--locked"])
                .current_dir(self.overlay.root())
                .env(
                    "CARGO_TARGET_DIR",
                    paths::host_target().join("mutants/target"),
                )
                .env_remove("LD_LIBRARY_PATH");
        }
        match target {
            "lib" => cargo.arg("--lib"),
            target => cargo.args(["--test", target]),
        };
        cargo.env("CARGO_TERM_COLOR", "never");
        cargo
    }

    fn compiles(&self, test: &'static str) -> Result<bool> {
        let mut cargo = self.cargo(test, false);
        let ended = self.ends(cargo.arg("--no-run"), BUILD_PATIENCE)?;
        Ok(ended.unwrap_or(false))
    }

    /// Whether the test passes; nothing if it doesn't end. At least one must run.
    fn passes(&self, test: &'static str, broken: bool) -> Result<Option<bool>> {
        let mut cargo = self.cargo(test, broken);
        cargo.args(["--", Mutant::split(test).1]);
        let Some(passed) = self.ends(&mut cargo, PATIENCE)? else {
            return Ok(None);
        };
        let text = fs::read_to_string(&self.log)?;
        // Two crates may have a target of this name, and only one of them the test.
        let some = |line: &str| line.starts_with("running ") && !line.starts_with("running 0 ");
        let ran = text.contains("test result:") && text.lines().any(some);
        ensure!(
            ran,
            "no test is called {test}: see {}",
            paths::shown(&self.log)
        );
        Ok(Some(passed))
    }

    /// Runs a command into the log; whether it succeeded, nothing if it had to be ended.
    fn ends(&self, command: &mut Command, patience: Duration) -> Result<Option<bool>> {
        let log = File::create(&self.log)
            .with_context(|| format!("cannot write {}", self.log.display()))?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A group of its own, so that what cargo started ends with it.
            .process_group(0);
        let mut child = command.spawn()?;
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status.success()));
            }
            if started.elapsed() > patience {
                let group = format!("-{}", child.id());
                Command::new("kill")
                    .args(["-KILL", "--", &group])
                    .status()?;
                child.wait()?;
                return Ok(None);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The first error in the log.
    fn said(&self) -> Result<String> {
        let text = fs::read_to_string(&self.log)?;
        let error = text.lines().find(|line| {
            line.starts_with("error") || line.contains("panicked") || line.contains("FAILED")
        });
        Ok(error.or(text.lines().last()).unwrap_or_default().to_owned())
    }
}
