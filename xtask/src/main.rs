//! Every developer command of Palan: `cargo xtask <command>`.
//!
//! Each command is the file of its name. Commands call external programs (cargo, apt, docker) and
//! never link the product's own crates (only the tests' harness), so that `xtask` builds even when those do not.

use anyhow::Result;
use clap::{Parser, Subcommand};

mod bench;
mod check;
mod conformance;
mod fixtures;
mod process;
mod setup;
mod test;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of Palan")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the tests need from Debian's packages
    Setup,
    /// Format, clippy with warnings denied, and the layer rules
    Check,
    /// Set up, make fixtures, build, and run all tests
    Test(test::Args),
    /// Make the fixture images under target/fixtures
    Fixtures,
    /// Measure Palan beside its peers
    #[command(subcommand)]
    Bench(bench::Benchmark),
    /// Run a test suite that others wrote on the reference engine and on Palan
    #[command(subcommand)]
    Conformance(conformance::Suite),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Setup => setup::run(),
        Command::Check => check::run(),
        Command::Test(args) => test::run(&args),
        Command::Fixtures => fixtures::run(),
        Command::Bench(benchmark) => bench::run(&benchmark),
        Command::Conformance(suite) => conformance::run(&suite),
    }
}
