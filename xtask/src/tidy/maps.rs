//! Maps of the house that name everything there is: core's modules, and events by what counts them.

use std::collections::BTreeSet;

use super::papers::ARCHITECTURE;
use super::{Finding, Tree};

/// The page that says what counts each kind of event.
const EVENTS: &str = "docs/events.md";
/// Where core's modules lie.
const CORE: &str = "crates/core/src/";

fn finding(file: &str, rule: &'static str, advice: String) -> Finding {
    Finding {
        file: file.into(),
        line: 0,
        rule,
        advice,
    }
}

/// The part of the map about core: from its heading to the next one.
fn about_core(text: &str) -> &str {
    let rest = text.split_once("**`crates/core`**").map_or("", |(_, r)| r);
    rest.split_once("\n\n").map_or(rest, |(part, _)| part)
}

/// Every module of core is named in the map.
pub fn modules(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.texts.get(ARCHITECTURE) else {
        return Vec::new();
    };
    let part = about_core(text);
    let module = |path: &str| {
        let rest = path.strip_prefix(CORE)?;
        let name = rest.split_once('/').map_or(rest, |(folder, _)| folder);
        Some(name.strip_suffix(".rs").unwrap_or(name).to_owned())
    };
    let all: BTreeSet<_> = tree.sources.keys().filter_map(|p| module(p)).collect();
    all.iter()
        .filter(|name| *name != "lib" && !part.contains(&format!("`{name}`")))
        .map(|name| {
            let advice = format!("core's module `{name}` isn't in the map: say what it is for");
            finding(ARCHITECTURE, "map", advice)
        })
        .collect()
}

/// The number of the kind that a line of the program's events declares.
fn declared(line: &str) -> Option<u16> {
    let (name, rest) = line.trim().split_once(" = ")?;
    let number = rest.strip_suffix(" {")?;
    name.starts_with(|one: char| one.is_ascii_uppercase())
        .then(|| number.parse().ok())?
}

/// The kinds that the table of counts has: numbers, and ranges with `to`.
fn tabled(text: &str) -> BTreeSet<u16> {
    let start = text
        .lines()
        .skip_while(|line| !line.starts_with("| `sequence`"));
    let rows = start.take_while(|line| line.starts_with('|')).skip(2);
    let mut all = BTreeSet::new();
    for row in rows {
        let cell = row.trim_matches('|').split('|').nth(1).unwrap_or_default();
        for part in cell.split('·') {
            let numbers = part.split(':').next().unwrap_or_default();
            for one in numbers.split(',') {
                let mut ends = one.split(" to ").map(|end| end.trim().parse::<u16>());
                let Some(Ok(first)) = ends.next() else {
                    continue;
                };
                all.extend(first..=ends.next().and_then(Result::ok).unwrap_or(first));
            }
        }
    }
    all
}

/// Every kind of event that the program has stands in the table of counts, and no other does.
pub fn events(tree: &Tree) -> Vec<Finding> {
    let files = tree.sources.iter().filter(|(path, _)| {
        path.starts_with("programs/bulwark/src/event/") || *path == "programs/bulwark/src/event.rs"
    });
    let lines = files.flat_map(|(_, source)| &source.lines);
    let there: BTreeSet<_> = lines.filter_map(|line| declared(&line.code)).collect();
    if there.is_empty() {
        return Vec::new();
    }
    let table = tree.texts.get(EVENTS).map_or("", String::as_str);
    let table = tabled(table);
    let missing = there.difference(&table).map(|kind| {
        let advice = format!("kind {kind} isn't in the table of counts: say what counts it");
        finding(EVENTS, "events", advice)
    });
    let gone = table.difference(&there).map(|kind| {
        let advice = format!("the table of counts has kind {kind}, the program hasn't");
        finding(EVENTS, "events", advice)
    });
    missing.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::tree;

    fn said(found: &[Finding]) -> Vec<&str> {
        found.iter().map(|one| one.advice.as_str()).collect()
    }

    #[test]
    fn a_module_that_the_map_leaves_out_is_found() {
        let files = ["book.rs", "lib.rs", "health/mod.rs", "health/ratio.rs"];
        let files = files.map(|file| format!("{CORE}{file}"));
        let with = |map: &str| {
            let mut all: Vec<_> = files.iter().map(|file| (file.as_str(), "")).collect();
            all.push((ARCHITECTURE, map));
            modules(&tree(&all)).len()
        };
        assert_eq!(with("**`crates/core`**: `book`, `health`.\n\nmore"), 0);
        assert_eq!(with("**`crates/core`**: `book`.\n\n`health`"), 1);
        assert_eq!(with("nothing"), 2);
    }

    #[test]
    fn a_kind_that_the_table_leaves_out_or_makes_up_is_found() {
        let program = (
            "programs/bulwark/src/event/trading.rs",
            "A = 40 {\n    Listed(Head) = 41 {\nconst X: u16 = 3;\n",
        );
        let page = |rows: &str| format!("| `sequence` counts in | kinds |\n|---|---|\n{rows}");
        let with = |rows: &str| {
            let page = page(rows);
            let found = events(&tree(&[program, (EVENTS, &page)]));
            said(&found).join("; ")
        };
        assert_eq!(with("| the market | 40, 41: orders |\n"), "");
        assert_eq!(with("| a | 40 to 41 |\n"), "");
        assert!(with("| a | 40: x |\n").starts_with("kind 41 "));
        assert!(with("| a | 40 to 42 |\n").contains("kind 42, the program hasn't"));
        assert!(with("").contains("kind 40 "));
    }
}
