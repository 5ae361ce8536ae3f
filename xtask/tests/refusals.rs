//! The build refuses what a loader would refuse, and says what is wrong. Each program of the
//! fixtures is really compiled, through the stand-in for `cargo-build-sbf`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// The error with which the build of a fixture ends.
fn refusal(program: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(program);
    fs::create_dir_all(&folder).unwrap();
    let stand_in = folder.join("cargo-build-sbf");
    let _ = fs::remove_file(&stand_in);
    symlink(env!("CARGO_BIN_EXE_xtask"), &stand_in).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/refused");
    let run = Command::new(&stand_in)
        .arg("--manifest-path")
        .arg(fixtures.join(program).join("Cargo.toml"))
        .arg("--sbf-out-dir")
        .arg(folder.join("deploy"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success(), "{program} was built:\n{said}");
    assert!(
        !folder
            .join(format!("deploy/{}.so", program.replace('-', "_")))
            .exists()
    );
    let last = said.lines().rfind(|line| line.starts_with("error: "));
    last.unwrap_or_else(|| panic!("no error of xtask's own in:\n{said}"))
        .to_owned()
}

#[test]
fn a_frame_over_four_kibibytes() {
    let error = refusal("large-frame");
    assert!(
        error.contains("stack frame of a function is over 4 KiB"),
        "{error}"
    );
}

#[test]
fn a_writable_static() {
    let error = refusal("writable-static");
    assert!(error.contains("has a writable static"), "{error}");
}

#[test]
fn a_function_that_is_missing_at_link_time() {
    let error = refusal("missing-function");
    assert!(
        error.contains("a function is missing at link time"),
        "{error}"
    );
}
