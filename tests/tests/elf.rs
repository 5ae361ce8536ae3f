//! What can be read in the deployed file without running it.

use bulwark::security::TEXT;
use bulwark_svm::vm::{elf_path, read_elf};

const BEGIN: &[u8] = b"=======BEGIN SECURITY.TXT V1=======\0";
const END: &[u8] = b"=======END SECURITY.TXT V1=======\0";

fn find(data: &[u8], what: &[u8]) -> Option<usize> {
    data.windows(what.len()).position(|window| window == what)
}

/// As the format's own tools read it: strings that end with a zero byte, name and value in turn,
/// between two marks.
#[test]
fn the_file_says_whom_to_tell_about_a_hole() {
    let elf = read_elf(&elf_path("bulwark")).expect("built");
    let from = find(&elf, BEGIN).expect("the file has a security.txt");
    let length = find(&elf[from..], END).expect("with an end");
    let text = std::str::from_utf8(&elf[from..from + length + END.len()]).unwrap();
    assert_eq!(text, TEXT);
    let fields = &elf[from + BEGIN.len()..from + length];
    let mut strings: Vec<&str> = fields
        .split(|byte| *byte == 0)
        .map(|field| std::str::from_utf8(field).unwrap())
        .collect();
    assert_eq!(strings.pop(), Some(""), "the last value ends, too");
    let pairs: Vec<_> = strings.chunks(2).collect();
    for needed in ["name", "project_url", "contacts", "policy"] {
        let field = pairs.iter().find(|pair| pair[0] == needed);
        assert!(
            field.is_some_and(|pair| !pair[1].is_empty()),
            "{needed} is missing"
        );
    }
}

/// Units of one transaction at most.
const TRANSACTION_UNITS: usize = 1_400_000;
/// Of these, what an upgrade takes besides the hash of its buffer.
const UPGRADE_UNITS: usize = 50_000;

/// An upgrade hashes its whole buffer in one transaction, at half a unit a byte: a larger program
/// could be deployed once and never upgraded again by its guardian.
#[test]
fn the_program_stays_small_enough_to_be_upgraded() {
    let bytes = read_elf(&elf_path("bulwark")).expect("built").len();
    let most = 2 * (TRANSACTION_UNITS - UPGRADE_UNITS);
    println!("{bytes} bytes of at most {most}");
    assert!(bytes <= most, "{bytes} bytes, an upgrade can hash {most}");
}
