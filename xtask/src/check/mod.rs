//! `cargo xtask check`: what must hold before any test is run.
//!
//! Format, clippy with warnings denied, the layer rules of [`layers`], and the documents' [`links`].

use anyhow::{Context, Result};

use crate::process;

mod layers;
mod links;

/// Runs all checks; the first that fails ends the command.
///
/// # Errors
/// When a check fails; it has then printed why.
pub fn run() -> Result<()> {
    layers::run()?;
    links::run(&process::workspace())?;
    process::run(&mut process::cargo(&["fmt", "--all", "--check"]))
        .context("the code is not formatted: run cargo fmt --all")?;
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    process::run(&mut process::cargo(&clippy))?;
    println!("check: layers, links, format and clippy are fine");
    Ok(())
}
