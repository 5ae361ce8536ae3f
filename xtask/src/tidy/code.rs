//! What code itself must not have: floats, panics, leftovers, length.

use super::source::{WIDTH, has_macro, is_test_file, words};
use super::{Finding, Tree};

/// Code that handles money.
const MONEY: &[&str] = &[
    "crates/state/src/",
    "crates/core/src/",
    "crates/sbf-builtins/src/",
    "programs/",
];
const SOURCE_LINES: usize = 500;
const TEST_LINES: usize = 600;
const FUNCTION_LINES: usize = 70;

fn is_money(file: &str) -> bool {
    MONEY.iter().any(|folder| file.starts_with(folder))
}

/// Findings of `broken` on every shipped line under the folders of money.
fn of_money(
    tree: &Tree,
    rule: &'static str,
    broken: impl Fn(&str) -> Option<String>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, source) in tree.sources.iter().filter(|(file, _)| is_money(file)) {
        for (line, code) in source.shipped() {
            if let Some(advice) = broken(code) {
                found.push(Finding {
                    file: file.clone(),
                    line,
                    rule,
                    advice,
                });
            }
        }
    }
    found
}

/// Integers only.
pub fn floats(tree: &Tree) -> Vec<Finding> {
    of_money(tree, "float", |code| {
        let word = words(code).any(|word| word == "f32" || word == "f64");
        (word || has_point(code)).then(|| "money is counted in integers: use units and math".into())
    })
}

/// Whether a number with a decimal point stands in `code`: digit, point, digit, and no place of a
/// tuple (`a.0.1`), a range or a version before it.
fn has_point(code: &str) -> bool {
    let all: Vec<char> = code.chars().collect();
    (1..all.len().saturating_sub(1)).any(|at| {
        if all[at] != '.' || !all[at - 1].is_ascii_digit() || !all[at + 1].is_ascii_digit() {
            return false;
        }
        let number = all[..at]
            .iter()
            .rev()
            .take_while(|one| one.is_alphanumeric() || **one == '_')
            .count();
        let first = all[at - number];
        let before = (at - number).checked_sub(1).map(|place| all[place]);
        first.is_ascii_digit() && before != Some('.')
    })
}

/// Calls and macros that end the program.
const PANICS: &[&str] = &["panic!", "todo!", "unimplemented!", "unreachable!"];
const UNWRAPS: &[&str] = &[
    ".unwrap()",
    ".expect(",
    ".unwrap_err()",
    ".expect_err(",
    ".unwrap_unchecked()",
];

/// An error is a value: a panic takes the error's number and message away.
pub fn panics(tree: &Tree) -> Vec<Finding> {
    of_money(tree, "panic", |code| {
        let found = PANICS
            .iter()
            .find(|name| has_macro(code, name))
            .or_else(|| UNWRAPS.iter().find(|name| code.contains(**name)))?;
        // The compiler runs what stands in a constant; there a panic is a build that fails.
        let constant = code.trim_start().starts_with("const ") || code.contains("= const {");
        (!constant).then(|| format!("no `{found}`: return an Error that names the rule"))
    })
}

/// What is only meant for the moment.
pub fn leftovers(tree: &Tree) -> Vec<Finding> {
    let marks = ["todo", "fixme", "xxx", "hack"].map(str::to_uppercase);
    let mut found = Vec::new();
    for (file, source) in &tree.sources {
        for (place, line) in source.lines.iter().enumerate() {
            let macros = ["dbg!", "todo!", "unimplemented!"];
            let code = macros.iter().find(|name| has_macro(&line.code, name));
            let comment = words(&line.comment).find(|word| marks.iter().any(|mark| mark == word));
            let Some(name) = code.copied().or(comment) else {
                continue;
            };
            found.push(Finding {
                file: file.clone(),
                line: place + 1,
                rule: "leftover",
                advice: format!("finish or delete what `{name}` marks"),
            });
        }
    }
    found
}

/// Files that fit a reader, and functions of money that do.
pub fn sizes(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, source) in &tree.sources {
        let most = if is_test_file(file) {
            TEST_LINES
        } else {
            SOURCE_LINES
        };
        let length = source.lines.len();
        let mut find = |line, advice| {
            found.push(Finding {
                file: file.clone(),
                line,
                rule: "length",
                advice,
            });
        };
        if length > most {
            let advice = format!("{length} lines, at most {most}: split the file by subject");
            find(length, advice);
        }
        if !is_money(file) {
            continue;
        }
        let codes: Vec<_> = source.lines.iter().map(|line| line.code.as_str()).collect();
        for (line, length) in functions(&codes) {
            if length > FUNCTION_LINES && !source.lines[line - 1].test {
                let advice = format!("a function of {length} lines, at most {FUNCTION_LINES}");
                find(line, advice);
            }
        }
    }
    found
}

/// First line (from 1) and number of lines of each function with a body, inner ones left out.
fn functions(codes: &[&str]) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    let mut from = 0;
    while from < codes.len() {
        let is_function = words(codes[from]).any(|word| word == "fn") && codes[from].contains('(');
        let end = is_function.then(|| body_end(&codes[from..])).flatten();
        if let Some(length) = end {
            all.push((from + 1, length));
            from += length;
        } else {
            from += 1;
        }
    }
    all
}

/// Lines up to the end of the body that begins here; nothing if there is none.
fn body_end(codes: &[&str]) -> Option<usize> {
    let (mut braces, mut others) = (0_i32, 0_i32);
    for (place, code) in codes.iter().enumerate() {
        for one in code.chars() {
            match one {
                '{' => braces += 1,
                '}' => braces -= 1,
                '(' | '[' => others += 1,
                ')' | ']' => others -= 1,
                _ => {}
            }
            if braces < 0 || (one == ';' && braces == 0 && others == 0) {
                return None;
            }
            if one == '}' && braces == 0 && others == 0 {
                return Some(place + 1);
            }
        }
    }
    None
}

/// Lines that fit a screen; a string or an address may go over.
pub fn widths(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, source) in &tree.sources {
        for (place, line) in source.lines.iter().enumerate() {
            if line.width > WIDTH && !line.string_at_edge && !line.comment.contains("://") {
                found.push(Finding {
                    file: file.clone(),
                    line: place + 1,
                    rule: "width",
                    advice: format!("{} columns, at most {WIDTH}: break the line", line.width),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::{NONE, lines};

    const CORE: &str = "crates/core/src/a.rs";

    #[test]
    fn a_float_is_found() {
        let text = "let a = 1.5;\nlet b: f64 = c;\nlet d = e as f32;\n// f64, 1.5\nlet f = g.0.1;\n\
            for h in 0..9 {}\nlet i = \"1.5\";\nlet j = pair1.0;\n";
        assert_eq!(lines(floats, CORE, text), [1, 2, 3]);
        assert_eq!(
            lines(floats, "programs/bulwark/src/a.rs", "let a = 0.5;"),
            [1]
        );
        assert_eq!(lines(floats, "app/cli/src/a.rs", "let a = 0.5;"), NONE);
    }

    #[test]
    fn a_panic_is_found() {
        let text = "a.unwrap();\nb.expect(\"c\");\npanic!();\nunreachable!();\nd.unwrap_or(e);\n\
            const F: u8 = g.unwrap();\n#[cfg(test)]\nmod tests {\n    a.unwrap();\n}\n";
        assert_eq!(lines(panics, CORE, text), [1, 2, 3, 4]);
        assert_eq!(lines(panics, "crates/core/tests/a.rs", text), NONE);
        assert_eq!(lines(panics, "programs/bulwark/src/a.rs", "todo!()"), [1]);
        assert_eq!(lines(panics, CORE, "no_panic!(); no_unwrap();\n"), NONE);
    }

    #[test]
    fn a_leftover_is_found() {
        let mark = ["// TO", "DO: later\n"].concat();
        assert_eq!(lines(leftovers, "app/cli/src/a.rs", &mark), [1]);
        assert_eq!(
            lines(leftovers, "tests/tests/a.rs", "a();\ndbg!(b);\n"),
            [2]
        );
        assert_eq!(
            lines(leftovers, CORE, "// to do things\nlet todo = \"TODO\";\n"),
            NONE
        );
    }

    #[test]
    fn too_long_a_file_or_function_is_found() {
        let file = "a;\n".repeat(501);
        assert_eq!(lines(sizes, CORE, &file), [501]);
        assert_eq!(lines(sizes, "crates/core/tests/a.rs", &file), NONE);
        assert_eq!(lines(sizes, CORE, &"a;\n".repeat(500)), NONE);
        let function = |body: usize| {
            let body = "    a([0; 2]);\n".repeat(body);
            format!(
                "trait T {{\n    fn t(&self) -> [u8; 2];\n}}\nfn f(\n    a: u8,\n) {{\n{body}}}\n"
            )
        };
        assert_eq!(lines(sizes, CORE, &function(66)), NONE);
        assert_eq!(lines(sizes, CORE, &function(67)), [4]);
        assert_eq!(lines(sizes, "crates/core/tests/a.rs", &function(67)), NONE);
    }

    #[test]
    fn too_wide_a_line_is_found() {
        let wide = format!("// {}\n", "a ".repeat(50));
        assert_eq!(lines(widths, CORE, &wide), [1]);
        assert_eq!(
            lines(widths, CORE, &format!("let a = {};\n", "b".repeat(91))),
            NONE
        );
        assert_eq!(
            lines(widths, CORE, &format!("let a = {};\n", "b".repeat(92))),
            [1]
        );
        assert_eq!(
            lines(widths, CORE, &format!("let a = \"{}\";\n", "b ".repeat(50))),
            NONE
        );
        assert_eq!(
            lines(widths, CORE, &format!("// https://a/{}\n", "b".repeat(99))),
            NONE
        );
        assert_eq!(
            lines(widths, CORE, &format!("// {}\n", "⌈".repeat(97))),
            NONE
        );
    }
}
