//! The table of mutants is in step with the sources, the tests and ARCHITECTURE.md: nothing is
//! compiled here, `cargo xtask mutants` runs them.

use std::collections::BTreeSet;

use super::papers::{self, ARCHITECTURE};
use super::{Finding, Tree, source};
use crate::mutants::{self, Mutant};

/// Where the table lies: a checkout without it (a test's own tree) has nothing to be in step with.
const TABLE: &str = "xtask/src/mutants/table/mod.rs";

/// Attacks that no line of the sources answers, so that none can be taken away, and what answers
/// them instead.
const NO_LINE: &[(&str, &str)] = &[
    (
        "a30",
        "nothing reads what flows in or out, nor how far a price fell: losses count",
    ),
    (
        "a46",
        "no rule of health reads a price of quote: one that did would have to be added",
    ),
    (
        "s01",
        "the lengths of the account's arrays, which the compiler holds to its layout",
    ),
];

/// Every snippet occurs once, every test exists, every attack has a mutant or a reason to have
/// none, and so has every invariant that a test of core holds.
pub fn mutants(tree: &Tree) -> Vec<Finding> {
    if !tree.texts.contains_key(TABLE) {
        return Vec::new();
    }
    let mut found: Vec<_> = mutants::all().filter_map(|one| stale(tree, one)).collect();
    let guarded: BTreeSet<&str> = mutants::all()
        .flat_map(|one| one.guards.split(' '))
        .collect();
    found.extend(unguarded(tree, &guarded));
    found
}

fn finding(file: &str, line: usize, advice: String) -> Finding {
    Finding {
        file: file.into(),
        line,
        rule: "mutant",
        advice,
    }
}

/// What is wrong with a row of the table.
fn stale(tree: &Tree, mutant: &Mutant) -> Option<Finding> {
    let text = tree.texts.get(mutant.file).map_or("", String::as_str);
    let times = text.matches(mutant.from).count();
    if times != 1 {
        let (guards, from) = (mutant.guards, mutant.from);
        let advice = format!(
            "the mutant of {guards} breaks {from:?}, which stands here {times} times: \
             correct its row in xtask/src/mutants/table"
        );
        return Some(finding(mutant.file, 0, advice));
    }
    let tests = [("crates/core", mutant.core), ("tests", mutant.elf)];
    let gone =
        |(package, test): &(&str, &'static str)| !test.is_empty() && !exists(tree, package, test);
    let (_, test) = tests.into_iter().find(gone)?;
    let guards = mutant.guards;
    let advice = format!("the mutant of {guards} is to fail {test:?}, which is no test");
    Some(finding(TABLE, 0, advice))
}

/// Whether a test target has a function whose name contains the filter.
fn exists(tree: &Tree, package: &str, test: &'static str) -> bool {
    let (target, filter) = Mutant::split(test);
    let inside = |path: &str| match target {
        "lib" => path.starts_with(&format!("{package}/src/")),
        target => {
            path == format!("{package}/tests/{target}.rs")
                || path.starts_with(&format!("{package}/tests/{target}/"))
        }
    };
    let sources = tree.sources.iter().filter(|(path, _)| inside(path));
    let mut lines = sources.flat_map(|(_, source)| &source.lines);
    lines.any(|line| {
        let mut words = source::words(&line.code);
        words.any(|word| word == "fn") && words.next().is_some_and(|name| name.contains(filter))
    })
}

/// Rows of ARCHITECTURE.md without a mutant: all attacks, and invariants that cite a test of core.
fn unguarded(tree: &Tree, guarded: &BTreeSet<&str>) -> Vec<Finding> {
    let of_core: BTreeSet<&str> = tree
        .sources
        .iter()
        .filter(|(path, _)| path.starts_with("crates/core/"))
        .flat_map(|(_, source)| &source.lines)
        .filter(|line| line.test)
        .filter_map(|line| {
            let mut words = source::words(&line.code);
            words.find(|word| *word == "fn").and_then(|_| words.next())
        })
        .collect();
    let text = tree.texts.get(ARCHITECTURE).map_or("", String::as_str);
    papers::claims(text)
        .filter(|(_, name, tests)| {
            let asked =
                !name.starts_with("INV-") || tests.iter().any(|test| of_core.contains(test));
            let excused = NO_LINE.iter().any(|(id, _)| id == name);
            if excused {
                guarded.contains(name)
            } else {
                asked && !guarded.contains(name)
            }
        })
        .map(|(line, name, _)| {
            let advice = format!(
                "{name} has a test and no mutant: add the guard that it holds to \
                 xtask/src/mutants/table, and see the test fail without it (an attack is listed \
                 there or in NO_LINE, not in both)"
            );
            finding(ARCHITECTURE, line, advice)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::tree;

    const MUTANT: Mutant = Mutant {
        guards: "a11",
        file: "crates/core/src/a.rs",
        from: "a < b",
        to: "true",
        core: "a a11_",
        elf: "",
    };
    const SOURCE: (&str, &str) = ("crates/core/src/a.rs", "fn a() -> bool {\n    a < b\n}\n");
    const TEST: (&str, &str) = ("crates/core/tests/a.rs", "fn a11_held() {}\n");

    #[test]
    fn a_stale_row_is_found() {
        assert_eq!(stale(&tree(&[SOURCE, TEST]), &MUTANT), None);
        let twice = ("crates/core/src/a.rs", "a < b; a < b");
        assert!(stale(&tree(&[twice, TEST]), &MUTANT).is_some());
        assert!(stale(&tree(&[TEST]), &MUTANT).is_some());
        assert!(stale(&tree(&[SOURCE]), &MUTANT).is_some(), "no such test");
        let elf = Mutant {
            elf: "b a11_",
            ..MUTANT
        };
        assert!(stale(&tree(&[SOURCE, TEST]), &elf).is_some());
        let other = ("tests/tests/b/main.rs", "fn a11_too() {}\n");
        assert_eq!(stale(&tree(&[SOURCE, TEST, other]), &elf), None);
    }

    #[test]
    fn what_has_no_mutant_is_found() {
        let papers = (
            ARCHITECTURE,
            "| a11 | x | `a11_held` |\n| INV-A | x | y | `b_held`, `a11_held` |\n\
             | a12 | x | `a12_elsewhere` |\n| INV-B | x | y | `b_held` |\n\
             | a46 | x | `a46_held` |\n",
        );
        let found = |guarded: &[&str]| {
            let all = unguarded(&tree(&[papers, TEST]), &guarded.iter().copied().collect());
            all.iter().map(|one| one.line).collect::<Vec<_>>()
        };
        assert_eq!(found(&[]), [1, 2, 3]);
        assert_eq!(found(&["a11"]), [2, 3]);
        assert_eq!(found(&["a11", "INV-A"]), [3]);
        assert_eq!(found(&["a11", "a12", "INV-A"]), [0; 0]);
        // No row of the table for what is excused.
        assert_eq!(found(&["a11", "a12", "INV-A", "a46"]), [5]);
    }
}
