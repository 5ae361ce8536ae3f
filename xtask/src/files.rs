//! Small file helpers: content hashes, folder copies, a lock between processes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Every file under `folder`, sorted, without those under a folder that `skip` names.
pub fn walk(folder: &Path, skip: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                found.push(entry.path());
            } else if !skip.iter().any(|name| entry.file_name() == *name) {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Feeds names (relative to `base`) and contents of `files` into `hash`, with lengths, so that
/// no two lists of files look the same.
pub fn hash_files(hash: &mut Sha256, base: &Path, files: &[PathBuf]) -> Result<()> {
    for file in files {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file
            .strip_prefix(base)
            .unwrap_or(file)
            .to_string_lossy()
            .into_owned();
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(&bytes);
    }
    Ok(())
}

/// The hash over all files of a folder.
pub fn hash_folder(folder: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    hash_files(&mut hash, folder, &walk(folder, &[])?)?;
    Ok(hex(hash))
}

pub fn hash_file(path: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(fs::read(path).with_context(|| format!("cannot read {}", path.display()))?);
    Ok(hex(hash))
}

pub fn hex(hash: Sha256) -> String {
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Copies a folder of plain files with their times, by which cargo tells whether they changed.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for file in walk(from, &[])? {
        let target = to.join(file.strip_prefix(from)?);
        fs::create_dir_all(target.parent().expect("a file lies in a folder"))?;
        fs::copy(&file, &target).with_context(|| format!("cannot write {}", target.display()))?;
        let time = fs::metadata(&file)?.modified()?;
        File::options()
            .write(true)
            .open(&target)?
            .set_modified(time)?;
    }
    Ok(())
}

/// An empty folder at `path`, whatever an interrupted run left there.
pub fn fresh_folder(path: &Path) -> Result<()> {
    remove(path)?;
    fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))
}

/// Removes a file or folder, if it is there.
pub fn remove(path: &Path) -> Result<()> {
    let gone = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    gone.with_context(|| format!("cannot remove {}", path.display()))
}

/// Writes only what differs, so that tools which look at times see no change where none is.
pub fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Holds `path` locked until the value is dropped: two builds at once wait for each other.
pub fn lock(path: &Path) -> Result<File> {
    let folder = path.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    if file.try_lock().is_err() {
        eprintln!("  …    waiting for another cargo xtask");
        file.lock()?;
    }
    Ok(file)
}
