//! Agave's own builder, where a user has it and it really works.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};

use super::Job;
use crate::{files, paths, process, progress, stand_in};

/// The same that anchor asks for, so that its builds and ours are one.
const ARGUMENTS: [&str; 2] = ["--arch", "v3"];

/// How long a failure is believed.
const BELIEVED: Duration = Duration::from_hours(24);

pub struct Official {
    program: PathBuf,
    version: String,
}

/// The first `cargo-build-sbf` on PATH that is not this xtask in disguise and that can build: the
/// tool fetches its compiler at the first build, from a host that may be out of reach. A failure is
/// believed for a day, because trying may take minutes, or tried `again`.
pub fn find(again: bool) -> Option<Official> {
    let path = env::var_os("PATH")?;
    let program = env::split_paths(&path)
        .map(|folder| folder.join(stand_in::NAME))
        .find(|file| file.is_file() && !stand_in::is_ours(file))?;
    let version = process::output(Command::new(&program).arg("--version")).ok()?;
    let version = version
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(", ");
    let official = Official { program, version };
    match official.works(again) {
        Ok(()) => Some(official),
        Err(error) => {
            let shown = official.program.display();
            eprintln!("  note {shown} is not used, because it cannot build here: {error:#}");
            None
        }
    }
}

impl Official {
    /// The route and its flags, in one line.
    pub fn recipe(&self) -> String {
        format!("{} {}", self.version, ARGUMENTS.join(" "))
    }

    fn command(&self, manifest: PathBuf, out: PathBuf) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--sbf-out-dir")
            .arg(out)
            .args(ARGUMENTS)
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("RUSTUP_TOOLCHAIN");
        command
    }

    /// Builds an empty program, once per version: its answer is kept in the cache.
    fn works(&self, again: bool) -> Result<()> {
        let mut hash = Sha256::new();
        hash.update(self.program.to_string_lossy().as_bytes());
        hash.update(&self.version);
        let folder = paths::cache()?
            .join("official")
            .join(&files::hex(hash)[..16]);
        if folder.join("works").exists() {
            return Ok(());
        }
        let tried = fs::metadata(folder.join("fails")).and_then(|file| file.modified());
        let recently = tried.is_ok_and(|time| time.elapsed().is_ok_and(|age| age < BELIEVED));
        if recently && !again {
            bail!("tried in the last day (`--route official` tries again)");
        }
        let result = progress::step("trying the official tools on an empty program", |bar| {
            files::fresh_folder(&folder.join("src"))?;
            fs::write(folder.join("src/lib.rs"), "#![no_std]\n")?;
            fs::write(
                folder.join("Cargo.toml"),
                "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
                 [lib]\ncrate-type = [\"lib\"]\n[workspace]\n",
            )?;
            let mut probe = self.command(folder.join("Cargo.toml"), folder.join("deploy"));
            process::logged(&mut probe, &folder.join("probe.log"), bar)
        });
        let answer = if result.is_ok() { "works" } else { "fails" };
        fs::write(folder.join(answer), "")?;
        result
    }

    /// Runs the tool and returns the file that it made.
    pub fn build(&self, job: &Job) -> Result<PathBuf> {
        // A folder of its own: with features the tool would overwrite the file without them.
        let out = paths::sbf_target().join("official");
        let mut command = self.command(job.folder.join("Cargo.toml"), out.clone());
        if !job.features.is_empty() {
            command.arg("--features").arg(job.features.join(","));
        }
        command.args(["--", "--locked"]).args(&job.extra);
        let mut said = Vec::new();
        let status = process::lines(&mut command, |line| {
            eprintln!("{line}");
            said.push(line.to_owned());
            Ok(())
        })?;
        // Some versions only print that a frame is too large, and succeed.
        let refused = super::refusal(&said);
        if refused.is_some() || !status.success() {
            let reason = refused.unwrap_or_else(|| "see the messages above".into());
            bail!("{} cannot be built: {reason}", job.package);
        }
        Ok(out.join(format!("{}.so", job.library)))
    }
}
