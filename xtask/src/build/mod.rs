//! `cargo xtask build`: a program's bytecode, by whichever route works on this machine.

pub mod official;
pub mod stamp;
mod upstream;
mod verify;

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::{files, paths, progress, toolchain};
use stamp::Stamp;
pub use stamp::metadata;
pub use upstream::front_of_path;

/// Builds a program to SBF bytecode and prints its path, size and sha256.
///
/// With Agave's official tools (`cargo-build-sbf`) on PATH they are used. Otherwise an upstream
/// compiler is unpacked from Debian's packages and the Rust registry into one cache folder
/// ($BULWARK_CACHE, by default ~/.cache/bulwark): no root, nothing installed, a few minutes once.
/// A program whose sources have not changed is not built again.
#[derive(Args)]
pub struct Build {
    /// The program to build
    #[arg(long, value_enum, default_value_t = Program::Bulwark)]
    pub program: Program,
    /// Features of the program, such as `heap-log`; they become part of the file's name
    #[arg(long, value_delimiter = ',')]
    pub features: Vec<String>,
    /// The compiler to use
    #[arg(long, value_enum, default_value_t = Route::Auto)]
    pub route: Route,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Program {
    /// The margin engine
    Bulwark,
    /// Test-only: returns results of wide arithmetic
    Arithmetic,
    /// Test-only: signs by its own address
    Seat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Route {
    /// The official tools where they work, otherwise the upstream compiler
    Auto,
    /// Agave's cargo-build-sbf
    Official,
    /// rustc from Debian, sbpf-linker and LLVM 23
    Upstream,
}

/// One bytecode file to make.
pub struct Job {
    /// The root of the workspace that the program belongs to.
    pub workspace: PathBuf,
    /// The folder of the program's Cargo.toml.
    pub folder: PathBuf,
    pub package: String,
    /// The name of the library target, which names the file.
    pub library: String,
    pub features: Vec<String>,
    /// Further arguments for cargo.
    pub extra: Vec<String>,
    /// Where the file goes.
    pub out: PathBuf,
}

/// What a builder prints when it meets what the loader would refuse, and what that means.
const REFUSALS: [(&str, &str); 4] = [
    ("BPF stack limit is exceeded", LARGE_FRAME),
    ("exceeded max offset", LARGE_FRAME),
    ("relocation target is not rodata or text", WRITABLE_STATIC),
    ("is missing. Export it with", MISSING_FUNCTION),
];
const LARGE_FRAME: &str = "the stack frame of a function is over 4 KiB: keep what is large in \
                           accounts or on the heap, or move it into a function of its own";
const WRITABLE_STATIC: &str = "the program has a writable static: only accounts can be written to";
const MISSING_FUNCTION: &str = "a function is missing at link time";

/// A compiler that was found to work.
enum Compiler {
    Official(official::Official),
    Upstream,
}

/// The reason for a failed build in this project's words, if a line of output tells it.
fn refusal(lines: &[String]) -> Option<String> {
    lines.iter().find_map(|line| {
        let known = REFUSALS.iter().find(|(printed, _)| line.contains(printed));
        known.map(|(_, meaning)| format!("{meaning} (the builder says: {})", readable(line)))
    })
}

/// A line with the compiler's names of functions as they stand in the source.
fn readable(line: &str) -> String {
    let name = |word: &str| match rustc_demangle::try_demangle(word) {
        Ok(name) => format!("{name:#}"),
        Err(_) => word.to_owned(),
    };
    line.split_whitespace()
        .map(name)
        .collect::<Vec<_>>()
        .join(" ")
}

impl Program {
    fn job(self, features: Vec<String>) -> Job {
        let (folder, name) = match self {
            Self::Bulwark => ("programs/bulwark", "bulwark"),
            Self::Arithmetic => ("tests/programs/arithmetic", "arithmetic"),
            Self::Seat => ("tests/programs/seat", "seat"),
        };
        Job {
            workspace: paths::root().to_owned(),
            folder: paths::root().join(folder),
            package: name.into(),
            library: name.into(),
            features,
            extra: Vec::new(),
            out: paths::deploy(),
        }
    }
}

impl Job {
    /// The finished file: `bulwark.so`, or `bulwark-heap-log.so` with that feature.
    pub fn elf(&self) -> PathBuf {
        let mut name = self.library.clone();
        for feature in &self.features {
            name = format!("{name}-{feature}");
        }
        self.out.join(name + ".so")
    }
}

pub fn run(build: Build) -> Result<()> {
    make(&build.program.job(build.features), build.route).map(drop)
}

/// Builds a program without features, with whatever compiler is there.
pub fn program(program: Program) -> Result<PathBuf> {
    make(&program.job(Vec::new()), Route::Auto)
}

/// Makes the file if anything that it is made of has changed, and says what it is.
pub fn make(job: &Job, route: Route) -> Result<PathBuf> {
    let started = Instant::now();
    let _lock = files::lock(&paths::sbf_target().join("xtask.lock"))?;
    let official = match route {
        Route::Auto => official::find(false),
        Route::Official => official::find(true),
        Route::Upstream => None,
    };
    let compiler = match official {
        Some(official) => Compiler::Official(official),
        None if route == Route::Official => {
            bail!(
                "no working cargo-build-sbf on PATH: {}",
                toolchain::OFFICIAL
            )
        }
        None => Compiler::Upstream,
    };
    let recipe = match &compiler {
        Compiler::Official(official) => official.recipe(),
        Compiler::Upstream => upstream::recipe(),
    };
    let stamp = Stamp::of(job, &recipe)?;
    if let Some(by) = stamp.up_to_date()? {
        report(job, &by, "is up to date", started)?;
        return Ok(job.elf());
    }

    fs::create_dir_all(&job.out)?;
    let (file, by) = match &compiler {
        Compiler::Official(official) => (official.build(job)?, official.recipe()),
        Compiler::Upstream => upstream::build(job)?,
    };
    verify::check(&file)?;
    // Renamed, so that a test which loads the file never sees half of it.
    let partial = job.elf().with_extension("so.partial");
    fs::copy(&file, &partial).with_context(|| format!("cannot read {}", file.display()))?;
    fs::rename(&partial, job.elf())?;
    stamp.write(&by)?;
    report(job, &by, "is built", started)?;
    Ok(job.elf())
}

fn report(job: &Job, by: &str, what: &str, started: Instant) -> Result<()> {
    let elf = job.elf();
    let bytes = fs::metadata(&elf)?.len();
    println!(
        "{} {what} ({})",
        paths::shown(&elf),
        progress::seconds(started.elapsed())
    );
    println!("  size    {bytes} bytes");
    println!("  sha256  {}", files::hash_file(&elf)?);
    println!("  by      {by}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn a_refusal_names_the_function_as_it_stands_in_the_source() {
        let line = "ERROR llvm: <unknown>:0:0: in function _RNvNtCs123_7bulwark4core5crash i64 \
                    (ptr): Looks like the BPF stack limit is exceeded.";
        let reason = refusal(&["nothing".to_owned(), line.to_owned()]).unwrap();
        assert!(
            reason.starts_with("the stack frame of a function is over 4 KiB"),
            "{reason}"
        );
        assert!(
            reason.contains("in function bulwark::core::crash i64"),
            "{reason}"
        );
        assert_eq!(refusal(&["error: expected `;`".to_owned()]), None);
    }
}
