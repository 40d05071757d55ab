//! `cargo xtask bench`: Palan measured beside its peers, in one run, as ratios of medians.

use anyhow::Result;
use clap::Subcommand;

mod start;

#[derive(Subcommand)]
pub enum Benchmark {
    /// How fast containers start, and what they and the engines cost
    Start(start::Options),
}

/// Runs one benchmark.
///
/// # Errors
/// When an engine does not start or a measured command fails.
pub fn run(benchmark: &Benchmark) -> Result<()> {
    match benchmark {
        Benchmark::Start(options) => start::run(options),
    }
}
