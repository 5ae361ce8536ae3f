//! A copy of the checkout in which one file at a time is changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Mutant;
use crate::{files, paths, process};

pub struct Overlay {
    root: PathBuf,
    _lock: fs::File,
}

impl Overlay {
    /// Brings the copy up to date; files that are the same keep their times.
    pub fn new() -> Result<Self> {
        let folder = paths::host_target().join("mutants");
        let lock = files::lock(&folder.join("xtask.lock"))?;
        let root = folder.join("tree");
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "-co", "--exclude-standard"])
            .current_dir(paths::root());
        let list = process::output(&mut git)?;
        let wanted: BTreeSet<&str> = list.split('\0').filter(|path| !path.is_empty()).collect();
        for path in &wanted {
            let (from, to) = (paths::root().join(path), root.join(path));
            let Ok(bytes) = fs::read(&from) else {
                // Deleted and not yet committed.
                continue;
            };
            if fs::read(&to).is_ok_and(|old| old == bytes) {
                continue;
            }
            fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
            fs::write(&to, bytes).with_context(|| format!("cannot write {}", to.display()))?;
        }
        for file in files::walk(&root, &["target"])? {
            let path = file.strip_prefix(&root)?.to_string_lossy().into_owned();
            if !wanted.contains(path.as_str()) {
                files::remove(&file)?;
            }
        }
        Ok(Self { root, _lock: lock })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Breaks a guard; it is whole again once the value is dropped.
    pub fn apply(&self, mutant: &Mutant) -> Result<Broken> {
        let file = self.root.join(mutant.file);
        let whole =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", mutant.file))?;
        if whole.matches(mutant.from).count() != 1 {
            bail!(
                "the table is stale: its snippet must occur once in {}",
                mutant.file
            );
        }
        fs::write(&file, whole.replacen(mutant.from, mutant.to, 1))?;
        Ok(Broken { file, whole })
    }
}

/// A file as it was.
pub struct Broken {
    file: PathBuf,
    whole: String,
}

impl Drop for Broken {
    fn drop(&mut self) {
        if let Err(error) = fs::write(&self.file, &self.whole) {
            eprintln!("cannot restore {}: {error}", self.file.display());
        }
    }
}
