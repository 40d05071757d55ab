//! `cargo xtask bench start`: the same static program started by each engine, interleaved.
//!
//! Rounds go over all engines in turn, so that a busy machine is as busy for each of them. Absolute
//! times depend on the machine; the ratios to dockerd are the result.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::process;

mod api;
mod burst;
mod cost;
mod image;
mod memory;
mod oci;
mod peers;
mod runs;
mod sequence;
mod table;

use peers::Peers;

#[derive(Args)]
pub struct Options {
    /// Rounds over all engines
    #[arg(long, default_value_t = 5)]
    pub rounds: u32,
    /// Runs of each engine in a round
    #[arg(long, default_value_t = 4)]
    pub runs: u32,
    /// Containers started 20 at once
    #[arg(long, default_value_t = 100)]
    pub burst: u32,
}

/// Measures and prints the tables; `PALAN_BIN` names a palan program other than a fresh build.
///
/// # Errors
/// When not root, or a peer that is installed does not work.
pub fn run(options: &Options) -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        bail!("failed to measure: run as root");
    }
    let palan = match std::env::var_os("PALAN_BIN") {
        Some(palan) => palan.into(),
        None => build()?,
    };
    let peers = Peers::start(palan).context("failed to start the engines")?;
    println!("\nThe same static program everywhere; {}.", peers.machine());
    for missing in peers.missing() {
        println!("Not measured: {missing}.");
    }
    memory::print_fresh(&peers)?;
    runs::measure(&peers, options)?;
    cost::measure(&peers, options)?;
    sequence::measure(&peers, options)?;
    burst::measure(&peers, options)?;
    memory::measure(&peers)
}

fn build() -> Result<PathBuf> {
    process::run(&mut process::cargo(&[
        "build",
        "--release",
        "--package",
        "palan",
    ]))?;
    Ok(process::target_dir().join("x86_64-unknown-linux-gnu/release/palan"))
}
