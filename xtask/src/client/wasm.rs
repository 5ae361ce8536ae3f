//! Rules and words as WebAssembly, each inside a TypeScript file: works wherever modules do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::{npm, scratch};
use crate::{files, paths, process, progress, toolchain};

const TARGET: &str = "wasm32-unknown-unknown";
const BUILD: &[&str] = &[
    "build",
    "--release",
    "--locked",
    "--lib",
    "--target",
    TARGET,
    "--config",
    "profile.release.opt-level=\"s\"",
    "--config",
    "profile.release.strip=\"symbols\"",
    "--package",
];

/// One file of TypeScript with its module.
struct Module {
    what: &'static str,
    /// What it is made of, besides the compiler.
    sources: &'static [&'static str],
    package: &'static str,
    wasm: &'static str,
    file: &'static str,
    /// What it exports.
    name: &'static str,
}

const MODULES: [Module; 2] = [
    Module {
        what: "the rules of crates/core",
        sources: &["crates/state", "crates/core", "crates/wasm"],
        package: "bulwark-wasm",
        wasm: "bulwark_wasm.wasm",
        file: "src/rules.wasm.ts",
        name: "RULES_WASM",
    },
    Module {
        what: "the words of crates/words",
        sources: &[
            "crates/state",
            "crates/core",
            "crates/words",
            "crates/wasm-words",
        ],
        package: "bulwark-wasm-words",
        wasm: "bulwark_wasm_words.wasm",
        file: "src/words.wasm.ts",
        name: "WORDS_WASM",
    },
];

/// Builds them, unless the committed files are of the same sources.
pub fn write() -> Result<()> {
    for module in &MODULES {
        let (what, file) = (module.what, module.file);
        let sources = sources(module)?;
        if committed(module).as_deref() != Some(sources.as_str()) {
            let step = format!("{what} as WebAssembly");
            let (wasm, compiler) = progress::step(&step, |bar| build(module, bar))?;
            let mut node = Command::new("node");
            node.arg("scripts/embed.mjs").arg(&wasm).arg(file);
            node.args([module.name, what, &sources, &compiler]);
            process::foreground(node.current_dir(npm::package()))?;
        }
        println!("app/client/{file} is up to date");
    }
    Ok(())
}

/// Fails where a committed file is of other sources.
pub fn check() -> Result<()> {
    for module in &MODULES {
        if committed(module).as_deref() != Some(sources(module)?.as_str()) {
            let Module { what, file, .. } = module;
            bail!(
                "app/client/{file} is stale, {what} have changed: run `cargo xtask client` and \
                 commit it"
            );
        }
    }
    Ok(())
}

/// The hash that a committed file says it was made of.
fn committed(module: &Module) -> Option<String> {
    let text = fs::read_to_string(npm::package().join(module.file)).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("// Sources: "))?;
    Some(line.trim().to_owned())
}

/// The hash over what a module is made of.
fn sources(module: &Module) -> Result<String> {
    let mut hash = Sha256::new();
    for folder in module.sources {
        let folder = paths::root().join(folder);
        let found = files::walk(&folder, &["target", "tests"])?;
        files::hash_files(&mut hash, paths::root(), &found)?;
    }
    Ok(files::hex(hash))
}

/// The file, and what compiled it.
fn build(module: &Module, bar: &indicatif::ProgressBar) -> Result<(PathBuf, String)> {
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let sysroot = Path::new(sysroot.trim());
    let mut cargo = Command::new(paths::cargo());
    cargo
        .args(BUILD)
        .arg(module.package)
        .current_dir(paths::root());
    cargo.env_remove("LD_LIBRARY_PATH");
    let folder = scratch()?.join("wasm");
    cargo.env("CARGO_TARGET_DIR", &folder);
    let compiler = if sysroot.join("lib/rustlib").join(TARGET).exists() {
        process::output(Command::new("rustc").arg("--version"))?
    } else {
        upstream(&mut cargo, sysroot)?
    };
    process::logged(&mut cargo, &npm::log("wasm")?, bar)?;
    let file = folder.join(TARGET).join("release").join(module.wasm);
    Ok((file, compiler.trim().to_owned()))
}

/// Without the target's library: core is compiled by the compiler of the bytecode, and linked by
/// rustup's linker.
fn upstream(cargo: &mut Command, sysroot: &Path) -> Result<String> {
    let host = process::output(Command::new("rustc").arg("-vV"))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("`rustc -vV` names no host")?;
    let linker = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
    if !linker.exists() {
        bail!("no library for {TARGET}: run `rustup target add {TARGET}`");
    }
    let toolchain = toolchain::ensure()
        .with_context(|| format!("or run `rustup target add {TARGET}`, which is enough here"))?;
    let flags = [
        "-Cpanic=immediate-abort".to_owned(),
        "-Zunstable-options".to_owned(),
        "-Zlocation-detail=none".to_owned(),
        format!("-Clinker={}", linker.display()),
        "-Clinker-flavor=wasm-ld".to_owned(),
    ];
    cargo
        .arg("-Zbuild-std=core,compiler_builtins")
        .env("RUSTC", toolchain.rustc())
        .env("RUSTC_BOOTSTRAP", "1")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", &toolchain.std_library)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env_remove("RUSTUP_TOOLCHAIN");
    let versions = toolchain.identity.split(',').next();
    Ok(versions.unwrap_or_default().to_owned())
}
