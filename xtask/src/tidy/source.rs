//! Rust text with its comments, strings and tests told apart. Not a parser: just enough of a lexer
//! that a word in a comment is never taken for code.

/// What a character belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Code,
    Comment,
    Text,
}

/// One line of a source file.
pub struct Line {
    /// Code alone: comments and the insides of strings are blanks.
    pub code: String,
    /// Comments alone.
    pub comment: String,
    /// Columns, in characters.
    pub width: usize,
    /// A string goes over the last column that a line may have.
    pub string_at_edge: bool,
    /// Inside an item under `#[cfg(test)]`, or the whole file is a test.
    pub test: bool,
}

pub struct Source {
    pub lines: Vec<Line>,
}

/// Columns of a line.
pub const WIDTH: usize = 100;

impl Source {
    pub fn read(path: &str, text: &str) -> Source {
        let parts = parts(text);
        let mut lines = Vec::new();
        let mut rest = parts.as_slice();
        for line in text.split('\n') {
            let (here, after) = rest.split_at(line.chars().count());
            rest = after.get(1..).unwrap_or_default();
            let only = |part: Part| {
                let shown = line.chars().zip(here);
                shown
                    .map(|(one, of)| if *of == part { one } else { ' ' })
                    .collect::<String>()
            };
            lines.push(Line {
                code: only(Part::Code),
                comment: only(Part::Comment),
                width: here.len(),
                string_at_edge: here.get(WIDTH) == Some(&Part::Text)
                    || here.get(WIDTH - 1) == Some(&Part::Text),
                test: is_test_file(path),
            });
        }
        if text.ends_with('\n') {
            lines.pop();
        }
        mark_tests(&mut lines);
        Source { lines }
    }

    /// Lines that ship: number from 1 and code.
    pub fn shipped(&self) -> impl Iterator<Item = (usize, &str)> {
        let all = self.lines.iter().enumerate();
        all.filter(|(_, line)| !line.test)
            .map(|(place, line)| (place + 1, line.code.as_str()))
    }
}

pub fn is_test_file(path: &str) -> bool {
    let mut folders = path.split('/').rev();
    let name = folders.next().unwrap_or_default();
    name == "tests.rs" || name.ends_with("_tests.rs") || folders.any(|folder| folder == "tests")
}

/// The words of a line of code: identifiers and keywords.
pub fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|one: char| !one.is_alphanumeric() && one != '_')
        .filter(|word| !word.is_empty())
}

/// Whether `code` calls the macro `name`, which ends with its `!`.
pub fn has_macro(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(place, _)| {
        let before = code[..place].chars().next_back();
        !before.is_some_and(|one| one.is_alphanumeric() || one == '_')
    })
}

fn parts(text: &str) -> Vec<Part> {
    let all: Vec<char> = text.chars().collect();
    let mut parts = vec![Part::Code; all.len()];
    let mut at = 0;
    while at < all.len() {
        let (part, end) = match (all[at], all.get(at + 1)) {
            ('/', Some('/')) => (Part::Comment, line_end(&all, at)),
            ('/', Some('*')) => (Part::Comment, block_end(&all, at)),
            ('"', _) => (Part::Text, string_end(&all, at)),
            ('r', Some('"' | '#')) if starts_word(&all, at) => match raw_end(&all, at) {
                Some(end) => (Part::Text, end),
                None => (Part::Code, at + 1),
            },
            ('\'', _) => match char_end(&all, at) {
                Some(end) => (Part::Text, end),
                None => (Part::Code, at + 1),
            },
            _ => (Part::Code, at + 1),
        };
        let end = end.min(all.len());
        parts[at..end].fill(part);
        at = end;
    }
    parts
}

/// Whether no identifier goes on at `at`; the `b` and `c` of byte and C strings don't count.
fn starts_word(all: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|place| all[place]);
    !before.is_some_and(|one| (one.is_alphanumeric() && one != 'b' && one != 'c') || one == '_')
}

fn line_end(all: &[char], at: usize) -> usize {
    let rest = all[at..].iter().position(|one| *one == '\n');
    rest.map_or(all.len(), |length| at + length)
}

fn block_end(all: &[char], at: usize) -> usize {
    let (mut depth, mut place) = (0, at);
    while place + 1 < all.len() {
        match (all[place], all[place + 1]) {
            ('/', '*') => (depth, place) = (depth + 1, place + 2),
            ('*', '/') => (depth, place) = (depth - 1, place + 2),
            _ => place += 1,
        }
        if depth == 0 {
            return place;
        }
    }
    all.len()
}

fn string_end(all: &[char], at: usize) -> usize {
    let mut place = at + 1;
    while let Some(one) = all.get(place) {
        match one {
            '\\' => place += 2,
            '"' => return place + 1,
            _ => place += 1,
        }
    }
    all.len()
}

fn raw_end(all: &[char], at: usize) -> Option<usize> {
    let hashes = all[at + 1..].iter().take_while(|one| **one == '#').count();
    let first = at + 1 + hashes;
    if all.get(first) != Some(&'"') {
        return None;
    }
    let closes = |place: &usize| {
        let hash = all[place + 1..].iter().take(hashes);
        all[*place] == '"' && hash.filter(|one| **one == '#').count() == hashes
    };
    Some((first + 1..all.len()).find(closes)? + 1 + hashes)
}

/// The end of a character literal; nothing for a lifetime.
fn char_end(all: &[char], at: usize) -> Option<usize> {
    if all.get(at + 1) == Some(&'\\') {
        let close = all.get(at + 3..)?.iter().position(|one| *one == '\'')?;
        return Some(at + 3 + close + 1);
    }
    (all.get(at + 2) == Some(&'\'')).then_some(at + 3)
}

/// Marks what stands under `#[cfg(test)]`: to the item's end, a `;` or the bracket that closes it.
fn mark_tests(lines: &mut [Line]) {
    let mut from = 0;
    while from < lines.len() {
        if !lines[from].code.trim_start().starts_with("#[cfg(test)]") {
            from += 1;
            continue;
        }
        let (mut depth, mut end) = (0_i32, None);
        let mut place = from;
        while place < lines.len() && end.is_none() {
            lines[place].test = true;
            let skipped = if place == from { "#[cfg(test)]" } else { "" };
            for one in lines[place].code.trim_start()[skipped.len()..].chars() {
                match one {
                    '{' | '(' | '[' => depth += 1,
                    '}' | ')' | ']' => depth -= 1,
                    _ => {}
                }
                if depth == 0 && (one == '}' || one == ';') {
                    end = Some(place);
                }
            }
            place += 1;
        }
        from = place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<String> {
        let source = Source::read("src/a.rs", text);
        let all = source.lines.into_iter();
        all.map(|line| line.code.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn comments_and_strings_are_no_code() {
        assert_eq!(
            codes("a(); // b.unwrap()\n/* c /* d */ e */ f\n"),
            ["a();", "f"]
        );
        assert_eq!(codes(r#"let a = "x \" f64"; b"#), ["let a = ; b"]);
        assert_eq!(codes("r#\"x \" f64\"# b\n"), ["b"]);
        assert_eq!(
            codes("let a = '\"'; let b: &'a str = '\\'';"),
            ["let a = ; let b: &'a str = ;"]
        );
        assert_eq!(codes("\"one\ntwo\" three"), ["", "three"]);
    }

    #[test]
    fn an_item_under_cfg_test_is_a_test() {
        let text = "a\n#[cfg(test)]\nmod tests {\n    b {}\n}\nc\n#[cfg(test)]\nmod d;\ne\n";
        let source = Source::read("src/a.rs", text);
        let shipped: Vec<_> = source.shipped().map(|(line, _)| line).collect();
        assert_eq!(shipped, [1, 6, 9]);
        assert_eq!(source.lines.len(), 9);
        let whole = Source::read("crates/core/tests/a.rs", "a\n");
        assert_eq!(whole.shipped().count(), 0);
        assert!(is_test_file("src/oracle/tests.rs") && is_test_file("src/csv_tests.rs"));
        assert!(!is_test_file("src/test.rs"));
    }
}
