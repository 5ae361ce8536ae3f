//! The published linker from LLVM bitcode to SBPF.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::{files, paths, process, progress};

pub const VERSION: &str = "0.2.6";

pub fn ensure(home: &Path) -> Result<()> {
    let folder = home.join("linker");
    if folder.exists() {
        return Ok(());
    }
    let title = format!("linker: sbpf-linker {VERSION} from the Rust registry");
    progress::step(&title, |bar| {
        // Its build script looks for `lib/libLLVM.so` under a prefix.
        let prefix = home.join("llvm-prefix.partial");
        files::fresh_folder(&prefix.join("lib"))?;
        let libraries = home.join("llvm/usr/lib/x86_64-linux-gnu");
        symlink(
            libraries.join("libLLVM.so.23.1"),
            prefix.join("lib/libLLVM.so"),
        )?;

        let partial = home.join("linker.partial");
        files::fresh_folder(&partial)?;
        // The build's own folder survives an interruption: cargo goes on in it.
        let build = home.join("linker-build.partial");
        let mut install = Command::new(paths::cargo());
        install
            .args([
                "install",
                "sbpf-linker",
                "--version",
                VERSION,
                "--locked",
                "--root",
            ])
            .arg(&partial)
            .args([
                "--no-default-features",
                "--features",
                "bpf-linker/llvm-23",
                "--no-track",
            ])
            .env("CARGO_TARGET_DIR", &build)
            .env("LLVM_PREFIX", &prefix)
            // LLVM's library asks for a newer C library than the one it is linked beside.
            .env("RUSTFLAGS", "-C link-arg=-Wl,--allow-shlib-undefined")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("LD_LIBRARY_PATH");
        process::logged(&mut install, &home.join("linker.log"), bar)?;
        fs::rename(&partial, &folder)?;
        files::remove(&build)?;
        files::remove(&prefix)
    })
}
