//! The build with the upstream compiler: rustc to LLVM bitcode, sbpf-linker to SBPF v3.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Job;
use crate::toolchain::{self, Toolchain};
use crate::{files, paths, process, progress};

/// Flags of rustc, and why:
const FLAGS: &[&str] = &[
    // std's panic machinery would bring writable statics along.
    "-Cpanic=immediate-abort",
    "-Zunstable-options",
    // One thread: atomics become plain loads and stores.
    "-Cpasses=lower-atomic",
    // The virtual machine reads any address; without the feature every access is split in bytes.
    "-Ctarget-cpu=v4",
    "-Ctarget-feature=+allows-misaligned-mem-access",
    // Selects the system calls in the Solana crates.
    "--cfg=target_os=\"solana\"",
    "-Aexplicit_builtin_cfgs_in_flags",
    // Otherwise the linker writes a second copy under its current directory.
    "-Clink-arg=--deploy=false",
    // SBPF v3: frames of 4096 bytes without gaps, and none of the instructions it lacks.
    "-Clink-arg=--llvm-args=-bpf-stack-size=4096",
    "-Clink-arg=--llvm-args=--bpf-max-stores-per-memfunc=5",
    "-Clink-arg=--llvm-args=--disable-gotox",
    "-Clink-arg=--llvm-args=--disable-ldsx",
    "-Clink-arg=--llvm-args=--disable-movsx",
    "-Clink-arg=--llvm-args=--disable-bswap",
    // A third of LLVM's own threshold (225), at which a copy of what makes an error stands at each
    // of a thousand checks; more (than 325) for what says `#[inline]`. A fifth smaller, and faster.
    "-Clink-arg=--llvm-args=-inline-threshold=75",
    "-Clink-arg=--llvm-args=-inlinehint-threshold=420",
];

const BUILD: &[&str] = &[
    "build",
    "--release",
    "--locked",
    "--lib",
    "-Zjson-target-spec",
    "-Zbuild-std=std,panic_abort",
];

/// How cargo's lines about its own progress begin.
const PROGRESS: [&str; 6] = [
    "Blocking ",
    "Downloaded ",
    "Downloading ",
    "Finished ",
    "Locking ",
    "Updating ",
];

/// The route and its flags, in one line.
pub fn recipe() -> String {
    format!("upstream {BUILD:?} {FLAGS:?}")
}

/// Builds and returns the file that cargo made, with the compiler's versions.
pub fn build(job: &Job) -> Result<(PathBuf, String)> {
    let toolchain = toolchain::ensure()?;
    let release = paths::sbf_target().join(toolchain::TARGET).join("release");
    let file = release.join(format!("lib{}.so", job.library));
    // The file has the same name with every set of features, and a failed link leaves an
    // intermediate object under it: an old one must never be taken for a new one.
    files::remove(&file)?;
    files::remove(&release.join(format!("deps/lib{}.so", job.library)))?;

    let title = format!("bytecode of {}", job.package);
    progress::step(&title, |bar| {
        let mut said = Vec::new();
        let mut crates = 0;
        let status = process::lines(&mut cargo(job, &toolchain)?, |line| {
            let plain = console::strip_ansi_codes(line);
            if let Some(rest) = plain.trim_start().strip_prefix("Compiling ") {
                crates += 1;
                bar.set_message(format!("{crates} crates, now {rest}"));
            } else if PROGRESS
                .iter()
                .any(|verb| plain.trim_start().starts_with(verb))
            {
                bar.set_message(plain.trim().to_owned());
            } else {
                said.push(line.to_owned());
            }
            Ok(())
        })?;
        // After a failure nothing is left out: a tool that crashes says so in any form.
        let shown = if status.success() {
            worth_reading(&said)
        } else {
            said.clone()
        };
        for paragraph in shown {
            bar.suspend(|| eprintln!("{paragraph}"));
        }
        if !status.success() {
            let reason = super::refusal(&said).unwrap_or_else(|| "see the messages above".into());
            bail!("{} cannot be built ({status}): {reason}", job.package);
        }
        Ok(())
    })?;
    Ok((file, toolchain.identity))
}

fn cargo(job: &Job, toolchain: &Toolchain) -> Result<Command> {
    let mut flags: Vec<String> = FLAGS.iter().map(|flag| flag.to_string()).collect();
    // Some dependencies log the name of their source file.
    flags.push(format!(
        "--remap-path-prefix={}=/cargo",
        paths::cargo_home()?.display()
    ));

    let mut command = Command::new(paths::cargo());
    command
        .args(BUILD)
        .arg("--target")
        .arg(&toolchain.target)
        .args(["--package", &job.package])
        .args(&job.extra)
        .current_dir(&job.workspace)
        .env("PATH", front_of_path(&toolchain.bin)?)
        .env("RUSTC", toolchain.rustc())
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", &toolchain.std_library)
        .env("CARGO_TARGET_DIR", paths::sbf_target())
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        // Wrappers, profiles and flags of the user's own would change the bytecode.
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "");
    for name in [
        "LD_LIBRARY_PATH",
        "RUSTUP_TOOLCHAIN",
        "RUSTFLAGS",
        "CARGO_BUILD_TARGET",
    ] {
        command.env_remove(name);
    }
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
            command.env_remove(name);
        }
    }
    if !job.features.is_empty() {
        command.arg("--features").arg(job.features.join(","));
    }
    Ok(command)
}

/// PATH with `folder` before everything else.
pub fn front_of_path(folder: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").context("PATH is not set")?;
    let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&path));
    Ok(env::join_paths(folders)?)
}

/// Cargo's messages by paragraphs, without the warning that one of our own flags causes in every
/// crate of the workspace.
fn worth_reading(lines: &[String]) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in lines {
        let plain = console::strip_ansi_codes(line);
        let new = plain.starts_with("warning") || plain.starts_with("error");
        match paragraphs.last_mut() {
            Some(last) if !new => *last += &format!("\n{line}"),
            _ => paragraphs.push(line.clone()),
        }
    }
    paragraphs.retain(|paragraph| {
        let plain = console::strip_ansi_codes(paragraph);
        let plain = plain.trim();
        let of_our_flag = ["allows-misaligned-mem-access", " generated "];
        let warning = plain.starts_with("warning");
        let noise = warning && of_our_flag.iter().any(|part| plain.contains(part));
        !noise && !plain.is_empty()
    });
    paragraphs
}

#[cfg(test)]
mod tests {
    use super::worth_reading;

    #[test]
    fn only_the_warning_of_our_own_flag_is_dropped() {
        let said = [
            "warning: unstable feature for `-Ctarget-feature`: `allows-misaligned-mem-access`",
            "  = note: this feature is not stably supported",
            "",
            "warning: `bulwark` (lib) generated 1 warning",
            "\u{1b}[1m\u{1b}[33mwarning\u{1b}[0m: unused variable: `x`",
            " --> programs/bulwark/src/lib.rs:1:1",
            "",
            "error: linking with `sbpf-linker` failed",
            "  = note: \"--cpu-features\" \"+allows-misaligned-mem-access\"",
        ];
        let kept = worth_reading(&said.map(str::to_owned));
        let starts: Vec<_> = kept
            .iter()
            .filter_map(|paragraph| paragraph.lines().next())
            .collect();
        assert_eq!(starts, [said[4], said[7]]);
    }
}
