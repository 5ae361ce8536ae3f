//! Arrows go one way: state ← core ← program ← {client, svm, tests, command line}.

use super::{Finding, Tree, source};

/// A package and what it may depend on.
struct Package {
    folder: &'static str,
    /// In the workspace.
    ours: &'static [&'static str],
    /// Outside of it; `None`: anything.
    outside: Option<&'static [&'static str]>,
}

const PACKAGES: &[Package] = &[
    Package {
        folder: "crates/state",
        ours: &[],
        outside: Some(&["bytemuck"]),
    },
    Package {
        folder: "crates/core",
        ours: &["bulwark-state"],
        outside: Some(&[]),
    },
    Package {
        folder: "crates/wasm",
        ours: &["bulwark-core", "bulwark-state"],
        outside: Some(&[]),
    },
    Package {
        folder: "crates/wasm-words",
        ours: &["bulwark-core", "bulwark-state", "bulwark-words"],
        outside: Some(&[]),
    },
    Package {
        folder: "crates/words",
        ours: &["bulwark-core", "bulwark-state"],
        outside: Some(&["five8"]),
    },
    Package {
        folder: "crates/model",
        ours: &["bulwark-core", "bulwark-state"],
        outside: None,
    },
    Package {
        folder: "crates/sbf-builtins",
        ours: &[],
        outside: Some(&["solana-compiler-builtins"]),
    },
    Package {
        folder: "programs/bulwark",
        ours: &["bulwark-core", "bulwark-state", "bulwark-sbf-builtins"],
        outside: None,
    },
    Package {
        folder: "crates/client",
        ours: &["bulwark", "bulwark-core", "bulwark-state"],
        outside: None,
    },
    Package {
        folder: "crates/svm",
        ours: &[
            "bulwark",
            "bulwark-client",
            "bulwark-core",
            "bulwark-rebuild",
            "bulwark-state",
        ],
        outside: None,
    },
    Package {
        folder: "crates/rebuild",
        ours: &["bulwark", "bulwark-core", "bulwark-state"],
        outside: None,
    },
    Package {
        folder: "app/cli",
        ours: &[
            "bulwark",
            "bulwark-client",
            "bulwark-core",
            "bulwark-rebuild",
            "bulwark-report",
            "bulwark-state",
            "bulwark-svm",
            "bulwark-words",
        ],
        outside: None,
    },
    Package {
        folder: "app/report",
        ours: &[],
        outside: None,
    },
    Package {
        folder: "xtask",
        ours: &[],
        outside: None,
    },
];

/// Every arrow of every manifest goes down; the two lowest layers have next to no outside ones.
pub fn dependencies(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for package in PACKAGES {
        let Package {
            folder,
            ours,
            outside,
        } = package;
        let file = format!("{folder}/Cargo.toml");
        let Some(text) = tree.texts.get(&file) else {
            continue;
        };
        for dependency in list(text) {
            let name = dependency.name;
            let is_ours = name == "bulwark" || name.starts_with("bulwark-");
            let advice = if is_ours && !ours.contains(&name) {
                format!("{folder} must not depend on {name}: arrows go state ← core ← program ← …")
            } else if let (false, false, Some(outside)) = (is_ours, dependency.spared, outside)
                && !outside.contains(&name)
            {
                format!("{folder} must not depend on {name}: only {outside:?} from outside")
            } else {
                continue;
            };
            found.push(Finding {
                file: file.clone(),
                line: dependency.line,
                rule: "layering",
                advice,
            });
        }
    }
    found
}

struct Dependency<'a> {
    line: usize,
    name: &'a str,
    /// Of tests, or optional: nothing that ships has it.
    spared: bool,
}

/// The dependencies that a manifest lists, under the package's own name.
fn list(manifest: &str) -> Vec<Dependency<'_>> {
    let mut all = Vec::new();
    let (mut listing, mut of_tests) = (false, false);
    for (place, line) in manifest.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            let (head, one) = match section.rsplit_once("dependencies.") {
                Some((head, one)) => (head, Some(one)),
                None => (section.strip_suffix("dependencies").unwrap_or("-"), None),
            };
            of_tests = head.ends_with("dev-");
            let is_list = head.is_empty() || head.ends_with(['.', '-']) && head != "-";
            listing = is_list && one.is_none();
            if let Some(name) = one.filter(|_| is_list) {
                all.push(Dependency {
                    line: place + 1,
                    name,
                    spared: of_tests,
                });
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| listing) else {
            continue;
        };
        let key = key.trim().split('.').next().unwrap_or_default();
        let renamed = value
            .split_once("package")
            .and_then(|(_, rest)| rest.split('"').nth(1));
        all.push(Dependency {
            line: place + 1,
            name: renamed.unwrap_or(key).trim_matches('"'),
            spared: of_tests || value.contains("optional = true"),
        });
    }
    all
}

/// Words that shipped code under a folder must not have, except in some files.
struct Reserved {
    folder: &'static str,
    except: &'static [&'static str],
    words: &'static [&'static str],
    advice: &'static str,
}

const PROGRAM: &str = "programs/bulwark/src/";
const TOKEN: &str = "programs/bulwark/src/token.rs";
const EVENT: &str = "programs/bulwark/src/event.rs";
const UPGRADE: &str = "programs/bulwark/src/upgrade.rs";
const HEAP: &str = "programs/bulwark/src/heap.rs";

const RESERVED: &[Reserved] = &[
    Reserved {
        folder: "crates/state/src/",
        except: &[],
        words: &[
            "std",
            "alloc",
            "anchor_lang",
            "solana_program",
            "bulwark_core",
        ],
        advice: "layouts know bytemuck alone",
    },
    Reserved {
        folder: "crates/core/src/",
        except: &[],
        words: &["std", "alloc", "anchor_lang", "solana_program", "unsafe"],
        advice: "core knows the layouts alone: no heap, no clock, no Solana type; pass it in",
    },
    Reserved {
        folder: PROGRAM,
        except: &["programs/bulwark/src/oracle/"],
        words: &["pyth_sdk_solana", "PriceUpdateV2", "load_price_account"],
        advice: "only oracle/ knows Pyth's bytes: ask oracle::read",
    },
    Reserved {
        folder: PROGRAM,
        except: &[TOKEN, EVENT, UPGRADE, "programs/bulwark/src/state.rs"],
        words: &[
            "invoke",
            "invoke_signed",
            "invoke_unchecked",
            "invoke_signed_unchecked",
            "CpiContext",
        ],
        advice: "calls go through token.rs (tokens), event.rs (events), state.rs (new accounts) or \
                 upgrade.rs (the loader's Upgrade)",
    },
    Reserved {
        folder: PROGRAM,
        except: &[TOKEN],
        words: &[
            "transfer_checked",
            "TransferChecked",
            "spl_token",
            "spl_token_2022",
            "token_2022",
            "mint_to",
            "burn",
            "approve",
            "set_authority",
        ],
        advice: "only token.rs moves tokens",
    },
    Reserved {
        folder: PROGRAM,
        except: &[TOKEN, "programs/bulwark/src/seeds.rs"],
        words: &["VAULT_AUTHORITY"],
        advice: "only token.rs signs for the vaults (INV-AUTH)",
    },
    Reserved {
        folder: PROGRAM,
        except: &[
            UPGRADE,
            "programs/bulwark/src/seeds.rs",
            "programs/bulwark/src/instructions/create_guardian.rs",
            "programs/bulwark/src/instructions/execute_upgrade.rs",
        ],
        words: &["LOADER", "GUARDIAN"],
        advice: "only upgrade.rs speaks to the loader and signs for the guardian",
    },
    Reserved {
        folder: PROGRAM,
        except: &[EVENT, HEAP],
        words: &[
            "emit_cpi!",
            "emit!",
            "sol_log_data",
            "msg!",
            "EVENT_IX_TAG_LE",
            "EVENT_IX_TAG",
        ],
        advice: "only event.rs emits: ask event::emit; logs are cut without a sign",
    },
];

/// Each of the program's edges to the outside is known by one file.
pub fn names(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, source) in &tree.sources {
        let rules = RESERVED.iter().filter(|rule| {
            file.starts_with(rule.folder) && !rule.except.iter().any(|one| file.starts_with(one))
        });
        for rule in rules {
            // What a feature alone derives (the interface file) doesn't ship either.
            let ships = |code: &str| !code.trim_start().starts_with("#[cfg_attr(feature");
            for (line, code) in source.shipped().filter(|(_, code)| ships(code)) {
                let has = |word: &&&str| match word.ends_with('!') {
                    true => source::has_macro(code, word),
                    false => source::words(code).any(|one| one == **word),
                };
                let Some(word) = rule.words.iter().find(has) else {
                    continue;
                };
                found.push(Finding {
                    file: file.clone(),
                    line,
                    rule: "boundary",
                    advice: format!("no `{word}` here: {}", rule.advice),
                });
            }
        }
    }
    found
}

/// Files beside the instructions that hold what several of them share.
const SHARED: &[&str] = &["council", "mod", "parameters", "payment", "recovery_facts"];

/// One instruction, one file of its name, at most one event.
pub fn instructions(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let folder = format!("{PROGRAM}instructions/");
    let Some(entry) = tree.sources.get(&format!("{PROGRAM}lib.rs")) else {
        return found;
    };
    let calls: Vec<_> = entry.shipped().filter_map(|(_, code)| call(code)).collect();
    let mut find = |file: String, line, advice: String| {
        found.push(Finding {
            file,
            line,
            rule: "instruction",
            advice,
        });
    };
    for (line, name) in entry
        .shipped()
        .filter_map(|(line, code)| Some((line, call(code)?)))
    {
        if !tree.sources.contains_key(&format!("{folder}{name}.rs")) {
            let advice =
                format!("put {name} into instructions/{name}.rs: one instruction, one file");
            find(format!("{PROGRAM}lib.rs"), line, advice);
        }
    }
    for (file, source) in &tree.sources {
        let Some(name) = file
            .strip_prefix(&folder)
            .and_then(|one| one.strip_suffix(".rs"))
        else {
            continue;
        };
        if !SHARED.contains(&name) && !calls.contains(&name) {
            let advice = format!("no instruction is called {name}: delete or rename the file");
            find(file.clone(), 0, advice);
        }
        let mut events = source
            .shipped()
            .filter(|(_, code)| code.contains("event::emit"));
        if let Some((line, _)) = events.nth(1) {
            find(file.clone(), line, "emit one event per instruction".into());
        }
    }
    found
}

/// The instruction that a line of lib.rs hands over to.
pub(super) fn call(code: &str) -> Option<&str> {
    code.trim()
        .strip_prefix("instructions::")?
        .split_once('(')
        .map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::{NONE, lines, tree};

    #[test]
    fn an_arrow_upwards_is_found() {
        let bad = "[dependencies]\nbytemuck = \"1\"\nbulwark-core = { workspace = true }\nserde = \"1\"\n";
        assert_eq!(lines(dependencies, "crates/state/Cargo.toml", bad), [3, 4]);
        let dev = "[dev-dependencies]\nproptest = \"1\"\nbulwark-svm.workspace = true\n";
        assert_eq!(lines(dependencies, "crates/core/Cargo.toml", dev), [3]);
        let table = "[package]\nname = \"x\"\n\n[dependencies.libm]\nversion = \"1\"\n";
        assert_eq!(lines(dependencies, "crates/core/Cargo.toml", table), [4]);
        let target = "[target.'cfg(a)'.dependencies]\nx = { package = \"bulwark-svm\" }\n";
        assert_eq!(
            lines(dependencies, "programs/bulwark/Cargo.toml", target),
            [2]
        );
        let optional = "[dependencies]\nanchor-lang = { version = \"1\", optional = true }\n";
        assert_eq!(
            lines(dependencies, "crates/state/Cargo.toml", optional),
            NONE
        );
        let down = "[dependencies]\nbulwark-core = { workspace = true }\nanchor-lang = \"1\"\n";
        assert_eq!(
            lines(dependencies, "programs/bulwark/Cargo.toml", down),
            NONE
        );
    }

    #[test]
    fn a_word_over_its_boundary_is_found() {
        let pyth = "// pyth_sdk_solana\nuse pyth_sdk_solana::state;\n";
        let one = |path: &str, text: &str| lines(names, path, text);
        assert_eq!(one("programs/bulwark/src/guard.rs", pyth), [2]);
        assert_eq!(one("programs/bulwark/src/oracle/legacy.rs", pyth), NONE);
        let moves = "fn a() {\n    invoke_signed(&transfer_checked());\n}\n";
        assert_eq!(one("programs/bulwark/src/instructions/a.rs", moves), [2, 2]);
        assert_eq!(one("programs/bulwark/src/state.rs", moves), [2]);
        assert_eq!(one("programs/bulwark/src/token.rs", moves), NONE);
        let signs = "let seeds = [VAULT_AUTHORITY];\nlet key = VAULT_AUTHORITY_AND_BUMP.0;\n";
        assert_eq!(one("programs/bulwark/src/instructions/a.rs", signs), [1]);
        let loads = "let seeds = [seeds::GUARDIAN];\nlet id = LOADER;\n";
        assert_eq!(one("programs/bulwark/src/instructions/a.rs", loads), [1, 2]);
        assert_eq!(one("programs/bulwark/src/upgrade.rs", loads), NONE);
        let emits = "emit_cpi!(x);\nevent::emit(a, &b);\n";
        assert_eq!(one("programs/bulwark/src/instructions/a.rs", emits), [1]);
        let derives = "#[cfg_attr(feature = \"a\", derive(anchor_lang::B))]\nstruct C;\n";
        assert_eq!(one("crates/state/src/a.rs", derives), NONE);
        assert_eq!(one("crates/core/src/a.rs", "use std::vec::Vec;\n"), [1]);
        assert_eq!(
            one("crates/state/src/a.rs", "use bulwark_core::Now;\n"),
            [1]
        );
    }

    #[test]
    fn an_instruction_without_its_file_is_found() {
        let entry = "pub fn a() {\n    instructions::a(ctx)\n}\n";
        let find = |files: &[(&str, &str)]| {
            let found = instructions(&tree(files));
            found.iter().map(|one| one.line).collect::<Vec<_>>()
        };
        let lib = ("programs/bulwark/src/lib.rs", entry);
        let file = "programs/bulwark/src/instructions/a.rs";
        assert_eq!(find(&[lib]), [2]);
        assert_eq!(find(&[lib, (file, "event::emit(x);\n")]), NONE);
        assert_eq!(
            find(&[lib, (file, "event::emit(x);\nevent::emit_list(y);\n")]),
            [2]
        );
        let stray = "programs/bulwark/src/instructions/b.rs";
        assert_eq!(find(&[lib, (file, ""), (stray, "")]), [0]);
    }
}
