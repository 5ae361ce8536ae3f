//! Data that tests use where it is there: real prices, real oracle accounts. It isn't shipped.
//! Other crates' tests take this file by its path.

use std::io::Write;
use std::path::{Path, PathBuf};

/// A file or folder of the data: below `BULWARK_SHARED`, or `../shared/data` beside the checkout.
/// Where it isn't there the test is to return; `cargo xtask test` tells of it at its end.
pub fn shared_data(name: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = here.ancestors();
    let root = folders.find(|folder| folder.join("Cargo.lock").is_file())?;
    let shared = std::env::var_os("BULWARK_SHARED")
        .map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let found = shared.join(name);
    if found.exists() {
        return Some(found);
    }
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    println!("skipped: {test} lacks {name}");
    note(root, &format!("{test} lacks {name}\n"));
    None
}

/// One line, written at once: tests run side by side.
fn note(root: &Path, line: &str) {
    let folder = root.join("target");
    std::fs::create_dir_all(&folder).unwrap();
    let mut options = std::fs::OpenOptions::new();
    let file = options
        .create(true)
        .append(true)
        .open(folder.join("skipped-tests"));
    file.unwrap().write_all(line.as_bytes()).unwrap();
}
