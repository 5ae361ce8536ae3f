//! The target file: rustc's own BPF target with what an SBF program needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{files, process};

/// The file's name becomes that of the folder under the target folder.
pub const NAME: &str = "sbpf-bulwark";

/// Derived from the compiler, because the names of fields change between versions.
pub fn ensure(home: &Path) -> Result<PathBuf> {
    let mut rustc = Command::new(home.join("bin/rustc"));
    rustc
        .args(["-Zunstable-options", "--print", "target-spec-json"])
        .args(["--target", "bpfel-unknown-none"])
        .env("RUSTC_BOOTSTRAP", "1");
    let mut target: Value = serde_json::from_str(&process::output(&mut rustc)?)?;
    let fields = target.as_object_mut().context("rustc printed no target")?;
    fields.remove("metadata");
    // `alloc::sync` asks for compare-and-swap; a pass turns every atomic into a plain access.
    fields.insert("atomic-cas".into(), json!(true));
    fields.insert("min-atomic-width".into(), json!(8));
    // The system for which std has a complete "unsupported" layer: a program has no system at all.
    fields.insert("os".into(), json!("zkvm"));
    fields.insert("linker".into(), json!("sbpf-linker"));

    let file = home.join("target").join(format!("{NAME}.json"));
    files::write_if_changed(&file, &format!("{target:#}\n"))?;
    Ok(file)
}
