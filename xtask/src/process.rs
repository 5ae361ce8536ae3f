//! Child processes: quiet ones into a log file, whose end is shown only when they fail.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;

use crate::paths;

const LINES_SHOWN_ON_FAILURE: usize = 30;

/// Runs `command` with its output in `log`; the newest line is the progress message.
pub fn logged(command: &mut Command, log: &Path, bar: &ProgressBar) -> Result<()> {
    let name = name(command);
    let mut file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut tail = VecDeque::new();
    let status = lines(command, |line| {
        writeln!(file, "{line}")?;
        bar.set_message(line.trim().to_owned());
        if tail.len() == LINES_SHOWN_ON_FAILURE {
            tail.pop_front();
        }
        tail.push_back(line.to_owned());
        Ok(())
    })?;
    if !status.success() {
        for line in &tail {
            bar.suspend(|| eprintln!("       {line}"));
        }
        bail!(
            "{name} failed ({status}); all it said is in {}",
            log.display()
        );
    }
    Ok(())
}

/// Runs `command` and hands over what it prints, standard output and error together, line by line.
pub fn lines(
    command: &mut Command,
    mut each: impl FnMut(&str) -> Result<()>,
) -> Result<ExitStatus> {
    let name = name(command);
    let (reader, writer) = std::io::pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    // The command keeps its ends of the pipe; they must close for the reader to see the end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for line in BufReader::new(reader).split(b'\n') {
        each(&String::from_utf8_lossy(&line?))?;
    }
    Ok(child.wait()?)
}

/// What `command` prints on standard output; an error holds what it printed on standard error.
pub fn output(command: &mut Command) -> Result<String> {
    let name = name(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{name} failed ({}): {}", output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The cargo that runs this xtask, on this workspace, from the current folder.
pub fn cargo(subcommand: &str) -> Command {
    let mut command = Command::new(paths::cargo());
    command
        .arg(subcommand)
        .arg("--manifest-path")
        .arg(paths::root().join("Cargo.toml"));
    // `cargo run` points it at the libraries of xtask's own compiler.
    command.env_remove("LD_LIBRARY_PATH");
    command
}

/// Runs `command` in the foreground, with the terminal as its own.
pub fn foreground(command: &mut Command) -> Result<()> {
    let name = name(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start {name}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned()
}
