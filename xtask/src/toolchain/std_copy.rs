//! The standard library's sources: two edits, and one absolute path for everybody.
//!
//! The path of these sources goes into crate hashes, which no remap flag changes, so two users get
//! the same bytecode only when it is the same path. The folder's name holds the hash of what is in
//! it, and the hash is checked at every build, so a folder of another user is as good as one's own.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::compiler::Compiler;
use crate::{files, progress};

/// A fixed folder that every user may write to and that survives a restart.
const SHARED: &str = "/var/tmp";

/// Makes the standard library fit for a program: without writable statics, and with an alignment
/// for this architecture. The old text must be there exactly once.
pub fn edit(library: &Path) -> Result<()> {
    let allocation = library.join("std/src/sys/alloc/mod.rs");
    let sixteen = "    target_arch = \"x86_64\",\n";
    replace(
        &allocation,
        sixteen,
        &format!("    target_arch = \"bpf\",\n{sixteen}"),
    )?;

    // Random hash keys live in a thread local, which is a writable static.
    let random = library.join("std/src/hash/random.rs");
    let text = read(&random)?;
    let body = "pub fn new() -> RandomState {";
    ensure!(
        text.matches(body).count() == 1,
        "unknown text in {}",
        random.display()
    );
    let from = text.find(body).context("counted just now")? + body.len();
    let to = text[from..]
        .find("\n    }\n")
        .context("RandomState::new does not end")?
        + from;
    ensure!(
        text[from..to].contains("KEYS.with("),
        "unknown text in {}",
        random.display()
    );
    let new = format!(
        "{}\n        RandomState {{ k0: 0, k1: 0 }}{}",
        &text[..from],
        &text[to..]
    );
    Ok(fs::write(&random, new)?)
}

/// The shared copy, made when it is missing and replaced when it was tampered with.
pub fn ensure(compiler: &Compiler) -> Result<PathBuf> {
    let short = compiler
        .library_hash
        .get(..16)
        .context("a broken hash in the cache")?;
    let name = format!("bulwark-sbf-{}-{short}", compiler.version);
    let folder = Path::new(SHARED).join(&name);
    let library = folder.join("library");
    if library.exists() && files::hash_folder(&library)? == compiler.library_hash {
        return Ok(library);
    }
    progress::step("standard library sources at their fixed path", |_| {
        // The owner of this process, as the system shows it.
        let user = fs::metadata("/proc/self")?.uid();
        if let Ok(found) = fs::symlink_metadata(&folder) {
            let shown = folder.display();
            ensure!(
                found.uid() == user,
                "{shown} was changed and is not yours: remove it"
            );
            files::remove(&folder)?;
        }
        let partial = Path::new(SHARED).join(format!("{name}.partial-{user}"));
        files::fresh_folder(&partial)?;
        files::copy_folder(&compiler.library, &partial.join("library"))?;
        fs::rename(&partial, &folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        ensure!(
            files::hash_folder(&library)? == compiler.library_hash,
            "the library in the cache is damaged: remove the cache folder and build again",
        );
        Ok(library.clone())
    })
}

fn replace(file: &Path, old: &str, new: &str) -> Result<()> {
    let text = read(file)?;
    ensure!(
        text.matches(old).count() == 1,
        "unknown text in {}",
        file.display()
    );
    Ok(fs::write(file, text.replace(old, new))?)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
