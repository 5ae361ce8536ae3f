//! `cargo xtask mutants`: what happens to the tests when a guard is taken away.
//!
//! A [`Mutant`] is one guard of one rule, and the test that must fail without it. The table is
//! checked against the sources by `cargo xtask tidy` (every snippet occurs once, every test exists,
//! every attack and invariant that core answers has one); the run here breaks the guards one by one
//! in a copy of the checkout.

mod overlay;
mod run;
mod table;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use crate::progress;
pub use table::all;

/// One guard taken away.
pub struct Mutant {
    /// Attacks and invariants that the guard holds, separated by blanks.
    pub guards: &'static str,
    /// Source file, from the root of the checkout.
    pub file: &'static str,
    /// What stands there, exactly once.
    pub from: &'static str,
    /// What stands there instead.
    pub to: &'static str,
    /// Test target of core (`lib` for tests inside the sources) and a part of the test's name.
    /// Empty for guards of the program, which only the bytecode can show.
    pub core: &'static str,
    /// The same among the tests of the bytecode; empty where only core is run.
    pub elf: &'static str,
}

impl Mutant {
    /// Target and filter of a test.
    pub fn split(test: &'static str) -> (&'static str, &'static str) {
        test.split_once(' ').unwrap_or((test, ""))
    }

    fn is_asked(&self, words: &[String]) -> bool {
        let own = |word: &String| self.guards.split(' ').any(|id| id == word);
        words.is_empty()
            || words
                .iter()
                .any(|word| own(word) || self.file.contains(word))
    }
}

/// Removes the guards of the rules one by one and expects the test of each to fail.
///
/// A mutant that doesn't compile isn't caught. The sources are copied to target/mutants and built
/// there, only what changed each time: some seconds for one.
#[derive(Args, Default)]
pub struct Mutants {
    /// Build the bytecode with the guards that are marked for it, and run its own tests
    #[arg(long)]
    elf: bool,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
    /// Only these attacks, invariants or parts of a path
    only: Vec<String>,
}

impl Mutants {
    /// All that are marked for the bytecode.
    pub fn of_the_bytecode() -> Self {
        Self {
            elf: true,
            ..Self::default()
        }
    }
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Caught,
    /// The test didn't come to its end.
    Hung,
    Survived,
    /// It doesn't compile, or its table is stale: what it says.
    Broken(String),
}

impl Outcome {
    fn word(&self) -> &str {
        match self {
            Self::Caught => "caught",
            Self::Hung => "hung",
            Self::Survived => "SURVIVED",
            Self::Broken(_) => "BROKEN",
        }
    }

    fn is_caught(&self) -> bool {
        matches!(self, Self::Caught | Self::Hung)
    }
}

pub fn run(asked: &Mutants) -> Result<()> {
    let chosen: Vec<&Mutant> = all()
        .filter(|one| one.is_asked(&asked.only))
        .filter(|one| !(if asked.elf { one.elf } else { one.core }).is_empty())
        .collect();
    if chosen.is_empty() {
        bail!("no mutant guards {:?}", asked.only);
    }
    let results = run::each(&chosen, asked.elf)?;
    let caught = results.iter().filter(|one| one.outcome.is_caught()).count();
    if asked.json {
        let rows: Vec<_> = results.iter().map(run::Done::json).collect();
        let (all, mutants) = (results.len(), rows);
        println!(
            "{:#}",
            json!({ "caught": caught, "of": all, "mutants": mutants })
        );
    } else {
        let took = results.iter().map(|one| one.took).sum();
        println!(
            "{caught} of {} caught in {}",
            results.len(),
            progress::seconds(took)
        );
    }
    if caught < results.len() {
        bail!(
            "a guard can go without any test noticing: strengthen the test, or the guard is none"
        );
    }
    Ok(())
}
