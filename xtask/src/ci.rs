//! `cargo xtask ci`: what CI would say of the last commit, or with `--bare` a stranger's machine.

use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use anyhow::Result;
use clap::Args;

use crate::progress::Stages;
use crate::{files, paths, process};

/// Clones the last commit into target/ci and runs .ci/run there, as CI does.
///
/// What is not committed is not seen, but for ../shared, below which the tests look for data that
/// isn't shipped (README): it is linked where there is one. Without it the tests on real data are
/// skipped, and said to be.
/// With --cold the downloads start from nothing too.
#[derive(Args)]
pub struct Ci {
    /// Begin with an empty cache folder
    #[arg(long)]
    cold: bool,
    /// Without data that isn't shipped: neither ../shared nor BULWARK_SHARED
    #[arg(long)]
    bare: bool,
}

pub fn run(ci: Ci) -> Result<()> {
    let folder = paths::root().join("target/ci");
    let clone = folder.join("main");
    let mut stages = Stages::default();
    stages.run("clone", || {
        files::fresh_folder(&folder)?;
        let mut git = Command::new("git");
        git.args(["clone", "--quiet", "--local"])
            .arg(paths::root())
            .arg(&clone);
        process::foreground(&mut git)?;
        let shared = paths::root().with_file_name("shared");
        if shared.exists() && !ci.bare {
            eprintln!("ci: links {}; --bare leaves it out", shared.display());
            symlink(shared, folder.join("shared"))?;
        }
        Ok(())
    })?;
    stages.run(".ci/run", || {
        let mut script = Command::new("bash");
        script
            .arg(".ci/run")
            .current_dir(&clone)
            .env("CI", "true")
            .stdin(Stdio::null());
        script
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("CARGO_TARGET_DIR");
        if ci.bare {
            script.env_remove("BULWARK_SHARED");
        }
        if ci.cold {
            script.env("BULWARK_CACHE", folder.join("cache"));
        }
        process::foreground(&mut script)
    })?;
    stages.report("passed");
    Ok(())
}
