//! Builds the two small programs that `palan` carries inside it: `palan-runner`, and `palan-hello`
//! as the image `palan/hello`.
//!
//! They are built by a cargo of their own into a folder of their own below the target folder, so
//! that the two cargos never wait for each other's lock and both stay incremental. Left in
//! `OUT_DIR` for `src/embedded.rs`, under the environment variables that are set at the end.

#[path = "build/image.rs"]
mod image;
#[path = "build/nested.rs"]
mod nested;

use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

/// What the programs are made from, relative to the workspace. A change here runs this script again;
/// whether anything is compiled is the inner cargo's decision.
const SOURCES: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "apps/palan-hello",
    "apps/palan-runner",
    "base",
    "drivers/container",
    "drivers/logs",
];

fn main() {
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let workspace = package.ancestors().nth(2).expect("apps/palan is two deep");
    let out = PathBuf::from(variable("OUT_DIR"));
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build");
    for source in SOURCES {
        println!(
            "cargo:rerun-if-changed={}",
            workspace.join(source).display()
        );
    }
    let binaries = nested::build(workspace, &out, &["palan-runner", "palan-hello"]);
    let [runner, hello] = binaries.as_slice() else {
        panic!("one file for each program");
    };
    let runner = read(runner);
    emit("PALAN_RUNNER_BIN", &out.join("palan-runner"), &runner);
    println!("cargo:rustc-env=PALAN_RUNNER_SHA256={}", hex(&runner));
    let hello = image::build(&read(hello), &variable("CARGO_CFG_TARGET_ARCH"));
    emit(
        "PALAN_HELLO_ARCHIVE",
        &out.join("hello.tar"),
        &hello.archive,
    );
    println!("cargo:rustc-env=PALAN_HELLO_IMAGE_ID=sha256:{}", hello.id);
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"))
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()))
}

/// Writes a file, but only when it changes, and tells the compiler where it is.
fn emit(name: &str, path: &Path, bytes: &[u8]) {
    if fs::read(path).ok().as_deref() != Some(bytes) {
        fs::write(path, bytes).unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
    }
    println!("cargo:rustc-env={name}={}", path.display());
}

fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
