//! The documents are in step with the tests, and name no machine.

use std::collections::BTreeSet;

use super::{Finding, Tree, source};

pub const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// A row of a table: its line and its cells.
type Row<'a> = (usize, Vec<&'a str>);

fn rows(text: &str) -> Vec<Row<'_>> {
    let lines = text.lines().enumerate();
    let tables = lines.filter(|(_, line)| line.starts_with('|'));
    tables
        .map(|(place, line)| {
            let cells = line.trim_matches('|').split('|').map(str::trim).collect();
            (place + 1, cells)
        })
        .collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Every function of a test file or a test module.
fn tests(tree: &Tree) -> BTreeSet<&str> {
    let lines = tree.sources.values().flat_map(|source| &source.lines);
    let mut all = BTreeSet::new();
    for line in lines.filter(|line| line.test) {
        let mut words = source::words(&line.code);
        if words.any(|word| word == "fn") {
            all.extend(words.next());
        }
    }
    all
}

fn finding(line: usize, rule: &'static str, advice: String) -> Finding {
    Finding {
        file: ARCHITECTURE.into(),
        line,
        rule,
        advice,
    }
}

/// The tests that a row cites but that don't exist.
fn missing<'a>(cells: &[&'a str], tests: &BTreeSet<&str>) -> Option<&'a str> {
    let cited = quoted(cells.last().copied().unwrap_or_default());
    cited
        .filter(|name| name.contains('_'))
        .find(|name| !tests.contains(name))
}

/// Every named invariant cites tests that exist, and every one that the code names is known here.
pub fn invariants(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let Some(text) = tree.texts.get(ARCHITECTURE) else {
        let advice = "write the map of the house".into();
        return vec![finding(0, "missing", advice)];
    };
    let tests = tests(tree);
    let mut held = 0;
    for (line, cells) in rows(text) {
        let Some(name) = names(cells[0]).next() else {
            continue;
        };
        held += 1;
        let cited = quoted(cells.last().copied().unwrap_or_default());
        if cited.filter(|one| tests.contains(one)).count() == 0 {
            let advice =
                format!("{name} cites no test that exists: hold it or list it as not yet held");
            found.push(finding(line, "invariant", advice));
        } else if let Some(gone) = missing(&cells, &tests) {
            let advice = format!("{name} cites `{gone}`, which is no test: correct the name");
            found.push(finding(line, "invariant", advice));
        }
    }
    if held == 0 {
        let advice = "no table of invariants: one row each, `| INV-NAME | … | tests |`".into();
        found.push(finding(0, "invariant", advice));
    }
    let known: BTreeSet<_> = text.lines().flat_map(names).collect();
    for (file, source) in &tree.sources {
        if file.starts_with("xtask/") {
            continue;
        }
        for (place, line) in source.lines.iter().enumerate() {
            if let Some(name) = names(&line.comment).find(|name| !known.contains(name)) {
                found.push(Finding {
                    file: file.clone(),
                    line: place + 1,
                    rule: "invariant",
                    advice: format!(
                        "{name} is not in {ARCHITECTURE}: add it there or name another"
                    ),
                });
            }
        }
    }
    found
}

/// The invariants that a line names.
fn names(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("INV-").filter_map(|(place, prefix)| {
        let rest = &line[place + prefix.len()..];
        let length = rest.bytes().take_while(u8::is_ascii_uppercase).count();
        (length > 0).then(|| &line[place..place + prefix.len() + length])
    })
}

/// Every attack that is claimed as tested has a test of its number.
pub fn attacks(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let Some(text) = tree.texts.get(ARCHITECTURE) else {
        return found;
    };
    let tests = tests(tree);
    for (line, cells) in rows(text) {
        let id = cells[0].trim_matches('*');
        if !is_attack(id) {
            continue;
        }
        let cited: Vec<_> = quoted(cells.last().copied().unwrap_or_default()).collect();
        let own = |name: &&&str| {
            name.strip_prefix(id)
                .is_some_and(|rest| rest.starts_with('_'))
        };
        if let Some(gone) = missing(&cells, &tests) {
            let advice = format!("{id} cites `{gone}`, which is no test: correct the name");
            found.push(finding(line, "attack", advice));
        } else if !cited.iter().any(|name| own(&name)) {
            let advice = format!("{id} cites no test named `{id}_…`: write it or drop the row");
            found.push(finding(line, "attack", advice));
        }
    }
    found
}

/// Every attack and invariant of the tables: its line, its name, the tests that it cites.
pub fn claims(text: &str) -> impl Iterator<Item = (usize, &str, Vec<&str>)> {
    rows(text).into_iter().filter_map(|(line, cells)| {
        let id = cells[0].trim_matches('*');
        let name = names(id).next().or(is_attack(id).then_some(id))?;
        let cited = quoted(cells.last().copied().unwrap_or_default());
        Some((line, name, cited.collect()))
    })
}

/// a01, i04, s05: a letter and two digits.
fn is_attack(id: &str) -> bool {
    let bytes = id.as_bytes();
    bytes.len() == 3
        && b"ais".contains(&bytes[0])
        && bytes[1].is_ascii_digit()
        && bytes[2].is_ascii_digit()
}

/// The only registry that a lock file may name.
const CRATES: &str = "registry+https://github.com/rust-lang/crates.io-index";
const PACKAGES: &str = "https://registry.npmjs.org/";

/// No file names a folder of some machine, another registry, or holds a key; the generated tables
/// are there.
pub fn machines(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut find = |file: &str, line, rule, advice: &str| {
        found.push(Finding {
            file: file.into(),
            line,
            rule,
            advice: advice.into(),
        });
    };
    if !tree.texts.contains_key("docs/parameters.md") {
        let advice = "write it again from core's table of parameters";
        find("docs/parameters.md", 0, "missing", advice);
    }
    let folders = ["work", "root", "home", "Users"].map(|name| format!("/{name}/"));
    for (file, text) in &tree.texts {
        if file.ends_with("keypair.json") {
            find(file, 0, "key", "a private key is never committed");
        }
        for (place, line) in text.lines().enumerate() {
            if folders.iter().any(|folder| is_absolute(line, folder)) {
                let advice = "no machine has this folder but one: write a relative path";
                find(file, place + 1, "machine", advice);
            }
            if is_foreign(file, line.trim()) {
                let advice = "name the public registry only: others are settings of a machine";
                find(file, place + 1, "registry", advice);
            }
        }
    }
    found
}

/// Whether `line` has a path that begins with `folder`, not one that only contains it.
fn is_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(place, _)| {
        let before = line[..place].chars().next_back();
        !before.is_some_and(|one| one.is_alphanumeric() || "._-~}>)".contains(one))
    })
}

fn is_foreign(file: &str, line: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or_default();
    let value = |key: &str| line.strip_prefix(key).map(|rest| rest.trim_matches('"'));
    match name {
        "Cargo.lock" => {
            value("source = ").is_some_and(|source| source.trim_end_matches('"') != CRATES)
        }
        // Without a colon it is a folder of the checkout.
        "package-lock.json" => value("\"resolved\": ")
            .is_some_and(|url| url.contains(':') && !url.starts_with(PACKAGES)),
        "pnpm-lock.yaml" | "yarn.lock" => line.contains("tarball:") && !line.contains(PACKAGES),
        "config.toml" => line.starts_with("[source") || line.starts_with("[registr"),
        ".npmrc" => line.contains("registry=") && !line.contains(PACKAGES),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::{NONE, lines, tree};

    const TEST: (&str, &str) = (
        "crates/core/tests/a.rs",
        "fn a11_held() {}\nfn b_held() {}\n",
    );

    fn with(rule: fn(&Tree) -> Vec<Finding>, architecture: &str) -> Vec<usize> {
        let found = rule(&tree(&[(ARCHITECTURE, architecture), TEST]));
        found.iter().map(|one| one.line).collect()
    }

    #[test]
    fn an_invariant_without_its_test_is_found() {
        let head = "| name | what | tests |\n|---|---|---|\n";
        let row = |tests: &str| format!("{head}| **INV-A** | what | {tests} |\n");
        assert_eq!(with(invariants, &row("`b_held`, `a11_held`")), NONE);
        assert_eq!(with(invariants, &row("b_held")), [3]);
        assert_eq!(with(invariants, &row("`gone_test`")), [3]);
        assert_eq!(with(invariants, &row("`b_held`, `gone_test`")), [3]);
        assert_eq!(with(invariants, "no table"), [0]);
        assert_eq!(invariants(&tree(&[]))[0].rule, "missing");
    }

    #[test]
    fn a_test_is_no_function_that_ships() {
        let table = "| INV-A | what | `ships_it` |\n";
        let ships = ("crates/core/src/a.rs", "fn ships_it() {}\n");
        assert_eq!(invariants(&tree(&[(ARCHITECTURE, table), ships])).len(), 1);
        let within = (
            "crates/core/src/a.rs",
            "#[cfg(test)]\nmod t {\n    fn ships_it() {}\n}\n",
        );
        assert_eq!(invariants(&tree(&[(ARCHITECTURE, table), within])), []);
    }

    #[test]
    fn an_unknown_invariant_in_the_code_is_found() {
        let table = "| INV-A | what | `b_held` |\n\n* INV-B, not yet held\n";
        let code = ("crates/core/src/a.rs", "//! INV-A, INV-B\n\n// INV-CD.\n");
        let found = invariants(&tree(&[(ARCHITECTURE, table), TEST, code]));
        assert_eq!(found.len(), 1);
        assert!(found[0].line == 3 && found[0].advice.starts_with("INV-CD "));
    }

    #[test]
    fn an_attack_without_its_test_is_found() {
        assert_eq!(with(attacks, "| a11 | what | `a11_held` |\n"), NONE);
        assert_eq!(with(attacks, "| a11 | what | `b_held` |\n"), [1]);
        assert_eq!(with(attacks, "| a12 | what | `a12_gone` |\n"), [1]);
        assert_eq!(with(attacks, "| s05 | what | none |\n"), [1]);
        assert_eq!(with(attacks, "| all | what | none |\n"), NONE);
    }

    #[test]
    fn a_machine_is_found() {
        let at = |text: &str| {
            let found = machines(&tree(&[("docs/parameters.md", ""), ("docs/a.md", text)]));
            found.iter().map(|one| one.line).collect::<Vec<_>>()
        };
        for folder in ["work", "root", "home", "Users"] {
            assert_eq!(at(&format!("a\nsee /{folder}/x\n")), [2], "{folder}");
        }
        assert_eq!(
            at(&["see ../wo", "rk/x, a/ho", "me/b, ~/ro", "ot/c"].concat()),
            NONE
        );
        assert_eq!(
            lines(machines, "docs/a.md", "a\n"),
            [0],
            "parameters.md is missing"
        );
        assert_eq!(at(""), NONE);
    }

    #[test]
    fn a_foreign_registry_or_a_key_is_found() {
        let at = |path: &str, text: &str| {
            let found = machines(&tree(&[("docs/parameters.md", ""), (path, text)]));
            found.iter().map(|one| one.line).collect::<Vec<_>>()
        };
        let source = format!("source = \"{CRATES}\"\nsource = \"registry+https://mirror/\"\n");
        assert_eq!(at("Cargo.lock", &source), [2]);
        let resolved =
            "\"resolved\": \"https://registry.npmjs.org/a\",\n\"resolved\": \"http://b/\",\n";
        assert_eq!(at("app/client/package-lock.json", resolved), [2]);
        let link = "\"resolved\": \"app/client\",\n\"resolved\": \"git+ssh://c\",\n";
        assert_eq!(at("package-lock.json", link), [2]);
        assert_eq!(
            at(".cargo/config.toml", "[alias]\n[source.crates-io]\n"),
            [2]
        );
        assert_eq!(at("target/a-keypair.json", "[1]\n"), [0]);
    }
}
