//! Runs the inner cargo.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::variable;

/// Variables of the outer build that the inner one keeps, by prefix: where cargo lives, how it
/// reaches the registry, how many jobs there are.
const KEPT: [&str; 7] = [
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_MAKEFLAGS",
    "CARGO_NET_",
    "CARGO_REGISTR",
    "CARGO_SOURCE_",
    "CARGO_TERM_",
];

/// Variables without `CARGO_` that the outer build sets for its own compilers and scripts.
const DROPPED: [&str; 14] = [
    "DEBUG",
    "HOST",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTC",
    "RUSTC_LINKER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "TARGET",
];

/// Without relocations at run time the programs write 32 KiB less of their own memory, and start
/// faster.
const RUSTFLAGS: [&str; 2] = ["-Ctarget-feature=+crt-static", "-Crelocation-model=static"];

/// Compiles packages of the workspace with the profile `runner`, statically linked, and returns the
/// files of their programs.
pub fn build(workspace: &Path, out: &Path, packages: &[&str]) -> Vec<PathBuf> {
    let target = variable("TARGET");
    let folder = target_folder(out).join("embedded");
    let mut cargo = Command::new(variable("CARGO"));
    cargo
        .current_dir(workspace)
        .args([
            "build",
            "--locked",
            "--profile",
            "runner",
            "--target",
            &target,
        ])
        .arg("--target-dir")
        .arg(&folder);
    for package in packages {
        cargo.args(["--package", package]);
    }
    clean_environment(&mut cargo);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS.join("\u{1f}"));
    let status = cargo.status().expect("cargo runs: it started this script");
    assert!(
        status.success(),
        "cannot build {}: {status}",
        packages.join(", ")
    );
    let programs = folder.join(target).join("runner");
    packages.iter().map(|name| programs.join(name)).collect()
}

fn clean_environment(cargo: &mut Command) {
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let cargo_own = name.starts_with("CARGO_") || name.starts_with("__CARGO");
        let kept = KEPT.iter().any(|prefix| name.starts_with(prefix));
        let linker = name.starts_with("CARGO_TARGET_") && name.ends_with("_LINKER");
        if (cargo_own && !kept && !linker) || DROPPED.contains(&&*name) {
            cargo.env_remove(&*name);
        }
    }
}

/// The outer target folder, which cargo tags as a cache, so that all profiles share the inner
/// build; else the script's own folder.
fn target_folder(out: &Path) -> &Path {
    let tagged = |folder: &&Path| fs::exists(folder.join("CACHEDIR.TAG")).unwrap_or(false);
    out.ancestors().find(tagged).unwrap_or(out)
}
