//! The upstream compiler for SBF bytecode, from Debian's packages and the Rust package registry,
//! in the cache folder: nothing is installed into the system, and nothing needs root.
//!
//! Each part is made in a `.partial` folder and renamed when it is whole, so its presence is its
//! stamp and an interrupted run goes on where it stopped.

mod compiler;
mod linker;
mod llvm;
mod std_copy;
mod target;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{files, paths, process};

pub use target::NAME as TARGET;

/// Raised whenever the parts are made in another way, so that old caches are left alone.
const RECIPE: &str = "sbf-1";

/// What a user should install where this route has no way.
pub const OFFICIAL: &str =
    "install Agave's official tools (`cargo-build-sbf`) and put them on PATH";

/// A whole compiler for bytecode.
pub struct Toolchain {
    /// Holds the wrappers `rustc` and `sbpf-linker`; goes to the front of PATH.
    pub bin: PathBuf,
    /// The standard library's sources, at the same absolute path on every machine.
    pub std_library: PathBuf,
    /// The target file for rustc.
    pub target: PathBuf,
    /// Versions of everything in it, in one line.
    pub identity: String,
}

impl Toolchain {
    pub fn rustc(&self) -> PathBuf {
        self.bin.join("rustc")
    }
}

/// The versions of the toolchain in the cache, when a whole one is there.
pub fn cached_identity() -> Option<String> {
    fs::read_to_string(paths::cache().ok()?.join(RECIPE).join("identity")).ok()
}

/// Makes what is missing and returns the toolchain.
pub fn ensure() -> Result<Toolchain> {
    make().with_context(|| format!("no compiler for bytecode; mend what follows, or {OFFICIAL}"))
}

fn make() -> Result<Toolchain> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("Debian's packages run on x86-64 Linux only");
    }
    let home = paths::cache()?.join(RECIPE);
    let _lock = files::lock(&home.join("lock"))?;

    let compiler = compiler::ensure(&home)?;
    let llvm = llvm::ensure(&home)?;
    write_wrappers(&home)?;
    linker::ensure(&home)?;
    let std_library = std_copy::ensure(&compiler)?;
    let target = target::ensure(&home)?;
    let identity = format!(
        "rustc {}, LLVM {llvm}, sbpf-linker {}",
        compiler.version,
        linker::VERSION
    );
    files::write_if_changed(&home.join("identity"), &identity)?;
    Ok(Toolchain {
        bin: home.join("bin"),
        std_library,
        target,
        identity,
    })
}

/// Debian's compiler runs on the machine's own C library with its other libraries from the private
/// folder; LLVM's C library is newer than Debian 12's, so the linker runs on the unpacked one.
/// Both wrappers find their folder from where they lie, so that a cache can be moved.
fn write_wrappers(home: &Path) -> Result<()> {
    executable(&home.join("bin/rustc"), RUSTC)?;
    executable(&home.join("bin/sbpf-linker"), LINKER)
}

const RUSTC: &str = r#"#!/bin/sh
root=$(cd "$(dirname "$0")/../rustc" && pwd)
lib=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu
exec /lib64/ld-linux-x86-64.so.2 --library-path "$lib" \
    "$root/usr/bin/rustc" --sysroot "$root/usr" "$@"
"#;

/// Some dependencies are dynamic libraries too, which cargo links though nobody loads them, and one
/// of them cannot be linked. Their names carry a 16-digit hash, a program's own name does not.
const LINKER: &str = r#"#!/bin/sh
here=$(cd "$(dirname "$0")/.." && pwd)
lib=$here/llvm/usr/lib/x86_64-linux-gnu
prev= out=
for a in "$@"; do [ "$prev" = -o ] && out=$a; prev=$a; done
if printf %s "$out" | grep -Eq -- '-[0-9a-f]{16}\.so$'; then : > "$out"; exit 0; fi
exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib" "$here/linker/bin/sbpf-linker" "$@"
"#;

fn executable(path: &Path, text: &str) -> Result<()> {
    files::write_if_changed(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// The line of `rustc -vV` that starts with `key`.
fn rustc_line(rustc: &Path, key: &str) -> Result<String> {
    let text = process::output(std::process::Command::new(rustc).arg("-vV"))?;
    let value = text.lines().find_map(|line| line.strip_prefix(key));
    match value {
        Some(value) => Ok(value.trim().to_owned()),
        None => bail!("`rustc -vV` has no line `{key}`"),
    }
}
