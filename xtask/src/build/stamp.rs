//! What a bytecode file was made of, so that nothing is built twice.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Job;
use crate::{files, paths, process, toolchain};

/// Files of the workspace itself that decide what cargo builds.
const WORKSPACE: [&str; 3] = ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"];

pub struct Stamp {
    file: PathBuf,
    elf: PathBuf,
    inputs: String,
}

impl Stamp {
    /// The stamp that a build with `recipe` (the route and its flags) would leave now.
    pub fn of(job: &Job, recipe: &str) -> Result<Self> {
        let mut hash = Sha256::new();
        for text in [recipe, &job.package, &job.library] {
            hash.update(format!("{text}\n"));
        }
        for text in job.features.iter().chain(&job.extra) {
            hash.update(format!("{text}\n"));
        }
        hash_sources(&mut hash, &job.workspace, &job.folder)?;
        let elf = job.elf();
        let name = elf
            .file_stem()
            .context("a program has a name")?
            .to_string_lossy();
        let file = paths::sbf_target()
            .join("stamps")
            .join(format!("{name}.json"));
        Ok(Self {
            file,
            elf,
            inputs: files::hex(hash),
        })
    }

    /// When the file is there, unchanged, and made of the same: by which tools.
    pub fn up_to_date(&self) -> Result<Option<String>> {
        let Ok(text) = fs::read_to_string(&self.file) else {
            return Ok(None);
        };
        let Ok(old) = serde_json::from_str::<Value>(&text) else {
            return Ok(None);
        };
        let by = old["by"].as_str().unwrap_or_default();
        let same = old["inputs"] == json!(self.inputs)
            && self.elf.exists()
            && old["sha256"] == json!(files::hash_file(&self.elf)?)
            // A compiler that came into the cache since; an emptied cache changes nothing.
            && (!old["upstream"].as_bool().unwrap_or(false)
                || toolchain::cached_identity().is_none_or(|now| now == by));
        Ok(same.then(|| by.to_owned()))
    }

    pub fn write(&self, by: &str) -> Result<()> {
        let text = json!({
            "inputs": self.inputs,
            "sha256": files::hash_file(&self.elf)?,
            "by": by,
            "upstream": toolchain::cached_identity().is_some_and(|now| now == by),
        });
        files::write_if_changed(&self.file, &format!("{text:#}\n"))
    }
}

/// The hash over all that the library in `folder` of this workspace is made of, and a `recipe`.
pub fn sources(folder: &Path, recipe: &str) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(format!("{recipe}\n"));
    hash_sources(&mut hash, paths::root(), folder)?;
    Ok(files::hex(hash))
}

fn hash_sources(hash: &mut Sha256, root: &Path, folder: &Path) -> Result<()> {
    let mut shared = WORKSPACE.map(|name| root.join(name)).to_vec();
    shared.retain(|file| file.exists());
    files::hash_files(hash, root, &shared)?;
    for folder in local_packages(root, folder)? {
        let found = files::walk(&folder, &["target", "tests"])?;
        files::hash_files(hash, root, &found)?;
    }
    Ok(())
}

/// The folders of a package and of every workspace package that its library is made of.
fn local_packages(root: &Path, folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let packages = metadata(&root.join("Cargo.toml"))?;
    let packages = packages["packages"]
        .as_array()
        .context("cargo metadata has no packages")?;
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let manifest = folder.join("Cargo.toml");
        let package = packages
            .iter()
            .find(|package| package["manifest_path"].as_str().map(Path::new) == Some(&manifest))
            .with_context(|| format!("{} is not in the workspace", manifest.display()))?;
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        for dependency in dependencies.filter(|dependency| dependency["kind"] != json!("dev")) {
            if let Some(path) = dependency["path"].as_str().map(PathBuf::from)
                && !found.contains(&path)
            {
                open.push(path);
            }
        }
        found.insert(folder);
    }
    Ok(found)
}

/// What cargo knows of the workspace without looking at dependencies, so without the network.
pub fn metadata(manifest: &Path) -> Result<Value> {
    let mut cargo = Command::new(paths::cargo());
    cargo
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--manifest-path",
        ])
        .arg(manifest);
    Ok(serde_json::from_str(&process::output(&mut cargo)?)?)
}
