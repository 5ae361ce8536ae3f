//! This xtask in the place of `cargo-build-sbf`, for anchor, which has no setting for a builder.
//!
//! A link of that name in `target/xtask-bin` is on PATH only inside `cargo xtask anchor`. Called by
//! it, the xtask understands what anchor passes and builds the program as `cargo xtask build` does.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::build::{self, Job, Route};

pub const NAME: &str = "cargo-build-sbf";

/// Whether this process was started under the name of the official tool.
pub fn is_called() -> bool {
    env::args_os()
        .next()
        .is_some_and(|name| Path::new(&name).file_name() == Some(NAME.as_ref()))
}

/// Whether a file on PATH is a link to an xtask, this one or that of another checkout.
pub fn is_ours(file: &Path) -> bool {
    let target = file.canonicalize().unwrap_or_default();
    target.file_name() == Some("xtask".as_ref())
}

pub fn run() -> Result<()> {
    let mut arguments = env::args().skip(1).peekable();
    // Cargo repeats the subcommand's own name.
    arguments.next_if(|first| first == "build-sbf");

    let mut manifest = env::current_dir()?.join("Cargo.toml");
    let mut out = None;
    let mut features = Vec::new();
    let mut extra = Vec::new();
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .with_context(|| format!("{argument}: value missing"))
        };
        match argument.as_str() {
            "--version" | "-V" => {
                println!("{NAME} {} (Bulwark's stand-in)", env!("CARGO_PKG_VERSION"));
                return Ok(());
            }
            // There is one compiler and one version of the bytecode here.
            "--tools-version" | "--arch" => drop(value()?),
            "--manifest-path" => manifest = std::path::absolute(value()?)?,
            "--sbf-out-dir" => out = Some(std::path::absolute(value()?)?),
            "--features" => features.extend(value()?.split(',').map(str::to_owned)),
            "--" => extra.extend(arguments.by_ref()),
            _ => extra.push(argument),
        }
    }
    let mut job = job(&manifest)?;
    job.out = out.unwrap_or(job.out);
    job.extra = extra;
    // The official tool writes one name whatever the features are, and so must its stand-in.
    if !features.is_empty() {
        job.extra.push(format!("--features={}", features.join(",")));
    }
    build::make(&job, Route::Auto).map(drop)
}

/// The package of a manifest and the folder where anchor looks for its program.
fn job(manifest: &Path) -> Result<Job> {
    let metadata = build::metadata(manifest)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata has no packages")?;
    let is_it = |path: Option<&str>| path.map(Path::new) == Some(manifest);
    let Some(package) = packages
        .iter()
        .find(|one| is_it(one["manifest_path"].as_str()))
    else {
        bail!("{} is not a package of the workspace", manifest.display());
    };
    let targets = package["targets"].as_array().into_iter().flatten();
    let mut programs = targets.filter(|target| {
        let kinds = target["kind"].as_array().into_iter().flatten();
        kinds.into_iter().any(|kind| kind == "cdylib")
    });
    let library = programs.next().and_then(|target| target["name"].as_str());
    let library = library.with_context(|| format!("{} is no program", manifest.display()))?;
    let target = metadata["target_directory"]
        .as_str()
        .context("no target folder")?;
    let workspace = metadata["workspace_root"]
        .as_str()
        .context("no workspace")?;
    Ok(Job {
        workspace: PathBuf::from(workspace),
        folder: manifest
            .parent()
            .context("a manifest lies in a folder")?
            .to_owned(),
        package: package["name"]
            .as_str()
            .context("a package has a name")?
            .to_owned(),
        library: library.to_owned(),
        features: Vec::new(),
        extra: Vec::new(),
        out: PathBuf::from(target).join("deploy"),
    })
}
