//! `cargo xtask test`: everything from a fresh machine to the test results.
//!
//! Sets up, makes the fixture images, builds the programs that the end-to-end tests drive, and runs
//! the tests of the whole workspace. Its last lines are the test runner's own summary.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{fixtures, process, setup};

/// Far above what a run needs on two cores; a hanging test must not hang CI.
const TIME_LIMIT: Duration = Duration::from_secs(50 * 60);

#[derive(clap::Args)]
pub struct Args {
    /// Passed on to `cargo test`, for example `-p palan-e2e --test run`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    cargo_args: Vec<String>,
}

/// Runs all tests, or those that `args` select.
///
/// # Errors
/// When a preparation or a test fails, or all takes longer than the limit.
pub fn run(args: &Args) -> Result<()> {
    let started = Instant::now();
    setup::run()?;
    fixtures::run()?;
    let bins = ["build", "--workspace", "--bins"];
    process::run(&mut process::cargo(&bins)).context("failed to build the programs")?;
    let mut tests = process::cargo(&["test", "--no-fail-fast"]);
    if args.cargo_args.is_empty() {
        tests.arg("--workspace");
    }
    tests.args(&args.cargo_args);
    bounded(&mut tests, TIME_LIMIT.saturating_sub(started.elapsed()))
}

/// Runs a command, and ends it with all that it started when it takes longer than `limit`.
fn bounded(command: &mut Command, limit: Duration) -> Result<()> {
    let spawned = command.process_group(0).spawn();
    let mut child = spawned.with_context(|| format!("failed to start {command:?}"))?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().context("failed to wait for the tests")? {
            if !status.success() {
                bail!("tests failed: {status}");
            }
            return Ok(());
        }
        if started.elapsed() > limit {
            let group = Pid::from_child(&child);
            kill_process_group(group, Signal::KILL).context("failed to end the tests")?;
            child.wait().context("failed to reap the tests")?;
            bail!("tests took longer than the limit and were ended");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
