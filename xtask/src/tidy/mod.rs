//! `cargo xtask tidy`: the house rules that a machine can check.
//!
//! Every rule is a function from the files to findings, so that each one is tested on a small bad
//! input: a check that can't fail is no check.

mod code;
mod layers;
mod maps;
mod mutants;
mod papers;
mod permits;
mod source;

use std::collections::BTreeMap;
use std::fmt;
use std::process::Command;

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::{paths, process};
use source::Source;

/// Checks layering, floats, panics, sizes, and that the documents are in step with the tests.
///
/// Looks at every file that is or could be committed. Prints `file:line: rule: what to do` for each
/// finding and fails if there is one.
#[derive(Args)]
pub struct Tidy {
    /// Show the longest source files too
    #[arg(long)]
    lengths: bool,
}

/// One broken rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    file: String,
    /// From 1; 0 for the file as a whole.
    line: usize,
    rule: &'static str,
    advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Finding {
            file,
            line,
            rule,
            advice,
        } = self;
        write!(f, "{file}:{line}: {rule}: {advice}")
    }
}

/// The text files of the checkout by their path, the Rust ones read.
#[derive(Default)]
pub struct Tree {
    texts: BTreeMap<String, String>,
    sources: BTreeMap<String, Source>,
}

impl Tree {
    fn new(files: impl IntoIterator<Item = (String, String)>) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            if path.ends_with(".rs") {
                tree.sources
                    .insert(path.clone(), Source::read(&path, &text));
            }
            tree.texts.insert(path, text);
        }
        tree
    }

    /// All that git has or would take. A file that isn't text is left out.
    fn of_checkout() -> Result<Tree> {
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "-co", "--exclude-standard"])
            .current_dir(paths::root());
        let list = process::output(&mut git)?;
        ensure!(!list.is_empty(), "git knows no file here");
        let read = |path: &str| {
            let text = std::fs::read_to_string(paths::root().join(path)).ok()?;
            Some((path.to_owned(), text))
        };
        Ok(Tree::new(list.split('\0').filter_map(read)))
    }

    fn check(&self) -> Vec<Finding> {
        let rules: [fn(&Tree) -> Vec<Finding>; 15] = [
            layers::dependencies,
            layers::names,
            layers::instructions,
            code::floats,
            code::panics,
            code::leftovers,
            code::sizes,
            code::widths,
            papers::invariants,
            papers::attacks,
            papers::machines,
            permits::permits,
            maps::modules,
            maps::events,
            mutants::mutants,
        ];
        let mut found: Vec<_> = rules.iter().flat_map(|rule| rule(self)).collect();
        found.sort();
        found
    }
}

/// All rules, as `cargo xtask test` asks them.
pub fn all() -> Result<()> {
    run(&Tidy { lengths: false })
}

pub fn run(tidy: &Tidy) -> Result<()> {
    let tree = Tree::of_checkout()?;
    let mut lengths: Vec<_> = tree
        .sources
        .iter()
        .map(|(path, source)| (source.lines.len(), path))
        .collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    if tidy.lengths {
        for (lines, path) in lengths.iter().take(20) {
            println!("{lines:5}  {path}");
        }
    }
    let found = tree.check();
    for finding in &found {
        println!("{finding}");
    }
    if !found.is_empty() {
        bail!("tidy: {} to mend", found.len());
    }
    if let Some((lines, path)) = lengths.first() {
        println!(
            "tidy: {} files, {} of them Rust; the longest is {path} with {lines} lines",
            tree.texts.len(),
            lengths.len()
        );
    }
    Ok(())
}

#[cfg(test)]
pub mod testing {
    use super::{Finding, Tree};

    /// No line.
    pub const NONE: [usize; 0] = [];

    pub fn tree(files: &[(&str, &str)]) -> Tree {
        let owned = files
            .iter()
            .map(|(path, text)| (path.to_string(), text.to_string()));
        Tree::new(owned)
    }

    /// Where `rule` finds something in one file: its lines.
    pub fn lines(rule: fn(&Tree) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        let found = rule(&tree(&[(path, text)]));
        found.iter().map(|finding| finding.line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::tree;

    #[test]
    fn a_finding_reads_as_file_line_rule_advice() {
        let papers = [
            (
                "ARCHITECTURE.md",
                "**`crates/core`**: `a`.\n\n| INV-A | x | `holds_a` |\n",
            ),
            ("docs/parameters.md", "x\n"),
            ("tests/tests/a.rs", "fn holds_a() {}\n"),
        ];
        let mut files = papers.to_vec();
        assert_eq!(tree(&files).check(), []);
        files.push(("crates/core/src/a.rs", "fn a() {\n    b.unwrap();\n}\n"));
        let found = tree(&files).check();
        assert_eq!(found.len(), 1);
        let shown = found[0].to_string();
        assert!(
            shown.starts_with("crates/core/src/a.rs:2: panic: "),
            "{shown}"
        );
    }
}
